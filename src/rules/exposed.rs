//! Files that others may change: what a config names decides what the job reads and runs.
//!
//! This room looks at no file. Whoever may looks at those that [`named_files`] names, and hands over what
//! was found.

use std::path::Path;

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::document::{Document, Exposure, Node};
use crate::finding::{Place, Severity};
use crate::key::KeyPath;
use crate::schema::{self, Kind, Text};

/// The lines that run on every machine of a TPU pod.
const COMMANDS: &str = "commands";

pub(super) const RULES: &[Rule] = &[EXPOSED_FILE, OPEN_FOLDER];

/// The names in a config of files that others may change, with how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposed(Vec<(String, Exposure)>);

impl Exposed {
    /// The files of a document that others may change. `look` is the door through which their permissions
    /// are seen, relative to the folder where the program was started, as Accelerate looks for them.
    pub fn of(document: &Document, look: impl Fn(&Path) -> Option<Exposure>) -> Exposed {
        let named = named_files(document).into_iter();
        let seen = named.filter_map(|(_, name)| Some((look(Path::new(&name))?, name)));
        let seen = seen.map(|(exposure, name)| (name, exposure));
        Exposed(seen.collect())
    }

    fn find(&self, name: &str) -> Option<&Exposure> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, exposure)| exposure)
    }
}

/// What a config names as a file: values that are paths, and the words of commands, with their places.
fn named_files(document: &Document) -> Vec<(KeyPath, String)> {
    let is_path = |kind: &Kind| matches!(kind, Kind::Text(Text::Path));
    let rows = schema::fields().filter(|field| is_path(&field.kind));
    let values = rows.filter_map(|field| {
        let place = KeyPath::of(field.key);
        let name = document.node(&place)?.value().as_text()?.to_owned();
        Some((place, name))
    });
    values.chain(words_of_commands(document)).collect()
}

fn words_of_commands(document: &Document) -> Vec<(KeyPath, String)> {
    let place = KeyPath::of(COMMANDS);
    let Some(value) = document.node(&place).map(Node::value) else { return Vec::new() };
    let lines = value.as_list().unwrap_or_default().iter().enumerate();
    let lines = lines.filter_map(|(index, line)| Some((place.item(index), line.as_text()?)));
    lines
        .flat_map(|(place, line)| {
            let names = line.split_whitespace().filter(|word| !word.starts_with('-'));
            names.map(move |name| (place.clone(), name.to_owned()))
        })
        .collect()
}

const EXPOSED_FILE: Rule = Rule {
    name: "security/exposed-file",
    says: "a file that everybody on the machine may change",
    severity: Severity::Warning,
    why: "The config decides what the job reads and runs by naming a file. Where everybody may write this file, or \
          put another one in its place, everybody decides. Accelerate does not look at permissions.",
    bad: yaml(
        "distributed_type: MULTI_CPU\nuse_cpu: true\nnum_processes: 4\nmpirun_config:\n  mpirun_hostfile: hosts\n",
    )
    .exposed(),
    good: yaml(
        "distributed_type: MULTI_CPU\nuse_cpu: true\nnum_processes: 4\nmpirun_config:\n  mpirun_hostfile: hosts\n",
    ),
    check: exposed_file,
    ..Rule::BLANK
};

fn exposed_file(facts: &Facts, found: &mut Findings) {
    for (place, name) in named_files(facts.document) {
        let Some(exposure) = facts.exposed.and_then(|exposed| exposed.find(&name)) else { continue };
        let is_command = place.top() == Some(COMMANDS);
        let (message, open) = match exposure {
            Exposure::File => (format!("everybody on this machine may write `{name}`"), &name),
            // Commands go to folders; what they do there is their own matter.
            Exposure::Folder(folder) if is_command && Path::new(folder).ends_with(&name) => continue,
            Exposure::Folder(folder) if Path::new(folder) == Path::new(&name) => {
                (format!("everybody on this machine may put files into `{name}`"), folder)
            }
            Exposure::Folder(folder) => {
                (format!("everybody on this machine may put another file in place of `{name}`"), folder)
            }
        };
        found.report(Place::value(place), message).advise(format!("take that right away: chmod o-w {open}"));
    }
}

const OPEN_FOLDER: Rule = Rule {
    name: "security/open-folder",
    says: "a file in a folder where everybody may write",
    severity: Severity::Hint,
    why: "In `/tmp`, `/var/tmp` and `/dev/shm` every user of the machine may put a file. Who creates the named one \
          first decides what the job reads, or what runs on every machine.",
    bad: yaml(
        "distributed_type: XLA\ntpu_use_cluster: true\ntpu_name: pod\ncommands:\n  - bash /tmp/setup.sh\n",
    ),
    good: yaml("distributed_type: XLA\ntpu_use_cluster: true\ntpu_name: pod\ncommands:\n  - bash setup.sh\n"),
    check: open_folder,
    ..Rule::BLANK
};

/// Folders that every user may write to on every Linux machine (Filesystem Hierarchy Standard 3.0).
const OPEN_FOLDERS: [&str; 3] = ["/tmp/", "/var/tmp/", "/dev/shm/"];

fn open_folder(facts: &Facts, found: &mut Findings) {
    for (path, name) in named_files(facts.document) {
        if OPEN_FOLDERS.iter().any(|folder| name.starts_with(folder)) {
            found
                .report(Place::value(path), format!("everybody on the machine may put a file at `{name}`"))
                .advise("keep the file in a folder of your own or of the project");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;

    fn named(text: &str) -> Vec<String> {
        let document = Document::parse(text, Format::Yaml);
        named_files(&document).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn paths_and_words_of_commands_are_files() {
        assert_eq!(named("commands:\n  - bash -e /tmp/setup.sh\n"), ["bash", "/tmp/setup.sh"]);
        assert_eq!(named("mpirun_config:\n  mpirun_hostfile: hosts\n"), ["hosts"]);
        assert_eq!(named("commands: pip\nmixed_precision: bf16\n"), [""; 0]);
    }

    #[test]
    fn what_was_seen_counts_for_the_name_it_was_seen_under() {
        let document = Document::parse("mpirun_config:\n  mpirun_hostfile: hosts\n", Format::Yaml);
        let exposed = Exposed::of(&document, |_| Some(Exposure::File));
        assert_eq!((exposed.find("hosts"), exposed.find("other")), (Some(&Exposure::File), None));
        assert_eq!(Exposed::of(&document, |_| None), Exposed::default());
    }
}
