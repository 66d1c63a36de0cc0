//! What rules look at: the document, its values, and its pairs beside what is known of their keys.

use std::collections::HashMap;

use super::companion::Companion;
use super::deepspeed_file::DeepSpeedFile;
use super::exposed::Exposed;
use super::surroundings::{Surroundings, Training};
use crate::config::{Config, Sort, What, sort};
use crate::document::{Data, Document, Node, Pair, Span, Style};
use crate::hardware::Machine;
use crate::key::KeyPath;
use crate::schema::{self, Field, Kind, Mismatch, Platform, Reach, Release};
use crate::value::Value;

/// What rules may look at.
pub struct Facts<'a> {
    /// The text and its tree: for how something is written.
    pub document: &'a Document,
    /// The values: for what it says.
    pub config: &'a Config,
    /// The file's name as given, folders included; empty for a new one.
    pub file_name: &'a str,
    /// The Accelerate release the config is for.
    pub release: Release,
    /// Which of Accelerate's two sorts of config this is.
    pub platform: Platform,
    /// Whose file it is.
    pub nature: Nature,
    /// What was found of the other file that the config names.
    pub companion: &'a Companion,
    /// What is known of the files that it names and that others may change.
    pub exposed: Option<&'a Exposed>,
    /// One of the machines that the config is for, where known.
    pub machine: Option<&'a Machine>,
    /// What is trained, where known.
    pub training: Option<&'a Training>,
    /// Why a comment that names model or machine could not be followed.
    pub trouble: Option<&'a str>,
    /// What DeepSpeed's file says: this one, or the one that the config names.
    pub deepspeed: DeepSpeedFile,
    /// The pairs with text keys: those of the top level, then those of each section.
    pub entries: Vec<Entry<'a>>,
    /// Which pair counts for a row, by the row's key.
    by_key: HashMap<&'static str, usize>,
    /// False where no value can come through a merge key: then nothing is looked up twice.
    has_merges: bool,
}

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// A config for Accelerate, however wrong.
    Config,
    /// DeepSpeed's own JSON file.
    DeepSpeed,
    /// Some other program's, or no mapping at all.
    Foreign,
}

/// A pair of the top level or of a section, as written.
pub struct Entry<'a> {
    /// Where it stands. Repeated keys that do not count are named by their position.
    pub path: KeyPath,
    /// The section it stands in; `None` at the top level.
    pub section: Option<&'a str>,
    /// Its key.
    pub name: &'a str,
    /// The key as written.
    pub key: &'a Node,
    /// The value as written.
    pub written: &'a Node,
    /// The value as read.
    pub value: Value,
    /// True for the last pair of its name: the others are read and forgotten.
    pub counts: bool,
    /// What is known of the key, where this sort of config and this release know it.
    pub field: Option<&'static Field>,
    /// Why the value does not fit the key; `None` too where nobody reads it in this config.
    pub mismatch: Option<Mismatch>,
}

/// Pairs of one mapping that are looked at, beside those of known keys. The longest section there is
/// has 24; a mapping of thousands is no config, and thousands of findings help nobody.
pub(super) const LOOKED_AT: usize = 100;

