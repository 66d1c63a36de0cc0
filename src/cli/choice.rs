//! The flags that choose rules: `--select`, `--ignore` and `--severity`.

use std::collections::BTreeMap;

use clap::Args;

use crate::finding::Severity;
use crate::rules;
use crate::settings::RuleSettings;

/// Rules that a person chooses on the command line; each word is a rule's name, a subject, `default` or `all`.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Choosing rules")]
pub struct Choice {
    /// Look for these only: rules, subjects such as fsdp, default, or all
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = known)]
    select: Vec<String>,
    /// Do not look for these: rules, or subjects such as gpu-ids
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = silenceable)]
    ignore: Vec<String>,
    /// Count these as error, warning or hint
    #[arg(long, value_name = "RULE=SEVERITY", value_delimiter = ',', value_parser = weighed)]
    severity: Vec<(String, Severity)>,
}

impl Choice {
    /// True where only some rules are wanted.
    pub fn is_select(&self) -> bool {
        !self.select.is_empty()
    }

    /// What remains of a project's wishes: who selects here means exactly these, and what is ignored here
    /// stands in place of what the project ignores. Severities are kept, those given here before them.
    pub fn over(&self, project: RuleSettings) -> RuleSettings {
        let RuleSettings { select, ignore, mut severity } = project;
        let severities: BTreeMap<String, Severity> = self.severity.iter().cloned().collect();
        severity.extend(severities);
        RuleSettings {
            select: if self.is_select() { self.select.clone() } else { select },
            ignore: if self.is_select() || !self.ignore.is_empty() { self.ignore.clone() } else { ignore },
            severity,
        }
    }
}

fn known(name: &str) -> Result<String, String> {
    rules::unknown(name).map_or(Ok(name.to_owned()), |unknown| Err(unknown.to_string()))
}

fn silenceable(name: &str) -> Result<String, String> {
    rules::unsilenceable(name).map_or_else(|| known(name), Err)
}

fn weighed(text: &str) -> Result<(String, Severity), String> {
    let severities = [Severity::Error, Severity::Warning, Severity::Hint];
    let (name, word) = text.split_once('=').ok_or("write a rule and its severity: `types/octal=error`")?;
    let severity = severities.into_iter().find(|severity| severity.word() == word);
    let severity = severity.ok_or("a severity is `error`, `warning` or `hint`")?;
    Ok((silenceable(name)?, severity))
}
