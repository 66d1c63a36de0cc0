//! Which answer to suggest: what fits this machine and the answers before it.

use super::Offer;
use crate::document::Edit;
use crate::hardware::Machine;
use crate::key::KeyPath;
use crate::schema::{self, Default, Field, Group, Kind, Lookup, Platform, Release};
use crate::value::Value;

/// Keys without which a config of several processes cannot start.
const NEEDED: [&str; 3] = ["num_processes", "main_process_ip", "ec2_instance_type"];

/// Compute capability from which on GPUs have bf16 of their own (A100, RTX 30).
const HAS_BF16: (u32, u32) = (8, 0);

/// Suggestions that differ from what Accelerate does with a missing key, because they serve most
/// people better; the rest comes from the rows and from the machine.
const BETTER: &[(&str, Better)] = &[
    ("fsdp_config.fsdp_version", Better::Int(2)),
    ("fsdp_config.fsdp_auto_wrap_policy", Better::Text("TRANSFORMER_BASED_WRAP")),
    ("fsdp_config.fsdp_state_dict_type", Better::Text("SHARDED_STATE_DICT")),
    ("deepspeed_config.deepspeed_multinode_launcher", Better::Text("standard")),
    ("deepspeed_config.zero3_init_flag", Better::Bool(true)),
    ("deepspeed_config.zero3_save_16bit_model", Better::Bool(true)),
    ("megatron_lm_config.megatron_lm_context_parallel_size", Better::Int(1)),
];

#[derive(Clone, Copy)]
enum Better {
    Bool(bool),
    Int(i64),
    Text(&'static str),
}

/// Pages that most configs do without: asked for as a whole before their fields are.
const OPTIONAL: [Group; 2] = [Group::Dynamo, Group::Parallelism];

/// True for a field that everybody is asked for when it matters; the others wait for a "more?".
pub fn is_common(field: &Field, lookup: Lookup) -> bool {
    let is_needless = match field.key {
        // One machine finds itself: a port is for those who run several jobs on it.
        "main_process_port" => lookup("num_machines").and_then(Value::as_int).unwrap_or(1) < 2,
        "mpirun_config.mpirun_hostfile" => !is_type("MULTI_CPU", lookup),
        _ => false,
    };
    field.common && !is_needless && !OPTIONAL.contains(&field.group)
}

/// True where nothing is no answer.
pub fn is_needed(field: &Field) -> bool {
    matches!(field.default, Default::Required) || NEEDED.contains(&field.key)
}

/// True for a field that another answer decides: one process, one machine for type `NO`; the
/// precision where a DeepSpeed file holds it (with both, every worker fails).
pub fn is_settled(field: &Field, lookup: Lookup) -> bool {
    let is_local = Platform::of(lookup("compute_environment")) == Platform::Local;
    match field.key {
        "num_processes" | "num_machines" => is_local && is_type("NO", lookup),
        "mixed_precision" => {
            is_type("DEEPSPEED", lookup) && lookup("deepspeed_config.deepspeed_config_file").is_some()
        }
        _ => false,
    }
}

/// What those decisions write.
pub fn settled(lookup: Lookup) -> Option<Edit> {
    let field = schema::field("num_processes").expect("it has a row");
    let is_open = lookup(field.key).is_none() && is_settled(field, lookup);
    let after = ["distributed_type", "compute_environment"].map(str::to_owned).to_vec();
    is_open.then(|| Edit::Insert { path: KeyPath::of(field.key), value: Value::int(1), after })
}

/// The answers that can be picked; empty where the answer is typed.
pub fn offers(field: &Field, release: Release, lookup: Lookup) -> Vec<Offer> {
    let platform = Platform::of(lookup("compute_environment"));
    match field.kind {
        Kind::Choice(_) => field
            .choices(release, platform)
            .map(|choice| Offer { value: Value::from(choice.word), says: choice.says })
            .collect(),
        Kind::Number(choices) => choices
            .iter()
            .map(|choice| Offer { value: Value::int(choice.number), says: choice.says })
            .collect(),
        _ => Vec::new(),
    }
}

/// The answer to suggest.
pub fn proposal(field: &Field, machine: &Machine, lookup: Lookup) -> Option<Value> {
    match field.key {
        "distributed_type" => Some(distributed_type(machine, lookup)),
        "num_processes" => processes(machine, lookup),
        "mixed_precision" => Some(precision(machine, lookup)),
        "use_cpu" => Some(Value::Bool(is_cpu(machine, lookup))),
        key => better(key).or_else(|| field.default.value()),
    }
}

fn better(key: &str) -> Option<Value> {
    let (_, better) = BETTER.iter().find(|(name, _)| *name == key)?;
    Some(match better {
        Better::Bool(flag) => Value::Bool(*flag),
        Better::Int(number) => Value::int(*number),
        Better::Text(text) => Value::from(*text),
    })
}

fn distributed_type(machine: &Machine, lookup: Lookup) -> Value {
    let is_sagemaker = Platform::of(lookup("compute_environment")) == Platform::SageMaker;
    Value::from(match machine.visible_gpus().len() {
        _ if is_sagemaker => "DATA_PARALLEL",
        0 | 1 => "NO",
        _ => "MULTI_GPU",
    })
}

/// One process for each GPU of each machine, or for each machine on CPUs; nothing where no GPU can be
/// seen, as on a laptop on which somebody plans for a cluster.
fn processes(machine: &Machine, lookup: Lookup) -> Option<Value> {
    let machines = lookup("num_machines").and_then(Value::as_int).unwrap_or(1);
    let gpus = i64::try_from(machine.visible_gpus().len()).ok()?;
    let on_each = if is_type("MULTI_CPU", lookup) { 1 } else { gpus };
    (on_each > 0).then(|| Value::int(on_each.saturating_mul(machines)))
}

fn precision(machine: &Machine, lookup: Lookup) -> Value {
    let oldest = machine.visible_gpus().into_iter().filter_map(|device| device.capability).min();
    Value::from(match oldest {
        // The launcher does not tell TPU workers a precision (accelerate 1.15.0, `tpu_launcher`).
        _ if is_type("XLA", lookup) || is_cpu(machine, lookup) => "no",
        Some(capability) if capability < HAS_BF16 => "fp16",
        _ => "bf16",
    })
}

fn is_cpu(machine: &Machine, lookup: Lookup) -> bool {
    is_type("MULTI_CPU", lookup) || (is_type("NO", lookup) && machine.visible_gpus().is_empty())
}

fn is_type(word: &str, lookup: Lookup) -> bool {
    lookup("distributed_type").and_then(Value::as_text) == Some(word)
}