impl<'a> Facts<'a> {
    /// Looks at a document once for all rules.
    pub fn new(
        document: &'a Document,
        config: &'a Config,
        file_name: &'a str,
        release: Release,
        companion: &'a Companion,
    ) -> Facts<'a> {
        let platform = match config.get("compute_environment").and_then(Value::as_text) {
            Some("AMAZON_SAGEMAKER") => Platform::SageMaker,
            // What selects SageMaker by mistake is one finding; the rest is read as it was meant.
            _ => Platform::Local,
        };
        let top: Vec<Entry> = pairs(document, &KeyPath::root(), None, platform, release);
        let nature = nature(config, &top);
        let deepspeed = match (nature, companion.document()) {
            (Nature::DeepSpeed, _) => DeepSpeedFile::read(document, None),
            (_, Some(other)) => DeepSpeedFile::read(other, None),
            _ => DeepSpeedFile::default(),
        };
        let sections: Vec<Entry> = top
            .iter()
            .filter(|entry| entry.counts && is_section(entry.field))
            .flat_map(|entry| pairs(document, &entry.path, Some(entry.name), platform, release))
            .collect();
        let entries: Vec<Entry> = top.into_iter().chain(sections).collect();
        // The later spelling of a key overwrites the earlier one, as in Accelerate.
        let by_key = entries
            .iter()
            .enumerate()
            .filter_map(|(index, entry)| entry.counts.then_some((entry.field?.key, index)))
            .collect();
        let has_merges = document.text().contains("<<");
        let mut facts = Facts {
            document,
            config,
            file_name,
            release,
            platform,
            nature,
            companion,
            exposed: None,
            machine: None,
            training: None,
            trouble: None,
            deepspeed,
            entries,
            by_key,
            has_merges,
        };
        for (index, mismatch) in facts.mismatches() {
            facts.entries[index].mismatch = Some(mismatch);
        }
        facts
    }

    /// The same facts with what is known of machine and model.
    pub(super) fn around(self, around: &'a Surroundings) -> Facts<'a> {
        Facts {
            exposed: Some(&around.exposed),
            machine: around.machine.as_ref(),
            training: around.training.as_ref(),
            trouble: around.trouble.as_deref(),
            ..self
        }
    }

    /// Looks at DeepSpeed's file beside the config that names it.
    pub(super) fn of_companion(
        document: &'a Document,
        config: &'a Config,
        release: Release,
        processes: Option<i64>,
    ) -> Facts<'a> {
        let mut facts = Facts::new(document, config, "", release, &Companion::Unseen);
        // Whatever it looks like, it is read as DeepSpeed's file.
        facts.nature = Nature::DeepSpeed;
        facts.deepspeed = DeepSpeedFile::read(document, processes);
        facts
    }

    /// The values that do not fit, by position of their pair: what the schema finds and somebody reads.
    fn mismatches(&self) -> Vec<(usize, Mismatch)> {
        let deviations = self.config.deviations(self.release).into_iter();
        let mut misfits: HashMap<KeyPath, Mismatch> = deviations
            .filter_map(|deviation| match deviation.what {
                What::Misfit(mismatch) => Some((deviation.path, mismatch)),
                _ => None,
            })
            .collect();
        let mismatch = |(index, entry): (usize, &Entry)| {
            let is_read = |field: &&Field| {
                let may_matter = self.matters(field) || self.is_doubtful(field);
                entry.counts && field.reach == Reach::Used && may_matter
            };
            entry.field.filter(is_read)?;
            Some((index, misfits.remove(&entry.path)?))
        };
        self.entries.iter().enumerate().filter_map(mismatch).collect()
    }

    /// True when the rest of the config lets a key matter.
    pub fn matters(&self, field: &Field) -> bool {
        let is_passed_on = field.read_since.is_none_or(|since| self.release >= since);
        // gpu_ids is split into its numbers for every type (launch.py, _validate_launch_command).
        field.key == "gpu_ids" || (is_passed_on && field.when.holds(&|key| self.get(key)))
    }

    /// True where nobody can tell whether a key matters: a number that decides it is none.
    pub fn is_doubtful(&self, field: &Field) -> bool {
        let is_no_number = |entry: &Entry| {
            let row = entry.field.filter(|row| matches!(row.kind, Kind::Int { .. }));
            let verdict = row.map(|row| row.accepts(&entry.value, self.release));
            matches!(verdict, Some(Err(Mismatch::WrongType(_))))
        };
        field.when.keys().iter().any(|key| self.entry(key).is_some_and(is_no_number))
    }

    /// The value that counts for a row, in whatever spelling it is written; also one that comes
    /// through a merge key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let merged = || self.config.get(key).filter(|_| self.has_merges);
        self.entry(key).map(|entry| &entry.value).or_else(merged)
    }

    /// The pair that counts for a row, in whatever spelling it is written.
    pub fn entry(&self, key: &str) -> Option<&Entry<'a>> {
        self.by_key.get(key).map(|index| &self.entries[*index])
    }

    /// The pairs that count, with what is known of their keys.
    pub fn known(&self) -> impl Iterator<Item = (&Entry<'a>, &'static Field)> {
        self.entries.iter().filter(|entry| entry.counts).filter_map(|entry| Some((entry, entry.field?)))
    }

    /// The pairs that count and whose value does not fit.
    pub fn mismatched(&self) -> impl Iterator<Item = (&Entry<'a>, &'static Field, &Mismatch)> {
        self.known().filter_map(|(entry, field)| Some((entry, field, entry.mismatch.as_ref()?)))
    }

    /// The pairs of the top level.
    pub fn top(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter().filter(|entry| entry.section.is_none())
    }

    /// The pairs of sections.
    pub fn nested(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter().filter(|entry| entry.section.is_some())
    }

    /// True when `distributed_type` is this word.
    pub fn is_type(&self, word: &str) -> bool {
        self.get("distributed_type").and_then(Value::as_text) == Some(word)
    }

    /// What a person calls this sort of config.
    pub fn platform_name(&self) -> &'static str {
        if self.platform == Platform::SageMaker { "SageMaker" } else { "local" }
    }

    /// The first bytes that are no comment: where to point for a finding about the whole file.
    pub fn first(&self) -> Span {
        match self.entries.first() {
            Some(entry) => entry.key.span,
            None => Span { start: 0, end: self.document.text().len().min(1) },
        }
    }

    /// The text of a value as written.
    pub fn source(&self, entry: &Entry) -> &'a str {
        let span = entry.written.span;
        self.document.text().get(span.start..span.end).unwrap_or_default()
    }
}

