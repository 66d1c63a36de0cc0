//! The dynamic loss scale of fp16, as `torch.amp.GradScaler` moves it by default (`grad_scaler.py`, 2.11).
//!
//! Small gradients vanish in fp16; the loss is multiplied so that they do not, and a step whose gradients
//! overflowed is skipped.

use serde::{Deserialize, Serialize};

const FIRST: f64 = 65_536.0;
const GROWTH: f64 = 2.0;
const BACKOFF: f64 = 0.5;
const INTERVAL: u64 = 2_000;

/// The factor of the loss, and for how many steps it has been right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossScale {
    /// The factor.
    pub factor: f64,
    /// Steps without an overflow since it last moved.
    pub good_steps: u64,
}

impl Default for LossScale {
    fn default() -> LossScale {
        LossScale { factor: FIRST, good_steps: 0 }
    }
}

impl LossScale {
    /// Moves it after a step.
    pub fn update(&mut self, has_overflowed: bool) {
        self.good_steps += 1;
        if has_overflowed {
            *self = LossScale { factor: self.factor * BACKOFF, good_steps: 0 };
        } else if self.good_steps == INTERVAL {
            *self = LossScale { factor: self.factor * GROWTH, good_steps: 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_at_an_overflow_and_doubles_after_two_thousand_good_steps() {
        let mut scale = LossScale::default();
        scale.update(true);
        assert_eq!(scale.factor, 32_768.0);
        (0..1_999).for_each(|_| scale.update(false));
        assert_eq!(scale.factor, 32_768.0);
        scale.update(false);
        assert_eq!(scale, LossScale { factor: 65_536.0, good_steps: 0 });
    }

    #[test]
    fn an_overflow_starts_the_count_again() {
        let mut scale = LossScale { factor: 8.0, good_steps: 1_999 };
        scale.update(true);
        (0..1_999).for_each(|_| scale.update(false));
        assert_eq!(scale.factor, 4.0);
    }
}
