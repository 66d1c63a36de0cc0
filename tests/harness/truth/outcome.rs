//! One case beside its estimate, and figures over many.

use accel_studio::memory::{self, Breakdown, Category, Estimate};
use accel_studio::model::{self, ModelCard, Part, Traits};
use serde_json::Value;

use super::Case;

/// A case and what became of it.
pub struct Outcome {
    /// The recorded step.
    pub case: Case,
    /// Parameters as we count them, where the card leaves nothing open.
    pub parameters: Option<u64>,
    /// Our estimate, or why there is none.
    pub estimate: Result<Estimate, String>,
}

/// What a group of cases comes to; errors are shares of the truth.
#[derive(Default)]
pub struct Figures {
    /// Cases of the group.
    pub cases: usize,
    /// Cases without an estimate.
    pub refused: usize,
    /// Signed errors, sorted by their size.
    errors: Vec<f64>,
    /// Estimates whose band holds the truth.
    within_band: usize,
    /// Cards whose number of parameters is the recorded one, of `counted`.
    exact: usize,
    /// Cases with a card that leaves nothing open.
    counted: usize,
}

/// Asks the library about a case; with the family's name hidden, what a model gets that has no row.
pub fn weigh(case: Case, hides_family: bool) -> Outcome {
    let card = card(&case, hides_family);
    let whole = card.as_ref().ok().filter(|card| card.unknown.is_empty());
    let parameters = whole.map(ModelCard::parameters);
    let estimate = card.and_then(|card| {
        let (workload, strategy) = (case.workload()?, case.strategy()?);
        memory::estimate(&card, &workload, &strategy).map_err(|error| error.to_string())
    });
    Outcome { case, parameters, estimate }
}

fn card(case: &Case, hides_family: bool) -> Result<ModelCard, String> {
    let config = case.config_json();
    let named = || model::read_config(&config, &case.model).map_err(|error| error.to_string());
    if !hides_family {
        return named();
    }
    let mut hidden = config.clone();
    hidden["model_type"] = Value::from("unheard-of");
    model::read_config(&hidden, &case.model).or_else(|_| named().map(tensors_alone))
}

/// What is left of a card when only the header of the weights could be read.
fn tensors_alone(card: ModelCard) -> ModelCard {
    let blocks = card.stacks.iter().flat_map(|stack| &stack.groups).map(|group| &group.block);
    let mut norms = blocks.flat_map(|block| &block.tensors).filter(|tensor| tensor.part == Part::Norm);
    let has_rms_norm = !norms.any(|tensor| tensor.name.ends_with("bias"));
    ModelCard {
        family: String::new(),
        traits: Traits { has_rms_norm, ..Traits::default() },
        unknown: vec!["its architecture is not known, only its tensors".to_owned()],
        ..card
    }
}

impl Outcome {
    /// (estimate - truth) / truth.
    pub fn error(&self) -> Option<f64> {
        let truth = self.case.truth.peak_bytes as f64;
        let estimate = self.estimate.as_ref().ok()?;
        Some((estimate.allocated() as f64 - truth) / truth)
    }

    /// Whether the stated band holds the truth.
    pub fn is_within_band(&self) -> bool {
        let Ok(estimate) = &self.estimate else { return false };
        let truth = self.case.truth.peak_bytes as f64;
        let allocated = estimate.allocated() as f64;
        (allocated * estimate.band.low..=allocated * estimate.band.high).contains(&truth)
    }

    /// Bytes of a category at the recorded peak, sorted into our categories.
    pub fn recorded(&self, category: Category) -> u64 {
        let held = &self.case.truth.peak_by_category;
        let words: &[&str] = match category {
            Category::Weights => &["param", "buffer", "wcast"],
            Category::Gradients => &["grad"],
            Category::Optimizer => &["opt"],
            Category::Activations => &["act", "input", "other"],
            Category::Logits => &["logits"],
            Category::Temporary => &["temp", "step_temp"],
            Category::Communication => &["comm"],
            Category::Overhead => &[],
        };
        words.iter().filter_map(|word| held.get(*word)).sum()
    }

    /// Bytes of a category at the peak that we expect.
    pub fn expected(&self, category: Category) -> u64 {
        let peak = self.estimate.as_ref().ok().and_then(Estimate::peak);
        peak.map_or_else(Breakdown::default, |moment| moment.held).of(category)
    }
}

impl Figures {
    /// The figures of a group.
    pub fn over<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Figures {
        let mut figures = Figures::default();
        for outcome in outcomes {
            figures.cases += 1;
            match outcome.error() {
                Some(error) => figures.errors.push(error),
                None => figures.refused += 1,
            }
            figures.within_band += usize::from(outcome.is_within_band());
            if let (Some(ours), Some(theirs)) = (outcome.parameters, outcome.case.parameters()) {
                figures.counted += 1;
                figures.exact += usize::from(ours == theirs);
            }
        }
        figures.errors.sort_by(|one, other| one.abs().total_cmp(&other.abs()));
        figures
    }

    /// The size of error that `share` of the cases do not exceed (nearest rank).
    pub fn quantile(&self, share: f64) -> f64 {
        let rank = (share * self.errors.len() as f64).ceil() as usize;
        self.errors.get(rank.saturating_sub(1)).map_or(f64::NAN, |error| error.abs())
    }

    /// Mean of the signed errors.
    pub fn bias(&self) -> f64 {
        self.errors.iter().sum::<f64>() / self.errors.len() as f64
    }

    /// Share of estimates whose error is at most `bound`.
    pub fn share_within(&self, bound: f64) -> f64 {
        let near = self.errors.iter().filter(|error| error.abs() <= bound).count();
        near as f64 / self.errors.len() as f64
    }

    /// One line of a table, columns as in [`HEADING`].
    pub fn line(&self) -> String {
        let estimated = self.cases - self.refused;
        format!(
            "{:5} {:7} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9}",
            self.cases,
            self.refused,
            percent(self.quantile(0.5)),
            percent(self.quantile(0.95)),
            percent(self.quantile(1.0)),
            percent(self.bias()),
            format!("{}/{estimated}", self.within_band),
            format!("{}/{}", self.exact, self.counted),
        )
    }
}

/// Columns of [`Figures::line`].
pub const HEADING: &str = "cases refused   median      p95      max     bias   in band    params";

/// A share as people read it: `1.25 %`.
pub fn percent(share: f64) -> String {
    if share.is_nan() { "-".to_owned() } else { format!("{:.2} %", share * 100.0) }
}
