//! Launching from the studio: the script, the plan, the job, its end.

use std::time::Duration;

use accel_studio::document::Stored;
use accel_studio::hardware::live::{GpuUsage, Usage};
use accel_studio::hardware::{Device, Gpus, Machine, Memory};
use accel_studio::launch::supervise::{End, Fallen, Outcome, Report, Step, Why};
use accel_studio::launch::{Launcher, Plan, Process, Reason};
use accel_studio::model;
use accel_studio::settings::Settings;
use accel_studio::studio::{Around, Message, Opening, Outcome as Left, Piece, Prepared};

use crate::harness::picture::assert_picture;
use crate::harness::run::Room;
use crate::harness::screen::{Person, USUAL};

const FILE: &str = "distributed_type: MULTI_GPU\nnum_processes: 2\nmixed_precision: bf16\n";

fn plan(ranks: u32) -> Plan {
    let process = |rank: u32| Process {
        rank,
        local_rank: rank,
        argv: ["python", "-u", "train.py", "--lr", "1e-4"].map(str::to_owned).to_vec(),
        env: [("RANK".to_owned(), rank.to_string())].into(),
    };
    let mut plan = Plan::new(Launcher::MultiGpu, (0..ranks).map(process).collect());
    plan.shared_env = [("ACCELERATE_MIXED_PRECISION".to_owned(), "bf16".to_owned())].into();
    plan.reasons = vec![Reason {
        variable: "ACCELERATE_MIXED_PRECISION".to_owned(),
        value: "bf16".to_owned(),
        field: Some("mixed_precision".to_owned()),
        origin: "a.yaml, line 3".to_owned(),
        sentence: "the precision of the training.".to_owned(),
    }];
    plan
}

fn prepared(refusals: &[&str]) -> Prepared {
    let refusals = refusals.iter().map(|refusal| (*refusal).to_owned()).collect();
    Prepared {
        plan: plan(2),
        refusals,
        notes: vec!["port 29500 is taken, so another one is used.".to_owned()],
    }
}

fn person(columns: u16, rows: u16, refusals: &[&str]) -> Person {
    let room = Room::new().file("a.yaml", FILE);
    Person::opens(&room.path("a.yaml"), columns, rows).has_plan(prepared(refusals))
}

fn launched(columns: u16, rows: u16) -> Person {
    let mut person = person(columns, rows, &[]);
    person.types("L train.py <space> --lr <space> 1e-4 <enter> <enter>");
    person.asked();
    let started = |index| Message::Step(Step::Started { index, pid: 7, attempt: 0 });
    person.sends([started(0), started(1)]);
    person
}

fn said(index: usize, text: &str, is_passing: bool) -> Message {
    Message::Said(vec![Piece { index, is_error: is_passing, is_passing, text: text.to_owned() }])
}

/// The picture without its first line, which names a folder of this run.
fn below_the_name(person: &Person) -> String {
    person.picture().lines().skip(1).map(|line| format!("{line}\n")).collect()
}

fn trains(person: &mut Person) {
    for step in 1..=40_u32 {
        let loss = 4.0 / f64::from(step).sqrt();
        person.sends([said(0, &format!("step {step} loss: {loss:.4}"), false)]);
        person.sends([said(1, &format!("rank one at step {step}"), false)]);
    }
    person.sends([said(0, " 40%|####      | 40/100 [00:40<01:00, 1.00it/s]", true)]);
    let gpu = |busy| GpuUsage {
        busy: Some(busy),
        memory: Some((61 << 30, 80 << 30)),
        power: Some(650),
        temperature: Some(64),
    };
    let usage = Usage { cpu: Some(12), ram: Some((30 << 30, 120 << 30)), gpus: vec![gpu(97), gpu(88)] };
    person.sends([Message::Pulse(Duration::from_secs(65), usage)]);
}

fn over(outcome: Outcome, tail: &str) -> Message {
    let report = Report {
        outcome,
        tails: vec![String::new(), tail.to_owned()],
        error_file: None,
        elapsed: Duration::from_secs(70),
        logs: None,
        out_of_memory_kills: 0,
    };
    Message::Over(Ok(Box::new(report)))
}

const TRACEBACK: &str = "Traceback (most recent call last):\n  File \"train.py\", line 40, in <module>\n    loss.backward()\ntorch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.\n";

fn fails(person: &mut Person) {
    let fallen = Fallen { index: 1, end: End::Code(1) };
    person.sends([Message::Step(Step::Ended { index: 1, end: End::Code(1), was_told: false })]);
    person.sends([Message::Step(Step::Stopping(Why::Failed(fallen)))]);
    person.sends([Message::Step(Step::Ended { index: 0, end: End::Signal(15), was_told: true })]);
    person.sends([over(Outcome::Failed(fallen), TRACEBACK)]);
}

