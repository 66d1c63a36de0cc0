//! Who wins, and who said it: Accelerate's defaults, the file, the shell, the options and the computer
//! become one value per launch argument.
//!
//! Precedence is that of accelerate 1.15.0, measured; it differs from argument to argument. Everything
//! comes in as plain data, and nothing here starts, reads or prints anything. What the arguments mean
//! for the job is decided above, in `launch`.

mod computer;
mod file;
mod flag_rows;
pub mod flags;
mod ignored;
mod ladder;
mod origin;
mod place;
pub mod python;
pub mod script;
mod settings;
pub mod variables;

#[cfg(test)]
mod tests;

pub use computer::{Accelerator, Computer};
pub use file::Source;
pub use flags::Given;
pub use ignored::Ignored;
pub use ladder::DROPPED;
pub use origin::{Beaten, Origin, Refusal};
pub use place::{PROJECT, default_file};
pub use settings::{Setting, Settings, spelling};

use crate::value::Value;

/// Everything that speaks, in one place.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The file that is used, where one is.
    pub source: Option<Source>,
    /// The options, in the order in which they were given.
    pub given: Vec<Given>,
    /// This computer.
    pub computer: Computer,
    /// Hears what Accelerate drops from the file (`--honour-file`).
    pub honours_file: bool,
}

/// What counts, and why.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// The launch arguments.
    pub settings: Settings,
    /// Name of the file that was read.
    pub file: Option<String>,
    /// What was said and does not count, and why.
    pub ignored: Vec<Ignored>,
    /// Why Accelerate would end here; the settings are as far as it came.
    pub refusal: Option<Refusal>,
    /// The keys of the file's DeepSpeed section, in their order.
    pub deepspeed_fields: Vec<String>,
}

/// Decides for every launch argument who is heard.
pub fn resolve(layers: &Layers) -> Resolved {
    let mut resolved = Resolved { settings: Settings::defaults(), ..Resolved::default() };
    for given in &layers.given {
        let value = match (&given.row.kind, resolved.settings.get(given.row.argument())) {
            (flags::Kind::Repeated, Value::List(before)) => {
                Value::List(before.iter().cloned().chain([given.value.clone()]).collect())
            }
            (flags::Kind::Repeated, _) => Value::List(vec![given.value.clone()]),
            _ => given.value.clone(),
        };
        resolved.settings.put(given.row.argument(), value, Origin::Flag(given.row.flag));
    }
    resolved.refusal = decide(layers, &mut resolved).err();
    resolved.ignored = ignored::all(layers, &resolved.settings);
    resolved
}

fn decide(layers: &Layers, resolved: &mut Resolved) -> Result<(), Refusal> {
    ladder::check_flags(&resolved.settings)?;
    match &layers.source {
        Some(source) => {
            resolved.file = Some(source.name.clone());
            let loaded = file::Loaded::read(source)?;
            resolved.deepspeed_fields = deepspeed_fields(&loaded);
            ladder::hear_file(&mut resolved.settings, &loaded)?;
            if layers.honours_file {
                ladder::honour_file(&mut resolved.settings, &loaded);
            }
        }
        None => ladder::do_without_file(&mut resolved.settings, &layers.computer)?,
    }
    ladder::count_threads(&mut resolved.settings, &layers.computer)
}

fn deepspeed_fields(loaded: &file::Loaded) -> Vec<String> {
    let pairs = loaded.get("deepspeed_config").as_map().unwrap_or_default();
    pairs.iter().map(|(key, _)| python::str(key)).collect()
}

impl Resolved {
    /// True where the precision was found in the file: DeepSpeed's worker treats it as a second voice.
    pub fn is_precision_from_file(&self) -> bool {
        matches!(self.settings.origin("mixed_precision"), Origin::File { .. })
    }
}
