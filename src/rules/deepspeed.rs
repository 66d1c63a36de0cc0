//! DeepSpeed in the config: its file, what moves to CPU or disk, and what a ZeRO stage is needed for.

use super::companion::{Companion, FILE, is_path};
use super::sample::{yaml, yaml_alone, yaml_beside};
use super::{Entry, Facts, Findings, Rule};
use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::schema::deepspeed as settings;
use crate::text::all_of;
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[
    SECTION_IS_TEXT,
    FILE_AND_KEYS,
    FILE_AND_PRECISION,
    FILE_IS_NONE,
    FILE_MISSING,
    NATIVE_OPTION,
    EXPERT_NAMES,
    MSAMP,
    ZERO_CLIPPING,
    DEFAULTS,
];

/// True where the job runs DeepSpeed and a file of its own decides.
pub(super) fn has_file(facts: &Facts) -> bool {
    let is_named = |file: &Value| file.as_text().is_some_and(|file| file != "none");
    facts.is_type("DEEPSPEED") && facts.get(FILE).is_some_and(is_named)
}

/// The ZeRO stage that counts: of DeepSpeed's file where one was read, else of the section. `None` where
/// nobody knows.
pub(super) fn stage(facts: &Facts) -> Option<i64> {
    match facts.companion {
        _ if !facts.is_type("DEEPSPEED") => None,
        Companion::Read { .. } if has_file(facts) => Some(facts.deepspeed.stage()),
        _ if has_file(facts) => None,
        _ => facts.config.int("deepspeed_config.zero_stage"),
    }
}

const SECTION_IS_TEXT: Rule = Rule {
    name: "deepspeed/section-is-text",
    says: "a file's name stands where the section belongs",
    severity: Severity::Error,
    why: "`deepspeed_config` is a section. DeepSpeed's own file is named inside it, as `deepspeed_config_file`. With \
          text in place of the section the launch stops with an AttributeError; without DeepSpeed the text is \
          ignored.",
    bad: yaml("distributed_type: DEEPSPEED\ndeepspeed_config: ds.json\n"),
    good: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  deepspeed_config_file: ds.json\n"),
    check: section_is_text,
    ..Rule::BLANK
};

fn section_is_text(facts: &Facts, found: &mut Findings) {
    let Some(entry) = facts.entry("deepspeed_config") else { return };
    let Some(text) = entry.text() else { return };
    let is_on = facts.is_type("DEEPSPEED");
    let finding = found.report(
        Place::value(entry.path.clone()),
        "`deepspeed_config` is a section; the file is named by `deepspeed_config_file` inside it",
    );
    if is_on {
        finding.advise("write the key inside the section; as it is, the launch stops");
        let section = Value::Map(vec![("deepspeed_config_file".into(), text.into())]);
        finding.offer(
            "name the file inside the section",
            vec![Edit::Set { path: entry.path.clone(), value: section }],
        );
    } else {
        finding.severity = Severity::Warning;
        finding.advise("nobody reads it here: DeepSpeed needs `distributed_type: DEEPSPEED` as well");
    }
}

/// What must stand in DeepSpeed's file where one is named (accelerate 1.15.0, `_deepspeed_config_checks`).
const IN_FILE: [&str; 8] = [
    "gradient_accumulation_steps",
    "gradient_clipping",
    "zero_stage",
    "offload_optimizer_device",
    "offload_param_device",
    "offload_optimizer_nvme_path",
    "offload_param_nvme_path",
    "zero3_save_16bit_model",
];

/// The keys of the section that must not stand beside a file.
fn beside_file<'f, 'a>(facts: &'f Facts<'a>) -> impl Iterator<Item = &'f Entry<'a>> {
    facts
        .nested()
        .filter(|entry| entry.section == Some("deepspeed_config") && entry.counts)
        .filter(|entry| IN_FILE.contains(&entry.name))
}

const FILE_AND_KEYS: Rule = Rule {
    name: "deepspeed/file-and-keys",
    says: "keys stand beside DeepSpeed's file that belong into it",
    severity: Severity::Error,
    why: "With `deepspeed_config_file`, stage, offload, clipping and accumulation must stand in that file alone. \
          Every worker stops with a ValueError when one of them stands in the config, too.",
    bad: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  deepspeed_config_file: ds.json\n  zero_stage: 3\n",
    ),
    good: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  deepspeed_config_file: ds.json\n"),
    check: file_and_keys,
    ..Rule::BLANK
};

