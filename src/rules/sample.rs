//! Sample configs of rules: at once their documentation and their tests.

use std::collections::BTreeMap;

use super::companion::{Companion, wanted};
use super::exposed::Exposed;
use super::surroundings::{Finders, Surroundings};
use crate::document::{Document, Exposure, Format};
use crate::hardware::{Device, Disk, DiskKind, Gpus, Host, Instance, Machine, Memory, Mig, Ram};
use crate::model;
use crate::schema::Release;

/// A sample config, whole or a fragment.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The file's name, which chooses the reader.
    pub file: &'static str,
    /// Its bytes as shown in the documentation.
    pub bytes: &'static [u8],
    /// DeepSpeed's file beside it, as name and text.
    pub beside: Option<(&'static str, &'static str)>,
    /// True when the file that it names is not there.
    pub is_alone: bool,
    /// True when keys that every launch needs are to be added where the sample leaves them out.
    fragment: bool,
    /// The release for which it is judged.
    pub release: Release,
    /// The GPUs of the machine, where the rule needs one; the second sort beside the first.
    pub machine: [Option<On>; 2],
    /// True where these GPUs are cut into slices.
    is_sliced: bool,
    /// What is trained, where the rule needs it: a preset's name and tokens per sequence.
    pub training: Option<(&'static str, u64)>,
    /// True where everybody on the machine may write the files that it names.
    pub is_exposed: bool,
}

/// GPUs of one sort in a sample's machine.
#[derive(Clone, Copy, Debug)]
pub struct On {
    /// How many.
    pub gpus: usize,
    /// As the driver calls them.
    pub name: &'static str,
    /// Memory of one, in GiB.
    pub gib: u64,
    /// Compute capability.
    pub capability: (u32, u32),
    /// RAM of the machine, in GiB; 0 where it does not matter.
    pub ram: u64,
    /// Free space of its NVMe disk, in GiB; 0 for none.
    pub disk: u64,
}

/// What every launch needs, by key.
const NEEDED: [(&str, &str); 2] = [("distributed_type", "MULTI_GPU"), ("num_processes", "2")];

/// A piece of a YAML config: what every launch needs is added to it.
pub(super) const fn yaml(text: &'static str) -> Sample {
    Sample {
        file: "config.yaml",
        bytes: text.as_bytes(),
        beside: None,
        is_alone: false,
        fragment: true,
        release: Release::LATEST,
        machine: [None; 2],
        is_sliced: false,
        training: None,
        is_exposed: false,
    }
}

/// A piece of a YAML config, and DeepSpeed's file `ds.json` beside it.
pub(super) const fn yaml_beside(text: &'static str, other: &'static str) -> Sample {
    Sample { beside: Some(("ds.json", other)), ..yaml(text) }
}

/// A piece of a YAML config that names a file which is not there.
pub(super) const fn yaml_alone(text: &'static str) -> Sample {
    Sample { is_alone: true, ..yaml(text) }
}

/// A whole file, taken as it is.
pub(super) const fn file(name: &'static str, bytes: &'static [u8]) -> Sample {
    Sample { file: name, bytes, fragment: false, ..yaml("") }
}

impl Sample {
    /// The sample, judged for another release than the newest.
    pub(super) const fn at(self, major: u16, minor: u16) -> Sample {
        Sample { release: Release(major, minor), ..self }
    }

    /// The sample, for a machine with such GPUs.
    pub(super) const fn on(self, gpus: On) -> Sample {
        Sample { machine: [Some(gpus), None], ..self }
    }

    /// The sample, for a machine with GPUs of another sort beside the first.
    pub(super) const fn and_another(self, gpus: On) -> Sample {
        Sample { machine: [self.machine[0], Some(gpus)], ..self }
    }

    /// The sample, for the training of a preset's model on sequences of so many tokens.
    pub(super) const fn training(self, model: &'static str, sequence: u64) -> Sample {
        Sample { training: Some((model, sequence)), ..self }
    }

    /// The sample, for a machine whose GPUs are cut into slices.
    pub(super) const fn sliced(self) -> Sample {
        Sample { is_sliced: true, ..self }
    }

    /// The sample, where everybody may write the files that it names.
    pub(super) const fn exposed(self) -> Sample {
        Sample { is_exposed: true, ..self }
    }

    /// The bytes of a file that Accelerate would look at: a fragment is completed.
    pub fn completed(&self) -> Vec<u8> {
        let mut bytes = self.bytes.to_vec();
        if !self.fragment {
            return bytes;
        }
        for (key, value) in NEEDED.iter().filter(|(key, _)| !self.mentions(key)) {
            if !bytes.ends_with(b"\n") {
                bytes.push(b'\n');
            }
            bytes.extend_from_slice(format!("{key}: {value}\n").as_bytes());
        }
        bytes
    }

