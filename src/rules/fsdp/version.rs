//! Which generation of FSDP, and keys that only one of them has.

use super::{CHECKPOINT_OFFLOAD, CHECKPOINTING, STATE_DICT, VERSION};
use crate::document::Edit;
use crate::finding::Severity;
use crate::rules::sample::yaml;
use crate::rules::{Facts, Findings, Rule};
use crate::schema::{self, Release};
use crate::value::Value;

pub(in crate::rules) const RULES: &[Rule] =
    &[NUMBER, FIRST_ONLY, LOCAL_STATE_DICT, LOCAL_STATE_DICT_ADVICE, OFFLOADED_CHECKPOINTS];

const NUMBER: Rule = Rule {
    name: "fsdp/version",
    says: "an FSDP version other than 1 and 2",
    severity: Severity::Error,
    why: "There are two generations of FSDP. With any other number, and with a fraction, every worker stops with an \
          error that does not mention the version.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2.0\n  fsdp_auto_wrap_policy: NO_WRAP\n",
    ),
    good: yaml("distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n"),
    since: Some(Release(1, 6)),
    check: number,
    ..Rule::BLANK
};

fn number(facts: &Facts, found: &mut Findings) {
    let Some(entry) = facts.entry(VERSION).filter(|entry| entry.mismatch.is_some()) else { return };
    let finding =
        found.report(facts.value_place(VERSION), format!("there is no FSDP version {}", facts.source(entry)));
    finding.advise("write 1 or 2; 2 is the newer generation");
    let meant = [1, 2].into_iter().find(|number| entry.value.as_number() == Some(f64::from(*number)));
    if let Some(number) = meant {
        finding.repair(format!("write {number}"), vec![facts.write(VERSION, i64::from(number))]);
    }
}

const FIRST_ONLY: Rule = Rule {
    name: "fsdp/version-1-only",
    says: "an option of FSDP version 1 with version 2",
    severity: Severity::Warning,
    why: "Version 2 always keeps the original parameters, always synchronises and has no such prefetching. Accelerate \
          drops these options, mostly without a word.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_backward_prefetch: BACKWARD_PRE\n",
    ),
    good: yaml("distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n"),
    since: Some(Release(1, 6)),
    check: first_only,
    ..Rule::BLANK
};

/// Options of version 1, and what version 2 does in their place.
const OF_VERSION_1: [(&str, Value); 3] = [
    ("fsdp_config.fsdp_forward_prefetch", Value::Bool(false)),
    ("fsdp_config.fsdp_use_orig_params", Value::Bool(true)),
    ("fsdp_config.fsdp_sync_module_states", Value::Bool(true)),
];
const PREFETCH: &str = "fsdp_config.fsdp_backward_prefetch";

fn first_only(facts: &Facts, found: &mut Findings) {
    if facts.fsdp_version() != Some(2) {
        return;
    }
    let prefetch = (PREFETCH, Value::Null);
    for (key, happens) in OF_VERSION_1.into_iter().chain([prefetch]) {
        let Some(entry) =
            facts.entry(key).filter(|entry| entry.value.is_truthy() || entry.value == false.into())
        else {
            continue;
        };
        let asks_nothing = entry.text().is_some_and(|word| word.eq_ignore_ascii_case("NO_PREFETCH"));
        let finding =
            found.report(facts.key_place(key), format!("FSDP version 2 does not read `{}`", entry.name));
        finding.relate(facts.value_place(VERSION), "version 2").advise("remove it; it belongs to version 1");
        finding.repair(format!("remove `{}`", entry.name), vec![facts.remove(key)]);
        if asks_nothing || facts.config.flag(key).map(Value::Bool) == Some(happens) {
            finding.advise("remove it; it says what version 2 does anyway");
            finding.severity = Severity::Hint;
        }
    }
}

