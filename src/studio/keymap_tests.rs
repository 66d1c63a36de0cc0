//! The key table is complete, unambiguous and readable.

use std::collections::HashSet;

use super::*;

#[test]
fn every_verb_has_a_key_or_a_palette_entry_and_a_sentence() {
    for row in COMMANDS {
        let has_key = KEYMAP.iter().any(|binding| binding.command == row.command);
        assert!(has_key || row.is_offered, "{:?} cannot be reached", row.command);
        assert!(row.says.ends_with('.') && row.says.len() > 10, "{:?} lacks a sentence", row.command);
        assert!(!row.name.is_empty());
    }
}

#[test]
fn every_key_has_a_verb_that_is_described_once() {
    for binding in KEYMAP {
        let rows = COMMANDS.iter().filter(|row| row.command == binding.command).count();
        assert_eq!(rows, 1, "{:?}", binding.command);
    }
}

#[test]
fn no_key_means_two_things_in_one_context() {
    let mut seen = HashSet::new();
    for binding in KEYMAP {
        assert!(seen.insert((binding.context, binding.key)), "{:?} {}", binding.context, binding.key);
    }
}

#[test]
fn every_context_can_be_left_by_a_key() {
    for context in Context::ALL.into_iter().filter(|context| !context.is_pane()) {
        let leaves = [Command::Cancel, Command::Close, Command::Quit];
        assert!(KEYMAP.iter().any(|row| row.context == context && leaves.contains(&row.command)));
    }
}

#[test]
fn shift_and_control_are_read_as_people_mean_them() {
    let press = |code, modifiers| Key::of(KeyEvent::new(code, modifiers));
    assert_eq!(press(KeyCode::Char('G'), KeyModifiers::SHIFT), Some(key('G')));
    assert_eq!(press(KeyCode::Tab, KeyModifiers::SHIFT), Some(BACK_TAB));
    assert_eq!(press(KeyCode::Char('S'), KeyModifiers::CONTROL), Some(control('s')));
    assert_eq!(press(KeyCode::Char('7'), KeyModifiers::NONE), Some(DIGIT));
    assert_eq!(press(KeyCode::Char('x'), KeyModifiers::ALT), None);
    assert_eq!(command(Context::Form, control('r')), Some(Command::Redo));
    assert_eq!(command(Context::Typing, key('q')), None);
}
