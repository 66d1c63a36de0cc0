//! FP8: 8-bit training and the library that does it.

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::finding::Severity;
use crate::schema::Release;
use crate::value::Value;

pub(super) const RULES: &[Rule] =
    &[OVERRIDE, RAM_EFFICIENT_LOADING, MSAMP_WITH_FSDP, SECTION_NOT_READ, SECTION_WITHOUT_FP8, BACKEND];

const BACKEND_KEY: &str = "fp8_config.backend";
const OVERRIDE_KEY: &str = "fp8_config.override_linear_precision";
const LOADING_KEY: &str = "fsdp_config.fsdp_cpu_ram_efficient_loading";

const OVERRIDE: Rule = Rule {
    name: "fp8/override-linear-precision",
    says: "`override_linear_precision` is no list of three booleans",
    severity: Severity::Error,
    why: "The launcher takes the first three items of the value, for the forward pass and the two halves of the \
          backward pass. A single boolean or a shorter list stops it; a Python tuple is text in YAML, and its first \
          three characters are taken.",
    bad: yaml(
        "mixed_precision: fp8\nfp8_config:\n  backend: TE\n  override_linear_precision: (false, false, true)\n",
    ),
    good: yaml(
        "mixed_precision: fp8\nfp8_config:\n  backend: TE\n  override_linear_precision: [false, false, true]\n",
    ),
    since: Some(Release(1, 4)),
    check: override_shape,
    ..Rule::BLANK
};

fn override_shape(facts: &Facts, found: &mut Findings) {
    let Some(entry) = facts.entry(OVERRIDE_KEY).filter(|entry| entry.mismatch.is_some()) else { return };
    let kind = entry.value.kind();
    let finding = found.report(
        facts.value_place(OVERRIDE_KEY),
        format!("`{}` must be a list of three booleans, found {kind}", entry.name),
    );
    finding.advise(
        "write [forward, gradient of the input, gradient of the weights], such as [false, false, true]",
    );
    let meant = match &entry.value {
        Value::Bool(flag) => Some(vec![Value::Bool(*flag); 3]),
        Value::Text(text) => {
            entry.field.and_then(|field| field.kind.read(text).ok()).and_then(|read| match read {
                Value::List(items) => Some(items),
                _ => None,
            })
        }
        _ => None,
    };
    if let Some(items) = meant {
        finding.repair(
            "write it as a list",
            vec![crate::document::Edit::Set { path: entry.path.clone(), value: Value::List(items) }],
        );
    }
}

const RAM_EFFICIENT_LOADING: Rule = Rule {
    name: "fp8/torchao-ram-efficient-loading",
    says: "torchao together with RAM-efficient loading",
    severity: Severity::Error,
    why: "Since 1.9 every worker refuses FSDP with the FP8 backend AO while `fsdp_cpu_ram_efficient_loading` is on, and \
          it is on unless the file says otherwise.",
    bad: yaml(
        "distributed_type: FSDP\nmixed_precision: fp8\nfp8_config:\n  backend: AO\nfsdp_config:\n  fsdp_version: 2\n\
         \x20 fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nmixed_precision: fp8\nfp8_config:\n  backend: AO\nfsdp_config:\n  fsdp_version: 2\n\
         \x20 fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n  fsdp_cpu_ram_efficient_loading: false\n",
    ),
    since: Some(Release(1, 9)),
    check: ram_efficient_loading,
    ..Rule::BLANK
};

fn ram_efficient_loading(facts: &Facts, found: &mut Findings) {
    let is_on = facts.config.flag(LOADING_KEY) == Some(true);
    if facts.is_type("FSDP") && facts.is_fp8_by("AO") && is_on {
        let place = match facts.is_set(LOADING_KEY) {
            true => facts.value_place(LOADING_KEY),
            false => facts.value_place(BACKEND_KEY),
        };
        found
            .report(place, "torchao cannot train with `fsdp_cpu_ram_efficient_loading` on")
            .advise("write `fsdp_cpu_ram_efficient_loading: false`; it is on unless the file says otherwise")
            .repair("write `fsdp_cpu_ram_efficient_loading: false`", vec![facts.write(LOADING_KEY, false)]);
    }
}

