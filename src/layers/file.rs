//! A config file as Accelerate's loader leaves it: which class, which values, where each is written.
//!
//! accelerate 1.15.0, `commands/config/config_args.py`: `load_config_from_file`, `process_config`,
//! the two classes and their `__post_init__`.

use super::{Origin, Refusal, python};
use crate::document::{Document, Fault};
use crate::key::KeyPath;
use crate::schema::{self, Platform, Release};
use crate::text;
use crate::value::Value;

/// Fields of `ClusterConfig` in the order in which the launcher copies them, with their defaults.
const FIELDS: [&str; 31] = [
    "compute_environment",
    "distributed_type",
    "mixed_precision",
    "use_cpu",
    "debug",
    "num_processes",
    "machine_rank",
    "num_machines",
    "gpu_ids",
    "main_process_ip",
    "main_process_port",
    "rdzv_backend",
    "same_network",
    "main_training_function",
    "enable_cpu_affinity",
    "fp8_config",
    "deepspeed_config",
    "fsdp_config",
    "parallelism_config",
    "megatron_lm_config",
    "mpirun_config",
    "downcast_bf16",
    "tpu_name",
    "tpu_zone",
    "tpu_use_cluster",
    "tpu_use_sudo",
    "command_file",
    "commands",
    "tpu_vm",
    "tpu_env",
    "dynamo_config",
];

/// A config file that was read, under the name that a person gave it.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Its text and tree.
    pub document: Document,
}

/// One field of the loaded config.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub name: &'static str,
    pub value: Value,
    pub origin: Origin,
    /// Where its value is written; none for the loader's own defaults.
    path: Option<KeyPath>,
}

/// What Accelerate holds after it has read a file.
#[derive(Clone, Debug)]
pub(super) struct Loaded<'a> {
    source: &'a Source,
    pub entries: Vec<Entry>,
}

impl Source {
    /// Where a value or, failing that, its key is written.
    pub(super) fn origin(&self, path: &KeyPath) -> Origin {
        let span = self.document.value_span(path);
        let line = self.document.position(span.start).line;
        Origin::File { name: self.name.clone(), line, key: path.to_string() }
    }
}

impl<'a> Loaded<'a> {
    /// Reads a file as `load_config_from_file` does.
    pub fn read(source: &'a Source) -> Result<Loaded<'a>, Refusal> {
        if let Some(fault) = source.document.fault() {
            return Err(unreadable(source, fault));
        }
        let root = source.document.value();
        let Some(pairs) = root.as_map() else {
            let sentence = format!("`{}` holds {}, not keys and values", source.name, root.kind());
            return Err(Refusal::new("AttributeError", sentence, ""));
        };
        let environment = root.get("compute_environment");
        if !is_local(environment) {
            return Err(sagemaker(source, environment));
        }
        if root.get("distributed_type").is_none() {
            let sentence = format!("`{}` lacks the key `distributed_type`", source.name);
            return Err(Refusal::new("ValueError", sentence, "distributed_type"));
        }
        reject_strangers(source, pairs)?;
        let loaded = Loaded { source, entries: entries(source, &root) };
        loaded.reject_words()?;
        Ok(loaded)
    }

    /// The value of a field; null where the class lacks it.
    pub fn get(&self, name: &str) -> &Value {
        self.entry(name).map_or(&Value::Null, |entry| &entry.value)
    }

    /// A field.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Who set a key within a section.
    pub fn origin_within(&self, entry: &Entry, index: usize, key: &Value) -> Origin {
        let Some(path) = &entry.path else { return entry.origin.clone() };
        // The old key `dynamo_backend` stands for a whole section.
        if path.top() == Some("dynamo_backend") {
            return entry.origin.clone();
        }
        let inner = key.as_text().map_or_else(|| path.pair(index), |key| path.key(key));
        self.source.origin(&inner)
    }

    /// Enums are exact words, where the value is text; anything else stays as it is.
    fn reject_words(&self) -> Result<(), Refusal> {
        let Some(word) = self.get("distributed_type").as_text() else { return Ok(()) };
        let field = schema::field("distributed_type").expect("the loader's keys have rows");
        let words: Vec<&str> =
            field.choices(Release::LATEST, Platform::Local).map(|choice| choice.word).collect();
        if words.contains(&word) {
            return Ok(());
        }
        let sentence = format!("`distributed_type` is `{word}`; write {}", text::any_of(&words));
        Err(Refusal::new("ValueError", sentence, "distributed_type"))
    }
}

/// Everything but the one word selects the class for SageMaker, whose every launch ends in an
/// AttributeError since 1.10 (`SageMakerConfig` lacks `parallelism_config`).
fn sagemaker(source: &Source, environment: Option<&Value>) -> Refusal {
    let sentence = match environment.and_then(Value::as_text) {
        Some("AMAZON_SAGEMAKER") => format!(
            "`{}` is a config for Amazon SageMaker, and no accelerate from 1.10 to 1.15 can launch one; start the \
             job through the sagemaker package itself, or write `compute_environment: LOCAL_MACHINE`",
            source.name
        ),
        _ => format!(
            "`compute_environment` is {} in `{}`, which Accelerate takes for Amazon SageMaker; write LOCAL_MACHINE, \
             also under SLURM or Kubernetes",
            environment.map_or_else(String::new, python::repr),
            source.name
        ),
    };
    Refusal::new("AttributeError", sentence, "compute_environment")
}

fn unreadable(source: &Source, fault: &Fault) -> Refusal {
    let line = source.document.position(fault.span.start).line;
    let sentence = format!("{}:{line}: {}; {}", source.name, fault.message, fault.advice);
    Refusal::new("SyntaxError", sentence, "")
}

/// A missing key and exactly this word select the class for one's own machines.
fn is_local(environment: Option<&Value>) -> bool {
    environment.is_none_or(|value| value.as_text() == Some("LOCAL_MACHINE"))
}

/// Keys that the class does not have. Keys of a file that are no text are strangers to Python, too.
fn reject_strangers(source: &Source, pairs: &[(Value, Value)]) -> Result<(), Refusal> {
    let known: Vec<&str> =
        schema::top_level_keys(Platform::Local, Release::LATEST).map(|field| field.name()).collect();
    for (key, _) in pairs {
        let name = key.as_text().unwrap_or_default();
        if known.contains(&name) {
            continue;
        }
        let advice = match text::nearest(name, known.iter().copied()) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => String::new(),
        };
        let sentence = format!("`{}` has the unknown key `{}`{advice}", source.name, python::str(key));
        return Err(Refusal::new("ValueError", sentence, name));
    }
    Ok(())
}

