//! Rules that need a machine: what the config asks of its GPUs, and what they are.
//!
//! They speak only where a machine is known, and of NVIDIA's GPUs only where they depend on CUDA.

mod devices;
mod precision;

pub(super) use devices::RULES as DEVICE_RULES;
pub(super) use precision::RULES as PRECISION_RULES;

use super::{Facts, sample};
use crate::hardware::{Device, Gpus, Unseen};
use crate::value::Value;

/// Machines of the samples.
const TWO_V100: sample::On =
    sample::On { gpus: 2, name: "Tesla V100-SXM2-16GB", gib: 16, capability: (7, 0), ram: 0, disk: 0 };
pub(super) const FOUR_A100: sample::On =
    sample::On { gpus: 4, name: "NVIDIA A100-SXM4-40GB", gib: 40, capability: (8, 0), ram: 0, disk: 0 };
pub(super) const TWO_H100: sample::On =
    sample::On { gpus: 2, name: "NVIDIA H100 80GB HBM3", gib: 80, capability: (9, 0), ram: 0, disk: 0 };
const WITHOUT_GPU: sample::On = sample::On { gpus: 0, name: "", gib: 0, capability: (0, 0), ram: 0, disk: 0 };

impl<'a> Facts<'a> {
    /// The GPUs that the job's processes on one machine may use, in the order of `gpu_ids`; `None` where
    /// nobody knows: no machine is given, its driver does not answer, or the ids are no numbers.
    pub(super) fn gpus(&self) -> Option<Vec<&'a Device>> {
        let machine = self.machine?;
        let visible = match &machine.gpus {
            Gpus::Listed { .. } => machine.visible_gpus(),
            Gpus::Unseen(Unseen::NoDriver) => Vec::new(),
            Gpus::Unseen(_) => return None,
        };
        let Some(ids) = self.chosen_ids() else { return Some(visible) };
        // `gpu_ids` takes the place of CUDA_VISIBLE_DEVICES, which counts all devices.
        let all = machine.gpus.devices();
        ids.into_iter().map(|id| all.get(usize::try_from(id).ok()?)).collect()
    }

    /// The device numbers of `gpu_ids`; `None` for all, and where they are no numbers.
    pub(super) fn chosen_ids(&self) -> Option<Vec<u64>> {
        let text = match self.get("gpu_ids")? {
            Value::Text(text) if text != "all" => text.clone(),
            Value::Int(number) => number.to_string(),
            _ => return None,
        };
        text.split(',').map(|id| id.trim().parse().ok()).collect()
    }

    /// True where each process of the job computes on a GPU of its own.
    pub(super) fn wants_gpus(&self) -> bool {
        let on_gpus = matches!(self.local_type(), Some("MULTI_GPU" | "FSDP" | "DEEPSPEED" | "MEGATRON_LM"));
        on_gpus && self.config.flag("use_cpu") != Some(true)
    }

    /// Processes on one machine, where the file gives a sensible number.
    pub(super) fn local_processes(&self) -> Option<usize> {
        usize::try_from(self.processes()? / self.machines()).ok().filter(|processes| *processes > 0)
    }
}

/// The name of a device for a sentence.
fn called(device: &Device) -> String {
    device.name.clone().unwrap_or_else(|| "a GPU without a name".to_owned())
}
