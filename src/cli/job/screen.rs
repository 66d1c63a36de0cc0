//! What several ranks say, on one screen: whole lines with the rank in front, and on a terminal one
//! line at the bottom for what is still being written, such as a progress bar.

use std::collections::HashSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use unicode_width::UnicodeWidthChar as _;

use super::super::streams::{self, Colour};
use crate::launch::Plan;
use crate::launch::supervise::{Fallen, Step, Stream, Watcher, Why, number};

/// Colours of ranks, as terminals number them: not red, which stands for failure.
const COLOURS: [u8; 6] = [36, 33, 35, 32, 34, 96];
/// Goes to the beginning of the line and clears it.
const CLEAR: &[u8] = b"\r\x1b[K";

/// The screen of a job. Words of the ranks go to the stream they came from.
pub struct Screen {
    /// What stands before the words of each process; empty for a single one.
    prefixes: Vec<String>,
    ranks: Vec<u32>,
    is_coloured: bool,
    /// What is the terminal: output, errors.
    is_terminal: [bool; 2],
    /// True where the words of the only process pass nobody.
    is_lent: bool,
    live: Mutex<Live>,
}

/// The line at the bottom.
#[derive(Default)]
struct Live {
    /// Whose it is, and what it says.
    line: Option<(usize, Stream, Vec<u8>)>,
    is_drawn: bool,
    /// Whose last line ended with `\r`, so that a `\n` alone belongs to it.
    returned: HashSet<(usize, Stream)>,
}

impl Screen {
    /// The screen for a plan.
    pub fn of(plan: &Plan, is_lent: bool) -> Screen {
        let is_single = plan.processes.len() == 1;
        let prefix = |rank: u32| if is_single { String::new() } else { format!("[rank {rank}] ") };
        let ranks: Vec<u32> = plan.processes.iter().map(|process| process.rank).collect();
        Screen {
            prefixes: ranks.iter().map(|rank| prefix(*rank)).collect(),
            ranks,
            is_coloured: streams::is_coloured(Colour::Auto),
            is_terminal: [io::stdout().is_terminal(), io::stderr().is_terminal()],
            is_lent,
            live: Mutex::default(),
        }
    }

    /// Leaves the line at the bottom as it is and goes below it.
    pub fn finish(&self) {
        let mut live = self.lock();
        if live.is_drawn {
            self.write(Stream::Err, b"\n");
        }
        *live = Live::default();
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_terminal(&self, stream: Stream) -> bool {
        self.is_terminal[usize::from(stream == Stream::Err)]
    }

    /// A reader that has gone away is no reason to end a training.
    fn write(&self, stream: Stream, bytes: &[u8]) {
        match stream {
            Stream::Out => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush()).ok();
            }
            Stream::Err => {
                io::stderr().lock().write_all(bytes).ok();
            }
        }
    }

    fn prefix(&self, index: usize, stream: Stream) -> String {
        let prefix = self.prefixes.get(index).map_or("", String::as_str);
        if prefix.is_empty() || !self.is_coloured || !self.has_terminal(stream) {
            return prefix.to_owned();
        }
        format!("\x1b[{}m{}\x1b[0m ", COLOURS[index % COLOURS.len()], prefix.trim_end())
    }

    /// Takes the line at the bottom away while something else is written.
    fn clear(&self, live: &mut Live, stream: Stream, into: &mut Vec<u8>) {
        if live.is_drawn && self.has_terminal(stream) {
            into.extend_from_slice(CLEAR);
            live.is_drawn = false;
        }
    }

    fn draw(&self, live: &mut Live) {
        let Some((index, stream, line)) = &live.line else { return };
        if live.is_drawn || !self.has_terminal(*stream) {
            return;
        }
        let prefix = self.prefix(*index, *stream);
        let width = self.prefixes.get(*index).map_or(0, String::len);
        let mut bytes = CLEAR.to_vec();
        bytes.extend_from_slice(prefix.as_bytes());
        bytes.extend_from_slice(fitting(line, streams::width().saturating_sub(width + 1)).as_bytes());
        self.write(*stream, &bytes);
        live.is_drawn = true;
    }

    /// Says something of our own.
    fn say(&self, words: &str) {
        if self.is_lent {
            return;
        }
        let mut live = self.lock();
        let mut bytes = Vec::new();
        self.clear(&mut live, Stream::Err, &mut bytes);
        bytes.extend_from_slice(format!("accel-studio: {words}\n").as_bytes());
        self.write(Stream::Err, &bytes);
        self.draw(&mut live);
    }

    /// `rank 1 failed with exit code 1`.
    fn failed(&self, fallen: &Fallen) -> String {
        let rank = self.ranks.get(fallen.index).copied().unwrap_or(0);
        format!("rank {rank} failed with {}", fallen.end.says())
    }

    fn others(&self) -> Option<String> {
        let count = self.ranks.len().checked_sub(1).filter(|count| *count > 0)?;
        Some(if count == 1 { "the other rank".to_owned() } else { format!("the other {count} ranks") })
    }
}

