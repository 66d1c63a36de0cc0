//! Edits of configs that nobody wrote: comments, odd indentation, flow, blocks, all line ends.
//!
//! Whatever the config, an edit does what it says or is refused for a reason; undoing it gives back
//! every byte; and every comment survives that the edit does not take with its own line or value.

use accel_studio::document::{Applied, Data, Document, Edit, EditError, Format, Node, Span, invert};
use accel_studio::key::KeyPath;
use accel_studio::value::Value;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::harness::made_up::{KEYS, config};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::int),
        any::<f64>().prop_filter("a number", |number| !number.is_nan()).prop_map(Value::Float),
        prop::sample::select(
            ["no", "bf16", "", "a: b", "# x", "two\nlines\n", "{", "1e5", "é\u{7}"].as_slice()
        )
        .prop_map(Value::text),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            (prop::collection::vec(inner, 0..3)).prop_map(|values| {
                let key = |index: usize| Value::text(["x", "no", "new key"][index]);
                Value::Map(values.into_iter().enumerate().map(|(at, value)| (key(at), value)).collect())
            }),
        ]
    })
}

/// Every place of a config with the bytes from its key, or its item, to its end.
fn places(node: &Node, path: &KeyPath, found: &mut Vec<(KeyPath, Span)>) {
    match &node.data {
        Data::Map(pairs) => pairs.iter().enumerate().for_each(|(index, pair)| {
            let here = match &pair.key.data {
                Data::Scalar(Value::Text(name)) => path.key(name),
                _ => path.pair(index),
            };
            places(&pair.value, &here, found);
            found.push((here, Span { start: pair.key.span.start, end: pair.value.span.end }));
        }),
        Data::List(items) => items.iter().enumerate().for_each(|(index, item)| {
            places(item, &path.item(index), found);
            found.push((path.item(index), item.span));
        }),
        Data::Scalar(_) | Data::Alias(..) => {}
    }
}

fn edit(verb: usize, path: &KeyPath, value: Value) -> Edit {
    let parent = path.parent().unwrap_or_default();
    let after: Vec<String> = path.name().map(str::to_owned).into_iter().collect();
    let fresh = if after.is_empty() { path.clone() } else { parent.key("fresh key") };
    match verb {
        0 => Edit::Set { path: path.clone(), value },
        1 => Edit::Remove { path: path.clone() },
        2 => Edit::Rename { path: path.clone(), to: "yes".to_owned() },
        3 => Edit::Set { path: path.key("more").key("deep"), value },
        _ => Edit::Insert { path: fresh, value, after },
    }
}

/// The comments of a text, those left out that go with `taken`.
fn comments(document: &Document, taken: Option<Span>) -> Vec<String> {
    let line_of = |at: usize| document.position(at).line;
    let goes = |comment: &Span| {
        taken.is_some_and(|taken| {
            (taken.start..taken.end).contains(&comment.start) || line_of(comment.start) == line_of(taken.end)
        })
    };
    let spans = document.comments();
    spans
        .iter()
        .filter(|span| !goes(span))
        .map(|span| document.text()[span.start..span.end].to_owned())
        .collect()
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => number.to_string().parse::<i64>().expect("made of one").into(),
        Value::Float(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(pairs) => {
            pairs.iter().map(|(key, value)| (key.as_text().unwrap_or("k"), json(value))).collect()
        }
        _ => serde_json::Value::Null,
    }
}

