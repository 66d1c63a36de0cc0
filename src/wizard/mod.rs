//! Plain questions, one after the other, for a new config: which comes next is decided here.
//!
//! The questions are the rows of the schema. Nothing here touches a terminal: whoever implements
//! [`Ask`] does ([`ask`] through inquire, the tests through a list).

pub mod ask;
mod draft;
mod propose;
mod set;

pub use draft::Draft;
pub use set::setting;

use crate::document::Document;
use crate::finding::{Finding, Severity};
use crate::hardware::Machine;
use crate::rules;
use crate::schema::{self, Field, Group, Release};
use crate::value::Value;

/// One thing to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value of a key.
    Field(&'static str),
    /// Which pages to go through in full.
    More,
}

/// What a person said.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply<T> {
    /// An answer.
    Answer(T),
    /// "Let me see the last question again."
    Back,
    /// "Stop, write nothing."
    Quit,
}

impl<T> Reply<T> {
    fn map<U>(self, answer: impl FnOnce(T) -> U) -> Reply<U> {
        match self {
            Reply::Answer(said) => Reply::Answer(answer(said)),
            Reply::Back => Reply::Back,
            Reply::Quit => Reply::Quit,
        }
    }
}

/// What to do with the finished config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Write it.
    Write,
    /// Ask this again first.
    Change(Step),
}

/// A field as it is asked for.
#[derive(Debug)]
pub struct Question {
    /// Its row.
    pub field: &'static Field,
    /// What may be picked, with a sentence each; empty where the answer is typed.
    pub offers: Vec<Offer>,
    /// The answer to suggest.
    pub proposal: Option<Value>,
    /// True where nothing is no answer.
    pub is_needed: bool,
}

/// One answer to pick.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// What it sets.
    pub value: Value,
    /// What it means.
    pub says: &'static str,
}

/// The less common fields of a page that matter now.
#[derive(Debug)]
pub struct Page {
    /// Which page.
    pub group: Group,
    /// Their rows, at least one.
    pub fields: Vec<&'static Field>,
}

/// A finished config, to look at before it is written.
#[derive(Clone, Debug)]
pub struct Review {
    /// The config.
    pub document: Document,
    /// What our own rules say of it.
    pub findings: Vec<Finding>,
    /// The questions behind it, which can be asked again.
    pub asked: Vec<Step>,
}

/// Whoever puts questions to a person.
pub trait Ask {
    /// Asks for a value; null leaves the key out.
    fn value(&mut self, question: &Question) -> Reply<Value>;
    /// Asks which pages to go through in full.
    fn more(&mut self, pages: &[Page]) -> Reply<Vec<Group>>;
    /// Shows the result.
    fn review(&mut self, review: &Review) -> Reply<Verdict>;
}

/// The run of the questions.
pub struct Wizard<'a> {
    draft: Draft,
    machine: &'a Machine,
    release: Release,
    asked: Vec<Step>,
}

/// Asked before everything else, because the other questions depend on them.
const OPENING: [&str; 3] = ["compute_environment", "distributed_type", "num_machines"];

impl<'a> Wizard<'a> {
    /// A wizard for this machine and release that already knows some answers, which it will not
    /// ask for.
    pub fn new(
        machine: &'a Machine,
        release: Release,
        given: impl IntoIterator<Item = (&'static Field, Value)>,
    ) -> Wizard<'a> {
        let mut draft = Draft::default();
        given.into_iter().for_each(|(field, value)| draft.give(field, value));
        Wizard { draft, machine, release, asked: Vec::new() }
    }

    /// Asks until there is a config to write; `None` where the person stopped.
    pub fn run(mut self, ask: &mut dyn Ask) -> Option<Review> {
        loop {
            let Some(step) = self.next() else {
                let review = self.review();
                match ask.review(&review) {
                    Reply::Answer(Verdict::Write) => return Some(review),
                    Reply::Answer(Verdict::Change(step)) => self.take_back(step),
                    Reply::Back => self.back(),
                    Reply::Quit => return None,
                }
                continue;
            };
            match self.put(step, ask) {
                Reply::Answer(()) => self.asked.push(step),
                Reply::Back => self.back(),
                Reply::Quit => return None,
            }
        }
    }

    /// The first thing that matters and was not asked yet.
    pub fn next(&self) -> Option<Step> {
        self.plan().into_iter().find(|step| !self.asked.contains(step))
    }

