//! Keys that exist, but not here: options of the command line, arguments of the script, other sections.

use super::sample::yaml;
use super::{Entry, Facts, Findings, Rule};
use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::key::KeyPath;
use crate::schema::{self, Field, Platform};

pub(super) const RULES: &[Rule] = &[
    BELONGS_IN_SECTION,
    FLAG,
    ACCELERATOR_ARGUMENT,
    MISSING_PREFIX,
    BOTH_SPELLINGS,
    LAUNCHER_ARGUMENT,
    WRONG_SECTION,
];

const BELONGS_IN_SECTION: Rule = Rule {
    name: "keys/belongs-in-section",
    says: "an option of a section stands at the top level",
    severity: Severity::Error,
    why: "Options of DeepSpeed, FSDP and the others live in their sections. At the top level they are unknown keys, \
          and Accelerate refuses the file.",
    bad: yaml("distributed_type: DEEPSPEED\nzero_stage: 2\n"),
    good: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n"),
    check: belongs_in_section,
    ..Rule::BLANK
};

fn belongs_in_section(facts: &Facts, found: &mut Findings) {
    for entry in unknown_at_top(facts) {
        let Some(field) = option_named(facts, entry.name) else { continue };
        let section = field.section().unwrap_or_default();
        if schema::is_accelerator_argument(entry.name) && !facts.matters(field) {
            continue;
        }
        let finding = found
            .report(Place::key(entry.path.clone()), format!("`{}` belongs into `{section}`", entry.name));
        finding.advise(format!("write it inside `{section}`; at the top level Accelerate refuses the file"));
        if entry.counts && facts.get(field.key).is_none() {
            let edits = vec![
                Edit::Set { path: KeyPath::of(field.key), value: entry.value.clone() },
                Edit::Remove { path: entry.path.clone() },
            ];
            finding.offer(format!("move it into `{section}`"), edits);
        }
    }
}

/// The unknown pairs of the top level, repeated ones too: each of them is refused.
fn unknown_at_top<'f, 'a>(facts: &'f Facts<'a>) -> impl Iterator<Item = &'f Entry<'a>> {
    facts.top().filter(|entry| entry.field.is_none() && schema::field(entry.name).is_none())
}

/// The option of that name in the one section that has it. Single words such as `backend` say too
/// little to tell.
fn option_named(facts: &Facts, name: &str) -> Option<&'static Field> {
    let is_it = |field: &&Field| {
        name.contains('_')
            && field.section().is_some()
            && field.name() == name
            && field.exists_in(facts.release)
    };
    let mut named = schema::fields().filter(is_it);
    let first = named.next()?;
    named.next().is_none().then_some(first)
}

const FLAG: Rule = Rule {
    name: "keys/flag",
    says: "an option of the command line stands in the file",
    severity: Severity::Error,
    why: "Some options of `accelerate launch` have no key in the file. Written there they are unknown keys, and \
          Accelerate refuses the file.",
    bad: yaml("num_cpu_threads_per_process: 4\n"),
    good: yaml("debug: false\n"),
    check: flag,
    ..Rule::BLANK
};

fn flag(facts: &Facts, found: &mut Findings) {
    for entry in unknown_at_top(facts) {
        let Some(row) = schema::flag(entry.name) else { continue };
        let flag = row.flag;
        let advice = match row.instead {
            Some(instead) => format!("write `{instead}` in the file, or pass `{flag}` on the command line"),
            None => format!("remove it and pass `{flag}` on the command line; Accelerate refuses the file"),
        };
        found
            .report(
                Place::key(entry.path.clone()),
                format!("`{}` is an option of `accelerate launch`, not a key", entry.name),
            )
            .advise(advice);
    }
}

const ACCELERATOR_ARGUMENT: Rule = Rule {
    name: "keys/accelerator-argument",
    says: "an argument of `Accelerator()` stands in the file",
    severity: Severity::Error,
    why: "Settings such as `log_with` or `project_dir` belong into the training script: `Accelerator(log_with=…)`. In \
          the file they are unknown keys, and Accelerate refuses it.",
    bad: yaml("log_with: wandb\n"),
    good: yaml("debug: false\n"),
    check: accelerator_argument,
    ..Rule::BLANK
};

fn accelerator_argument(facts: &Facts, found: &mut Findings) {
    for entry in unknown_at_top(facts).filter(|entry| schema::is_accelerator_argument(entry.name)) {
        let name = entry.name;
        found
            .report(
                Place::key(entry.path.clone()),
                format!("`{name}` is an argument of `Accelerator()`, not a key"),
            )
            .advise(format!(
                "remove it and write `Accelerator({name}=…)` in the script; Accelerate refuses the file"
            ));
    }
}

const MISSING_PREFIX: Rule = Rule {
    name: "keys/missing-prefix",
    says: "an option without the prefix that its section needs",
    severity: Severity::Warning,
    why: "`fsdp_config`, `fp8_config` and `dynamo_config` accept short names. `parallelism_config`, \
          `megatron_lm_config` and `mpirun_config` do not: there a short name is ignored without a word.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\nparallelism_config:\n  dp_shard_size: 2\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\nparallelism_config:\n  parallelism_config_dp_shard_size: 2\n",
    ),
    check: missing_prefix,
    ..Rule::BLANK
};

