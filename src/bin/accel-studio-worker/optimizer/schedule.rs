//! The learning rate at each step, as transformers' schedules with warm-up have it (`optimization.py`, 5.23).
//!
//! One row per shape. Knows steps and shares of the highest rate, nothing of optimizers.

use std::f64::consts::PI;

use accel_studio::worker::{Schedule, ScheduleKind};

/// A shape: the share of the highest rate at a progress, 0 at the end of the warm-up and 1 at the last step.
struct Row {
    kind: ScheduleKind,
    share: fn(f64) -> f64,
}

const ROWS: &[Row] = &[
    Row { kind: ScheduleKind::Cosine, share: |progress| 0.5 * (1.0 + (PI * progress).cos()) },
    Row { kind: ScheduleKind::Linear, share: |progress| 1.0 - progress },
    Row { kind: ScheduleKind::Constant, share: |_| 1.0 },
];

/// The share, 0 to 1, of the highest learning rate that the optimizer step after `done` others takes, in a run of
/// `steps`. The first step of a warm-up takes 0, as with transformers.
pub fn share(schedule: Schedule, done: u64, steps: u64) -> f64 {
    let Schedule { kind, warmup } = schedule;
    if done < warmup {
        return ratio(done, warmup);
    }
    let progress = ratio(done - warmup, steps.saturating_sub(warmup)).min(1.0);
    ROWS.iter().find(|row| row.kind == kind).map_or(1.0, |row| (row.share)(progress))
}

/// Steps are far below the 2⁵² that a double holds exactly.
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What transformers 5.23 gives for 20 steps with 4 of warm-up, at these steps.
    const AT: [u64; 10] = [0, 1, 3, 4, 5, 9, 12, 17, 19, 20];
    const COSINE: [f64; 10] =
        [0.0, 0.25, 0.75, 1.0, 0.990_392_64, 0.777_785_117, 0.5, 0.084_265_194, 0.009_607_36, 0.0];
    const LINEAR: [f64; 10] = [0.0, 0.25, 0.75, 1.0, 0.9375, 0.6875, 0.5, 0.1875, 0.0625, 0.0];
    const CONSTANT: [f64; 10] = [0.0, 0.25, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];

    #[test]
    fn the_shapes_are_those_of_transformers() {
        let kinds = [
            (ScheduleKind::Cosine, COSINE),
            (ScheduleKind::Linear, LINEAR),
            (ScheduleKind::Constant, CONSTANT),
        ];
        for (kind, expected) in kinds {
            for (done, expected) in AT.into_iter().zip(expected) {
                let got = share(Schedule { kind, warmup: 4 }, done, 20);
                assert!((got - expected).abs() < 1e-8, "{kind:?} at {done}: {got}, not {expected}");
            }
        }
    }

    #[test]
    fn every_shape_has_a_row_and_ends_within_bounds() {
        for kind in [ScheduleKind::Cosine, ScheduleKind::Linear, ScheduleKind::Constant] {
            assert!(ROWS.iter().any(|row| row.kind == kind));
            for (warmup, done, steps) in [(0, 0, 0), (0, 9, 3), (5, 5, 5), (9, 3, 1)] {
                assert!((0.0..=1.0).contains(&share(Schedule { kind, warmup }, done, steps)));
            }
        }
    }
}
