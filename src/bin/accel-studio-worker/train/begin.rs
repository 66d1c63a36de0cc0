//! All that comes before the first step. What a person can have got wrong is looked at before ranks meet, so that
//! it is said within a second.

use std::sync::Arc;
use std::time::Duration;

use accel_studio::text;
use accel_studio::worker::Run;

use super::error::{Result, TrainError};
use super::stop::Stop;
use crate::checkpoint::Checkpoints;
use crate::comm::{Wish, World};
use crate::data::Corpus;
use crate::engine::{Engine, Groups};
use crate::metrics::Metrics;
use crate::metrics::lines::say;
use crate::network::Network;
use crate::weights::Reader;

/// A training on one rank, between two steps.
pub struct Training<'a> {
    pub run: &'a Run,
    pub world: Arc<World>,
    pub corpus: Corpus,
    pub engine: Engine,
    /// None where the run writes nothing.
    pub checkpoints: Option<Checkpoints>,
    /// Rank 0's, where the run has a folder.
    pub metrics: Option<Metrics>,
    /// Sequences read since the start of the run.
    pub sequences: u64,
    pub stop: Arc<Stop>,
}

/// What one rank can read by itself.
pub struct Inputs {
    stop: Arc<Stop>,
    network: Network,
    corpus: Corpus,
    weights: Option<Reader>,
}

impl Inputs {
    /// Reads model, data and weights, and refuses what does not go together.
    pub fn read(run: &Run) -> Result<Inputs> {
        let stop = Stop::listen()?;
        refuse_empty(run)?;
        let network = Network::read(&run.model.config)?;
        refuse_long(run, &network)?;
        let vocabulary = u64::try_from(network.vocabulary()).unwrap_or(0);
        let corpus = Corpus::open(&run.data, run.batch.sequence, vocabulary, run.seed)?;
        let weights = run.model.weights.as_deref().map(Reader::open).transpose()?;
        weights.as_ref().map_or(Ok(()), |weights| weights.check(&network))?;
        Ok(Inputs { stop, network, corpus, weights })
    }
}

