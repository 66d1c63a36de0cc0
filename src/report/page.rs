//! Pages about rules: for `explain`, and for the reference that is generated from them.

use std::fmt::Write as _;

use super::clean;
use crate::rules::{self, Rule, Sample};
use crate::text;

/// Columns of prose.
const WIDTH: usize = 80;

/// How to live with what one does not want to change.
const SILENCING: &str = "
To silence one on a line of a config, write a comment there or on the line above, with a reason:

```yaml
num_processes: 010  # accel-studio: ignore[types/octal] eight is meant
```

`# accel-studio: ignore-file[types/octal]` above the first key does the same for a whole file, `rules` in
`accel-studio.yaml` for a project, and `--ignore` for once. A subject, such as `types`, stands for all its rules.
What keeps Accelerate from reading the file at all cannot be silenced.
";

/// The rules that a word stands for, one line each; no word stands for all.
pub fn list(word: Option<&str>) -> String {
    let meant: Vec<&Rule> = rules::all().filter(|rule| rule.answers_to(word.unwrap_or("all"))).collect();
    let width = meant.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let line = |rule: &&Rule| format!("{:width$}  {:7}  {}\n", rule.name, rule.severity.word(), rule.says);
    let lines: String = meant.iter().map(line).collect();
    format!("{lines}\n`accel-studio explain RULE` tells more about one of them.\n")
}

/// The page of one rule, as plain text.
pub fn one(rule: &Rule) -> String {
    let (name, severity, says) = (rule.name, rule.severity.word(), rule.says);
    let why = textwrap::fill(rule.why, WIDTH);
    let about =
        about(rule).iter().fold(String::new(), |text, line| text + &textwrap::fill(line, WIDTH) + "\n");
    let about = if about.is_empty() { about } else { format!("\n{about}") };
    format!("{name} ({severity})\n{says}\n\n{why}\n\n{}{about}", instead(rule))
}

/// What to write instead of what, as plain text.
pub(super) fn instead(rule: &Rule) -> String {
    format!("Instead of\n\n{}\nwrite\n\n{}", block(&rule.bad), block(&rule.good))
}

/// What to write instead of what, as Markdown.
pub(super) fn instead_in_markdown(rule: &Rule) -> String {
    format!("Instead of\n\n{}\nwrite\n\n{}", fence(&rule.bad), fence(&rule.good))
}

/// The reference page of all rules, as Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# Rules\n\nGenerated from the rows in `src/rules`. `accel-studio explain RULE` prints the same.\n",
    );
    page += SILENCING;
    for rule in rules::all() {
        let _ = write!(
            page,
            "\n## {}\n\n**{}** · {}\n\n{}\n\n{}",
            rule.name,
            rule.severity.word(),
            rule.says,
            rule.why,
            instead_in_markdown(rule)
        );
        for line in about(rule) {
            let _ = write!(page, "\n{line}\n");
        }
    }
    page
}

/// The keys that the rule speaks of, and when it holds.
fn about(rule: &Rule) -> Vec<String> {
    let keys: Vec<String> = rule.keys().iter().map(|key| format!("`{key}`")).collect();
    let keys = (!keys.is_empty()).then(|| format!("About {}.", text::all_of(keys)));
    let terms = rule.terms().map(|terms| format!("Holds {terms}."));
    keys.into_iter().chain(terms).collect()
}

fn block(sample: &Sample) -> String {
    let mut own = lines(&sample.text(), "    ");
    if let Some(words) = sample.circumstances() {
        own.push_str(&format!("\n  {words}\n"));
    }
    match sample.beside {
        Some((name, text)) => format!("{own}\n  and in {name}\n\n{}", lines(text, "    ")),
        None => own,
    }
}

fn fence(sample: &Sample) -> String {
    let language = if sample.file.ends_with(".json") { "json" } else { "yaml" };
    let mut own = format!("```{language}\n{}```\n", lines(&sample.text(), ""));
    if let Some(words) = sample.circumstances() {
        own.push_str(&format!("\n{words}\n"));
    }
    match sample.beside {
        Some((name, text)) => format!("{own}\nand in `{name}`\n\n```json\n{}```\n", lines(text, "")),
        None => own,
    }
}

/// The sample line by line; what cannot be seen, tabs included, is spelt out.
fn lines(text: &str, margin: &str) -> String {
    let visible = |line: &str| clean::words(line).replace('\t', "\\t");
    let mut out: String = text.lines().map(|line| format!("{margin}{}\n", visible(line))).collect();
    if out.is_empty() {
        out = format!("{margin}(an empty file)\n");
    }
    out
}
