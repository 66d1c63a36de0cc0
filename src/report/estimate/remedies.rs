//! What solvers answer, for people: what to change, and what comes of it.

use serde_json::{Map, Value};

use super::json;
use crate::memory::solve::{Change, Remedy};
use crate::text::bytes;

/// Remedies that are shown: with the page above them they stand on one screen.
const SHOWN: usize = 3;

/// Remedies as numbered advice for a terminal of that many columns. `ram` is the memory of a machine.
pub fn advice(remedies: &[Remedy], ram: Option<u64>, width: usize) -> String {
    let width = width.clamp(60, 100);
    if remedies.is_empty() {
        return "No change that is known here makes it fit: use more GPUs, larger ones, or a smaller model.\n"
            .to_owned();
    }
    let mut out = String::from("What makes it fit, the cheapest first:\n");
    for (number, remedy) in remedies.iter().take(SHOWN).enumerate() {
        let host = remedy.estimate.host.ram();
        let beyond = match ram {
            Some(ram) if host > ram => format!(", more than the {} there are", bytes(ram)),
            _ => String::new(),
        };
        let needed = bytes(remedy.estimate.needed());
        let host = bytes(host);
        out += &format!("{}. {needed} per GPU, {host} of host RAM on each machine{beyond}\n", number + 1);
        for (title, cost) in &remedy.steps {
            wrap(&mut out, width, "   - ", title);
            wrap(&mut out, width, "     costs ", cost);
        }
        let script: Vec<String> = remedy.changes.iter().filter_map(in_script).collect();
        if !script.is_empty() {
            wrap(&mut out, width, "   In the script: ", &format!("{}.", script.join("; ")));
        }
    }
    out
}

fn wrap(out: &mut String, width: usize, start: &str, words: &str) {
    let indent = " ".repeat(start.chars().take_while(|letter| " -".contains(*letter)).count());
    let options = textwrap::Options::new(width).initial_indent(start).subsequent_indent(&indent);
    for line in textwrap::wrap(words, options) {
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// What the script must do for a change, where it is not the file's.
fn in_script(change: &Change) -> Option<String> {
    match change {
        Change::Config { .. } => None,
        Change::Accumulation(steps) => Some(format!("gradient_accumulation_steps={steps}")),
        Change::Workload { name, value } => match *name {
            "step" => Some("`fused=True` for the optimizer".to_owned()),
            "optimizer" => Some("`bitsandbytes.optim.AdamW8bit` as the optimizer".to_owned()),
            "checkpointing" => Some("`model.gradient_checkpointing_enable()`".to_owned()),
            "fused_loss" => Some("`use_liger_kernel=True`, or Liger's own model class".to_owned()),
            "micro_batch" => Some(format!("{value} sequences per GPU in each batch")),
            "lora_rank" => Some(format!("peft's `LoraConfig(r={value}, target_modules=\"all-linear\")`")),
            "lora_base_bits" => Some(format!("`BitsAndBytesConfig(load_in_{value}bit=True)`")),
            _ => None,
        },
    }
}

/// Remedies under the key `remedies` of the JSON report.
pub fn answer(remedies: &[Remedy]) -> Map<String, Value> {
    let list: Vec<Value> = remedies.iter().map(json::remedy).collect();
    Map::from_iter([("remedies".to_owned(), Value::Array(list))])
}
