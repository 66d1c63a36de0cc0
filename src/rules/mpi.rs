//! Training on CPUs: who starts the processes.

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::finding::Severity;

pub(super) const RULES: &[Rule] = &[ONE_PROCESS, NOT_ON_CPU];

const HOSTFILE: &str = "mpirun_config.mpirun_hostfile";

const ONE_PROCESS: Rule = Rule {
    name: "mpi/one-process",
    says: "several CPU processes that nobody starts",
    severity: Severity::Warning,
    why: "With MULTI_CPU the launcher starts one process. Only `mpirun_config.mpirun_hostfile` makes it call mpirun, \
          which starts the others; else you must run the launcher under mpirun yourself.",
    bad: yaml("distributed_type: MULTI_CPU\nuse_cpu: true\nnum_processes: 4\n"),
    good: yaml(
        "distributed_type: MULTI_CPU\nuse_cpu: true\nnum_processes: 4\nmpirun_config:\n  mpirun_hostfile: hosts\n",
    ),
    check: one_process,
    ..Rule::BLANK
};

fn one_process(facts: &Facts, found: &mut Findings) {
    let Some(processes) = facts.processes().filter(|_| facts.local_type() == Some("MULTI_CPU")) else {
        return;
    };
    if processes > 1 && !facts.is_set(HOSTFILE) {
        found
            .report(facts.value_place("num_processes"), format!("one process is started, not {processes}"))
            .relate(facts.value_place("distributed_type"), "needs mpirun")
            .advise("name the machines in `mpirun_config.mpirun_hostfile`, or launch under mpirun yourself");
    }
}

const NOT_ON_CPU: Rule = Rule {
    name: "mpi/use-cpu",
    says: "a CPU type without `use_cpu`",
    severity: Severity::Warning,
    why: "MULTI_CPU alone does not keep the processes from the GPUs: the launcher tells them whether to use the CPU by \
          `use_cpu`, which is false unless the file says otherwise. On a machine with GPUs they train there.",
    bad: yaml("distributed_type: MULTI_CPU\nnum_processes: 1\nuse_cpu: false\n"),
    good: yaml("distributed_type: MULTI_CPU\nnum_processes: 1\nuse_cpu: true\n"),
    check: not_on_cpu,
    ..Rule::BLANK
};

fn not_on_cpu(facts: &Facts, found: &mut Findings) {
    if facts.local_type() == Some("MULTI_CPU") && facts.config.flag("use_cpu") == Some(false) {
        let place = match facts.is_set("use_cpu") {
            true => facts.value_place("use_cpu"),
            false => facts.key_place("distributed_type"),
        };
        found
            .report(place, "without `use_cpu: true` these processes use a GPU where there is one")
            .advise("write `use_cpu: true`")
            .repair("write `use_cpu: true`", vec![facts.write("use_cpu", true)]);
    }
}