impl Watcher for Screen {
    fn lines(&self, index: usize, stream: Stream, lines: &[u8]) {
        let mut live = self.lock();
        let (prefix, is_watched) = (self.prefix(index, stream), self.has_terminal(stream));
        let mut bytes = Vec::with_capacity(lines.len() + lines.len() / 4);
        self.clear(&mut live, stream, &mut bytes);
        for piece in lines.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let text = piece.strip_suffix(b"\n").or_else(|| piece.strip_suffix(b"\r")).unwrap_or(piece);
            let is_end = if piece.ends_with(b"\r") {
                live.returned.insert((index, stream));
                false
            } else {
                live.returned.remove(&(index, stream)) && piece == b"\n"
            };
            let is_own = live.line.as_ref().is_some_and(|line| (line.0, line.1) == (index, stream));
            if is_watched && piece.ends_with(b"\r") {
                if !text.is_empty() {
                    live.line = Some((index, stream, text.to_vec()));
                }
                continue;
            }
            // A line may end with `\r\n`, and what went before it has become the line at the bottom.
            let kept = live.line.take_if(|_| is_own).map(|line| line.2).filter(|_| text.is_empty());
            if is_watched || !(is_end || piece == b"\r") {
                bytes.extend_from_slice(prefix.as_bytes());
            }
            bytes.extend_from_slice(kept.as_deref().unwrap_or(text));
            bytes.extend_from_slice(&piece[text.len()..]);
        }
        self.write(stream, &bytes);
        self.draw(&mut live);
    }

    fn draft(&self, index: usize, stream: Stream, line: &[u8]) {
        if !self.has_terminal(stream) {
            return;
        }
        let mut live = self.lock();
        let mut bytes = Vec::new();
        self.clear(&mut live, stream, &mut bytes);
        live.line = Some((index, stream, line.to_vec()));
        self.write(stream, &bytes);
        self.draw(&mut live);
    }

    fn step(&self, step: &Step) {
        match step {
            Step::Stopping(Why::Failed(fallen)) => {
                if let Some(others) = self.others() {
                    self.say(&format!("{}; stopping {others}", self.failed(fallen)));
                }
            }
            Step::Stopping(Why::Signal(number::INTERRUPT)) => {
                self.say("stopping the ranks; Ctrl-C again ends them at once");
            }
            Step::Stopping(_) => self.say("stopping the ranks"),
            Step::Killing => self.say("ending the ranks by SIGKILL"),
            Step::Restarting { fallen, attempt } => {
                self.say(&format!("{}; starting all again (restart {attempt})", self.failed(fallen)));
            }
            Step::Started { .. } | Step::Ended { .. } | Step::Finished(_) => {}
        }
    }

    fn complain(&self, words: &str) {
        self.say(words);
    }
}

/// The beginning of a line that fits in so many columns, without colours and moves of the cursor.
fn fitting(line: &[u8], columns: usize) -> String {
    let line = String::from_utf8_lossy(line);
    let (mut fitting, mut width) = (String::new(), 0);
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        if char == '\x1b' {
            // A control sequence ends with a letter (ECMA-48, 5.4).
            chars.by_ref().skip_while(|char| *char == '[').find(|char| ('@'..='~').contains(char));
            continue;
        }
        width += char.width().unwrap_or(0);
        if width > columns {
            break;
        }
        if !char.is_control() {
            fitting.push(char);
        }
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_at_the_bottom_fits() {
        assert_eq!(fitting(b"\x1b[32m 50%\x1b[0m|###", 6), " 50%|#");
        assert_eq!(fitting("äöü漢字".as_bytes(), 5), "äöü漢");
        assert_eq!(fitting(b"\x1b[", 5), "");
        assert_eq!(fitting(b"anything", 0), "");
    }
}
