//! The word `auto`: who replaces it, and where nobody does.

use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::key::KeyPath;
use crate::rules::sample::file;
use crate::rules::{Facts, Findings, Rule};
use crate::schema::deepspeed::{Auto, Manner, manner};
use crate::value::Value;

use super::Written;

pub(super) const RULES: &[Rule] = &[NOBODY, TRAINER];

const NOBODY: Rule = Rule {
    name: "deepspeed-file/auto-not-replaced",
    says: "nobody replaces the word auto here",
    severity: Severity::Error,
    why: "Accelerate replaces `auto` for the batch sizes, clipping, number formats, some bucket sizes and, with its \
          stand-ins, the learning rate. It looks through the whole file and stops with a ValueError at any other \
          `auto`, even in keys that nobody reads.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2, \
          \"allgather_bucket_size\": \"auto\"}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2, \
          \"reduce_bucket_size\": \"auto\"}}\n",
    ),
    check: nobody,
    ..Rule::BLANK
};

fn nobody(facts: &Facts, found: &mut Findings) {
    // A key that nobody reads is told about as such.
    let is_unread = |written: &Written| {
        written.setting.is_none() && !written.is_note() && manner(&written.section) == Some(Manner::Loose)
    };
    for written in facts.deepspeed.settings.iter().filter(|written| written.counts) {
        let is_replaced = written.setting.is_some_and(|setting| setting.auto != Auto::Nobody);
        if written.value.as_text() == Some("auto") && !is_replaced && !is_unread(written) {
            report(found, written.path.clone(), &written.name);
        }
        for path in deeper(written) {
            let name = path.name().unwrap_or_default().to_owned();
            report(found, path, &name);
        }
    }
}

fn report(found: &mut Findings, path: KeyPath, name: &str) {
    found
        .report(
            Place::value(path.clone()),
            format!("`auto` is not replaced for `{name}`; Accelerate stops here"),
        )
        .advise("write a value, or remove the line: then DeepSpeed takes its default")
        .offer("remove it", vec![Edit::Remove { path }]);
}

/// The places with the word `auto` in a mapping whose keys have no rows of their own.
fn deeper(written: &Written) -> Vec<KeyPath> {
    let has_rows = manner(&written.key).is_some_and(|manner| manner != Manner::Free);
    let mut places = Vec::new();
    if !has_rows {
        collect(&written.value, &written.path, &mut places);
    }
    places
}

fn collect(value: &Value, path: &KeyPath, places: &mut Vec<KeyPath>) {
    for (key, value) in value.as_map().unwrap_or_default() {
        let Some(name) = key.as_text() else { continue };
        let path = path.key(name);
        if value.as_text() == Some("auto") {
            places.push(path);
        } else {
            collect(value, &path, places);
        }
    }
}

const TRAINER: Rule = Rule {
    name: "deepspeed-file/auto-for-trainer",
    says: "only transformers' Trainer replaces this auto",
    severity: Severity::Hint,
    why: "The Trainer of transformers replaces a few more `auto` than Accelerate does. A script with its own training \
          loop stops with a ValueError at them.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"optimizer\": {\"type\": \"AdamW\", \"params\": {\"lr\": \"auto\", \"betas\": \"auto\"}}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"optimizer\": {\"type\": \"AdamW\", \"params\": {\"lr\": \"auto\", \"betas\": [0.9, 0.999]}}}\n",
    ),
    check: trainer,
    ..Rule::BLANK
};

fn trainer(facts: &Facts, found: &mut Findings) {
    let of_trainer = facts.deepspeed.known().filter(|(_, setting)| setting.auto == Auto::Trainer);
    for (written, _) in of_trainer.filter(|(written, _)| written.value.as_text() == Some("auto")) {
        let message = format!("only transformers' Trainer replaces `auto` for `{}`", written.name);
        found
            .report(Place::value(written.path.clone()), message)
            .advise("with a training loop of your own, write a value or remove the line");
    }
}
