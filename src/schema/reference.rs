//! The rows as a page of Markdown for people: `docs/fields.md`.

use std::fmt::Write as _;

use super::field::{Field, Platform, Reach};
use super::group::Group;
use super::kind::{Choice, Kind};
use super::query;
use super::release::Release;

const INTRODUCTION: &str = "\
# Every key of an Accelerate config

What each key does, what may stand there and when it matters, as accelerate 1.15 reads it. Older releases are noted
where they differ. This page is written by the program from the rows that its forms, its checks and its JSON Schema
are read from: `BLESS=1 cargo test` writes it anew.

Keys marked *by flag only* are dropped by `accelerate launch` when they stand in a file: pass the flag. Keys marked
*no effect* are read by nothing.
";

/// All fields, one table per page of the form.
pub fn fields_page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n## Pages\n\n");
    for group in Group::ALL {
        line(&mut page, format_args!("- [{}](#{}): {}", group.title(), anchor(group.title()), group.about()));
    }
    for group in Group::ALL {
        line(&mut page, format_args!("\n## {}\n\n{}\n", group.title(), group.about()));
        line(&mut page, format_args!("| key | what it does | values | default | matters |"));
        line(&mut page, format_args!("|---|---|---|---|---|"));
        for field in query::group(group) {
            line(&mut page, format_args!("{}", row(field)));
        }
        query::group(group).for_each(|field| choices(&mut page, field));
    }
    page
}

fn line(page: &mut String, text: std::fmt::Arguments) {
    writeln!(page, "{text}").expect("writing to a text never fails");
}

fn row(field: &Field) -> String {
    let default = field.default_text().unwrap_or_default();
    let matters = match field.when.phrase() {
        phrase if phrase.is_empty() => "always".to_owned(),
        phrase => phrase,
    };
    let cells = [key(field), help(field), values(field), default, matters];
    format!("| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

/// The key, its other spellings and its mark.
fn key(field: &Field) -> String {
    let short = field.aliases.iter().map(|alias| format!("<br>also `{alias}`"));
    let mark = match field.reach {
        _ if !field.exists_in(Release::LATEST) && field.reach == Reach::Used => "<br>*removed*",
        Reach::Used => "",
        Reach::FlagOnly => "<br>*by flag only*",
        Reach::Dead => "<br>*no effect*",
    };
    format!("`{}`{}{mark}", field.key, short.collect::<String>())
}

/// The help, and what else the house knows of the key.
fn help(field: &Field) -> String {
    let mut text = field.help.to_owned();
    let mut add = |fact: String| text.push_str(&format!("<br>{fact}"));
    field.replacement.into_iter().for_each(|key| add(format!("Write `{key}` instead.")));
    field.flag.into_iter().for_each(|flag| add(format!("Flag `{flag}`.")));
    if !field.env.is_empty() {
        let names: Vec<_> = field.env.iter().map(|name| format!("`{name}`")).collect();
        add(format!("Reaches the job as {}.", names.join(", ")));
    }
    match (field.since, field.gone) {
        (Some(since), Some(gone)) => add(format!("From accelerate {since}, gone with {gone}.")),
        (Some(since), None) => add(format!("From accelerate {since}.")),
        (None, Some(gone)) => add(format!("Gone with accelerate {gone}.")),
        (None, None) => {}
    }
    text
}

fn values(field: &Field) -> String {
    match field.kind {
        Kind::Choice(_) | Kind::Number(_) => "see below".to_owned(),
        kind => kind.expected(),
    }
}

/// The words of a choice, each with its sentence. A key that is misnamed or old has those of its
/// replacement.
fn choices(page: &mut String, field: &Field) {
    if field.replacement.is_some() {
        return;
    }
    let listed: Vec<(String, &str, String)> = match field.kind {
        Kind::Choice(choices) => {
            choices.iter().map(|choice| (choice.word.to_owned(), choice.says, note(choice))).collect()
        }
        Kind::Number(choices) => {
            choices.iter().map(|choice| (choice.number.to_string(), choice.says, String::new())).collect()
        }
        _ => return,
    };
    line(page, format_args!("\n`{}` is one of\n", field.key));
    for (word, says, lifetime) in listed {
        line(page, format_args!("- `{word}`: {says}{lifetime}"));
    }
}

/// Where and since when a word exists, in brackets; empty where it always does.
fn note(choice: &Choice) -> String {
    let lifetime = match (choice.since, choice.gone) {
        (Some(since), Some(gone)) => Some(format!("accelerate {since} until {gone}")),
        (Some(since), None) => Some(format!("from accelerate {since}")),
        (None, Some(gone)) => Some(format!("gone with accelerate {gone}")),
        (None, None) => None,
    };
    let place = (choice.platform == Platform::SageMaker).then(|| "on SageMaker".to_owned());
    let notes: Vec<_> = place.into_iter().chain(lifetime).collect();
    if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) }
}

/// The anchor that Markdown viewers give to a heading.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
