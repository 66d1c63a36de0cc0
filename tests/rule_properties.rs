//! Rules over damaged configs: whatever the bytes, nothing panics, every place lies in the text, every
//! report can be written, and repairing comes to an end.

use accel_studio::document::{Document, Format};
use accel_studio::report::pretty::Look;
use accel_studio::report::{Checked, Entry, github, gitlab, json, junit, line, pretty, sarif};
use accel_studio::schema::Release;
use accel_studio::{presets, rules};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// What people and editors do to a config by mistake.
#[derive(Clone, Debug)]
enum Damage {
    Insert(Index, &'static str),
    Delete(Index, usize),
    Repeat(Index),
    Cut(Index),
}

const PIECES: &[&str] = &[
    "\t",
    " ",
    "\n",
    "\r\n",
    ": ",
    ":",
    "- ",
    "#",
    "'",
    "\"",
    "no",
    "NO",
    "~",
    "&a ",
    "*a",
    "!x ",
    "[",
    "]",
    "{",
    "}",
    "010",
    "1e8",
    "1:2",
    "0,,1",
    "${X}",
    "{{ x }}",
    "<<: ",
    "? ",
    "| ",
    "%YAML 1.2\n---\n",
    "---\n",
    "\u{0}",
    "\u{1b}[2J",
    "\u{feff}",
    "ü",
    "\u{2028}",
    "fsdp_config:",
    "zero_stage: 9",
    "gpu_ids: ",
    "compute_environment: AMAZON_SAGEMAKER\n",
];

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => (any::<Index>(), select(PIECES)).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        2 => (any::<Index>(), 1..9_usize).prop_map(|(at, length)| Damage::Delete(at, length)),
        1 => any::<Index>().prop_map(Damage::Repeat),
        1 => any::<Index>().prop_map(Damage::Cut),
    ]
}

/// A preset or a rule's bad sample to begin with.
fn start() -> impl Strategy<Value = Vec<u8>> {
    let presets = presets::ALL.iter().map(|preset| preset.text.as_bytes().to_vec());
    let samples = rules::all().map(|rule| rule.bad.completed());
    select(presets.chain(samples).collect::<Vec<Vec<u8>>>())
}

fn apply(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        let at = |index: &Index| index.index(bytes.len() + 1);
        match damage {
            Damage::Insert(index, piece) => {
                let at = at(index);
                bytes.splice(at..at, piece.bytes());
            }
            Damage::Delete(index, length) => {
                let at = at(index);
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Damage::Repeat(index) => {
                let line = bytes[at(index)..]
                    .split_inclusive(|byte| *byte == b'\n')
                    .next()
                    .unwrap_or_default()
                    .to_vec();
                bytes.extend(line);
            }
            Damage::Cut(index) => bytes.truncate(at(index)),
        }
    }
    bytes
}

fn checked(bytes: &[u8], format: Format) -> Checked {
    let document = Document::from_bytes(bytes, format);
    let name = if format == Format::Json { "a.json" } else { "a.yaml" };
    let findings = rules::check(&document, name, Release::LATEST);
    Checked { name: name.to_owned(), document, companion: accel_studio::rules::Companion::Unseen, findings }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_finding_has_its_own_place_in_the_text(
        bytes in start(),
        damages in prop::collection::vec(damage(), 0..5),
        format in select(&[Format::Yaml, Format::Yaml, Format::Yaml, Format::Json][..]),
    ) {
        let Checked { document, findings, .. } = checked(&apply(bytes, &damages), format);
        for (index, finding) in findings.iter().enumerate() {
            let span = finding.place.span(&document);
            prop_assert!(span.start <= span.end && span.end <= document.text().len(), "{finding:?}");
            prop_assert!(document.text().get(span.start..span.end).is_some(), "{finding:?}");
            prop_assert!(findings[..index].iter().all(|other| other.place != finding.place), "{finding:?}");
        }
    }

    #[test]
    fn every_report_can_be_written_and_harms_no_terminal(
        bytes in start(),
        damages in prop::collection::vec(damage(), 1..5),
    ) {
        let entries: Vec<Entry> = vec![Ok(checked(&apply(bytes, &damages), Format::Yaml))];
        let picture = pretty::report(&entries, Look { width: 80, colour: false });
        let services = [sarif::report(&entries), github::report(&entries), gitlab::report(&entries)];
        for text in services.into_iter().chain([picture, line::report(&entries), junit::report(&entries)]) {
            prop_assert!(!text.contains(['\u{1b}', '\u{0}', '\u{2028}']), "{text}");
        }
        let report: serde_json::Value = serde_json::from_str(&json::report(&entries)).expect("valid JSON");
        let findings = entries.iter().flatten().map(|checked| checked.findings.len()).sum::<usize>();
        prop_assert_eq!(report["files"][0]["findings"].as_array().map(Vec::len), Some(findings));
        prop_assert_eq!(github::report(&entries).lines().count(), findings);
    }

    #[test]
    fn repairing_ends_and_breaks_nothing(
        bytes in start(),
        damages in prop::collection::vec(damage(), 0..4),
    ) {
        let before = checked(&apply(bytes, &damages), Format::Yaml);
        let repaired = rules::repair(&before.document, |document| rules::check(document, "a.yaml", Release::LATEST));
        prop_assert!(repaired.document.fault().is_none() || before.document.fault().is_some());
        let again = rules::repair(&repaired.document, |document| rules::check(document, "a.yaml", Release::LATEST));
        prop_assert!(again.done.is_empty(), "{:?}", again.done);
    }
}
