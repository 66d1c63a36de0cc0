//! The rows as a page of Markdown for people: `docs/deepspeed.md`.

use std::fmt::Write as _;

use super::{Auto, Holds, Manner, OPTIMIZERS, REMOVED, SCHEDULERS, Setting, UNREAD, section, settings};
use crate::text::all_of;

const INTRODUCTION: &str = "\
# Every setting of DeepSpeed's own file

What may stand in the JSON file that `deepspeed_config_file` names, as DeepSpeed 0.19.8 reads it under accelerate 1.15.
This page is written by the program from the rows that its checks are read from: `BLESS=1 cargo test` writes it anew.

*auto* says who replaces the word `\"auto\"`: Accelerate itself; Accelerate where the script uses its stand-ins
`DummyOptim` and `DummyScheduler`; or only the Trainer of transformers. Anywhere else the word stops training.
";

/// All settings, one table per section.
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    table(&mut page, "");
    let sections =
        settings().filter(|row| matches!(row.holds, Holds::Section(manner) if manner != Manner::Free));
    sections.for_each(|row| table(&mut page, row.key));
    page.push_str("\n## Optimizers and schedules\n\n");
    let own = OPTIMIZERS.iter().filter(|known| known.any_case).map(|known| format!("`{}`", known.name));
    line(
        &mut page,
        &format!("DeepSpeed builds {} itself, and those of `torch.optim` by their exact names.", all_of(own)),
    );
    let own = SCHEDULERS.iter().map(|known| format!("`{}`", known.name));
    line(&mut page, &format!("Its schedules are {}.", all_of(own)));
    page.push_str("\n## Removed\n\n| key | what it was | instead |\n|---|---|---|\n");
    REMOVED
        .iter()
        .for_each(|gone| line(&mut page, &format!("| `{}` | {} | {} |", gone.key, gone.what, gone.instead)));
    page.push_str("\n## Never read\n\n| key | instead |\n|---|---|\n");
    UNREAD.iter().for_each(|known| line(&mut page, &format!("| `{}` | {} |", known.key, known.why)));
    page
}

fn table(page: &mut String, name: &str) {
    let (title, about) = match super::setting(name) {
        Some(row) => (format!("`{}`", row.key), format!("{} {}\n\n", row.says, manner(row))),
        None => ("Top of the file".to_owned(), String::new()),
    };
    line(page, &format!("\n## {title}\n\n{about}| key | what it does | values | auto |\n|---|---|---|---|"));
    section(name).for_each(|row| line(page, &cells(row)));
}

fn line(page: &mut String, text: &str) {
    writeln!(page, "{text}").expect("writing to a text never fails");
}

/// What the section does with names that it does not know.
fn manner(row: &Setting) -> &'static str {
    match row.holds {
        Holds::Section(Manner::Strict) => "Unknown names are refused.",
        Holds::Section(Manner::Arguments) => "Names that the class does not take are refused.",
        _ => "Unknown names are passed over.",
    }
}

fn cells(row: &Setting) -> String {
    let alias = row.alias.map(|name| format!("<br>also `{name}`")).unwrap_or_default();
    let old = row.instead.map(|name| format!("<br>old: write `{name}`")).unwrap_or_default();
    let stage = if row.stage == 3 { " Only stage 3 reads it." } else { "" };
    let auto = match row.auto {
        Auto::Nobody => "",
        Auto::Accelerate => "Accelerate",
        Auto::Stand => "Accelerate's stand-ins, Trainer",
        Auto::Trainer => "Trainer",
    };
    format!("| `{}`{alias}{old} | {}{stage} | {} | {auto} |", row.name(), row.says, row.holds.expected())
}
