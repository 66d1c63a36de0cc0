//! How far a training is, read from its log lines: tqdm's bars, the dictionaries of Transformers'
//! Trainer, JSON lines, and plain `step 3/9` and `loss: 0.25`. Pure, and never sure: a script may print anything.

use serde_json::Value;

/// What one line tells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Steps done, and how many there will be.
    pub steps: Option<(u64, u64)>,
    /// The loss.
    pub loss: Option<f64>,
}

/// Reads a line; nothing where it tells nothing.
pub fn read(line: &str) -> Option<Reading> {
    let line = line.trim();
    let reading =
        Reading { steps: bar(line).or_else(|| counted(line)), loss: object(line).or_else(|| words(line)) };
    (reading != Reading::default()).then_some(reading)
}

/// ` 45%|████▌     | 45/100 [00:10<00:12, 4.50it/s]`.
fn bar(line: &str) -> Option<(u64, u64)> {
    let (_, rest) = line.split_once("%|")?;
    let counts = rest.rsplit_once('|')?.1;
    let (done, rest) = counts.split_once('/')?;
    let all: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let (done, all) = (done.trim().parse().ok()?, all.parse().ok()?);
    (all > 0 && done <= all).then_some((done, all))
}

/// `step 45/100`, as our own worker and many scripts write it.
fn counted(line: &str) -> Option<(u64, u64)> {
    let rest = line.strip_prefix("step ").or_else(|| line.strip_prefix("Step "))?;
    let (done, rest) = rest.split_once('/')?;
    let all: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
    let (done, all) = (done.trim().parse().ok()?, all.parse().ok()?);
    (all > 0 && done <= all).then_some((done, all))
}

/// `{'loss': 0.5, 'epoch': 0.1}` as Python prints it, or the same as JSON, anywhere in the line.
fn object(line: &str) -> Option<f64> {
    let text = line.get(line.find('{')?..=line.rfind('}')?)?;
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    let object = read(text).or_else(|| read(&text.replace('\'', "\"")))?;
    ["loss", "train_loss", "train/loss"].iter().find_map(|key| {
        let value = object.get(key)?;
        // Since Transformers 5 the Trainer prints its numbers as text.
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    })
}

/// `loss: 0.5`, `loss=0.5`, `loss 0.5`.
fn words(line: &str) -> Option<f64> {
    let lower = line.to_lowercase();
    let at = lower
        .match_indices("loss")
        .map(|(at, _)| at)
        .find(|at| lower[..*at].chars().next_back().is_none_or(|char| !char.is_alphanumeric()))?;
    let rest = lower[at + "loss".len()..].trim_start_matches(['"', '\'', ':', '=', ' ']);
    let number: String = rest
        .chars()
        .take_while(|char| char.is_ascii_digit() || matches!(char, '.' | '-' | '+' | 'e'))
        .collect();
    number.trim_end_matches(['.', '-', '+', 'e']).parse().ok().filter(|loss: &f64| loss.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_read() {
        let line = " 45%|████▌     | 45/100 [00:10<00:12,  4.50it/s, loss=0.321]";
        assert_eq!(read(line), Some(Reading { steps: Some((45, 100)), loss: Some(0.321) }));
        let line = "Training:  3%|3         | 30/1000 [00:01<00:12]";
        assert_eq!(read(line).and_then(|reading| reading.steps), Some((30, 1000)));
        assert_eq!(bar("50%|x| 7/5 ["), None);
    }

    #[test]
    fn counted_steps_are_read() {
        let reading = read("step  45/100  loss 0.5  lr 1e-3");
        assert_eq!(reading, Some(Reading { steps: Some((45, 100)), loss: Some(0.5) }));
        assert_eq!(read("Step 7 / 9").and_then(|reading| reading.steps), Some((7, 9)));
        for silent in ["step 7/5", "step 1/0", "step a/b", "a step 1/2", "step 1"] {
            assert_eq!(read(silent), None, "{silent}");
        }
    }

    #[test]
    fn losses_are_read() {
        let loss = |line: &str| read(line).and_then(|reading| reading.loss);
        assert_eq!(loss("{'loss': 0.5012, 'learning_rate': 1e-05, 'epoch': 0.1}"), Some(0.5012));
        assert_eq!(loss("{'loss': '0.5012', 'epoch': '0.1'}"), Some(0.5012));
        assert_eq!(loss(r#"INFO {"step": 3, "loss": 2}"#), Some(2.0));
        assert_eq!(loss("epoch 1 step 3 loss: 1.25."), Some(1.25));
        assert_eq!(loss("Loss=1e-3"), Some(0.001));
        for silent in ["", "lossless", "gloss 3", "loss: nan", "loss is high", "{'a': 1}", "{", "}{"] {
            assert_eq!(read(silent), None, "{silent}");
        }
    }
}
