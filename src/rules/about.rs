//! What can be told of a rule from its row and from what it finds in its own bad sample.

use super::{Rule, check_by, repair};
use crate::document::{Document, Format};
use crate::finding::Place;
use crate::key::KeyPath;
use crate::schema;

impl Rule {
    /// The part of the name before the slash.
    pub fn subject(&self) -> &'static str {
        self.name.split_once('/').map_or(self.name, |(subject, _)| subject)
    }

    /// True for the rule's name, its subject, `all`, and `default` for what is looked for unasked.
    pub fn answers_to(&self, word: &str) -> bool {
        match word {
            "all" => true,
            "default" => !self.on_request,
            word => word == self.name || word == self.subject(),
        }
    }

    /// For which releases of Accelerate the rule holds, and that it waits to be asked for; `None` where
    /// there is nothing to tell.
    pub fn terms(&self) -> Option<String> {
        let releases = match (self.since, self.gone) {
            (Some(since), Some(gone)) => Some(format!("from accelerate {since} until before {gone}")),
            (Some(since), None) => Some(format!("from accelerate {since} on")),
            (None, Some(gone)) => Some(format!("before accelerate {gone}")),
            (None, None) => None,
        };
        let asked = self.on_request.then(|| "only when asked for".to_owned());
        let terms: Vec<String> = releases.into_iter().chain(asked).collect();
        (!terms.is_empty()).then(|| terms.join(", "))
    }

    /// The bad sample after the rule's safe fixes, where it has some.
    pub fn fixed(&self) -> Option<Document> {
        let document = Document::from_bytes(&self.bad.completed(), Format::of(self.bad.file));
        let is_this = |rule: &Rule| rule.name == self.name;
        let around = self.bad.surroundings();
        let check = |text: &Document| check_by(text, self.bad.file, self.bad.release, &around, &is_this);
        let repaired = repair(&document, check);
        (!repaired.done.is_empty()).then_some(repaired.document)
    }

    /// The keys that the rule speaks of, in their proper spelling: those that its finding in the bad
    /// sample points at.
    pub fn keys(&self) -> Vec<&'static str> {
        let document = Document::from_bytes(&self.bad.completed(), Format::of(self.bad.file));
        let is_this = |rule: &Rule| rule.name == self.name;
        let found = check_by(&document, self.bad.file, self.bad.release, &self.bad.surroundings(), &is_this);
        let places = found.iter().flat_map(|finding| {
            std::iter::once(&finding.place).chain(finding.related.iter().map(|(place, _)| place))
        });
        let mut keys: Vec<&'static str> = Vec::new();
        for key in places.filter_map(Place::path).filter_map(row) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }
}

/// The key of the row that a place belongs to.
fn row(path: &KeyPath) -> Option<&'static str> {
    schema::find(path).or_else(|| schema::find(&path.parent()?)).map(|field| field.key)
}

#[cfg(test)]
mod tests {
    use crate::rules::find;

    #[test]
    fn a_rule_knows_its_keys_and_its_releases() {
        let rule = find("fsdp/strategy-name-in-version-2").expect("it is a rule");
        assert_eq!(rule.keys(), ["fsdp_config.fsdp_reshard_after_forward", "fsdp_config.fsdp_version"]);
        assert_eq!(rule.terms().as_deref(), Some("from accelerate 1.6 on"));
        assert_eq!(rule.subject(), "fsdp");
    }

    #[test]
    fn most_rules_have_nothing_to_tell_of_releases() {
        assert_eq!(find("keys/unknown").expect("it is a rule").terms(), None);
        let taste = find("taste/key-order").expect("it is a rule");
        assert_eq!(taste.terms().as_deref(), Some("only when asked for"));
    }
}
