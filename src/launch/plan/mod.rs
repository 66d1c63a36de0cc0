//! From what counts to what is started: processes, variables, and a reason for each.
//!
//! Follows `launch_command` of accelerate 1.15.0 step by step, also in what it refuses and in which
//! order, because recordings of the real launcher are compared key by key. Pure: the computer, its
//! ports and its packages come in as data.

mod bundled;
mod deepspeed;
mod devices;
mod draft;
mod meeting;
mod multi;
mod precision;
mod ranks;
mod sharding;
mod simple;
mod torchrun;
mod tpu;

use std::time::Duration;

pub use bundled::{Ranks, plan_ranks};
use draft::Draft;
pub use draft::Script;
use ranks::Group;

use super::{Plan, Site, Tee};
use crate::layers::{Computer, Refusal, Resolved};
use crate::value::Value;

/// Plans a job, or says why Accelerate would not start it.
pub fn plan(resolved: &Resolved, computer: &Computer, site: &Site, script: &Script) -> Result<Plan, Refusal> {
    if let Some(refusal) = &resolved.refusal {
        return Err(refusal.clone());
    }
    let mut draft = Draft::new(resolved, computer, site, script);
    let group = choose(&mut draft)?;
    let mut plan = Plan::new(group.launcher, group.processes);
    plan.max_restarts = group.max_restarts;
    if let Some(seconds) = group.monitor_interval.as_number() {
        plan.monitor_interval = Duration::try_from_secs_f64(seconds).unwrap_or(plan.monitor_interval);
    }
    plan.log_dir = group.log_dir.as_text().map(Into::into);
    plan.tee = group.tee;
    let shell = &computer.machine.env;
    plan.shared_env = draft.env.into_iter().filter(|(name, value)| shell.get(name) != Some(value)).collect();
    plan.reasons = draft.reasons;
    plan.notes = draft.notes;
    Ok(plan)
}

/// Accelerate's order: DeepSpeed, FSDP, Megatron-LM, several GPUs, TPU, one process. `--cpu` always
/// means one.
fn choose(draft: &mut Draft) -> Result<Group, Refusal> {
    let is_on = |name: &str| draft.is_on(name) && !draft.is_on("cpu");
    if is_on("use_deepspeed") {
        deepspeed::plan(draft)
    } else if is_on("use_fsdp") || is_on("use_megatron_lm") || is_on("multi_gpu") {
        multi::plan(draft)
    } else if is_on("tpu") {
        tpu::plan(draft).map(alone)
    } else {
        simple::plan(draft).map(alone)
    }
}

fn alone((launcher, processes): (super::Launcher, Vec<super::Process>)) -> Group {
    let (monitor_interval, log_dir) = (Value::Null, Value::Null);
    Group { launcher, processes, max_restarts: 0, monitor_interval, log_dir, tee: Tee::Unsaid }
}