#[test]
fn the_plan_is_shown_before_anything_starts() {
    let mut person = person(100, 30, &[]);
    person.types("L train.py <enter>");
    assert_eq!(person.asked(), ["prepare a.yaml train.py"]);
    assert_picture("launch_plan_100x30", &below_the_name(&person));
    person.types("<enter>");
    assert_eq!(person.asked(), ["launch 2"]);
    assert!(person.sees("nothing is said yet"));
}

#[test]
fn the_plan_tells_variables_from_reasons_in_a_narrow_terminal() {
    let mut person = person(80, 24, &[]);
    person.types("L train.py <enter>");
    assert_picture("launch_plan_80x24", &below_the_name(&person));
}

const LLAMA: &str = r#"{"model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192,
    "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64,
    "vocab_size": 128256, "tie_word_embeddings": true}"#;

#[test]
fn the_plan_says_whether_it_fits_where_a_model_is_named() {
    let says = |gibibytes: u64| {
        let device = Device { memory: Some(Memory::of(gibibytes << 30)), ..Device::default() };
        let around = Around {
            settings: Settings::parse("model: llama-3.2-1b\nworkload: {optimizer: adamw}\n")
                .expect("in order"),
            here: Machine { gpus: Gpus::listed(vec![device; 2]), ..Machine::default() },
            find_model: |name, _| model::read_text(LLAMA, name).map_err(|error| error.to_string()),
            ..Around::default()
        };
        let room = Room::new().file("a.yaml", FILE);
        let stored = Stored::read(room.path("a.yaml")).expect("the file can be read");
        let mut person = Person::sits_in(around, Opening::File(Box::new(stored)), USUAL, 100, 30);
        person = person.has_plan(prepared(&[]));
        person.types("L train.py <enter>");
        assert!(person.sees("llama-3.2-1b needs "), "{}", person.picture());
        person
    };
    assert!(says(80).sees("fits: llama-3.2-1b needs") && says(80).sees("(this machine)"));
    assert!(says(8).sees("does not fit: llama-3.2-1b needs"));
}

#[test]
fn lines_that_are_cut_carry_a_mark() {
    let mut person = launched(80, 24);
    person.sends([said(0, &format!("{}end", "x".repeat(80)), false), said(1, "short", false)]);
    assert!(person.sees("xxxx…│") && !person.sees("end"));
    assert!(!person.sees("short…"));
    let mut reader = launched(80, 24);
    reader.sends([said(0, &"y".repeat(3_000), false)]);
    reader.types("<enter> <end>");
    assert!(reader.sees("y…"), "what is not kept is marked as well: {}", reader.picture());
}

#[test]
fn ranks_that_were_told_to_end_have_not_failed() {
    let mut person = launched(80, 24);
    fails(&mut person);
    assert!(person.sees("–0 ✗1") && person.sees("rank 0 was ended with it"), "{}", person.picture());
}

#[test]
fn what_would_fail_is_not_started_by_the_usual_key() {
    let mut person = person(100, 30, &["the script train.py is not there"]);
    person.types("L train.py <enter>");
    assert!(person.sees("This would fail") && person.sees("the script train.py is not there"));
    person.types("<enter>");
    assert_eq!(person.asked(), ["prepare a.yaml train.py"], "nothing is started");
    person.types("!");
    assert_eq!(person.asked(), ["launch 2"]);
}

#[test]
fn a_job_is_watched() {
    for (columns, rows) in [(80, 24), (140, 45)] {
        let mut person = launched(columns, rows);
        trains(&mut person);
        assert_picture(&format!("job_running_{columns}x{rows}"), &below_the_name(&person));
        person.types("3");
        assert!(person.sees("rank one at step 40") && !person.sees("loss: 4.0000"));
    }
}

#[test]
fn a_failure_shows_the_traceback_of_the_rank_that_failed_first() {
    for (columns, rows) in [(80, 24), (140, 45)] {
        let mut person = launched(columns, rows);
        trains(&mut person);
        fails(&mut person);
        assert_picture(&format!("job_failed_{columns}x{rows}"), &below_the_name(&person));
        person.types("r");
        assert_eq!(person.asked(), ["launch 2"], "the same job starts again");
    }
}

#[test]
fn a_job_is_stopped_then_killed() {
    let mut person = launched(80, 24);
    person.types("s");
    assert_eq!(person.asked(), ["Stop"]);
    person.sends([Message::Step(Step::Stopping(Why::Asked))]);
    assert!(person.sees("stopping"));
    person.types("s");
    assert_eq!(person.asked(), ["Kill"]);
    person.sends([over(Outcome::Stopped { signal: 15, is_killed: true }, "")]);
    assert!(person.sees("stopped"));
    person.types("s w");
    assert_eq!(person.asked(), ["save logs"], "nothing is left to stop");
    assert!(person.sees("logs are in logs-1"));
}

