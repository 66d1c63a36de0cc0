//! Keys of DeepSpeed's file: gone, unknown, in the wrong place, twice.

use crate::document::Edit;
use crate::finding::{Finding, Place, Severity};
use crate::key::KeyPath;
use crate::rules::sample::file;
use crate::rules::{Facts, Findings, Rule};
use crate::schema::deepspeed::{self, Manner, Optimizer, REMOVED, Scheduler, UNREAD};
use crate::text::nearest;

use super::{DeepSpeedFile, Written};

pub(super) const RULES: &[Rule] = &[NO_ZERO, REMOVED_KEY, DUPLICATE, MISPLACED, UNREAD_KEY, UNKNOWN_OPTION];

const NO_ZERO: Rule = Rule {
    name: "deepspeed-file/no-zero-optimization",
    says: "the section `zero_optimization` is missing",
    severity: Severity::Error,
    why: "Accelerate refuses a DeepSpeed file without this section with a ValueError in every worker, even where \
          ZeRO is not wanted.",
    bad: file("ds.json", b"{\"train_micro_batch_size_per_gpu\": 1, \"bf16\": {\"enabled\": true}}\n"),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"bf16\": {\"enabled\": true}, \"zero_optimization\": {\"stage\": 0}}\n",
    ),
    check: no_zero,
    ..Rule::BLANK
};

fn no_zero(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    if file.is_there && file.get("zero_optimization").is_none() {
        let stage = KeyPath::of("zero_optimization").key("stage");
        let set = Edit::Set { path: stage, value: 0.into() };
        found
            .report(
                Place::Bytes(facts.first()),
                "`zero_optimization` is missing, and Accelerate insists on it",
            )
            .advise("add the section with its `stage`; 0 means that nothing is split")
            .offer("add `zero_optimization` with stage 0", vec![set]);
    }
}

const REMOVED_KEY: Rule = Rule {
    name: "deepspeed-file/removed-key",
    says: "a setting that DeepSpeed 0.19 no longer takes",
    severity: Severity::Error,
    why: "DeepSpeed 0.19 threw out features that few people used, and refuses their settings by name so that \
          nobody trains without them unknowingly. Older releases took them.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 3, \"mics_shard_size\": 8}}\n",
    ),
    good: file("ds.json", b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 3}}\n"),
    check: removed_key,
    ..Rule::BLANK
};

fn removed_key(facts: &Facts, found: &mut Findings) {
    for written in counting(&facts.deepspeed) {
        let Some(gone) = REMOVED.iter().find(|gone| gone.key == written.key) else { continue };
        let message = format!("`{}` was removed in DeepSpeed 0.19, and with it {}", written.name, gone.what);
        found
            .report(Place::key(written.path.clone()), message)
            .advise(gone.instead)
            .offer("remove it", vec![Edit::Remove { path: written.path.clone() }]);
    }
}

const DUPLICATE: Rule = Rule {
    name: "deepspeed-file/duplicate-key",
    says: "a key stands twice in DeepSpeed's file",
    severity: Severity::Warning,
    why: "Python's reader takes the last of several equal keys and forgets the others without a word, whole \
          sections included.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 3, \"stage\": 2}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}}\n",
    ),
    check: duplicate,
    ..Rule::BLANK
};

fn duplicate(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    for last in counting(file) {
        let is_earlier = |other: &&Written| {
            !other.counts && other.name == last.name && other.path.parent() == last.path.parent()
        };
        let earlier: Vec<&Written> = file.settings.iter().filter(is_earlier).collect();
        if earlier.is_empty() {
            continue;
        }
        let message = format!("`{}` is written more than once; only the last one counts", last.name);
        let finding = found.report(Place::key(last.path.clone()), message);
        finding.mark("this one counts").advise("keep one of them");
        for first in &earlier {
            finding.relate(Place::key(first.path.clone()), "this one is ignored");
        }
        let removals = earlier.iter().rev().map(|first| Edit::Remove { path: first.path.clone() }).collect();
        finding.offer("remove the ignored ones", removals);
    }
}

const MISPLACED: Rule = Rule {
    name: "deepspeed-file/misplaced-key",
    says: "a setting stands in the wrong section",
    severity: Severity::Warning,
    why: "DeepSpeed looks for each setting in one place. At the top of the file it passes over a name that \
          belongs into a section without a word, and trains with the default instead.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \"overlap_comm\": false}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2, \"overlap_comm\": false}}\n",
    ),
    check: misplaced,
    ..Rule::BLANK
};

fn misplaced(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    for written in unknown(file).filter(|written| manner(written) == Manner::Loose) {
        let Some(section) = home(&written.name) else { continue };
        let message = format!("`{}` belongs into `{section}`; nobody reads it here", written.name);
        let finding = found.report(Place::key(written.path.clone()), message);
        // Accelerate looks through the whole file, and stops at a word that it cannot replace.
        if written.value.as_text() == Some("auto") {
            finding.severity = Severity::Error;
        }
        finding.advise(format!("write it inside `{section}`"));
        if written.counts
            && !file.has(section, &written.name)
            && file.value(section).is_none_or(|it| it.as_map().is_some())
        {
            let path = KeyPath::of(section).key(written.name.as_str());
            let edits = vec![
                Edit::Set { path, value: written.value.clone() },
                Edit::Remove { path: written.path.clone() },
            ];
            finding.offer(format!("move it into `{section}`"), edits);
        }
    }
}

