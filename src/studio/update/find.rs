//! Searching: fields by label, key and meaning, commands by name. Each word must be found somewhere;
//! what is found in a name comes before what is found in a sentence.

use super::{choose, close, motion, run};
use crate::key::KeyPath;
use crate::studio::command::{COMMANDS, Command};
use crate::studio::effect::Effect;
use crate::studio::keymap::{self, Context};
use crate::studio::state::dialog::{Dialog, Hit, Search};
use crate::studio::state::{Pane, State};
use crate::text::nearest;

/// Opens the search for fields.
pub(super) fn open_fields(state: &mut State) {
    if state.is_faulty() {
        return state.refuse("there are no fields until the text is repaired");
    }
    state.dialogs.push(Dialog::Finding(Search { input: Default::default(), hits: Vec::new(), selected: 0 }));
    narrow_fields(state);
}

/// Opens the list of commands.
pub(super) fn open_commands(state: &mut State) {
    state.dialogs.push(Dialog::Palette(Search { input: Default::default(), hits: Vec::new(), selected: 0 }));
    narrow_commands(state);
}

/// Finds the fields again, after each key.
pub(super) fn narrow_fields(state: &mut State) {
    let hits = all_fields(state);
    if let Some(Dialog::Finding(search)) = state.dialogs.last_mut() {
        search.hits = ranked(hits, search.input.value());
        search.selected = 0;
    }
}

/// Finds the commands again, after each key.
pub(super) fn narrow_commands(state: &mut State) {
    if let Some(Dialog::Palette(search)) = state.dialogs.last_mut() {
        search.hits = ranked(all_commands(), search.input.value());
        search.selected = 0;
    }
}

fn all_fields(state: &State) -> Vec<Hit<KeyPath>> {
    let rows =
        state.sheet.sections.iter().flat_map(|section| section.rows.iter().map(move |row| (section, row)));
    rows.map(|(section, row)| Hit {
        what: row.path.clone(),
        name: row.label(),
        place: format!("{} · {}", section.title, row.path),
        says: row.field.map_or("A key that Accelerate does not know.", |field| field.help).to_owned(),
    })
    .collect()
}

fn all_commands() -> Vec<Hit<Command>> {
    let offered = COMMANDS.iter().filter(|row| row.is_offered);
    offered
        .map(|row| Hit {
            what: row.command,
            name: row.name.to_owned(),
            place: keys(row.command),
            says: row.says.to_owned(),
        })
        .collect()
}

fn keys(command: Command) -> String {
    [Context::Anywhere, Context::Form]
        .into_iter()
        .map(|context| keymap::keys_of(context, command))
        .find(|keys| !keys.is_empty())
        .unwrap_or_default()
}

/// What matches, best first; everything in its own order where nothing is typed.
fn ranked<T>(hits: Vec<Hit<T>>, typed: &str) -> Vec<Hit<T>> {
    let words: Vec<String> = typed.to_lowercase().split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        return hits;
    }
    let mut scored: Vec<(usize, Hit<T>)> =
        hits.into_iter().filter_map(|hit| Some((score(&hit, &words)?, hit))).collect();
    scored.sort_by_key(|(score, hit)| (std::cmp::Reverse(*score), hit.name.len()));
    scored.into_iter().map(|(_, hit)| hit).collect()
}

/// How well a hit matches; `None` where a word is nowhere in it.
fn score<T>(hit: &Hit<T>, words: &[String]) -> Option<usize> {
    let (name, place, says) = (hit.name.to_lowercase(), hit.place.to_lowercase(), hit.says.to_lowercase());
    words.iter().map(|word| score_word(word, &name, &place, &says)).sum()
}

fn score_word(word: &str, name: &str, place: &str, says: &str) -> Option<usize> {
    let key = place.rsplit([' ', '.']).next().unwrap_or_default();
    let parts = || name.split(' ').chain(key.split('_'));
    if name.starts_with(word) || key.starts_with(word) {
        Some(60)
    } else if parts().any(|part| part.starts_with(word)) {
        Some(50)
    } else if name.contains(word) || place.contains(word) {
        Some(40)
    } else if says.contains(word) {
        Some(20)
    } else if word.len() > 3 && nearest(word, parts()).is_some() {
        Some(10)
    } else if word.len() > 2 && is_scattered(word, key) {
        Some(5)
    } else {
        None
    }
}

/// True when the letters of `word` are in `text` in their order: `nproc` in `num_processes`.
fn is_scattered(word: &str, text: &str) -> bool {
    let mut letters = text.chars();
    text.starts_with(word.chars().next().unwrap_or(' '))
        && word.chars().all(|wanted| letters.any(|it| it == wanted))
}

/// Keys of the search for fields.
pub(super) fn in_fields(state: &mut State, command: Command) {
    let Some(Dialog::Finding(search)) = state.dialogs.last().cloned() else { return };
    match command {
        Command::Accept => {
            close(state);
            if let Some(hit) = search.hits.get(search.selected) {
                state.select(&hit.what);
                state.pane = Pane::Form;
                motion::show_line(state);
            }
        }
        Command::Cancel => close(state),
        command => choose::move_selection(state, command),
    }
}

/// Keys of the list of commands.
pub(super) fn in_commands(state: &mut State, command: Command) -> Vec<Effect> {
    let Some(Dialog::Palette(search)) = state.dialogs.last().cloned() else { return Vec::new() };
    match command {
        Command::Accept => {
            close(state);
            return search.hits.get(search.selected).map_or_else(Vec::new, |hit| run(state, hit.what));
        }
        Command::Cancel => close(state),
        command => choose::move_selection(state, command),
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(typed: &str) -> Vec<String> {
        let rows = crate::schema::fields().map(|field| Hit {
            what: (),
            name: field.label.to_owned(),
            place: format!("{} · {}", field.group.title(), field.key),
            says: field.help.to_owned(),
        });
        let keys = ranked(rows.collect(), typed).into_iter().map(|hit| hit.place);
        keys.map(|place| place.rsplit(' ').next().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn a_field_is_found_by_key_by_word_and_by_slip() {
        assert_eq!(names("mixed_prec")[0], "mixed_precision");
        assert_eq!(names("num_proc")[0], "num_processes");
        assert!(names("zero stage").contains(&"deepspeed_config.zero_stage".to_owned()));
        assert!(names("nproc").contains(&"num_processes".to_owned()));
        assert!(names("precison").contains(&"mixed_precision".to_owned()));
        assert!(names("qqqq").is_empty());
    }
}
