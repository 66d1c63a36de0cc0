//! A machine for people: its GPUs and how they are connected, what surrounds them, what they compute in.
//!
//! Facts that nobody could ask are left out; a reason is told where a whole part is missing. Names come from
//! drivers and from files, so they are made harmless first.

mod gpus;
mod host;
mod table;

use super::clean;
use crate::hardware::Machine;

/// Width of the column of labels.
const LABEL: usize = 11;

/// The page of a machine, for a terminal of that many columns.
pub fn page(machine: &Machine, width: usize) -> String {
    let mut page = Page { text: String::new(), width: width.clamp(60, 120) };
    page.entry("Machine", &machine.name.clone().unwrap_or_else(|| "this one".to_owned()));
    host::tell(&machine.host, &mut page);
    page.text.push('\n');
    gpus::tell(machine, &mut page);
    page.text
}

/// Labelled lines.
struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// A label and what belongs to it, wrapped under itself.
    fn entry(&mut self, label: &str, words: &str) {
        let words = clean::words(words);
        let room = self.width - LABEL;
        for (number, line) in textwrap::wrap(&words, room).iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            self.text += format!("{label:LABEL$}{line}").trim_end();
            self.text.push('\n');
        }
    }

    /// A label and lines that stand as they are.
    fn lines(&mut self, label: &str, lines: impl IntoIterator<Item = String>) {
        for (number, line) in lines.into_iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            self.text += format!("{label:LABEL$}{}", clean::words(&line)).trim_end();
            self.text.push('\n');
        }
    }
}
