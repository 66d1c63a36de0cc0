//! What a config and DeepSpeed's own JSON file say about ZeRO.
//!
//! With a JSON file only that counts; Accelerate fills in its `auto` values. Without one Accelerate makes
//! a config of four keys and DeepSpeed's defaults do the rest (accelerate 1.15.0, `DeepSpeedPlugin`).

use super::read::positive;
use super::{Elements, Offload, Precision, Strategy, Zero};
use crate::config::Config;
use crate::value::Value;

const SECTION: &str = "deepspeed_config";

pub(super) fn read(config: &Config, json: Option<&Value>, strategy: &mut Strategy) -> Zero {
    match json {
        Some(json) => beside(config, &Json(json), strategy),
        None => inline(config, strategy),
    }
}

fn inline(config: &Config, strategy: &mut Strategy) -> Zero {
    if config.text(&key("deepspeed_config_file")).is_some_and(|file| file != "none") {
        strategy.doubt("the file of `deepspeed_config_file` was not read; stage and defaults are counted");
    }
    let stage = stage(config, strategy);
    strategy.accumulation = positive(config, &key("gradient_accumulation_steps")).unwrap_or(1);
    let device = |name: &str| offload(&config.text(&key(name)).unwrap_or_default());
    let shards_at_init = config.flag(&key("zero3_init_flag")).unwrap_or(stage == 3) && stage == 3;
    let mut zero = Zero { shards_at_init, ..Zero::at(stage) };
    place(&mut zero, device("offload_optimizer_device"), device("offload_param_device"));
    zero
}

/// Stage 0 offloads nothing, and only stage 3 offloads parameters (deepspeed 0.19.8).
fn place(zero: &mut Zero, optimizer: Offload, parameters: Offload) {
    zero.optimizer_offload = if zero.stage > 0 { optimizer } else { Offload::None };
    zero.parameter_offload = if zero.stage == 3 { parameters } else { Offload::None };
}

fn beside(config: &Config, json: &Json, strategy: &mut Strategy) -> Zero {
    let stage = match json.number("zero_optimization.stage") {
        Some(stage) => stage.min(3),
        None => stage(config, strategy),
    };
    let default = Zero::at(stage);
    let steps = json.number("gradient_accumulation_steps").filter(|steps| *steps > 0);
    strategy.accumulation = steps.unwrap_or(1);
    strategy.precision = precision(json, strategy.precision);
    let zero = |name: &str| json.number(&format!("zero_optimization.{name}"));
    let flag = |name: &str| json.flag(&format!("zero_optimization.{name}"));
    let either = |name: &str| zero(&format!("stage3_{name}")).or_else(|| zero(name));
    let filled = |name: &str, auto: Elements, default: Elements| {
        let is_auto = |name: &str| json.word(&format!("zero_optimization.{name}")) == Some("auto");
        let short = name.trim_start_matches("stage3_");
        let number = || zero(name).or_else(|| zero(short)).map(Elements::Fixed);
        if is_auto(name) || is_auto(short) { auto } else { number().unwrap_or(default) }
    };
    let mut read = Zero {
        reduce_bucket: filled("reduce_bucket_size", Elements::HiddenSquared(10), default.reduce_bucket),
        allgather_bucket: zero("allgather_bucket_size").unwrap_or(default.allgather_bucket),
        prefetch_bucket: filled(
            "stage3_prefetch_bucket_size",
            Elements::HiddenSquared(9),
            default.prefetch_bucket,
        ),
        persistence: filled("stage3_param_persistence_threshold", Elements::Hidden(100), default.persistence),
        max_live: either("max_live_parameters").unwrap_or(default.max_live),
        max_reuse: either("max_reuse_distance").unwrap_or(default.max_reuse),
        sub_group: zero("sub_group_size").unwrap_or(default.sub_group),
        overlaps: flag("overlap_comm").unwrap_or(default.overlaps),
        has_contiguous_gradients: flag("contiguous_gradients").unwrap_or(true),
        shards_at_init: config.flag(&key("zero3_init_flag")).unwrap_or(true) && stage == 3,
        has_own_optimizer: json.at("optimizer").is_some(),
        sums_in_fp32: json.word("data_types.grad_accum_dtype") == Some("fp32"),
        pins_memory: flag("offload_optimizer.pin_memory").unwrap_or(true)
            || flag("offload_param.pin_memory").unwrap_or(true),
        offload_per_mille: per_mille(json.at("zero_optimization.offload_optimizer.ratio")),
        optimizer_buffers: zero("offload_optimizer.buffer_count").unwrap_or(default.optimizer_buffers),
        parameter_buffers: zero("offload_param.buffer_count").unwrap_or(default.parameter_buffers),
        parameter_buffer: zero("offload_param.buffer_size").unwrap_or(default.parameter_buffer),
        most_in_host: zero("offload_param.max_in_cpu").unwrap_or(default.most_in_host),
        ..default
    };
    let device = |part: &str, old: &str| {
        let word = json.word(&format!("zero_optimization.{part}.device"));
        let is_old = || flag(old).filter(|is_on| *is_on).map(|_| Offload::Cpu);
        word.map(offload).or_else(is_old).unwrap_or_default()
    };
    place(
        &mut read,
        device("offload_optimizer", "cpu_offload"),
        device("offload_param", "cpu_offload_param"),
    );
    remark(config, json, strategy);
    read
}

