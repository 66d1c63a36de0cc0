//! `metrics.jsonl`: one object per line, for programs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use serde_json::{Map, Value};

use super::Scalars;

/// The file, open at its end.
#[derive(Debug)]
pub struct JsonLines(File);

impl JsonLines {
    /// Opens the file and drops lines of steps after `steps_done`, and a line that was cut off by a crash.
    pub fn open(path: &Path, steps_done: u64) -> io::Result<JsonLines> {
        let before = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read?,
        };
        let kept: String = before
            .split_inclusive('\n')
            .filter(|line| step(line).is_some_and(|step| step <= steps_done))
            .collect();
        if kept != before {
            let aside = path.with_extension("jsonl.new");
            fs::write(&aside, &kept)?;
            fs::rename(&aside, path)?;
        }
        OpenOptions::new().create(true).append(true).open(path).map(JsonLines)
    }

    /// Appends one line. What is not a finite number becomes `null`, because JSON has no word for it.
    pub fn write(&mut self, step: u64, scalars: Scalars<'_>) -> io::Result<()> {
        let mut object = Map::from_iter([("step".to_owned(), Value::from(step))]);
        object.extend(scalars.iter().map(|(name, number)| ((*name).to_owned(), Value::from(*number))));
        self.0.write_all(format!("{}\n", Value::Object(object)).as_bytes())
    }
}

/// The step of a whole line.
fn step(line: &str) -> Option<u64> {
    serde_json::from_str::<Value>(line.strip_suffix('\n')?).ok()?.get("step")?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_goes_on_forgets_what_came_after_its_checkpoint() {
        let folder = tempfile::tempdir().expect("a folder for a test");
        let path = folder.path().join("metrics.jsonl");
        let mut lines = JsonLines::open(&path, 0).expect("it can be written");
        for step in 1..=3 {
            lines.write(step, &[("loss", 0.5), ("norm", f64::NAN)]).expect("it can be written");
        }
        fs::write(&path, fs::read_to_string(&path).expect("it is there") + "{\"step\":2,\"lo")
            .expect("cut off");
        let mut lines = JsonLines::open(&path, 2).expect("it can be written");
        lines.write(3, &[("loss", 0.25)]).expect("it can be written");
        assert_eq!(
            fs::read_to_string(&path).expect("it is there"),
            "{\"step\":1,\"loss\":0.5,\"norm\":null}\n{\"step\":2,\"loss\":0.5,\"norm\":null}\n{\"step\":3,\"loss\":0.25}\n"
        );
    }
}