const MSAMP_WITH_FSDP: Rule = Rule {
    name: "fp8/msamp-with-fsdp",
    says: "the pair MS-AMP and FSDP",
    severity: Severity::Error,
    why: "Accelerate has not implemented it: every worker stops when it prepares the model. MS-AMP works with one \
          process, with MULTI_GPU and with DeepSpeed up to stage 2.",
    bad: yaml(
        "distributed_type: FSDP\nmixed_precision: fp8\nfp8_config:\n  backend: MSAMP\nfsdp_config:\n  fsdp_version: 2\n\
         \x20 fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n",
    ),
    good: yaml("distributed_type: MULTI_GPU\nmixed_precision: fp8\nfp8_config:\n  backend: MSAMP\n"),
    check: msamp_with_fsdp,
    ..Rule::BLANK
};

fn msamp_with_fsdp(facts: &Facts, found: &mut Findings) {
    if facts.is_type("FSDP") && facts.is_fp8_by("MSAMP") {
        found
            .report(facts.value_place(BACKEND_KEY), "MS-AMP does not work with FSDP")
            .relate(facts.value_place("distributed_type"), "Accelerate refuses the pair")
            .advise("choose TE or AO, or train with MULTI_GPU or DeepSpeed");
    }
}

const SECTION_NOT_READ: Rule = Rule {
    name: "fp8/section-not-read",
    says: "an `fp8_config` for a release that does not apply it",
    severity: Severity::Warning,
    why: "Accelerate 0.34 to 1.3 accepts the section and applies none of its options.",
    bad: yaml("mixed_precision: fp8\nfp8_config:\n  backend: TE\n").at(1, 2),
    good: yaml("mixed_precision: fp8\n").at(1, 2),
    gone: Some(Release(1, 4)),
    check: section_not_read,
    ..Rule::BLANK
};

fn section_not_read(facts: &Facts, found: &mut Findings) {
    if facts.config.mixed_precision().as_deref() == Some("fp8") && facts.holds_options("fp8_config") {
        found
            .report(
                facts.key_place("fp8_config"),
                format!("accelerate {} does not apply `fp8_config`", facts.release),
            )
            .advise("use accelerate 1.4 or newer, or set the options in the training script");
    }
}

const SECTION_WITHOUT_FP8: Rule = Rule {
    name: "fp8/section-without-fp8",
    says: "an `fp8_config` without `mixed_precision: fp8`",
    severity: Severity::Hint,
    why: "The section holds details of 8-bit training; `mixed_precision` switches it on. With another precision nobody \
          reads the section.",
    bad: yaml("mixed_precision: bf16\nfp8_config:\n  backend: TE\n"),
    good: yaml("mixed_precision: fp8\nfp8_config:\n  backend: TE\n"),
    check: section_without_fp8,
    ..Rule::BLANK
};

fn section_without_fp8(facts: &Facts, found: &mut Findings) {
    let precision = facts.config.mixed_precision();
    if precision.as_deref() != Some("fp8") && facts.holds_options("fp8_config") {
        found
            .report(facts.key_place("fp8_config"), "`fp8_config` is only read with `mixed_precision: fp8`")
            .advise("write `mixed_precision: fp8`, or remove the section");
    }
}

const BACKEND: Rule = Rule {
    name: "fp8/backend-missing",
    says: "8-bit training without a backend",
    severity: Severity::Hint,
    why: "Without `backend` Accelerate takes the first library that is installed: torchao, then Transformer Engine, \
          then MS-AMP. The same file trains differently on two machines.",
    bad: yaml("mixed_precision: fp8\n"),
    good: yaml("mixed_precision: fp8\nfp8_config:\n  backend: TE\n"),
    since: Some(Release(1, 4)),
    check: backend_missing,
    ..Rule::BLANK
};

fn backend_missing(facts: &Facts, found: &mut Findings) {
    let is_local = facts.local_type().is_some() && facts.is_set("mixed_precision");
    if is_local && facts.config.mixed_precision().as_deref() == Some("fp8") && !facts.is_set(BACKEND_KEY) {
        found
            .report(
                facts.value_place("mixed_precision"),
                "fp8 with whichever library happens to be installed",
            )
            .advise("write `backend: TE`, AO or MSAMP into `fp8_config`");
    }
}

impl Facts<'_> {
    fn is_fp8_by(&self, backend: &str) -> bool {
        self.config.mixed_precision().as_deref() == Some("fp8")
            && self.config.text(BACKEND_KEY).as_deref() == Some(backend)
    }

    /// True for a section with at least one option in it.
    pub(super) fn holds_options(&self, section: &str) -> bool {
        self.get(section).and_then(Value::as_map).is_some_and(|pairs| !pairs.is_empty())
    }
}
