//! Where something stands in a config: `fsdp_config.fsdp_version`, `commands[0]`.
//!
//! A path is symbolic. It survives edits of the text around it, and it knows nothing of bytes.

use std::fmt;

/// One step down into a mapping or a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// The value that counts under a text key of a mapping: the last one, where it is written twice.
    Key(String),
    /// An item of a list, from 0.
    Item(usize),
    /// The n-th pair of a mapping as written, from 0: the only name of a repeated key or of a key
    /// that is not text.
    Pair(usize),
}

/// Steps from the top of a config to one of its places. The empty path is the whole config.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyPath(Vec<Step>);

impl KeyPath {
    /// The whole config.
    pub fn root() -> KeyPath {
        KeyPath::default()
    }

    /// Reads `a.b` as key `b` of section `a`. Dots always separate; no escape exists because no
    /// Accelerate key holds a dot.
    pub fn of(dotted: &str) -> KeyPath {
        KeyPath(
            dotted
                .split('.')
                .filter(|part| !part.is_empty())
                .map(|part| Step::Key(part.to_owned()))
                .collect(),
        )
    }

    /// This path with one more key.
    pub fn key(&self, key: impl Into<String>) -> KeyPath {
        self.then(Step::Key(key.into()))
    }

    /// This path with one more list index.
    pub fn item(&self, index: usize) -> KeyPath {
        self.then(Step::Item(index))
    }

    /// This path with the n-th pair of the mapping it leads to.
    pub fn pair(&self, index: usize) -> KeyPath {
        self.then(Step::Pair(index))
    }

    /// This path with one more step.
    pub fn then(&self, step: Step) -> KeyPath {
        let mut steps = self.0.clone();
        steps.push(step);
        KeyPath(steps)
    }

    /// The steps, outermost first.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The path without its last step; `None` for the root.
    pub fn parent(&self) -> Option<KeyPath> {
        let (_, above) = self.0.split_last()?;
        Some(KeyPath(above.to_vec()))
    }

    /// The last step when it is a text key.
    pub fn name(&self) -> Option<&str> {
        match self.0.last() {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// The first step when it is a text key: the section, or the top-level key itself.
    pub fn top(&self) -> Option<&str> {
        match self.0.first() {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// True for the path of the whole config.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// True when `other` is this place or lies below it.
    pub fn contains(&self, other: &KeyPath) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl From<&str> for KeyPath {
    fn from(dotted: &str) -> KeyPath {
        KeyPath::of(dotted)
    }
}

impl From<Vec<Step>> for KeyPath {
    fn from(steps: Vec<Step>) -> KeyPath {
        KeyPath(steps)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if depth == 0 => out.write_str(key)?,
                Step::Key(key) => write!(out, ".{key}")?,
                Step::Item(index) => write!(out, "[{index}]")?,
                Step::Pair(index) => write!(out, "{{{index}}}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_it_is_written() {
        let path = KeyPath::of("fsdp_config.fsdp_version");
        assert_eq!(path.to_string(), "fsdp_config.fsdp_version");
        assert_eq!(path.name(), Some("fsdp_version"));
        assert_eq!(path.top(), Some("fsdp_config"));
        assert_eq!(KeyPath::of("commands").item(2).to_string(), "commands[2]");
    }

    #[test]
    fn a_section_contains_its_keys_but_not_its_namesakes() {
        let section = KeyPath::of("fsdp_config");
        assert!(section.contains(&KeyPath::of("fsdp_config.fsdp_version")));
        assert!(!section.contains(&KeyPath::of("fsdp_config_old")));
        assert!(KeyPath::root().contains(&section));
    }
}
