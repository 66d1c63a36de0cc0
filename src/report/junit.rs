//! Findings as JUnit's XML, which nearly every CI server shows: a suite for each file, a failed test
//! for each finding. A file without findings is one test that passed.

use std::collections::HashMap;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::spot::Atlas;
use super::{Checked, Entry, Unread, address, clean};
use crate::finding::Finding;

/// All files of a run as one document, with a line end.
pub fn report(entries: &[Entry]) -> String {
    let suites: Vec<Suite> = entries.iter().map(Suite::of).collect();
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&mut writer, &suites).expect("writing to memory cannot fail");
    let mut text = String::from_utf8(writer.into_inner()).expect("made of UTF-8 alone");
    text.push('\n');
    text
}

/// One file.
struct Suite {
    name: String,
    cases: Vec<Case>,
}

/// One finding, or that there was none.
struct Case {
    name: String,
    line: Option<usize>,
    trouble: Option<Trouble>,
}

/// Why a test did not pass.
struct Trouble {
    tag: &'static str,
    kind: &'static str,
    message: String,
    text: String,
}

impl Suite {
    fn of(entry: &Entry) -> Suite {
        match entry {
            Ok(checked) => Suite { name: address::path(&checked.name), cases: cases(checked) },
            Err(unread) => Suite { name: address::path(&unread.name), cases: vec![unread_file(unread)] },
        }
    }

    /// Tests with a trouble of this name.
    fn count(&self, tag: &str) -> usize {
        self.cases
            .iter()
            .filter_map(|case| case.trouble.as_ref())
            .filter(|trouble| trouble.tag == tag)
            .count()
    }
}

fn cases(checked: &Checked) -> Vec<Case> {
    if checked.findings.is_empty() {
        return vec![Case { name: "nothing to report".to_owned(), line: None, trouble: None }];
    }
    let atlas = Atlas::of(checked);
    let mut cases: Vec<Case> = checked.findings.iter().map(|finding| case(&atlas, finding)).collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for case in &mut cases {
        let nth = seen.entry(case.name.clone()).or_default();
        *nth += 1;
        if *nth > 1 {
            case.name += &format!(" ({nth})");
        }
    }
    cases
}

/// Servers keep only one test of each name, so the place is part of it.
fn case(atlas: &Atlas, finding: &Finding) -> Case {
    let spot = atlas.first(finding);
    let mut text = format!("{}: {}", spot.words(), finding.message);
    for (spot, words) in atlas.related(finding) {
        text += &format!("\n{}: {words}", spot.words());
    }
    if let Some(help) = &finding.help {
        text += &format!("\nhelp: {help}");
    }
    let kind = finding.severity.word();
    let message = finding.message.clone();
    Case {
        name: format!("{} {}:{}", finding.rule, spot.start.line, spot.start.column),
        line: Some(spot.start.line),
        trouble: Some(Trouble { tag: "failure", kind, message, text }),
    }
}

fn unread_file(unread: &Unread) -> Case {
    let (message, text) = (unread.reason.clone(), unread.reason.clone());
    let trouble = Trouble { tag: "error", kind: "unread", message, text };
    Case { name: "can be read".to_owned(), line: None, trouble: Some(trouble) }
}

type Pen = Writer<Vec<u8>>;

fn write(pen: &mut Pen, suites: &[Suite]) -> io::Result<()> {
    pen.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let sum = |count: &dyn Fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>().to_string();
    let root = pen
        .create_element("testsuites")
        .with_attribute(("name", "accel-studio"))
        .with_attribute(("tests", &*sum(&|suite| suite.cases.len())))
        .with_attribute(("failures", &*sum(&|suite| suite.count("failure"))))
        .with_attribute(("errors", &*sum(&|suite| suite.count("error"))));
    root.write_inner_content(|pen| suites.iter().try_for_each(|suite| write_suite(pen, suite)))?;
    Ok(())
}

fn write_suite(pen: &mut Pen, suite: &Suite) -> io::Result<()> {
    let name = legal(&suite.name);
    let element = pen
        .create_element("testsuite")
        .with_attribute(("name", &*name))
        .with_attribute(("tests", &*suite.cases.len().to_string()))
        .with_attribute(("failures", &*suite.count("failure").to_string()))
        .with_attribute(("errors", &*suite.count("error").to_string()));
    element
        .write_inner_content(|pen| suite.cases.iter().try_for_each(|case| write_case(pen, &name, case)))?;
    Ok(())
}

fn write_case(pen: &mut Pen, file: &str, case: &Case) -> io::Result<()> {
    let line = case.line.map(|line| line.to_string());
    let element = pen
        .create_element("testcase")
        .with_attribute(("name", &*case.name))
        .with_attribute(("classname", file))
        .with_attribute(("file", file))
        .with_attributes(line.iter().map(|line| ("line", line.as_str())));
    match &case.trouble {
        None => element.write_empty()?,
        Some(trouble) => element.write_inner_content(|pen| write_trouble(pen, trouble))?,
    };
    Ok(())
}

fn write_trouble(pen: &mut Pen, trouble: &Trouble) -> io::Result<()> {
    let element = pen
        .create_element(trouble.tag)
        .with_attribute(("type", trouble.kind))
        .with_attribute(("message", &*legal(&trouble.message)));
    element.write_text_content(BytesText::new(&legal(&trouble.text)))?;
    Ok(())
}

/// Text that may stand in XML 1.0 (section 2.2): control characters are spelt out.
fn legal(text: &str) -> String {
    clean::words(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
