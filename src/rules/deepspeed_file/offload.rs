//! Moving state to CPU memory or disk, and the ZeRO stages that can.

use crate::finding::{Place, Severity};
use crate::rules::sample::file;
use crate::rules::{Facts, Findings, Rule};
use crate::value::Value;

use super::{DeepSpeedFile, Written};

pub(super) const RULES: &[Rule] = &[PARAMETERS, OPTIMIZER, DISK, DISK_PATH, STAGE_3];

const PARAM: &str = "zero_optimization.offload_param.device";
const OPTIM: &str = "zero_optimization.offload_optimizer.device";

const PARAMETERS: Rule = Rule {
    name: "deepspeed-file/param-offload-needs-stage-3",
    says: "parameters can only be moved at stage 3",
    severity: Severity::Warning,
    why: "Below stage 3 every GPU keeps all parameters. DeepSpeed then ignores `offload_param` without a word, and \
          no memory is saved.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2, \
          \"offload_param\": {\"device\": \"cpu\"}}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 3, \
          \"offload_param\": {\"device\": \"cpu\"}}}\n",
    ),
    check: parameters,
    ..Rule::BLANK
};

/// The pair that moves something to a device of these.
fn moved<'f>(file: &'f DeepSpeedFile, key: &str, devices: &[&str]) -> Option<&'f Written> {
    file.get(key).filter(|written| written.value.as_text().is_some_and(|device| devices.contains(&device)))
}

fn parameters(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    let Some(written) = moved(file, PARAM, &["cpu", "nvme"]).filter(|_| file.stage() < 3) else { return };
    let message = format!("parameters are not moved at stage {}: that needs stage 3", file.stage());
    let finding = found.report(Place::value(written.path.clone()), message);
    relate_stage(file, finding);
    finding.advise("remove `offload_param`, or write stage 3");
}

fn relate_stage(file: &DeepSpeedFile, finding: &mut crate::finding::Finding) {
    if let Some(stage) = file.get("zero_optimization.stage") {
        finding.relate(Place::value(stage.path.clone()), "the stage");
    }
}

const OPTIMIZER: Rule = Rule {
    name: "deepspeed-file/optimizer-offload-needs-zero",
    says: "optimizer state can only be moved when ZeRO is on",
    severity: Severity::Warning,
    why: "At stage 0 ZeRO is off, and DeepSpeed ignores `offload_optimizer` without a word.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 0, \
          \"offload_optimizer\": {\"device\": \"cpu\"}}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2, \
          \"offload_optimizer\": {\"device\": \"cpu\"}}}\n",
    ),
    check: optimizer,
    ..Rule::BLANK
};

fn optimizer(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    let Some(written) = moved(file, OPTIM, &["cpu", "nvme"]).filter(|_| file.stage() == 0) else { return };
    let finding = found.report(Place::value(written.path.clone()), "optimizer state is not moved at stage 0");
    relate_stage(file, finding);
    finding.advise("remove `offload_optimizer`, or write stage 1, 2 or 3");
}

const DISK: Rule = Rule {
    name: "deepspeed-file/disk-needs-stage-3",
    says: "the disk is only used at stage 3",
    severity: Severity::Warning,
    why: "At stages 1 and 2 DeepSpeed takes the device nvme for cpu: the optimizer state goes to CPU memory, which \
          may be too small, and nothing is written to disk.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2, \
          \"offload_optimizer\": {\"device\": \"nvme\", \"nvme_path\": \"/nvme\"}}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2, \
          \"offload_optimizer\": {\"device\": \"cpu\"}}}\n",
    ),
    check: disk,
    ..Rule::BLANK
};

fn disk(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    let Some(written) = moved(file, OPTIM, &["nvme"]).filter(|_| (1..3).contains(&file.stage())) else {
        return;
    };
    let message = format!("at stage {} the optimizer state goes to CPU memory, not to disk", file.stage());
    let finding = found.report(Place::value(written.path.clone()), message);
    relate_stage(file, finding);
    finding.advise("write the device cpu, or stage 3");
}

const DISK_PATH: Rule = Rule {
    name: "deepspeed-file/disk-without-path",
    says: "the disk has no folder",
    severity: Severity::Error,
    why: "With the device nvme, DeepSpeed needs `nvme_path`: the folder on the fast disk. Without it training stops \
          before the first step.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 3, \
          \"offload_param\": {\"device\": \"nvme\"}}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 3, \
          \"offload_param\": {\"device\": \"nvme\", \"nvme_path\": \"/local_nvme\"}}}\n",
    ),
    check: disk_path,
    ..Rule::BLANK
};

fn disk_path(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    for key in [PARAM, OPTIM] {
        let Some(written) = moved(file, key, &["nvme"]).filter(|_| file.stage() == 3) else { continue };
        let folder = format!("{}.nvme_path", written.section);
        if file.value(&folder).is_none_or(|path| *path == Value::Null) {
            found
                .report(Place::value(written.path.clone()), "the device nvme needs `nvme_path`")
                .advise("add `nvme_path` with a folder on the fast disk");
        }
    }
}

const STAGE_3: Rule = Rule {
    name: "deepspeed-file/stage-3-setting",
    says: "a setting of stage 3 has no effect below it",
    severity: Severity::Hint,
    why: "Settings that begin with stage3_ tell how split parameters are fetched. Below stage 3 parameters are not \
          split, and nobody reads them.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2, \
          \"stage3_max_live_parameters\": 1000000}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 3, \
          \"stage3_max_live_parameters\": 1000000}}\n",
    ),
    check: stage_3,
    ..Rule::BLANK
};

fn stage_3(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    let is_unread = |written: &Written| written.value.as_map().is_none() && written.value != Value::Null;
    for (written, _) in file.known().filter(|(_, row)| row.stage > file.stage()) {
        if is_unread(written) && written.value.is_truthy() {
            let message = format!("`{}` has no effect at stage {}", written.name, file.stage());
            found.report(Place::key(written.path.clone()), message).advise("remove it, or write stage 3");
        }
    }
}
