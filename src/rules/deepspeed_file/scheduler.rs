//! The learning-rate schedule that DeepSpeed builds.

use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::rules::sample::file;
use crate::rules::{Facts, Findings, Rule};
use crate::schema::deepspeed::{SCHEDULERS, Scheduler};
use crate::text::{all_of, any_of, nearest};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[NAME, PARAMETERS, WARMUP_STEPS];

const NAME: Rule = Rule {
    name: "deepspeed-file/scheduler-name",
    says: "no schedule has this name",
    severity: Severity::Error,
    why: "DeepSpeed looks for the schedule among its own and then in PyTorch, by its exact name, and stops with an \
          AssertionError where neither has it.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"scheduler\": {\"type\": \"CosineWarmup\", \"params\": {\"total_num_steps\": 100}}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"scheduler\": {\"type\": \"WarmupCosineLR\", \"params\": {\"total_num_steps\": 100}}}\n",
    ),
    check: name,
    ..Rule::BLANK
};

fn name(facts: &Facts, found: &mut Findings) {
    let Some(written) = facts.deepspeed.get("scheduler.type") else { return };
    let is_known =
        |name: &str| Scheduler::named(name).is_some() || Scheduler::is_of_torch(name) || name == "auto";
    let Some(name) = written.value.as_text().filter(|name| !is_known(name)) else { return };
    let known = SCHEDULERS.iter().map(|known| known.name);
    let finding = found.report(
        Place::value(written.path.clone()),
        format!("`{name}` is no schedule of DeepSpeed or PyTorch"),
    );
    finding.advise(format!("write {}, or a schedule of PyTorch by its exact name", any_of(known.clone())));
    if let Some(near) = nearest(name, known) {
        finding.mark(format!("did you mean `{near}`?"));
        finding.offer(
            format!("write {near}"),
            vec![Edit::Set { path: written.path.clone(), value: near.into() }],
        );
    }
}

const PARAMETERS: Rule = Rule {
    name: "deepspeed-file/scheduler-parameters",
    says: "the schedule lacks a parameter that it needs",
    severity: Severity::Error,
    why: "A schedule that falls until the end of training must know the number of steps. Without it, or without \
          `params` at all, it cannot be built and training stops with a TypeError.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"scheduler\": {\"type\": \"WarmupDecayLR\", \"params\": {\"warmup_num_steps\": 10}}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"scheduler\": {\"type\": \"WarmupDecayLR\", \"params\": {\"warmup_num_steps\": 10, \"total_num_steps\": 100}}}\n",
    ),
    check: parameters,
    ..Rule::BLANK
};

fn parameters(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    let Some(written) = file.get("scheduler.type").filter(|it| it.value.as_text().is_some()) else { return };
    let name = file.text("scheduler.type").unwrap_or_default();
    if file.value("scheduler.params").is_none_or(|params| *params == Value::Null) {
        found
            .report(Place::value(written.path.clone()), format!("`{name}` cannot be built without `params`"))
            .advise("add `params`; `{}` takes every default");
        return;
    }
    let needed = Scheduler::named(name).map_or(&[][..], |known| known.needed);
    let is_missing = |param: &&&str| !file.has("scheduler.params", param);
    let missing: Vec<String> = needed.iter().filter(is_missing).map(|param| format!("`{param}`")).collect();
    if !missing.is_empty() {
        found
            .report(Place::value(written.path.clone()), format!("`{name}` needs {}", all_of(&missing)))
            .advise(format!(
                "add {} to `params`; the word auto lets Accelerate fill in the steps",
                all_of(&missing)
            ));
    }
}

const WARMUP_STEPS: Rule = Rule {
    name: "deepspeed-file/warmup-steps",
    says: "the warmup has no steps",
    severity: Severity::Error,
    why: "DeepSpeed 0.19 takes only whole numbers above 0 for the steps of the warmup and stops with a ValueError \
          otherwise. Older releases quietly made two steps of none.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"scheduler\": {\"type\": \"WarmupLR\", \"params\": {\"warmup_num_steps\": 0}}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"scheduler\": {\"type\": \"WarmupLR\", \"params\": {\"warmup_num_steps\": 1}}}\n",
    ),
    check: warmup_steps,
    ..Rule::BLANK
};

fn warmup_steps(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    let Some(written) = file.get("scheduler.params.warmup_num_steps") else { return };
    let is_built_by_deepspeed = file.text("scheduler.type").and_then(Scheduler::named).is_some();
    let is_fine =
        written.value.as_int().is_some_and(|steps| steps > 0) || written.value.as_text() == Some("auto");
    if !is_built_by_deepspeed || is_fine {
        return;
    }
    let finding =
        found.report(Place::value(written.path.clone()), "`warmup_num_steps` must be a whole number above 0");
    finding.advise("write 1 for hardly any warmup, or `\"auto\"`");
    if written.value.as_int() == Some(0) {
        finding.offer("write 1", vec![Edit::Set { path: written.path.clone(), value: 1.into() }]);
    }
}
