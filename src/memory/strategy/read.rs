//! From a config's values to a strategy: which launcher runs, who starts how many processes, which mesh.
//!
//! Facts are those of accelerate 1.15.0. A config that Accelerate refuses still gets the strategy that it
//! was meant to be, and a sentence says so. What is not said here is what the schema's rows say.

use super::{Ddp, Precision, Sharding, Strategy, fsdp, megatron, zero};
use crate::config::Config;
use crate::value::Value;

impl Strategy {
    /// The strategy of a config. `deepspeed` is what DeepSpeed's own JSON file says, where the config names
    /// one; `gpus` is how many GPUs the job would get where the file does not say how many processes.
    pub fn read(config: &Config, deepspeed: Option<&Value>, gpus: Option<u64>) -> Strategy {
        let mut strategy = Strategy { precision: precision(config), ..Strategy::default() };
        let kind = config.distributed_type().unwrap_or("NO").to_owned();
        if config.is_sagemaker() {
            strategy.doubt("the file is for SageMaker, which decides about processes and GPUs itself");
        }
        strategy.count_processes(config, &kind, gpus);
        strategy.sharding = match kind.as_str() {
            "NO" => Sharding::Single,
            "FSDP" => Sharding::Fsdp(fsdp::read(config, &mut strategy)),
            "DEEPSPEED" => Sharding::Zero(zero::read(config, deepspeed, &mut strategy)),
            "MEGATRON_LM" => Sharding::Megatron(megatron::read(config, &mut strategy)),
            _ => Sharding::Ddp(Ddp::default()),
        };
        strategy.mesh(config, &kind);
        strategy.remark(config, &kind);
        strategy
    }

    /// Adds a sentence about what the estimate does not know.
    pub(super) fn doubt(&mut self, sentence: impl Into<String>) {
        self.unknown.push(sentence.into());
    }

    /// `num_processes` over `num_machines`; the launcher starts the same number on each machine, rounded
    /// down, and a single one for the type `NO`, whatever the file says.
    fn count_processes(&mut self, config: &Config, kind: &str, gpus: Option<u64>) {
        if kind == "NO" {
            if config.int("num_processes").is_some_and(|processes| processes > 1) {
                self.doubt("the type `NO` starts one process, whatever `num_processes` says");
            }
            return;
        }
        let machines = positive(config, "num_machines").unwrap_or(1);
        let written = positive(config, "num_processes");
        let processes = written.or(gpus).unwrap_or(machines).max(machines);
        if written.is_none() {
            let why = "the file does not say `num_processes`";
            self.doubt(format!("{why}; {} counted", crate::text::count(processes as usize, "process")));
        }
        self.local = (processes / machines).max(1);
        self.world = self.local.saturating_mul(machines);
    }

    /// Sizes of the device mesh, where the type builds one.
    fn mesh(&mut self, config: &Config, kind: &str) {
        let size = |axis: &str| {
            positive(config, &format!("parallelism_config.parallelism_config_{axis}_size")).unwrap_or(1)
        };
        if matches!(kind, "NO" | "MEGATRON_LM" | "XLA" | "TPU" | "MULTI_CPU") || !has_mesh(config) {
            return;
        }
        let is_second = matches!(&self.sharding, Sharding::Fsdp(fsdp) if fsdp.version == 2);
        let (replicas, shards) = (size("dp_replicate"), size("dp_shard"));
        (self.tensor, self.context, self.sequence) = (size("tp"), size("cp"), size("sp"));
        if is_second {
            self.replicas = replicas;
        }
        let axes = [replicas, shards, self.tensor, self.context, self.sequence];
        let product = axes.iter().fold(1, |product: u64, size| product.saturating_mul(*size));
        if product > 1 && product != self.world && self.sequence == 1 {
            let sentence = format!("the mesh multiplies to {product}, but {} processes start", self.world);
            self.doubt(sentence);
        }
        if matches!(&self.sharding, Sharding::Fsdp(fsdp) if fsdp.version != 2) && product > 1 {
            self.doubt("Accelerate refuses a mesh with FSDP version 1");
        }
        if self.sequence > 1 && !matches!(self.sharding, Sharding::Zero(_)) {
            self.doubt("sequence parallelism needs DeepSpeed; without it nothing is split");
            self.sequence = 1;
        }
        if self.context > 1 && !is_second {
            self.doubt("context parallelism needs FSDP version 2; Accelerate refuses anything else");
            self.context = 1;
        }
    }

    /// What changes memory and is not modelled.
    fn remark(&mut self, config: &Config, kind: &str) {
        let may_have_none =
            !matches!(kind, "MULTI_GPU" | "FSDP" | "DEEPSPEED" | "MEGATRON_LM" | "XLA" | "TPU");
        self.is_on_cpu = kind == "MULTI_CPU" || (may_have_none && config.flag("use_cpu") == Some(true));
        if matches!(kind, "XLA" | "TPU" | "MULTI_XPU" | "MULTI_NPU" | "MULTI_HPU" | "MULTI_NEURON") {
            self.doubt("numbers are those of CUDA; other accelerators allocate differently");
        }
        let compiler = config.text("dynamo_config.dynamo_backend").unwrap_or_else(|| "NO".to_owned());
        if !compiler.eq_ignore_ascii_case("no") && kind != "DEEPSPEED" {
            self.doubt("torch.compile fuses operations and often needs 7 to 15 % less than this");
        }
        if self.precision == Precision::Fp8 {
            self.doubt("fp8 is counted as bf16; measured savings of its libraries are close to nothing");
        }
    }
}

/// A number of at least 1.
pub(super) fn positive(config: &Config, key: &str) -> Option<u64> {
    config.int(key).and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0)
}

fn precision(config: &Config) -> Precision {
    match config.mixed_precision().as_deref() {
        Some("bf16") => Precision::Bf16,
        Some("fp16") => Precision::Fp16,
        Some("fp8") => Precision::Fp8,
        _ => Precision::No,
    }
}

fn has_mesh(config: &Config) -> bool {
    config.get("parallelism_config").is_some_and(Value::is_truthy)
}
