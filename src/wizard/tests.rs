//! Tests of [`super`]: a scripted person answers.

use super::*;
use crate::hardware::{Device, Gpus};

/// Answers by key, in the order in which they are used up; anything else takes the proposal.
#[derive(Default)]
struct Script {
    said: Vec<(&'static str, Reply<Value>)>,
    opens: Vec<Group>,
    verdicts: Vec<Verdict>,
    asked: Vec<&'static str>,
}

impl Script {
    fn say(mut self, key: &'static str, value: impl Into<Value>) -> Script {
        self.said.push((key, Reply::Answer(value.into())));
        self
    }

    fn back_at(mut self, key: &'static str) -> Script {
        self.said.push((key, Reply::Back));
        self
    }
}

impl Ask for Script {
    fn value(&mut self, question: &Question) -> Reply<Value> {
        self.asked.push(question.field.key);
        match self.said.iter().position(|(key, _)| *key == question.field.key) {
            Some(index) => self.said.remove(index).1,
            None => Reply::Answer(question.proposal.clone().unwrap_or(Value::Null)),
        }
    }

    fn more(&mut self, _: &[Page]) -> Reply<Vec<Group>> {
        Reply::Answer(self.opens.clone())
    }

    fn review(&mut self, _: &Review) -> Reply<Verdict> {
        Reply::Answer(self.verdicts.pop().unwrap_or(Verdict::Write))
    }
}

fn machine(gpus: usize, capability: (u32, u32)) -> Machine {
    let device = Device { capability: Some(capability), ..Device::default() };
    Machine { gpus: Gpus::listed(vec![device; gpus]), ..Machine::default() }
}

fn written(machine: &Machine, script: &mut Script) -> String {
    let review = Wizard::new(machine, Release::LATEST, []).run(script).expect("the script goes to the end");
    review.document.text().to_owned()
}

#[test]
fn eight_gpus_and_enter_make_data_parallel() {
    let text = written(&machine(8, (9, 0)), &mut Script::default());
    assert_eq!(
        text,
        "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nnum_processes: 8\n\
         mixed_precision: bf16\nnum_machines: 1\n"
    );
}

#[test]
fn one_old_gpu_makes_one_process_in_half_precision() {
    let mut script = Script::default();
    let text = written(&machine(1, (7, 0)), &mut script);
    assert_eq!(
        text,
        "compute_environment: LOCAL_MACHINE\ndistributed_type: 'NO'\nnum_processes: 1\nmixed_precision: fp16\n"
    );
    assert!(!script.asked.contains(&"num_machines"), "one process needs no machines: {:?}", script.asked);
}

#[test]
fn a_machine_without_gpus_trains_on_the_cpu() {
    let text = written(&Machine::default(), &mut Script::default());
    assert!(text.contains("mixed_precision: 'no'\n") && text.contains("use_cpu: true\n"), "{text}");
}

#[test]
fn only_questions_that_matter_are_asked() {
    let mut script = Script::default().say("distributed_type", "FSDP");
    let text = written(&machine(8, (9, 0)), &mut script);
    assert!(text.contains("fsdp_config:\n  fsdp_version: 2\n"), "{text}");
    assert!(script.asked.iter().all(|key| !key.starts_with("deepspeed_config")), "{:?}", script.asked);
    assert!(!script.asked.contains(&"fsdp_config.fsdp_sharding_strategy"), "version 2 has none");
    assert!(!script.asked.contains(&"machine_rank"), "one machine has no rank");
}

#[test]
fn several_machines_multiply_the_processes() {
    let mut script = Script::default().say("num_machines", 2).say("main_process_ip", "10.0.0.1");
    let text = written(&machine(8, (9, 0)), &mut script);
    assert!(text.contains("num_processes: 16\n") && text.contains("main_process_ip: 10.0.0.1\n"), "{text}");
}

#[test]
fn going_back_asks_again_and_remembers() {
    let mut script = Script::default()
        .say("distributed_type", "FSDP")
        .say("num_machines", 4)
        .back_at("num_processes")
        .back_at("num_machines")
        .say("distributed_type", "DEEPSPEED")
        .say("main_process_ip", "10.0.0.1");
    let text = written(&machine(8, (9, 0)), &mut script);
    assert!(text.contains("distributed_type: DEEPSPEED\n") && !text.contains("fsdp"), "{text}");
    assert!(text.contains("num_machines: 4\n"), "the answer taken back is proposed again: {text}");
}

#[test]
fn an_answer_changed_at_the_end_leaves_nothing_inert() {
    let mut script = Script::default().say("distributed_type", "FSDP");
    script.verdicts = vec![Verdict::Change(Step::Field("distributed_type"))];
    script.said.push(("distributed_type", Reply::Answer("MULTI_GPU".into())));
    let text = written(&machine(8, (9, 0)), &mut script);
    assert!(text.contains("MULTI_GPU") && !text.contains("fsdp"), "{text}");
}

#[test]
fn a_deepspeed_file_holds_the_precision() {
    let file = "deepspeed_config.deepspeed_config_file";
    let mut script = Script::default().say("distributed_type", "DEEPSPEED").say(file, "ds.json");
    let text = written(&machine(8, (9, 0)), &mut script);
    assert!(text.contains("deepspeed_config_file: ds.json\n") && !text.contains("mixed_precision"), "{text}");
    assert!(!text.contains("zero_stage"), "the file holds the stage too: {text}");
}

#[test]
fn less_common_fields_are_asked_when_wanted() {
    let mut script = Script { opens: vec![Group::Basics], ..Script::default() }.say("debug", true);
    let text = written(&machine(8, (9, 0)), &mut script);
    assert!(text.contains("debug: true\n"), "{text}");
}

#[test]
fn what_was_given_is_not_asked_for() {
    let given =
        [setting("fsdp_version=1"), setting("distributed_type=fsdp")].map(|set| set.expect("it fits"));
    let mut script = Script::default();
    let machine = machine(2, (8, 0));
    let review = Wizard::new(&machine, Release::LATEST, given).run(&mut script).expect("it goes to the end");
    assert!(review.document.text().contains("fsdp_version: 1\n"), "{}", review.document.text());
    assert!(!script.asked.contains(&"distributed_type"));
}

#[test]
fn every_way_of_training_gives_a_config_without_findings() {
    for kind in schema::field("distributed_type")
        .expect("it has a row")
        .choices(Release::LATEST, schema::Platform::Local)
    {
        let mut script = Script::default()
            .say("distributed_type", kind.word)
            .say("mpirun_config.mpirun_hostfile", "hosts");
        let machine = machine(8, (9, 0));
        let review = Wizard::new(&machine, Release::LATEST, []).run(&mut script).expect("it goes to the end");
        assert!(review.is_clean(), "{}\n{:#?}", review.document.text(), review.findings);
    }
}

#[test]
fn a_setting_says_what_to_type_instead() {
    assert_eq!(setting("mixed_precision=BF16").map(|(_, value)| value), Ok(Value::from("bf16")));
    let told = |typed| setting(typed).expect_err("it is wrong");
    assert!(told("mixed_precison=no").contains("did you mean `mixed_precision`?"));
    assert!(told("num_processes=many").contains("`num_processes`: type an integer of at least 1"));
    assert!(told("num_processes").contains("has no `=`"));
    assert!(told("rdzv_backend=c10d").contains("pass `--rdzv_backend` instead"));
    assert!(told("version=2").contains("several keys end in `version`"));
    assert_eq!(
        setting("dp_shard_size=8").map(|(field, _)| field.key),
        Ok("parallelism_config.parallelism_config_dp_shard_size")
    );
}

#[test]
fn without_proposals_the_missing_answer_is_named() {
    let mut proposals = Proposals::default();
    let given = [setting("distributed_type=MULTI_GPU").expect("it fits")];
    let nothing = Machine::default();
    assert!(Wizard::new(&nothing, Release::LATEST, given).run(&mut proposals).is_none());
    assert_eq!(proposals.missing.map(|field| field.key), Some("num_processes"));
}

/// Somebody who answers anything: a byte says what. Takes proposals when the bytes are used up.
struct Anybody(Vec<u8>);

impl Ask for Anybody {
    fn value(&mut self, question: &Question) -> Reply<Value> {
        let needed = || question.field.kind.read("3").unwrap_or_else(|_| Value::from("all"));
        let Some(byte) = self.0.pop() else {
            return Reply::Answer(question.proposal.clone().unwrap_or_else(needed));
        };
        match (byte % 5, question.offers.as_slice()) {
            (0, _) => Reply::Back,
            (1, []) => Reply::Answer(Value::Null),
            (2, []) => Reply::Answer(question.proposal.clone().unwrap_or_else(needed)),
            (_, []) => Reply::Answer(question.field.kind.read("yes").unwrap_or_else(|_| needed())),
            (_, offers) => Reply::Answer(offers[usize::from(byte) % offers.len()].value.clone()),
        }
    }