fn missing_prefix(facts: &Facts, found: &mut Findings) {
    for entry in facts.nested().filter(|entry| entry.field.is_none()) {
        let Some(field) = prefixed(facts, entry) else { continue };
        let full = field.name();
        let message = format!("`{}` is ignored here: the full name is `{full}`", entry.name);
        let finding = found.report(Place::key(entry.path.clone()), message);
        finding.advise(format!("write `{full}`; this section has no short names"));
        if entry.counts && facts.get(field.key).is_none() {
            let rename = vec![Edit::Rename { path: entry.path.clone(), to: full.to_owned() }];
            finding.repair(format!("rename it to `{full}`"), rename);
        }
    }
}

/// The option that this name would be with its section's prefix.
fn prefixed(facts: &Facts, entry: &Entry) -> Option<&'static Field> {
    let prefix = match entry.section? {
        "parallelism_config" => "parallelism_config_",
        "megatron_lm_config" => "megatron_lm_",
        "mpirun_config" => "mpirun_",
        _ => return None,
    };
    let key = format!("{}.{prefix}{}", entry.section?, entry.name);
    schema::field(&key).filter(|field| field.exists_in(facts.release))
}

const BOTH_SPELLINGS: Rule = Rule {
    name: "keys/both-spellings",
    says: "one option in two spellings",
    severity: Severity::Warning,
    why: "`version` and `fsdp_version` are the same option. Where both are there, the later line wins without a word. \
          `accelerate to-fsdp2` leaves `version: 1` behind its own `fsdp_version: 2`, and the file stays one for version 1.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n  version: 1\n",
    ),
    good: yaml("distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n"),
    check: both_spellings,
    ..Rule::BLANK
};

fn both_spellings(facts: &Facts, found: &mut Findings) {
    for (last, field) in
        facts.known().filter(|(entry, field)| facts.entry(field.key).is_some_and(|it| it.path == entry.path))
    {
        let others = facts.known().filter(|(other, same)| same.key == field.key && other.path != last.path);
        for (first, _) in others {
            found
                .report(
                    Place::key(last.path.clone()),
                    format!("`{}` and `{}` are the same option; the later one wins", first.name, last.name),
                )
                .mark("this one counts")
                .relate(Place::key(first.path.clone()), "this one is ignored")
                .advise("keep one of them")
                .offer("remove the ignored one", vec![Edit::Remove { path: first.path.clone() }]);
        }
    }
}

const LAUNCHER_ARGUMENT: Rule = Rule {
    name: "keys/launcher-argument",
    says: "a key in a section overwrites the launcher's own option",
    severity: Severity::Warning,
    why: "Accelerate copies the keys of a section over its launch options, whatever they are called. A \
          `num_processes` inside `deepspeed_config` overwrites the one of the top level.",
    bad: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 2\ndeepspeed_config:\n  zero_stage: 2\n  num_processes: 4\n",
    ),
    good: yaml("distributed_type: DEEPSPEED\nnum_processes: 4\ndeepspeed_config:\n  zero_stage: 2\n"),
    check: launcher_argument,
    ..Rule::BLANK
};

fn launcher_argument(facts: &Facts, found: &mut Findings) {
    for entry in unknown_options(facts).filter(|entry| is_copied_under_its_name(entry)) {
        let top = schema::field(entry.name).filter(|field| field.flag.is_some());
        if top.is_none() && schema::flag(entry.name).is_none() {
            continue;
        }
        let section = entry.section.unwrap_or_default();
        let place = if top.is_some() { "write it at the top level" } else { "pass it on the command line" };
        found
            .report(
                Place::key(entry.path.clone()),
                format!("`{}` inside `{section}` overwrites the launcher's own option", entry.name),
            )
            .advise(format!("{place}; inside a section it takes effect unseen"));
    }
}

/// The pairs of sections that are no options of their section.
fn unknown_options<'f, 'a>(facts: &'f Facts<'a>) -> impl Iterator<Item = &'f Entry<'a>> {
    facts.nested().filter(|entry| entry.field.is_none() && facts.platform == Platform::Local)
}

/// False where Accelerate puts the section's prefix before a foreign name.
fn is_copied_under_its_name(entry: &Entry) -> bool {
    let prefix = entry.section.and_then(schema::prefix);
    prefix.is_none_or(|(prefix, _)| entry.name.starts_with(prefix.trim_end_matches('_')))
}

const WRONG_SECTION: Rule = Rule {
    name: "keys/wrong-section",
    says: "a key stands in the wrong section",
    severity: Severity::Warning,
    why: "Nobody looks for a key outside its own section. Accelerate accepts the file and ignores the key, or obeys \
          it by accident.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n  mixed_precision: bf16\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nmixed_precision: bf16\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n",
    ),
    check: wrong_section,
    ..Rule::BLANK
};

fn wrong_section(facts: &Facts, found: &mut Findings) {
    for entry in unknown_options(facts) {
        let at_top = schema::field(entry.name).filter(|field| field.section().is_none());
        let Some(field) = at_top.or_else(|| option_named(facts, entry.name)) else { continue };
        let home = match field.section() {
            Some(section) => format!("into `{section}`"),
            None => "to the top level".to_owned(),
        };
        let message = format!("`{}` belongs {home}", entry.name);
        let finding = found.report(Place::key(entry.path.clone()), message);
        finding.advise(format!("move it {home}; nobody looks for it here"));
        if entry.counts && facts.get(field.key).is_none() {
            let edits = vec![
                Edit::Set { path: KeyPath::of(field.key), value: entry.value.clone() },
                Edit::Remove { path: entry.path.clone() },
            ];
            finding.offer(format!("move it {home}"), edits);
        }
    }
}
