//! A config in one line: "FSDP2 · 8 processes · bf16".

use crate::config::Config;
use crate::schema::truth_word;
use crate::text::count;
use crate::value::Value;

/// The line; empty for a config that says nothing yet.
pub(super) fn of(config: &Config) -> String {
    let parts = [strategy(config), processes(config), machines(config), precision(config)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// How the work is spread, with the detail that people ask for first.
fn strategy(config: &Config) -> Option<String> {
    if word(config, "compute_environment").is_some_and(|name| name.eq_ignore_ascii_case("AMAZON_SAGEMAKER")) {
        return Some("SageMaker".to_owned());
    }
    let is_cpu = config.get("use_cpu").is_some_and(is_true);
    let name = match config.get("distributed_type")? {
        Value::Bool(false) => "NO".to_owned(),
        value => value.as_text()?.to_ascii_uppercase(),
    };
    Some(match name.as_str() {
        "NO" if is_cpu => "one CPU process".to_owned(),
        "NO" => "one device".to_owned(),
        "MULTI_GPU" => "several GPUs".to_owned(),
        "MULTI_CPU" => "several CPU processes".to_owned(),
        "FSDP" => fsdp(config),
        "DEEPSPEED" => deepspeed(config),
        "MEGATRON_LM" => "Megatron-LM".to_owned(),
        "XLA" | "TPU" => "TPU".to_owned(),
        _ => name,
    })
}

fn fsdp(config: &Config) -> String {
    let version = ["fsdp_config.fsdp_version", "fsdp_config.version"].iter().find_map(|key| config.get(key));
    let is_second = version.is_some_and(|value| value.as_int() == Some(2) || value.as_text() == Some("2"));
    if is_second { "FSDP2".to_owned() } else { "FSDP1".to_owned() }
}

fn deepspeed(config: &Config) -> String {
    let stage = config.get("deepspeed_config.zero_stage").and_then(|stage| match stage {
        Value::Text(text) => text.trim().parse().ok(),
        stage => stage.as_int(),
    });
    match stage {
        Some(stage) => format!("DeepSpeed ZeRO-{stage}"),
        None => "DeepSpeed".to_owned(),
    }
}

fn processes(config: &Config) -> Option<String> {
    let number = config.get("num_processes")?.as_int()?;
    Some(if number == 1 { "1 process".to_owned() } else { format!("{number} processes") })
}

fn machines(config: &Config) -> Option<String> {
    let number = usize::try_from(config.get("num_machines")?.as_int()?).ok()?;
    (number > 1).then(|| count(number, "machine"))
}

fn precision(config: &Config) -> Option<String> {
    let name = word(config, "mixed_precision")?.to_ascii_lowercase();
    Some(if name == "no" { "fp32".to_owned() } else { name })
}

fn word<'a>(config: &'a Config, key: &str) -> Option<&'a str> {
    config.get(key)?.as_text()
}

fn is_true(value: &Value) -> bool {
    value.as_bool().or_else(|| truth_word(value.as_text()?)).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Document, Format};

    fn line(text: &str) -> String {
        of(&Config::read(&Document::parse(text, Format::Yaml)))
    }

    #[test]
    fn the_usual_configs_read_as_people_name_them() {
        let fsdp = "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\nnum_processes: 8\nmixed_precision: bf16\n";
        assert_eq!(line(fsdp), "FSDP2 · 8 processes · bf16");
        let zero = "distributed_type: DEEPSPEED\ndeepspeed_config: {zero_stage: 3}\nnum_machines: 2\nnum_processes: 16\n";
        assert_eq!(line(zero), "DeepSpeed ZeRO-3 · 16 processes · 2 machines");
        assert_eq!(line("distributed_type: NO\nmixed_precision: 'no'\n"), "one device · fp32");
        assert_eq!(line("[1]"), "");
    }
}
