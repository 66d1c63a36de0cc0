//! Old spellings: keys that were removed, renamed, or are converted while the file is read.

use super::sample::yaml;
use super::{Entry, Facts, Findings, Rule};
use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::key::KeyPath;
use crate::schema::{self, Field, Kind, Reach, Text};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[REMOVED, CONFLICT, OLD_SPELLING, DEAD_OPTION];

const REMOVED: Rule = Rule {
    name: "keys/removed",
    says: "a key that Accelerate no longer knows",
    severity: Severity::Error,
    why: "Keys of the top level that were removed are unknown keys: Accelerate refuses the whole file. `ipex_config` \
          went with 1.13, `tp_config` with 1.7.",
    bad: yaml("ipex_config: {}\n"),
    good: yaml("debug: false\n"),
    check: removed,
    ..Rule::BLANK
};

fn removed(facts: &Facts, found: &mut Findings) {
    for entry in facts.top().filter(|entry| entry.field.is_none() && entry.counts) {
        let Some(field) = schema::field(entry.name) else { continue };
        let Some(gone) = field.gone.filter(|gone| facts.release >= *gone) else { continue };
        let message = format!("`{}` was removed in accelerate {gone}", entry.name);
        let finding = found.report(Place::key(entry.path.clone()), message);
        let instead =
            field.replacement.map(|key| format!("; `{key}` has taken its place")).unwrap_or_default();
        finding.advise(format!("remove it, or Accelerate refuses the file{instead}"));
        let remove = vec![Edit::Remove { path: entry.path.clone() }];
        if entry.value.is_truthy() {
            finding.offer("remove it", remove)
        } else {
            finding.repair("remove it", remove)
        };
    }
}

const CONFLICT: Rule = Rule {
    name: "keys/legacy-conflict",
    says: "an old spelling and the new one stand together",
    severity: Severity::Warning,
    why: "Accelerate still converts `fp16` and a top-level `dynamo_backend`. Where the new key is there too, one of \
          the two is dropped without a word: `fp16` gives way, but `dynamo_backend` replaces the whole \
          `dynamo_config`.",
    bad: yaml("fp16: true\nmixed_precision: bf16\n"),
    good: yaml("mixed_precision: bf16\n"),
    check: conflict,
    ..Rule::BLANK
};

fn conflict(facts: &Facts, found: &mut Findings) {
    for (old, new, loser) in
        [("fp16", "mixed_precision", "fp16"), ("dynamo_backend", "dynamo_config", "dynamo_config")]
    {
        let (Some(old_entry), Some(new_entry)) = (top(facts, old), top(facts, new)) else { continue };
        if !new_entry.value.is_truthy() && new_entry.value != Value::Bool(false) {
            continue;
        }
        let message =
            format!("`{loser}` is ignored because `{}` is there too", if loser == old { new } else { old });
        let (ignored, kept) = if loser == old { (old_entry, new_entry) } else { (new_entry, old_entry) };
        let finding = found.report(Place::key(ignored.path.clone()), message);
        finding.mark("ignored").relate(Place::key(kept.path.clone()), "this one counts");
        finding.advise(format!("keep `{new}` alone; `{old}` is its old spelling"));
        if loser == old {
            finding.repair(format!("remove `{old}`"), vec![Edit::Remove { path: old_entry.path.clone() }]);
        }
    }
}

fn top<'f, 'a>(facts: &'f Facts<'a>, key: &str) -> Option<&'f Entry<'a>> {
    facts.top().find(|entry| entry.counts && entry.name == key)
}

const OLD_SPELLING: Rule = Rule {
    name: "keys/old-spelling",
    says: "a key in its old spelling",
    severity: Severity::Hint,
    why: "Accelerate converts `fp16: true` to `mixed_precision: fp16`, and a top-level `dynamo_backend` to a section, \
          while it reads the file. It works; other tools do not know these keys.",
    bad: yaml("fp16: true\n"),
    good: yaml("mixed_precision: fp16\n"),
    check: old_spelling,
    ..Rule::BLANK
};

fn old_spelling(facts: &Facts, found: &mut Findings) {
    if let Some(entry) = top(facts, "fp16").filter(|_| top(facts, "mixed_precision").is_none()) {
        let word = if entry.value.is_truthy() { "fp16" } else { "no" };
        let edits = vec![
            Edit::Rename { path: entry.path.clone(), to: "mixed_precision".to_owned() },
            Edit::Set { path: "mixed_precision".into(), value: Value::text(word) },
        ];
        found
            .report(Place::key(entry.path.clone()), "`fp16` is an old spelling of `mixed_precision`")
            .advise(format!("write `mixed_precision: '{word}'`"))
            .repair(format!("write `mixed_precision: '{word}'`"), edits);
    }
    if let Some(entry) = top(facts, "dynamo_backend").filter(|_| top(facts, "dynamo_config").is_none()) {
        found
            .report(Place::key(entry.path.clone()), "a top-level `dynamo_backend` is an old spelling")
            .advise("write it as `dynamo_backend` inside `dynamo_config`");
    }
}

const DEAD_OPTION: Rule = Rule {
    name: "keys/dead-option",
    says: "an option that was renamed or is read by nobody",
    severity: Severity::Warning,
    why: "Accelerate accepts these options and drops their value without a word: some were renamed, some are written \
          by its own questionnaire under a name that no code asks for.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n  fsdp_backward_prefetch_policy: BACKWARD_POST\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n  fsdp_backward_prefetch: BACKWARD_POST\n",
    ),
    check: dead_option,
    ..Rule::BLANK
};

fn dead_option(facts: &Facts, found: &mut Findings) {
    for entry in facts.nested().filter(|entry| entry.counts) {
        let Some(section) = entry.section else { continue };
        let Some(field) =
            schema::find(&KeyPath::of(section).key(entry.name)).filter(|field| is_dead(facts, field))
        else {
            continue;
        };
        if entry.value == Value::Null || says_the_default(field, &entry.value) {
            continue;
        }
        let message = format!("`{}` has no effect: nobody reads it", entry.name);
        let finding = found.report(Place::key(entry.path.clone()), message);
        let Some(new) = field.replacement.and_then(schema::field) else {
            finding.advise("remove it");
            continue;
        };
        if matches!(new.kind, Kind::Text(Text::Path)) {
            finding.advise(format!("write it into the file that `{}` names", new.name()));
            continue;
        }
        if !facts.matters(new) {
            finding.advise(format!(
                "remove it; `{}` {}",
                new.name(),
                new.when.why_not(&|key| facts.get(key)).unwrap_or_default()
            ));
            continue;
        }
        finding.advise(format!("write `{}` instead", new.name()));
        if new.section() == field.section() && facts.get(new.key).is_none() {
            let rename = vec![Edit::Rename { path: entry.path.clone(), to: new.name().to_owned() }];
            finding.repair(format!("rename it to `{}`", new.name()), rename);
        }
    }
}

fn is_dead(facts: &Facts, field: &Field) -> bool {
    let is_gone = field.gone.is_some_and(|gone| facts.release >= gone);
    let section = field.section().and_then(schema::field);
    (field.reach == Reach::Dead || is_gone) && section.is_some_and(|section| facts.matters(section))
}

/// True where the option says what happens anyway: `accelerate config` writes such lines.
fn says_the_default(field: &Field, value: &Value) -> bool {
    field.replacement.and_then(schema::field).and_then(|new| new.default.value()).as_ref() == Some(value)
}