fn file_and_keys(facts: &Facts, found: &mut Findings) {
    let entries: Vec<&Entry> = beside_file(facts).filter(|_| has_file(facts)).collect();
    let Some((first, others)) = entries.split_first() else { return };
    let names = all_of(entries.iter().map(|entry| format!("`{}`", entry.name)));
    let finding = found
        .report(Place::key(first.path.clone()), format!("{names} must stand in the DeepSpeed file alone"));
    for other in others {
        finding.relate(Place::key(other.path.clone()), "this one, too");
    }
    finding
        .relate(Place::value(FILE), "the DeepSpeed file")
        .advise("remove them here and set them in the DeepSpeed file; every worker stops otherwise")
        .offer(
            "remove them here",
            entries.iter().map(|entry| Edit::Remove { path: entry.path.clone() }).collect(),
        );
}

const FILE_AND_PRECISION: Rule = Rule {
    name: "deepspeed/file-and-mixed-precision",
    says: "`mixed_precision` stands beside DeepSpeed's file",
    severity: Severity::Error,
    why: "With `deepspeed_config_file` the number format must stand in that file, as `bf16` or `fp16`, or be given on \
          the command line. Every worker stops with a ValueError when the config names one, even 'no'.",
    bad: yaml(
        "distributed_type: DEEPSPEED\nmixed_precision: bf16\ndeepspeed_config:\n  deepspeed_config_file: ds.json\n",
    ),
    good: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  deepspeed_config_file: ds.json\n"),
    check: file_and_precision,
    ..Rule::BLANK
};

fn file_and_precision(facts: &Facts, found: &mut Findings) {
    let written = facts.entry("mixed_precision").filter(|entry| entry.value != Value::Null);
    let Some(entry) = written.filter(|_| has_file(facts)) else { return };
    let word = entry.text().unwrap_or("no").to_lowercase();
    let instead = match word.as_str() {
        "bf16" | "fp16" => {
            format!("remove it and write `\"{word}\": {{\"enabled\": true}}` in the DeepSpeed file")
        }
        _ => "remove it; the DeepSpeed file names the number format".to_owned(),
    };
    let finding = found
        .report(Place::key(entry.path.clone()), "`mixed_precision` must not stand beside a DeepSpeed file");
    finding
        .relate(Place::value(FILE), "the DeepSpeed file")
        .advise(format!("{instead}; every worker stops otherwise"));
    if let (Companion::Read { name, .. }, Some(format)) =
        (facts.companion, facts.deepspeed.get(&format!("{word}.enabled")))
    {
        finding.point(name, Place::value(format.path.clone()), "set here");
    }
    finding.offer("remove it", vec![Edit::Remove { path: entry.path.clone() }]);
}

const FILE_IS_NONE: Rule = Rule {
    name: "deepspeed/file-is-none",
    says: "the DeepSpeed file is called none",
    severity: Severity::Warning,
    why: "Accelerate takes the word none for \"no file\" and, when the section sets nothing else, trains with ZeRO \
          stage 2 without offload. No message says so.",
    bad: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  deepspeed_config_file: none\n"),
    good: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n"),
    check: file_is_none,
    ..Rule::BLANK
};

fn file_is_none(facts: &Facts, found: &mut Findings) {
    let is_none = facts.get(FILE).and_then(Value::as_text) == Some("none");
    if facts.is_type("DEEPSPEED") && is_none && beside_file(facts).next().is_none() {
        let edits = vec![
            Edit::Remove { path: FILE.into() },
            Edit::Set { path: "deepspeed_config.zero_stage".into(), value: 2.into() },
        ];
        found
            .report(Place::value(FILE), "none means no file: ZeRO stage 2 without offload is used")
            .advise("name a DeepSpeed file, or write `zero_stage` instead")
            .offer("write `zero_stage: 2` instead", edits);
    }
}