    fn put(&mut self, step: Step, ask: &mut dyn Ask) -> Reply<()> {
        match step {
            Step::More => ask.more(&self.pages()).map(|groups| self.draft.open(groups)),
            Step::Field(key) => {
                let field = schema::field(key).expect("steps are made of rows");
                ask.value(&self.question(field)).map(|value| self.draft.answer(field, value))
            }
        }
    }

    /// Everything to ask, in order, as far as the answers up to now decide it.
    fn plan(&self) -> Vec<Step> {
        let opening = OPENING.into_iter().filter_map(schema::field);
        let common = schema::fields().filter(|field| self.is_common(field));
        let mut steps: Vec<Step> = Vec::new();
        for field in opening.chain(common).filter(|field| self.is_open(field)) {
            let step = Step::Field(field.key);
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        let pages = self.pages();
        steps.extend((!pages.is_empty()).then_some(Step::More));
        let opened = pages.iter().filter(|page| self.draft.is_opened(page.group));
        steps.extend(opened.flat_map(|page| &page.fields).map(|field| Step::Field(field.key)));
        steps
    }

    /// The pages with fields that not everybody is asked for.
    fn pages(&self) -> Vec<Page> {
        let is_rest = |field: &&Field| !self.is_common(field) && self.is_open(field);
        let pages =
            Group::ALL.map(|group| Page { group, fields: schema::group(group).filter(is_rest).collect() });
        pages.into_iter().filter(|page| !page.fields.is_empty()).collect()
    }

    fn is_common(&self, field: &Field) -> bool {
        propose::is_common(field, &|key| self.value(key))
    }

    /// What counts for a key: what was given, and answers to questions that still matter.
    fn value(&self, key: &str) -> Option<&Value> {
        let value = self.draft.get(key)?;
        // Every other row looks at this one to know which sort of config it is in.
        let is_first = key == "compute_environment";
        let counts = is_first
            || self.draft.is_given(key)
            || schema::field(key).is_some_and(|row| self.does_matter(row));
        counts.then_some(value)
    }

    /// True for a field that is worth asking for: it exists, it has an effect, it matters now.
    fn is_open(&self, field: &Field) -> bool {
        !field.kind.is_section()
            && !matches!(field.kind, schema::Kind::Anything)
            && field.exists_in(self.release)
            && field.replacement.is_none()
            && field.why_unread().is_none()
            && !self.draft.is_given(field.key)
            && self.does_matter(field)
    }

    fn does_matter(&self, field: &Field) -> bool {
        let lookup = |key: &str| self.value(key);
        field.why_inert(&lookup).is_none() && !propose::is_settled(field, &lookup)
    }

    fn question(&self, field: &'static Field) -> Question {
        let lookup = |key: &str| self.value(key);
        Question {
            field,
            offers: propose::offers(field, self.release, &lookup),
            proposal: self
                .draft
                .remembered(field.key)
                .cloned()
                .or_else(|| propose::proposal(field, self.machine, &lookup)),
            is_needed: propose::is_needed(field),
        }
    }

    /// Takes the last question that still matters back.
    fn back(&mut self) {
        while let Some(step) = self.asked.pop() {
            self.draft.take_back(step);
            if self.plan().contains(&step) {
                break;
            }
        }
    }

    fn take_back(&mut self, step: Step) {
        self.asked.retain(|asked| *asked != step);
        self.draft.take_back(step);
    }

    fn review(&self) -> Review {
        let document = self.draft.document(&|field| self.is_open(field));
        let findings = rules::check(&document, "", self.release);
        let plan = self.plan();
        let asked = self.asked.iter().copied().filter(|step| plan.contains(step)).collect();
        Review { document, findings, asked }
    }
}

impl Review {
    /// True when nothing worse than a hint is wrong with the config.
    pub fn is_clean(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity == Severity::Hint)
    }
}

/// Takes every proposal: the answers of `--yes`.
#[derive(Debug, Default)]
pub struct Proposals {
    /// A field that has no proposal and needs an answer.
    pub missing: Option<&'static Field>,
}

impl Ask for Proposals {
    fn value(&mut self, question: &Question) -> Reply<Value> {
        match &question.proposal {
            Some(value) => Reply::Answer(value.clone()),
            None if question.is_needed => {
                self.missing = Some(question.field);
                Reply::Quit
            }
            None => Reply::Answer(Value::Null),
        }
    }

    fn more(&mut self, _: &[Page]) -> Reply<Vec<Group>> {
        Reply::Answer(Vec::new())
    }

    fn review(&mut self, _: &Review) -> Reply<Verdict> {
        Reply::Answer(Verdict::Write)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
