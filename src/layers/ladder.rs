//! Which of the layers counts for each launch argument.
//!
//! There is no one order: this follows `_validate_launch_command` of accelerate 1.15.0
//! (`commands/launch.py`) step by step, because later steps look at what earlier ones left.

use super::file::Loaded;
use super::settings::Settings;
use super::{Computer, Origin, Refusal, python};
use crate::value::Value;

/// The options that choose how to train, of which a command line may have one.
const PARADIGMS: [&str; 5] = ["multi_gpu", "cpu", "tpu", "use_deepspeed", "use_fsdp"];

/// Any of these keeps the launcher from looking at the file's training type.
const CHOOSERS: [&str; 6] =
    ["multi_gpu", "tpu", "tpu_use_cluster", "use_deepspeed", "use_fsdp", "use_megatron_lm"];

/// The training types that start one process per device.
const MULTI: [&str; 8] = [
    "MULTI_GPU",
    "MULTI_NPU",
    "MULTI_MLU",
    "MULTI_SDAA",
    "MULTI_MUSA",
    "MULTI_XPU",
    "MULTI_HPU",
    "MULTI_NEURON",
];

/// The prefix that short keys of a section get.
const PREFIXES: [(&str, &str, &str); 3] = [
    ("fsdp_config", "fsdp", "fsdp_"),
    ("fp8_config", "fp8", "fp8_"),
    ("dynamo_config", "dynamo_", "dynamo_"),
];

/// What the command line alone must not say.
pub(super) fn check_flags(settings: &Settings) -> Result<(), Refusal> {
    let chosen: Vec<String> =
        PARADIGMS.iter().filter(|name| settings.is_on(name)).map(|name| format!("`--{name}`")).collect();
    if chosen.len() > 1 {
        let sentence = format!("{} exclude each other; give one of them", crate::text::all_of(chosen));
        return Err(Refusal::new("ValueError", sentence, ""));
    }
    let processes = settings.get("num_processes");
    if settings.is_on("multi_gpu")
        && *processes != Value::Null
        && !python::is_above(processes, 1, "num_processes")?
    {
        let sentence = "`--multi_gpu` needs `--num_processes` of at least 2";
        return Err(Refusal::new("ValueError", sentence, "num_processes"));
    }
    if settings.is_on("use_parallelism_config") && !settings.is_on("use_fsdp") {
        let sentence = "`--use_parallelism_config` needs `--use_fsdp` beside it; the file's training type does not count";
        return Err(Refusal::new("ValueError", sentence, "use_parallelism_config"));
    }
    Ok(())
}

/// Lets the file speak where the command line was silent.
pub(super) fn hear_file(settings: &mut Settings, file: &Loaded) -> Result<(), Refusal> {
    choose_paradigm(settings, file);
    hear_gpu_ids(settings, file)?;
    for entry in &file.entries {
        match &entry.value {
            Value::Map(pairs) => hear_section(settings, file, entry.name, pairs)?,
            _ => hear_field(settings, file, entry.name),
        }
    }
    if !settings.is_on("debug") {
        copy(settings, file, "debug");
    }
    if !settings.is_on("mixed_precision") {
        match file.get("mixed_precision") {
            Value::Null => settings.put("mixed_precision", Value::text("no"), Origin::Default),
            _ => copy(settings, file, "mixed_precision"),
        }
    } else {
        beat(settings, file, "mixed_precision");
    }
    if *settings.get("dynamo_backend") == Value::Null {
        settings.put("dynamo_backend", Value::text("no"), Origin::Default);
    }
    if python::integer(settings.get("num_processes")) == Some(-1) {
        let sentence = "nothing says how many processes to start; write `num_processes` into the file or give `--num_processes`";
        return Err(Refusal::new("ValueError", sentence, "num_processes"));
    }
    Ok(())
}

/// Keys that Accelerate never hears, because their options start with a value: in every release.
pub const DROPPED: [&str; 5] =
    ["rdzv_backend", "same_network", "enable_cpu_affinity", "downcast_bf16", "tpu_use_sudo"];

/// Hears what Accelerate drops, for those who wish it.
pub(super) fn honour_file(settings: &mut Settings, file: &Loaded) {
    for name in DROPPED {
        let is_written = file.entry(name).is_some_and(|entry| entry.origin != Origin::Default);
        if is_written && !settings.is_given(name) {
            settings.forget(name);
            copy(settings, file, name);
        }
    }
}