#[test]
fn the_log_is_searched_and_scrolled() {
    let mut person = launched(80, 24);
    trains(&mut person);
    person.types("/ step <space> 7 <space> loss <enter>");
    assert!(person.sees("step 7 loss") && person.sees("G follows again"));
    person.types("G");
    assert!(person.sees("follows") && person.sees("40/100"));
}

#[test]
fn the_form_is_there_while_a_job_runs() {
    let mut person = launched(80, 24);
    person.types("<esc>");
    assert!(person.sees("num_processes") || person.sees("Training type"));
    person.types("L");
    assert!(person.sees("running"), "the same key leads back");
    assert_eq!(person.asked(), Vec::<String>::new());
}

#[test]
fn leaving_asks_what_shall_become_of_the_job() {
    let mut person = launched(80, 24);
    person.types("q");
    assert!(person.sees("A job is running"));
    person.types("<esc>");
    assert_eq!((person.outcome(), person.asked()), (Left::Deserted, vec![]));
    person.types("q s");
    assert_eq!((person.outcome(), person.asked()), (Left::Deserted, vec!["Stop".to_owned()]));
    person.sends([over(Outcome::Stopped { signal: 15, is_killed: false }, "")]);
    assert_eq!(person.outcome(), Left::LeftJob { code: 143 }, "a job's exit code is the program's");
}

#[test]
fn long_lines_are_read_whole() {
    let mut person = launched(80, 24);
    let long = format!("/data/{}/end_of_the_path", "folder/".repeat(12));
    person.sends([said(0, &long, false)]);
    assert!(!person.sees("end_of_the_path"), "the log shows the beginning of a line");
    person.types("<enter>");
    assert!(person.sees("end_of_the_path"));
    person.types("<esc>");
    let fallen = Fallen { index: 1, end: End::Code(1) };
    let tail = format!("Traceback (most recent call last):\nValueError: {long}\n");
    person.sends([over(Outcome::Failed(fallen), &tail)]);
    assert!(!person.sees("end_of_the_path"));
    person.types("<enter>");
    assert!(person.sees("end_of_the_path") && person.sees("rank 1 failed first"));
}

#[test]
fn a_search_without_a_hit_says_so() {
    let mut person = launched(80, 24);
    trains(&mut person);
    person.types("/ nowhere <enter>");
    assert!(person.sees("no line above has nowhere"));
    person.types("/ <c-u> step <space> 40 <enter> n n n n");
    assert!(person.sees("no line below has step 40"));
}

#[test]
fn the_keys_of_a_job_come_first_in_its_help() {
    let mut person = launched(80, 24);
    person.types("<f1>");
    assert!(person.sees("While a job has the screen") && person.sees("Tell all ranks to end"));
}

#[test]
fn every_size_can_show_a_job() {
    let mut person = launched(80, 24);
    trains(&mut person);
    for (columns, rows) in [(34, 9), (40, 12), (60, 18), (200, 60), (35, 60), (250, 10)] {
        person.resizes(columns, rows);
    }
    fails(&mut person);
    for (columns, rows) in [(34, 9), (40, 12), (60, 20), (200, 60), (35, 60), (250, 10)] {
        person.resizes(columns, rows);
    }
    assert!(person.sees("failed"));
}

#[test]
fn a_variable_that_beats_the_config_is_named() {
    let room = Room::new().file("a.yaml", format!("{FILE}use_cpu: false\n"));
    let mut around = Around::default();
    around.here.env.insert("ACCELERATE_USE_CPU".to_owned(), "1".to_owned());
    let stored = Stored::read(room.path("a.yaml")).expect("the file can be read");
    let mut person = Person::sits_in(around, Opening::File(Box::new(stored)), USUAL, 100, 30);
    assert!(person.sees("env"));
    person.types("/ use_cpu <enter>");
    assert!(person.sees("$ACCELERATE_USE_CPU of this shell counts here"));
}

#[test]
fn one_key_plans_a_run_of_the_bundled_worker() {
    let mut person = person(100, 30, &[]);
    person.types("T");
    assert_eq!(person.asked(), ["prepare a.yaml --worker"]);
    assert!(person.sees("Launch?"));
    person.types("<enter>");
    assert_eq!(person.asked(), ["launch 2"]);
    // The key leads back to a job that runs.
    person.sends([Message::Step(Step::Started { index: 0, pid: 7, attempt: 0 })]);
    person.types("q T");
    assert!(person.sees("nothing is said yet"));
    assert_eq!(person.asked(), Vec::<String>::new());
}
