//! `accel-studio-worker measure ASK.json`: a few real steps of a planned model on random tokens, and what they took
//! of memory and time, as one JSON object on rank 0's standard output.
//!
//! Knows when to look at memory and clock; nothing of estimates.

mod depth;
mod error;
mod gauge;
mod shallow;
mod speed;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use accel_studio::worker::{Ask, Depth, Measured};

use crate::comm::{Wish, World};
use crate::network::Network;
use crate::torch::device;
use error::{MeasureError, Result};
use gauge::Gauge;

/// Measures a few steps of a run.
#[derive(clap::Args, Debug)]
pub struct Measure {
    /// What to measure, a JSON file that `accel-studio measure` writes
    ask: PathBuf,
}

impl Measure {
    /// Measures, and says on standard error why it could not.
    pub fn run(&self) -> ExitCode {
        match read(&self.ask).and_then(|ask| measure(&ask)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let _ = writeln!(std::io::stderr(), "error: {error}");
                ExitCode::from(2)
            }
        }
    }
}

fn read(path: &Path) -> Result<Ask> {
    let failed = |why: String| MeasureError::Ask { path: path.to_owned(), why };
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| failed(error.to_string()))
}

fn measure(ask: &Ask) -> Result<()> {
    let layout = &ask.run.layout;
    if !layout.is_on_cpu {
        // must come before anything else that libtorch does; the world says why there is no GPU, if there is none
        let _ = device::load_cuda();
    }
    let planned = Network::read(&ask.run.model.config)?;
    let world = World::from_environment(Wish {
        replicas: layout.replicas as usize,
        is_on_cpu: layout.is_on_cpu,
        timeout: Duration::from_secs(ask.run.timeout_s.max(1)),
    })?;
    let measured = all_depths(ask, &planned, &world)?;
    if world.rank == 0 {
        let text =
            serde_json::to_string(&measured).map_err(|error| MeasureError::Answer(error.to_string()))?;
        writeln!(std::io::stdout(), "{text}").map_err(|error| MeasureError::Answer(error.to_string()))?;
    }
    // nobody may end before all have what they need of the others
    Ok(world.all.barrier()?)
}

fn all_depths(ask: &Ask, planned: &Network, world: &World) -> Result<Measured> {
    let (blocks, parameters) = size(planned);
    depth::warm_up(ask, world)?;
    let depths = if ask.depths.is_empty() { vec![blocks] } else { ask.depths.clone() };
    let runs = depths
        .iter()
        .map(|depth| {
            let config = shallow::with_blocks(&ask.run.model.config, *depth)?;
            depth::run(ask, Network::read(&config)?, world)
        })
        .collect::<Result<Vec<Depth>>>()?;
    let exact = runs.iter().find(|run| run.blocks == blocks).copied();
    let (first, last) = (runs.first(), runs.last());
    let line =
        || first.zip(last).and_then(|(small, large)| Depth::continued(small, large, blocks, parameters));
    let whole = exact.or_else(line).ok_or(MeasureError::OneDepth { blocks })?;
    let flops = speed::flops_per_token(planned, &ask.run.model.config, ask.run.batch.sequence);
    Ok(Measured {
        device: gauge::name(world.device),
        counted: Gauge::counted(world.device),
        ranks: u32::try_from(world.size).unwrap_or(u32::MAX),
        runs,
        planned: whole,
        is_extrapolated: exact.is_none(),
        mfu: ask.device_flops.map(|most| whole.tokens_per_second * flops / (most * world.size as f64)),
    })
}

/// Blocks and parameters of a network.
fn size(network: &Network) -> (u32, u64) {
    // embedding and head are stages too
    let blocks = u32::try_from(network.stages().len().saturating_sub(2)).unwrap_or(u32::MAX);
    (blocks, u64::try_from(network.parameters()).unwrap_or(0))
}