    /// The file beside it, as a reader of files would hand it over.
    pub fn companion(&self) -> Companion {
        match self.beside {
            Some((name, text)) => {
                Companion::Read { name: name.to_owned(), document: Document::parse(text, Format::Json) }
            }
            None => match wanted(&Document::from_bytes(&self.completed(), Format::of(self.file))) {
                Some(name) if self.is_alone => Companion::Missing { name, beside: None },
                _ => Companion::Unseen,
            },
        }
    }

    /// What is known beside it.
    pub fn surroundings(&self) -> Surroundings {
        let machine =
            self.machine[0].map(|on| Machine { gpus: self.gpus(), host: on.host(), ..Machine::default() });
        let document = Document::from_bytes(&self.completed(), Format::of(self.file));
        let exposed = Exposed::of(&document, |_| self.is_exposed.then_some(Exposure::File));
        let around = Surroundings { exposed, machine, ..Surroundings::with(self.companion()) };
        self.followed(around, &document)
    }

    /// The same with the model and the step that are trained.
    fn followed(&self, mut around: Surroundings, document: &Document) -> Surroundings {
        let words = self.training.map(|(model, sequence)| {
            [("model", model.to_owned()), ("sequence", sequence.to_string())]
                .map(|(name, word)| (name.to_owned(), word))
        });
        let finders = Finders {
            model: &|name| model::find(name, &BTreeMap::new()).map_err(|error| error.to_string()),
            machine: &|name| Err(format!("`{name}` is no machine of samples")),
        };
        around.follow(document, &words.into_iter().flatten().collect(), &finders);
        around
    }

    fn gpus(&self) -> Gpus {
        let sorts = self.machine.iter().flatten();
        Gpus::listed(sorts.flat_map(|sort| vec![sort.device(self.is_sliced); sort.gpus]).collect())
    }

    /// What is said of the machine: `on a machine with 4 × NVIDIA A100-SXM4-40GB`.
    pub fn circumstances(&self) -> Option<String> {
        if self.is_exposed {
            return Some("where everybody on the machine may write the file that it names".to_owned());
        }
        let sorts: Vec<String> = self.machine.iter().flatten().map(On::words).collect();
        let slices = if self.is_sliced { ", cut into slices (MIG)" } else { "" };
        let machine =
            (!sorts.is_empty()).then(|| format!("on a machine with {}{slices}", sorts.join(" and ")));
        let training =
            self.training.map(|(model, sequence)| format!("training {model} on {sequence} tokens"));
        let words: Vec<String> = training.into_iter().chain(machine).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The sample for a reader's eyes: what is not UTF-8 shows as a mark.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes).into_owned()
    }

    fn mentions(&self, key: &str) -> bool {
        self.text().lines().any(|line| line.starts_with(key))
    }
}

impl On {
    /// The same in a machine with so many GiB of RAM.
    pub(super) const fn with_ram(self, ram: u64) -> On {
        On { ram, ..self }
    }

    /// The same in a machine with so many GiB free on an NVMe disk.
    pub(super) const fn with_disk(self, disk: u64) -> On {
        On { disk, ..self }
    }

    fn host(&self) -> Host {
        let ram = (self.ram > 0).then_some(Ram { total: self.ram << 30, available: None, limit: None });
        let disk = Disk { kind: DiskKind::Nvme, free: Some(self.disk << 30), ..Disk::default() };
        let disks = if self.disk > 0 { vec![disk] } else { Vec::new() };
        Host { ram, disks, ..Host::default() }
    }

    fn device(&self, is_sliced: bool) -> Device {
        Device {
            name: Some(self.name.to_owned()),
            memory: Some(Memory::of(self.gib << 30)),
            capability: Some(self.capability),
            mig: is_sliced.then(|| Mig { is_enabled: true, instances: vec![Instance::default()] }),
            ..Device::default()
        }
    }

    fn words(&self) -> String {
        let gpus =
            if self.gpus == 0 { "no GPU".to_owned() } else { format!("{} × {}", self.gpus, self.name) };
        let ram = if self.ram > 0 { format!(", {} GiB of RAM", self.ram) } else { String::new() };
        let disk = if self.disk > 0 { format!(", {} GiB free on NVMe", self.disk) } else { String::new() };
        format!("{gpus}{ram}{disk}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_is_completed_and_a_whole_file_is_not() {
        let fragment = yaml("num_processes: 8").completed();
        assert_eq!(fragment, b"num_processes: 8\ndistributed_type: MULTI_GPU\n");
        assert_eq!(file("a.json", b"{}").completed(), b"{}");
    }
}
