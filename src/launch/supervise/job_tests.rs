//! The course of a job over children that only write down what they are told.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;

/// What the children were told, and how they shall end.
#[derive(Default)]
struct Stage {
    told: Vec<String>,
    ends: Vec<Option<End>>,
    starts: Vec<(usize, u32)>,
    /// Which rank cannot be started.
    absent: Option<usize>,
    /// Signals end them, as they end most programs.
    obeys: bool,
}

#[derive(Clone)]
struct Actor {
    index: usize,
    stage: Rc<RefCell<Stage>>,
}

impl Child for Actor {
    fn pid(&self) -> u32 {
        1000 + u32::try_from(self.index).expect("few ranks")
    }

    fn signal(&mut self, signal: i32) {
        let mut stage = self.stage.borrow_mut();
        stage.told.push(format!("{} {signal}", self.index));
        if stage.obeys {
            stage.ends[self.index].get_or_insert(End::Signal(signal));
        }
    }

    fn kill(&mut self) {
        let mut stage = self.stage.borrow_mut();
        stage.told.push(format!("{} kill", self.index));
        stage.ends[self.index].get_or_insert(End::Signal(KILL));
    }

    fn poll(&mut self) -> Option<End> {
        self.stage.borrow().ends[self.index]
    }
}

struct Play {
    job: Job<Actor>,
    stage: Rc<RefCell<Stage>>,
    now: Instant,
}

const GRACE: Duration = Duration::from_secs(30);

impl Play {
    fn of(ranks: usize, max_restarts: u32) -> Play {
        let stage = Rc::new(RefCell::new(Stage { ends: vec![None; ranks], ..Stage::default() }));
        let job = Job::new(ranks, Limits { max_restarts, grace: Some(GRACE) });
        Play { job, stage, now: Instant::now() }
    }

    fn start(&mut self) -> Vec<Step> {
        let stage = Rc::clone(&self.stage);
        let begin = |index, attempt| {
            let mut on = stage.borrow_mut();
            if on.absent == Some(index) {
                return Err(io::Error::other("no more processes"));
            }
            on.starts.push((index, attempt));
            on.ends[index] = None;
            Ok(Actor { index, stage: Rc::clone(&stage) })
        };
        self.job.start(begin, self.now);
        self.job.steps()
    }

    fn ends(&mut self, index: usize, end: End) -> Vec<Step> {
        self.stage.borrow_mut().ends[index] = Some(end);
        self.later(Duration::ZERO)
    }

    fn later(&mut self, time: Duration) -> Vec<Step> {
        self.now += time;
        self.job.poll(self.now);
        self.job.steps()
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.stage.borrow_mut().told)
    }
}

fn outcome(steps: &[Step]) -> Option<&Outcome> {
    steps.iter().find_map(|step| match step {
        Step::Finished(outcome) => Some(outcome),
        _ => None,
    })
}

#[test]
fn a_job_ends_when_all_have_ended() {
    let mut play = Play::of(2, 0);
    assert_eq!(play.job.phase(), Phase::Pending);
    assert_eq!(play.start()[1], Step::Started { index: 1, pid: 1001, attempt: 0 });
    assert_eq!(play.job.phase(), Phase::Running);
    assert!(outcome(&play.ends(1, End::Code(0))).is_none());
    let steps = play.ends(0, End::Code(0));
    assert_eq!(outcome(&steps), Some(&Outcome::Success));
    assert_eq!(play.job.phase(), Phase::Finished);
    assert!(play.told().is_empty());
}

#[test]
fn the_first_failure_ends_the_others_and_is_the_outcome() {
    let mut play = Play::of(3, 0);
    play.start();
    let steps = play.ends(1, End::Code(7));
    let fallen = Fallen { index: 1, end: End::Code(7) };
    assert_eq!(steps[0], Step::Ended { index: 1, end: End::Code(7), was_told: false });
    assert_eq!(steps[1], Step::Stopping(Why::Failed(fallen)));
    assert_eq!(play.told(), ["0 15", "2 15"]);
    play.ends(0, End::Signal(15));
    let steps = play.ends(2, End::Code(1));
    assert_eq!(steps[0], Step::Ended { index: 2, end: End::Code(1), was_told: true });
    assert_eq!(outcome(&steps), Some(&Outcome::Failed(fallen)));
    assert_eq!(outcome(&steps).map(Outcome::code), Some(7));
}

