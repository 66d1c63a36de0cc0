//! A shell script that starts torch's launcher: one command per machine, chosen by the machine's number.

use super::job::{self, Job};
use super::{Engine, Export, command};

/// The script; why not, where torchrun cannot start the job.
pub(super) fn export(job: &Job) -> Result<Export, String> {
    let losses = job.losses();
    let commands: Vec<String> =
        job.plans.iter().map(|plan| command(plan, job.asked, Engine::Torchrun)).collect::<Result<_, _>>()?;
    let is_unnamed = job.settings.get("main_process_ip").as_text() == Some(super::NOWHERE);
    let edit: &[&str] = if is_unnamed { &["the address MAIN-MACHINE"] } else { &[] };
    let (what, body) = match commands.as_slice() {
        [one] => ("A shell script that starts the job with torchrun", format!("exec {one}\n")),
        several => (
            "A shell script that starts the job with torchrun; run `sh FILE 0` on the first machine, `sh FILE 1` on the second and so on",
            choice(several),
        ),
    };
    Ok(Export { text: format!("#!/bin/sh\n{}{body}", job::head(job, what, edit, &losses)), losses })
}

fn choice(commands: &[String]) -> String {
    let mut text = "case \"${1:-}\" in\n".to_owned();
    for (machine, command) in commands.iter().enumerate() {
        text.push_str(&format!("{machine}) exec {command} ;;\n"));
    }
    let last = commands.len().saturating_sub(1);
    text.push_str(&format!(
        "*) echo \"usage: $0 MACHINE, a number from 0 to {last}\" >&2; exit 2 ;;\nesac\n"
    ));
    text
}
