//! DeepSpeed on several machines: its launcher, its host file, and what it writes to disk.

use super::sample::yaml;
use super::{Entry, Facts, Findings, Rule};
use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[HOST_FILE, BOTH_FILTERS, MACHINE_RANK, ONE_MACHINE, ENVIRONMENT];

const LAUNCHER: &str = "deepspeed_config.deepspeed_multinode_launcher";
const HOSTS: &str = "deepspeed_config.deepspeed_hostfile";
const EXCLUDED: &str = "deepspeed_config.deepspeed_exclusion_filter";
const INCLUDED: &str = "deepspeed_config.deepspeed_inclusion_filter";

/// DeepSpeed's launcher where it starts the job on several machines; `None` for torchrun and for a word that
/// DeepSpeed does not know.
fn launcher(facts: &Facts) -> Option<String> {
    let is_several =
        facts.is_type("DEEPSPEED") && facts.config.int("num_machines").is_some_and(|count| count > 1);
    let is_known = facts.entry(LAUNCHER).is_none_or(|entry| entry.mismatch.is_none());
    let launcher = facts.config.text(LAUNCHER).filter(|_| is_several && is_known)?;
    (launcher != "standard").then_some(launcher)
}

fn is_set(facts: &Facts, key: &str) -> bool {
    facts.get(key).is_some_and(|value| *value != Value::Null)
}

const HOST_FILE: Rule = Rule {
    name: "deepspeed/no-hostfile",
    says: "the launcher of DeepSpeed has no host file",
    severity: Severity::Warning,
    why: "Unless `deepspeed_multinode_launcher` is standard, DeepSpeed's own launcher starts the job on the machines \
          of a host file. Without one it trains on this machine alone and says nothing.",
    bad: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 16\nnum_machines: 2\nmachine_rank: 0\n\
         main_process_ip: 10.0.0.1\nmain_process_port: 29500\ndeepspeed_config:\n  zero_stage: 2\n  \
         deepspeed_multinode_launcher: pdsh\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 16\nnum_machines: 2\nmachine_rank: 0\n\
         main_process_ip: 10.0.0.1\nmain_process_port: 29500\ndeepspeed_config:\n  zero_stage: 2\n  \
         deepspeed_multinode_launcher: standard\n",
    ),
    check: host_file,
    ..Rule::BLANK
};

fn host_file(facts: &Facts, found: &mut Findings) {
    let Some(launcher) = launcher(facts).filter(|_| !is_set(facts, HOSTS)) else { return };
    let place = if facts.entry(LAUNCHER).is_some() { LAUNCHER } else { "num_machines" };
    let finding = found.report(
        Place::value(place),
        format!("the launcher {launcher} has no host file and trains on this machine alone"),
    );
    if place == LAUNCHER {
        finding.relate(Place::value("num_machines"), "several machines");
    }
    finding
        .advise("name one with `deepspeed_hostfile`, or write `standard` and start the job on each machine yourself")
        .offer("write `deepspeed_multinode_launcher: standard`", vec![Edit::Set { path: LAUNCHER.into(), value: "standard".into() }]);
}

const BOTH_FILTERS: Rule = Rule {
    name: "deepspeed/both-filters",
    says: "of the two filters only the exclusion is used",
    severity: Severity::Warning,
    why: "Accelerate hands either the excluded or the included machines to DeepSpeed, never both. The inclusion is \
          dropped without a word.",
    bad: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 16\nnum_machines: 2\nmachine_rank: 0\n\
         main_process_ip: 10.0.0.1\nmain_process_port: 29500\ndeepspeed_config:\n  zero_stage: 2\n  \
         deepspeed_multinode_launcher: pdsh\n  deepspeed_hostfile: hosts\n  \
         deepspeed_inclusion_filter: w0\n  deepspeed_exclusion_filter: w1\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 16\nnum_machines: 2\nmachine_rank: 0\n\
         main_process_ip: 10.0.0.1\nmain_process_port: 29500\ndeepspeed_config:\n  zero_stage: 2\n  \
         deepspeed_multinode_launcher: standard\n",
    ),
    check: both_filters,
    ..Rule::BLANK
};

fn both_filters(facts: &Facts, found: &mut Findings) {
    let (Some(excluded), Some(included)) = (facts.entry(EXCLUDED), facts.entry(INCLUDED)) else { return };
    if launcher(facts).is_some() && is_set(facts, EXCLUDED) && is_set(facts, INCLUDED) {
        found
            .report(Place::key(included.path.clone()), "this filter is dropped: the exclusion filter wins")
            .relate(Place::key(excluded.path.clone()), "this one is used")
            .advise("keep one of the two")
            .repair("remove the inclusion filter", vec![Edit::Remove { path: included.path.clone() }]);
    }
}

