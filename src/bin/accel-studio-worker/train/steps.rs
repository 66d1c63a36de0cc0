//! The loop: steps, what is said of them, evaluation, checkpoints, and the agreement of all ranks to stop.

use std::time::{Duration, Instant};

use tch::{Kind, Tensor};

use super::begin::Training;
use super::error::{Result, TrainError};
use super::{Ending, memory};
use crate::checkpoint::{self, State};
use crate::engine::{EngineError, Stepped};
use crate::metrics::lines::StepLine;
use crate::optimizer::schedule;

/// Two lines a second are what a person can follow.
const BETWEEN_LINES: Duration = Duration::from_millis(500);

/// So many losses in a row that are no numbers are mended by no loss scale.
const UNMENDED: u32 = 20;

/// What all ranks know after a step.
struct Done {
    step: u64,
    /// Mean loss of the global batch.
    loss: f64,
    rate: f64,
    stepped: Stepped,
    /// The signal that asks to stop, on any rank; 0 for none.
    signal: u8,
    seconds: f64,
}

impl Training<'_> {
    /// Trains until the last step or a signal.
    pub fn go(mut self) -> Result<Ending> {
        self.stop.begin_waiting();
        let (mut said, mut unmended) = (None::<Instant>, 0);
        while self.engine.progress().steps < self.run.steps {
            let done = self.step().map_err(|error| self.with_last_checkpoint(error))?;
            unmended = if done.loss.is_finite() { 0 } else { unmended + 1 };
            if unmended == UNMENDED {
                return Err(self.with_last_checkpoint(never_finite(done.step)));
            }
            let is_last = done.step == self.run.steps || done.signal != 0;
            let is_heard = is_last || said.is_none_or(|said| said.elapsed() >= BETWEEN_LINES);
            if is_heard {
                said = Some(Instant::now());
            }
            self.tell(&done, is_heard)?;
            self.after(done.step, is_last)?;
            if done.signal != 0 && done.step < self.run.steps {
                self.say(&format!("stopped by signal {} after step {}", done.signal, done.step));
                return Ok(Ending::Stopped(done.signal));
            }
        }
        self.finish()?;
        Ok(Ending::Done)
    }

    /// Evaluation and checkpoint, where they are due.
    fn after(&mut self, step: u64, is_last: bool) -> Result<()> {
        if is_due(step, self.run.data.evaluate_every) || step == self.run.steps {
            self.evaluate()?;
        }
        if is_last || is_due(step, self.run.checkpoints.every) {
            self.save()?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<Done> {
        let started = Instant::now();
        let before = self.engine.progress().steps;
        // Dropout of a step follows from its number and the rank, so there is no random state to save.
        tch::manual_seed(seed_of(self.run.seed, before, self.world.rank as u64));
        let (micro, count) = (u64::from(self.run.batch.micro), u64::from(self.run.layout.accumulation));
        let mut losses = Vec::new();
        for number in 0..count {
            let first = self.sequences + (number * self.ranks() + self.world.rank as u64) * micro;
            let rows = self.corpus.rows(first, micro)?;
            losses.push(self.engine.micro_batch(&rows.tokens, &rows.targets, number + 1 == count)?);
        }
        let rate = self.run.optimizer.rate * schedule::share(self.run.schedule, before, self.run.steps);
        let stepped = self.engine.step(rate)?;
        self.sequences += self.global_batch();
        let own = Tensor::f_stack(&losses, 0)?.f_mean(Kind::Double)?.f_double_value(&[])?;
        let (loss, signal) = self.agree(own)?;
        Ok(Done { step: before + 1, loss, rate, stepped, signal, seconds: started.elapsed().as_secs_f64() })
    }

    /// The mean loss of all ranks, and whether one of them was asked to stop: all stop after the same step.
    fn agree(&self, own: f64) -> Result<(f64, u8)> {
        let (size, device) = (self.world.size as i64, self.world.device);
        let part = Tensor::f_from_slice(&[own, f64::from(self.stop.signal())])?.f_to_device(device)?;
        let whole = Tensor::f_zeros([2 * size], (Kind::Double, device))?;
        self.world.all.all_gather(&whole, &part)?.wait()?;
        let rows = Vec::<f64>::try_from(&whole)?;
        let (losses, signals) = (rows.iter().step_by(2), rows.iter().skip(1).step_by(2));
        Ok((losses.sum::<f64>() / size as f64, signals.fold(0.0, |one: f64, other| one.max(*other)) as u8))
    }

    fn tell(&mut self, done: &Done, is_heard: bool) -> Result<()> {
        if self.world.rank > 0 {
            return Ok(());
        }
        let tokens = (self.global_batch() * u64::from(self.run.batch.sequence)) as f64 / done.seconds;
        let scaled = self.engine.progress().scale.map(|_| (done.stepped.scale, done.stepped.was_skipped));
        let line = StepLine {
            step: done.step,
            steps: self.run.steps,
            loss: done.loss,
            rate: done.rate,
            gradient_norm: done.stepped.grad_norm,
            scale: scaled,
            tokens_per_second: tokens,
            seconds: done.seconds,
            memory: memory::peak(self.world.device),
        };
        if is_heard {
            self.say(&line.to_string());
        }
        match &mut self.metrics {
            Some(metrics) => Ok(metrics.write(done.step, &line.scalars())?),
            None => Ok(()),
        }
    }

    /// Writes a checkpoint, where the run has a folder.
    fn save(&mut self) -> Result<()> {
        let Some(checkpoints) = &mut self.checkpoints else { return Ok(()) };
        let state = State {
            version: checkpoint::VERSION,
            progress: self.engine.progress(),
            sequences: self.sequences,
            seed: self.run.seed,
            tokens: self.corpus.token_count(),
            sequence: u64::from(self.run.batch.sequence),
            config: self.run.model.config.clone(),
            layout: self.run.layout.clone(),
            units: Vec::new(),
            parts: Vec::new(),
        };
        Ok(checkpoints.save(&self.world, state, &self.engine.shards()?)?)
    }

    /// A loss that is no number ends a run; from where it can go on is what a person asks next.
    fn with_last_checkpoint(&self, error: TrainError) -> TrainError {
        if !matches!(&error, TrainError::Engine(EngineError::NotFinite { .. }) | TrainError::Refused(_)) {
            return error;
        }
        let newest = self.checkpoints.as_ref().and_then(|checkpoints| checkpoints.newest());
        error.advised(match newest {
            Some(path) => format!("the last good checkpoint is `{}`", path.display()),
            None => "no checkpoint was written yet".to_owned(),
        })
    }
}

fn never_finite(step: u64) -> TrainError {
    TrainError::Refused(format!(
        "{UNMENDED} losses in a row up to step {step} are no numbers, which no loss scale mends: take a lower learning \
         rate or bf16"
    ))
}

/// Every so many steps; 0 means at the end only.
fn is_due(step: u64, every: u64) -> bool {
    every > 0 && step.is_multiple_of(every)
}

/// Another number for each step and rank.
fn seed_of(seed: u64, step: u64, rank: u64) -> i64 {
    let mixed = seed ^ step.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ rank.wrapping_mul(0xD1B5_4A32_D192_ED03);
    i64::from_le_bytes(mixed.to_le_bytes())
}
