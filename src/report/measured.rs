//! What a few real steps took, beside what the estimate said of them.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::memory::{Category, Estimate};
use crate::text::{bytes, count};
use crate::worker::{Counted, Depth, Held, Measured};

/// Columns of names and of numbers.
const NAME: usize = 12;
const NUMBER: usize = 12;

/// Both as a table; `model` is how the person named it.
pub fn table(model: &str, measured: &Measured, estimate: Option<&Estimate>) -> String {
    let planned = &measured.planned;
    let mut text = format!(
        "{model} with {} on {} ({})\n",
        count(planned.blocks as usize, "block"),
        count(measured.ranks as usize, "rank"),
        measured.device
    );
    if measured.is_extrapolated {
        let depths: Vec<String> = measured.runs.iter().map(|run| run.blocks.to_string()).collect();
        let _ = writeln!(
            text,
            "not run whole: a straight line through models of {} blocks",
            depths.join(" and ")
        );
    }
    let counted = match measured.counted {
        Counted::Allocated => "what tensors hold on the GPU",
        Counted::Resident => "what the process has in RAM",
    };
    let _ = writeln!(text, "\n{:NAME$}{:>NUMBER$}{:>NUMBER$}", "of a rank", "measured", "estimated");
    let foreseen = estimate.map(foreseen);
    for (number, (name, held)) in planned.memory.parts().into_iter().enumerate() {
        let said = foreseen.and_then(|parts| parts[number]).map_or_else(|| "–".to_owned(), bytes);
        let _ = writeln!(text, "{name:NAME$}{:>NUMBER$}{said:>NUMBER$}", bytes(held));
    }
    let without_base = planned.memory.peak.saturating_sub(planned.memory.base);
    let said = estimate.map(Estimate::allocated);
    let shown = said.map_or_else(|| "–".to_owned(), bytes);
    let _ = writeln!(text, "{:NAME$}{:>NUMBER$}{shown:>NUMBER$}", "above base", bytes(without_base));
    let _ = writeln!(text, "{:NAME$}{:>NUMBER$}", "peak", bytes(planned.memory.peak));
    let _ = writeln!(text, "\nMeasured is {counted}; the estimate is of PyTorch on a GPU.");
    let _ = writeln!(text, "{}", speed(planned, measured.mfu));
    text
}

fn speed(planned: &Depth, mfu: Option<f64>) -> String {
    let share = match mfu {
        Some(share) => format!("{:.1} % of what the device can do (MFU)", share * 100.0),
        None => "MFU unknown: nobody says what the device can do".to_owned(),
    };
    format!("A step takes {:.3} s: {:.0} tokens/s; {share}.", planned.step_seconds, planned.tokens_per_second)
}

/// Bytes in the order of [`Held::parts`]; none for what an estimate does not speak of.
fn foreseen(estimate: &Estimate) -> [Option<u64>; 5] {
    let most = |category: Category| {
        estimate.moments.iter().map(|moment| moment.held.of(category)).max().unwrap_or_default()
    };
    let kept = [Category::Weights, Category::Gradients, Category::Optimizer].map(most);
    let working = kept.iter().fold(estimate.allocated(), |rest, part| rest.saturating_sub(*part));
    [None, Some(kept[0]), Some(kept[1]), Some(kept[2]), Some(working)]
}

/// Both as one JSON object.
pub fn json(model: &str, measured: &Measured, estimate: Option<&Estimate>) -> String {
    let estimated = estimate.map(|estimate| {
        let names = Held::default().parts().map(|(name, _)| name);
        let parts = names.into_iter().zip(foreseen(estimate));
        let mut parts: serde_json::Map<String, Json> =
            parts.filter_map(|(name, bytes)| Some((name.to_owned(), bytes?.into()))).collect();
        parts.insert("allocated".to_owned(), estimate.allocated().into());
        parts.insert("needed".to_owned(), estimate.needed().into());
        parts
    });
    format!("{:#}\n", json!({ "model": model, "measured": measured, "estimated": estimated }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_two_depths_is_said_to_be_one() {
        let memory = Held { base: 1 << 20, weights: 2 << 20, peak: 9 << 20, ..Held::default() };
        let depth =
            |blocks| Depth { blocks, parameters: 5, memory, step_seconds: 0.5, tokens_per_second: 256.0 };
        let measured = Measured {
            device: "cpu".to_owned(),
            counted: Counted::Resident,
            ranks: 2,
            runs: vec![depth(2), depth(4)],
            planned: depth(32),
            is_extrapolated: true,
            mfu: None,
        };
        let text = table("big", &measured, None);
        assert!(
            text.starts_with("big with 32 blocks on 2 ranks (cpu)\nnot run whole: a straight line"),
            "{text}"
        );
        assert!(text.contains("\nweights          2.0 MiB           –\n"), "{text}");
        assert!(text.contains("\nabove base       8.0 MiB           –\n"), "{text}");
        assert!(text.contains("A step takes 0.500 s: 256 tokens/s; MFU unknown"), "{text}");
    }
}
