//! What one machine holds outside of its GPUs: weights while they are loaded, what is offloaded, and what
//! lies on disks. Tensors only: Python and its libraries take a few GB per process besides.
//!
//! Sources: transformers 5.23 `from_pretrained` (each process loads all weights, except that under FSDP with
//! `cpu_ram_efficient_loading` and under ZeRO-3's init only the first of the job does); DeepSpeed 0.19.8
//! `stage_1_and_2.py`, `stage3.py`, `swap_tensor/` for what is offloaded; its own estimator multiplies host
//! memory by 1.5, because pinned memory is handed out in powers of two.

use std::collections::BTreeMap;

use super::step::{Step, bytes};
use super::zero::{Numbers, passage};
use super::{Fsdp, Host, Offload, Sharding, Zero, optimizer};

/// RAM and disks of one machine.
pub(crate) fn of(step: &Step<'_>) -> Host {
    let local = step.strategy.local as f64;
    let mut kept = match &step.strategy.sharding {
        Sharding::Fsdp(fsdp) => of_fsdp(step, fsdp),
        Sharding::Zero(zero) => of_zero(step, zero),
        _ => Kept::default(),
    };
    kept.parts.retain(|_, amount| *amount > 0.0);
    let parts: BTreeMap<&'static str, u64> =
        kept.parts.into_iter().map(|(what, amount)| (what, bytes(amount * local))).collect();
    let kept = Host { parts, nvme: bytes(kept.disk * local) };
    let loading = bytes(loading(step));
    if kept.ram() >= loading {
        return kept;
    }
    // What is offloaded comes when the loaded copy has gone.
    Host { parts: BTreeMap::from([("loading the weights", loading)]), nvme: kept.nvme }
}

/// Bytes per process.
#[derive(Default)]
struct Kept {
    parts: BTreeMap<&'static str, f64>,
    disk: f64,
}

/// The weights as they come from the checkpoint, as often as a machine holds them.
fn loading(step: &Step<'_>) -> f64 {
    let is_shared = match &step.strategy.sharding {
        Sharding::Fsdp(fsdp) => fsdp.loads_once,
        Sharding::Zero(zero) => zero.shards_at_init,
        _ => false,
    };
    let copies = if is_shared { 1.0 } else { step.strategy.local as f64 };
    copies * step.formats.stored * step.units.sum(|unit| unit.parameters)
}

fn of_fsdp(step: &Step<'_>, fsdp: &Fsdp) -> Kept {
    let mut kept = Kept::default();
    if fsdp.offloads_activations {
        kept.parts.insert("activations", step.saved());
    }
    if !fsdp.offloads {
        return kept;
    }
    let ways = step.strategy.shards() as f64;
    let trainable = step.units.sum(|unit| unit.trainable) / ways;
    let states = optimizer::of_flat(step.work, trainable, step.formats.weight);
    kept.parts.insert("parameters", step.formats.weight * step.units.sum(|unit| unit.parameters) / ways);
    kept.parts.insert("gradients", step.formats.weight * trainable);
    kept.parts.insert("optimizer", states.kept + states.temporary);
    kept
}

fn of_zero(step: &Step<'_>, zero: &Zero) -> Kept {
    let numbers = Numbers::of(step, zero);
    let moved = numbers.stepped * zero.offload_per_mille.min(1000) as f64 / 1000.0;
    let states = 4.0 * moved + optimizer::of_flat(step.work, moved, 4.0).kept;
    let group = if zero.stage == 3 { moved.min(zero.sub_group.max(1) as f64) } else { moved };
    let mut kept = Kept::default();
    match zero.optimizer_offload {
        Offload::None => {}
        Offload::Cpu => {
            kept.parts.insert("optimizer", states);
            // In fp32 for the step, and in 16 bits on the way.
            kept.parts.insert("gradients", (4.0 + step.formats.used) * moved + passage(step, zero));
        }
        Offload::Nvme => {
            kept.disk += states;
            kept.parts.insert("swap buffers", 4.0 * zero.optimizer_buffers as f64 * group);
            kept.parts.insert("gradients", step.formats.used * moved);
        }
    }
    let share = numbers.whole / numbers.ways;
    match zero.parameter_offload {
        Offload::None => {}
        Offload::Cpu => {
            kept.parts.insert("parameters", share);
        }
        Offload::Nvme => {
            kept.disk += share;
            let buffers = zero.parameter_buffers as f64 * zero.parameter_buffer as f64;
            kept.parts.insert("parameters", share.min(step.formats.used * zero.most_in_host as f64));
            *kept.parts.entry("swap buffers").or_default() += step.formats.used * buffers;
        }
    }
    if zero.pins_memory {
        let all: f64 = kept.parts.values().sum();
        kept.parts.insert("rounding of pinned memory", 0.5 * all);
    }
    kept
}

#[cfg(test)]
mod tests {
    use crate::memory::{Fsdp, Offload, Precision, Sharding, Strategy, Workload, Zero, estimate};
    use crate::model::{Dtype, ModelCard};

    fn card() -> ModelCard {
        let text = crate::presets::model("tinyllama-1.1b").expect("it is a preset").text;
        crate::model::read_text(text, "tinyllama").expect("a card is read")
    }

    fn host(sharding: Sharding) -> crate::memory::Host {
        let work = Workload { weights: Dtype::Bf16, sequence: 64, ..Workload::default() };
        let strategy =
            Strategy { world: 4, local: 4, precision: Precision::Bf16, sharding, ..Strategy::default() };
        estimate(&card(), &work, &strategy).expect("it stands").host
    }

    #[test]
    fn loading_once_needs_one_copy_and_otherwise_one_per_process() {
        let numbers = card().parameters();
        let fsdp = |loads_once| Sharding::Fsdp(Fsdp { loads_once, ..Fsdp::default() });
        assert_eq!(host(fsdp(true)).ram(), 2 * numbers);
        assert_eq!(host(fsdp(false)).ram(), 4 * 2 * numbers);
        assert_eq!(host(Sharding::Zero(Zero::at(2))).ram(), 4 * 2 * numbers);
        assert_eq!(host(Sharding::Zero(Zero::at(3))).ram(), 2 * numbers);
    }

    #[test]
    fn an_offloaded_optimizer_lives_on_the_host_and_its_file_on_the_disk() {
        let numbers = card().parameters() as f64;
        let with = |optimizer_offload| Sharding::Zero(Zero { optimizer_offload, ..Zero::at(3) });
        let cpu = host(with(Offload::Cpu));
        let expected = 1.5 * (12.0 + 6.0) * numbers;
        assert!((cpu.ram() as f64 - expected).abs() < 0.001 * expected, "{cpu:?}");
        let nvme = host(with(Offload::Nvme));
        assert!((nvme.nvme as f64 - 12.0 * numbers).abs() < 0.001 * 12.0 * numbers, "{nvme:?}");
        assert_eq!(cpu.nvme, 0);
    }
}
