//! One run may check a config and the file that it names: what is wrong with that file is then told there.

use std::path::{Path, PathBuf};

use crate::finding::Finding;
use crate::report::{Checked, Entry};

/// Takes from each config the findings that the file it names, checked in the same run, has itself.
pub fn drop_from(entries: &mut [Entry]) {
    if entries.iter().flatten().all(|checked| checked.companion.named().is_none()) {
        return;
    }
    let told: Vec<(String, Vec<Finding>)> =
        entries.iter().flatten().map(|checked| (checked.name.clone(), checked.findings.clone())).collect();
    for checked in entries.iter_mut().flatten() {
        let Some(theirs) = of_companion(checked, &told) else { continue };
        let is_told = |finding: &Finding| {
            let first = finding.elsewhere.first();
            first.is_some_and(|it| theirs.iter().any(|own| own.rule == finding.rule && own.place == it.place))
        };
        checked.findings.retain(|finding| !is_told(finding));
    }
}

/// The findings of the file that a config names, where it was checked as well.
fn of_companion<'t>(checked: &Checked, told: &'t [(String, Vec<Finding>)]) -> Option<&'t [Finding]> {
    let (name, _) = checked.companion.named()?;
    let tidy = |name: &str| Path::new(name).components().collect::<PathBuf>();
    told.iter().find(|(other, _)| tidy(other) == tidy(name)).map(|(_, findings)| findings.as_slice())
}
