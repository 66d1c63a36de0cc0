//! The course of a job, as a state machine: Pending, Starting, Running, Stopping, Finished.
//!
//! It starts ranks through a function, sees them through [`Child`] and is told the time, so that its
//! tests need neither processes nor patience. The group's rules are those of torch.distributed's agent
//! (torch 2.11, `elastic/agent/server/api.py` and `elastic/multiprocessing/api.py`): the first failure
//! ends the others by TERMINATE, SIGKILL follows after a grace period, and a restart starts all anew.

use std::io;
use std::time::{Duration, Instant};

use super::child::number::{HANGUP, INTERRUPT, KILL, QUIT, TERMINATE};
use super::child::{Child, End};

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing is started yet, or nothing of the next attempt.
    Pending,
    /// Ranks are being started.
    Starting,
    /// All ranks were started, none has failed.
    Running,
    /// The ranks were told to end.
    Stopping,
    /// No rank is left.
    Finished,
}

/// Why the ranks were told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// This rank failed first.
    Failed(Fallen),
    /// A signal of this number came for the job.
    Signal(i32),
    /// The person asked for it.
    Asked,
}

/// A rank that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fallen {
    /// Which of the plan's processes, from 0.
    pub index: usize,
    /// How it ended.
    pub end: End,
}

/// What has happened; the order tells the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A rank was started.
    Started {
        /// Which of the plan's processes.
        index: usize,
        /// The process that stands for it.
        pid: u32,
        /// Restarts before this start.
        attempt: u32,
    },
    /// A rank has ended.
    Ended {
        /// Which of the plan's processes.
        index: usize,
        /// How.
        end: End,
        /// True when it had been told to end.
        was_told: bool,
    },
    /// The remaining ranks are told to end.
    Stopping(Why),
    /// The grace period is over, or the person did not want to wait.
    Killing,
    /// All are gone and will be started again.
    Restarting {
        /// What made it necessary.
        fallen: Fallen,
        /// Restarts so far, this one included.
        attempt: u32,
    },
    /// All are gone.
    Finished(Outcome),
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All ranks ended with exit code 0.
    Success,
    /// A rank failed.
    Failed(Fallen),
    /// A rank could not be started; the system's words.
    NotStarted(usize, String),
    /// It was told to end; `is_killed` when the ranks did not do so by themselves.
    Stopped {
        /// The signal that stands for the wish.
        signal: i32,
        /// True when SIGKILL was needed.
        is_killed: bool,
    },
}

/// What bounds a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How often the group is started again after a failure.
    pub max_restarts: u32,
    /// What ranks get between being told to end and SIGKILL; as long as they like where it is none.
    pub grace: Option<Duration>,
}

struct Rank<C> {
    child: Option<C>,
    end: Option<End>,
}

/// A job of a number of ranks.
pub struct Job<C> {
    ranks: Vec<Rank<C>>,
    phase: Phase,
    limits: Limits,
    attempt: u32,
    why: Option<Why>,
    not_started: Option<(usize, String)>,
    kill_at: Option<Instant>,
    is_killed: bool,
    steps: Vec<Step>,
}

impl Outcome {
    /// The exit code of the launcher.
    pub fn code(&self) -> u8 {
        match self {
            Outcome::Success => 0,
            Outcome::Failed(fallen) => fallen.end.code(),
            Outcome::NotStarted(..) => 2,
            Outcome::Stopped { signal, .. } => End::Signal(*signal).code(),
        }
    }
}

impl<C: Child> Job<C> {
    /// A job of so many ranks; nothing is started.
    pub fn new(ranks: usize, limits: Limits) -> Job<C> {
        let rank = || Rank { child: None, end: None };
        Job {
            ranks: std::iter::repeat_with(rank).take(ranks).collect(),
            phase: Phase::Pending,
            limits,
            attempt: 0,
            why: None,
            not_started: None,
            kill_at: None,
            is_killed: false,
            steps: Vec::new(),
        }
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Restarts so far.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// When it wants to be looked at next, beyond news of its children.
    pub fn wakes_at(&self) -> Option<Instant> {
        self.kill_at
    }

    /// What has happened since the last call.
    pub fn steps(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }

    /// Starts all ranks; a rank that cannot be started ends the ones before it.
    pub fn start(&mut self, mut begin: impl FnMut(usize, u32) -> io::Result<C>, now: Instant) {
        if self.phase != Phase::Pending {
            return;
        }
        self.phase = Phase::Starting;
        for index in 0..self.ranks.len() {
            match begin(index, self.attempt) {
                Ok(child) => {
                    let pid = child.pid();
                    self.ranks[index] = Rank { child: Some(child), end: None };
                    self.steps.push(Step::Started { index, pid, attempt: self.attempt });
                }
                Err(error) => {
                    self.not_started = Some((index, error.to_string()));
                    self.ranks.iter_mut().skip(index).for_each(|rank| rank.child = None);
                    let end = End::Code(1);
                    self.tell_to_end(Why::Failed(Fallen { index, end }), TERMINATE, now);
                    break;
                }
            }
        }
        if self.phase == Phase::Starting {
            self.phase = Phase::Running;
        }
    }

    /// Looks who has ended, and does what follows from it.
    pub fn poll(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::Running | Phase::Stopping) {
            return;
        }
        let was_told = self.phase == Phase::Stopping;
        let news = self.ranks.iter_mut().enumerate();
        // All are looked at before any is told to end, so that nobody's own failure passes for obedience.
        let news: Vec<(usize, End)> = news.filter_map(|(index, rank)| Some((index, rank.poll()?))).collect();
        self.steps.extend(news.iter().map(|&(index, end)| Step::Ended { index, end, was_told }));
        let failure = news.iter().find(|(_, end)| !end.is_success());
        if let Some(&(index, end)) = failure.filter(|_| self.phase == Phase::Running) {
            self.tell_to_end(Why::Failed(Fallen { index, end }), TERMINATE, now);
        }
        if self.ranks.iter().all(|rank| rank.is_gone()) {
            self.conclude();
        } else if self.kill_at.is_some_and(|at| at <= now) {
            self.kill();
        }
    }