/// Takes over the file's training type, unless the command line chose one.
fn choose_paradigm(settings: &mut Settings, file: &Loaded) {
    let kind = file.get("distributed_type").as_text().unwrap_or("NO").to_owned();
    if CHOOSERS.iter().any(|name| settings.is_on(name)) {
        beat(settings, file, "distributed_type");
        return;
    }
    let from = Origin::Derived("distributed_type".to_owned());
    let mut choose = |name: &str, is_on: bool| {
        if is_on {
            settings.put(name, Value::Bool(true), from.clone());
        }
    };
    choose("use_deepspeed", kind == "DEEPSPEED");
    choose("multi_gpu", MULTI.contains(&kind.as_str()));
    choose("tpu", kind == "XLA");
    choose("use_fsdp", kind == "FSDP");
    choose("use_megatron_lm", kind == "MEGATRON_LM");
    if kind == "XLA" {
        copy(settings, file, "tpu_use_cluster");
    }
    let section = file.get("parallelism_config");
    let is_empty = section.as_map().is_some_and(<[_]>::is_empty);
    let from = Origin::Derived("parallelism_config".to_owned());
    settings.put("use_parallelism_config", Value::Bool(!is_empty), from);
}

/// Takes over the file's GPU numbers. They must be text, and more than one to train on several GPUs.
fn hear_gpu_ids(settings: &mut Settings, file: &Loaded) -> Result<(), Refusal> {
    if *settings.get("gpu_ids") == Value::Null {
        match file.get("gpu_ids") {
            Value::Null => settings.put("gpu_ids", Value::text("all"), Origin::Default),
            _ => copy(settings, file, "gpu_ids"),
        }
    } else {
        beat(settings, file, "gpu_ids");
    }
    if settings.is_on("multi_gpu") && *settings.get("num_machines") == Value::Null {
        copy(settings, file, "num_machines");
    }
    let Some(ids) = settings.get("gpu_ids").as_text() else {
        let kind = settings.get("gpu_ids").kind();
        let sentence =
            format!("`gpu_ids` must be text such as '0,1', and it is {kind}; write quotes around it");
        return Err(Refusal::new("AttributeError", sentence, "gpu_ids"));
    };
    let is_single = !ids.contains(',') && ids != "all" && settings.is_on("multi_gpu");
    if is_single && !python::is_above(settings.get("num_machines"), 1, "num_machines")? {
        let sentence =
            format!("`gpu_ids` names only GPU {ids}, and training on several GPUs needs at least two");
        return Err(Refusal::new("ValueError", sentence, "gpu_ids"));
    }
    Ok(())
}

/// Every key of a section becomes a launch argument, whatever its name, unless an option was given.
fn hear_section(
    settings: &mut Settings,
    file: &Loaded,
    section: &str,
    pairs: &[(Value, Value)],
) -> Result<(), Refusal> {
    let Some(entry) = file.entry(section) else { return Ok(()) };
    for (index, (key, value)) in pairs.iter().enumerate() {
        let Some(key) = key.as_text() else {
            let prefixed = PREFIXES.iter().any(|(name, ..)| *name == section);
            let python = if prefixed { "AttributeError" } else { "TypeError" };
            let sentence = format!("`{section}` has the key {}, which must be text", python::repr(key));
            return Err(Refusal::new(python, sentence, section));
        };
        let origin = file.origin_within(entry, index, &Value::text(key));
        let name = argument(section, key);
        if settings.is_given(&name) {
            settings.beat(&name, value.clone(), origin);
        } else if !["training_script", "training_script_args"].contains(&name.as_str()) {
            settings.put(&name, value.clone(), origin);
        }
    }
    Ok(())
}

/// The launch argument that a key of a section sets.
pub fn argument(section: &str, key: &str) -> String {
    match PREFIXES.iter().find(|(name, ..)| *name == section) {
        Some((_, known, prefix)) if !key.starts_with(known) => format!("{prefix}{key}"),
        _ => key.to_owned(),
    }
}

/// A plain field counts where its argument is still empty: five never are, so the file is not heard.
fn hear_field(settings: &mut Settings, file: &Loaded, name: &str) {
    if ["compute_environment", "mixed_precision", "distributed_type"].contains(&name) {
        return;
    }
    let is_taken =
        settings.origin(name) == file.entry(name).map_or(Origin::Default, |entry| entry.origin.clone());
    match settings.get(name) {
        Value::Null => copy(settings, file, name),
        _ if is_taken => {}
        _ => beat(settings, file, name),
    }
}

