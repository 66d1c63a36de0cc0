//! YAML that every reader takes for the same: block mappings, and every text in double quotes.
//!
//! Kubernetes reads YAML 1.1, where a bare `no` or `1e5` is not text; quoting all of them needs no
//! list of such words. Text of several lines is a literal block where that keeps it byte for byte.

use serde_json::Value;

/// The document of a mapping or list, with a line break at its end.
pub(super) fn yaml(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out
}

fn write(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(pairs) => {
            for (at, (key, value)) in pairs.iter().enumerate() {
                // The first key of a list's item stands behind its hyphen.
                if at > 0 || !out.ends_with("- ") {
                    out.push_str(&" ".repeat(indent));
                }
                out.push_str(&key_of(key));
                out.push(':');
                below(out, value, indent);
            }
        }
        Value::Array(items) => {
            for item in items {
                out.push_str(&" ".repeat(indent));
                out.push_str("- ");
                match item {
                    Value::Object(pairs) if !pairs.is_empty() => write(out, item, indent + 2),
                    // A list within a list is for nobody's eyes: JSON is YAML.
                    other => out.push_str(&format!("{}\n", inline(other, indent))),
                }
            }
        }
        other => out.push_str(&format!("{}\n", inline(other, indent))),
    }
}

fn below(out: &mut String, value: &Value, indent: usize) {
    let is_block = match value {
        Value::Object(pairs) => !pairs.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        out.push('\n');
        write(out, value, indent + 2);
    } else {
        out.push_str(&format!(" {}\n", inline(value, indent)));
    }
}

fn inline(value: &Value, indent: usize) -> String {
    match value {
        Value::String(text) if is_literal(text) => literal(text, indent + 2),
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// Keys are ours and plain, but for those with a slash or a dot, which are plain as well in YAML.
fn key_of(key: &str) -> String {
    let is_plain = key.starts_with(|char: char| char.is_ascii_alphabetic())
        && key.chars().all(|char| char.is_ascii_alphanumeric() || "-_./".contains(char));
    if is_plain { key.to_owned() } else { quoted(key) }
}

/// True for text that a literal block keeps: several lines that people can read, one line break at
/// its end, and no blank at the beginning, which would be taken for the indentation.
fn is_literal(text: &str) -> bool {
    let is_printable = |char: char| matches!(char, '\n' | ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{10000}'..);
    text.contains('\n')
        && !text.starts_with([' ', '\n'])
        && text.chars().all(is_printable)
        && !text.ends_with("\n\n")
        && text.lines().all(|line| !line.ends_with(' '))
}

fn literal(text: &str, indent: usize) -> String {
    let mut out = if text.ends_with('\n') { "|".to_owned() } else { "|-".to_owned() };
    for line in text.lines() {
        out.push('\n');
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent));
            out.push_str(line);
        }
    }
    out
}

/// Double quotes as in JSON, which YAML reads alike; what a YAML reader refuses raw is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            char if char.is_control()
                || matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') =>
            {
                out.push_str(&format!("\\u{:04x}", u32::from(char)));
            }
            char => out.push(char),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let texts = [
            "no",
            "1e5",
            "0o7",
            "null",
            "",
            " x",
            "a: b",
            "# x",
            "a\nb",
            "a\nb\n",
            "a\n\nb\n",
            "\na",
            "a \nb",
            "é\u{7f}\u{85}\u{2028}",
            "tab\there",
            "a\r\nb",
            "\u{feff}x\ny",
            "- a\n- b\n\n",
            "~",
            "\"'\\",
            "a\tb\nc",
        ];
        let page = json!({ "list": texts, "deep": { "items": [{ "name": "x", "value": texts[9], "empty": {} }, []] }, "n": 3 });
        let text = yaml(&page);
        let read: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(read, page, "{text}");
    }

    #[test]
    fn people_can_read_it() {
        let page = json!({ "kind": "Job", "spec": { "list": [{ "name": "a", "n": 1 }, { "name": "b" }], "text": "x\ny\n" } });
        assert_eq!(
            yaml(&page),
            "kind: \"Job\"\nspec:\n  list:\n    - name: \"a\"\n      n: 1\n    - name: \"b\"\n  text: |\n    x\n    y\n"
        );
    }
}
