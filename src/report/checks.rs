//! What was looked at, one thing per line with its colour: for people, and as JSON whose shape is a promise
//! (docs/json.md).

use serde::Serialize;

use super::clean;
use super::pretty::Look;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What: `driver`, `rank 1`.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What there is, in a few words.
    pub says: String,
    /// What to do, where there is something to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Good,
    /// Not there, which is no fault unless one needs it.
    Absent,
    /// Unusual, which may be fine.
    Odd,
    /// Something is wrong with it.
    Bad,
}

impl Check {
    /// It is as it should be.
    pub fn good(name: impl Into<String>, says: impl Into<String>) -> Check {
        Check { name: name.into(), state: State::Good, says: says.into(), advice: None }
    }

    /// It is not there, and that may be fine.
    pub fn absent(name: impl Into<String>, says: impl Into<String>) -> Check {
        Check { state: State::Absent, ..Check::good(name, says) }
    }

    /// It is unusual.
    pub fn odd(name: impl Into<String>, says: impl Into<String>) -> Check {
        Check { state: State::Odd, ..Check::good(name, says) }
    }

    /// Something is wrong with it.
    pub fn bad(name: impl Into<String>, says: impl Into<String>) -> Check {
        Check { state: State::Bad, ..Check::good(name, says) }
    }

    /// The same, with what to do.
    pub fn advise(self, advice: impl Into<String>) -> Check {
        Check { advice: Some(advice.into()), ..self }
    }
}

/// True where something is wrong.
pub fn is_bad(checks: &[Check]) -> bool {
    checks.iter().any(|check| check.state == State::Bad)
}

/// Lines for people: state, name, what there is; advice below it.
pub fn table(checks: &[Check], look: Look) -> String {
    let widest = checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
    let margin = MARK + widest + 2;
    let room = look.width.clamp(60, 120) - margin.min(40);
    let mut text = String::new();
    for check in checks {
        let advice = check.advice.as_ref().map(|advice| format!("→ {}", clean::words(advice)));
        let words = [Some(clean::words(&check.says).into_owned()), advice];
        let lines = words.iter().flatten().flat_map(|words| textwrap::wrap(words, room));
        for (number, line) in lines.enumerate() {
            let head = match number {
                0 => format!("{} {:widest$}  ", mark(check.state, look.colour), check.name),
                _ => " ".repeat(margin),
            };
            text += format!("{head}{line}").trim_end();
            text.push('\n');
        }
    }
    text
}

/// `{"checks": […]}`.
pub fn json(checks: &[Check]) -> String {
    let value = serde_json::json!({ "is_good": !is_bad(checks), "checks": checks });
    format!("{value:#}\n")
}

/// Columns of the state and the space behind it.
const MARK: usize = 7;

fn mark(state: State, is_coloured: bool) -> String {
    let (word, colour) = match state {
        State::Good => ("ok    ", "32"),
        State::Absent => ("-     ", "2"),
        State::Odd => ("odd   ", "33"),
        State::Bad => ("wrong ", "1;31"),
    };
    if is_coloured { format!("\x1b[{colour}m{word}\x1b[0m") } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_below_each_other() {
        let checks = [
            Check::good("driver", "580.65.06"),
            Check::bad("libtorch", "it is 2.8.0").advise("run `make libtorch`"),
            Check::absent("gpu", ""),
        ];
        let text = table(&checks, Look { width: 80, colour: false });
        assert_eq!(
            text,
            "ok     driver    580.65.06\n\
             wrong  libtorch  it is 2.8.0\n\u{20}                → run `make libtorch`\n\
             -      gpu\n"
        );
        assert!(is_bad(&checks) && !is_bad(&checks[..1]));
        assert!(json(&checks).contains("\"is_good\": false"));
    }
}