impl Entry<'_> {
    /// True for a value without quotes on one line.
    pub fn is_plain(&self) -> bool {
        self.written.style == Style::Plain
    }

    /// The text, when the value is text.
    pub fn text(&self) -> Option<&str> {
        self.value.as_text()
    }
}

/// The pairs of a mapping with text keys; merge keys are no pairs of their own.
fn pairs<'a>(
    document: &'a Document,
    mapping: &KeyPath,
    section: Option<&'a str>,
    platform: Platform,
    release: Release,
) -> Vec<Entry<'a>> {
    let Some(Data::Map(pairs)) = document.node(mapping).map(|node| &node.target().data) else {
        return Vec::new();
    };
    let named: Vec<(usize, &'a str, &'a Pair)> = pairs
        .iter()
        .enumerate()
        .filter_map(|(index, pair)| Some((index, key_text(&pair.key)?, pair)))
        .collect();
    let last: HashMap<&str, usize> = named.iter().map(|(index, name, _)| (*name, *index)).collect();
    let is_known = |name: &str| schema::find(&mapping.key(name)).is_some();
    named
        .into_iter()
        .enumerate()
        .filter(|(rank, (index, name, _))| {
            *rank < LOOKED_AT || (last.get(name) == Some(index) && is_known(name))
        })
        .map(|(_, named)| named)
        .map(|(index, name, pair)| {
            let counts = last.get(name) == Some(&index);
            let path = if counts { mapping.key(name) } else { mapping.pair(index) };
            let field = known_field(&mapping.key(name), platform, release);
            let value = pair.value.value();
            Entry {
                path,
                section,
                name,
                key: &pair.key,
                written: &pair.value,
                value,
                counts,
                field,
                mismatch: None,
            }
        })
        .collect()
}

/// The text of a key that is text and no merge key.
fn key_text(key: &Node) -> Option<&str> {
    match &key.target().data {
        Data::Scalar(Value::Text(text)) if !(text == "<<" && key.style == Style::Plain) => Some(text),
        _ => None,
    }
}

/// The row of a key, where this sort of config and this release know it.
fn known_field(path: &KeyPath, platform: Platform, release: Release) -> Option<&'static Field> {
    schema::find(path).filter(|field| field.platform.meets(platform) && field.exists_in(release))
}

fn is_section(field: Option<&'static Field>) -> bool {
    field.is_some_and(|field| matches!(field.kind, Kind::Section))
}

fn nature(config: &Config, top: &[Entry]) -> Nature {
    match config.root().map_or(Sort::Other, sort) {
        Sort::DeepSpeed => Nature::DeepSpeed,
        Sort::Accelerate => Nature::Config,
        Sort::Other if top.iter().any(|entry| is_meant_for_accelerate(entry.name)) => Nature::Config,
        Sort::Other => Nature::Foreign,
    }
}

/// True for a key of ours, misspelt or in the wrong place.
fn is_meant_for_accelerate(name: &str) -> bool {
    let known = || schema::fields().map(Field::name);
    known().any(|key| key == name)
        || schema::flag(name).is_some()
        || crate::text::nearest(name, known().filter(|key| key.contains('_'))).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;

    #[test]
    fn a_value_counts_however_it_comes() {
        let text = "fsdp_config:\n  version: 2\nmpirun_config: &base\n  distributed_type: FSDP\n<<: *base\n";
        let document = Document::parse(text, Format::Yaml);
        let config = Config::read(&document);
        let facts = Facts::new(&document, &config, "", Release::LATEST, &Companion::Unseen);
        assert_eq!(facts.get("fsdp_config.fsdp_version"), Some(&Value::int(2)), "by its short name");
        assert!(facts.is_type("FSDP"), "through a merge key");
        assert_eq!(facts.get("num_processes"), None);
    }
}