    /// A signal came for the job. Those that ask for the end are told to the ranks, unless a key has told
    /// them already, and the second one kills; others are passed on.
    pub fn signal(&mut self, number: i32, is_told: bool, now: Instant) {
        let asks_for_the_end = [INTERRUPT, TERMINATE, HANGUP, QUIT].contains(&number);
        match self.phase {
            Phase::Running if asks_for_the_end => {
                self.say_to_end(Why::Signal(number), now);
                if !is_told {
                    self.send(number);
                }
            }
            Phase::Stopping if number == INTERRUPT => self.kill(),
            Phase::Running | Phase::Stopping if !is_told => self.send(number),
            Phase::Pending if asks_for_the_end => {
                self.why = Some(Why::Signal(number));
                self.conclude();
            }
            _ => {}
        }
    }

    /// The person wants the ranks to end in order.
    pub fn stop(&mut self, now: Instant) {
        match self.phase {
            Phase::Running => self.tell_to_end(Why::Asked, TERMINATE, now),
            Phase::Pending => {
                self.why = Some(Why::Asked);
                self.conclude();
            }
            // What stops after a failure shall not be started again.
            Phase::Stopping => self.limits.max_restarts = 0,
            Phase::Starting | Phase::Finished => {}
        }
    }

    /// Ends all ranks at once.
    pub fn kill(&mut self) {
        if !matches!(self.phase, Phase::Running | Phase::Stopping) {
            return;
        }
        self.why.get_or_insert(Why::Signal(KILL));
        self.phase = Phase::Stopping;
        self.kill_at = None;
        self.is_killed = true;
        self.steps.push(Step::Killing);
        self.ranks
            .iter_mut()
            .filter(|rank| rank.end.is_none())
            .filter_map(|rank| rank.child.as_mut())
            .for_each(Child::kill);
    }

    /// Sends a signal to all ranks that are still there.
    pub fn send(&mut self, number: i32) {
        for rank in self.ranks.iter_mut().filter(|rank| rank.end.is_none()) {
            if let Some(child) = &mut rank.child {
                child.signal(number);
            }
        }
    }

    fn tell_to_end(&mut self, why: Why, signal: i32, now: Instant) {
        self.say_to_end(why, now);
        self.send(signal);
    }

    fn say_to_end(&mut self, why: Why, now: Instant) {
        self.phase = Phase::Stopping;
        self.why = Some(why);
        self.kill_at = self.limits.grace.and_then(|grace| now.checked_add(grace));
        self.steps.push(Step::Stopping(why));
    }

    /// All are gone: the end, or the next attempt.
    fn conclude(&mut self) {
        self.kill_at = None;
        let failed = match self.why {
            Some(Why::Failed(fallen)) => Some(fallen),
            _ => None,
        };
        let may_restart = self.attempt < self.limits.max_restarts && self.not_started.is_none();
        if let Some(fallen) = failed.filter(|_| may_restart) {
            self.attempt += 1;
            self.phase = Phase::Pending;
            self.why = None;
            self.is_killed = false;
            self.ranks.iter_mut().for_each(|rank| *rank = Rank { child: None, end: None });
            self.steps.push(Step::Restarting { fallen, attempt: self.attempt });
            return;
        }
        self.phase = Phase::Finished;
        let outcome = match (self.not_started.take(), self.why) {
            (Some((index, words)), _) => Outcome::NotStarted(index, words),
            (None, None) => Outcome::Success,
            (None, Some(Why::Failed(fallen))) => Outcome::Failed(fallen),
            (None, Some(Why::Signal(signal))) => Outcome::Stopped { signal, is_killed: self.is_killed },
            (None, Some(Why::Asked)) => Outcome::Stopped { signal: TERMINATE, is_killed: self.is_killed },
        };
        self.steps.push(Step::Finished(outcome));
    }
}

impl<C: Child> Rank<C> {
    /// Its end, where that is news.
    fn poll(&mut self) -> Option<End> {
        if self.end.is_some() {
            return None;
        }
        self.end = self.child.as_mut()?.poll();
        self.end
    }

    fn is_gone(&self) -> bool {
        self.child.is_none() || self.end.is_some()
    }
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
