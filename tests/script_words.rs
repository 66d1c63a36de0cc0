//! What a script's own words do to what a launch hands it: every keyword as the real `Accelerator` of
//! accelerate 1.15.0 was seen to treat it (`make oracle-script`).

use std::collections::BTreeMap;

use accel_studio::launch::contract;
use accel_studio::launch::supervise::End;
use accel_studio::launch::supervise::failure::diagnose;
use accel_studio::layers::script::{Heard, KEYWORDS, Keyword};
use accel_studio::schema;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::harness::run::Room;

#[derive(Deserialize)]
struct Record {
    accelerate: String,
    unchecked: BTreeMap<String, String>,
    contests: Vec<Contest>,
    refused: BTreeMap<String, Option<Refused>>,
}

/// A keyword and a variable that contradict each other, once each way.
#[derive(Deserialize)]
struct Contest {
    class: String,
    keyword: String,
    variable: String,
    answers: [Answer; 2],
}

/// What the first worker has: with the launch alone, with the script alone, with both.
#[derive(Deserialize)]
struct Answer {
    launch: String,
    script: String,
    both: String,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    sign: Option<String>,
}

fn record() -> Record {
    let text = include_str!("fixtures/oracle/script.json");
    serde_json::from_str(text).expect("the record is JSON")
}

impl Contest {
    fn is_about(&self, keyword: &Keyword) -> bool {
        self.class == keyword.class && self.keyword == keyword.name
    }

    fn heard(&self) -> Heard {
        let is_scripts = self.answers.each_ref().map(|answer| {
            assert_ne!(answer.launch, answer.script, "{}: both say the same", self.keyword);
            assert!([&answer.launch, &answer.script].contains(&&answer.both), "{}", self.keyword);
            answer.both == answer.script
        });
        match is_scripts {
            [true, true] => Heard::Script,
            [false, false] => Heard::Launch,
            _ => Heard::Either,
        }
    }
}

#[test]
fn every_keyword_is_heard_as_the_real_accelerator_hears_it() {
    let record = record();
    assert_eq!(record.accelerate, "1.15.0");
    for keyword in KEYWORDS {
        let contest = record.contests.iter().find(|contest| contest.is_about(keyword));
        let contest = contest.unwrap_or_else(|| panic!("{} is not recorded", keyword.says()));
        assert_eq!(contest.heard(), keyword.heard, "{}", keyword.says());
    }
    for contest in &record.contests {
        let is_known = KEYWORDS.iter().any(|keyword| contest.is_about(keyword));
        assert!(is_known, "{}({}=…) has no row", contest.class, contest.keyword);
    }
}

#[test]
fn every_keyword_contradicts_the_variable_of_its_argument() {
    let carries = |variable: &str, argument: &str| {
        contract::carriers().any(|carrier| carrier.variable == variable && carrier.argument == argument)
            || schema::fields().any(|field| field.name() == argument && field.env.contains(&variable))
            || variable == format!("ACCELERATE_{}", argument.to_uppercase())
            // Three variables carry its three passes.
            || (variable, argument) == ("ACCELERATE_FP8_OVERRIDE_FPROP", "fp8_override_linear_precision")
    };
    for contest in record().contests {
        let keyword = KEYWORDS.iter().find(|keyword| contest.is_about(keyword)).expect("there is a row");
        assert!(carries(&contest.variable, keyword.argument), "{} {}", contest.variable, keyword.argument);
    }
}

/// Keywords of the real classes of which only one word is allowed: nothing can contradict it.
const ONE_WORD: [&str; 2] = ["PARALLELISM_CONFIG_CP_BACKEND", "PARALLELISM_CONFIG_SP_BACKEND"];

#[test]
fn every_variable_that_a_launch_hands_over_was_asked_about() {
    let record = record();
    let is_asked = |variable: &str| record.contests.iter().any(|contest| contest.variable == variable);
    let missing: Vec<&str> = contract::carriers()
        .map(|carrier| carrier.variable)
        .filter(|variable| !is_asked(variable) && !ONE_WORD.contains(variable))
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn resolve_tells_people_and_programs_who_is_heard() {
    let config = "distributed_type: DEEPSPEED\nmixed_precision: bf16\nnum_processes: 4\ndeepspeed_config:\n  zero_stage: 2\n  gradient_accumulation_steps: 4\n";
    let room = Room::new().file("a.yaml", config);
    let table = room.run(&["resolve", "a.yaml"]).stdout;
    for line in [
        "  Accelerator(mixed_precision=…) beats mixed_precision\n",
        "  deepspeed_config.gradient_accumulation_steps beats Accelerator(gradient_accumulation_steps=…)\n",
        "  GradientAccumulationPlugin(…) beats deepspeed_config.gradient_accumulation_steps\n",
        "  DeepSpeedPlugin(…) beats what it names of deepspeed_config\n",
    ] {
        assert!(table.contains(line), "{line}{table}");
    }
    // DeepSpeed's way hands over nothing of torch.compile.
    assert!(!table.contains("TorchDynamoPlugin"), "{table}");
    let text = room.run(&["resolve", "a.yaml", "--format", "json"]).stdout;
    let page: Json = serde_json::from_str(&text).expect("JSON");
    let settings = page["settings"].as_array().expect("a list");
    let of =
        |name: &str| settings.iter().find(|one| one["name"] == name).expect("it is there")["script"].clone();
    assert_eq!(of("mixed_precision")[0]["heard"], "script");
    assert_eq!(of("gradient_accumulation_steps")[0]["heard"], "launch");
    assert_eq!(of("use_cpu")[0]["says"], "Accelerator(cpu=…)");
    assert_eq!(of("num_processes"), Json::Array(Vec::new()), "no script says how many there are");
}

#[test]
fn a_script_on_the_cpu_needs_one_voice() {
    let config = "distributed_type: 'NO'\nuse_cpu: true\nmixed_precision: 'no'\n";
    let table = Room::new().file("a.yaml", config).run(&["resolve", "a.yaml"]).stdout;
    assert!(table.contains("  use_cpu or Accelerator(cpu=True): one of them is enough\n"), "{table}");
}

#[test]
fn calls_that_accelerate_refuses_are_explained_where_they_fail() {
    let record = record();
    for (call, refused) in &record.refused {
        let Some(refused) = refused else { continue };
        let sign = refused.sign.as_deref().unwrap_or_else(|| panic!("{call} has no sign"));
        let said = format!("Traceback (most recent call last):\n{}: {sign}: …\n", refused.error);
        let (says, advice) = diagnose(End::Code(1), &said, None, 0).cause.expect("a known cause");
        assert!(says.contains("`Accelerator`"), "{call}: {says}");
        let keyword = call.split(['(', '=']).nth(1).expect("a keyword");
        let is_told = advice.contains(keyword) || refused.error == "ValueError" && advice.contains("`'no'`");
        assert!(is_told, "{call}: {advice}");
    }
    for taken in
        ["Accelerator(cpu=True)", "Accelerator(project_dir='logs')", "Accelerator(mixed_precision='no')"]
    {
        assert!(record.refused[taken].is_none(), "our advice is taken: {taken}");
    }
}

#[test]
fn without_a_launcher_a_precision_is_not_checked() {
    assert_eq!(record().unchecked["ACCELERATE_MIXED_PRECISION=fp32"], "fp32");
    let room = Room::new().file("a.yaml", "distributed_type: 'NO'\nmixed_precision: fp32\n");
    let run = room.run(&["launch", "--dry-run", "--force", "--config_file", "a.yaml", "train.py"]);
    assert!(run.code == 2 && run.stderr.contains("fp32"), "with one it is: {}", run.stderr);
}
