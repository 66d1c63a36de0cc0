//! Matters of taste: nothing here changes what a launch does, so these rules wait to be asked for.

use super::sample::yaml;
use super::{Entry, Facts, Findings, Rule};
use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::schema::{self, Kind, Text};
use crate::value::Value;

pub(super) const RULES: &[Rule] =
    &[LEFTOVERS, REPEATS_DEFAULT, KEY_ORDER, BOOLEAN_WORD, SHORT_KEY, FSDP_VERSION, HOME_PATH];

/// What all rows of this subject share.
const TASTE: Rule = Rule { severity: Severity::Hint, on_request: true, ..Rule::BLANK };

const LEFTOVERS: Rule = Rule {
    name: "taste/leftovers",
    says: "lines about TPUs in a file for something else",
    why: "`accelerate config` writes its answers about TPUs into every file. With another type nobody reads them.",
    bad: yaml("tpu_use_cluster: false\n"),
    good: yaml("debug: true\n"),
    check: leftovers,
    ..TASTE
};

const TPU_KEYS: [&str; 5] =
    ["downcast_bf16", "tpu_env", "tpu_use_cluster", "tpu_use_sudo", "main_training_function"];

fn leftovers(facts: &Facts, found: &mut Findings) {
    let Some(kind) = facts.local_type().filter(|kind| *kind != "XLA") else { return };
    for key in TPU_KEYS.into_iter().filter(|key| facts.entry(key).is_some()) {
        found
            .report(facts.key_place(key), format!("`{key}` means nothing with {kind}"))
            .advise("remove the line")
            .repair("remove it", vec![facts.remove(key)]);
    }
}

const REPEATS_DEFAULT: Rule = Rule {
    name: "taste/repeats-default",
    says: "a setting that repeats the default",
    why: "The line says what happens without it. It only protects from a later release with another default.",
    bad: yaml("num_machines: 1\n"),
    good: yaml("debug: true\n"),
    check: repeats_default,
    ..TASTE
};

fn repeats_default(facts: &Facts, found: &mut Findings) {
    for (entry, field) in facts.known().filter(|(_, field)| field.key != "compute_environment") {
        let default = field.default.value();
        if default.as_ref() == Some(&entry.value) && !TPU_KEYS.contains(&field.key) {
            found
                .report(Place::key(entry.path.clone()), format!("`{}` repeats the default", entry.name))
                .advise("remove the line, unless you want to hold on to it")
                .offer("remove it", vec![Edit::Remove { path: entry.path.clone() }]);
        }
    }
}

const KEY_ORDER: Rule = Rule {
    name: "taste/key-order",
    says: "keys that are not in alphabetical order",
    why: "`accelerate config` writes keys in alphabetical order, and `accelerate config update` puts them into it, without \
          their comments.",
    bad: yaml("num_processes: 2\nmixed_precision: bf16\ndistributed_type: MULTI_GPU\n"),
    good: yaml("distributed_type: MULTI_GPU\nmixed_precision: bf16\nnum_processes: 2\n"),
    check: key_order,
    ..TASTE
};

fn key_order(facts: &Facts, found: &mut Findings) {
    let names: Vec<&Entry> = facts.top().collect();
    let late = names.windows(2).find_map(|pair| match pair {
        [before, after] if after.name < before.name => Some((before, after)),
        _ => None,
    });
    if let Some((before, after)) = late {
        found
            .report(
                Place::key(after.path.clone()),
                format!("`{}` stands after `{}`", after.name, before.name),
            )
            .advise("sort the keys; comments make another order worth keeping");
    }
}

const BOOLEAN_WORD: Rule = Rule {
    name: "taste/boolean-word",
    says: "a boolean written as yes, no, on or off",
    why: "YAML 1.1 reads these words as booleans, and YAML 1.2, which most other tools read, does not.",
    bad: yaml("debug: yes\n"),
    good: yaml("debug: true\n"),
    check: boolean_word,
    ..TASTE
};

