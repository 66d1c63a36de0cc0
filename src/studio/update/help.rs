//! Pages to read: everything known of a field, and every key.

use super::pane_context;
use crate::finding::Finding;
use crate::schema::{Default, Field, Kind, When};
use crate::studio::keymap::{self, Context};
use crate::studio::state::State;
use crate::studio::state::dialog::{Body, Dialog, Line, Reading};
use crate::studio::state::sheet::Row;

/// The title of the list of keys.
const KEYS: &str = "Keys";

/// Opens the page about the selected field.
pub(super) fn open_field(state: &mut State) {
    let Some(row) = state.row().filter(|_| !state.is_faulty()) else {
        return open_keys(state);
    };
    let title = row.label();
    let findings = row.findings.iter().filter_map(|index| state.sheet.findings.get(*index));
    let lines = match row.field {
        Some(field) => about(state, row, field, findings),
        None => unknown(row, findings),
    };
    open(state, title, lines);
}

/// Opens the list of keys, generated from the key table: those of the pane in use first.
pub(super) fn open_keys(state: &mut State) {
    if matches!(state.dialogs.last(), Some(Dialog::Reading(reading)) if reading.title == KEYS) {
        return;
    }
    let mut lines = Vec::new();
    let here = if state.open_job().is_some() { Context::Job } else { pane_context(state) };
    let others = Context::ALL.into_iter().filter(|context| *context != here);
    for context in std::iter::once(here).chain(others) {
        if !lines.is_empty() {
            lines.push(Line::Gap);
        }
        lines.push(Line::Heading(context.title().to_owned()));
        for row in keymap::commands_in(context) {
            lines.push(Line::Term(keymap::keys_of(context, row.command), row.says.to_owned()));
        }
    }
    open(state, KEYS.to_owned(), lines);
}

fn open(state: &mut State, title: String, lines: Vec<Line>) {
    state.dialogs.push(Dialog::Reading(Reading { title, body: Body::Page(lines), scroll: 0 }));
}

fn about<'a>(
    state: &State,
    row: &Row,
    field: &'static Field,
    findings: impl Iterator<Item = &'a Finding>,
) -> Vec<Line> {
    let mut lines = vec![Line::Words(field.help.to_owned()), Line::Gap];
    lines.push(term("key", row.path.to_string()));
    lines.push(term("value", field.kind.expected()));
    lines.push(term("default", default(field)));
    if !matches!(field.when, When::Always) {
        lines.push(term("matters", field.when.phrase()));
    }
    lines.extend(row.idle.clone().map(|why| term("now", why.full)));
    lines.extend(field.flag.map(|flag| term("flag", flag)));
    if !field.env.is_empty() {
        lines.push(term("variables", field.env.join(", ")));
    }
    if !field.aliases.is_empty() {
        lines.push(term("also named", field.aliases.join(", ")));
    }
    lines.extend(field.since.map(|since| term("since", format!("Accelerate {since}"))));
    lines.extend(field.gone.map(|gone| term("gone in", format!("Accelerate {gone}"))));
    lines.extend(choices(state, field));
    lines.extend(about_findings(findings));
    lines
}

fn term(name: &str, says: impl Into<String>) -> Line {
    Line::Term(name.to_owned(), says.into())
}

fn default(field: &Field) -> String {
    match (field.default, field.default.value()) {
        (_, Some(value)) => field.kind.show(&value),
        (Default::Required, _) => "none: Accelerate refuses a file without it".to_owned(),
        (Default::Depends(says), _) => says.to_owned(),
        _ => "nothing: stays unset".to_owned(),
    }
}

fn choices(state: &State, field: &Field) -> Vec<Line> {
    let terms: Vec<Line> = match field.kind {
        Kind::Number(numbers) => numbers.iter().map(|it| term(&it.number.to_string(), it.says)).collect(),
        _ => {
            field.choices(state.judge.release(), state.platform()).map(|it| term(it.word, it.says)).collect()
        }
    };
    headed("Choices", terms)
}

fn about_findings<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<Line> {
    let lines = findings.flat_map(|finding| {
        let help = finding.help.clone().map(Line::Words);
        let fix = finding.fix.as_ref().map(|fix| term("fix", fix.title.clone()));
        let what = Line::Term(finding.severity.word().to_owned(), finding.message.clone());
        [Some(what), help, fix, Some(term("rule", finding.rule))].into_iter().flatten()
    });
    headed("Findings", lines.collect())
}

fn headed(title: &str, lines: Vec<Line>) -> Vec<Line> {
    if lines.is_empty() {
        return lines;
    }
    [Line::Gap, Line::Heading(title.to_owned())].into_iter().chain(lines).collect()
}

fn unknown<'a>(row: &Row, findings: impl Iterator<Item = &'a Finding>) -> Vec<Line> {
    let mut lines = vec![
        Line::Words("Accelerate does not know this key.".to_owned()),
        Line::Gap,
        term("key", row.path.to_string()),
    ];
    lines.extend(row.line.map(|line| term("line", line.to_string())));
    lines.extend(about_findings(findings));
    lines
}
