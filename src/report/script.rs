//! What a script could say to what a launch hands it, and who would be heard: for people in a few lines,
//! for programs by launch argument.
//!
//! The rows are those of `layers::script`; no script is read.

use serde_json::{Value as Json, json};

use crate::launch::Plan;
use crate::layers::script::{self, Heard, Keyword};
use crate::layers::spelling;

/// A heading and a line for each keyword of `Accelerator`, or for each other class; nothing where the
/// launch hands over nothing that a script could say as well.
pub(super) fn words(plan: &Plan) -> String {
    let is_handed_over = |keyword: &&Keyword| {
        let key = spelling(keyword.argument);
        plan.reasons.iter().any(|reason| reason.field.as_deref() == Some(key.as_str()))
    };
    let keywords: Vec<&Keyword> = script::KEYWORDS.iter().filter(is_handed_over).collect();
    let mut lines: Vec<String> = Vec::new();
    for keyword in &keywords {
        let line = line(keyword, &keywords);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    match lines.is_empty() {
        true => String::new(),
        false => format!("\nWhere the script says something else:\n{}", lines.concat()),
    }
}

fn line(keyword: &Keyword, all: &[&Keyword]) -> String {
    let key = spelling(keyword.argument);
    let says = match (keyword.heard, keyword.class) {
        (Heard::Launch, _) => format!("{key} beats {}", keyword.says()),
        (Heard::Either, class) => format!("{key} or {class}({}=True): one of them is enough", keyword.name),
        (Heard::Script, "Accelerator") => format!("{} beats {key}", keyword.says()),
        (Heard::Script, class) => {
            let beaten: Vec<String> = all
                .iter()
                .filter(|other| other.class == class && other.heard == Heard::Script)
                .map(|other| spelling(other.argument))
                .collect();
            format!("{class}(…) beats {}", whole(&beaten))
        }
    };
    format!("  {says}\n")
}

/// One key by its name, several of a section by the section.
fn whole(keys: &[String]) -> String {
    match keys {
        [one] => one.clone(),
        _ => {
            let mut sections: Vec<&str> = keys
                .iter()
                .map(|key| key.split_once('.').map_or(key.as_str(), |(section, _)| section))
                .collect();
            sections.dedup();
            format!("what it names of {}", sections.join(" and "))
        }
    }
}

/// Each keyword for a launch argument, and who is heard: `script`, `launch` or `either`.
pub(super) fn json(argument: &str) -> Json {
    let keywords = script::keywords(argument);
    keywords.map(|keyword| json!({"says": keyword.says(), "heard": keyword.heard.word()})).collect()
}