impl<'a> Training<'a> {
    /// Fills the model, or goes on from a checkpoint.
    pub fn begin(run: &'a Run, inputs: Inputs, world: Arc<World>) -> Result<Training<'a>> {
        refuse_other_size(run, &world)?;
        let Inputs { stop, network, corpus, weights } = inputs;
        let engine = Engine::new(network, &run.layout, run.optimizer, Groups::of(&world), world.device)?;
        let mut training =
            Training { run, world, corpus, engine, checkpoints: None, metrics: None, sequences: 0, stop };
        training.introduce();
        if !training.resume()? {
            training.fill(weights.as_ref())?;
        }
        training.open_metrics()?;
        Ok(training)
    }

    /// The number of ranks.
    pub fn ranks(&self) -> u64 {
        self.world.size as u64
    }

    /// Sequences of one optimizer step.
    pub fn global_batch(&self) -> u64 {
        u64::from(self.run.batch.micro) * self.ranks() * u64::from(self.run.layout.accumulation.max(1))
    }

    /// A line for people, from rank 0.
    pub fn say(&self, line: &str) {
        if self.world.rank == 0 {
            say(line);
        }
    }

    fn fill(&mut self, weights: Option<&Reader>) -> Result<()> {
        let network = Network::read(&self.run.model.config)?;
        let seed = self.run.seed;
        self.engine.fill(|number, unit| match weights {
            Some(weights) => weights.unit(unit).map_err(TrainError::from),
            None => Ok(network.initial(number, seed)),
        })
    }

    /// Whether it goes on from a checkpoint.
    fn resume(&mut self) -> Result<bool> {
        let wishes = &self.run.checkpoints;
        let Some(folder) = &wishes.folder else { return Ok(false) };
        let mut checkpoints = Checkpoints::open(folder, wishes.keep, &self.world)?;
        let mut found = None;
        if wishes.resumes {
            let (own, rank) = (self.engine.shards()?, self.world.rank);
            let mut told = |words: String| say(&format!("rank {rank}: {words}"));
            found = checkpoints.load(&self.world, &self.run.model.config, &own, &mut told)?;
        } else {
            checkpoints.refuse_used()?;
        }
        let goes_on = found.is_some();
        if let Some((state, states)) = found {
            self.engine.restore(state.progress, &states)?;
            self.sequences = state.sequences;
            let newest = checkpoints.newest().unwrap_or_default();
            self.say(&format!("goes on from `{}`", newest.display()));
            let then = (state.tokens, state.sequence, state.seed);
            if then != (self.corpus.token_count(), u64::from(self.run.batch.sequence), self.run.seed) {
                self.say("note: data, sequence length or seed are not those of the checkpoint: some sequences may come again");
            }
        }
        self.checkpoints = Some(checkpoints);
        Ok(goes_on)
    }

    fn open_metrics(&mut self) -> Result<()> {
        let folder = self.run.checkpoints.folder.as_deref().filter(|_| self.world.rank == 0);
        let steps_done = self.engine.progress().steps;
        self.metrics = folder.map(|folder| Metrics::open(folder, steps_done)).transpose()?;
        Ok(())
    }

    /// What is about to happen, in three lines at most.
    fn introduce(&self) {
        let (run, world) = (self.run, &self.world);
        let parameters = self.engine.network().parameters();
        let device = if world.device.is_cuda() { "GPU" } else { "CPU" };
        self.say(&format!(
            "{}: {parameters} parameters on {} ({device}, {})",
            run.model.name,
            text::count(self.world.size, "rank"),
            world.all.name(),
        ));
        if let Some(why) = &world.why_cpu {
            self.say(&format!("note: {why}"));
        }
        self.say(&format!(
            "{} tokens: {} sequences of {} to train on, {} to evaluate on; {} per step, {} steps",
            self.corpus.token_count(),
            self.corpus.trained_on(),
            run.batch.sequence,
            self.corpus.evaluated_on(),
            self.global_batch(),
            run.steps,
        ));
    }
}

fn refuse_empty(run: &Run) -> Result<()> {
    let counts = [
        (u64::from(run.batch.micro), "a micro-batch of 0 sequences"),
        (u64::from(run.layout.accumulation), "an accumulation of 0 micro-batches"),
        (u64::from(run.layout.replicas), "0 replicas"),
        (run.steps, "0 steps"),
    ];
    match counts.iter().find(|(count, _)| *count == 0) {
        Some((_, what)) => Err(TrainError::Refused(format!("the run has {what}: ask for at least 1"))),
        None => Ok(()),
    }
}

fn refuse_long(run: &Run, network: &Network) -> Result<()> {
    let sequence = i64::from(run.batch.sequence);
    match network.longest().filter(|longest| *longest < sequence) {
        Some(longest) => Err(TrainError::Refused(format!(
            "sequences of {sequence} tokens are longer than the {longest} positions that the model has learned \
             places for: ask for at most {longest}"
        ))),
        None => Ok(()),
    }
}

/// All ranks of the run.
pub fn meet(run: &Run) -> Result<Arc<World>> {
    let wish = Wish {
        replicas: run.layout.replicas as usize,
        is_on_cpu: run.layout.is_on_cpu,
        timeout: Duration::from_secs(run.timeout_s.max(1)),
    };
    Ok(Arc::new(World::from_environment(wish)?))
}

fn refuse_other_size(run: &Run, world: &World) -> Result<()> {
    if world.size as u64 == u64::from(run.layout.world) {
        return Ok(());
    }
    Err(TrainError::Refused(format!(
        "the run is laid out for {}, but {} were started: start as many, or plan it anew",
        text::count(run.layout.world as usize, "process"),
        world.size,
    )))
}
