//! Configs that nobody wrote: comments, odd indentation, flow, blocks, all line ends.

use proptest::prelude::*;

/// A part of a config before it is written down.
#[derive(Clone, Debug)]
enum Shape {
    /// On the rest of the line.
    Line(&'static str),
    /// A `|` or `>` text.
    Lines(&'static str, Vec<&'static str>),
    /// A mapping by indentation.
    Map(Vec<(usize, Entry)>),
    /// A list by indentation.
    List(Vec<Entry>),
}

#[derive(Clone, Debug)]
struct Entry {
    /// Comment and empty lines above it.
    above: &'static str,
    shape: Shape,
    has_comment: bool,
}

/// Keys of a made-up config, as written.
pub const KEYS: [&str; 8] = ["a", "num_processes", "'b c'", "\"d\"", "fsdp_config", "e-f", "7", "no"];

const LINES: [&str; 22] = [
    "8",
    "bf16",
    "no",
    "'no'",
    "\"fp16\"",
    "1.0e-5",
    "[]",
    "{}",
    "[1, two, 'three']",
    "{x: 1, 'y z': {w: [2]}}",
    "",
    "~",
    "null",
    "it's",
    "'it''s # no'",
    "\"a\\tb\"",
    "{x: 1, }",
    "[ a,b ]",
    "{\"p\":1}",
    "0x1F",
    "2024-01-01",
    "a#b",
];

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        8 => prop::sample::select(LINES.as_slice()).prop_map(Shape::Line),
        1 => (
            prop::sample::select(["|", "|-", "|+", ">", ">-"].as_slice()),
            prop::collection::vec(prop::sample::select(["one", "# no comment", "two: 2", ""].as_slice()), 1..4),
        )
            .prop_map(|(header, lines)| Shape::Lines(header, lines)),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        let entry = || {
            let above = prop::sample::select(["", "", "", "\n", "#\n", "\n#\n\n", "   #\n"].as_slice());
            (above, inner.clone(), any::<bool>()).prop_map(|(above, shape, has_comment)| Entry {
                above,
                shape,
                has_comment,
            })
        };
        let key = 0..KEYS.len();
        prop_oneof![
            2 => prop::collection::vec((key, entry()), 1..5).prop_map(|mut pairs| {
                let mut seen = [false; KEYS.len()];
                pairs.retain(|(key, _)| !std::mem::replace(&mut seen[*key], true));
                Shape::Map(pairs)
            }),
            1 => prop::collection::vec(entry(), 1..4).prop_map(Shape::List),
        ]
    })
}

/// How a config is written down.
#[derive(Clone, Debug)]
struct Style {
    width: usize,
    has_deep_dashes: bool,
    eol: &'static str,
    ends_open: bool,
    frame: &'static str,
}

fn style() -> impl Strategy<Value = Style> {
    (
        1_usize..6,
        any::<bool>(),
        prop::sample::select(["\n", "\n", "\r\n", "\r"].as_slice()),
        any::<bool>(),
        prop::sample::select(["", "", "# top\n\n", "---\n", "\u{feff}", "%YAML 1.1\n---\n"].as_slice()),
    )
        .prop_map(|(width, has_deep_dashes, eol, ends_open, frame)| Style {
            width,
            has_deep_dashes,
            eol,
            ends_open,
            frame,
        })
}

struct Writer {
    style: Style,
    text: String,
    comments: usize,
}

impl Writer {
    fn write(style: Style, root: &Shape) -> String {
        let mut writer = Writer { text: style.frame.to_owned(), style, comments: 0 };
        match root {
            Shape::Map(_) | Shape::List(_) => writer.entries(root, 0),
            _ => writer.text.push_str("a: 1\n"),
        }
        if writer.style.ends_open {
            writer.text.truncate(writer.text.trim_end_matches('\n').len());
        }
        writer.text.replace('\n', writer.style.eol)
    }

    fn entries(&mut self, shape: &Shape, indent: usize) {
        let margin = " ".repeat(indent);
        match shape {
            Shape::Map(pairs) => pairs.iter().for_each(|(key, entry)| {
                self.above(entry);
                self.text += &format!("{margin}{}:", KEYS[*key]);
                self.value(entry, indent, if self.style.has_deep_dashes { self.style.width } else { 0 });
            }),
            Shape::List(items) => items.iter().for_each(|entry| {
                self.above(entry);
                self.text += &format!("{margin}-");
                self.value(entry, indent, self.style.width);
            }),
            Shape::Line(_) | Shape::Lines(..) => {}
        }
    }

    fn above(&mut self, entry: &Entry) {
        for line in entry.above.split_inclusive('\n') {
            match line.strip_suffix("#\n") {
                Some(margin) => {
                    self.text += margin;
                    self.comment();
                    self.text.push('\n');
                }
                None => self.text += line,
            }
        }
    }

    /// Each comment is another one.
    fn comment(&mut self) {
        self.comments += 1;
        self.text += &format!("# comment {} of 'it' {{", self.comments);
    }

    fn value(&mut self, entry: &Entry, indent: usize, dashes: usize) {
        match &entry.shape {
            Shape::Line(text) => self.text += &format!(" {text}"),
            Shape::Lines(header, _) => self.text += &format!(" {header}"),
            Shape::Map(_) | Shape::List(_) => {}
        }
        if entry.has_comment {
            self.text.push(' ');
            self.comment();
        }
        self.text.push('\n');
        match &entry.shape {
            Shape::Lines(_, lines) => {
                for line in std::iter::once(&"first").chain(lines) {
                    let margin = if line.is_empty() { 0 } else { indent + self.style.width };
                    self.text += &format!("{}{line}\n", " ".repeat(margin));
                }
            }
            Shape::List(_) => self.entries(&entry.shape, indent + dashes),
            Shape::Map(_) => self.entries(&entry.shape, indent + self.style.width),
            Shape::Line(_) => {}
        }
    }
}

/// The text of a config. Each of its comments is another one.
pub fn config() -> impl Strategy<Value = String> {
    (style(), shape()).prop_map(|(style, shape)| Writer::write(style, &shape))
}
