//! A job as it is seen: what each rank said, how far it is, how it ended. Bounded, whatever is said.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::hardware::live::Usage;
use crate::launch::progress::{self, Reading};
use crate::launch::supervise::{End, Outcome, Step, Why};
use crate::launch::{Plan, Process};

/// Lines that are kept of each rank, and of all together.
pub(in crate::studio) const KEPT: usize = 5_000;
/// Losses that are kept for the chart.
const LOSSES: usize = 2_000;

/// A line that a rank said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::studio) struct Said {
    /// Which of the plan's processes.
    pub index: usize,
    pub is_error: bool,
    /// Ended with `\r`, or not at all: the next one stands in its place.
    pub is_passing: bool,
    pub text: Rc<str>,
}

/// What a rank is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::studio) enum Standing {
    Waiting,
    Running,
    Ended(End),
    /// It ended because another one failed, or because it was told to.
    EndedWith,
}

/// What the whole job is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::studio) enum Stage {
    Running,
    Stopping,
    Killing,
    Ended(Outcome),
    /// It could not be begun, or its supervisor failed; a sentence.
    Broken(String),
}

/// What is seen of the lines of one pane.
#[derive(Clone, Debug, Default)]
pub(in crate::studio) struct Log {
    pub lines: VecDeque<Said>,
    /// Lines that were said and are not kept.
    pub forgotten: usize,
    /// First visible line; none follows what is said.
    pub top: Option<usize>,
}

/// A job and what is known of it.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Job {
    /// What runs, to show and to start again.
    pub plan: Rc<Plan>,
    /// True while the job has the screen.
    pub is_open: bool,
    pub stage: Stage,
    pub ranks: Vec<Standing>,
    /// All ranks together, then each rank.
    pub logs: Vec<Log>,
    /// Which log is shown.
    pub shown: usize,
    /// What is searched in the log.
    pub query: String,
    pub attempt: u32,
    pub elapsed: Duration,
    pub steps: Option<(u64, u64)>,
    pub losses: VecDeque<f64>,
    pub usage: Usage,
    /// After a bad end: why, and the failing rank's last words.
    pub summary: Vec<String>,
}

impl Job {
    /// A job that is about to begin.
    pub fn new(plan: Plan) -> Job {
        let count = plan.processes.len();
        let logs = if count == 1 { 1 } else { count + 1 };
        Job {
            plan: Rc::new(plan),
            is_open: true,
            stage: Stage::Running,
            ranks: vec![Standing::Waiting; count],
            logs: vec![Log::default(); logs],
            shown: 0,
            query: String::new(),
            attempt: 0,
            elapsed: Duration::ZERO,
            steps: None,
            losses: VecDeque::new(),
            usage: Usage::default(),
            summary: Vec::new(),
        }
    }

    /// True while any rank may run.
    pub fn is_running(&self) -> bool {
        !matches!(self.stage, Stage::Ended(_) | Stage::Broken(_))
    }

    /// Its exit code, once it is over.
    pub fn code(&self) -> Option<u8> {
        match &self.stage {
            Stage::Ended(outcome) => Some(outcome.code()),
            Stage::Broken(_) => Some(2),
            Stage::Running | Stage::Stopping | Stage::Killing => None,
        }
    }

    /// The log that is shown.
    pub fn log(&self) -> Option<&Log> {
        self.logs.get(self.shown)
    }

    /// The name of a log: `all`, `rank 3`.
    pub fn name(&self, log: usize) -> String {
        match log.checked_sub(1).and_then(|index| self.plan.processes.get(index)) {
            Some(Process { rank, .. }) => format!("rank {rank}"),
            None if self.logs.len() == 1 => "output".to_owned(),
            None => "all ranks".to_owned(),
        }
    }

    /// Takes in a line.
    pub fn say(&mut self, said: Said) {
        if let Some(Reading { steps, loss }) = progress::read(&said.text) {
            self.steps = steps.or(self.steps);
            // A bar is drawn again and again; only what is new is a point of the chart.
            if let Some(loss) = loss.filter(|loss| self.losses.back() != Some(loss)) {
                if self.losses.len() == LOSSES {
                    self.losses.pop_front();
                }
                self.losses.push_back(loss);
            }
        }
        if self.logs.len() > 1
            && let Some(own) = self.logs.get_mut(said.index + 1)
        {
            own.push(said.clone());
        }
        if let Some(all) = self.logs.first_mut() {
            all.push(said);
        }
    }

    /// Takes in what has happened.
    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Started { index, attempt, .. } => {
                self.attempt = *attempt;
                if let Some(rank) = self.ranks.get_mut(*index) {
                    *rank = Standing::Running;
                }
            }
            Step::Ended { index, end, was_told } => {
                if let Some(rank) = self.ranks.get_mut(*index) {
                    let is_own = end.is_success() || !was_told;
                    *rank = if is_own { Standing::Ended(*end) } else { Standing::EndedWith };
                }
            }
            Step::Stopping(Why::Failed(fallen)) => {
                self.stage = Stage::Stopping;
                self.blame(fallen.index);
            }
            Step::Stopping(_) => self.stage = Stage::Stopping,
            Step::Killing => self.stage = Stage::Killing,
            Step::Restarting { attempt, .. } => {
                self.attempt = *attempt;
                self.stage = Stage::Running;
                self.ranks.fill(Standing::Waiting);
            }
            Step::Finished(outcome) => self.end(outcome.clone()),
        }
    }

    /// It is over.
    pub fn end(&mut self, outcome: Outcome) {
        if let Outcome::Failed(fallen) = outcome {
            self.blame(fallen.index);
        }
        self.stage = Stage::Ended(outcome);
    }

    /// Only the rank that failed first has failed: others may end badly for want of it before they are told to.
    fn blame(&mut self, first: usize) {
        for (index, rank) in self.ranks.iter_mut().enumerate() {
            if index != first && matches!(rank, Standing::Ended(end) if !end.is_success()) {
                *rank = Standing::EndedWith;
            }
        }
    }
}

