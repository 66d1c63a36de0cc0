//! Models that people really train: the files of `presets/models/`, compiled in.
//!
//! Each is the model's own `config.json`, cut down to what decides its size and its memory. This room
//! knows nothing of what the fields mean.

/// The config of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelPreset {
    /// Its name on the command line: the file's name without `.json`.
    pub name: &'static str,
    /// The `config.json`.
    pub text: &'static str,
}

/// Every model, family by family, small ones first.
pub const MODELS: &[ModelPreset] = &[
    ModelPreset { name: "gpt2", text: include_str!("../../presets/models/gpt2.json") },
    ModelPreset { name: "gpt2-medium", text: include_str!("../../presets/models/gpt2-medium.json") },
    ModelPreset { name: "gpt2-large", text: include_str!("../../presets/models/gpt2-large.json") },
    ModelPreset { name: "gpt2-xl", text: include_str!("../../presets/models/gpt2-xl.json") },
    ModelPreset { name: "tiny-llama", text: include_str!("../../presets/models/tiny-llama.json") },
    ModelPreset { name: "tinyllama-1.1b", text: include_str!("../../presets/models/tinyllama-1.1b.json") },
    ModelPreset { name: "smollm2-135m", text: include_str!("../../presets/models/smollm2-135m.json") },
    ModelPreset { name: "smollm2-360m", text: include_str!("../../presets/models/smollm2-360m.json") },
    ModelPreset { name: "smollm2-1.7b", text: include_str!("../../presets/models/smollm2-1.7b.json") },
    ModelPreset { name: "llama-2-7b", text: include_str!("../../presets/models/llama-2-7b.json") },
    ModelPreset { name: "llama-2-13b", text: include_str!("../../presets/models/llama-2-13b.json") },
    ModelPreset { name: "llama-2-70b", text: include_str!("../../presets/models/llama-2-70b.json") },
    ModelPreset { name: "llama-3-8b", text: include_str!("../../presets/models/llama-3-8b.json") },
    ModelPreset { name: "llama-3-70b", text: include_str!("../../presets/models/llama-3-70b.json") },
    ModelPreset { name: "llama-3.1-8b", text: include_str!("../../presets/models/llama-3.1-8b.json") },
    ModelPreset { name: "llama-3.1-70b", text: include_str!("../../presets/models/llama-3.1-70b.json") },
    ModelPreset { name: "llama-3.1-405b", text: include_str!("../../presets/models/llama-3.1-405b.json") },
    ModelPreset { name: "llama-3.2-1b", text: include_str!("../../presets/models/llama-3.2-1b.json") },
    ModelPreset { name: "llama-3.2-3b", text: include_str!("../../presets/models/llama-3.2-3b.json") },
    ModelPreset { name: "llama-3.3-70b", text: include_str!("../../presets/models/llama-3.3-70b.json") },
    ModelPreset { name: "mistral-7b-v0.1", text: include_str!("../../presets/models/mistral-7b-v0.1.json") },
    ModelPreset { name: "mistral-7b", text: include_str!("../../presets/models/mistral-7b.json") },
    ModelPreset {
        name: "mistral-nemo-12b",
        text: include_str!("../../presets/models/mistral-nemo-12b.json"),
    },
    ModelPreset {
        name: "mistral-small-24b",
        text: include_str!("../../presets/models/mistral-small-24b.json"),
    },
    ModelPreset { name: "mixtral-8x7b", text: include_str!("../../presets/models/mixtral-8x7b.json") },
    ModelPreset { name: "mixtral-8x22b", text: include_str!("../../presets/models/mixtral-8x22b.json") },
    ModelPreset { name: "qwen2.5-0.5b", text: include_str!("../../presets/models/qwen2.5-0.5b.json") },
    ModelPreset { name: "qwen2.5-1.5b", text: include_str!("../../presets/models/qwen2.5-1.5b.json") },
    ModelPreset { name: "qwen2.5-3b", text: include_str!("../../presets/models/qwen2.5-3b.json") },
    ModelPreset { name: "qwen2.5-7b", text: include_str!("../../presets/models/qwen2.5-7b.json") },
    ModelPreset { name: "qwen2.5-14b", text: include_str!("../../presets/models/qwen2.5-14b.json") },
    ModelPreset { name: "qwen2.5-32b", text: include_str!("../../presets/models/qwen2.5-32b.json") },
    ModelPreset { name: "qwen2.5-72b", text: include_str!("../../presets/models/qwen2.5-72b.json") },
    ModelPreset { name: "qwen3-0.6b", text: include_str!("../../presets/models/qwen3-0.6b.json") },
    ModelPreset { name: "qwen3-1.7b", text: include_str!("../../presets/models/qwen3-1.7b.json") },
    ModelPreset { name: "qwen3-4b", text: include_str!("../../presets/models/qwen3-4b.json") },
    ModelPreset { name: "qwen3-8b", text: include_str!("../../presets/models/qwen3-8b.json") },
    ModelPreset { name: "qwen3-14b", text: include_str!("../../presets/models/qwen3-14b.json") },
    ModelPreset { name: "qwen3-32b", text: include_str!("../../presets/models/qwen3-32b.json") },
    ModelPreset { name: "qwen3-30b-a3b", text: include_str!("../../presets/models/qwen3-30b-a3b.json") },
    ModelPreset { name: "qwen3-235b-a22b", text: include_str!("../../presets/models/qwen3-235b-a22b.json") },
    ModelPreset {
        name: "qwen1.5-moe-a2.7b",
        text: include_str!("../../presets/models/qwen1.5-moe-a2.7b.json"),
    },
    ModelPreset { name: "gemma-2b", text: include_str!("../../presets/models/gemma-2b.json") },
    ModelPreset { name: "gemma-7b", text: include_str!("../../presets/models/gemma-7b.json") },
    ModelPreset { name: "gemma-2-2b", text: include_str!("../../presets/models/gemma-2-2b.json") },
    ModelPreset { name: "gemma-2-9b", text: include_str!("../../presets/models/gemma-2-9b.json") },
    ModelPreset { name: "gemma-2-27b", text: include_str!("../../presets/models/gemma-2-27b.json") },
    ModelPreset { name: "gemma-3-270m", text: include_str!("../../presets/models/gemma-3-270m.json") },
    ModelPreset { name: "gemma-3-1b", text: include_str!("../../presets/models/gemma-3-1b.json") },
    ModelPreset { name: "gemma-3-4b", text: include_str!("../../presets/models/gemma-3-4b.json") },
    ModelPreset { name: "gemma-3-12b", text: include_str!("../../presets/models/gemma-3-12b.json") },
    ModelPreset { name: "gemma-3-27b", text: include_str!("../../presets/models/gemma-3-27b.json") },
    ModelPreset { name: "phi-1.5", text: include_str!("../../presets/models/phi-1.5.json") },
    ModelPreset { name: "phi-2", text: include_str!("../../presets/models/phi-2.json") },
    ModelPreset { name: "phi-3-mini", text: include_str!("../../presets/models/phi-3-mini.json") },
    ModelPreset { name: "phi-3-medium", text: include_str!("../../presets/models/phi-3-medium.json") },
    ModelPreset { name: "phi-4", text: include_str!("../../presets/models/phi-4.json") },
    ModelPreset { name: "phi-4-mini", text: include_str!("../../presets/models/phi-4-mini.json") },
    ModelPreset { name: "falcon-7b", text: include_str!("../../presets/models/falcon-7b.json") },
    ModelPreset { name: "falcon-40b", text: include_str!("../../presets/models/falcon-40b.json") },
    ModelPreset { name: "starcoder2-3b", text: include_str!("../../presets/models/starcoder2-3b.json") },
    ModelPreset { name: "starcoder2-7b", text: include_str!("../../presets/models/starcoder2-7b.json") },
    ModelPreset { name: "starcoder2-15b", text: include_str!("../../presets/models/starcoder2-15b.json") },
    ModelPreset {
        name: "deepseek-v2-lite",
        text: include_str!("../../presets/models/deepseek-v2-lite.json"),
    },
    ModelPreset { name: "deepseek-v2", text: include_str!("../../presets/models/deepseek-v2.json") },
    ModelPreset { name: "deepseek-v3", text: include_str!("../../presets/models/deepseek-v3.json") },
    ModelPreset { name: "olmo-2-1b", text: include_str!("../../presets/models/olmo-2-1b.json") },
    ModelPreset { name: "olmo-2-7b", text: include_str!("../../presets/models/olmo-2-7b.json") },
    ModelPreset { name: "olmo-2-13b", text: include_str!("../../presets/models/olmo-2-13b.json") },
    ModelPreset { name: "smollm3-3b", text: include_str!("../../presets/models/smollm3-3b.json") },
    ModelPreset { name: "pythia-70m", text: include_str!("../../presets/models/pythia-70m.json") },
    ModelPreset { name: "pythia-160m", text: include_str!("../../presets/models/pythia-160m.json") },
    ModelPreset { name: "pythia-410m", text: include_str!("../../presets/models/pythia-410m.json") },
    ModelPreset { name: "pythia-1b", text: include_str!("../../presets/models/pythia-1b.json") },
    ModelPreset { name: "pythia-1.4b", text: include_str!("../../presets/models/pythia-1.4b.json") },
    ModelPreset { name: "pythia-2.8b", text: include_str!("../../presets/models/pythia-2.8b.json") },
    ModelPreset { name: "pythia-6.9b", text: include_str!("../../presets/models/pythia-6.9b.json") },
    ModelPreset { name: "pythia-12b", text: include_str!("../../presets/models/pythia-12b.json") },
    ModelPreset { name: "opt-125m", text: include_str!("../../presets/models/opt-125m.json") },
    ModelPreset { name: "opt-350m", text: include_str!("../../presets/models/opt-350m.json") },
    ModelPreset { name: "opt-1.3b", text: include_str!("../../presets/models/opt-1.3b.json") },
    ModelPreset { name: "opt-2.7b", text: include_str!("../../presets/models/opt-2.7b.json") },
    ModelPreset { name: "opt-6.7b", text: include_str!("../../presets/models/opt-6.7b.json") },
    ModelPreset { name: "opt-13b", text: include_str!("../../presets/models/opt-13b.json") },
    ModelPreset { name: "opt-30b", text: include_str!("../../presets/models/opt-30b.json") },
    ModelPreset { name: "bloom-560m", text: include_str!("../../presets/models/bloom-560m.json") },
    ModelPreset { name: "bloom-1b7", text: include_str!("../../presets/models/bloom-1b7.json") },
    ModelPreset { name: "bloom-3b", text: include_str!("../../presets/models/bloom-3b.json") },
    ModelPreset { name: "bloom-7b1", text: include_str!("../../presets/models/bloom-7b1.json") },
    ModelPreset { name: "bloom-176b", text: include_str!("../../presets/models/bloom-176b.json") },
    ModelPreset { name: "gpt-oss-20b", text: include_str!("../../presets/models/gpt-oss-20b.json") },
    ModelPreset { name: "gpt-oss-120b", text: include_str!("../../presets/models/gpt-oss-120b.json") },
    ModelPreset {
        name: "bert-base-uncased",
        text: include_str!("../../presets/models/bert-base-uncased.json"),
    },
    ModelPreset { name: "bert-base-cased", text: include_str!("../../presets/models/bert-base-cased.json") },
    ModelPreset {
        name: "bert-large-uncased",
        text: include_str!("../../presets/models/bert-large-uncased.json"),
    },
    ModelPreset { name: "roberta-base", text: include_str!("../../presets/models/roberta-base.json") },
    ModelPreset { name: "roberta-large", text: include_str!("../../presets/models/roberta-large.json") },
    ModelPreset {
        name: "xlm-roberta-base",
        text: include_str!("../../presets/models/xlm-roberta-base.json"),
    },
    ModelPreset {
        name: "distilbert-base-uncased",
        text: include_str!("../../presets/models/distilbert-base-uncased.json"),
    },
    ModelPreset {
        name: "deberta-v3-small",
        text: include_str!("../../presets/models/deberta-v3-small.json"),
    },
    ModelPreset { name: "deberta-v3-base", text: include_str!("../../presets/models/deberta-v3-base.json") },
    ModelPreset {
        name: "deberta-v3-large",
        text: include_str!("../../presets/models/deberta-v3-large.json"),
    },
    ModelPreset { name: "t5-small", text: include_str!("../../presets/models/t5-small.json") },
    ModelPreset { name: "t5-base", text: include_str!("../../presets/models/t5-base.json") },
    ModelPreset { name: "t5-large", text: include_str!("../../presets/models/t5-large.json") },
    ModelPreset { name: "t5-3b", text: include_str!("../../presets/models/t5-3b.json") },
    ModelPreset { name: "flan-t5-small", text: include_str!("../../presets/models/flan-t5-small.json") },
    ModelPreset { name: "flan-t5-base", text: include_str!("../../presets/models/flan-t5-base.json") },
    ModelPreset { name: "flan-t5-large", text: include_str!("../../presets/models/flan-t5-large.json") },
    ModelPreset { name: "flan-t5-xl", text: include_str!("../../presets/models/flan-t5-xl.json") },
    ModelPreset { name: "flan-t5-xxl", text: include_str!("../../presets/models/flan-t5-xxl.json") },
    ModelPreset { name: "mt5-small", text: include_str!("../../presets/models/mt5-small.json") },
    ModelPreset { name: "mt5-base", text: include_str!("../../presets/models/mt5-base.json") },
    ModelPreset { name: "bart-base", text: include_str!("../../presets/models/bart-base.json") },
    ModelPreset { name: "bart-large", text: include_str!("../../presets/models/bart-large.json") },
    ModelPreset {
        name: "vit-base-patch16-224",
        text: include_str!("../../presets/models/vit-base-patch16-224.json"),
    },
    ModelPreset {
        name: "vit-large-patch16-224",
        text: include_str!("../../presets/models/vit-large-patch16-224.json"),
    },
    ModelPreset { name: "dinov2-small", text: include_str!("../../presets/models/dinov2-small.json") },
    ModelPreset { name: "dinov2-base", text: include_str!("../../presets/models/dinov2-base.json") },
    ModelPreset { name: "dinov2-large", text: include_str!("../../presets/models/dinov2-large.json") },
    ModelPreset { name: "dinov2-giant", text: include_str!("../../presets/models/dinov2-giant.json") },
    ModelPreset {
        name: "clip-vit-base-patch32",
        text: include_str!("../../presets/models/clip-vit-base-patch32.json"),
    },
    ModelPreset {
        name: "clip-vit-base-patch16",
        text: include_str!("../../presets/models/clip-vit-base-patch16.json"),
    },
    ModelPreset {
        name: "clip-vit-large-patch14",
        text: include_str!("../../presets/models/clip-vit-large-patch14.json"),
    },
    ModelPreset { name: "whisper-tiny", text: include_str!("../../presets/models/whisper-tiny.json") },
    ModelPreset { name: "whisper-base", text: include_str!("../../presets/models/whisper-base.json") },
    ModelPreset { name: "whisper-small", text: include_str!("../../presets/models/whisper-small.json") },
    ModelPreset { name: "whisper-medium", text: include_str!("../../presets/models/whisper-medium.json") },
    ModelPreset {
        name: "whisper-large-v3",
        text: include_str!("../../presets/models/whisper-large-v3.json"),
    },
    ModelPreset {
        name: "whisper-large-v3-turbo",
        text: include_str!("../../presets/models/whisper-large-v3-turbo.json"),
    },
    ModelPreset { name: "flux.1-dev", text: include_str!("../../presets/models/flux.1-dev.json") },
    ModelPreset { name: "flux.1-schnell", text: include_str!("../../presets/models/flux.1-schnell.json") },
    ModelPreset { name: "sd3-medium", text: include_str!("../../presets/models/sd3-medium.json") },
    ModelPreset { name: "sd3.5-medium", text: include_str!("../../presets/models/sd3.5-medium.json") },
    ModelPreset { name: "sd3.5-large", text: include_str!("../../presets/models/sd3.5-large.json") },
];

