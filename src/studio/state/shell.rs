//! What the shell says beside the config: variables that the workers read in place of a field, because
//! a launch of this config does not write them. Pure: it is handed the machine.

use crate::document::Document;
use crate::hardware::Machine;
use crate::launch::{self, Packages, Script, Site};
use crate::layers::{Computer, Layers, Source, resolve};
use crate::schema;

/// Variables that belong to the CPU threads, though fields about the CPU bring them along.
const THREADS: [&str; 3] = ["OMP_NUM_THREADS", "KMP_AFFINITY", "KMP_BLOCKTIME"];

/// The shell from which a launch would start.
#[derive(Clone, Debug, Default)]
pub(in crate::studio) struct Shell {
    computer: Computer,
}

/// A field in whose place the workers read a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::studio) struct Heard {
    /// The field's key.
    pub key: &'static str,
    /// The variable's name; its value may be nobody's business.
    pub variable: &'static str,
}

impl Shell {
    /// The shell of a machine.
    pub fn of(machine: Machine) -> Shell {
        Shell { computer: Computer { machine, accelerator: None } }
    }

    /// The fields that this shell decides, by the plan for a config; none where there is no plan.
    pub fn heard(&self, document: &Document) -> Vec<Heard> {
        let env = &self.computer.machine.env;
        let set: Vec<Heard> = schema::fields()
            .flat_map(|field| field.env.iter().map(|variable| Heard { key: field.key, variable }))
            .filter(|heard| !THREADS.contains(&heard.variable))
            .filter(|heard| env.get(heard.variable).is_some_and(|value| !value.is_empty()))
            .collect();
        // Most shells say nothing, and then no plan is needed.
        if set.is_empty() {
            return set;
        }
        let Some(written) = self.written(document) else { return Vec::new() };
        set.into_iter().filter(|heard| !written.iter().any(|name| name == heard.variable)).collect()
    }

    /// The names of all variables that a launch of this config writes.
    fn written(&self, document: &Document) -> Option<Vec<String>> {
        let source = Source { name: String::new(), document: document.clone() };
        let layers = Layers { source: Some(source), computer: self.computer.clone(), ..Layers::default() };
        let resolved = resolve(&layers);
        let site = Site {
            python: "python".to_owned(),
            folder: None,
            packages: Packages { deepspeed: Some(String::new()), has_fp8: true, has_tpu: true },
            mpi: None,
            is_port_taken: &|_| false,
            port_holder: &|_| None,
            free_port: &|| 0,
            honours_file: false,
        };
        let script = Script { name: "train.py".to_owned(), arguments: Vec::new() };
        let plan = launch::plan(&resolved, &self.computer, &site, &script).ok()?;
        let first = plan.processes.first()?;
        Some(plan.env_of(first).keys().map(|name| (*name).to_string()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;

    fn heard(variables: &[(&str, &str)], text: &str) -> Vec<(&'static str, &'static str)> {
        let env = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let shell = Shell::of(Machine { env, ..Machine::default() });
        let found = shell.heard(&Document::parse(text, Format::Yaml));
        found.into_iter().map(|heard| (heard.key, heard.variable)).collect()
    }

    #[test]
    fn only_what_the_launch_leaves_alone_is_heard() {
        let several = "distributed_type: MULTI_GPU\nnum_processes: 2\nmixed_precision: bf16\n";
        let cpu = [("ACCELERATE_USE_CPU", "1")];
        assert_eq!(heard(&cpu, several), [("use_cpu", "ACCELERATE_USE_CPU")]);
        let alone = "distributed_type: 'NO'\nnum_processes: 1\nuse_cpu: true\n";
        assert_eq!(heard(&cpu, alone), [], "the launch of one process writes it");
        assert_eq!(heard(&[("ACCELERATE_MIXED_PRECISION", "fp16")], several), [], "the file beats it");
        assert_eq!(heard(&[("OMP_NUM_THREADS", "4")], several), []);
    }

    #[test]
    fn visible_devices_count_until_the_file_names_some() {
        let devices = [("CUDA_VISIBLE_DEVICES", "0,1")];
        let text = "distributed_type: MULTI_GPU\nnum_processes: 2\n";
        assert_eq!(heard(&devices, text), [("gpu_ids", "CUDA_VISIBLE_DEVICES")]);
        assert_eq!(heard(&devices, &format!("{text}gpu_ids: '2,3'\n")), []);
        assert_eq!(heard(&devices, "distributed_type: [\n"), [], "no plan, nothing to say");
    }
}
