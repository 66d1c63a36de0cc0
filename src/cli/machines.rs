//! `launch --check`: whether this machine can take its part in a job of several, before anything starts.
//!
//! Every line stands for itself: the same command on each machine, and the sums side by side.

use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use super::prepare::Prepared;
use super::streams;
use crate::export::Config;
use crate::launch::host::{self, Answer};
use crate::layers::{Settings, python};
use crate::value::Value;

/// How long another machine may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// One thing that was looked at: what there is, or what is wrong and what to do.
type Line = Result<String, String>;

/// Looks at everything and says it; 1 where something would keep the machines apart.
pub fn run(prepared: &Prepared) -> ExitCode {
    let mut lines = among_machines(&prepared.resolved.settings);
    lines.push(Ok(config(prepared)));
    if let Some(refusal) = &prepared.resolved.refusal {
        lines.push(Err(format!("Accelerate would not start this: {refusal}")));
    }
    let text: String = lines
        .iter()
        .map(|line| match line {
            Ok(fine) => format!("ok     {fine}\n"),
            Err(wrong) => format!("wrong  {wrong}\n"),
        })
        .collect();
    match (streams::out(&text), lines.iter().any(Result::is_err)) {
        (false, _) => ExitCode::from(2),
        (true, is_wrong) => ExitCode::from(u8::from(is_wrong)),
    }
}

fn config(prepared: &Prepared) -> String {
    match &prepared.choice.used {
        None => "no config is used; compare the options on every machine".to_owned(),
        Some(used) => {
            let config = Config { name: &used.source.name, text: used.source.document.text() };
            format!(
                "{} has the sha256 {}; it must be the same on every machine",
                config.name,
                config.sha256()
            )
        }
    }
}

fn among_machines(settings: &Settings) -> Vec<Line> {
    let machines = python::integer(settings.get("num_machines")).unwrap_or(1);
    if machines < 2 {
        return vec![Ok("one machine: there are no others to meet".to_owned())];
    }
    let rank = rank(settings);
    let is_first = rank == Some(0);
    let mut lines = vec![in_range(rank, machines), shares(settings, machines)];
    match settings.get("main_process_ip").as_text() {
        None => lines.push(Err(
            "`main_process_ip` is missing: the address of the first machine, the same on all of them"
                .to_owned(),
        )),
        Some(address) => lines.extend(meeting(address, port(settings), is_first)),
    }
    lines
}

/// `int(args.machine_rank)`, as Accelerate reads it.
fn rank(settings: &Settings) -> Option<i64> {
    match settings.get("machine_rank") {
        Value::Text(text) => python::int(text).and_then(|rank| i64::try_from(rank).ok()),
        other => python::integer(other),
    }
}

fn in_range(rank: Option<i64>, machines: i64) -> Line {
    match rank {
        Some(rank) if (0..machines).contains(&rank) => {
            Ok(format!("this is machine {rank} of 0 to {}; each number may stand once", machines - 1))
        }
        Some(rank) => Err(format!(
            "`machine_rank` is {rank}; {machines} machines have the numbers 0 to {}",
            machines - 1
        )),
        None => Err(format!("`machine_rank` is missing or no whole number; write 0 to {}", machines - 1)),
    }
}

fn shares(settings: &Settings, machines: i64) -> Line {
    let processes = python::integer(settings.get("num_processes")).unwrap_or(0);
    if processes > 0 && processes % machines == 0 {
        return Ok(format!("{} of {processes} processes start here", processes / machines));
    }
    Err(format!(
        "`num_processes` is {processes}: it counts those of all {machines} machines and must be a multiple of {machines}"
    ))
}

fn port(settings: &Settings) -> Result<u16, String> {
    match settings.get("main_process_port") {
        Value::Null => Ok(29_500),
        value => match python::integer(value).and_then(|port| u16::try_from(port).ok()) {
            Some(0) | None => Err(format!(
                "`main_process_port` is {}; several machines need one from 1 to 65535, the same on all of them",
                python::str(value)
            )),
            Some(port) => Ok(port),
        },
    }
}

fn meeting(address: &str, port: Result<u16, String>, is_first: bool) -> Vec<Line> {
    let addresses = host::resolve(address);
    let port = match (addresses.first(), port) {
        (_, Err(wrong)) => return vec![Err(wrong)],
        (None, _) => {
            return vec![Err(format!(
                "`{address}` is no name that this machine can resolve; write an address or add it to its hosts"
            ))];
        }
        (Some(_), Ok(port)) => port,
    };
    let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    vec![
        Ok(format!("`{address}` is {}", list.join(", "))),
        if is_first { first(address, &addresses, port) } else { other(address, &addresses, port) },
    ]
}

/// The first machine must own the address, and nobody may listen there yet.
fn first(address: &str, addresses: &[IpAddr], port: u16) -> Line {
    if !addresses.iter().any(|address| host::is_own(*address)) {
        return Err(format!("this is machine 0, and `{address}` is another machine's address"));
    }
    if host::is_port_taken(port) {
        let holder = host::port_holder(port).map_or_else(|| "a process".to_owned(), |holder| holder.says());
        return Err(format!("port {port} is taken by {holder}; choose another on all machines"));
    }
    Ok(format!("port {port} is free"))
}

fn other(address: &str, addresses: &[IpAddr], port: u16) -> Line {
    let answers: Vec<Answer> =
        addresses.iter().map(|address| host::knock(*address, port, PATIENCE)).collect();
    if answers.contains(&Answer::Listening) {
        return Ok(format!("port {port} of `{address}` can be reached, and somebody listens there"));
    }
    if answers.contains(&Answer::Nobody) {
        return Ok(format!("`{address}` can be reached; nobody listens on port {port} yet: start machine 0"));
    }
    Err(format!(
        "`{address}` does not answer on port {port} within {} seconds: a firewall, another network, or a machine that is off",
        PATIENCE.as_secs()
    ))
}
