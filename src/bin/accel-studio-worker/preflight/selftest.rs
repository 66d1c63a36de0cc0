//! `selftest`: whether libtorch and the collectives of this world do what the worker needs of them.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use super::collectives::{self, Wrong};
use super::{libtorch, print, seconds, training};
use crate::comm::{CommError, Wish, World};
use crate::engine::EngineError;

/// Checks this build of the worker on this machine's devices.
#[derive(Args, Debug)]
pub struct Selftest {
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
    /// Compute on the CPU even where there is a GPU
    #[arg(long)]
    cpu: bool,
    /// Groups that each hold a whole copy of a model
    #[arg(long, default_value_t = 1)]
    replicas: usize,
    /// Seconds that the others may take to arrive, and a collective to end
    #[arg(long, default_value_t = 30.0, value_name = "SECONDS", value_parser = seconds)]
    timeout: f64,
    /// Go through the collectives so many times
    #[arg(long, default_value_t = 1, hide = true)]
    rounds: usize,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
struct Check {
    name: String,
    is_sound: bool,
    /// What was seen, or what is wrong.
    says: String,
    seconds: f64,
}

/// All of one rank's.
#[derive(Clone, Debug, Serialize)]
struct Outcome {
    rank: usize,
    size: usize,
    local_rank: usize,
    local_size: usize,
    device: String,
    is_sound: bool,
    checks: Vec<Check>,
}

impl Selftest {
    /// 0 where everything is sound, 1 where something is not.
    ///
    /// # Errors
    /// The world never met.
    pub fn run(&self) -> Result<ExitCode, CommError> {
        let timeout = Duration::from_secs_f64(self.timeout);
        let world = World::from_environment(Wish { replicas: self.replicas, is_on_cpu: self.cpu, timeout })?;
        let mut checks = Vec::new();
        for (name, look) in libtorch::checks(world.device) {
            let start = Instant::now();
            self.note(&mut checks, name.to_owned(), look(world.device).map_err(|error| error.0), start);
        }
        for _ in 0..self.rounds {
            self.collectives(&world, &mut checks)?;
        }
        self.training(&world, &mut checks)?;
        world.all.barrier()?;
        let is_sound = checks.iter().all(|check| check.is_sound);
        let device = format!("{:?}", world.device);
        self.tell(&Outcome {
            rank: world.rank,
            size: world.size,
            local_rank: world.local_rank,
            local_size: world.local_size,
            device,
            is_sound,
            checks,
        });
        Ok(ExitCode::from(u8::from(!is_sound)))
    }

    /// A wrong number is a check that fails; a lost rank ends them all.
    fn collectives(&self, world: &World, checks: &mut Vec<Check>) -> Result<(), CommError> {
        for (name, group) in [("all", &world.all), ("shard", &world.shard), ("replica", &world.replica)] {
            let (size, way) = (group.size(), group.name());
            let says = |count| format!("{count} right ones among {size} over {way}");
            let start = Instant::now();
            let outcome = match collectives::check(&**group, world.device) {
                Err(Wrong::Lost(error)) => return Err(error),
                Err(Wrong::Number(words)) => Err(words),
                Ok(count) => Ok(says(count)),
            };
            self.note(checks, format!("collectives of `{name}`"), outcome, start);
        }
        Ok(())
    }

    fn training(&self, world: &World, checks: &mut Vec<Check>) -> Result<(), CommError> {
        for (name, sharded, precision) in training::CASES {
            let start = Instant::now();
            let outcome = match training::train(world, sharded, precision) {
                Err(EngineError::Comm(error)) => return Err(error),
                Err(error) => Err(error.to_string()),
                Ok((true, says)) => Ok(says),
                Ok((false, says)) => Err(format!("{says}: it does not learn")),
            };
            self.note(checks, name.to_owned(), outcome, start);
        }
        Ok(())
    }

    /// Keeps a check, and says it at once to people.
    fn note(&self, checks: &mut Vec<Check>, name: String, outcome: Result<String, String>, start: Instant) {
        let (is_sound, says) = (outcome.is_ok(), outcome.unwrap_or_else(|wrong| wrong));
        if !self.json {
            print(&format!("{:<6} {name}: {says}", if is_sound { "ok" } else { "wrong" }));
        }
        checks.push(Check { name, is_sound, says, seconds: start.elapsed().as_secs_f64() });
    }

    fn tell(&self, outcome: &Outcome) {
        if self.json {
            print(&serde_json::to_string(outcome).expect("plain words become JSON"));
        }
    }
}
