//! Batch sizes: train_batch_size = micro batch × accumulation × processes.

use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::rules::sample::file;
use crate::rules::{Facts, Findings, Rule};
use crate::value::Value;

use super::DeepSpeedFile;

pub(super) const RULES: &[Rule] = &[MISSING, ARITHMETIC];

const TOTAL: &str = "train_batch_size";
const MICRO: &str = "train_micro_batch_size_per_gpu";
const STEPS: &str = "gradient_accumulation_steps";

const MISSING: Rule = Rule {
    name: "deepspeed-file/no-batch-size",
    says: "no batch size is given",
    severity: Severity::Warning,
    why: "DeepSpeed needs the batch size and stops without one, unless the script sets it. With the word `auto` \
          for the micro batch, Accelerate fills in the batch size of the data loader.",
    bad: file("ds.json", b"{\"zero_optimization\": {\"stage\": 2}}\n"),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": \"auto\", \"zero_optimization\": {\"stage\": 2}}\n",
    ),
    check: missing,
    ..Rule::BLANK
};

fn missing(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    let is_set = |key: &str| file.value(key).is_some_and(|value| *value != Value::Null);
    if !file.is_there || is_set(MICRO) || (is_set(TOTAL) && file.text(TOTAL) != Some("auto")) {
        return;
    }
    let place = match file.get(TOTAL) {
        Some(total) => Place::value(total.path.clone()),
        None => Place::Bytes(facts.first()),
    };
    let set = Edit::Set { path: MICRO.into(), value: "auto".into() };
    found
        .report(place, format!("`{MICRO}` is missing; DeepSpeed stops unless the script sets it"))
        .advise(format!("add `\"{MICRO}\": \"auto\"`, which takes the batch size of the data loader"))
        .offer(format!("add `{MICRO}`"), vec![set]);
}

const ARITHMETIC: Rule = Rule {
    name: "deepspeed-file/batch-arithmetic",
    says: "the batch sizes do not multiply",
    severity: Severity::Error,
    why: "DeepSpeed insists that train_batch_size is the micro batch times the accumulation steps times the number \
          of processes, and stops with an AssertionError otherwise. Accelerate counts one accumulation step where \
          the file names none.",
    bad: file(
        "ds.json",
        b"{\"train_batch_size\": 30, \"train_micro_batch_size_per_gpu\": 4, \"gradient_accumulation_steps\": 2, \
          \"zero_optimization\": {\"stage\": 2}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_batch_size\": 32, \"train_micro_batch_size_per_gpu\": 4, \"gradient_accumulation_steps\": 2, \
          \"zero_optimization\": {\"stage\": 2}}\n",
    ),
    check: arithmetic,
    ..Rule::BLANK
};

fn arithmetic(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    let (Some(total), Some(sum)) = (file.get(TOTAL), Sum::of(file)) else { return };
    let Some(problem) = sum.problem() else { return };
    let finding = found.report(Place::value(total.path.clone()), problem);
    for (key, words) in [(MICRO, "samples at once"), (STEPS, "accumulation steps")] {
        if let Some(other) = file.get(key) {
            finding.relate(Place::value(other.path.clone()), words);
        }
    }
    finding
        .advise("write `\"auto\"` for `train_batch_size`: Accelerate multiplies itself")
        .offer("write \"auto\"", vec![Edit::Set { path: total.path.clone(), value: "auto".into() }]);
}

/// What must multiply; `None` for what the script or the command line decides.
struct Sum {
    total: i64,
    micro: Option<i64>,
    steps: Option<i64>,
    processes: Option<i64>,
}

impl Sum {
    /// The numbers of a file; none where other ways of splitting change the count, or where they are no
    /// proper numbers, which is another rule's business.
    fn of(file: &DeepSpeedFile) -> Option<Sum> {
        let is_split = ["pipeline", "tensor_parallel", "sequence_parallel_size", "expert_parallel"];
        if is_split.iter().any(|key| file.get(key).is_some()) {
            return None;
        }
        let number = |key: &str| match file.value(key) {
            None | Some(Value::Null) => Some(None),
            Some(Value::Text(text)) if text == "auto" => Some(None),
            Some(value) => value.as_int().filter(|number| *number > 0).map(Some),
        };
        // Accelerate writes 1 where the file is silent.
        let steps = if file.get(STEPS).is_none() { Some(1) } else { number(STEPS)? };
        Some(Sum { total: number(TOTAL)??, micro: number(MICRO)?, steps, processes: file.processes })
    }

    /// What does not multiply, as a sentence.
    fn problem(&self) -> Option<String> {
        let Sum { total, .. } = *self;
        let known = [self.micro, self.steps, self.processes];
        let product: i64 = known.iter().flatten().try_fold(1i64, |all, one| all.checked_mul(*one))?;
        let is_whole = known.iter().all(Option::is_some);
        let factors = self.factors();
        if is_whole && product != total {
            Some(format!("`{TOTAL}` is {total}, but {factors} make {product}"))
        } else if !is_whole && total % product != 0 {
            Some(format!("`{TOTAL}` is {total}, which is no multiple of {factors}"))
        } else {
            None
        }
    }

    /// "2 samples × 4 steps × 8 processes", as far as known.
    fn factors(&self) -> String {
        let parts = [
            self.micro.map(|number| crate::text::count(number as usize, "sample")),
            self.steps.map(|number| crate::text::count(number as usize, "step")),
            self.processes
                .map(|number| format!("{number} {}", if number == 1 { "process" } else { "processes" })),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" × ")
    }
}