/// Every field of the class in its order: as written, else as the loader or the class fills it in.
fn entries(source: &Source, root: &Value) -> Vec<Entry> {
    FIELDS.into_iter().map(|name| entry(source, root, name)).collect()
}

fn entry(source: &Source, root: &Value, name: &'static str) -> Entry {
    let written = |key: &str, value: Value| {
        let path = KeyPath::of(key);
        Entry { name, value, origin: source.origin(&path), path: Some(path) }
    };
    match (name, root.get(name)) {
        // The old key replaces the whole section.
        ("dynamo_config", _) if root.get("dynamo_backend").is_some() => {
            let backend = root.get("dynamo_backend").cloned().unwrap_or(Value::Null);
            let is_off = backend.as_text() == Some("NO");
            let pairs = if is_off { Vec::new() } else { vec![("dynamo_backend".into(), backend)] };
            written("dynamo_backend", Value::Map(pairs))
        }
        ("mixed_precision", None) if root.get("fp16").is_some_and(Value::is_truthy) => {
            written("fp16", Value::text("fp16"))
        }
        (_, Some(Value::Null)) if is_section(name) => written(name, Value::Map(Vec::new())),
        (_, Some(value)) => written(name, value.clone()),
        (_, None) => Entry { name, value: missing(root, name), origin: Origin::Default, path: None },
    }
}

/// True for the keys that hold mappings; an empty one and null are the same to the class.
fn is_section(name: &str) -> bool {
    name.ends_with("_config")
}

/// What counts for a key that is not written.
fn missing(root: &Value, name: &str) -> Value {
    let is_no = || root.get("distributed_type").and_then(Value::as_text) == Some("NO");
    match name {
        "compute_environment" => Value::text("LOCAL_MACHINE"),
        "num_processes" => Value::int(if is_no() { 1 } else { -1 }),
        "machine_rank" => Value::int(0),
        "num_machines" => Value::int(1),
        "rdzv_backend" => Value::text("static"),
        "main_training_function" => Value::text("main"),
        "use_cpu"
        | "debug"
        | "same_network"
        | "enable_cpu_affinity"
        | "downcast_bf16"
        | "tpu_use_cluster"
        | "tpu_use_sudo" => Value::Bool(false),
        _ if is_section(name) => Value::Map(Vec::new()),
        _ => Value::Null,
    }
}
