//! A shell script with one command of an MPI, which starts every rank.
//!
//! Options as accelerate 1.15.0 writes them (`utils/launch.py`, `_get_mpirun_args`); names of variables
//! as Open MPI, Intel MPI and MPICH's Hydra set them for each rank.

use super::job::{self, Job};
use super::{Export, line, variables};
use crate::layers::python;
use crate::value::Value;

/// Which MPI; they differ in the names of options and variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Open MPI.
    OpenMpi,
    /// Intel MPI, MPICH, MVAPICH.
    Intel,
}

/// Where no host file is named.
const HOSTS: &str = "hostfile";

/// The script.
pub(super) fn export(job: &Job, flavour: Flavour) -> Export {
    let losses = job.losses();
    let hosts = job.settings.get("mpirun_hostfile").as_text();
    let edit: &[&str] = if hosts.is_some() { &[] } else { &["the file of hosts, one machine to a line"] };
    let what = match flavour {
        Flavour::OpenMpi => "A shell script that starts the job with Open MPI",
        Flavour::Intel => "A shell script that starts the job with Intel MPI, MPICH or MVAPICH",
    };
    let text = format!(
        "#!/bin/sh\n{}set -eu\n{}exec {}\n",
        job::head(job, what, edit, &losses),
        meeting(job, hosts.unwrap_or(HOSTS)),
        command(job, flavour, hosts.unwrap_or(HOSTS))
    );
    Export { text, losses }
}

/// The config's address, else the first host of the file.
fn meeting(job: &Job, hosts: &str) -> String {
    let port = match job.settings.get("main_process_port") {
        Value::Null => "29500".to_owned(),
        port => python::str(port),
    };
    let address = match job.settings.get("main_process_ip").as_text() {
        Some(address) if address != super::NOWHERE => line::quoted(address),
        _ if job.machines() == 1 => "127.0.0.1".to_owned(),
        _ => {
            // `n0 slots=8` for Open MPI, `n0:8` for the others; comments begin with #.
            let pattern = "'/^[^#[:space:]]/ { sub(/:.*/, \"\", $1); print $1; exit }'";
            format!("$(awk {pattern} {})", line::quoted(hosts))
        }
    };
    format!("MASTER_ADDR={address}\nMASTER_PORT={}\n", line::quoted(&port))
}

fn command(job: &Job, flavour: Flavour, hosts: &str) -> String {
    let (options, ranks) = match flavour {
        Flavour::OpenMpi => (["--hostfile", "--npernode"], OPEN),
        Flavour::Intel => (["-f", "-ppn"], INTEL),
    };
    let mut words = vec!["mpirun".to_owned(), options[0].to_owned(), line::quoted(hosts)];
    words.extend([options[1].to_owned(), job.share().to_string()]);
    words.extend(["-n".to_owned(), job.processes().to_string()]);
    if flavour == Flavour::OpenMpi {
        let place = job.settings.get("bind-to").as_text().unwrap_or("socket");
        words.extend(["--bind-to".to_owned(), line::quoted(place)]);
    }
    words.extend(["MASTER_ADDR", "MASTER_PORT"].map(|name| given(flavour, name, &format!("\"${name}\""))));
    words.extend(variables(job.plan()).map(|(name, value)| given(flavour, name, &line::quoted(value))));
    // The ranks in the names that torch and Accelerate know, whatever the MPI calls them.
    words.extend([
        "sh".to_owned(),
        "-c".to_owned(),
        line::quoted(&format!("{ranks}; exec \"$@\"")),
        "sh".to_owned(),
    ]);
    words.extend(job.command().iter().map(|word| line::quoted(word)));
    words.join(" ")
}

/// A variable for every rank; the value is quoted already.
fn given(flavour: Flavour, name: &str, value: &str) -> String {
    match flavour {
        Flavour::OpenMpi => format!("-x {name}={value}"),
        Flavour::Intel => format!("-genv {name} {value}"),
    }
}

const OPEN: &str = "export RANK=$OMPI_COMM_WORLD_RANK WORLD_SIZE=$OMPI_COMM_WORLD_SIZE \
                    LOCAL_RANK=$OMPI_COMM_WORLD_LOCAL_RANK LOCAL_WORLD_SIZE=$OMPI_COMM_WORLD_LOCAL_SIZE";
const INTEL: &str = "export RANK=$PMI_RANK WORLD_SIZE=$PMI_SIZE LOCAL_RANK=$MPI_LOCALRANKID \
                     LOCAL_WORLD_SIZE=$MPI_LOCALNRANKS";
