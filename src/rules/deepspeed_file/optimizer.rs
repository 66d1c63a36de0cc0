//! The optimizer that DeepSpeed builds.

use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::key::KeyPath;
use crate::rules::sample::file;
use crate::rules::{Facts, Findings, Rule};
use crate::schema::deepspeed::{OPTIMIZERS, Optimizer};
use crate::text::nearest;

pub(super) const RULES: &[Rule] = &[NAME, UNTESTED, CLIPPING];

const NAME: Rule = Rule {
    name: "deepspeed-file/optimizer-name",
    says: "no optimizer has this name",
    severity: Severity::Error,
    why: "DeepSpeed builds its own optimizers by name and looks up all others in PyTorch. The one-bit optimizers of \
          older releases are gone. A name that neither knows stops training with an AssertionError.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 1}, \
          \"optimizer\": {\"type\": \"OneBitAdam\", \"params\": {\"lr\": 1e-4}}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 1}, \
          \"optimizer\": {\"type\": \"AdamW\", \"params\": {\"lr\": 1e-4}}}\n",
    ),
    check: name,
    ..Rule::BLANK
};

fn name(facts: &Facts, found: &mut Findings) {
    let Some(written) = facts.deepspeed.get("optimizer.type") else { return };
    let Some(name) =
        written.value.as_text().filter(|name| *name != "auto" && Optimizer::named(name).is_none())
    else {
        return;
    };
    let known = OPTIMIZERS.iter().map(|known| known.name);
    let finding = found.report(
        Place::value(written.path.clone()),
        format!("`{name}` is no optimizer of DeepSpeed or PyTorch"),
    );
    finding.advise("write AdamW, or another optimizer of `torch.optim` by its exact name");
    if let Some(near) = nearest(name, known) {
        finding.mark(format!("did you mean `{near}`?"));
        finding.offer(
            format!("write {near}"),
            vec![Edit::Set { path: written.path.clone(), value: near.into() }],
        );
    }
}

const UNTESTED: Rule = Rule {
    name: "deepspeed-file/untested-optimizer",
    says: "an optimizer that ZeRO takes only when asked",
    severity: Severity::Error,
    why: "ZeRO was tested with the Adam family, Adagrad, Lion and Muon. With any other optimizer DeepSpeed stops \
          unless `zero_allow_untested_optimizer` is true. Accelerate sets that only for optimizers of the script.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 1}, \
          \"optimizer\": {\"type\": \"SGD\", \"params\": {\"lr\": 0.1}}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 1}, \
          \"zero_allow_untested_optimizer\": true, \
          \"optimizer\": {\"type\": \"SGD\", \"params\": {\"lr\": 0.1}}}\n",
    ),
    check: untested,
    ..Rule::BLANK
};

fn untested(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    let Some(written) = file.get("optimizer.type") else { return };
    let Some(known) = written.value.as_text().and_then(Optimizer::named) else { return };
    if known.is_tested || file.stage() == 0 || file.is_on("zero_allow_untested_optimizer") {
        return;
    }
    let path = KeyPath::of("zero_allow_untested_optimizer");
    found
        .report(Place::value(written.path.clone()), format!("ZeRO takes `{}` only when asked to", known.name))
        .advise("add `\"zero_allow_untested_optimizer\": true`, or use AdamW")
        .offer("allow it", vec![Edit::Set { path, value: true.into() }]);
}

const CLIPPING: Rule = Rule {
    name: "deepspeed-file/clipping-in-optimizer",
    says: "`max_grad_norm` is given to the optimizer",
    severity: Severity::Error,
    why: "DeepSpeed clips gradients itself and refuses an optimizer that should do it, with a ValueError.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"optimizer\": {\"type\": \"AdamW\", \"params\": {\"lr\": 1e-4, \"max_grad_norm\": 1.0}}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \"gradient_clipping\": 1.0, \
          \"optimizer\": {\"type\": \"AdamW\", \"params\": {\"lr\": 1e-4}}}\n",
    ),
    check: clipping,
    ..Rule::BLANK
};

fn clipping(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    if file.get("optimizer.type").is_none() {
        return;
    }
    let Some(written) = file.get("optimizer.params.max_grad_norm") else { return };
    let finding = found.report(
        Place::key(written.path.clone()),
        "`max_grad_norm` is no parameter of an optimizer here; DeepSpeed refuses it",
    );
    finding.advise("write `gradient_clipping` at the top of the file instead");
    if file.get("gradient_clipping").is_none() {
        let set = Edit::Set { path: "gradient_clipping".into(), value: written.value.clone() };
        finding
            .offer("move it to `gradient_clipping`", vec![set, Edit::Remove { path: written.path.clone() }]);
    }
}
