//! What counts for a launch, as text: a table for people, YAML, and JSON whose shape is a promise
//! (docs/json.md).

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};
use unicode_width::UnicodeWidthStr;

use super::{clean, script};
use crate::config;
use crate::launch::{Fate, Plan, Variable};
use crate::layers::{Origin, Resolved, Setting, Settings, python};
use crate::value::Value;

/// Beginnings of arguments, and the argument without which they do not matter.
const NEEDS: [(&str, &str); 4] = [
    ("fsdp_", "use_fsdp"),
    ("megatron_lm_", "use_megatron_lm"),
    ("parallelism_config_", "use_parallelism_config"),
    ("tpu", "tpu"),
];

/// Arguments that only DeepSpeed's path looks at.
const DEEPSPEEDS: [&str; 8] =
    ["zero", "offload_", "gradient_", "deepspeed_", "vm", "env", "aws_", "downcast"];

/// A table: name, value, origin and what is beaten; then what is ignored, the shell, and what the script
/// could say to what the launch hands it.
pub fn table(resolved: &Resolved, shell: &[Variable], plan: Option<&Plan>, shows_all: bool) -> String {
    let is_unread = |setting: &&Setting| matches!(&setting.origin, Origin::File { key, .. } if resolved.ignored.iter().any(|ignored| ignored.what == *key));
    let (set, defaults): (Vec<&Setting>, Vec<&Setting>) = shown(&resolved.settings, shows_all)
        .filter(|setting| !is_unread(setting))
        .partition(|setting| setting.origin != Origin::Default || !setting.beats.is_empty());
    let row = |setting: &&Setting| [name(setting), shown_value(setting), origin(setting)];
    let rows: Vec<[String; 3]> = set.iter().chain(&defaults).map(row).collect();
    let mut out = columns(&rows);
    if !resolved.ignored.is_empty() {
        out.push_str("\nIgnored:\n");
        for ignored in &resolved.ignored {
            let value = python::repr(&ignored.value);
            let value = clean::words(&value);
            let _ = writeln!(out, "  {} = {value} ({}): {}", ignored.what, ignored.origin, ignored.why);
        }
    }
    let told: Vec<String> = shell.iter().filter_map(fate).collect();
    if !told.is_empty() {
        let _ = write!(out, "\nVariables of the shell:\n{}", told.concat());
    }
    out.push_str(&plan.map(script::words).unwrap_or_default());
    out
}

fn fate(variable: &Variable) -> Option<String> {
    let value = clean::words(&variable.value);
    let says = match &variable.fate {
        // Told among what is ignored.
        Fate::Unread(_) => return None,
        Fate::Passed => "reaches the workers as it is".to_owned(),
        Fate::Overwritten { by, field: Some(field) } => format!("overwritten with {by} because of `{field}`"),
        Fate::Overwritten { by, field: None } => format!("overwritten with {by} by the launcher"),
    };
    let remark = variable.remark().map(|remark| format!("; {remark}")).unwrap_or_default();
    Some(format!("  {} = {value}: {says}{remark}\n", variable.name))
}

/// Secrets stay what they are.
fn is_secret(setting: &Setting) -> bool {
    setting.name.contains("secret") && setting.value != Value::Null
}

fn shown_value(setting: &Setting) -> String {
    if is_secret(setting) { "(hidden)".to_owned() } else { python::repr(&setting.value) }
}

fn told(setting: &Setting) -> Json {
    if is_secret(setting) { Json::String("(hidden)".to_owned()) } else { plain(&setting.value) }
}

/// The key of a config, or the option where no key means the same argument.
fn name(setting: &Setting) -> String {
    let key = setting.key();
    if key == setting.name || key.ends_with(&format!(".{}", setting.name)) {
        key
    } else {
        format!("--{}", setting.name)
    }
}

/// Origin, and what it beats.
fn origin(setting: &Setting) -> String {
    let beaten: Vec<String> = setting
        .beats
        .iter()
        .map(|beaten| format!("{} ({})", python::repr(&beaten.value), beaten.origin))
        .collect();
    match beaten.is_empty() {
        true => setting.origin.to_string(),
        false => format!("{}, beats {}", setting.origin, beaten.join(" and ")),
    }
}

fn columns(rows: &[[String; 3]]) -> String {
    let width = |index: usize| rows.iter().map(|row| row[index].width()).max().unwrap_or(0).min(44);
    let (names, values) = (width(0), width(1));
    let pad = |text: &str, width: usize| format!("{text}{}", " ".repeat(width.saturating_sub(text.width())));
    rows.iter()
        .map(|[name, value, origin]| {
            let value = clean::words(value);
            format!("{}  {}  {}\n", pad(name, names), pad(&value, values), clean::words(origin))
        })
        .collect()
}

