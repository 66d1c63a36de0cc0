//! What other strategies would need: about forty rows for one model, workload and number of GPUs.

use crate::memory::{
    Ddp, Estimate, Fsdp, FsdpStrategy, MemoryError, Offload, Sharding, Strategy, Workload, Zero, estimate,
};
use crate::model::ModelCard;

/// One strategy of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its sharding.
    pub sharding: Sharding,
    /// Whether layers are computed again in backward.
    pub has_checkpointing: bool,
    /// Its estimate, or why there is none.
    pub estimate: Result<Estimate, MemoryError>,
}

/// The usual strategies over the GPUs of another one, each with checkpointing and without.
pub fn table(card: &ModelCard, work: &Workload, strategy: &Strategy) -> Vec<Row> {
    let shardings = shardings(strategy.world);
    let both = shardings.into_iter().flat_map(|sharding| [(sharding.clone(), false), (sharding, true)]);
    both.map(|(sharding, has_checkpointing)| {
        let work = Workload { has_checkpointing, ..work.clone() };
        let estimate = estimate(card, &work, &plain(strategy, sharding.clone()));
        Row { sharding, has_checkpointing, estimate }
    })
    .collect()
}

/// The same processes and precision, sharded otherwise and split in no other way.
fn plain(strategy: &Strategy, sharding: Sharding) -> Strategy {
    let is_hybrid = matches!(
        &sharding,
        Sharding::Fsdp(Fsdp { strategy: FsdpStrategy::Hybrid | FsdpStrategy::HybridGradOp, .. })
    );
    let replicas = if is_hybrid { strategy.machines() } else { 1 };
    Strategy {
        world: strategy.world,
        local: strategy.local,
        precision: strategy.precision,
        accumulation: strategy.accumulation,
        replicas,
        sharding,
        ..Strategy::default()
    }
}

fn shardings(world: u64) -> Vec<Sharding> {
    let whole = if world == 1 { Sharding::Single } else { Sharding::Ddp(Ddp::default()) };
    let zero = |stage, optimizer_offload, parameter_offload| {
        Sharding::Zero(Zero { optimizer_offload, parameter_offload, ..Zero::at(stage) })
    };
    let (gpu, host, disk) = (Offload::None, Offload::Cpu, Offload::Nvme);
    let fsdp =
        |version, strategy, offloads| Sharding::Fsdp(Fsdp { version, strategy, offloads, ..Fsdp::default() });
    vec![
        whole,
        fsdp(2, FsdpStrategy::GradOp, false),
        fsdp(2, FsdpStrategy::Full, false),
        fsdp(2, FsdpStrategy::Full, true),
        fsdp(1, FsdpStrategy::None, false),
        fsdp(1, FsdpStrategy::GradOp, false),
        fsdp(1, FsdpStrategy::Full, false),
        fsdp(1, FsdpStrategy::Full, true),
        fsdp(1, FsdpStrategy::Hybrid, false),
        fsdp(1, FsdpStrategy::HybridGradOp, false),
        zero(0, gpu, gpu),
        zero(1, gpu, gpu),
        zero(1, host, gpu),
        zero(2, gpu, gpu),
        zero(2, host, gpu),
        zero(3, gpu, gpu),
        zero(3, host, gpu),
        zero(3, host, host),
        zero(3, disk, gpu),
        zero(3, disk, disk),
    ]
}