/// What DeepSpeed's file can say and the estimate does not count.
fn remark(config: &Config, json: &Json, strategy: &mut Strategy) {
    const UNCOUNTED: [(&str, &str); 8] = [
        ("zero_optimization.zero_quantized_weights", "quantised weights (ZeRO++)"),
        ("zero_optimization.zero_quantized_nontrainable_weights", "quantised frozen weights (ZeRO++)"),
        ("zero_optimization.zero_quantized_gradients", "quantised gradients (ZeRO++)"),
        ("zero_optimization.zenflow", "ZenFlow"),
        ("zero_optimization.offload_optimizer.super_offload", "SuperOffload"),
        ("activation_checkpointing.partition_activations", "activations split over tensor parallel GPUs"),
        ("tensor_parallel", "DeepSpeed's own tensor parallelism"),
        ("compression_training", "compression"),
    ];
    for (key, what) in UNCOUNTED {
        if json.at(key).is_some_and(Value::is_truthy) {
            strategy.doubt(format!("DeepSpeed's file turns on {what}, which is not counted"));
        }
    }
    if json.number("zero_optimization.zero_hpz_partition_size").is_some_and(|size| size > 1) {
        strategy.doubt("the second copy of the parameters (`zero_hpz_partition_size`) is not counted");
    }
    let refused = ["zero_stage", "offload_optimizer_device", "offload_param_device"];
    if refused.iter().any(|name| config.value(&key(name)).is_some_and(|value| *value != Value::Null)) {
        strategy.doubt("Accelerate refuses stage and offload beside a DeepSpeed file; the file is counted");
    }
}

/// bf16 and fp16 as DeepSpeed's file says; `auto` or silence means what Accelerate was told.
fn precision(json: &Json, told: Precision) -> Precision {
    let state = |name: &str| match (json.at(name), json.flag(&format!("{name}.enabled"))) {
        (None, _) => None,
        (Some(_), Some(is_on)) => Some(is_on),
        (Some(_), None) if json.word(&format!("{name}.enabled")) == Some("auto") => None,
        (Some(_), None) => Some(false),
    };
    match (state("bf16"), state("fp16"), told) {
        (Some(true), ..) if told == Precision::Fp8 => Precision::Fp8,
        (Some(true), ..) => Precision::Bf16,
        (_, Some(true), _) => Precision::Fp16,
        (Some(false), _, Precision::Bf16 | Precision::Fp8) => Precision::No,
        (_, Some(false), Precision::Fp16) => Precision::No,
        _ => told,
    }
}

fn key(name: &str) -> String {
    format!("{SECTION}.{name}")
}

fn stage(config: &Config, strategy: &mut Strategy) -> u64 {
    let written = config.int(&key("zero_stage")).unwrap_or(2);
    match u64::try_from(written) {
        Ok(stage @ 0..=3) => stage,
        _ => {
            strategy.doubt(format!("there is no ZeRO stage {written}; stage 2 is counted"));
            2
        }
    }
}

fn offload(word: &str) -> Offload {
    match word.to_lowercase().as_str() {
        "cpu" => Offload::Cpu,
        "nvme" => Offload::Nvme,
        _ => Offload::None,
    }
}

fn per_mille(ratio: Option<&Value>) -> u64 {
    // Clamped first, so that the cast is exact enough and never wraps.
    ratio.and_then(Value::as_number).map_or(1000, |ratio| (ratio.clamp(0.0, 1.0) * 1000.0).round() as u64)
}

/// DeepSpeed's file by dotted paths.
struct Json<'a>(&'a Value);

impl Json<'_> {
    fn at(&self, dotted: &str) -> Option<&Value> {
        let value = dotted.split('.').try_fold(self.0, |value, key| value.get(key))?;
        Some(value).filter(|value| **value != Value::Null)
    }

    fn word(&self, dotted: &str) -> Option<&str> {
        self.at(dotted)?.as_text()
    }

    /// A whole number, also written as `5e8` or in quotes, as pydantic reads it.
    fn number(&self, dotted: &str) -> Option<u64> {
        let value = self.at(dotted)?;
        let number = value.as_number().or_else(|| value.as_text()?.trim().parse().ok())?;
        // Casts from floats stop at the ends of the range.
        (number >= 0.0).then_some(number as u64)
    }

    fn flag(&self, dotted: &str) -> Option<bool> {
        let value = self.at(dotted)?;
        value.as_bool().or_else(|| crate::schema::truth_word(value.as_text()?))
    }
}
