//! What a ZeRO stage is needed for, and what happens below it.
use super::companion::Companion;
use super::deepspeed::{has_file, stage};
use super::sample::{yaml, yaml_beside};
use super::{Entry, Facts, Findings, Rule};
use crate::document::Edit;
use crate::finding::{Finding, Place, Severity};
use crate::value::Value;
pub(super) const RULES: &[Rule] =
    &[PARAM_OFFLOAD, OPTIMIZER_OFFLOAD, DISK, DISK_PATH, INIT, SAVE_WORD, SAVE, EXPERTS, SAVES_PIECES];
const PARAM: &str = "deepspeed_config.offload_param_device";
const OPTIM: &str = "deepspeed_config.offload_optimizer_device";
/// The key that moves something away from the GPU, where the section decides.
fn moved<'f, 'a>(facts: &'f Facts<'a>, key: &str, devices: &[&str]) -> Option<&'f Entry<'a>> {
    let is_one = |entry: &&Entry| {
        entry.text().is_some_and(|it| devices.iter().any(|one| one.eq_ignore_ascii_case(it)))
    };
    facts.entry(key).filter(|_| !has_file(facts)).filter(is_one)
}
/// Points to the stage, in whichever file it stands.
fn relate_stage(facts: &Facts, finding: &mut Finding) {
    let theirs = facts.deepspeed.get("zero_optimization.stage").filter(|_| has_file(facts));
    match (facts.entry("deepspeed_config.zero_stage"), theirs, facts.companion) {
        (Some(entry), ..) => drop(finding.relate(Place::value(entry.path.clone()), "the stage")),
        (None, Some(written), Companion::Read { name, .. }) => {
            finding.point(name, Place::value(written.path.clone()), "the stage");
        }
        _ => {}
    }
}
fn raise_stage(facts: &Facts) -> Option<Edit> {
    let path = "deepspeed_config.zero_stage";
    (!has_file(facts)).then(|| Edit::Set { path: path.into(), value: 3.into() })
}
const PARAM_OFFLOAD: Rule = Rule {
    name: "deepspeed/param-offload-needs-stage-3",
    says: "parameters can only be moved at stage 3",
    severity: Severity::Warning,
    why: "Below stage 3 every GPU keeps all parameters. DeepSpeed then ignores the parameter offload without a word, \
          and no memory is saved.",
    bad: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n  offload_param_device: cpu\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 3\n  \
         offload_param_device: cpu\n  zero3_save_16bit_model: true\n",
    ),
    check: param_offload,
    ..Rule::BLANK
};
fn param_offload(facts: &Facts, found: &mut Findings) {
    let Some(entry) = moved(facts, PARAM, &["cpu", "nvme"]) else { return };
    let Some(stage) = stage(facts).filter(|stage| (0..3).contains(stage)) else { return };
    let finding = found.report(
        Place::value(entry.path.clone()),
        format!("parameters are not moved at stage {stage}: that needs `zero_stage: 3`"),
    );
    relate_stage(facts, finding);
    finding.advise("write `zero_stage: 3`, or `none` here");
    if let Some(edit) = raise_stage(facts) {
        finding.offer("write `zero_stage: 3`", vec![edit]);
    }
}
const OPTIMIZER_OFFLOAD: Rule = Rule {
    name: "deepspeed/optimizer-offload-needs-zero",
    says: "optimizer state can only be moved when ZeRO is on",
    severity: Severity::Warning,
    why: "At stage 0 ZeRO is off, and DeepSpeed ignores the optimizer offload without a word.",
    bad: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 0\n  \
         offload_optimizer_device: cpu\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n  \
         offload_optimizer_device: cpu\n",
    ),
    check: optimizer_offload,
    ..Rule::BLANK
};
fn optimizer_offload(facts: &Facts, found: &mut Findings) {
    let Some(entry) = moved(facts, OPTIM, &["cpu", "nvme"]).filter(|_| stage(facts) == Some(0)) else {
        return;
    };
    let finding = found.report(Place::value(entry.path.clone()), "optimizer state is not moved at stage 0");
    relate_stage(facts, finding);
    finding.advise("write `zero_stage: 2`, or `none` here");
}
const DISK: Rule = Rule {
    name: "deepspeed/disk-needs-stage-3",
    says: "the disk is only used at stage 3",
    severity: Severity::Warning,
    why: "At stages 1 and 2 DeepSpeed takes the device nvme for cpu: the optimizer state goes to CPU memory, which \
          may be too small, and nothing is written to disk.",
    bad: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n  \
         offload_optimizer_device: nvme\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n  \
         offload_optimizer_device: cpu\n",
    ),
    check: disk,
    ..Rule::BLANK
};
fn disk(facts: &Facts, found: &mut Findings) {
    let Some(entry) = moved(facts, OPTIM, &["nvme"]) else { return };
    let Some(stage) = stage(facts).filter(|stage| (1..3).contains(stage)) else { return };
    let message = format!("at stage {stage} the optimizer state goes to CPU memory, not to disk");
    let finding = found.report(Place::value(entry.path.clone()), message);
    relate_stage(facts, finding);
    finding.advise("write `cpu`, which is what happens, or `zero_stage: 3`");
}
const DISK_PATH: Rule = Rule {
    name: "deepspeed/disk-path-dropped",
    says: "the folder on the disk is dropped on the way",
    severity: Severity::Warning,
    why: "Accelerate hands the device nvme to DeepSpeed but not the path: everything is written into a folder called \
          none where the job is started, whatever disk that is on. Only DeepSpeed's own file can name the folder.",
    bad: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 3\n  \
         zero3_save_16bit_model: true\n  offload_optimizer_device: nvme\n  offload_optimizer_nvme_path: /nvme\n",
    ),
    good: yaml_beside(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  deepspeed_config_file: ds.json\n",
        "{\"train_micro_batch_size_per_gpu\": \"auto\", \"zero_optimization\": {\"stage\": 3, \
          \"offload_optimizer\": {\"device\": \"nvme\", \"nvme_path\": \"/nvme\"}}}\n",
    ),
    check: disk_path,
    ..Rule::BLANK
};
fn disk_path(facts: &Facts, found: &mut Findings) {
    for (device, path) in [(OPTIM, "offload_optimizer_nvme_path"), (PARAM, "offload_param_nvme_path")] {
        let Some(entry) = moved(facts, device, &["nvme"]).filter(|_| stage(facts) == Some(3)) else {
            continue;
        };
        let written = facts.entry(&format!("deepspeed_config.{path}"));
        let message = match written {
            Some(_) => format!("`{path}` is dropped: DeepSpeed writes into a folder called `none`"),
            None => "DeepSpeed writes into a folder called `none` where the job is started".to_owned(),
        };
        let place = written.map_or(Place::value(entry.path.clone()), |path| Place::key(path.path.clone()));
        let finding = found.report(place, message);
        if written.is_some() {
            finding.relate(Place::value(entry.path.clone()), "the disk is chosen here");
        }
        finding.advise("write the offload into a DeepSpeed file and name that with `deepspeed_config_file`");
    }
}
const INIT: Rule = Rule {
    name: "deepspeed/zero3-init-needs-stage-3",
    says: "building in pieces needs stage 3",
    severity: Severity::Warning,
    why: "`zero3_init_flag` builds the model already split, which only stage 3 does. At other stages every worker \
          switches it off with a warning, and the whole model is built on every GPU.",
    bad: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n  zero3_init_flag: true\n"),
    good: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 3\n  \
         zero3_init_flag: true\n  zero3_save_16bit_model: true\n",
    ),
    check: init,
    ..Rule::BLANK
};
fn init(facts: &Facts, found: &mut Findings) {
    let key = "deepspeed_config.zero3_init_flag";
    let Some(entry) = facts.entry(key).filter(|_| facts.config.flag(key) == Some(true)) else { return };
    let Some(stage) = stage(facts).filter(|stage| (0..3).contains(stage)) else { return };
    let finding = found.report(
        Place::value(entry.path.clone()),
        format!("`zero3_init_flag` needs stage 3; at stage {stage} it is switched off"),
    );
    relate_stage(facts, finding);
    finding
        .advise("write `zero3_init_flag: false`, or stage 3")
        .repair("write false", vec![Edit::Set { path: entry.path.clone(), value: false.into() }]);
}
const SAVE_WORD: Rule = Rule {
    name: "deepspeed/zero3-save-word",
    says: "only the word true switches this on",
    severity: Severity::Warning,
    why: "Accelerate compares `zero3_save_16bit_model` with the word true. A quoted 'yes', 'on' or a 1 counts as \
          false here, unlike everywhere else, and no whole model can be saved.",
    bad: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 3\n  \
         zero3_save_16bit_model: 'yes'\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 3\n  \
         zero3_save_16bit_model: true\n",
    ),
    check: save_word,
    ..Rule::BLANK
};
fn save_word(facts: &Facts, found: &mut Findings) {
    let entry = facts.entry("deepspeed_config.zero3_save_16bit_model");
    let Some(entry) = entry.filter(|_| facts.is_type("DEEPSPEED") && !has_file(facts)) else { return };
    let is_lost = match &entry.value {
        Value::Text(text) => ["yes", "y", "on", "t", "1"].iter().any(|word| word.eq_ignore_ascii_case(text)),
        other => other.as_int() == Some(1),
    };
    if is_lost {
        found
            .report(
                Place::value(entry.path.clone()),
                "this counts as false: only the word true is understood here",
            )
            .advise("write true without quotes")
            .repair("write true", vec![Edit::Set { path: entry.path.clone(), value: true.into() }]);
    }
}
const SAVE: Rule = Rule {
    name: "deepspeed/zero3-save-needs-stage-3",
    says: "gathering the whole model needs stage 3",
    severity: Severity::Warning,
    why: "Below stage 3 every GPU holds the whole model, so there is nothing to gather. DeepSpeed ignores the key.",
    bad: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n  \
         zero3_save_16bit_model: true\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 3\n  \
         zero3_save_16bit_model: true\n",
    ),
    check: save,
    ..Rule::BLANK
};
fn save(facts: &Facts, found: &mut Findings) {
    let key = "deepspeed_config.zero3_save_16bit_model";
    let Some(entry) = facts.entry(key).filter(|_| facts.config.flag(key) == Some(true) && !has_file(facts))
    else {
        return;
    };
    let Some(stage) = stage(facts).filter(|stage| (0..3).contains(stage)) else { return };
    let finding = found.report(
        Place::value(entry.path.clone()),
        format!("`zero3_save_16bit_model` has no effect at stage {stage}"),
    );
    relate_stage(facts, finding);
    finding
        .advise("remove it: at this stage the whole model is saved anyway")
        .repair("remove it", vec![Edit::Remove { path: entry.path.clone() }]);
}
const EXPERTS: Rule = Rule {
    name: "deepspeed/expert-names-need-stage-3",
    says: "names of expert classes only matter at stage 3",
    severity: Severity::Warning,
    why: "The names tell stage 3 which layers to fetch as a whole. At lower stages nothing is fetched, and the key \
          has no effect.",
    bad: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n  \
         deepspeed_moe_layer_cls_names: MixtralSparseMoeBlock\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 3\n  \
         deepspeed_moe_layer_cls_names: MixtralSparseMoeBlock\n  zero3_save_16bit_model: true\n",
    ),
    check: experts,
    ..Rule::BLANK
};
fn experts(facts: &Facts, found: &mut Findings) {
    let entry = facts.entry("deepspeed_config.deepspeed_moe_layer_cls_names");
    let Some(entry) = entry.filter(|entry| entry.value.is_truthy()) else { return };
    let Some(stage) = stage(facts).filter(|stage| (0..3).contains(stage)) else { return };
    let message = format!("`{}` has no effect at stage {stage}", entry.name);
    let finding = found.report(Place::key(entry.path.clone()), message);
    relate_stage(facts, finding);
    finding.advise("remove it, or use stage 3");
}
const SAVES_PIECES: Rule = Rule {
    name: "deepspeed/stage-3-saves-pieces",
    says: "the whole model cannot be saved",
    severity: Severity::Hint,
    why: "At stage 3 each GPU holds a piece. Without `zero3_save_16bit_model`, Accelerate's `get_state_dict` stops \
          with a ValueError, at the end of training; the checkpoint must be joined with zero_to_fp32.py instead.",
    bad: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 3\n"),
    good: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 3\n  \
         zero3_save_16bit_model: true\n",
    ),
    check: saves_pieces,
    ..Rule::BLANK
};
fn saves_pieces(facts: &Facts, found: &mut Findings) {
    let key = "deepspeed_config.zero3_save_16bit_model";
    if facts.is_type("DEEPSPEED")
        && !has_file(facts)
        && stage(facts) == Some(3)
        && facts.config.flag(key) == Some(false)
    {
        let place = facts
            .entry(key)
            .map_or(Place::value("deepspeed_config.zero_stage"), |entry| Place::value(entry.path.clone()));
        found
            .report(place, "the model is saved in pieces, and Accelerate cannot join them when saving")
            .advise("write `zero3_save_16bit_model: true` to save a whole model")
            .offer("write true", vec![Edit::Set { path: key.into(), value: true.into() }]);
    }
}
