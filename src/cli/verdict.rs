//! What the project's rules say of the config that a job would use, and for which release of Accelerate
//! they said it.

use super::choice::Choice as Rules;
use super::machine;
use super::prepare::Prepared;
use super::project::Project;
use super::source::Source;
use crate::finding::Severity;
use crate::schema::Release;

/// What the rules say.
pub struct Verdict {
    /// The findings that would make the job fail, as lines with file and line; none without a config.
    pub errors: Vec<String>,
    /// The release that was checked for: the project's, else the installed one, else the newest.
    pub release: Release,
}

impl Verdict {
    /// The errors, and why nothing is started (or written) for them. What Accelerate refuses by itself cannot be
    /// forced.
    pub fn refusals(self, done: &str, refused: Option<&str>) -> Vec<String> {
        let head = format!("the config has errors, so nothing is {done}; repair them");
        let advice = match refused {
            None => format!("{head}, or go on with `--force`"),
            Some(refusal) => format!("{head}. This would not start either: {refusal}"),
        };
        self.errors.into_iter().chain([advice]).collect()
    }
}

/// Asks the rules as `validate` would.
pub fn of(prepared: &Prepared, machine: &machine::Named) -> Verdict {
    let used = prepared.choice.used.as_ref();
    let folder = prepared.computer.machine.cwd.clone().unwrap_or_default();
    let source = Source::File(used.map_or_else(|| folder.join("config"), |used| used.path.clone()));
    let project = Project::of([&source], None, &Rules::default(), machine);
    let release = project.release(&source);
    let Some(used) = used else { return Verdict { errors: Vec::new(), release } };
    let document = &used.source.document;
    let findings = project.findings(&source, document);
    let is_error = |finding: &&crate::finding::Finding| finding.severity == Severity::Error;
    let errors = findings
        .iter()
        .filter(is_error)
        .map(|finding| {
            let line = document.position(finding.place.span(document).start).line;
            format!("{}:{line}: {} [{}]", used.source.name, finding.message, finding.rule)
        })
        .collect();
    Verdict { errors, release }
}