impl Log {
    fn push(&mut self, said: Said) {
        let replaces =
            |last: &Said| last.is_passing && last.index == said.index && last.is_error == said.is_error;
        // A bar's last state may be some lines up by now, because other ranks have spoken since.
        let near = self.lines.iter().rev().take(self.lines.len().min(16)).position(replaces);
        if let Some(back) = near {
            let at = self.lines.len() - 1 - back;
            self.lines[at] = said;
            return;
        }
        if self.lines.len() == KEPT {
            self.lines.pop_front();
            self.forgotten += 1;
            // What is read stays in sight.
            self.top = self.top.map(|top| top.saturating_sub(1));
        }
        self.lines.push_back(said);
    }

    /// First visible line in a room of so many rows.
    pub fn first(&self, rows: usize) -> usize {
        let last = self.lines.len().saturating_sub(rows);
        self.top.map_or(last, |top| top.min(last))
    }

    /// Scrolls; at the end it follows what is said.
    pub fn scroll(&mut self, to: usize, rows: usize) {
        let last = self.lines.len().saturating_sub(rows);
        self.top = (to < last).then_some(to);
    }
}

/// Without control sequences; a tab is four columns.
pub(in crate::studio) fn printable(text: &str) -> String {
    let mut printable = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\x1b' => {
                // A control sequence ends with a letter (ECMA-48, 5.4).
                chars.by_ref().skip_while(|char| *char == '[').find(|char| ('@'..='~').contains(char));
            }
            '\t' => printable.push_str("    "),
            char if char.is_control() => {}
            char => printable.push(char),
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::launch::Launcher;
    use crate::launch::supervise::Fallen;

    fn job(ranks: u32) -> Job {
        let process = |rank| Process { rank, local_rank: rank, ..Process::default() };
        Job::new(Plan::new(Launcher::MultiGpu, (0..ranks).map(process).collect()))
    }

    fn said(index: usize, text: &str, is_passing: bool) -> Said {
        Said { index, is_error: false, is_passing, text: text.into() }
    }

    #[test]
    fn a_bar_stays_one_line() {
        let mut job = job(2);
        for step in 1..=3 {
            job.say(said(0, &format!(" {step}%|x| {step}/100 [0, loss={step}.5]"), true));
            job.say(said(1, "other", false));
        }
        assert_eq!(job.logs[1].lines.len(), 1);
        assert_eq!(job.logs[2].lines.len(), 3);
        assert_eq!(job.logs[0].lines.len(), 4);
        assert_eq!(job.steps, Some((3, 100)));
        assert_eq!(job.losses, [1.5, 2.5, 3.5]);
    }

    #[test]
    fn only_the_rank_that_failed_first_has_failed() {
        let mut job = job(4);
        let ended = |index, end, was_told| Step::Ended { index, end, was_told };
        let fallen = Fallen { index: 2, end: End::Code(1) };
        job.step(&ended(0, End::Code(0), false));
        job.step(&ended(1, End::Code(1), false));
        job.step(&ended(2, End::Code(1), false));
        job.step(&Step::Stopping(Why::Failed(fallen)));
        job.step(&ended(3, End::Signal(15), true));
        job.step(&Step::Finished(Outcome::Failed(fallen)));
        use Standing::{Ended, EndedWith};
        assert_eq!(job.ranks, [Ended(End::Code(0)), EndedWith, Ended(End::Code(1)), EndedWith]);
    }

    #[test]
    fn memory_is_bounded_and_reading_is_not_disturbed() {
        let mut job = job(1);
        for line in 0..KEPT {
            job.say(said(0, &line.to_string(), false));
        }
        job.logs[0].scroll(100, 10);
        let seen = job.logs[0].lines[job.logs[0].first(10)].text.clone();
        for line in 0..50 {
            job.say(said(0, &line.to_string(), false));
        }
        let log = &job.logs[0];
        assert_eq!((log.lines.len(), log.forgotten), (KEPT, 50));
        assert_eq!(log.lines[log.first(10)].text, seen);
        job.logs[0].scroll(KEPT, 10);
        assert_eq!(job.logs[0].top, None, "at the end it follows");
    }

    #[test]
    fn what_ranks_print_moves_no_cursor() {
        assert_eq!(printable("\x1b[31mred\x1b[0m\tx\u{7}"), "red    x");
        assert_eq!(printable("\x1b"), "");
    }

    #[test]
    fn names_tell_which_log_is_shown() {
        assert_eq!(job(1).name(0), "output");
        assert_eq!((job(2).name(0), job(2).name(2)), ("all ranks".to_owned(), "rank 1".to_owned()));
    }
}
