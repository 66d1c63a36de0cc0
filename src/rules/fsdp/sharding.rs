//! What is split, and when it is put together again: the one thing that the two generations say in
//! different words.

use super::{RESHARD, STRATEGY, VERSION};
use crate::document::Edit;
use crate::finding::{Finding, Severity};
use crate::rules::sample::yaml;
use crate::rules::{Facts, Findings, Rule};
use crate::schema::{self, Release};
use crate::value::Value;

pub(in crate::rules) const RULES: &[Rule] =
    &[RESHARD_IN_1, STRATEGY_NAME_IN_2, STRATEGY_IN_2, STRATEGY_NUMBER, HYBRID];

/// Names of strategies in torch's order, which is also their number.
const NAMES: [&str; 5] = ["FULL_SHARD", "SHARD_GRAD_OP", "NO_SHARD", "HYBRID_SHARD", "HYBRID_SHARD_ZERO2"];

const RESHARD_IN_1: Rule = Rule {
    name: "fsdp/reshard-in-version-1",
    says: "`fsdp_reshard_after_forward` with FSDP version 1",
    severity: Severity::Warning,
    why: "Version 1 reads `fsdp_sharding_strategy` alone, and the launcher always passes one on: FULL_SHARD unless the \
          file says otherwise. `accelerate config` writes the answer for version 1 under the name of version 2, where \
          it is lost.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_reshard_after_forward: SHARD_GRAD_OP\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_sharding_strategy: SHARD_GRAD_OP\n",
    ),
    since: Some(Release(1, 6)),
    check: reshard_in_1,
    ..Rule::BLANK
};

fn reshard_in_1(facts: &Facts, found: &mut Findings) {
    let Some(entry) = facts.entry(RESHARD).filter(|entry| entry.value != Value::Null) else { return };
    if facts.fsdp_version() != Some(1) {
        return;
    }
    let happens = facts.config.text(STRATEGY).unwrap_or_default().to_uppercase();
    let meant = strategy(&entry.value);
    let finding =
        found.report(facts.key_place(RESHARD), format!("FSDP version 1 does not read `{}`", entry.name));
    let version = if facts.is_set(VERSION) { "version 1" } else { "version 1 unless set" };
    let place =
        if facts.is_set(VERSION) { facts.value_place(VERSION) } else { facts.key_place("fsdp_config") };
    finding.relate(place, version);
    if meant == Some(happens.as_str()) {
        finding.severity = Severity::Hint;
        finding.advise(format!(
            "write `fsdp_sharding_strategy`; it is {happens} unless set, so the effect is the same"
        ));
    } else {
        finding.advise(format!("write `fsdp_sharding_strategy`; without it training runs with {happens}"));
    }
    repair_by_rename(facts, finding, entry, meant);
}

/// The answer under its right name; only where that name is free and the answer is a strategy.
fn repair_by_rename(facts: &Facts, finding: &mut Finding, entry: &crate::rules::Entry, meant: Option<&str>) {
    let (Some(meant), None) = (meant, facts.entry(STRATEGY)) else { return };
    let to = "fsdp_sharding_strategy";
    let mut edits = vec![Edit::Rename { path: entry.path.clone(), to: to.to_owned() }];
    if entry.text().is_some() {
        finding.repair(format!("rename it to `{to}`"), edits);
    } else if let Some(section) = entry.path.parent() {
        edits.push(Edit::Set { path: section.key(to), value: Value::text(meant) });
        finding.offer(format!("write `{to}: {meant}`"), edits);
    }
}

/// The strategy that a value of either key means.
fn strategy(value: &Value) -> Option<&'static str> {
    match value {
        Value::Bool(true) => Some("FULL_SHARD"),
        Value::Bool(false) => Some("SHARD_GRAD_OP"),
        Value::Text(text) => NAMES
            .into_iter()
            .find(|name| name.eq_ignore_ascii_case(text))
            .or_else(|| schema::truth_word(text).and_then(|flag| strategy(&Value::Bool(flag)))),
        Value::Int(_) => value.as_int().and_then(numbered),
        _ => None,
    }
}

fn numbered(number: i64) -> Option<&'static str> {
    usize::try_from(number).ok()?.checked_sub(1).and_then(|index| NAMES.get(index)).copied()
}

/// Whether version 2 should reshard, for a strategy that it can do.
fn reshards(strategy: &str) -> Option<bool> {
    match strategy {
        "FULL_SHARD" => Some(true),
        "SHARD_GRAD_OP" => Some(false),
        _ => None,
    }
}

const STRATEGY_NAME_IN_2: Rule = Rule {
    name: "fsdp/strategy-name-in-version-2",
    says: "a strategy of version 1 where version 2 needs true or false",
    severity: Severity::Error,
    why: "With FSDP version 2 `fsdp_reshard_after_forward` is a switch. From the name of a strategy every worker fails \
          to read true or false. Version 2 has no NO_SHARD; hybrid sharding is a `parallelism_config` there. `accelerate to-fsdp2` turns \
          the names in capitals into true or false, HYBRID_SHARD into plain true, and leaves others as they are.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_reshard_after_forward: FULL_SHARD\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_reshard_after_forward: true\n",
    ),
    since: Some(Release(1, 6)),
    check: strategy_name_in_2,
    ..Rule::BLANK
};