#[test]
fn who_does_not_end_in_time_is_killed() {
    let mut play = Play::of(2, 0);
    play.start();
    play.ends(0, End::Signal(11));
    play.told();
    assert!(play.later(GRACE / 2).is_empty());
    assert_eq!(play.later(GRACE), [Step::Killing]);
    assert_eq!(play.told(), ["1 kill"]);
    let steps = play.later(Duration::ZERO);
    assert_eq!(outcome(&steps).map(Outcome::code), Some(139));
}

#[test]
fn the_second_interrupt_kills_at_once() {
    let mut play = Play::of(2, 3);
    play.start();
    play.job.signal(INTERRUPT, false, play.now);
    assert_eq!(play.told(), ["0 2", "1 2"]);
    play.job.signal(INTERRUPT, false, play.now);
    assert_eq!(play.told(), ["0 kill", "1 kill"]);
    let steps = play.later(Duration::ZERO);
    assert_eq!(outcome(&steps), Some(&Outcome::Stopped { signal: INTERRUPT, is_killed: true }));
    assert_eq!(outcome(&steps).map(Outcome::code), Some(130), "and nothing is started again");
}

#[test]
fn a_key_is_not_told_twice_and_other_signals_are_passed_on() {
    let mut play = Play::of(1, 0);
    play.start();
    play.job.signal(10, false, play.now);
    assert_eq!(play.told(), ["0 10"]);
    assert_eq!(play.job.phase(), Phase::Running);
    play.job.signal(INTERRUPT, true, play.now);
    assert!(play.told().is_empty());
    let steps = play.ends(0, End::Code(0));
    assert_eq!(outcome(&steps), Some(&Outcome::Stopped { signal: INTERRUPT, is_killed: false }));
}

#[test]
fn a_failed_group_is_started_again_as_a_whole() {
    let mut play = Play::of(2, 1);
    play.stage.borrow_mut().obeys = true;
    play.start();
    play.ends(0, End::Code(3));
    let steps = play.later(Duration::ZERO);
    let fallen = Fallen { index: 0, end: End::Code(3) };
    assert_eq!(steps.last(), Some(&Step::Restarting { fallen, attempt: 1 }));
    assert_eq!(play.job.phase(), Phase::Pending);
    play.start();
    assert_eq!(play.stage.borrow().starts, [(0, 0), (1, 0), (0, 1), (1, 1)]);
    play.ends(1, End::Code(4));
    let steps = play.later(Duration::ZERO);
    assert_eq!(outcome(&steps).map(Outcome::code), Some(4), "no restart is left");
}

#[test]
fn what_cannot_be_started_ends_what_was() {
    let mut play = Play::of(3, 5);
    play.stage.borrow_mut().absent = Some(1);
    play.stage.borrow_mut().obeys = true;
    play.start();
    assert_eq!(play.told(), ["0 15"]);
    let steps = play.later(Duration::ZERO);
    let Some(Outcome::NotStarted(1, words)) = outcome(&steps) else { panic!("{steps:?}") };
    assert_eq!(words, "no more processes");
}

#[test]
fn a_stopped_job_is_not_started_again() {
    let mut play = Play::of(2, 5);
    play.start();
    play.ends(0, End::Code(3));
    play.job.stop(play.now);
    let steps = play.ends(1, End::Signal(15));
    assert_eq!(outcome(&steps).map(Outcome::code), Some(3));

    let mut play = Play::of(1, 5);
    play.start();
    play.job.stop(play.now);
    let steps = play.ends(0, End::Signal(15));
    assert_eq!(outcome(&steps).map(Outcome::code), Some(143));
    assert!(play.start().is_empty(), "a finished job stays finished");
}

#[test]
fn a_job_without_grace_waits_as_long_as_its_ranks_like() {
    let mut play = Play::of(1, 0);
    play.job = Job::new(1, Limits { max_restarts: 0, grace: None });
    play.start();
    play.job.signal(TERMINATE, false, play.now);
    assert_eq!(play.job.wakes_at(), None);
    play.job.steps();
    assert!(play.later(Duration::from_secs(86_400)).is_empty());
}
