//! The mean loss on the sequences that were held back.

use tch::{Kind, Tensor};

use super::begin::Training;
use super::error::Result;
use crate::comm::Reduction;

impl Training<'_> {
    /// Evaluates and says the result; nothing where no sequences were held back.
    pub fn evaluate(&mut self) -> Result<()> {
        let count = self.corpus.evaluated_on();
        if count == 0 {
            return Ok(());
        }
        let loss = self.sum_of_losses(count)? / count as f64;
        let (step, perplexity) = (self.engine.progress().steps, loss.exp());
        self.say(&format!(
            "evaluation after step {step}: loss {loss:.4}, perplexity {perplexity:.2}, {count} sequences"
        ));
        if let Some(metrics) = &mut self.metrics {
            metrics.write(step, &[("evaluation_loss", loss), ("evaluation_perplexity", perplexity)])?;
        }
        Ok(())
    }

    /// Of all ranks together, each sequence's loss once.
    fn sum_of_losses(&self, count: u64) -> Result<f64> {
        let micro = u64::from(self.run.batch.micro);
        let mut sum = 0.0;
        let mut first = 0;
        while first < count {
            let own = first + self.world.rank as u64 * micro;
            let rows = count.saturating_sub(own).min(micro);
            // All ranks must gather weights equally often: who has nothing left computes a row that does not count.
            let (start, asked) = if rows == 0 { (first, 1) } else { (own, rows) };
            let batch = self.corpus.held_back_rows(start, asked)?;
            let loss = self.engine.evaluate(&batch.tokens, &batch.targets)?.f_double_value(&[])?;
            sum += if rows == 0 { 0.0 } else { loss * rows as f64 };
            first += micro * self.ranks();
        }
        let whole = Tensor::f_full([1], sum, (Kind::Double, self.world.device))?;
        self.world.all.all_reduce(&whole, Reduction::Sum)?.wait()?;
        Ok(whole.f_double_value(&[0])?)
    }
}