/// The one section of the top that knows a name of several words.
fn home(name: &str) -> Option<&'static str> {
    let is_it = |row: &&deepspeed::Setting| {
        !row.section().is_empty()
            && !row.section().contains('.')
            && deepspeed::names(row).any(|own| own == name)
    };
    let mut rows = deepspeed::settings().filter(is_it);
    let first = rows.next()?;
    (name.contains('_') && rows.next().is_none()).then(|| first.section())
}

const UNREAD_KEY: Rule = Rule {
    name: "deepspeed-file/unread-key",
    says: "a key that DeepSpeed does not know and passes over",
    severity: Severity::Warning,
    why: "At the top of the file, and in some sections, DeepSpeed looks up the names it knows and never sees the \
          rest. A misspelt setting has no effect, and no message says so.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \"gradient_cliping\": 0.5}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \"gradient_clipping\": 0.5}\n",
    ),
    check: unread_key,
    ..Rule::BLANK
};

fn unread_key(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    for written in unknown(file).filter(|written| manner(written) == Manner::Loose && !written.is_note()) {
        let message = format!("`{}` is no setting of DeepSpeed; nobody reads it", written.name);
        let finding = found.report(Place::key(written.path.clone()), message);
        if written.value.as_text() == Some("auto") {
            finding.severity = Severity::Error;
        }
        match UNREAD.iter().find(|known| known.key == written.key) {
            Some(known) => drop(finding.advise(known.why)),
            None => suggest(file, finding, written, "DeepSpeed passes over it without a word"),
        }
    }
}

const UNKNOWN_OPTION: Rule = Rule {
    name: "deepspeed-file/unknown-option",
    says: "a key that its section refuses",
    severity: Severity::Error,
    why: "Sections such as `zero_optimization`, `fp16` and `bf16`, and the parameters of optimizer and scheduler, \
          refuse every name that they do not know. Training stops before the first step.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"bf16\": {\"enabled\": true, \"loss_scale\": 0}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \"bf16\": {\"enabled\": true}}\n",
    ),
    check: unknown_option,
    ..Rule::BLANK
};

fn unknown_option(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    for written in unknown(file).filter(|written| manner(written) == Manner::Strict) {
        let message = format!("`{}` refuses `{}`, which it does not know", written.section, written.name);
        let finding = found.report(Place::key(written.path.clone()), message);
        suggest(file, finding, written, "DeepSpeed stops because of it");
    }
    for (written, known) in foreign_arguments(file) {
        let of = if written.section.starts_with("optimizer") { "optimizer.type" } else { "scheduler.type" };
        let name = file.text(of).unwrap_or_default();
        let message = format!("`{name}` takes no argument `{}`", written.name);
        let finding = found.report(Place::key(written.path.clone()), message);
        finding.advise(match nearest(&written.name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? DeepSpeed stops because of it"),
            None => format!("remove it; `{name}` takes {}", crate::text::all_of(known)),
        });
    }
}

/// Parameters that the optimizer or scheduler of the file does not take, beside those that it does.
fn foreign_arguments(file: &DeepSpeedFile) -> impl Iterator<Item = (&Written, &'static [&'static str])> {
    let optimizer = file.text("optimizer.type").and_then(Optimizer::named).map(|known| known.arguments);
    let scheduler = file.text("scheduler.type").and_then(Scheduler::named).map(|known| known.arguments);
    counting(file).filter_map(move |written| {
        let known = match written.section.as_str() {
            "optimizer.params" => optimizer?,
            "scheduler.params" => scheduler?,
            _ => return None,
        };
        // Refused by a rule of its own.
        let is_clipping = written.name == "max_grad_norm";
        let is_foreign = !known.is_empty() && !known.contains(&written.name.as_str()) && !is_clipping;
        is_foreign.then_some((written, known))
    })
}

/// The pairs that count.
pub(super) fn counting(file: &DeepSpeedFile) -> impl Iterator<Item = &Written> {
    file.settings.iter().filter(|written| written.counts)
}

/// The pairs that count and have no row, without those that are refused by name.
fn unknown(file: &DeepSpeedFile) -> impl Iterator<Item = &Written> {
    let is_removed = |written: &&Written| REMOVED.iter().any(|gone| gone.key == written.key);
    counting(file).filter(|written| written.setting.is_none()).filter(move |written| !is_removed(written))
}

fn manner(written: &Written) -> Manner {
    deepspeed::manner(&written.section).unwrap_or(Manner::Free)
}

/// Proposes the known name that was meant.
fn suggest(file: &DeepSpeedFile, finding: &mut Finding, written: &Written, effect: &str) {
    let known = deepspeed::section(&written.section).flat_map(deepspeed::names);
    let Some(meant) = nearest(&written.name, known) else {
        finding
            .advise(format!("remove it; {effect}"))
            .offer("remove it", vec![Edit::Remove { path: written.path.clone() }]);
        return;
    };
    finding.mark(format!("did you mean `{meant}`?")).advise(format!("write `{meant}`; {effect}"));
    if !file.has(&written.section, meant) {
        let rename = Edit::Rename { path: written.path.clone(), to: meant.to_owned() };
        finding.offer(format!("rename it to `{meant}`"), vec![rename]);
    }
}
