//! Megatron-LM: sizes that must divide the processes, and options that need each other.

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::finding::Severity;
use crate::schema::Release;

pub(super) const RULES: &[Rule] = &[DIVISIBLE, CONTEXT_DEFAULT, SEQUENCE_PARALLELISM, MICRO_BATCHES];

const SECTION: &str = "megatron_lm_config";
const TENSOR: &str = "megatron_lm_config.megatron_lm_tp_degree";
const PIPELINE: &str = "megatron_lm_config.megatron_lm_pp_degree";
const CONTEXT: &str = "megatron_lm_config.megatron_lm_context_parallel_size";
const SEQUENCE: &str = "megatron_lm_config.megatron_lm_sequence_parallelism";
const MICRO: &str = "megatron_lm_config.megatron_lm_num_micro_batches";
/// First release that passes a context size on, and takes 2 for it unless told otherwise.
const CONTEXT_SINCE: Release = Release(1, 13);

const DIVISIBLE: Rule = Rule {
    name: "megatron/divisible",
    says: "processes that are no multiple of the model's parts",
    severity: Severity::Error,
    why: "Megatron-LM needs tensor × pipeline × context processes for one copy of the model and refuses any number of \
          processes that is not a multiple of it. The context size is 2 since 1.13 unless the file says otherwise.",
    bad: yaml(
        "distributed_type: MEGATRON_LM\nnum_processes: 8\nmegatron_lm_config:\n  megatron_lm_tp_degree: 3\n\
         \x20 megatron_lm_context_parallel_size: 1\n",
    ),
    good: yaml(
        "distributed_type: MEGATRON_LM\nnum_processes: 8\nmegatron_lm_config:\n  megatron_lm_tp_degree: 4\n\
         \x20 megatron_lm_context_parallel_size: 1\n",
    ),
    check: divisible,
    ..Rule::BLANK
};

fn divisible(facts: &Facts, found: &mut Findings) {
    let Some(processes) = facts.processes().filter(|_| facts.is_type("MEGATRON_LM")) else { return };
    let size = |key: &str| facts.config.int(key).unwrap_or(1).max(1);
    let context = if facts.release >= CONTEXT_SINCE { size(CONTEXT) } else { 1 };
    let (tensor, pipeline) = (size(TENSOR), size(PIPELINE));
    let needed = tensor.saturating_mul(pipeline).saturating_mul(context);
    if processes % needed != 0 {
        let finding = found.report(
            facts.value_place("num_processes"),
            format!("{processes} processes are no multiple of {needed}, which one copy of the model needs"),
        );
        finding.relate(
            facts.key_place(SECTION),
            format!("tensor {tensor} × pipeline {pipeline} × context {context}"),
        );
        finding.advise("change the sizes or `num_processes`");
        if !facts.is_set(CONTEXT) && processes % (tensor * pipeline) == 0 {
            finding.advise("write `megatron_lm_context_parallel_size: 1`; it is 2 unless set");
            finding.offer("write `megatron_lm_context_parallel_size: 1`", vec![facts.write(CONTEXT, 1)]);
        }
    }
}

const CONTEXT_DEFAULT: Rule = Rule {
    name: "megatron/context-size",
    says: "sequences that are split in two although nobody asked",
    severity: Severity::Warning,
    why: "Since 1.13 the context size of Megatron-LM is 2 where the file says nothing, and `accelerate config` does not \
          ask for it. Half of the processes then work on parts of the same sequences, so the batch is half as large.",
    bad: yaml("distributed_type: MEGATRON_LM\nmegatron_lm_config:\n  megatron_lm_tp_degree: 1\n"),
    good: yaml(
        "distributed_type: MEGATRON_LM\nmegatron_lm_config:\n  megatron_lm_tp_degree: 1\n\
         \x20 megatron_lm_context_parallel_size: 1\n",
    ),
    since: Some(CONTEXT_SINCE),
    check: context_default,
    ..Rule::BLANK
};

fn context_default(facts: &Facts, found: &mut Findings) {
    if facts.is_type("MEGATRON_LM") && facts.is_left_out(CONTEXT) {
        let place = if facts.entry(SECTION).is_some() { SECTION } else { "distributed_type" };
        found
            .report(
                facts.key_place(place),
                "`megatron_lm_context_parallel_size` is not set, and that means 2",
            )
            .advise("write 1 if sequences are not to be split, or 2 to make it plain")
            .offer("write 1", vec![facts.write(CONTEXT, 1)]);
    }
}

const SEQUENCE_PARALLELISM: Rule = Rule {
    name: "megatron/sequence-parallelism",
    says: "sequence parallelism without tensor parallelism",
    severity: Severity::Warning,
    why: "Megatron-LM's sequence parallelism lives between the processes of tensor parallelism. With a degree of 1 \
          Megatron-LM switches it off.",
    bad: yaml(
        "distributed_type: MEGATRON_LM\nmegatron_lm_config:\n  megatron_lm_tp_degree: 1\n\
         \x20 megatron_lm_context_parallel_size: 1\n  megatron_lm_sequence_parallelism: true\n",
    ),
    good: yaml(
        "distributed_type: MEGATRON_LM\nmegatron_lm_config:\n  megatron_lm_tp_degree: 2\n\
         \x20 megatron_lm_context_parallel_size: 1\n  megatron_lm_sequence_parallelism: true\n",
    ),
    check: sequence_parallelism,
    ..Rule::BLANK
};

fn sequence_parallelism(facts: &Facts, found: &mut Findings) {
    let is_split = facts.config.int(TENSOR).unwrap_or(1) > 1;
    if facts.is_type("MEGATRON_LM") && facts.config.flag(SEQUENCE) == Some(true) && !is_split {
        found
            .report(facts.value_place(SEQUENCE), "sequence parallelism needs a tensor degree above 1")
            .advise("set `megatron_lm_tp_degree` above 1, or write false")
            .repair("write false", vec![facts.write(SEQUENCE, false)]);
    }
}

const MICRO_BATCHES: Rule = Rule {
    name: "megatron/micro-batches",
    says: "a pipeline that works on one piece at a time",
    severity: Severity::Hint,
    why: "A pipeline is busy only while several micro-batches are on their way. Without \
          `megatron_lm_num_micro_batches` there is one, and all stages but one wait.",
    bad: yaml(
        "distributed_type: MEGATRON_LM\nmegatron_lm_config:\n  megatron_lm_pp_degree: 2\n\
         \x20 megatron_lm_context_parallel_size: 1\n",
    ),
    good: yaml(
        "distributed_type: MEGATRON_LM\nmegatron_lm_config:\n  megatron_lm_pp_degree: 2\n\
         \x20 megatron_lm_num_micro_batches: 8\n  megatron_lm_context_parallel_size: 1\n",
    ),
    check: micro_batches,
    ..Rule::BLANK
};

fn micro_batches(facts: &Facts, found: &mut Findings) {
    let is_piped = facts.config.int(PIPELINE).unwrap_or(1) > 1;
    if facts.is_type("MEGATRON_LM") && is_piped && !facts.is_set(MICRO) {
        found
            .report(facts.value_place(PIPELINE), "the pipeline works on one micro-batch at a time")
            .advise("set `megatron_lm_num_micro_batches` to several times the number of stages");
    }
}
