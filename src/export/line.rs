//! A command line that a shell understands, word by word.

use crate::launch::{Plan, Script};

/// Words so far, quoted where a shell needs it.
#[derive(Debug, Default)]
pub(super) struct Line {
    words: Vec<String>,
}

impl Line {
    /// One word.
    pub fn word(&mut self, word: &str) {
        self.words.push(quoted(word));
    }

    /// Text that the shell is to fill in, within double quotes.
    pub fn raw(&mut self, text: &str) {
        self.words.push(format!("\"{text}\""));
    }

    /// `--name value`.
    pub fn option(&mut self, name: &str, value: &str) {
        self.word(&format!("--{name}"));
        self.word(value);
    }

    /// `--name`, where it applies.
    pub fn switch(&mut self, name: &str, is_on: bool) {
        if is_on {
            self.word(&format!("--{name}"));
        }
    }

    /// The variables that all processes share, but for those that the engine sets by itself.
    pub fn variables(&mut self, plan: &Plan, but: &[&str]) {
        let pairs: Vec<String> = plan
            .shared_env
            .iter()
            .filter(|(name, _)| !but.contains(&name.as_str()))
            .map(|(name, value)| format!("{name}={}", quoted(value)))
            .collect();
        if !pairs.is_empty() {
            self.word("env");
            self.words.extend(pairs);
        }
    }

    /// The script and its arguments.
    pub fn script(&mut self, script: &Script) {
        self.word(&script.name);
        script.arguments.iter().for_each(|word| self.word(word));
    }

    /// The line, without an end.
    pub fn text(&self) -> String {
        self.words.join(" ")
    }
}

/// A word as a shell needs it. No argument of a process holds the NUL that cannot be quoted.
pub fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| "''".to_owned(), |word| word.into_owned())
}
