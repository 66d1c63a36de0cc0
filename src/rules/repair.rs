//! Applying safe fixes until none is left.

use crate::document::Document;
use crate::finding::Finding;

/// Most fixes of one document: far more than any config needs, and a bound should two fixes ever
/// undo each other.
const MOST: usize = 500;

/// A document after its safe fixes.
#[derive(Debug)]
pub struct Repaired {
    /// The repaired text.
    pub document: Document,
    /// The findings whose fixes were applied, in order.
    pub done: Vec<Finding>,
    /// What is left for a person.
    pub left: Vec<Finding>,
}

/// Applies the safe fixes of what `check` finds, one after the other, looking again after each: a
/// fix may move or repair what others spoke of.
pub fn repair(document: &Document, check: impl Fn(&Document) -> Vec<Finding>) -> Repaired {
    let mut repaired = Repaired { document: document.clone(), done: Vec::new(), left: check(document) };
    while repaired.done.len() < MOST {
        let Some((index, document)) = first_fix(&repaired.document, &repaired.left) else { break };
        repaired.done.push(repaired.left.swap_remove(index));
        repaired.left = check(&document);
        repaired.document = document;
    }
    repaired
}

/// The first finding with a safe fix that changes the text, and what it makes of the document.
fn first_fix(document: &Document, findings: &[Finding]) -> Option<(usize, Document)> {
    findings.iter().enumerate().find_map(|(index, finding)| {
        let fix = finding.fix.as_ref().filter(|fix| fix.safe)?;
        let changed = document.apply(&fix.edits).ok()?.document;
        (changed.text() != document.text()).then_some((index, changed))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;
    use crate::rules;
    use crate::schema::Release;

    #[test]
    fn fixes_follow_each_other_until_none_is_left() {
        let text = "distributed_type: NO # one\nmixed_precision: no\ngpu_ids: 0\nnum_processes: 1\nfoo: 1\n";
        let check = |document: &Document| rules::check(document, "", Release::LATEST);
        let repaired = repair(&Document::parse(text, Format::Yaml), check);
        assert_eq!(
            repaired.document.text(),
            "distributed_type: 'NO' # one\nmixed_precision: 'no'\ngpu_ids: '0'\nnum_processes: 1\nfoo: 1\n"
        );
        assert_eq!(repaired.done.len(), 3);
        let left: Vec<&str> = repaired.left.iter().map(|finding| finding.rule).collect();
        assert_eq!(left, ["keys/unknown"]);
    }

    #[test]
    fn tabs_are_repaired_before_what_they_hid() {
        let text = "distributed_type: FSDP\nnum_processes: 2\nmixed_precision: no\nfsdp_config:\n\tfsdp_auto_wrap_policy: NO_WRAP\n";
        let check = |document: &Document| rules::check(document, "", Release::LATEST);
        let repaired = repair(&Document::parse(text, Format::Yaml), check);
        assert!(
            repaired
                .document
                .text()
                .ends_with("mixed_precision: 'no'\nfsdp_config:\n  fsdp_auto_wrap_policy: NO_WRAP\n")
        );
        assert!(repaired.left.is_empty());
    }
}
