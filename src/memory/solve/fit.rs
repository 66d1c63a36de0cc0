//! "Make it fit": the cheapest sets of changes after which a GPU is large enough.

use std::cmp::Reverse;

use super::lever::{AXES, Change, LEVERS, Lever};
use super::{Situation, fits};
use crate::memory::{Estimate, Workload, WorkloadField};
use crate::value::Value;

/// Changes that make it fit, and what comes of them.
#[derive(Clone, Debug)]
pub struct Remedy<'a> {
    /// What to do: titles and costs of the levers, the cheapest first.
    pub steps: Vec<(&'static str, &'static str)>,
    /// All that changes, in order.
    pub changes: Vec<Change>,
    /// What there is afterwards.
    pub after: Situation<'a>,
    /// Its estimate.
    pub estimate: Estimate,
    /// Rough cost in per cent, for ranking.
    pub weight: u32,
}

/// Remedies that are looked for.
const MOST: usize = 5;
/// Levers that are pulled at once: more is another project.
const AT_ONCE: usize = 5;

/// Up to five sets of changes after which the situation surely fits, the cheapest first; none of them is
/// part of another. Empty where no set helps.
pub fn fit<'a>(situation: &Situation<'a>, capacity: u64) -> Vec<Remedy<'a>> {
    let mut found: Vec<(Vec<usize>, Remedy<'a>)> = Vec::new();
    for pulled in combinations() {
        if found.len() >= MOST {
            break;
        }
        if found.iter().any(|(smaller, _)| smaller.iter().all(|lever| pulled.contains(lever))) {
            continue;
        }
        let Some(remedy) = pull(situation, &pulled) else { continue };
        if fits(&remedy.estimate, capacity) {
            found.push((pulled, remedy));
        }
    }
    found.into_iter().map(|(_, remedy)| remedy).collect()
}

/// The situation that needs least, where nothing fits: what all levers together can do.
pub(super) fn pull<'a>(situation: &Situation<'a>, pulled: &[usize]) -> Option<Remedy<'a>> {
    let mut after = situation.clone();
    let (mut steps, mut changes, mut weight) = (Vec::new(), Vec::new(), 0);
    // Sharding first, because others look different under it: checkpointing is FSDP's then.
    let mut order: Vec<&Lever> = pulled.iter().map(|index| &LEVERS[*index]).collect();
    order.sort_by_key(|lever| Reverse(lever.axis == super::lever::Axis::Sharding));
    for lever in order {
        let strategy = after.strategy();
        let made = (lever.changes)(&after, &strategy)?;
        made.iter().for_each(|change| apply(&mut after, change));
        weight += lever.weight;
        steps.push((lever.weight, lever.title, lever.cost));
        changes.extend(made);
    }
    steps.sort_by_key(|(weight, _, _)| *weight);
    let estimate = after.estimate().ok()?;
    let steps = steps.into_iter().map(|(_, title, cost)| (title, cost)).collect();
    Some(Remedy { steps, changes, after, estimate, weight })
}

/// Sets of levers, at most one of each axis, the cheapest first.
fn combinations() -> Vec<Vec<usize>> {
    let mut sets: Vec<(u32, Vec<usize>)> = vec![(0, Vec::new())];
    for axis in AXES {
        let of_axis: Vec<usize> = (0..LEVERS.len()).filter(|index| LEVERS[*index].axis == axis).collect();
        let with: Vec<_> = sets
            .iter()
            .filter(|(_, set)| set.len() < AT_ONCE)
            .flat_map(|(weight, set)| {
                of_axis.iter().map(move |lever| {
                    let mut larger = set.clone();
                    larger.push(*lever);
                    (weight + LEVERS[*lever].weight, larger)
                })
            })
            .collect();
        sets.extend(with);
    }
    sets.sort_by_key(|(weight, set)| (*weight, set.len()));
    sets.into_iter().map(|(_, set)| set).filter(|set| !set.is_empty()).collect()
}

/// Makes a change.
fn apply(situation: &mut Situation, change: &Change) {
    match change {
        Change::Config { key, value } => write(&mut situation.config, key, value),
        Change::Workload { name, value } => set(&mut situation.work, name, value),
        Change::Accumulation(steps) => situation.accumulation = Some(*steps),
    }
}

fn set(work: &mut Workload, name: &str, value: &str) {
    let field = WorkloadField::find(name).expect("levers name fields that exist");
    field.set(work, value).expect("levers write what fits");
}

/// Writes a value into a tree, making the sections on the way.
fn write(tree: &mut Value, dotted: &str, value: &Value) {
    if !matches!(tree, Value::Map(_)) {
        *tree = Value::Map(Vec::new());
    }
    let Value::Map(pairs) = tree else { return };
    let (name, rest) = dotted.split_once('.').map_or((dotted, None), |(name, rest)| (name, Some(rest)));
    let index = pairs.iter().position(|(key, _)| key.as_text() == Some(name)).unwrap_or_else(|| {
        pairs.push((Value::text(name), Value::Null));
        pairs.len() - 1
    });
    match rest {
        Some(rest) => write(&mut pairs[index].1, rest, value),
        None => pairs[index].1 = value.clone(),
    }
}
