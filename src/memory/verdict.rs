//! Whether an estimate fits a GPU: yes, no, or too close to say.

use super::Estimate;

/// What an estimate says of a GPU of some size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Even the upper end of the band fits.
    Fits,
    /// The GPU's size lies within the band.
    Close,
    /// Even the lower end of the band does not fit.
    TooLarge,
}

impl Verdict {
    /// The word of machine-readable reports: `yes`, `maybe` or `no`.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Fits => "yes",
            Verdict::Close => "maybe",
            Verdict::TooLarge => "no",
        }
    }
}

impl Estimate {
    /// What this estimate says of a GPU with so many bytes.
    pub fn verdict(&self, capacity: u64) -> Verdict {
        let (low, high) = self.range();
        match capacity {
            _ if high <= capacity => Verdict::Fits,
            _ if low > capacity => Verdict::TooLarge,
            _ => Verdict::Close,
        }
    }

    /// The least and the most that a GPU is likely to need, bytes; what is not PyTorch's is in both.
    pub fn range(&self) -> (u64, u64) {
        let scaled = |factor: f64| {
            // Casts from floats stop at the ends of the range.
            ((self.allocated() as f64 * factor) as u64).saturating_add(self.overhead)
        };
        (scaled(self.band.low), scaled(self.band.high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Band, Breakdown, Category, Host, Moment, Phase};

    #[test]
    fn a_gpu_within_the_band_is_too_close_to_say() {
        let held = Breakdown::default().with(Category::Weights, 1000);
        let estimate = Estimate {
            moments: vec![Moment { phase: Phase::OptimizerStep, held }],
            overhead: 100,
            host: Host::default(),
            band: Band { low: 0.9, high: 1.1, why: Vec::new() },
        };
        assert_eq!(estimate.range(), (1000, 1200));
        assert_eq!(estimate.verdict(1200), Verdict::Fits);
        assert_eq!(estimate.verdict(1100), Verdict::Close);
        assert_eq!(estimate.verdict(999), Verdict::TooLarge);
    }
}
