//! `presets`: the starting points that come with the program.

use clap::Args;

use super::{End, streams};
use crate::presets::{self, Preset};
use crate::text;

/// Show the configs that `init --preset` starts from
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  accel-studio presets           list them\n  accel-studio presets zero3     print one"
)]
pub struct Arguments {
    /// Print this one instead of the list
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    let text = match &arguments.name {
        None => list(),
        Some(name) => match find(name) {
            Ok(preset) => preset.text.to_owned(),
            Err(advice) => {
                streams::err(&format!("accel-studio: {advice}\n"));
                return End::Failed;
            }
        },
    };
    if streams::out(&text) { End::Clean } else { End::Failed }
}

/// The preset of a name, or what to write instead.
pub fn find(name: &str) -> Result<&'static Preset, String> {
    presets::named(name).ok_or_else(|| {
        let advice = match text::nearest(name, presets::ALL.iter().map(|preset| preset.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`accel-studio presets` lists them".to_owned(),
        };
        format!("there is no preset `{name}`; {advice}")
    })
}

/// All presets, one line each.
pub fn list() -> String {
    let width = presets::ALL.iter().map(|preset| preset.name.len()).max().unwrap_or(0);
    presets::ALL.iter().map(|preset| format!("{:width$}  {}\n", preset.name, preset.title())).collect()
}
