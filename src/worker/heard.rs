//! What the worker hears of a launch: the config with the options of the command line laid over it, and every
//! reason why it cannot follow that.

use super::Layout;
use crate::config::Config;
use crate::key::{KeyPath, Step};
use crate::layers::{Origin, Resolved, Setting, Settings, python};
use crate::memory::{Sharding, Strategy};
use crate::schema;
use crate::value::Value;

/// Training types that mean one process per device of another make than the worker can use.
const OTHERS: [&str; 10] = [
    "XLA",
    "TPU",
    "MULTI_XPU",
    "MULTI_NPU",
    "MULTI_MLU",
    "MULTI_SDAA",
    "MULTI_MUSA",
    "MULTI_HPU",
    "MULTI_NEURON",
    "MULTI_XLA",
];

/// The config of a launch: `file` is what the config says, where there is one; options beat it, and what neither
/// says comes from this computer.
pub fn config(resolved: &Resolved, file: Option<&Value>) -> Value {
    let settings = &resolved.settings;
    let mut root = file.cloned().filter(|root| root.as_map().is_some()).unwrap_or(Value::Map(Vec::new()));
    for setting in settings.iter().filter(|setting| matches!(setting.origin, Origin::Flag(_))) {
        let key = setting.key();
        if let Some(field) = schema::field(&key) {
            put(&mut root, KeyPath::of(field.key).steps(), worth(setting));
        }
    }
    let kind = kind(settings, &root);
    put(&mut root, &[Step::Key("distributed_type".to_owned())], Value::text(kind));
    for name in ["num_processes", "num_machines"] {
        let value = settings.get(name);
        if *value != Value::Null {
            put(&mut root, &[Step::Key(name.to_owned())], value.clone());
        }
    }
    root
}

/// A value as a file would hold it: Python's `true` stands as text on a command line.
fn worth(setting: &Setting) -> Value {
    match setting.value.as_text().map(str::to_lowercase).as_deref() {
        Some("true") => Value::Bool(true),
        Some("false") => Value::Bool(false),
        _ => setting.value.clone(),
    }
}

/// The training type: that of the options, else that of the file. Several processes without one are copies.
fn kind(settings: &Settings, root: &Value) -> String {
    let written = root.get("distributed_type").and_then(Value::as_text).unwrap_or("NO");
    let chosen = [
        ("use_deepspeed", "DEEPSPEED"),
        ("use_fsdp", "FSDP"),
        ("use_megatron_lm", "MEGATRON_LM"),
        ("tpu", "XLA"),
        ("multi_gpu", "MULTI_GPU"),
    ];
    let told = chosen.iter().find(|(name, _)| settings.is_on(name)).map(|(_, kind)| *kind);
    let is_several = settings.is_given("num_processes")
        && python::integer(settings.get("num_processes")).is_some_and(|processes| processes > 1);
    match told {
        Some("MULTI_GPU" | "XLA") if OTHERS.contains(&written) => written.to_owned(),
        Some(kind) => kind.to_owned(),
        None if written == "NO" && is_several => "MULTI_GPU".to_owned(),
        None => written.to_owned(),
    }
}

fn put(value: &mut Value, path: &[Step], new: Value) {
    let Some((Step::Key(key), rest)) = path.split_first() else {
        *value = new;
        return;
    };
    if value.as_map().is_none() {
        *value = Value::Map(Vec::new());
    }
    let Value::Map(pairs) = value else { return };
    let at = pairs.iter().position(|(name, _)| name.as_text() == Some(key));
    // The last spelling of a key counts, so that what beats it goes to the end.
    let mut inner = at.map_or(Value::Null, |at| pairs.remove(at).1);
    put(&mut inner, rest, new);
    pairs.push((Value::text(key.as_str()), inner));
}

/// The layout of a config, or everything that the worker cannot do, each with what to do. `deepspeed` is what
/// DeepSpeed's own file says, where the config names one.
///
/// # Errors
/// One sentence for each.
pub fn layout(root: &Value, deepspeed: Option<&Value>, strategy: &Strategy) -> Result<Layout, Vec<String>> {
    let config = Config::of(root.clone());
    let mut refused: Vec<String> = Vec::new();
    let compiler = config.text("dynamo_config.dynamo_backend").unwrap_or_default();
    if !compiler.is_empty() && !compiler.eq_ignore_ascii_case("no") {
        refused.push(cannot(&format!("do torch.compile (`dynamo_backend` is {compiler})"), "set it to 'NO'"));
    }
    let kind = config.distributed_type().unwrap_or("NO").to_owned();
    if OTHERS.contains(&kind.as_str()) {
        refused.push(cannot(
            &format!("follow `distributed_type: {kind}`"),
            "it trains on NVIDIA GPUs and on CPUs",
        ));
    }
    if config.is_sagemaker() {
        refused.push(cannot("start on Amazon SageMaker", "it trains where it is started"));
    }
    if config.text("mpirun_config.mpirun_hostfile").is_some() {
        let advice =
            "take it out to start the ranks here, or start the worker under mpirun yourself (docs/worker.md)";
        refused.push(cannot("start `mpirun` (`mpirun_hostfile`)", advice));
    }
    let layout = Layout::of(strategy);
    let other = "choose another strategy, or start a script of your own without `--worker`";
    refused
        .extend(layout.as_ref().err().into_iter().flatten().map(|what| cannot(&format!("do {what}"), other)));
    match (layout, refused.is_empty()) {
        (Ok(layout), true) => Ok(Layout { clipping: clipping(&config, deepspeed, strategy), ..layout }),
        _ => Err(refused),
    }
}

fn cannot(what: &str, advice: &str) -> String {
    format!("the bundled worker cannot {what}; {advice}")
}

/// DeepSpeed's `gradient_clipping`: the one strategy for which Accelerate's file has such a key. 0 means none.
fn clipping(config: &Config, deepspeed: Option<&Value>, strategy: &Strategy) -> Option<f64> {
    let Sharding::Zero(_) = strategy.sharding else { return None };
    let own = || deepspeed?.get("gradient_clipping")?.as_number();
    let number = config.number("deepspeed_config.gradient_clipping").or_else(own);
    number.filter(|norm| norm.is_finite() && *norm > 0.0)
}
