//! What was said and does not count, and why: keys that the launcher drops, keys that nothing reads,
//! keys whose condition is not met, variables that nobody looks at.

use super::settings::Settings;
use super::{Layers, Origin, Source, flags, ladder, variables};
use crate::config::Config;
use crate::key::KeyPath;
use crate::schema;
use crate::value::Value;

/// Something that was said and does not count.
#[derive(Clone, Debug, PartialEq)]
pub struct Ignored {
    /// The key with its section, or the variable.
    pub what: String,
    /// What it says.
    pub value: Value,
    /// Where it says so.
    pub origin: Origin,
    /// Why it does not count and what to do instead, in lower case without full stop.
    pub why: String,
}

/// Arguments that the launcher reads although no option sets them: those of its own
/// (`utils/launch.py`), and those that torchrun's parser knows (`torch/distributed/run.py`).
const HIDDEN: [&str; 23] = [
    "fsdp_ignored_modules",
    "bind-to",
    "use_cpu",
    "nnodes",
    "nproc_per_node",
    "rdzv_endpoint",
    "rdzv_id",
    "standalone",
    "start_method",
    "event_log_handler",
    "run_path",
    "redirects",
    "local_ranks_filter",
    "duplicate_stdout_filters",
    "duplicate_stderr_filters",
    "node_rank",
    "master_addr",
    "master_port",
    "local_addr",
    "logs_specs",
    "numa_binding",
    "signals_to_handle",
    "virtual_local_rank",
];

pub(super) fn all(layers: &Layers, settings: &Settings) -> Vec<Ignored> {
    let mut found = Vec::new();
    if let Some(source) = &layers.source {
        in_file(source, settings, &mut found);
    }
    for (name, value) in &layers.computer.machine.env {
        if let Some(why) = variables::why_unread(name) {
            let origin = Origin::Variable(name.clone());
            found.push(Ignored { what: name.clone(), value: Value::text(value), origin, why });
        }
    }
    found
}

fn in_file(source: &Source, settings: &Settings, found: &mut Vec<Ignored>) {
    let config = Config::read(&source.document);
    let pairs = config.root().and_then(Value::as_map).unwrap_or_default();
    for (key, value) in pairs {
        let Some(key) = key.as_text() else { continue };
        let path = KeyPath::root().key(key);
        let whole = why_not(&config, settings, &path);
        if let Some(why) = whole.as_ref().filter(|_| !sets_others(&path, value)) {
            found.push(ignored(source, &path, value, why.clone()));
            continue;
        }
        for (inner, value) in value.as_map().unwrap_or_default() {
            let Some(inner) = inner.as_text() else { continue };
            let path = path.key(inner);
            // In a section that does not matter only keys of other subjects count.
            let own = whole.clone().filter(|_| schema::find(&path).is_some());
            if let Some(why) = own.or_else(|| why_not(&config, settings, &path)) {
                found.push(ignored(source, &path, value, why));
            }
        }
    }
}

/// True for a section with a key that is none of its own: it may set any argument of the launcher.
fn sets_others(section: &KeyPath, value: &Value) -> bool {
    let pairs = value.as_map().unwrap_or_default();
    pairs.iter().filter_map(|(key, _)| key.as_text()).any(|key| schema::find(&section.key(key)).is_none())
}

fn ignored(source: &Source, path: &KeyPath, value: &Value, why: String) -> Ignored {
    Ignored { what: path.to_string(), value: value.clone(), origin: source.origin(path), why }
}

/// Why a place in the file does not count; `None` where it does, or where it says nothing.
fn why_not(config: &Config, settings: &Settings, path: &KeyPath) -> Option<String> {
    if *config.at(path)? == Value::Null {
        return None;
    }
    let chosen = ["multi_gpu", "tpu", "use_deepspeed", "use_fsdp", "use_megatron_lm"]
        .into_iter()
        .find(|name| settings.is_given(name));
    if let (Some(flag), "distributed_type" | "parallelism_config") = (chosen, path.to_string().as_str()) {
        return Some(format!("`--{flag}` chooses how to train"));
    }
    let Some(field) = schema::find(path) else { return unknown(path) };
    // What `--honour-file` passes on does count.
    if path.name().is_some_and(|name| matches!(settings.origin(name), Origin::File { .. }))
        && field.section().is_none()
    {
        return None;
    }
    field.why_unread().or_else(|| if chosen.is_some() { None } else { config.why_inert(field) })
}

/// Keys of a section that become an argument which nothing reads.
fn unknown(path: &KeyPath) -> Option<String> {
    let (section, key) = (path.top()?, path.name()?);
    let argument = ladder::argument(section, key);
    let is_read = path.parent().is_some_and(|parent| parent.is_root())
        || HIDDEN.contains(&argument.as_str())
        || flags::row_of_argument(&argument).is_some();
    if is_read {
        return None;
    }
    let known: Vec<&str> = schema::section(section).map(|field| field.name()).collect();
    Some(match crate::text::nearest(key, known) {
        Some(near) => format!("nothing reads this key; did you mean `{near}`?"),
        None => "nothing reads this key".to_owned(),
    })
}
