//! Lines for people. Their form is one that the studio and every reader of logs takes numbers from:
//! `step 12/300  loss 2.3456  …`.

use std::io::Write;

/// What one line tells of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepLine {
    /// Steps done, this one included.
    pub step: u64,
    /// Steps of the whole run.
    pub steps: u64,
    /// Mean loss of the global batch.
    pub loss: f64,
    /// Learning rate of this step.
    pub rate: f64,
    /// Norm of the whole gradient, where it was computed.
    pub gradient_norm: Option<f64>,
    /// The loss scale, where there is one, and whether it kept this step from being taken.
    pub scale: Option<(f64, bool)>,
    /// Tokens of all ranks per second.
    pub tokens_per_second: f64,
    /// Duration of the step in seconds.
    pub seconds: f64,
    /// Most memory in use so far in bytes, on this rank, where the system tells it.
    pub memory: Option<u64>,
}

impl StepLine {
    /// The same for programs.
    pub fn scalars(&self) -> Vec<(&'static str, f64)> {
        let always = [
            ("loss", self.loss),
            ("learning_rate", self.rate),
            ("tokens_per_second", self.tokens_per_second),
            ("step_seconds", self.seconds),
        ];
        let sometimes = [
            ("gradient_norm", self.gradient_norm),
            ("loss_scale", self.scale.map(|(scale, _)| scale)),
            ("memory_bytes", self.memory.map(|bytes| bytes as f64)),
        ];
        let there = sometimes.into_iter().filter_map(|(name, number)| Some((name, number?)));
        always.into_iter().chain(there).collect()
    }
}

impl std::fmt::Display for StepLine {
    fn fmt(&self, line: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = self.steps.to_string().len();
        write!(
            line,
            "step {:>width$}/{}  loss {:.4}  lr {:.2e}",
            self.step, self.steps, self.loss, self.rate
        )?;
        if let Some(norm) = self.gradient_norm {
            write!(line, "  grad norm {norm:.3}")?;
        }
        match self.scale {
            Some((scale, true)) => write!(line, "  skipped at scale {scale}")?,
            Some((scale, false)) => write!(line, "  scale {scale}")?,
            None => {}
        }
        let (tokens, time) = (thousands(self.tokens_per_second), time(self.seconds));
        write!(line, "  {tokens} tokens/s  {time}/step")?;
        self.memory.map_or(Ok(()), |bytes| write!(line, "  {}", accel_studio::text::bytes(bytes)))
    }
}

/// `850`, `12.3k`, `4.56M`.
fn thousands(number: f64) -> String {
    match number {
        _ if number >= 1e6 => format!("{:.2}M", number / 1e6),
        _ if number >= 1e4 => format!("{:.1}k", number / 1e3),
        _ => format!("{number:.0}"),
    }
}

/// `85 ms`, `2.31 s`.
fn time(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.0} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

/// Writes a line to standard output at once. That nobody reads it is no reason to stop a training.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use accel_studio::launch::progress;

    use super::*;

    const LINE: StepLine = StepLine {
        step: 12,
        steps: 300,
        loss: 2.34567,
        rate: 0.001,
        gradient_norm: Some(0.8125),
        scale: None,
        tokens_per_second: 12_345.0,
        seconds: 0.0851,
        memory: Some(1 << 29),
    };

    #[test]
    fn a_line_holds_what_people_ask_for() {
        assert_eq!(
            LINE.to_string(),
            "step  12/300  loss 2.3457  lr 1.00e-3  grad norm 0.812  12.3k tokens/s  85 ms/step  512.0 MiB"
        );
        let skipped = StepLine { scale: Some((32_768.0, true)), gradient_norm: None, seconds: 2.314, ..LINE };
        assert!(skipped.to_string().contains("  skipped at scale 32768  12.3k tokens/s  2.31 s/step"));
    }

    #[test]
    fn the_studio_reads_it() {
        let reading = progress::read(&LINE.to_string()).expect("numbers");
        assert_eq!((reading.steps, reading.loss), (Some((12, 300)), Some(2.3457)));
    }
}
