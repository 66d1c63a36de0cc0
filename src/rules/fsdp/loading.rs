//! How the model reaches the processes: loaded once and sent around, or loaded by each.

use super::{LOADING, SYNC};
use crate::finding::Severity;
use crate::rules::sample::yaml;
use crate::rules::{Facts, Findings, Rule};
use crate::schema::Release;
use crate::value::Value;

pub(in crate::rules) const RULES: &[Rule] = &[SYNC_NEEDED, SYNC_QUOTED];

const SYNC_NEEDED: Rule = Rule {
    name: "fsdp/sync-module-states",
    says: "weights that are loaded once and never sent around",
    severity: Severity::Error,
    why: "With `fsdp_cpu_ram_efficient_loading`, which is on unless the file says otherwise, one process loads the \
          model and sends it to the others; `fsdp_sync_module_states: false` forbids the sending. The launcher refuses \
          the pair, for version 2 as well.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_sync_module_states: false\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_cpu_ram_efficient_loading: false\n  fsdp_sync_module_states: false\n",
    ),
    since: Some(Release(0, 24)),
    check: sync_needed,
    ..Rule::BLANK
};

fn sync_needed(facts: &Facts, found: &mut Findings) {
    // The launcher looks at Python's truth of both values, so a quoted 'false' counts as true.
    let is_off = facts.get(SYNC).is_some_and(|value| !value.is_truthy());
    if facts.is_type("FSDP") && is_off && loads_once(facts) {
        let place = facts.value_place(SYNC);
        let finding =
            found.report(place, "`fsdp_sync_module_states` must be true while RAM-efficient loading is on");
        finding.advise("write true here, or `fsdp_cpu_ram_efficient_loading: false`");
        if facts.is_set(LOADING) {
            finding.relate(facts.value_place(LOADING), "on here");
        }
        finding.offer("write `fsdp_sync_module_states: true`", vec![facts.write(SYNC, true)]);
    }
}

fn loads_once(facts: &Facts) -> bool {
    facts.get(LOADING).is_none_or(Value::is_truthy)
}

const SYNC_QUOTED: Rule = Rule {
    name: "fsdp/sync-module-states-quoted",
    says: "a false in quotes that hides a conflict",
    severity: Severity::Warning,
    why: "The launcher takes the text 'false' for true and lets it pass. The worker reads it as false, sees that \
          RAM-efficient loading is on, and turns it into true.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_sync_module_states: 'false'\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_sync_module_states: true\n",
    ),
    since: Some(Release(0, 24)),
    check: sync_quoted,
    ..Rule::BLANK
};

fn sync_quoted(facts: &Facts, found: &mut Findings) {
    let is_hidden = facts.get(SYNC).is_some_and(|value| value.as_text().is_some());
    let is_on = facts.config.flag(LOADING) == Some(true);
    if facts.fsdp_version() == Some(1) && is_hidden && is_on && facts.config.flag(SYNC) == Some(false) {
        found
            .report(facts.value_place(SYNC), "this false becomes true in every worker")
            .advise("write true, or `fsdp_cpu_ram_efficient_loading: false` and false without quotes")
            .offer("write true", vec![facts.write(SYNC, true)]);
    }
}