const MACHINE_RANK: Rule = Rule {
    name: "deepspeed/machine-rank-unused",
    says: "the launcher of DeepSpeed does not use the machine's rank",
    severity: Severity::Warning,
    why: "A launcher such as pdsh is started on one machine and starts the others itself. Started on a second machine, \
          with another rank, it would start the whole job once more.",
    bad: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 16\nnum_machines: 2\nmachine_rank: 1\n\
         main_process_ip: 10.0.0.1\nmain_process_port: 29500\ndeepspeed_config:\n  zero_stage: 2\n  \
         deepspeed_multinode_launcher: pdsh\n  deepspeed_hostfile: hosts\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 16\nnum_machines: 2\nmachine_rank: 1\n\
         main_process_ip: 10.0.0.1\nmain_process_port: 29500\ndeepspeed_config:\n  zero_stage: 2\n  \
         deepspeed_multinode_launcher: standard\n",
    ),
    check: machine_rank,
    ..Rule::BLANK
};

fn machine_rank(facts: &Facts, found: &mut Findings) {
    let rank = facts.entry("machine_rank").filter(|entry| entry.value.as_int().is_some_and(|rank| rank > 0));
    let (Some(rank), Some(launcher)) = (rank, launcher(facts).filter(|name| name != "nossh")) else { return };
    found
        .report(Place::value(rank.path.clone()), format!("the launcher {launcher} ignores `machine_rank`"))
        .advise("start the job on one machine only, or write `deepspeed_multinode_launcher: standard`");
}

const ONE_MACHINE: Rule = Rule {
    name: "deepspeed/launcher-for-one-machine",
    says: "keys for several machines have no effect with one",
    severity: Severity::Hint,
    why: "Host file and filters are only used with `num_machines` above 1.",
    bad: yaml(
        "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n  \
         deepspeed_hostfile: hosts\n",
    ),
    good: yaml("distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: 2\n"),
    check: one_machine,
    ..Rule::BLANK
};

fn one_machine(facts: &Facts, found: &mut Findings) {
    let is_one = facts.config.int("num_machines").is_some_and(|count| count <= 1);
    if !facts.is_type("DEEPSPEED") || !is_one {
        return;
    }
    let written = [HOSTS, EXCLUDED, INCLUDED].into_iter().filter(|key| is_set(facts, key));
    for entry in written.filter_map(|key| facts.entry(key)) {
        report_idle(found, entry);
    }
}

fn report_idle(found: &mut Findings, entry: &Entry) {
    found
        .report(Place::key(entry.path.clone()), format!("`{}` has no effect with one machine", entry.name))
        .advise("remove it, or write the number of machines")
        .offer("remove it", vec![Edit::Remove { path: entry.path.clone() }]);
}

const ENVIRONMENT: Rule = Rule {
    name: "deepspeed/environment-on-disk",
    says: "the whole environment is written to a file",
    severity: Severity::Hint,
    why: "With DeepSpeed's own launcher, Accelerate appends every environment variable, tokens and keys included, to \
          the file .deepspeed_env in the folder where the job is started, and never removes it.",
    bad: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 16\nnum_machines: 2\nmachine_rank: 0\n\
         main_process_ip: 10.0.0.1\nmain_process_port: 29500\ndeepspeed_config:\n  zero_stage: 2\n  \
         deepspeed_multinode_launcher: pdsh\n  deepspeed_hostfile: hosts\n",
    ),
    good: yaml(
        "distributed_type: DEEPSPEED\nnum_processes: 16\nnum_machines: 2\nmachine_rank: 0\n\
         main_process_ip: 10.0.0.1\nmain_process_port: 29500\ndeepspeed_config:\n  zero_stage: 2\n  \
         deepspeed_multinode_launcher: standard\n",
    ),
    check: environment,
    ..Rule::BLANK
};

fn environment(facts: &Facts, found: &mut Findings) {
    // Other rules have more to say about two filters, and about a machine that should not start the job.
    let has_both_filters = is_set(facts, EXCLUDED) && is_set(facts, INCLUDED);
    let is_first = facts.config.int("machine_rank").unwrap_or(0) == 0;
    let Some(launcher) = launcher(facts).filter(|_| is_first && !has_both_filters) else { return };
    let place = if facts.entry(LAUNCHER).is_some() { LAUNCHER } else { "num_machines" };
    found
        .report(
            Place::value(place),
            format!(
                "with the launcher {launcher}, all environment variables are written to `.deepspeed_env`"
            ),
        )
        .advise("keep that file out of version control and delete it after the job, or write `standard`");
}
