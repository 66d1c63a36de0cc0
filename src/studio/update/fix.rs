//! Applying what findings propose.

use super::edit::take;
use crate::document::{Document, Edit, EditError};
use crate::finding::{Finding, Fix};
use crate::key::KeyPath;
use crate::studio::state::{Pane, State};
use crate::text::count;

/// How often fixing everything looks again: one fix can bring another mistake to light.
const ROUNDS: usize = 20;

/// The finding that `fix` would repair: the selected one in the findings, else the selected field's
/// first one that can be.
pub(in crate::studio) fn chosen(state: &State) -> Option<&Finding> {
    let has_fix = |finding: &&Finding| finding.fix.is_some();
    if state.pane == Pane::Findings || state.is_faulty() {
        return state.finding().filter(has_fix);
    }
    let indices = &state.row()?.findings;
    indices.iter().filter_map(|index| state.sheet.findings.get(*index)).find(has_fix)
}

/// True for a finding that has a fix which may be applied unasked.
pub(super) fn is_safe(finding: &Finding) -> bool {
    finding.fix.as_ref().is_some_and(|fix| fix.safe)
}

/// Applies the chosen fix.
pub(super) fn fix(state: &mut State) {
    let Some(finding) = chosen(state) else {
        return state.refuse("there is no fix here; `n` goes to the next finding");
    };
    let (path, fix) = (finding.place.path().cloned(), finding.fix.clone());
    let Some(fix) = fix else { return };
    let selected = state.row().map(|row| row.path.clone());
    let result = apply(state.history.now(), &fix).map_err(|refusal| refusal.to_string());
    take(state, result, format!("fixed: {}", fix.title), path.as_ref());
    // A key that was renamed or moved stays selected under its new name.
    if selected.is_some_and(|path| !state.select(&path))
        && let Some(path) = leads_to(&fix)
    {
        state.select(&path);
    }
}

/// Where the key of a fix stands afterwards.
fn leads_to(fix: &Fix) -> Option<KeyPath> {
    fix.edits.iter().find_map(|edit| match edit {
        Edit::Rename { path, to } => Some(path.parent()?.key(to)),
        Edit::Insert { path, .. } => Some(path.clone()),
        _ => None,
    })
}

fn apply(document: &Document, fix: &Fix) -> Result<Document, EditError> {
    document.apply(&fix.edits).map(|applied| applied.document)
}

/// Applies every safe fix, one after the other, looking again after each.
pub(super) fn fix_all(state: &mut State) {
    let mut document = state.history.now().clone();
    let mut done = 0;
    for _ in 0..ROUNDS {
        let findings = state.judge.findings(&document, &state.source.as_given());
        let before = done;
        for fix in
            findings.iter().filter(|finding| is_safe(finding)).filter_map(|finding| finding.fix.as_ref())
        {
            if let Ok(fixed) = apply(&document, fix)
                && fixed.text() != document.text()
            {
                document = fixed;
                done += 1;
                // Byte places are those of the text that was looked at.
                break;
            }
        }
        if done == before {
            break;
        }
    }
    match done {
        0 => state.refuse("no finding has a fix that is safe unasked; `f` applies one that you choose"),
        done => take(state, Ok(document), format!("fixed {}", count(done, "finding")), None),
    }
}