const LOCAL_STATE_DICT: Rule = Rule {
    name: "fsdp/local-state-dict",
    says: "local checkpoints with FSDP version 2",
    severity: Severity::Error,
    why: "Version 2 cannot save the local state of each process: every worker stops.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_state_dict_type: LOCAL_STATE_DICT\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_state_dict_type: SHARDED_STATE_DICT\n",
    ),
    since: Some(Release(1, 6)),
    check: local_state_dict,
    ..Rule::BLANK
};

fn local_state_dict(facts: &Facts, found: &mut Findings) {
    if facts.fsdp_version() == Some(2) && saves_local_state(facts) {
        let sharded = vec![facts.write(STATE_DICT, "SHARDED_STATE_DICT")];
        found
            .report(facts.value_place(STATE_DICT), "FSDP version 2 does not know LOCAL_STATE_DICT")
            .relate(facts.value_place(VERSION), "version 2")
            .advise("write SHARDED_STATE_DICT; it too saves one piece per process")
            .repair("write SHARDED_STATE_DICT", sharded);
    }
}

fn saves_local_state(facts: &Facts) -> bool {
    facts.config.text(STATE_DICT).is_some_and(|kind| kind.eq_ignore_ascii_case("LOCAL_STATE_DICT"))
}

const LOCAL_STATE_DICT_ADVICE: Rule = Rule {
    name: "fsdp/local-state-dict-fixed",
    says: "checkpoints that only the same number of processes can load",
    severity: Severity::Hint,
    why: "LOCAL_STATE_DICT saves what each process happens to hold. It can be loaded only by as many processes again; \
          SHARDED_STATE_DICT by any number.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_state_dict_type: LOCAL_STATE_DICT\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_state_dict_type: SHARDED_STATE_DICT\n",
    ),
    check: local_state_dict_advice,
    ..Rule::BLANK
};

fn local_state_dict_advice(facts: &Facts, found: &mut Findings) {
    if facts.fsdp_version() == Some(1) && saves_local_state(facts) {
        let sharded = vec![facts.write(STATE_DICT, "SHARDED_STATE_DICT")];
        found
            .report(facts.value_place(STATE_DICT), "only as many processes again can load such a checkpoint")
            .advise("write SHARDED_STATE_DICT; any number of processes can load that")
            .offer("write SHARDED_STATE_DICT", sharded);
    }
}

const OFFLOADED_CHECKPOINTS: Rule = Rule {
    name: "fsdp/activation-checkpointing-offload",
    says: "offloaded activations without what they need",
    severity: Severity::Error,
    why: "`fsdp_activation_checkpointing_offload` needs FSDP version 2 and `fsdp_activation_checkpointing`. Without \
          either, every worker stops.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_activation_checkpointing_offload: true\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_activation_checkpointing: true\n  fsdp_activation_checkpointing_offload: true\n",
    ),
    since: Some(Release(1, 15)),
    check: offloaded_checkpoints,
    ..Rule::BLANK
};

fn offloaded_checkpoints(facts: &Facts, found: &mut Findings) {
    if !facts.is_type("FSDP") || facts.config.flag(CHECKPOINT_OFFLOAD) != Some(true) {
        return;
    }
    let place = facts.value_place(CHECKPOINT_OFFLOAD);
    if facts.config.flag(CHECKPOINTING) != Some(true) {
        found
            .report(place, "offloading activations needs `fsdp_activation_checkpointing`")
            .advise("write `fsdp_activation_checkpointing: true`, or switch this off")
            .offer("switch activation checkpointing on", vec![facts.write(CHECKPOINTING, true)]);
    } else if facts.fsdp_version() == Some(1) {
        let off = Edit::Set { path: facts.path(CHECKPOINT_OFFLOAD), value: Value::Bool(false) };
        found
            .report(place, "offloading activations needs FSDP version 2")
            .relate(
                facts.value_place(VERSION),
                if facts.is_set(VERSION) { "version 1" } else { "1 unless set" },
            )
            .advise(format!("write `{}: 2`, or switch this off", short(VERSION)))
            .offer("switch it off", vec![off]);
    }
}

fn short(key: &str) -> &str {
    schema::field(key).map_or(key, |field| field.name())
}
