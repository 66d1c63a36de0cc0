//! The beginning of a new config: a short choice instead of an empty screen.

use super::{choose, close};
use crate::document::{Document, Format};
use crate::presets;
use crate::studio::Outcome;
use crate::studio::command::Command;
use crate::studio::effect::Effect;
use crate::studio::state::State;
use crate::studio::state::dialog::{Beginning, Dialog, Starting};

/// How many presets the short choice shows: one GPU, several, FSDP2 and both ZeRO stages.
const FEW: usize = 5;

/// Asks how to begin.
pub(in crate::studio) fn begin(state: &mut State) {
    let default_file = state.source.default_file.clone().map(Beginning::DefaultFile);
    let presets = presets::ALL.iter().take(FEW).map(Beginning::Preset);
    let options = presets.chain([Beginning::MorePresets, Beginning::Empty]).chain(default_file);
    state.dialogs.push(Dialog::Starting(Starting { options: options.collect(), selected: 0 }));
}

/// Keys of the choice.
pub(super) fn in_starting(state: &mut State, command: Command) -> Vec<Effect> {
    let Some(Dialog::Starting(starting)) = state.dialogs.last().cloned() else { return Vec::new() };
    match (command, starting.options.get(starting.selected)) {
        (Command::Accept, Some(beginning)) => return choose_one(state, beginning),
        (Command::Quit, _) => state.outcome = Some(Outcome::Left),
        (command, _) => choose::move_selection(state, command),
    }
    Vec::new()
}

fn choose_one(state: &mut State, beginning: &Beginning) -> Vec<Effect> {
    match beginning {
        Beginning::MorePresets => show_more(state),
        Beginning::DefaultFile(path) => {
            close(state);
            return vec![Effect::Read(path.clone())];
        }
        Beginning::Preset(preset) => start_with(state, preset.text),
        Beginning::Empty => start_with(state, ""),
    }
    Vec::new()
}

fn show_more(state: &mut State) {
    if let Some(Dialog::Starting(starting)) = state.dialogs.last_mut() {
        let more = presets::ALL.iter().skip(FEW).map(Beginning::Preset);
        let at = starting.selected;
        starting.options.splice(at..=at, more);
    }
}

fn start_with(state: &mut State, text: &str) {
    close(state);
    let is_json = state.source.format() == Format::Json;
    let document = Document::parse(text, Format::Yaml);
    if is_json && !text.is_empty() {
        // A preset is YAML, comments and all; the name asked for would make Accelerate read JSON.
        state.source.wanted = None;
        state.say("presets are YAML: you will be asked for a name that ends in .yaml");
    } else {
        state.say("nothing is written before you save");
    }
    state.history = crate::studio::state::history::History::new(document);
    state.refresh();
}
