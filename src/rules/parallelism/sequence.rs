//! Long sequences: context parallelism of FSDP, sequence parallelism of DeepSpeed.

use super::place;
use crate::finding::Severity;
use crate::rules::sample::yaml;
use crate::rules::{Facts, Findings, Rule};
use crate::schema::Release;

pub(in crate::rules) const RULES: &[Rule] = &[
    CONTEXT_AND_SEQUENCE,
    CONTEXT_WITHOUT_FSDP_2,
    SEQUENCE_WITHOUT_DEEPSPEED,
    SEQUENCE_ATTENTION,
    SEQUENCE_LENGTH,
];

const ATTENTION: &str = "parallelism_config.parallelism_config_sp_attn_implementation";
const VARIABLE: &str = "parallelism_config.parallelism_config_sp_seq_length_is_variable";
const LENGTH: &str = "parallelism_config.parallelism_config_sp_seq_length";

const CONTEXT_AND_SEQUENCE: Rule = Rule {
    name: "parallelism/context-and-sequence",
    says: "context and sequence parallelism together",
    severity: Severity::Error,
    why: "Both split long sequences, in different ways. Since 1.13 every worker refuses to do both.",
    bad: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 4\nparallelism_config:\n  parallelism_config_cp_size: 2\n\
         \x20 parallelism_config_sp_size: 2\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 4\nparallelism_config:\n  parallelism_config_sp_size: 2\n",
    ),
    since: Some(Release(1, 13)),
    check: context_and_sequence,
    ..Rule::BLANK
};

fn context_and_sequence(facts: &Facts, found: &mut Findings) {
    if facts.has_mesh() && facts.mesh("cp") > 1 && facts.mesh("sp") > 1 {
        found
            .report(place(facts, "cp"), "context and sequence parallelism exclude each other")
            .relate(place(facts, "sp"), "the other one")
            .advise("set one of the two sizes to 1");
    }
}

const CONTEXT_WITHOUT_FSDP_2: Rule = Rule {
    name: "parallelism/context-needs-fsdp-2",
    says: "context parallelism without FSDP version 2",
    severity: Severity::Error,
    why: "Context parallelism splits the model over the same GPUs as the sequences, with FSDP version 2. Every worker \
          refuses it with version 1 and without FSDP.",
    bad: yaml(
        "distributed_type: MULTI_GPU\nnum_processes: 2\nparallelism_config:\n  parallelism_config_cp_size: 2\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         parallelism_config:\n  parallelism_config_cp_size: 2\n",
    ),
    since: Some(Release(1, 10)),
    check: context_without_fsdp_2,
    ..Rule::BLANK
};

fn context_without_fsdp_2(facts: &Facts, found: &mut Findings) {
    let is_first = facts.fsdp_version() == Some(1);
    if facts.has_mesh() && facts.mesh("cp") > 1 && (facts.is_multi_device() || is_first) {
        found
            .report(place(facts, "cp"), "context parallelism needs FSDP version 2")
            .relate(facts.value_place("distributed_type"), if is_first { "version 1" } else { "no FSDP" })
            .advise("write `distributed_type: FSDP` with `fsdp_version: 2`, or set this size to 1");
    }
}

const SEQUENCE_WITHOUT_DEEPSPEED: Rule = Rule {
    name: "parallelism/sequence-needs-deepspeed",
    says: "sequence parallelism without DeepSpeed",
    severity: Severity::Warning,
    why: "Only DeepSpeed's engine splits sequences for sp. With another type the size takes GPUs away from the mesh, \
          and they all train on the same sequences.",
    bad: yaml(
        "distributed_type: MULTI_GPU\nnum_processes: 2\nparallelism_config:\n  parallelism_config_sp_size: 2\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 2\nparallelism_config:\n  parallelism_config_sp_size: 2\n",
    ),
    since: Some(Release(1, 12)),
    check: sequence_without_deepspeed,
    ..Rule::BLANK
};

fn sequence_without_deepspeed(facts: &Facts, found: &mut Findings) {
    if facts.has_mesh() && facts.mesh("sp") > 1 && !facts.is_type("DEEPSPEED") {
        found
            .report(place(facts, "sp"), "sequence parallelism needs DeepSpeed")
            .relate(facts.value_place("distributed_type"), "not DeepSpeed")
            .advise("write `distributed_type: DEEPSPEED`, or use context parallelism with FSDP version 2");
    }
}

const SEQUENCE_ATTENTION: Rule = Rule {
    name: "parallelism/sequence-attention",
    says: "an attention that sequence parallelism cannot use",
    severity: Severity::Error,
    why: "DeepSpeed's sequence parallelism works with sdpa, flash_attention_2, flash_attention_3 and flash-attn kernels \
          from the hub. With any other every worker stops.",
    bad: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 2\nparallelism_config:\n  parallelism_config_sp_size: 2\n\
         \x20 parallelism_config_sp_attn_implementation: eager\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 2\nparallelism_config:\n  parallelism_config_sp_size: 2\n\
         \x20 parallelism_config_sp_attn_implementation: sdpa\n",
    ),
    since: Some(Release(1, 12)),
    check: sequence_attention,
    ..Rule::BLANK
};

fn sequence_attention(facts: &Facts, found: &mut Findings) {
    let Some(name) = facts.config.text(ATTENTION).filter(|_| facts.is_set(ATTENTION)) else { return };
    let is_hub_kernel = name.contains('/') && name.contains("flash-attn");
    let is_known = ["sdpa", "flash_attention_2", "flash_attention_3"].contains(&name.as_str());
    if facts.has_mesh() && facts.mesh("sp") > 1 && !is_known && !is_hub_kernel {
        found
            .report(
                facts.value_place(ATTENTION),
                format!("sequence parallelism cannot use the attention `{name}`"),
            )
            .relate(place(facts, "sp"), "switched on here")
            .advise("write sdpa, flash_attention_2 or flash_attention_3");
    }
}

const SEQUENCE_LENGTH: Rule = Rule {
    name: "parallelism/sequence-length",
    says: "sequences of one length, and no length",
    severity: Severity::Error,
    why: "Sequences that do not vary need `parallelism_config_sp_seq_length`. Accelerate starts without it; DeepSpeed \
          stops with a ValueError when the model is prepared.",
    bad: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 2\nparallelism_config:\n  parallelism_config_sp_size: 2\n\
         \x20 parallelism_config_sp_seq_length_is_variable: false\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 2\nparallelism_config:\n  parallelism_config_sp_size: 2\n\
         \x20 parallelism_config_sp_seq_length_is_variable: false\n  parallelism_config_sp_seq_length: 4096\n",
    ),
    since: Some(Release(1, 12)),
    check: sequence_length,
    ..Rule::BLANK
};

fn sequence_length(facts: &Facts, found: &mut Findings) {
    let is_fixed = facts.config.flag(VARIABLE) == Some(false);
    if facts.has_mesh() && facts.mesh("sp") > 1 && is_fixed && !facts.is_set(LENGTH) {
        found
            .report(facts.value_place(VARIABLE), "the length of the sequences is missing")
            .advise("write `parallelism_config_sp_seq_length`, or let the length vary");
    }
}