/// The model of that name, in any case.
pub fn model(name: &str) -> Option<&'static ModelPreset> {
    MODELS.iter().find(|preset| preset.name.eq_ignore_ascii_case(name))
}

impl ModelPreset {
    /// Where its weights lie on the hub: `meta-llama/Llama-3.1-8B`. `None` for a model of our own.
    pub fn hub(&self) -> Option<&'static str> {
        let (_, rest) = self.text.split_once("\"_name_or_path\": \"")?;
        rest.split_once('"').map(|(hub, _)| hub)
    }
}

/// The model whose weights lie there on the hub, in any case; releases that differ from it only in
/// what they learnt (`-Instruct`, `-it`, `-hf`, `-Base`, `-pt`, `-chat`) are the same model.
pub fn model_on_hub(id: &str) -> Option<&'static ModelPreset> {
    let wanted = plain(id);
    MODELS.iter().find(|preset| preset.hub().is_some_and(|hub| plain(hub) == wanted))
}

fn plain(id: &str) -> String {
    let mut id = id.to_lowercase();
    for ending in ["-instruct", "-it", "-hf", "-base", "-pt", "-chat"] {
        if let Some(shorter) = id.strip_suffix(ending) {
            id = shorter.to_owned();
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/presets/models");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder is part of the package")
            .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().replace(".json", ""))
            .collect();
        files.sort();
        let mut names: Vec<&str> = MODELS.iter().map(|preset| preset.name).collect();
        names.sort_unstable();
        assert_eq!(files, names);
    }

    #[test]
    fn names_and_addresses_lead_back() {
        let llama = model("Llama-3.1-8B").expect("it is listed");
        assert_eq!(llama.hub(), Some("meta-llama/Llama-3.1-8B"));
        assert_eq!(model_on_hub("meta-llama/llama-3.1-8b-instruct"), Some(llama));
        assert_eq!(model_on_hub("google/gemma-3-4b-it").map(|it| it.name), Some("gemma-3-4b"));
        assert_eq!(model_on_hub("someone/else"), None);
        assert_eq!(model("tiny-llama").and_then(ModelPreset::hub), None);
    }
}