const FILE_MISSING: Rule = Rule {
    name: "deepspeed/file-missing",
    says: "the DeepSpeed file is not there",
    severity: Severity::Warning,
    why: "Accelerate looks for the file from the folder where the job is started, not from the folder of the config, \
          and every worker stops with a ValueError when it is not there. It may be there on the machine that trains.",
    bad: yaml_alone(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  deepspeed_config_file: configs/ds.json\n",
    ),
    good: yaml_beside(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  deepspeed_config_file: ds.json\n",
        "{\"train_micro_batch_size_per_gpu\": \"auto\", \"zero_optimization\": {\"stage\": 2}}\n",
    ),
    check: file_missing,
    ..Rule::BLANK
};

fn file_missing(facts: &Facts, found: &mut Findings) {
    let Companion::Missing { beside, .. } = facts.companion else { return };
    let Some(path) = facts.get(FILE).and_then(Value::as_text).filter(|path| is_path(path)) else { return };
    let finding = found.report(Place::value(FILE), format!("`{path}` is not there, seen from this folder"));
    finding.advise(match beside {
        Some(beside) => format!(
            "there is `{beside}`: write that path, or start the job in that folder; Accelerate looks where the job starts"
        ),
        None => "write its path as seen from the folder where the job is started".to_owned(),
    });
}

const NATIVE_OPTION: Rule = Rule {
    name: "deepspeed/native-option",
    says: "a setting of DeepSpeed's own file stands in the section",
    severity: Severity::Warning,
    why: "The section `deepspeed_config` takes a few keys of Accelerate. DeepSpeed's own settings, such as \
          `zero_optimization` or `bf16`, are ignored there without a word; they work in a DeepSpeed file.",
    bad: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_optimization:\n    stage: 3\n"),
    good: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 3\n  zero3_save_16bit_model: true\n",
    ),
    check: native_option,
    ..Rule::BLANK
};

/// What Accelerate calls a setting of DeepSpeed's file.
const NAMES: [(&str, &str); 6] = [
    ("stage", "zero_stage"),
    ("zero_optimization", "zero_stage"),
    ("offload_optimizer", "offload_optimizer_device"),
    ("offload_param", "offload_param_device"),
    ("stage3_gather_16bit_weights_on_model_save", "zero3_save_16bit_model"),
    ("bf16", "mixed_precision"),
];

fn native_option(facts: &Facts, found: &mut Findings) {
    let of_section =
        facts.nested().filter(|entry| entry.section == Some("deepspeed_config") && entry.field.is_none());
    for entry in of_section.filter(|entry| facts.is_type("DEEPSPEED") && is_native(entry.name)) {
        let message = format!("`{}` is a setting of DeepSpeed's own file; here it is ignored", entry.name);
        let finding = found.report(Place::key(entry.path.clone()), message);
        let name = if entry.name == "fp16" { "bf16" } else { entry.name };
        finding.advise(match NAMES.iter().find(|(native, _)| *native == name) {
            Some((_, ours)) => {
                format!("write Accelerate's own `{ours}`, or a file named by `deepspeed_config_file`")
            }
            None => "write it in a JSON file that `deepspeed_config_file` names".to_owned(),
        });
    }
}

fn is_native(name: &str) -> bool {
    settings::setting(name).is_some() || settings::setting(&format!("zero_optimization.{name}")).is_some()
}

const EXPERT_NAMES: Rule = Rule {
    name: "deepspeed/expert-names-with-spaces",
    says: "names of expert classes are separated with spaces",
    severity: Severity::Error,
    why: "Accelerate splits the names at commas and keeps the spaces, so that it looks for a class whose name begins \
          with a space, finds none and stops.",
    bad: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 3\n  \
         zero3_save_16bit_model: true\n  deepspeed_moe_layer_cls_names: MixtralSparseMoeBlock, JetMoEBlock\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 3\n  \
         zero3_save_16bit_model: true\n  deepspeed_moe_layer_cls_names: MixtralSparseMoeBlock,JetMoEBlock\n",
    ),
    check: expert_names,
    ..Rule::BLANK
};

