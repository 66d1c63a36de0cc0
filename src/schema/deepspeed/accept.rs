//! Whether DeepSpeed takes a value, and what is wrong where it does not.
//!
//! Strict sections convert what they can: `5e8` and `"500"` are whole numbers there and `"yes"` is true.
//! Elsewhere a value is used as it stands.

use super::{Auto, Holds, Manner, Setting};
use crate::value::Value;

/// Why a value does not fit a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Unfit {
    /// The word `auto`, which nobody replaces here.
    Auto,
    /// A value of another type; holds what is expected.
    Type(String),
    /// A number out of range, or none of the words; holds what is expected.
    Range(String),
    /// Text that DeepSpeed takes for true because it is not empty.
    TrueText,
}

/// Words that strict sections read as a boolean, in any case.
const TRUTHS: [&str; 12] = ["0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes"];

impl Setting {
    /// Whether DeepSpeed takes this value here and does what it says.
    pub fn takes(&self, value: &Value) -> Result<(), Unfit> {
        if value.as_text() == Some("auto") {
            return self.takes_auto();
        }
        if *value == Value::Null {
            return if self.takes_null() { Ok(()) } else { Err(self.wrong_type()) };
        }
        match (self.holds, self.manner()) {
            (Holds::Anything, _) => Ok(()),
            (Holds::Section(_), _) => value.as_map().map(|_| ()).ok_or_else(|| self.wrong_type()),
            (Holds::Bool, Manner::Strict) => self.check(is_strict_bool(value)),
            (Holds::Bool, _) => self.takes_raw_bool(value),
            (Holds::Int(min), Manner::Strict) => self.in_range(strict_int(value), min as f64, f64::INFINITY),
            (Holds::Int(min), manner) => self.in_range(raw_int(value, manner), min as f64, f64::INFINITY),
            (Holds::Number(min, max), Manner::Strict) => self.in_range(strict_number(value), min, max),
            (Holds::Number(min, max), _) => self.in_range(raw_number(value), min, max),
            (Holds::Stage, _) => self.in_range(strict_stage(value), 0.0, 3.0),
            (Holds::Word(words), _) => self.takes_word(words, value),
            (Holds::Text, _) => self.check(value.as_text().is_some()),
            (Holds::Texts, _) => self.check(is_texts(value)),
        }
    }

    fn takes_auto(&self) -> Result<(), Unfit> {
        if self.auto == Auto::Nobody { Err(Unfit::Auto) } else { Ok(()) }
    }

    /// True where null means "not set".
    fn takes_null(&self) -> bool {
        match (self.holds, self.manner()) {
            (Holds::Anything, _) => true,
            (Holds::Section(_), _) | (_, Manner::Strict) => NULLABLE.contains(&self.key),
            _ => !REFUSES_NULL.contains(&self.key),
        }
    }

    /// A boolean outside of strict sections: Python's truth of whatever stands there.
    fn takes_raw_bool(&self, value: &Value) -> Result<(), Unfit> {
        match value {
            Value::Bool(_) | Value::Int(_) | Value::Float(_) => Ok(()),
            Value::Text(_) if REFUSES_NULL.contains(&self.key) => Err(self.wrong_type()),
            Value::Text(text) if !text.is_empty() => Err(Unfit::TrueText),
            _ => Err(self.wrong_type()),
        }
    }

    fn takes_word(&self, words: &[&str], value: &Value) -> Result<(), Unfit> {
        let Some(text) = value.as_text() else { return Err(self.wrong_type()) };
        let is_loose = self.manner() == Manner::Loose;
        let fits = |word: &&&str| **word == text || (is_loose && word.eq_ignore_ascii_case(text));
        words.iter().find(fits).map(|_| ()).ok_or_else(|| Unfit::Range(self.holds.expected()))
    }

    fn in_range(&self, number: Option<f64>, min: f64, max: f64) -> Result<(), Unfit> {
        let Some(number) = number else { return Err(self.wrong_type()) };
        let is_within = (number >= min && number <= max) || min == i64::MIN as f64;
        if is_within { Ok(()) } else { Err(Unfit::Range(self.holds.expected())) }
    }

    fn check(&self, fits: bool) -> Result<(), Unfit> {
        if fits { Ok(()) } else { Err(self.wrong_type()) }
    }

    fn wrong_type(&self) -> Unfit {
        Unfit::Type(self.holds.expected())
    }
}

/// Sections, and settings of strict sections, that may be null.
const NULLABLE: &[&str] = &[
    "bf16",
    "aio",
    "expert_parallel",
    "optimizer.params",
    "zero_optimization.offload_param",
    "zero_optimization.leaf_module",
    "zero_optimization.zenflow",
    "zero_optimization.zenflow.steps_per_epoch",
    "zero_optimization.overlap_comm",
    "zero_optimization.cpu_offload",
    "zero_optimization.cpu_offload_param",
    "zero_optimization.cpu_offload_use_pin_memory",
    "zero_optimization.offload_param.nvme_path",
    "zero_optimization.offload_optimizer.nvme_path",
    "wandb.group",
    "wandb.team",
    "comet.project",
    "comet.workspace",
    "comet.api_key",
    "comet.experiment_name",
    "comet.experiment_key",
    "comet.online",
    "comet.mode",
    "compile.passes",
    "tensor_parallel.vocab_parallel_lm_head",
    "tensor_parallel.preset_model",
];

/// Settings outside of strict sections that must be there when they are written at all.
const REFUSES_NULL: &[&str] = &[
    "gradient_accumulation_steps",
    "gradient_allreduce_op",
    "wall_clock_breakdown",
    "flops_profiler.enabled",
    "checkpoint.tag_validation",
    "torch_autocast.dtype",
];

fn is_strict_bool(value: &Value) -> bool {
    match value {
        Value::Bool(_) => true,
        Value::Text(text) => TRUTHS.iter().any(|word| word.eq_ignore_ascii_case(text)),
        other => matches!(other.as_number(), Some(number) if number == 0.0 || number == 1.0),
    }
}

/// The whole number that a strict section makes of a value.
fn strict_int(value: &Value) -> Option<f64> {
    // Python's int() reads no exponent from text.
    if value.as_text().is_some_and(|text| text.contains(['e', 'E'])) {
        return None;
    }
    let number = match value {
        Value::Text(text) => text.trim().replace('_', "").parse().ok()?,
        other => strict_number(other)?,
    };
    (number.is_finite() && number.fract() == 0.0).then_some(number)
}

/// The whole number that stands there; as an argument, written as one.
fn raw_int(value: &Value, manner: Manner) -> Option<f64> {
    match value {
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Float(number) if manner != Manner::Arguments && number.fract() == 0.0 => Some(*number),
        other => other.as_int().map(|number| number as f64),
    }
}

/// The number that stands there; Python counts true as 1.
fn raw_number(value: &Value) -> Option<f64> {
    value.as_bool().map(|flag| f64::from(u8::from(flag))).or_else(|| value.as_number())
}

fn strict_number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Text(text) => text.trim().parse().ok(),
        other => other.as_number(),
    }
}

fn strict_stage(value: &Value) -> Option<f64> {
    strict_int(value)
}

fn is_texts(value: &Value) -> bool {
    value.as_list().is_some_and(|items| items.iter().all(|item| item.as_text().is_some()))
}
