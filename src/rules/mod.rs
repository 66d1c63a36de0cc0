//! Every mistake: one row each, one file per subject.
//!
//! A rule is data and one small function. Its samples are its tests and its documentation. A rule
//! never edits: it proposes a [`Fix`](crate::finding::Fix). This room knows no terminal and no launch.
//!
//! One mistake gives one finding. A fault of the text ends the search. Among the rest, rows are asked
//! in the order of [`all`], special before general, and a place that one row explained is closed to
//! the rows after it. Comments that silence findings are obeyed at the end.

mod about;
mod choice;
mod companion;
mod deepspeed;
mod deepspeed_file;
mod deepspeed_machines;
mod dynamo;
mod exposed;
mod facts;
mod file;
mod fp8;
mod fsdp;
mod gpu_ids;
mod hardware;
mod ignored;
mod ignores;
mod job;
mod keys;
mod legacy;
mod megatron;
mod memory;
mod misplaced;
mod missing;
mod mpi;
mod network;
mod parallelism;
mod placeholder;
mod precision;
mod release;
mod repair;
mod sagemaker;
mod sample;
mod security;
mod style;
mod surroundings;
mod syntax;
mod taste;
mod topology;
mod tpu;
mod types;
mod yaml11;
mod zero;

pub use choice::{Unknown, choose, complaints, is_asked, unknown, unsilenceable};
pub use companion::{Companion, wanted};
pub use deepspeed_file::{DeepSpeedFile, Written};
pub use exposed::Exposed;
pub use facts::{Entry, Facts, Nature};
pub use repair::{Repaired, repair};
pub use sample::Sample;
pub use surroundings::{Finders, Surroundings, Training, told};

use std::collections::HashSet;

use crate::config::Config;
use crate::document::Document;
use crate::finding::{Finding, Place, Severity};
use crate::key::KeyPath;
use crate::schema::Release;

/// The rows about the file as a whole.
const FILE: &[&[Rule]] = &[syntax::RULES, file::RULES];

/// The rows about keys and values: only for files that are meant for Accelerate.
const CONFIG: &[&[Rule]] = &[
    missing::RULES,
    release::RULES,
    deepspeed::RULES,
    zero::RULES,
    deepspeed_machines::RULES,
    legacy::RULES,
    misplaced::RULES,
    keys::RULES,
    placeholder::RULES,
    gpu_ids::RULES,
    yaml11::RULES,
    fp8::RULES,
    fsdp::VERSION_RULES,
    fsdp::SHARDING_RULES,
    fsdp::WRAPPING_RULES,
    fsdp::LOADING_RULES,
    types::RULES,
    topology::RULES,
    network::RULES,
    precision::RULES,
    parallelism::SEQUENCE_RULES,
    parallelism::RULES,
    megatron::RULES,
    tpu::RULES,
    sagemaker::RULES,
    mpi::RULES,
    dynamo::RULES,
    hardware::DEVICE_RULES,
    hardware::PRECISION_RULES,
    memory::MODEL_RULES,
    memory::SIZE_RULES,
    security::RULES,
    exposed::RULES,
    ignored::RULES,
    ignored::LEFTOVERS,
    style::RULES,
    taste::RULES,
];

/// One mistake that the house knows.
#[derive(Debug)]
pub struct Rule {
    /// `subject/what-is-wrong`; never reused for something else.
    pub name: &'static str,
    /// One sentence for lists.
    pub says: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What Accelerate does today, and why.
    pub why: &'static str,
    /// A config, or a piece of one, in which this rule alone fires.
    pub bad: Sample,
    /// The same, repaired.
    pub good: Sample,
    /// First release in which it is a mistake; `None`: in all that came before too.
    pub since: Option<Release>,
    /// First release in which it no longer is.
    pub gone: Option<Release>,
    /// True for matters of taste: looked for only when somebody asks.
    pub on_request: bool,
    /// Looks, and reports what it finds.
    pub check: fn(&Facts, &mut Findings),
}

impl Rule {
    /// A row without content, for rows to start from: a mistake in every release.
    const BLANK: Rule = Rule {
        name: "",
        says: "",
        severity: Severity::Error,
        why: "",
        bad: sample::yaml(""),
        good: sample::yaml(""),
        since: None,
        gone: None,
        on_request: false,
        check: |_, _| {},
    };
}