fn expert_names(facts: &Facts, found: &mut Findings) {
    let entry = facts.entry("deepspeed_config.deepspeed_moe_layer_cls_names");
    let Some(entry) = entry.filter(|_| facts.is_type("DEEPSPEED")) else { return };
    let Some(text) = entry.text().filter(|text| text.contains(char::is_whitespace)) else { return };
    let names: Vec<&str> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let joined = names.join(",");
    found
        .report(Place::value(entry.path.clone()), "names must be separated by commas without spaces")
        .advise("remove the spaces; Accelerate takes them for parts of the names")
        .repair(
            format!("write {joined}"),
            vec![Edit::Set { path: entry.path.clone(), value: Value::Text(joined) }],
        );
}

const MSAMP: Rule = Rule {
    name: "deepspeed/msamp-needs-lower-stage",
    says: "stage 3 and MS-AMP exclude each other",
    severity: Severity::Error,
    why: "MS-AMP keeps its own 8-bit copies of parameters, which stage 3 would split. Every worker stops with a \
          NotImplementedError.",
    bad: yaml(
        "distributed_type: DEEPSPEED\nmixed_precision: fp8\nfp8_config:\n  backend: MSAMP\ndeepspeed_config:\n  \
         zero_stage: 3\n  zero3_save_16bit_model: true\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\nmixed_precision: fp8\nfp8_config:\n  backend: MSAMP\ndeepspeed_config:\n  \
         zero_stage: 2\n",
    ),
    check: msamp,
    ..Rule::BLANK
};

fn msamp(facts: &Facts, found: &mut Findings) {
    let Some(entry) = facts.entry("fp8_config.backend") else { return };
    let is_msamp = entry.text().is_some_and(|backend| backend.eq_ignore_ascii_case("msamp"));
    if is_msamp && stage(facts) == Some(3) && facts.config.mixed_precision().as_deref() == Some("fp8") {
        let finding =
            found.report(Place::value(entry.path.clone()), "MS-AMP does not work with ZeRO stage 3");
        finding.advise("use stage 2, or another FP8 backend");
        if let Some(stage) = facts.entry("deepspeed_config.zero_stage") {
            finding.relate(Place::value(stage.path.clone()), "the stage");
        }
    }
}

const ZERO_CLIPPING: Rule = Rule {
    name: "deepspeed/zero-clipping",
    says: "0 does not switch clipping off",
    severity: Severity::Warning,
    why: "Accelerate leaves `gradient_clipping` out when it is 0, and DeepSpeed 0.19 then clips at its own default, \
          1.0. Only DeepSpeed's own file can switch clipping off.",
    bad: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n  gradient_clipping: 0.0\n"),
    good: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n  gradient_clipping: 1.0\n"),
    check: zero_clipping,
    ..Rule::BLANK
};

fn zero_clipping(facts: &Facts, found: &mut Findings) {
    let key = "deepspeed_config.gradient_clipping";
    let Some(entry) = facts.entry(key).filter(|_| facts.is_type("DEEPSPEED") && !has_file(facts)) else {
        return;
    };
    if facts.config.number(key) == Some(0.0) && entry.value != Value::Null {
        found
            .report(Place::value(entry.path.clone()), "0 is dropped on the way, and DeepSpeed clips at 1.0")
            .advise("write 1.0, which is what happens; to switch it off, use a DeepSpeed file with `gradient_clipping` 0");
    }
}

const DEFAULTS: Rule = Rule {
    name: "deepspeed/defaults",
    says: "no key says how DeepSpeed should run",
    severity: Severity::Hint,
    why: "Without any key in `deepspeed_config`, Accelerate uses ZeRO stage 2 without offload and clips gradients at \
          1.0.",
    bad: yaml("distributed_type: DEEPSPEED\n"),
    good: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n  gradient_clipping: 1.0\n"),
    on_request: true,
    check: defaults,
    ..Rule::BLANK
};

fn defaults(facts: &Facts, found: &mut Findings) {
    let is_empty = facts.get("deepspeed_config").is_none_or(|section| !section.is_truthy());
    // What stands outside of the section by mistake is told about first.
    let is_misplaced = facts.top().any(|entry| entry.field.is_none());
    if facts.is_type("DEEPSPEED") && is_empty && !is_misplaced {
        found
            .report(Place::value("distributed_type"), "DeepSpeed runs with its defaults: ZeRO stage 2")
            .advise("write the stage you want into `deepspeed_config`");
    }
}
