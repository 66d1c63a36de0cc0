//! Starting points that people really begin with: the files of `presets/`, compiled in.
//!
//! The file itself is the only source: its first comment line is the title, the comment lines
//! under it say whom it is for. This room knows nothing of what the keys mean.

mod models;
mod text;

pub use models::{MODELS, ModelPreset, model, model_on_hub};
pub use text::garden;

/// One starting point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name on the command line: the file's name without `.yaml`.
    pub name: &'static str,
    /// The whole file, comments included.
    pub text: &'static str,
}

/// Every preset, the most common first.
pub const ALL: &[Preset] = &[
    Preset { name: "single-gpu", text: include_str!("../presets/single-gpu.yaml") },
    Preset { name: "multi-gpu", text: include_str!("../presets/multi-gpu.yaml") },
    Preset { name: "fsdp2", text: include_str!("../presets/fsdp2.yaml") },
    Preset { name: "zero2", text: include_str!("../presets/zero2.yaml") },
    Preset { name: "zero3", text: include_str!("../presets/zero3.yaml") },
    Preset { name: "zero3-offload", text: include_str!("../presets/zero3-offload.yaml") },
    Preset { name: "fsdp2-offload", text: include_str!("../presets/fsdp2-offload.yaml") },
    Preset { name: "fsdp2-long-context", text: include_str!("../presets/fsdp2-long-context.yaml") },
    Preset { name: "fsdp1", text: include_str!("../presets/fsdp1.yaml") },
    Preset { name: "compile", text: include_str!("../presets/compile.yaml") },
    Preset { name: "multi-gpu-2x8", text: include_str!("../presets/multi-gpu-2x8.yaml") },
    Preset { name: "fsdp2-hybrid-2x8", text: include_str!("../presets/fsdp2-hybrid-2x8.yaml") },
    Preset { name: "zero3-2x8", text: include_str!("../presets/zero3-2x8.yaml") },
    Preset { name: "cpu", text: include_str!("../presets/cpu.yaml") },
    Preset { name: "cpu-mpi", text: include_str!("../presets/cpu-mpi.yaml") },
];

impl Preset {
    /// A few words: "Eight GPUs in one machine".
    pub fn title(&self) -> &'static str {
        self.comment().next().unwrap_or(self.name)
    }

    /// A sentence or two on whom it is for.
    pub fn description(&self) -> String {
        self.comment().skip(1).collect::<Vec<_>>().join(" ")
    }

    /// The comment lines at the top, without `# `.
    fn comment(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.text.lines().map_while(|line| line.strip_prefix("# "))
    }
}

/// The preset of that name.
pub fn named(name: &str) -> Option<&'static Preset> {
    ALL.iter().find(|preset| preset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_what_it_is_and_for_whom() {
        for preset in ALL {
            assert!((6..60).contains(&preset.title().len()), "{}: {}", preset.name, preset.title());
            assert!(preset.description().ends_with('.'), "{} describes itself in sentences", preset.name);
            assert!(preset.text.ends_with('\n'), "{} ends its last line", preset.name);
        }
    }

    #[test]
    fn every_file_of_the_folder_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/presets");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder is part of the package")
            .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
            .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
            .collect();
        files.sort();
        let mut names: Vec<&str> = ALL.iter().map(|preset| preset.name).collect();
        names.sort_unstable();
        assert_eq!(files, names);
    }

    #[test]
    fn names_lead_back() {
        assert_eq!(named("cpu").map(Preset::title), Some("CPU only"));
        assert_eq!(named("nonsense"), None);
    }
}