/// The settings that matter for this way of training, or all.
fn shown(settings: &Settings, shows_all: bool) -> impl Iterator<Item = &Setting> {
    settings.iter().filter(move |setting| shows_all || matters(settings, setting))
}

fn matters(settings: &Settings, setting: &Setting) -> bool {
    if setting.origin != Origin::Default || !setting.beats.is_empty() {
        return true;
    }
    if let Some((_, needed)) = NEEDS.iter().find(|(start, _)| setting.name.starts_with(start)) {
        return settings.is_on(needed) && setting.value != Value::Null;
    }
    if setting.name.starts_with("fp8_") {
        return settings
            .get("mixed_precision")
            .as_text()
            .is_some_and(|word| word.eq_ignore_ascii_case("fp8"));
    }
    // The other half of `use_cpu`, said by an option.
    if setting.name == "cpu" {
        return false;
    }
    let is_deepspeeds = DEEPSPEEDS.iter().any(|start| setting.name.starts_with(start));
    setting.value != Value::Null && (!is_deepspeeds || settings.is_on("use_deepspeed"))
}

/// The values as YAML with their origins as comments, flat by launch argument.
pub fn yaml(resolved: &Resolved, shows_all: bool) -> String {
    let mut out = String::new();
    for setting in shown(&resolved.settings, shows_all) {
        let value = serde_json::to_string(&told(setting)).expect("plain values serialise");
        let _ = writeln!(out, "{}: {value}  # {}", setting.name, clean::words(&origin(setting)));
    }
    out
}

/// One JSON object with a line end.
pub fn json(resolved: &Resolved, kind: Option<&str>, shell: &[Variable], notes: &[String]) -> String {
    let settings: Vec<Json> = resolved.settings.iter().map(setting_json).collect();
    let ignored: Vec<Json> = resolved
        .ignored
        .iter()
        .map(|ignored| {
            json!({"what": ignored.what, "value": plain(&ignored.value), "origin": origin_json(&ignored.origin), "why": ignored.why})
        })
        .collect();
    let shell: Vec<Json> = shell.iter().map(variable_json).collect();
    let refusal = resolved.refusal.as_ref().map(
        |refusal| json!({"error": refusal.python, "sentence": refusal.sentence, "about": refusal.about}),
    );
    let all = json!({
        "config": resolved.file.as_ref().map(|file| json!({"file": file, "kind": kind})), "settings": settings, "ignored": ignored, "shell": shell, "notes": notes, "refusal": refusal
    });
    let mut text = serde_json::to_string_pretty(&all).expect("plain values serialise");
    text.push('\n');
    text
}

fn setting_json(setting: &Setting) -> Json {
    let beats: Vec<Json> = setting
        .beats
        .iter()
        .map(|beaten| json!({"value": plain(&beaten.value), "origin": origin_json(&beaten.origin)}))
        .collect();
    json!({
        "name": setting.name, "key": setting.key(), "value": told(setting),
        "origin": origin_json(&setting.origin), "beats": beats, "script": script::json(&setting.name)
    })
}

fn origin_json(origin: &Origin) -> Json {
    let mut map = Map::new();
    map.insert("kind".to_owned(), origin.word().into());
    match origin {
        Origin::File { name, line, key } => {
            map.insert("file".to_owned(), name.clone().into());
            map.insert("line".to_owned(), (*line).into());
            map.insert("key".to_owned(), key.clone().into());
        }
        Origin::Variable(name) => drop(map.insert("name".to_owned(), name.clone().into())),
        Origin::Flag(flag) => drop(map.insert("name".to_owned(), (*flag).into())),
        Origin::Hardware(what) | Origin::Derived(what) => {
            drop(map.insert("from".to_owned(), what.clone().into()))
        }
        Origin::Default => {}
    }
    Json::Object(map)
}

fn variable_json(variable: &Variable) -> Json {
    let (fate, says) = match &variable.fate {
        Fate::Passed => ("passed", None),
        Fate::Overwritten { by, .. } => ("overwritten", Some(by.clone())),
        Fate::Unread(why) => ("unread", Some(why.clone())),
    };
    json!({"name": variable.name, "value": variable.value, "fate": fate, "says": says, "remark": variable.remark()})
}

/// A value for programs; what JSON lacks is told as Python prints it.
fn plain(value: &Value) -> Json {
    config::as_json(value).unwrap_or_else(|| Json::String(python::str(value)))
}