fn check_undo(document: &Document, applied: &Applied) -> Result<(), TestCaseError> {
    let back = applied.document.patched(&invert(&applied.patches, document.text()));
    prop_assert_eq!(back.text(), document.text());
    let again = document.patched(&applied.patches);
    prop_assert_eq!(again.text(), applied.document.text());
    prop_assert!(applied.patches.windows(2).all(|pair| pair[0].span.end < pair[1].span.start));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_is_exact_or_refused(text in config(), at in any::<Index>(), verb in 0_usize..5, value in value()) {
        let document = Document::parse(text.as_str(), Format::Yaml);
        prop_assert_eq!(document.text(), &text);
        prop_assert_eq!(document.fault(), None);
        let mut found = Vec::new();
        places(document.root().expect("the config has a key"), &KeyPath::root(), &mut found);
        let (path, mut span) = at.get(&found).clone();
        if path.name().is_none() {
            // An item goes with its dash; no comment of these holds one.
            span.start = text[..span.start].rfind('-').unwrap_or(span.start);
        }
        // Of a list that is set, items may go, and of a section, keys.
        let takes = verb == 1 || (verb == 0 && matches!(value, Value::List(_) | Value::Map(_)));
        let edit = edit(verb, &path, value);
        match document.apply(std::slice::from_ref(&edit)) {
            Ok(applied) => {
                check_undo(&document, &applied)?;
                let now = applied.document.node(&path).map(Node::value);
                match &edit {
                    Edit::Set { path: target, value } if *target == path => {
                        prop_assert_eq!(now.as_ref(), Some(value));
                    }
                    Edit::Remove { .. } if path.name().is_some() => prop_assert_eq!(now, None),
                    _ => {}
                }
                let left = comments(&applied.document, None);
                for comment in comments(&document, takes.then_some(span)) {
                    prop_assert!(left.contains(&comment), "{:?} lost {}\n{}", edit, comment, applied.document.text());
                }
            }
            Err(EditError::Entangled(_, how)) if HOWS.contains(&how) => {}
            Err(EditError::NoSuchPlace(_)) => {}
            Err(error) => prop_assert!(false, "{error}: {edit:?}"),
        }
    }

    #[test]
    fn json_can_always_be_edited(
        old in prop::collection::vec(value(), 1..5),
        is_pretty in any::<bool>(),
        at in any::<Index>(),
        verb in 0_usize..5,
        new in value(),
    ) {
        let old = json(&Value::Map(old.into_iter().zip(KEYS).map(|(value, key)| (Value::text(key), value)).collect()));
        let text = if is_pretty { format!("{old:#}\n") } else { old.to_string() };
        let document = Document::parse(text.as_str(), Format::Json);
        let mut found = Vec::new();
        places(document.root().expect("JSON has a value"), &KeyPath::root(), &mut found);
        let edit = edit(verb, &at.get(&found).0, new);
        match document.apply(std::slice::from_ref(&edit)) {
            Ok(applied) => {
                check_undo(&document, &applied)?;
                let now = applied.document.text();
                let read: Result<serde_json::Value, _> = serde_json::from_str(now);
                prop_assert!(read.is_ok() || now.contains("Infinity"), "{}", now);
                prop_assert_eq!(now.ends_with('\n'), is_pretty);
                prop_assert!(is_pretty || !now.contains('\n'));
            }
            Err(EditError::NoSuchPlace(_)) => {}
            Err(error) => prop_assert!(false, "{error}: {edit:?}"),
        }
    }

    #[test]
    fn many_edits_are_one_change(
        text in config(),
        steps in prop::collection::vec((any::<Index>(), 0_usize..5, value()), 1..5),
    ) {
        let document = Document::parse(text.as_str(), Format::Yaml);
        let mut now = document.clone();
        let mut edits = Vec::new();
        for (at, verb, value) in steps {
            let mut found = Vec::new();
            places(now.root().expect("the config has a value"), &KeyPath::root(), &mut found);
            if found.is_empty() {
                break;
            }
            let edit = edit(verb, &at.get(&found).0, value);
            if let Ok(applied) = now.apply(std::slice::from_ref(&edit)) {
                now = applied.document;
                edits.push(edit);
            }
        }
        let applied = document.apply(&edits).expect("each was possible after the others");
        prop_assert_eq!(applied.document.text(), now.text());
        check_undo(&document, &applied)?;
    }

    #[test]
    fn damaged_configs_are_edited_exactly_or_not_at_all(
        text in config(),
        damage in prop::collection::vec((any::<Index>(), prop::sample::select(DAMAGE.as_slice())), 1..4),
        at in any::<Index>(),
        verb in 0_usize..5,
        value in value(),
    ) {
        let mut text = text;
        for (at, piece) in damage {
            let at = at.index(text.len() + 1);
            let start = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            match piece {
                "" => drop(text.split_off(start)),
                _ => text.insert_str(start, piece),
            }
        }
        let document = Document::parse(text.as_str(), Format::Yaml);
        prop_assert_eq!(document.text(), &text);
        let mut found = vec![(KeyPath::root(), Span::default())];
        if let Some(root) = document.root() {
            places(root, &KeyPath::root(), &mut found);
        }
        let edit = edit(verb, &at.get(&found).0, value);
        if let Ok(applied) = document.apply(&[edit]) {
            check_undo(&document, &applied)?;
        }
    }
}

/// Why an edit of such a config may be refused.
const HOWS: [&str; 3] =
    ["comments inside", "a text that ends with the file", "a text above it that would take in the next line"];

/// Pieces that damage a config; the empty one cuts the rest off.
const DAMAGE: [&str; 20] = [
    "", ": ", "- ", "? ", "&a ", "*a", "!!str ", "#", " #", "\n", "\n ", "'", "\"", "{", "]", ",",
    "<<: *a\n", "\t", "---\n", "|\n",
];