/// Where a rule puts what it finds.
pub struct Findings<'a> {
    rule: &'static Rule,
    earlier: &'a [Finding],
    list: Vec<Finding>,
}

impl<'a> Findings<'a> {
    /// Nothing found yet by `rule`; others found `earlier`.
    fn of(rule: &'static Rule, earlier: &'a [Finding]) -> Findings<'a> {
        Findings { rule, earlier, list: Vec::new() }
    }

    /// True where an earlier rule spoke of this place, of what holds it, or named it as the reason.
    fn is_explained(&self, path: &KeyPath) -> bool {
        let speaks =
            |place: &Place| place.path().is_some_and(|other| !other.is_root() && other.contains(path));
        self.earlier
            .iter()
            .any(|finding| speaks(&finding.place) || finding.related.iter().any(|(place, _)| speaks(place)))
    }

    /// Reports a finding of this rule at a place.
    pub fn report(&mut self, place: Place, message: impl Into<String>) -> &mut Finding {
        let (rule, severity) = (self.rule.name, self.rule.severity);
        let message = message.into();
        let label = String::new();
        self.list.push(Finding {
            rule,
            severity,
            message,
            place,
            label,
            related: Vec::new(),
            elsewhere: Vec::new(),
            help: None,
            fix: None,
        });
        self.list.last_mut().expect("one was just pushed")
    }
}

/// Every rule, in the order in which they are asked.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    of_configs().chain(of_deepspeed_files()).chain(ignores::RULES)
}

/// The rules that may find something in a config for Accelerate itself.
fn of_configs() -> impl Iterator<Item = &'static Rule> {
    FILE.iter().chain(CONFIG).copied().flatten()
}

/// The rules that may find something in DeepSpeed's own file.
fn of_deepspeed_files() -> impl Iterator<Item = &'static Rule> {
    deepspeed_file::SUBJECTS.iter().copied().flatten()
}

/// The rule of a name.
pub fn find(name: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.name == name)
}

/// Everything that is wrong with a document, in the order of the file. Rules on request stay silent.
///
/// `file_name` is the name as given, folders included; empty for a document that has none yet.
pub fn check(document: &Document, file_name: &str, release: Release) -> Vec<Finding> {
    check_beside(document, file_name, release, &Surroundings::default())
}

/// Everything that is wrong with a document in its surroundings, in the order of the document.
pub fn check_beside(
    document: &Document,
    file_name: &str,
    release: Release,
    around: &Surroundings,
) -> Vec<Finding> {
    check_by(document, file_name, release, around, &|rule| !rule.on_request)
}

/// What the chosen rules find in a document in its surroundings, in the order of the document.
pub fn check_by(
    document: &Document,
    file_name: &str,
    release: Release,
    around: &Surroundings,
    is_asked: &dyn Fn(&Rule) -> bool,
) -> Vec<Finding> {
    let companion = if around.companion.is_of(document) { &around.companion } else { &Companion::Unseen };
    let config = Config::read(document);
    let facts = Facts::new(document, &config, file_name, release, companion).around(around);
    // A text that cannot be read is never in order, whatever is asked.
    let is_about_text = |rule: &Rule| syntax::RULES.iter().any(|other| other.name == rule.name);
    let holds = |rule: &Rule| release.is_within(rule.since, rule.gone);
    let is_asked = |rule: &Rule| holds(rule) && (is_asked(rule) || is_about_text(rule));
    let mut list = ask(&facts, &is_asked);
    list.extend(companion::findings(&facts, &is_asked));
    ignores::heed(&facts, &is_asked, &mut list);
    list.sort_by_cached_key(|finding| finding.place.span(document));
    list
}

/// Asks the chosen rules that are about a file of this nature.
fn ask(facts: &Facts, is_asked: &dyn Fn(&Rule) -> bool) -> Vec<Finding> {
    let subjects = match facts.nature {
        Nature::Config => CONFIG,
        Nature::DeepSpeed => deepspeed_file::SUBJECTS,
        Nature::Foreign => &[],
    };
    let mut list: Vec<Finding> = Vec::new();
    let mut explained: HashSet<Place> = HashSet::new();
    for rule in FILE.iter().chain(subjects).copied().flatten().filter(|rule| is_asked(rule)) {
        let mut found = Findings::of(rule, &list);
        (rule.check)(facts, &mut found);
        list.extend(found.list.into_iter().filter(|finding| explained.insert(finding.place.clone())));
    }
    list
}

#[cfg(test)]
mod tests;
