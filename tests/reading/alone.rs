//! The bytes of a value, read alone, give the same value: the proof that spans are exact.

use accel_studio::document::{Data, Document, Format, Node, Style};
use accel_studio::key::KeyPath;
use accel_studio::value::Value;

/// Checks a node and everything below it. `in_brackets` tells that it stands inside a list or mapping
/// in brackets, where other characters end plain text.
pub fn check(document: &Document, node: &Node, in_brackets: bool) -> Result<(), String> {
    let is_inside = in_brackets || node.style == Style::Flow;
    match &node.data {
        Data::List(items) => items.iter().try_for_each(|item| check(document, item, is_inside))?,
        Data::Map(pairs) => {
            let nodes = pairs.iter().flat_map(|pair| [&pair.key, &pair.value]);
            nodes.into_iter().try_for_each(|node| check(document, node, is_inside))?;
        }
        Data::Scalar(_) | Data::Alias(..) => {}
    }
    if !depends_on_surroundings(document, node) {
        let alone = read_alone(document, node, in_brackets);
        // Compared as printed, because nan is not equal to itself.
        if format!("{alone:?}") != format!("{:?}", Some(node.value())) {
            let written = &document.text()[node.span.start..node.span.end];
            return Err(format!("{written:?} alone is {alone:?}, in its place {:?}", node.value()));
        }
    }
    Ok(())
}

/// True where bytes alone do not tell: plain text that begins or ends with what means something
/// elsewhere, a byte order mark, and whatever holds an alias, a tag or a block of lines, whose end is not in its span.
fn depends_on_surroundings(document: &Document, node: &Node) -> bool {
    let written = &document.text()[node.span.start..node.span.end];
    let is_special = written.is_empty()
        || written.starts_with(['-', '.'])
        || written.ends_with(':')
        || matches!(written, "<<" | "=");
    let is_mark = written.starts_with('\u{feff}');
    (is_special && node.style == Style::Plain) || is_mark || hides_more(node)
}

/// True when an alias, a tag or a block of lines is in it.
fn hides_more(node: &Node) -> bool {
    node.tag.is_some()
        || matches!(node.style, Style::Literal | Style::Folded)
        || match &node.data {
            Data::Alias(..) => true,
            Data::Scalar(_) => false,
            Data::List(items) => items.iter().any(hides_more),
            Data::Map(pairs) => pairs.iter().any(|pair| hides_more(&pair.key) || hides_more(&pair.value)),
        }
}

/// The value of the bytes: with the indentation of their first line, or in brackets of their own.
fn read_alone(document: &Document, node: &Node, in_brackets: bool) -> Option<Value> {
    let (before, rest) = document.text().split_at(node.span.start);
    let written = &rest[..node.span.end - node.span.start];
    if document.format() == Format::Json {
        return value(written.to_owned(), Format::Json);
    }
    if in_brackets {
        let list = Document::parse(format!("[{written}]"), Format::Yaml);
        return list.node(&KeyPath::root().item(0)).map(Node::value);
    }
    let line = before.rsplit(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).next().unwrap_or_default();
    let column = line.chars().filter(|c| *c != '\u{feff}').count();
    value(" ".repeat(column) + written, Format::Yaml)
}

fn value(text: String, format: Format) -> Option<Value> {
    let document = Document::parse(text, format);
    document.root().map(Node::value)
}