fn boolean_word(facts: &Facts, found: &mut Findings) {
    for (entry, _) in facts.known().filter(|(_, field)| matches!(field.kind, Kind::Bool)) {
        let (Some(flag), true) = (entry.value.as_bool(), entry.is_plain()) else { continue };
        let written = facts.source(entry);
        if !matches!(written.to_lowercase().as_str(), "true" | "false") {
            found
                .report(
                    Place::value(entry.path.clone()),
                    format!("`{written}` means {flag} in YAML 1.1 alone"),
                )
                .advise(format!("write {flag}"))
                .repair(
                    format!("write {flag}"),
                    vec![Edit::Set { path: entry.path.clone(), value: Value::Bool(flag) }],
                );
        }
    }
}

const SHORT_KEY: Rule = Rule {
    name: "taste/short-key",
    says: "an option without its section's prefix",
    why: "Accelerate adds the prefix by itself in some sections, in `dynamo_config` since 1.14 only. The full name works \
          everywhere and is the one that documents and searches use.",
    bad: yaml("distributed_type: FSDP\nfsdp_config:\n  version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n"),
    good: yaml("distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n"),
    check: short_key,
    ..TASTE
};

fn short_key(facts: &Facts, found: &mut Findings) {
    for entry in facts.nested().filter(|entry| entry.counts) {
        let Some(field) = entry.field.filter(|field| field.name() != entry.name) else { continue };
        let finding = found.report(
            Place::key(entry.path.clone()),
            format!("`{}` is short for `{}`", entry.name, field.name()),
        );
        finding.advise(format!("write `{}`", field.name()));
        let is_free =
            facts.nested().all(|other| other.section != entry.section || other.name != field.name());
        if is_free {
            let rename = Edit::Rename { path: entry.path.clone(), to: field.name().to_owned() };
            finding.repair(format!("write `{}`", field.name()), vec![rename]);
        }
    }
}

const FSDP_VERSION: Rule = Rule {
    name: "taste/fsdp-version",
    says: "no version for FSDP",
    why: "Without `fsdp_version` Accelerate takes version 1, while its questionnaire proposes 2. A reader cannot tell \
          which was meant.",
    bad: yaml("distributed_type: FSDP\nfsdp_config:\n  fsdp_auto_wrap_policy: NO_WRAP\n"),
    good: yaml("distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n"),
    since: Some(schema::Release(1, 6)),
    check: fsdp_version,
    ..TASTE
};

fn fsdp_version(facts: &Facts, found: &mut Findings) {
    const KEY: &str = "fsdp_config.fsdp_version";
    if facts.is_type("FSDP") && !facts.is_set(KEY) && facts.entry("fsdp_config").is_some() {
        found
            .report(facts.key_place("fsdp_config"), "`fsdp_version` is not set, and that means 1")
            .advise("write `fsdp_version: 1`, or 2 for the newer generation")
            .offer("write `fsdp_version: 1`", vec![facts.write(KEY, 1)]);
    }
}

const HOME_PATH: Rule = Rule {
    name: "taste/home-path",
    says: "a path into somebody's home folder",
    why: "Such a path exists for one person on one machine. Paths relative to the folder of the launch work for others \
          too.",
    bad: yaml(
        "distributed_type: MULTI_CPU\nuse_cpu: true\nmpirun_config:\n  mpirun_hostfile: /home/ada/hosts\n",
    ),
    good: yaml("distributed_type: MULTI_CPU\nuse_cpu: true\nmpirun_config:\n  mpirun_hostfile: hosts\n"),
    check: home_path,
    ..TASTE
};

fn home_path(facts: &Facts, found: &mut Findings) {
    for (entry, _) in facts.known().filter(|(_, field)| matches!(field.kind, Kind::Text(Text::Path))) {
        let is_personal = |text: &str| ["/home/", "/Users/", "~/"].iter().any(|home| text.starts_with(home));
        if entry.text().is_some_and(is_personal) {
            found
                .report(Place::value(entry.path.clone()), "this path leads into one person's home folder")
                .advise("write a path relative to the folder of the launch, or one that all machines share");
        }
    }
}
