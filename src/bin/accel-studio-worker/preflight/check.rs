//! `preflight`: every rank looks at its device, all look at each other, and rank 0 tells what is wrong.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use accel_studio::worker::{Health, Look, RankHealth, Trouble};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::bench::{self, Bench};
use super::collectives::{self, Wrong};
use super::{judge, print, seconds, together};
use crate::comm::{CommError, Wish, World};
use crate::torch::device;

/// Checks devices, memory, speeds and collectives of all ranks in a few seconds.
#[derive(Args, Debug)]
pub struct Preflight {
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
    /// Compute on the CPU even where there is a GPU
    #[arg(long)]
    cpu: bool,
    /// Groups that each hold a whole copy of a model
    #[arg(long, default_value_t = 1)]
    replicas: usize,
    /// Bytes per device that the run is estimated to need
    #[arg(long, value_name = "BYTES")]
    estimated_bytes: Option<u64>,
    /// Seconds that the others may take to arrive, and a collective to end
    #[arg(long, default_value_t = 30.0, value_name = "SECONDS", value_parser = seconds)]
    timeout: f64,
}

/// What a rank leaves for the first.
#[derive(Serialize, Deserialize)]
struct Own {
    health: RankHealth,
    troubles: Vec<Trouble>,
}

impl Preflight {
    /// 0 where a run may be started, 1 where not, [`crate::comm::LOST`] where a rank is missing.
    ///
    /// # Errors
    /// A rank is missing; rank 0 has then told it in its JSON too.
    pub fn run(&self) -> Result<ExitCode, CommError> {
        let start = Instant::now();
        let mut health = Health {
            libtorch: device::version(),
            backend: "local".to_owned(),
            ranks: Vec::new(),
            all_reduces: Vec::new(),
            troubles: Vec::new(),
            seconds: 0.0,
        };
        let outcome = self.look(&mut health);
        health.seconds = start.elapsed().as_secs_f64();
        match outcome {
            Ok(false) => Ok(ExitCode::SUCCESS),
            Ok(true) => {
                self.tell(&health);
                Ok(ExitCode::from(u8::from(!health.is_healthy())))
            }
            Err(error) => {
                let says = error.to_string();
                let lost = Trouble { rank: None, look: Look::Collectives, forbids_a_run: true, says };
                health.troubles.insert(0, lost);
                if error.rank == 0 {
                    self.tell(&health);
                }
                Err(error)
            }
        }
    }

    /// Whether this rank is the one that tells.
    fn look(&self, health: &mut Health) -> Result<bool, CommError> {
        let timeout = Duration::from_secs_f64(self.timeout);
        let world = World::from_environment(Wish { replicas: self.replicas, is_on_cpu: self.cpu, timeout })?;
        world.all.name().clone_into(&mut health.backend);
        let own = self.own(&world)?;
        let all: Vec<Own> = gathered(&world, "device", &own)?;
        let is_usable = all.iter().all(|own| own.troubles.is_empty());
        for own in all {
            health.ranks.push(own.health);
            health.troubles.extend(own.troubles);
        }
        health.troubles.extend(judge::troubles(&health.ranks, self.estimated_bytes));
        // What a broken device would make of them says nothing about the ranks; every rank decides the same.
        if is_usable {
            health.troubles.extend(Self::collectives(&world)?);
            health.all_reduces = together::all_reduces(&world)?;
        }
        world.all.barrier()?;
        Ok(world.rank == 0)
    }

    /// This rank's device, and its clock.
    fn own(&self, world: &World) -> Result<Own, CommError> {
        let mut bench = Bench { device: world.device, rank: world.rank, troubles: Vec::new() };
        let (memory_total, memory_free) = free(world);
        let allocated = bench.memory(memory_free, self.estimated_bytes);
        let matmuls = bench.matmuls();
        let (to_device, from_device) = bench.copies();
        let (clock_ahead, clock_uncertainty) = together::clock(world)?;
        let health = RankHealth {
            rank: world.rank,
            host: sysinfo::System::host_name().unwrap_or_else(|_| "this machine".to_owned()),
            pid: std::process::id(),
            device: bench::name(world.device),
            why_cpu: world.why_cpu.clone(),
            memory_total,
            memory_free,
            allocated,
            matmuls,
            to_device,
            from_device,
            clock_ahead,
            clock_uncertainty,
        };
        Ok(Own { health, troubles: bench.troubles })
    }

    /// Whether the groups of this world give right numbers, on every rank.
    fn collectives(world: &World) -> Result<Vec<Trouble>, CommError> {
        let mut wrong: Vec<Trouble> = Vec::new();
        for group in [&world.all, &world.shard, &world.replica].into_iter().filter(|group| group.size() > 1) {
            match collectives::check(&**group, world.device) {
                Ok(_) => {}
                Err(Wrong::Lost(error)) => return Err(error),
                Err(Wrong::Number(says)) => wrong.push(Trouble {
                    rank: Some(world.rank),
                    look: Look::Collectives,
                    forbids_a_run: true,
                    says,
                }),
            }
        }
        Ok(gathered::<Vec<Trouble>>(world, "collectives", &wrong)?.into_iter().flatten().collect())
    }

    fn tell(&self, health: &Health) {
        if self.json {
            print(&serde_json::to_string(health).expect("plain words become JSON"));
            return;
        }
        for rank in &health.ranks {
            let speeds =
                rank.matmuls.iter().map(|matmul| format!("{} {:.3}", matmul.precision, matmul.tflops));
            let speeds = speeds.collect::<Vec<_>>().join(", ");
            print(&format!("rank {} on {}: {}, TFLOP/s {speeds}", rank.rank, rank.host, rank.device));
        }
        for reduce in &health.all_reduces {
            let (size, bus) = (accel_studio::text::bytes(reduce.bytes), reduce.bus / 1e9);
            print(&format!("all-reduce of {size}: {:.2} ms, {bus:.2} GB/s", reduce.seconds * 1e3));
        }
        for trouble in &health.troubles {
            print(&format!("{}: {}", if trouble.forbids_a_run { "wrong" } else { "odd" }, trouble.says));
        }
    }
}

/// Every rank's words, in order, on every rank.
fn gathered<T: Serialize + for<'a> Deserialize<'a>>(
    world: &World,
    name: &str,
    own: &T,
) -> Result<Vec<T>, CommError> {
    let words = serde_json::to_string(own).expect("plain words become JSON");
    let all = world.gather(name, &words)?;
    let read = |words: &String| {
        serde_json::from_str(words).map_err(|error| CommError {
            doing: "reading what the others found",
            rank: world.rank,
            why: format!("{error}; are all ranks of one version?"),
        })
    };
    all.iter().map(read).collect()
}

/// Of the device; of the machine for a CPU.
fn free(world: &World) -> (Option<u64>, Option<u64>) {
    if world.device.is_cuda() {
        let memory = device::memory(world.device).ok();
        return (memory.map(|memory| memory.total), memory.map(|memory| memory.free));
    }
    let Ok(mut system) = sysinfo::System::new() else { return (None, None) };
    system.refresh_memory();
    let (total, free) = (system.total_memory(), system.available_memory());
    // A container may have less than its machine.
    let limits = system.cgroup_limits();
    let least =
        |of_machine: u64, limit: Option<u64>| Some(limit.map_or(of_machine, |limit| limit.min(of_machine)));
    let total = least(total, limits.as_ref().map(|limits| limits.total_memory));
    (total, least(free, limits.as_ref().map(|limits| limits.free_memory)))
}
