//! The page of models: presets with their counts, and the architectures that are known.

use std::fmt::Write;

use crate::presets::MODELS;

use super::{Mlp, ModelCard, family, read_text};

/// `docs/models.md`, generated from the presets and the rows of the families.
pub fn page() -> String {
    let mut page = String::from(
        "# Models\n\n\
         Written from `presets/models/` and the rows in `src/model/family/`; `make bless` writes it again.\n\n\
         Name one of these presets, a `config.json` or the folder around it, a `.safetensors` file or its index, or\n\
         a model of the Hugging Face hub that your cache holds (`hf download org/name config.json`). Counts are those\n\
         of transformers 5.23, tied matrices once; every tensor's name and shape is compared with it\n\
         (`make oracle-models`).\n\n\
         ## Presets\n\n\
         | name | on the hub | parameters | active | layers | hidden | heads | vocabulary |\n\
         |---|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for preset in MODELS {
        let card = read_text(preset.text, preset.name).expect("every preset is read by a test");
        let hub = preset.hub().map_or_else(|| "–".to_owned(), |hub| format!("`{hub}`"));
        let _ = writeln!(page, "| `{}` | {hub} | {}", preset.name, cells(&card));
    }
    page.push_str(
        "\n## Architectures\n\n\
         A config of any other `model_type` is counted as a usual decoder where its fields have the usual names, and\n\
         says so; weights in `.safetensors` give the exact count for every architecture.\n\n\
         | `model_type` | layers that FSDP wraps when the config names none |\n|---|---|\n",
    );
    for row in family::rows() {
        let types: Vec<String> = row.types.iter().map(|kind| format!("`{kind}`")).collect();
        let kept: Vec<String> = row.no_split.iter().map(|class| format!("`{class}`")).collect();
        let kept = if kept.is_empty() { "none: name one".to_owned() } else { kept.join(", ") };
        let _ = writeln!(page, "| {} | {kept} |", types.join(", "));
    }
    page
}

fn cells(card: &ModelCard) -> String {
    let groups = card.stacks.iter().flat_map(|stack| &stack.groups);
    let has_experts = groups.clone().any(|group| matches!(group.shape.mlp, Mlp::Experts { .. }));
    let active = if has_experts { thousands(card.active_parameters()) } else { "all".to_owned() };
    let layers: Vec<String> = card.stacks.iter().map(|stack| stack.layers().to_string()).collect();
    let heads = card.stacks.iter().filter_map(|stack| stack.groups.first()).map(|group| {
        let (heads, keys) = (group.shape.heads, group.shape.kv_heads);
        if heads == keys { heads.to_string() } else { format!("{heads}/{keys}") }
    });
    let heads: Vec<String> = heads.collect();
    let vocabulary = if card.vocabulary == 0 { "–".to_owned() } else { thousands(card.vocabulary) };
    format!(
        "{} | {active} | {} | {} | {} | {vocabulary} |",
        thousands(card.parameters()),
        layers.join(" + "),
        card.hidden,
        heads.join(" + "),
    )
}

/// `8 030 261 248`, with narrow spaces that do not break.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut written = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            written.push('\u{202f}');
        }
        written.push(digit);
    }
    written
}
