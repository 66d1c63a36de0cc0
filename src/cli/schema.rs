//! `schema`: the JSON Schema of config files, for editors.

use clap::Args;

use super::{End, streams};

/// The schema, generated from the rows and checked fresh by a test.
const SCHEMA: &str = include_str!("../../schema/accelerate-config.schema.json");

/// Print the JSON Schema of config files, for completion and hover in editors
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {}

const EXAMPLES: &str = "Example, for editors that use yaml-language-server:
  accel-studio schema > accelerate-config.schema.json
and as the first line of a config:
  # yaml-language-server: $schema=accelerate-config.schema.json";

/// Runs the verb.
pub fn run(_arguments: &Arguments) -> End {
    if streams::out(SCHEMA) { End::Clean } else { End::Failed }
}