    fn more(&mut self, pages: &[Page]) -> Reply<Vec<Group>> {
        let byte = self.0.pop().unwrap_or(0);
        Reply::Answer(pages.iter().map(|page| page.group).take(usize::from(byte % 4)).collect())
    }

    fn review(&mut self, review: &Review) -> Reply<Verdict> {
        match self.0.pop() {
            Some(byte) if !review.asked.is_empty() => {
                Reply::Answer(Verdict::Change(review.asked[usize::from(byte) % review.asked.len()]))
            }
            Some(_) => Reply::Back,
            None => Reply::Answer(Verdict::Write),
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]
    #[test]
    fn whatever_is_answered_the_config_reads_and_holds_nothing_inert(bytes: Vec<u8>) {
        let machine = machine(8, (9, 0));
        let wizard = Wizard::new(&machine, Release::LATEST, []);
        let review = wizard.run(&mut Anybody(bytes)).expect("nobody stops");
        let document = &review.document;
        assert!(document.fault().is_none(), "{}", document.text());
        let value = document.value();
        let lookup = |key: &str| key.split('.').try_fold(&value, |value, part| value.get(part));
        for field in schema::fields().filter(|field| !field.kind.is_section() && lookup(field.key).is_some()) {
            assert_eq!(field.why_inert(&lookup), None, "{} in\n{}", field.key, document.text());
        }
    }
}
