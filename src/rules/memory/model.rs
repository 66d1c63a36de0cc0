//! Whether the config means the model that is trained.

use super::super::sample::yaml;
use super::super::surroundings::spans;
use super::super::{Facts, Findings, Rule};
use crate::config::Config;
use crate::finding::{Place, Severity};
use crate::memory::{MemoryError, estimate};
use crate::model::{self, ModelCard};
use crate::text::all_of;
use crate::value::Value;

pub(in crate::rules) const RULES: &[Rule] = &[UNHEARD, UNEVEN, WRAP_CLASS, DEFAULT_WRAP];

const UNHEARD: Rule = Rule {
    name: "model/unknown",
    says: "the model or the machine that a config is for cannot be found",
    severity: Severity::Warning,
    why: "`# accel-studio: for model=llama-3.1-8b machine=4xa100-40gb sequence=4096` says what a config is for, so that \
          accel-studio checks whether it fits; `model:` and `machine:` in accel-studio.yaml say it for a whole project. \
          What they name is looked for among presets, in the hub's cache and as \
          a path. Accelerate itself reads no comments.",
    bad: yaml("# accel-studio: for model=llama-9000b\nnum_processes: 2\n").training("smollm2-135m", 512),
    good: yaml("# accel-studio: for model=smollm2-360m\nnum_processes: 2\n").training("smollm2-135m", 512),
    check: unheard,
    ..Rule::BLANK
};

fn unheard(facts: &Facts, found: &mut Findings) {
    let Some(trouble) = facts.trouble else { return };
    // Where no comment says it, the project does.
    let place =
        spans(facts.document).first().map_or_else(|| facts.spread_place(), |span| Place::Bytes(*span));
    found
        .report(place, format!("nobody can tell whether it fits: {}", first_line(trouble)))
        .advise("name a preset (`docs/models.md`), a model of the hub's cache or a path, and a machine of `accel-studio probe --list`");
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_end_matches('.')
}

const UNEVEN: Rule = Rule {
    name: "model/uneven",
    says: "the model or its sequences do not divide by a parallel size",
    severity: Severity::Error,
    why: "Tensor parallel splits attention by heads, context and sequence parallel split each sequence, pipeline \
          parallel splits the layers. What does not divide is refused by PyTorch, DeepSpeed or Megatron-LM once the \
          model is there, after all processes have started.",
    bad: yaml(
        "distributed_type: FSDP\nnum_processes: 6\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: \
               TRANSFORMER_BASED_WRAP\nparallelism_config:\n  parallelism_config_tp_size: 3\n  \
               parallelism_config_dp_shard_size: 2\n",
    )
    .training("llama-3.1-8b", 2048),
    good: yaml(
        "distributed_type: FSDP\nnum_processes: 8\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: \
                TRANSFORMER_BASED_WRAP\nparallelism_config:\n  parallelism_config_tp_size: 4\n  \
                parallelism_config_dp_shard_size: 2\n",
    )
    .training("llama-3.1-8b", 2048),
    check: uneven,
    ..Rule::BLANK
};

fn uneven(facts: &Facts, found: &mut Findings) {
    let Some(training) = facts.training else { return };
    let Err(MemoryError::Uneven { what }) = estimate(&training.model, &training.workload, &facts.strategy())
    else {
        return;
    };
    let place = match facts.entry("parallelism_config") {
        Some(_) => facts.key_place("parallelism_config"),
        None => facts.spread_place(),
    };
    found.report(place, what).advise(format!("choose a size that divides {} evenly", training.model.name));
}

/// The classes that FSDP wraps.
const CLASSES: &str = "fsdp_config.fsdp_transformer_layer_cls_to_wrap";

