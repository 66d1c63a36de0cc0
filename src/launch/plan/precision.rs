//! Number formats and torch.compile: what every path but the TPU's tells its workers.

use super::draft::Draft;
use crate::launch::contract;
use crate::layers::{Refusal, python};
use crate::text;
use crate::value::Value;

/// `PrecisionType` of accelerate 1.15.0.
const PRECISIONS: [&str; 4] = ["no", "fp8", "fp16", "bf16"];

/// `DynamoBackend` of accelerate 1.15.0; the option's `torhchxla_trace_once` is none of them.
const BACKENDS: [&str; 16] = [
    "NO",
    "EAGER",
    "AOT_EAGER",
    "INDUCTOR",
    "AOT_TS_NVFUSER",
    "NVPRIMS_NVFUSER",
    "CUDAGRAPHS",
    "OFI",
    "FX2TRT",
    "ONNXRT",
    "TENSORRT",
    "AOT_TORCHXLA_TRACE_ONCE",
    "TORCHXLA_TRACE_ONCE",
    "TVM",
    "HPU_BACKEND",
    "NEURON",
];

/// Checks the precision, without writing it.
pub(super) fn word(draft: &Draft) -> Result<String, Refusal> {
    let precision = draft.word("mixed_precision")?.to_lowercase();
    if PRECISIONS.contains(&precision.as_str()) {
        return Ok(precision);
    }
    let sentence = format!("`mixed_precision` is `{precision}`; write {}", text::any_of(PRECISIONS));
    Err(Refusal::new("ValueError", sentence, "mixed_precision"))
}

/// Writes the precision, and the FP8 recipe where it is needed.
pub(super) fn write(draft: &mut Draft, precision: &str) -> Result<(), Refusal> {
    draft.put("ACCELERATE_MIXED_PRECISION", precision, "mixed_precision");
    if precision == "fp8" { recipe(draft) } else { Ok(()) }
}

/// Every argument that begins with `fp8_` becomes a variable, also one that only the file knows.
fn recipe(draft: &mut Draft) -> Result<(), Refusal> {
    if !draft.site.packages.has_fp8 {
        let sentence =
            "`mixed_precision: fp8` needs torchao, Transformer Engine or MS-AMP, and none is installed";
        return Err(Refusal::new("RuntimeError", sentence, "mixed_precision"));
    }
    let settings = &draft.resolved.settings;
    let recipe: Vec<(&str, &Value)> = settings
        .iter()
        .filter(|setting| setting.name.starts_with("fp8_") && setting.value != Value::Null)
        .map(|setting| (setting.name.as_str(), &setting.value))
        .collect();
    for (name, value) in recipe {
        if name == "fp8_override_linear_precision" {
            for (index, pass) in ["FPROP", "DGRAD", "WGRAD"].into_iter().enumerate() {
                let part = item(value, index)?;
                draft.put(&format!("ACCELERATE_FP8_OVERRIDE_{pass}"), python::str(&part), name);
            }
        } else {
            draft.put(&format!("ACCELERATE_{}", name.to_uppercase()), python::str(value), name);
        }
    }
    Ok(())
}

/// `value[index]`: text is cut into characters.
fn item(value: &Value, index: usize) -> Result<Value, Refusal> {
    let about = "fp8_override_linear_precision";
    let too_short = || {
        let sentence = format!("`{about}` needs three values, for the passes fprop, dgrad and wgrad");
        Refusal::new("IndexError", sentence, about)
    };
    match value {
        Value::List(items) => items.get(index).cloned().ok_or_else(too_short),
        Value::Text(text) => {
            text.chars().nth(index).map(|char| Value::text(char.to_string())).ok_or_else(too_short)
        }
        other => {
            let sentence = format!("`{about}` must be a list of three booleans, and it is {}", other.kind());
            Err(Refusal::new("TypeError", sentence, about))
        }
    }
}

/// Writes what torch.compile is to do.
pub(super) fn compile(draft: &mut Draft) -> Result<(), Refusal> {
    let backend = draft.word("dynamo_backend")?.to_uppercase();
    if !BACKENDS.contains(&backend.as_str()) {
        let sentence = format!("`dynamo_backend` is `{backend}`; write {}", text::any_of(BACKENDS));
        return Err(Refusal::new("ValueError", sentence, "dynamo_backend"));
    }
    draft.put("ACCELERATE_DYNAMO_BACKEND", backend, "dynamo_backend");
    draft.carry(contract::DYNAMO);
    Ok(())
}
