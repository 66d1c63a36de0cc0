//! The door to the person: questions on a terminal, through inquire. No decisions.
//!
//! Prompts go to standard error, so that a config can go to standard output.

use std::fmt;
use std::io::{self, Write};

use inquire::validator::Validation;
use inquire::{Confirm, InquireError, MultiSelect, Select, Text};

use super::{Ask, Page, Question, Reply, Review, Step, Verdict};
use crate::schema::{self, Field, Group, Kind};
use crate::text;
use crate::value::Value;

/// Rows of a list that are shown at once, so that question and help fit a small terminal too.
const ROWS: usize = 10;

/// Narrowest sentence beside a word of a list.
const NARROW: usize = 20;

/// Asks on the terminal.
#[derive(Debug)]
pub struct Terminal {
    /// Where the config will go, as the person knows it.
    pub target: String,
    /// Columns of the terminal.
    pub width: usize,
    /// The prompt that could not be shown, if one could not.
    pub failure: Option<String>,
}

impl Terminal {
    /// Esc goes back, Ctrl-C stops; anything else that goes wrong is kept for the caller to tell.
    fn reply<T>(&mut self, result: Result<T, InquireError>) -> Reply<T> {
        match result {
            Ok(answer) => Reply::Answer(answer),
            Err(InquireError::OperationCanceled) => Reply::Back,
            Err(InquireError::OperationInterrupted) => Reply::Quit,
            Err(error) => {
                self.failure = Some(error.to_string());
                Reply::Quit
            }
        }
    }

    fn pick(&mut self, question: &Question) -> Reply<Value> {
        let widest = question.offers.iter().map(|offer| shown(question.field, &offer.value).chars().count());
        let column = widest.max().unwrap_or(0);
        let room = self.width.saturating_sub(column + 6).max(NARROW);
        let rows: Vec<Row<Value>> = question
            .offers
            .iter()
            .map(|offer| Row {
                value: offer.value.clone(),
                line: format!("{:column$}  {}", shown(question.field, &offer.value), short(offer.says, room)),
            })
            .collect();
        let cursor = rows.iter().position(|row| Some(&row.value) == question.proposal.as_ref()).unwrap_or(0);
        let help = help(question.field);
        let picked = Select::new(question.field.ask, rows)
            .with_starting_cursor(cursor)
            .with_page_size(ROWS)
            .with_help_message(&help)
            .with_formatter(&|row| shown(question.field, &row.value.value))
            .prompt();
        self.reply(picked.map(|row| row.value))
    }

    fn confirm(&mut self, question: &Question) -> Reply<Value> {
        let default = question.proposal.as_ref().and_then(Value::as_bool).unwrap_or(false);
        let help = help(question.field);
        let answer = Confirm::new(question.field.ask).with_default(default).with_help_message(&help).prompt();
        self.reply(answer.map(Value::Bool))
    }

    fn type_in(&mut self, question: &Question) -> Reply<Value> {
        let (field, is_needed) = (question.field, question.is_needed);
        let proposal = question.proposal.as_ref().map(|value| field.kind.show(value)).unwrap_or_default();
        let help = help(field);
        let validate = move |typed: &str| {
            Ok(match field.kind.read(typed) {
                Ok(Value::Null) if is_needed => Validation::Invalid("this one is needed".into()),
                Ok(_) => Validation::Valid,
                Err(advice) => Validation::Invalid(advice.into()),
            })
        };
        let typed = Text::new(field.ask)
            .with_initial_value(&proposal)
            .with_placeholder(if is_needed { "" } else { "not set" })
            .with_help_message(&help)
            .with_validator(validate)
            .prompt();
        self.reply(typed.map(|typed| field.kind.read(&typed).unwrap_or(Value::Null)))
    }

    fn page(&self, page: &Page) -> Row<Group> {
        let labels = text::all_of(page.fields.iter().map(|field| field.label.to_lowercase()));
        let line =
            short(&format!("{}: {labels}", page.group.title()), self.width.saturating_sub(8).max(NARROW));
        Row { value: page.group, line }
    }

    /// Shows text on standard error; when even that fails, the next prompt will say so.
    fn show(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    fn change(&mut self, review: &Review) -> Reply<Verdict> {
        let rows: Vec<Again> = review.asked.iter().copied().map(Again).collect();
        let picked = Select::new("Which answer?", rows).with_page_size(ROWS).prompt();
        self.reply(picked.map(|again| Verdict::Change(again.0)))
    }
}

impl Ask for Terminal {
    fn value(&mut self, question: &Question) -> Reply<Value> {
        match question.field.kind {
            Kind::Choice(_) | Kind::Number(_) => self.pick(question),
            Kind::Bool => self.confirm(question),
            _ => self.type_in(question),
        }
    }

    fn more(&mut self, pages: &[Page]) -> Reply<Vec<Group>> {
        let rows: Vec<Row<Group>> = pages.iter().map(|page| self.page(page)).collect();
        let picked = MultiSelect::new("Anything special? Enter for no.", rows)
            .with_page_size(ROWS)
            .with_help_message("Space picks a page to go through in full, Enter goes on [Esc: back]")
            .with_formatter(&|rows| match rows.len() {
                0 => "no".to_owned(),
                _ => text::all_of(rows.iter().map(|row| row.value.value.title())),
            })
            .prompt();
        self.reply(picked.map(|rows| rows.into_iter().map(|row| row.value).collect()))
    }

    fn review(&mut self, review: &Review) -> Reply<Verdict> {
        self.show(&format!("\n{}\n", review.document.text()));
        for finding in &review.findings {
            self.show(&format!("{}: {}\n", finding.severity.word(), finding.message));
        }
        let write = format!("Write {}", self.target);
        let verdicts = [write.as_str(), "Change an answer", "Stop without writing"].to_vec();
        let cursor = usize::from(!review.is_clean());
        let picked = Select::new("This is your config.", verdicts).with_starting_cursor(cursor).raw_prompt();
        match self.reply(picked) {
            Reply::Answer(row) if row.index == 0 => Reply::Answer(Verdict::Write),
            Reply::Answer(row) if row.index == 1 => match self.change(review) {
                Reply::Back => self.review(review),
                reply => reply,
            },
            Reply::Answer(_) | Reply::Quit => Reply::Quit,
            Reply::Back => Reply::Back,
        }
    }
}

/// A line of a list and the value behind it.
struct Row<T> {
    value: T,
    line: String,
}

impl<T> fmt::Display for Row<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.line)
    }
}

/// A question that can be asked again.
struct Again(Step);

impl fmt::Display for Again {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Step::Field(key) => out.write_str(schema::field(key).map_or(key, |field| field.label)),
            Step::More => out.write_str("Anything special"),
        }
    }
}

fn shown(field: &Field, value: &Value) -> String {
    field.kind.show(value)
}

fn help(field: &Field) -> String {
    format!("{} [Esc: back]", field.help)
}

/// The sentence, cut with an ellipsis where it is longer than `room` characters.
fn short(sentence: &str, room: usize) -> String {
    if sentence.chars().count() <= room {
        return sentence.to_owned();
    }
    let kept: String = sentence.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Asks whether a file that is there may be replaced.
pub fn may_replace(name: &str) -> bool {
    Confirm::new(&format!("{name} is there already. Replace it?"))
        .with_default(false)
        .prompt()
        .unwrap_or(false)
}
