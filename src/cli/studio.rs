//! No verb: the full-screen studio.

use std::path::Path;
use std::process::ExitCode;

use super::{machine, python, streams};
use crate::hardware::Machine;
use crate::model::{self, ModelCard};
use crate::studio::{self, Around, Outcome};

/// Opens the studio on a file, or on a new config. A signal that ended it gives 128 and its number,
/// as shells do.
pub fn run(file: Option<&Path>) -> ExitCode {
    let installed = python::installed().map(|installed| installed.release);
    let around =
        Around { here: machine::this(), find_machine: machine::named, find_model, ..Around::default() };
    match studio::open(file, installed, around) {
        Ok(Outcome::Left) => ExitCode::SUCCESS,
        Ok(Outcome::Deserted) => {
            streams::err("accel-studio: the terminal went away\n");
            ExitCode::from(2)
        }
        Ok(Outcome::Ended { signal, loses_changes }) => {
            let lost = if loses_changes { "; unsaved changes are lost" } else { "" };
            streams::err(&format!("accel-studio: ended by signal {signal}{lost}\n"));
            ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))
        }
        Err(error) => {
            streams::err(&format!("accel-studio: {error}\n"));
            ExitCode::from(2)
        }
    }
}

fn find_model(name: &str, here: &Machine) -> Result<ModelCard, String> {
    model::find(name, &here.env).map_err(|error| error.to_string())
}