fn copy(settings: &mut Settings, file: &Loaded, name: &str) {
    if let Some(entry) = file.entry(name) {
        settings.put(name, entry.value.clone(), entry.origin.clone());
    }
}

/// Notes what the file said and nobody heard; its silence is nothing to note.
fn beat(settings: &mut Settings, file: &Loaded, name: &str) {
    if let Some(entry) = file.entry(name).filter(|entry| entry.origin != Origin::Default) {
        settings.beat(name, entry.value.clone(), entry.origin.clone());
    }
}

/// What counts where no file is read.
pub(super) fn do_without_file(settings: &mut Settings, computer: &Computer) -> Result<(), Refusal> {
    let (devices, what) = computer.devices();
    if *settings.get("num_processes") == Value::Null {
        settings.put("num_processes", Value::int(devices), Origin::Hardware(what.clone()));
    }
    let put = |settings: &mut Settings, name: &str, value: Value| {
        if *settings.get(name) == Value::Null {
            settings.put(name, value, Origin::Default);
        }
    };
    put(settings, "debug", Value::Bool(false));
    let is_several = python::is_above(settings.get("num_processes"), 1, "num_processes")?;
    if !settings.is_on("multi_gpu") && is_several && devices > 1 {
        settings.put("multi_gpu", Value::Bool(true), Origin::Hardware(what));
    }
    put(settings, "num_machines", Value::int(1));
    put(settings, "mixed_precision", Value::text("no"));
    let is_cpu = settings.get("cpu").clone();
    let origin = settings.origin("cpu");
    settings.put("use_cpu", is_cpu, origin);
    put(settings, "dynamo_backend", Value::text("no"));
    Ok(())
}

/// How many CPU threads a process gets: the shell's number, else 1, else a fair share of the cores
/// where only CPUs train.
pub(super) fn count_threads(settings: &mut Settings, computer: &Computer) -> Result<(), Refusal> {
    const NAME: &str = "num_cpu_threads_per_process";
    if *settings.get(NAME) != Value::Null {
        return note_beaten_threads(settings, computer);
    }
    match computer.first_count(&["OMP_NUM_THREADS"])? {
        Some((variable, threads)) => {
            settings.put(NAME, Value::int(threads), Origin::Variable(variable.into()))
        }
        None => settings.put(NAME, Value::int(1), Origin::Default),
    }
    let shell = computer.first_count(&["OMP_NUM_THREADS"])?.map_or(0, |(_, threads)| threads);
    if !settings.is_on("use_cpu")
        || !python::is_above(settings.get("num_processes"), 0, "num_processes")?
        || shell != 0
    {
        return Ok(());
    }
    let locals = ["MPI_LOCALNRANKS", "OMPI_COMM_WORLD_LOCAL_SIZE", "MV2_COMM_WORLD_LOCAL_SIZE"];
    let here = processes_here(settings)?;
    let sharers = computer.first_count(&locals)?.map_or(here, |(_, count)| count);
    if sharers == 0 {
        return Err(Refusal::new("ZeroDivisionError", "MPI says that no process runs on this machine", ""));
    }
    let Some(cores) = computer.machine.host.cores.physical else { return Ok(()) };
    let share = i64::from(cores) / sharers;
    if share > 1 {
        let origin = Origin::Hardware(format!("{cores} CPU cores for {sharers} here"));
        settings.put(NAME, Value::int(share), origin);
    }
    Ok(())
}

fn note_beaten_threads(settings: &mut Settings, computer: &Computer) -> Result<(), Refusal> {
    if let Some((variable, threads)) = computer.first_count(&["OMP_NUM_THREADS"]).unwrap_or(None) {
        let origin = Origin::Variable(variable.to_owned());
        settings.beat("num_cpu_threads_per_process", Value::int(threads), origin);
    }
    Ok(())
}

/// `max(int(num_processes / num_machines), 1)`.
fn processes_here(settings: &Settings) -> Result<i64, Refusal> {
    let names = ["num_processes", "num_machines"];
    let share = python::floor_divided(settings.get(names[0]), settings.get(names[1]), names)?;
    Ok(share.as_number().and_then(|share| num_traits::ToPrimitive::to_i64(&share)).unwrap_or(1).max(1))
}