fn strategy_name_in_2(facts: &Facts, found: &mut Findings) {
    let Some(entry) = facts.entry(RESHARD).filter(|_| facts.fsdp_version() == Some(2)) else { return };
    let is_switch = entry.value.as_bool().is_some()
        || entry.text().is_some_and(|word| schema::truth_word(word).is_some());
    let Some(name) = strategy(&entry.value).filter(|_| !is_switch && entry.text().is_some()) else { return };
    let finding = found
        .report(facts.value_place(RESHARD), format!("FSDP version 2 needs true or false here, found {name}"));
    finding.relate(facts.value_place(VERSION), "version 2");
    match reshards(name) {
        Some(flag) => finding
            .advise(format!("write {flag}; it means the same as {name} in version 1"))
            .repair(format!("write {flag}"), vec![facts.write(RESHARD, flag)]),
        None => {
            finding.advise("write true or false; for hybrid sharding set dp_replicate and dp_shard sizes")
        }
    };
}

const STRATEGY_IN_2: Rule = Rule {
    name: "fsdp/sharding-strategy-in-version-2",
    says: "`fsdp_sharding_strategy` with FSDP version 2",
    severity: Severity::Warning,
    why: "Version 2 does not read it. Whether parameters are freed after the forward pass is said by \
          `fsdp_reshard_after_forward`, which is true unless the file says otherwise.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_sharding_strategy: SHARD_GRAD_OP\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_reshard_after_forward: false\n",
    ),
    since: Some(Release(1, 6)),
    check: strategy_in_2,
    ..Rule::BLANK
};

fn strategy_in_2(facts: &Facts, found: &mut Findings) {
    let Some(entry) = facts.entry(STRATEGY).filter(|entry| entry.value.is_truthy()) else { return };
    if facts.fsdp_version() != Some(2) {
        return;
    }
    let finding =
        found.report(facts.key_place(STRATEGY), format!("FSDP version 2 does not read `{}`", entry.name));
    finding.relate(facts.value_place(VERSION), "version 2");
    let meant = strategy(&entry.value).and_then(reshards);
    let happens = facts.config.flag(RESHARD);
    match meant {
        Some(flag) if Some(flag) == happens => {
            finding.advise("remove it; version 2 does the same anyway");
            finding.severity = Severity::Hint;
            finding.repair("remove it", vec![facts.remove(STRATEGY)]);
        }
        Some(flag) => {
            finding.advise(format!("write `fsdp_reshard_after_forward: {flag}` instead"));
            let edits = vec![facts.write(RESHARD, flag), facts.remove(STRATEGY)];
            if facts.entry(RESHARD).is_none() {
                finding.repair(format!("write `fsdp_reshard_after_forward: {flag}`"), edits);
            }
        }
        None => drop(
            finding
                .advise("write `fsdp_reshard_after_forward`; for hybrid sharding use `parallelism_config`"),
        ),
    }
}

const STRATEGY_NUMBER: Rule = Rule {
    name: "fsdp/strategy-number",
    says: "a sharding strategy as a number",
    severity: Severity::Hint,
    why: "The numbers are torch's own, counted from 1. They still work, and nobody knows them by heart.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_sharding_strategy: 2\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_sharding_strategy: SHARD_GRAD_OP\n",
    ),
    since: Some(Release(0, 26)),
    check: strategy_number,
    ..Rule::BLANK
};

fn strategy_number(facts: &Facts, found: &mut Findings) {
    let Some(number) = facts.get(STRATEGY).and_then(Value::as_int) else { return };
    let Some(name) = numbered(number).filter(|_| facts.fsdp_version() == Some(1)) else { return };
    found
        .report(facts.value_place(STRATEGY), format!("strategy {number} is {name}"))
        .advise(format!("write {name}"))
        .repair(format!("write {name}"), vec![facts.write(STRATEGY, name)]);
}

const HYBRID: Rule = Rule {
    name: "fsdp/hybrid-on-one-machine",
    says: "hybrid sharding on one machine",
    severity: Severity::Hint,
    why: "Hybrid sharding splits the model within a machine and copies it between machines. With one machine that is \
          plain sharding.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_sharding_strategy: HYBRID_SHARD\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_sharding_strategy: FULL_SHARD\n",
    ),
    check: hybrid,
    ..Rule::BLANK
};

fn hybrid(facts: &Facts, found: &mut Findings) {
    let name = facts.get(STRATEGY).and_then(strategy).filter(|_| facts.fsdp_version() == Some(1));
    let plain = match name {
        Some("HYBRID_SHARD") => "FULL_SHARD",
        Some("HYBRID_SHARD_ZERO2") => "SHARD_GRAD_OP",
        _ => return,
    };
    if facts.machines() == 1 {
        found
            .report(facts.value_place(STRATEGY), "hybrid sharding on one machine is plain sharding")
            .advise(format!("write {plain}, or set `num_machines`"))
            .offer(format!("write {plain}"), vec![facts.write(STRATEGY, plain)]);
    }
}
