//! `settings`: what a project asks for, and where it says so.

use std::path::PathBuf;

use clap::Args;

use super::{End, python, streams};
use crate::finding::Severity;
use crate::rules;
use crate::settings::{self, Found};

/// Show the settings that count for a folder, and where they stand
///
/// They stand in accel-studio.yaml, in the folder itself or the nearest one above it.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  accel-studio settings                        what counts here
  accel-studio settings > accel-studio.yaml    begin a settings file")]
pub struct Arguments {
    /// Folder of the configs
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    let found = match settings::above(&arguments.folder) {
        Ok(found) => found,
        Err(error) => return fail(&error.to_string()),
    };
    if let Some(complaint) = rules::complaints(&found.settings.rules).next() {
        return fail(&complaint);
    }
    if streams::out(&page(found)) { End::Clean } else { End::Failed }
}

/// The settings with nothing left unsaid, as they would stand in a file.
fn page(found: Found) -> String {
    let origin = match &found.path {
        Some(path) => format!("# from {}", path.display()),
        None => format!("# no {} in this folder or above it: the defaults", settings::FILE),
    };
    let mut settings = found.settings;
    settings.accelerate = settings.accelerate.or_else(|| Some(python::release()));
    settings.fail_on = settings.fail_on.or(Some(Severity::Error));
    format!("{origin}\n{}", settings.text())
}

fn fail(advice: &str) -> End {
    streams::err(&format!("accel-studio: {advice}\n"));
    End::Failed
}