const WRAP_CLASS: Rule = Rule {
    name: "model/wrap-class",
    says: "a layer of another model is named for FSDP to wrap",
    severity: Severity::Error,
    why: "Accelerate looks for each named class in the model and stops in `prepare` where it is not there (1.15: \
          ValueError, \"Could not find the transformer layer class\").",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n  fsdp_transformer_layer_cls_to_wrap: \
               GPT2Block\n",
    )
    .training("llama-3.1-8b", 2048),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n  fsdp_transformer_layer_cls_to_wrap: \
                LlamaDecoderLayer\n",
    )
    .training("llama-3.1-8b", 2048),
    check: wrap_class,
    ..Rule::BLANK
};

fn wrap_class(facts: &Facts, found: &mut Findings) {
    let Some(card) = wrapped(facts) else { return };
    let Some(written) = facts.config.text(CLASSES) else { return };
    let own = own_classes(card);
    // A class that no model is known by may be one of the model's inner parts, or the person's own.
    let is_foreign = |name: &&str| {
        !own.contains(&(*name).to_owned())
            && !card.no_split.iter().any(|class| class == name)
            && model::layer_classes().any(|class| class == *name)
    };
    let Some(foreign) = written.split(',').map(str::trim).find(is_foreign) else { return };
    let finding = found.report(
        facts.value_place(CLASSES),
        format!("`{foreign}` is no layer of {}, whose layers are {}", card.name, all_of(&own)),
    );
    finding
        .advise(format!("write `{}`", own.join(",")))
        .repair(format!("wrap {}", all_of(&own)), vec![facts.write(CLASSES, Value::text(own.join(",")))]);
}

const DEFAULT_WRAP: Rule = Rule {
    name: "model/default-wrap",
    says: "this model's default classes cannot be wrapped by FSDP 2",
    severity: Severity::Error,
    why: "Where no class is named, Accelerate wraps those that transformers keeps whole. BERT, RoBERTa, ViT and DINOv2 \
          count their embeddings among them, whose table FSDP 2 carves out once more: with several processes `prepare` \
          stops with a RuntimeError, \"Cannot concatenate overlapping meshes\" (accelerate 1.15.0, torch 2.11).",
    bad: yaml("distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n").training("bert-base-uncased", 512),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n  fsdp_transformer_layer_cls_to_wrap: \
                BertLayer\n",
    )
    .training("bert-base-uncased", 512),
    check: default_wrap,
    ..Rule::BLANK
};

/// Families in which this was seen.
const OVERLAPPING: [&str; 4] = ["bert", "roberta", "vit", "dinov2"];

fn default_wrap(facts: &Facts, found: &mut Findings) {
    let Some(card) = wrapped(facts) else { return };
    let is_alone = facts.processes().is_none_or(|processes| processes < 2);
    let is_named = facts.is_set(CLASSES) || facts.fsdp_version() != Some(2);
    if is_named || is_alone || !OVERLAPPING.contains(&card.family.as_str()) {
        return;
    }
    let own = own_classes(card);
    found
        .report(
            facts.key_place("fsdp_config"),
            format!("FSDP 2 stops at the embeddings of {}, which it wraps by default", card.name),
        )
        .advise(format!("name the layer alone: `fsdp_transformer_layer_cls_to_wrap: {}`", own.join(",")))
        .repair(format!("wrap {}", all_of(&own)), vec![facts.write(CLASSES, Value::text(own.join(",")))]);
}

/// The model, where FSDP wraps its layers by class.
fn wrapped<'a>(facts: &Facts<'a>) -> Option<&'a ModelCard> {
    let card = &facts.training?.model;
    let policy = Config::text(facts.config, "fsdp_config.fsdp_auto_wrap_policy");
    let is_by_class = policy.as_deref() == Some("TRANSFORMER_BASED_WRAP");
    (facts.is_type("FSDP") && is_by_class && !own_classes(card).is_empty()).then_some(card)
}

/// The classes of the model's layers, each once.
fn own_classes(card: &ModelCard) -> Vec<String> {
    let mut own: Vec<String> = Vec::new();
    for stack in card.stacks.iter().filter(|stack| !stack.wrap_class.is_empty()) {
        if !own.contains(&stack.wrap_class) {
            own.push(stack.wrap_class.clone());
        }
    }
    own
}
