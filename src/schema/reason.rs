//! Conditions in words: when a field matters, and why it does not in a certain config.

use super::query::field;
use super::when::{Is, Lookup, When, counting, written};
use crate::text::{all_of, any_of};
use crate::value::Value;

impl When {
    /// Why the condition is not met: "only matters with `distributed_type: FSDP`; yours is
    /// MULTI_GPU". `None` where it is.
    pub fn why_not(&self, lookup: Lookup) -> Option<String> {
        if self.holds(lookup) {
            return None;
        }
        if let When::All(parts) = self {
            return parts.iter().find_map(|part| part.why_not(lookup));
        }
        let reason = format!("only matters {}", self.phrase());
        Some(match self.keys().as_slice() {
            [key] => format!("{reason}; {}", yours(key, lookup)),
            _ => reason,
        })
    }

    /// The condition as words that follow "matters": "with `distributed_type: FSDP`". Empty for
    /// [`When::Always`]. Keys of sections go by their own name.
    pub fn phrase(&self) -> String {
        match self {
            When::Always => String::new(),
            When::Is(key, is) => format!("with `{}: {is}`", name(key)),
            When::In(key, words) => format!("with `{}` {}", name(key), any(words)),
            When::Above(key, limit) => format!("with `{}` above {limit}", name(key)),
            When::Set(key) => format!("with `{}` set", name(key)),
            When::All(_) => self.phrase_of_all(),
            When::Any(parts) => any_of(parts.iter().map(When::phrase)),
            When::Not(part) => part.phrase_of_opposite(),
        }
    }

    /// "with a and b, without c".
    fn phrase_of_all(&self) -> String {
        let phrases: Vec<String> = self.parts().into_iter().map(When::phrase).collect();
        let (with, others): (Vec<&str>, Vec<&str>) =
            phrases.iter().map(String::as_str).partition(|phrase| is_plain(phrase));
        let with = all_of(with.into_iter().filter_map(|phrase| phrase.strip_prefix("with ")));
        let with = if with.is_empty() { with } else { format!("with {with}") };
        std::iter::once(with.as_str())
            .chain(others)
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// What must all hold, without what goes without saying: the sort of config that nearly
    /// everybody has.
    fn parts(&self) -> Vec<&When> {
        match self {
            When::All(parts) => parts.iter().flat_map(When::parts).collect(),
            When::Is("compute_environment", Is::Text("LOCAL_MACHINE")) => Vec::new(),
            other => vec![other],
        }
    }

    fn phrase_of_opposite(&self) -> String {
        match self {
            When::Is(key, is) => format!("with `{}` other than {is}", name(key)),
            When::In(key, words) => format!("with `{}` other than {}", name(key), any(words)),
            When::Above(key, limit) => format!("with `{}` at most {limit}", name(key)),
            When::Set(key) => format!("without `{}`", name(key)),
            When::Not(part) => part.phrase(),
            When::Always | When::All(_) | When::Any(_) => format!("unless it is {}", self.phrase()),
        }
    }
}

/// True for a phrase that can be joined to others with "and".
fn is_plain(phrase: &str) -> bool {
    phrase.starts_with("with ") && !phrase.contains(" or ")
}

fn any(words: &[&'static str]) -> String {
    any_of(words.iter().map(|word| Is::Text(word)))
}

/// A key as people say it: without its section, unless the name alone could be anything.
fn name(key: &str) -> &str {
    match key.rsplit_once('.') {
        Some((_, name)) if name.contains('_') => name,
        _ => key,
    }
}

fn yours(key: &str, lookup: Lookup) -> String {
    let shown = |value: &Value| field(key).map_or_else(String::new, |field| field.kind.show(value));
    match (written(key, lookup), counting(key, lookup)) {
        (Some(value), _) => format!("yours is {}", shown(value)),
        (None, Some(default)) => format!("it is {} unless set", shown(&default)),
        (None, None) => "it is not set".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FSDP: When = When::Is("distributed_type", Is::Text("FSDP"));
    const FSDP2: When = When::All(&[FSDP, When::Is("fsdp_config.fsdp_version", Is::Int(2))]);
    const NO_FILE: When = When::Not(&When::Set("deepspeed_config.deepspeed_config_file"));

    fn says(pairs: &[(&str, Value)], when: &When) -> Option<String> {
        when.why_not(&|key| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| value))
    }

    #[test]
    fn a_reason_names_what_is_wanted_and_what_is_there() {
        let multi = [("distributed_type", Value::from("MULTI_GPU"))];
        assert_eq!(
            says(&multi, &FSDP2).as_deref(),
            Some("only matters with `distributed_type: FSDP`; yours is MULTI_GPU")
        );
        let fsdp = [("distributed_type", Value::from("FSDP"))];
        assert_eq!(
            says(&fsdp, &FSDP2).as_deref(),
            Some("only matters with `fsdp_version: 2`; it is 1 unless set")
        );
    }

    #[test]
    fn a_condition_that_holds_has_nothing_to_say() {
        let fsdp2 =
            [("distributed_type", Value::from("FSDP")), ("fsdp_config.fsdp_version", Value::from("2"))];
        assert_eq!(says(&fsdp2, &FSDP2), None);
        assert_eq!(says(&[], &When::Always), None);
    }

    #[test]
    fn conditions_read_as_sentences() {
        const NOT_NO: When = When::Not(&When::Is("distributed_type", Is::Text("NO")));
        assert_eq!(NOT_NO.phrase(), "with `distributed_type` other than 'NO'");
        assert_eq!(NO_FILE.phrase(), "without `deepspeed_config_file`");
        const SEVERAL: When = When::All(&[FSDP2, NO_FILE, When::Above("num_machines", 1)]);
        assert_eq!(
            SEVERAL.phrase(),
            "with `distributed_type: FSDP`, `fsdp_version: 2` and `num_machines` above 1, without `deepspeed_config_file`"
        );
        const LOCAL: When = When::Is("compute_environment", Is::Text("LOCAL_MACHINE"));
        assert_eq!(When::All(&[LOCAL, NOT_NO]).phrase(), NOT_NO.phrase());
    }
}
