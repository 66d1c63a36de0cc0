//! Making it fit: ways are listed, the cheapest first, and one is taken with one key.

use super::{close, edit, outlook};
use crate::config::Config;
use crate::memory::solve::{self, Change, Situation};
use crate::memory::{Verdict, WorkloadField};
use crate::studio::command::Command;
use crate::studio::effect::Effect;
use crate::studio::state::State;
use crate::studio::state::dialog::{Dialog, Remedies, Remedy};
use crate::studio::state::outlook::Row;

/// True where it does not surely fit.
pub(super) fn is_wanted(state: &State) -> bool {
    let verdict = state.outlook.answer.as_ref().and_then(|answer| answer.verdict());
    verdict.is_some_and(|verdict| verdict != Verdict::Fits)
}

/// Lists the ways.
pub(super) fn open(state: &mut State) {
    let Some(capacity) = state.outlook.answer.as_ref().and_then(|answer| answer.capacity) else {
        return state.refuse("name a model and a machine with GPUs first: `m`");
    };
    if !is_wanted(state) {
        return state.say("it fits as it is");
    }
    let options = situation(state).map_or_else(Vec::new, |it| offers(&it, capacity));
    if options.is_empty() {
        return state
            .refuse("nothing that is known here makes it fit: take more or larger GPUs, or a smaller model");
    }
    state.dialogs.push(Dialog::Remedies(Remedies { options, selected: 0 }));
}

/// All that decides, as it is now.
fn situation(state: &State) -> Option<Situation<'_>> {
    let outlook = &state.outlook;
    Some(Situation {
        card: outlook.model.found.as_deref()?,
        work: outlook.workload.clone(),
        config: Config::read(state.history.now()).root()?.clone(),
        deepspeed: state.judge.deepspeed(),
        gpus: outlook.gpus(),
        accumulation: None,
    })
}

fn offers(situation: &Situation, capacity: u64) -> Vec<Remedy> {
    let remedies = solve::fit(situation, capacity).into_iter();
    let offer = |remedy: solve::Remedy| Remedy {
        // What stands in brackets is an explanation, for which the list has no room.
        name: remedy.steps.iter().map(|(title, _)| text_before(title, " (")).collect::<Vec<_>>().join("; "),
        needed: remedy.estimate.needed(),
        says: remedy
            .steps
            .iter()
            .map(|(title, cost)| format!("{title}: {cost}."))
            .collect::<Vec<_>>()
            .join(" "),
        changes: remedy.changes,
    };
    remedies.map(offer).collect()
}

fn text_before<'a>(text: &'a str, mark: &str) -> &'a str {
    text.split_once(mark).map_or(text, |(before, _)| before)
}

/// Keys of the list.
pub(super) fn in_remedies(state: &mut State, command: Command) -> Vec<Effect> {
    let Some(Dialog::Remedies(remedies)) = state.dialogs.last().cloned() else { return Vec::new() };
    match command {
        Command::Accept => {
            close(state);
            remedies.options.get(remedies.selected).map_or_else(Vec::new, |remedy| take(state, remedy))
        }
        Command::Cancel => {
            close(state);
            Vec::new()
        }
        command => {
            super::choose::move_selection(state, command);
            Vec::new()
        }
    }
}

/// Changes the config in one step that `undo` takes back, and the workload in the settings.
fn take(state: &mut State, remedy: &Remedy) -> Vec<Effect> {
    let edits = solve::edits(state.history.now(), &remedy.changes);
    if !edits.is_empty() {
        let changed = state.history.now().apply(&edits).map(|applied| applied.document);
        edit::take(state, changed.map_err(|refusal| refusal.to_string()), remedy.name.clone(), None);
    }
    let mut effects = Vec::new();
    for change in &remedy.changes {
        if let Change::Workload { name, value } = change
            && let Some(field) = WorkloadField::find(name)
        {
            effects.extend(outlook::keep(state, Row::Step(field), Some(value.clone())));
        }
    }
    if let Some(Change::Accumulation(steps)) = remedy.changes.last() {
        state.say(format!("let the script accumulate {steps} micro-batches, so that a step stays as large"));
    }
    effects
}
