//! What holds of every text, whatever it is: checked by the property tests and by the fuzzer.

use accel_studio::document::{Data, Document, Fault, Format, Node, Span};

#[path = "alone.rs"]
mod alone;

/// Reads bytes both ways and checks all promises about the result.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    for format in [Format::Yaml, Format::Json] {
        let document = Document::from_bytes(bytes, format);
        check_text(&document, bytes)?;
        if let Some(root) = document.root() {
            let whole = Span { start: 0, end: document.text().len() };
            check_node(&document, root, whole)?;
            alone::check(&document, root, false)?;
        }
        if let Some(fault) = document.fault() {
            check_fault(&document, fault)?;
        }
        let value = document.value();
        if value != document.value() && !format!("{value:?}").contains("NaN") {
            return Err("the same document has two values".to_owned());
        }
    }
    Ok(())
}

/// The text is kept byte for byte; where it is not UTF-8, at least in length.
fn check_text(document: &Document, bytes: &[u8]) -> Result<(), String> {
    let is_kept = match std::str::from_utf8(bytes) {
        Ok(text) => document.text() == text,
        Err(_) => document.text().len() == bytes.len() && document.fault().is_some(),
    };
    if is_kept { Ok(()) } else { Err("the text is not what was read".to_owned()) }
}

/// Spans lie inside those of their parents, in order, and cut no character.
fn check_node(document: &Document, node: &Node, outer: Span) -> Result<(), String> {
    check_span(document, node.span)?;
    if !contains(outer, node.span) {
        return Err(format!("{:?} is not inside {outer:?}", node.span));
    }
    match &node.data {
        Data::List(items) => {
            check_order(items.iter())?;
            items.iter().try_for_each(|item| check_node(document, item, node.span))
        }
        Data::Map(pairs) => {
            check_order(pairs.iter().flat_map(|pair| [&pair.key, &pair.value]))?;
            pairs.iter().try_for_each(|pair| {
                check_node(document, &pair.key, node.span)?;
                check_node(document, &pair.value, node.span)
            })
        }
        Data::Scalar(_) | Data::Alias(..) => Ok(()),
    }
}

fn check_order<'n>(nodes: impl Iterator<Item = &'n Node>) -> Result<(), String> {
    let mut end = 0;
    for node in nodes {
        if node.span.start < end {
            return Err(format!("{:?} begins before the end of what stands before it, {end}", node.span));
        }
        end = node.span.end;
    }
    Ok(())
}

/// A fault has words, and bytes to underline wherever the text has any.
fn check_fault(document: &Document, fault: &Fault) -> Result<(), String> {
    check_span(document, fault.span)?;
    if fault.span.start == fault.span.end && !document.text().is_empty() {
        return Err(format!("the fault has no bytes: {fault:?}"));
    }
    if let Some((began, words)) = &fault.began {
        check_span(document, *began)?;
        if began.start > fault.span.start || words.is_empty() {
            return Err(format!("the fault began after it was noticed: {fault:?}"));
        }
    }
    if fault.message.is_empty() || fault.advice.is_empty() {
        Err("the fault has no words".to_owned())
    } else {
        Ok(())
    }
}

fn check_span(document: &Document, span: Span) -> Result<(), String> {
    let text = document.text();
    let is_sound = span.start <= span.end
        && span.end <= text.len()
        && text.is_char_boundary(span.start)
        && text.is_char_boundary(span.end);
    if is_sound { Ok(()) } else { Err(format!("{span:?} is no span of the text")) }
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
