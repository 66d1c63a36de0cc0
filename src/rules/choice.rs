//! Which rules a person wants to hear of, and how bad they count.
//!
//! A word chooses a rule by its name, the rules of a subject, those that are looked for unasked
//! (`default`), or all.
//!
//! Names come from the command line, from the project's settings and from comments. A fault of the text
//! is told whatever they say: nothing else can be known of such a file.

use super::{Rule, all, find, syntax};
use crate::finding::{Finding, Severity};
use crate::settings::RuleSettings;
use crate::text;

/// Names that were rules once, and what to say of them: such a name is never used again.
const RETIRED: &[(&str, &str)] = &[];

/// Why a name chooses no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// "there is no rule `x`".
    pub says: String,
    /// What to do about it.
    pub advice: String,
    /// The name that was probably meant.
    pub near: Option<String>,
}

/// Both as one sentence.
impl std::fmt::Display for Unknown {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}; {}", self.says, self.advice)
    }
}

/// The words that choose rules of many subjects; see [`Rule::answers_to`].
const WIDE: [&str; 2] = ["default", "all"];

/// Every word that chooses rules.
fn words() -> impl Iterator<Item = &'static str> {
    all().flat_map(|rule| [rule.name, rule.subject()]).chain(WIDE)
}

/// Why a name chooses no rule; `None` for one that does.
pub fn unknown(name: &str) -> Option<Unknown> {
    (!words().any(|known| known == name)).then(|| refusal(name, RETIRED))
}

fn refusal(name: &str, retired: &[(&str, &str)]) -> Unknown {
    if let Some((_, advice)) = retired.iter().find(|(old, _)| *old == name) {
        let says = format!("`{name}` is no rule any more");
        return Unknown { says, advice: (*advice).to_owned(), near: None };
    }
    let of_last_part = || all().map(|rule| rule.name).find(|rule| rule.ends_with(&format!("/{name}")));
    let near = of_last_part().or_else(|| text::nearest(name, words())).map(str::to_owned);
    let advice = match &near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`accel-studio explain` lists all rules".to_owned(),
    };
    Unknown { says: format!("there is no rule `{name}`"), advice, near }
}

/// Why a rule can neither be silenced nor weighed; `None` for those that can.
pub fn unsilenceable(name: &str) -> Option<String> {
    let is_fault = find(name).is_some_and(is_fault);
    is_fault.then(|| format!("`{name}` stays an error: Accelerate reads nothing at all of such a file"))
}

/// What is wrong with the names in settings, one sentence each.
pub fn complaints(wishes: &RuleSettings) -> impl Iterator<Item = String> {
    let unknown = wishes.names().filter_map(unknown).map(|unknown| unknown.to_string());
    let changed = wishes.ignore.iter().chain(wishes.severity.keys());
    unknown.chain(changed.filter_map(|name| unsilenceable(name)))
}

/// True for a rule that is to be asked: those on request only where they are selected, or where they or
/// their subject are given a severity.
pub fn is_asked(wishes: &RuleSettings, rule: &Rule) -> bool {
    let weighed = wishes.severity.keys().filter(|word| !WIDE.contains(&word.as_str()));
    !rule.on_request || wishes.select.iter().chain(weighed).any(|word| rule.answers_to(word))
}

/// Findings as a person wants them: the chosen ones, with their severities. What is ignored is so even
/// where it is selected.
///
/// All other rules were asked as well, because one that is not shown still explains its place: what was
/// silenced does not come back as the finding of a more general rule.
pub fn choose(wishes: &RuleSettings, findings: Vec<Finding>) -> Vec<Finding> {
    let chosen = |mut finding: Finding| match find(finding.rule) {
        Some(rule) if !is_fault(rule) => {
            finding.severity = severity(wishes, rule).unwrap_or(finding.severity);
            is_wanted(wishes, rule).then_some(finding)
        }
        _ => Some(finding),
    };
    findings.into_iter().filter_map(chosen).collect()
}

fn is_wanted(wishes: &RuleSettings, rule: &Rule) -> bool {
    let is_named = |words: &[String]| words.iter().any(|word| rule.answers_to(word));
    (wishes.select.is_empty() || is_named(&wishes.select)) && !is_named(&wishes.ignore)
}

/// The severity of the word that says most: the rule's name, its subject, `default`, `all`.
fn severity(wishes: &RuleSettings, rule: &Rule) -> Option<Severity> {
    let words = [rule.name, rule.subject(), WIDE[0], WIDE[1]].into_iter();
    words.filter(|word| rule.answers_to(word)).find_map(|word| wishes.severity.get(word).copied())
}

fn is_fault(rule: &Rule) -> bool {
    syntax::RULES.iter().any(|fault| fault.name == rule.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_subjects_and_all_are_names() {
        for name in ["types/octal", "types", "all"] {
            assert_eq!(unknown(name), None);
        }
        let near = |name| unknown(name).and_then(|unknown| unknown.near);
        assert_eq!(near("types/octl").as_deref(), Some("types/octal"));
        assert_eq!(near("octal").as_deref(), Some("types/octal"), "the subject is easily left out");
        assert_eq!(near("zzz"), None);
    }

    fn wishes(text: &str) -> RuleSettings {
        crate::settings::Settings::parse(text).expect("it is in order").rules
    }

    #[test]
    fn the_word_that_says_most_decides_the_severity() {
        let wishes = wishes("rules: {severity: {all: hint, keys: warning, keys/duplicate: error}}\n");
        let told = |name| severity(&wishes, find(name).expect("it is a rule"));
        assert_eq!(told("keys/duplicate"), Some(Severity::Error));
        assert_eq!(told("keys/unknown"), Some(Severity::Warning));
        assert_eq!(told("types/octal"), Some(Severity::Hint));
    }

    #[test]
    fn matters_of_taste_wait_to_be_named() {
        let asks = |text| is_asked(&wishes(text), find("taste/short-key").expect("it is a rule"));
        assert!(asks("rules: {select: [all]}\n") && asks("rules: {select: [default, taste]}\n"));
        assert!(asks("rules: {severity: {taste: hint}}\n"));
        assert!(!asks("rules: {severity: {all: hint}}\n") && !asks("rules: {select: [default]}\n"));
    }

    #[test]
    fn a_name_of_former_times_is_told_as_such() {
        let told = refusal("a/old", &[("a/old", "`a/new` tells it now")]);
        assert_eq!(told.to_string(), "`a/old` is no rule any more; `a/new` tells it now");
        for (name, _) in RETIRED {
            assert!(!words().any(|known| known == *name), "{name} is used again");
        }
    }

    #[test]
    fn a_fault_of_the_text_is_always_told() {
        assert!(unsilenceable("yaml/tab").is_some() && unsilenceable("types/octal").is_none());
        let wishes = RuleSettings { ignore: vec!["all".to_owned()], ..RuleSettings::default() };
        let document = crate::document::Document::parse("a: [", crate::document::Format::Yaml);
        let found = super::super::check(&document, "", crate::schema::Release::LATEST);
        assert_eq!(choose(&wishes, found).len(), 1);
    }
}
