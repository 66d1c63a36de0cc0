//! The tree: what is written where. It knows the text only by spans.

use std::sync::Arc;

use super::Span;
use crate::key::Step;
use crate::value::Value;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes (always so for text in JSON).
    Double,
    /// A `|` block.
    Literal,
    /// A `>` block.
    Folded,
    /// A list or mapping in brackets or braces.
    Flow,
    /// A list or mapping by indentation.
    Block,
}

/// One value of the tree, with its place in the text.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value's own bytes: without its tag and anchor, comments and the line end. Empty, after
    /// the colon, for a value that is not written.
    pub span: Span,
    /// How it is written.
    pub style: Style,
    /// The explicit tag, such as `!!str`, if one is written.
    pub tag: Option<String>,
    /// The anchor's name, if one is written.
    pub anchor: Option<String>,
    /// What it is.
    pub data: Data,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Data {
    /// A value without parts, already in PyYAML's type.
    Scalar(Value),
    /// A list.
    List(Vec<Node>),
    /// A mapping as written: repeated keys and merge keys are all there.
    Map(Vec<Pair>),
    /// `*name`: the node that the anchor stands for.
    Alias(String, Arc<Node>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The key; not always text.
    pub key: Node,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The child under a step, through an alias.
    pub fn child(&self, step: &Step) -> Option<&Node> {
        match (self.target(), step) {
            (Node { data: Data::List(items), .. }, Step::Item(index)) => items.get(*index),
            (node, step) => node.pair(step).map(|pair| &pair.value),
        }
    }

    /// The pair under a step of a mapping, through an alias.
    pub fn pair(&self, step: &Step) -> Option<&Pair> {
        let Data::Map(pairs) = &self.target().data else { return None };
        match step {
            Step::Key(key) => pairs.iter().rev().find(|pair| pair.is_named(key)),
            Step::Pair(index) => pairs.get(*index),
            Step::Item(_) => None,
        }
    }

    /// This node, or what its alias stands for.
    pub fn target(&self) -> &Node {
        match &self.data {
            Data::Alias(_, node) => node.target(),
            _ => self,
        }
    }
}

impl Pair {
    /// True when the key is this text.
    pub fn is_named(&self, name: &str) -> bool {
        matches!(&self.key.target().data, Data::Scalar(Value::Text(text)) if text == name)
    }
}
