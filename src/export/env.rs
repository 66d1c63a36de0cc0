//! The variables of a job, one to a line: as `docker run --env-file` reads them, or for a shell.
//!
//! Ranks and the meeting place are left out: whoever starts the ranks sets them.

use super::job::{self, Job};
use super::{Export, line, variables};

/// The file; with `is_shell` as `export` lines for a POSIX shell.
pub(super) fn export(job: &Job, is_shell: bool) -> Export {
    let mut losses = job.losses();
    losses.push("ranks, addresses and ports: whoever starts the processes sets them".to_owned());
    let mut lines = String::new();
    for (name, value) in variables(job.plan()) {
        if is_shell {
            lines.push_str(&format!("export {name}={}\n", line::quoted(value)));
        } else if value.contains(['\n', '\r']) {
            losses.push(format!("`{name}`: its value has several lines, which such a file cannot hold"));
        } else {
            lines.push_str(&format!("{name}={value}\n"));
        }
    }
    let what = match is_shell {
        true => "Variables of a job for a shell; read them with `. FILE`",
        false => "Variables of a job, one to a line and unquoted, as `docker run --env-file FILE` reads them",
    };
    Export { text: job::head(job, what, &[], &losses) + &lines, losses }
}
