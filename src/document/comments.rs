//! Where the comments of a text stand. Whatever is neither a value nor a sign of YAML between `#`
//! and the end of the line is one.

use super::layout::line_end;
use super::{Data, Document, Format, Node, Span, Style};

impl Document {
    /// The comments, from `#` to the end of their line, in order. None for JSON, which has no
    /// comments, and none for a text with a fault.
    pub fn comments(&self) -> Vec<Span> {
        if self.format() == Format::Json || self.fault().is_some() {
            return Vec::new();
        }
        let text = self.text();
        let mut words: Vec<Span> = self.frame().directives.clone();
        if let Some(root) = self.root() {
            collect(root, text, &mut words);
        }
        let mut comments = Vec::new();
        let mut at = 0;
        for word in words.into_iter().chain([Span { start: text.len(), end: text.len() }]) {
            between(text, at, word.start, &mut comments);
            at = at.max(word.end);
        }
        comments
    }
}

/// The bytes in which a `#` is no comment. Of a `|` text: without the rest of its first line.
fn collect(node: &Node, text: &str, words: &mut Vec<Span>) {
    match &node.data {
        Data::Map(pairs) => pairs.iter().for_each(|pair| {
            collect(&pair.key, text, words);
            collect(&pair.value, text, words);
        }),
        Data::List(items) => items.iter().for_each(|item| collect(item, text, words)),
        Data::Scalar(_) | Data::Alias(..) if matches!(node.style, Style::Literal | Style::Folded) => {
            let body = line_end(text, node.span.start).min(node.span.end);
            words.push(Span { start: body, end: node.span.end });
        }
        Data::Scalar(_) | Data::Alias(..) => words.push(node.span),
    }
}

fn between(text: &str, start: usize, end: usize, comments: &mut Vec<Span>) {
    let mut at = start;
    while let Some(found) = text.get(at..end).and_then(|gap| gap.find('#')) {
        let start = at + found;
        at = line_end(text, start);
        // In a tag, a `#` is a letter.
        if !text[..start].ends_with(|before: char| before.is_alphanumeric() || "!:/-_.".contains(before)) {
            comments.push(Span { start, end: at });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comments(text: &str) -> Vec<&str> {
        let document = Document::parse(text, Format::Yaml);
        document.comments().iter().map(|span| &text[span.start..span.end]).collect()
    }

    #[test]
    fn a_hash_is_a_comment_only_where_yaml_says_so() {
        let text = "# one\r\na: 'x # no' # two\r\nb: y#no\r\nc: [1, # three\r\n  \"#no\"]# four\r\n#five";
        assert_eq!(comments(text), ["# one", "# two", "# three", "# four", "#five"]);
        assert_eq!(comments("a: | # head\n  # no\n  x # no\n# tail\n"), ["# head", "# tail"]);
        assert_eq!(
            comments("%YAML 1.1 # d\n--- # s\n&a x: !!str y # t\n... # e\n"),
            ["# d", "# s", "# t", "# e"]
        );
        assert_eq!(comments("# only\n\n  # more"), ["# only", "# more"]);
    }
}
