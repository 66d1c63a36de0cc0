//! A plan as a shell script that starts the same, and as a file of variables.

use std::fmt::Write as _;

use crate::launch::{Plan, Process};

/// A script for any POSIX shell: variables that all share, then every process with its own.
pub fn shell(plan: &Plan) -> String {
    let mut out = String::from("#!/bin/sh\n");
    for (name, value) in &plan.shared_env {
        let _ = writeln!(out, "export {name}={}", quoted(value));
    }
    for name in &plan.removed_env {
        let _ = writeln!(out, "unset {name}");
    }
    if let Some(folder) = &plan.cwd {
        let _ = writeln!(out, "cd {} || exit", quoted(&folder.display().to_string()));
    }
    let is_group = plan.processes.len() > 1;
    for process in &plan.processes {
        let end = if is_group { " &" } else { "" };
        let _ = writeln!(out, "{}{end}", command(process));
    }
    if is_group {
        out.push_str("wait\n");
    }
    out
}

fn command(process: &Process) -> String {
    let own = process.env.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    own.chain(process.argv.iter().map(|word| quoted(word))).collect::<Vec<_>>().join(" ")
}

/// The variables that all share, one to a line, as `docker --env-file` reads them; what single ranks
/// get on top stands in comments.
pub fn env(plan: &Plan) -> String {
    let mut out = String::new();
    for (name, value) in &plan.shared_env {
        let _ = writeln!(out, "{name}={}", value.replace('\n', " "));
    }
    for process in plan.processes.iter().filter(|process| !process.env.is_empty()) {
        let own: Vec<String> = process.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let _ = writeln!(out, "# rank {}: {}", process.rank, own.join(" "));
    }
    out
}

/// No argument of a process holds the NUL that cannot be quoted.
pub(super) fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| "''".to_owned(), |word| word.into_owned())
}
