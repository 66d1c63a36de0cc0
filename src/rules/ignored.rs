//! Settings that the launcher drops or that this type of training does not read.

use super::sample::yaml;
use super::{Entry, Facts, Findings, Rule};
use crate::finding::{Place, Severity};
use crate::schema::{Field, Is, Kind, Reach, Release};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[FLAG_ONLY, USE_CPU, SECTION];

/// Asked last: what a more particular rule explained is not said again.
pub(super) const LEFTOVERS: &[Rule] = &[INERT];

const FLAG_ONLY: Rule = Rule {
    name: "ignored/flag-only",
    says: "a setting that only works on the command line",
    severity: Severity::Warning,
    why: "The launcher takes these values from the file only where its own option is empty, and these options never \
          are: `rdzv_backend` stays static, `enable_cpu_affinity`, `downcast_bf16` and `tpu_use_sudo` stay off, \
          whatever the file says. So it is in every release so far. `same_network` is dropped as well, but fixed \
          machines find each other in the same way without it.",
    bad: yaml("enable_cpu_affinity: true\n"),
    good: yaml("enable_cpu_affinity: false\n"),
    check: flag_only,
    ..Rule::BLANK
};

fn flag_only(facts: &Facts, found: &mut Findings) {
    for (entry, field) in facts.known().filter(|(entry, field)| is_dropped(facts, entry, field)) {
        let Some(flag) = field.flag else { continue };
        let value = field.kind.show(&entry.value);
        let finding = found.report(
            Place::value(entry.path.clone()),
            format!("`accelerate launch` ignores `{}` in the file", entry.name),
        );
        let argument = if matches!(field.kind, Kind::Bool) { String::new() } else { format!(" {value}") };
        finding
            .mark("has no effect here")
            .advise(format!("pass `{flag}{argument}` on the command line instead"));
    }
}

fn is_dropped(facts: &Facts, entry: &Entry, field: &Field) -> bool {
    let asks = match field.kind {
        Kind::Bool => Is::Bool(true).meets(&entry.value),
        _ => entry.value != Value::Null && field.default.value().as_ref() != Some(&entry.value),
    };
    let is_fixed = field.key == "same_network";
    field.reach == Reach::FlagOnly && asks && !is_fixed && facts.matters(field)
}

const USE_CPU: Rule = Rule {
    name: "ignored/use-cpu",
    says: "`use_cpu` with a type that does not look at it",
    severity: Severity::Warning,
    why: "Only the types NO and MULTI_CPU pass `use_cpu` on to the training. With every other type it changes the \
          number of CPU threads and nothing else: training still asks for accelerators.",
    bad: yaml("use_cpu: true\n"),
    good: yaml("distributed_type: MULTI_CPU\nnum_processes: 1\nuse_cpu: true\n"),
    check: use_cpu,
    ..Rule::BLANK
};

fn use_cpu(facts: &Facts, found: &mut Findings) {
    let Some(kind) = facts.local_type().filter(|kind| !matches!(*kind, "NO" | "MULTI_CPU")) else { return };
    if facts.config.flag("use_cpu") == Some(true) && facts.is_set("use_cpu") {
        found
            .report(
                facts.value_place("use_cpu"),
                format!("`use_cpu` has no effect with `distributed_type: {kind}`"),
            )
            .relate(facts.value_place("distributed_type"), "this type trains on accelerators")
            .advise("write `distributed_type: MULTI_CPU` to train on the CPU, or `use_cpu: false`")
            .offer("write `use_cpu: false`", vec![facts.write("use_cpu", false)]);
    }
}

const SECTION: Rule = Rule {
    name: "ignored/section",
    says: "a section that this type of training does not read",
    severity: Severity::Warning,
    why: "A section alone switches nothing on: `distributed_type` decides. The options of a section that belongs to \
          another type are loaded and then forgotten.",
    bad: yaml("deepspeed_config:\n  zero_stage: 2\n"),
    good: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n"),
    check: section,
    ..Rule::BLANK
};

/// Sections that belong to one training type, and the flag that would switch it on.
const OWNED: [(&str, &str, &str); 5] = [
    ("fsdp_config", "FSDP", "--use_fsdp"),
    ("deepspeed_config", "DEEPSPEED", "--use_deepspeed"),
    ("megatron_lm_config", "MEGATRON_LM", "--use_megatron_lm"),
    ("mpirun_config", "MULTI_CPU", ""),
    ("parallelism_config", "FSDP", ""),
];

fn section(facts: &Facts, found: &mut Findings) {
    let Some(kind) = facts.local_type().filter(|kind| is_known_type(kind)) else { return };
    for (key, owner, flag) in OWNED {
        let Some(entry) = facts.entry(key).filter(|entry| says_something(&entry.value)) else { continue };
        if entry.field.is_none_or(|field| facts.matters(field)) {
            continue;
        }
        let flag = if flag.is_empty() { String::new() } else { format!(", or launch with `{flag}`") };
        let finding = found.report(
            Place::key(entry.path.clone()),
            format!("`{key}` is not read with `distributed_type: {kind}`"),
        );
        // Up to 1.4 the launcher looks through every section, whatever the type.
        if entry.value.as_map().is_none() && facts.release < Release(1, 5) {
            finding.severity = Severity::Error;
        }
        finding
            .relate(facts.value_place("distributed_type"), "this decides")
            .advise(format!(
                "write `distributed_type: {owner}` if that is what you want{flag}; else remove the section"
            ))
            .offer(format!("remove `{key}`"), vec![facts.remove(key)]);
    }
}

/// True for a word that exists: with any other, everything would seem to be unread.
fn is_known_type(kind: &str) -> bool {
    crate::schema::field("distributed_type")
        .is_some_and(|field| matches!(field.kind, Kind::Choice(choices) if choices.iter().any(|choice| choice.word == kind)))
}

/// True for a section with at least one option that is no zero, empty text, false or null; also for
/// one that is no mapping but says something.
fn says_something(section: &Value) -> bool {
    let is_empty = |pairs: &[(Value, Value)]| !pairs.iter().any(|(_, value)| value.is_truthy());
    section.is_truthy() && !section.as_map().is_some_and(is_empty)
}

const INERT: Rule = Rule {
    name: "ignored/inert",
    says: "a setting that the rest of the file makes meaningless",
    severity: Severity::Hint,
    why: "Some settings count only together with others: a wrap size only with size-based wrapping, an address only \
          with several machines. Accelerate loads them and nobody asks for them. Values that say what happens anyway \
          are left alone, because `accelerate config` writes many of them.",
    bad: yaml("main_process_ip: 10.0.0.1\n"),
    good: yaml(
        "main_process_ip: 10.0.0.1\nmain_process_port: 29500\nmachine_rank: 0\nnum_machines: 2\nnum_processes: 16\n",
    ),
    check: inert,
    ..Rule::BLANK
};

fn inert(facts: &Facts, found: &mut Findings) {
    let environment = facts.get("compute_environment");
    // With an unknown word Accelerate refuses the file; nothing in it is worse than the rest.
    if environment.is_some_and(|word| {
        !["LOCAL_MACHINE", "AMAZON_SAGEMAKER"].contains(&word.as_text().unwrap_or_default())
    }) {
        return;
    }
    for (entry, field) in facts.known().filter(|(entry, field)| is_inert(facts, entry, field)) {
        let Some(reason) = facts.config.why_inert(field).filter(|_| !found.is_explained(&entry.path)) else {
            continue;
        };
        found
            .report(Place::key(entry.path.clone()), format!("`{}` {reason}", entry.name))
            .advise("remove it, or change what it depends on; as it stands nobody reads it");
    }
}

/// True for a value that asks for something which the rest of the config keeps from happening.
fn is_inert(facts: &Facts, entry: &Entry, field: &Field) -> bool {
    let is_default = field.default.value().as_ref() == Some(&entry.value);
    let says_no = matches!(field.kind, Kind::Bool) && Is::Bool(false).meets(&entry.value);
    // On one machine DeepSpeed's launchers all start the job as `standard` does.
    let says_none =
        entry.text().is_some_and(|text| ["none", "standard"].contains(&text.to_lowercase().as_str()));
    let is_read = |section: &str| {
        facts.entry(section).and_then(|entry| entry.field).is_some_and(|row| facts.matters(row))
    };
    // The section was reported as a whole, or belongs to another type.
    let is_elsewhere = entry.section.is_some_and(|section| !is_read(section));
    // DeepSpeed multiplies all sizes of the mesh, also those that it does nothing else with.
    let is_counted = entry.section == Some("parallelism_config") && facts.is_type("DEEPSPEED");
    entry.value.is_truthy()
        && !(is_default
            || says_no
            || says_none
            || facts.is_doubtful(field)
            || is_elsewhere
            || is_counted
            || field.kind.is_section())
        && !WRITTEN_ANYWAY.contains(&field.key)
        && facts.platform.meets(field.platform)
}

/// Keys that `accelerate config` writes without asking, and that change nothing.
const WRITTEN_ANYWAY: [&str; 1] = ["same_network"];
