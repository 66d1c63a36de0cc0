//! `explain`: the page of a rule.

use clap::Args;

use super::{End, streams};
use crate::report::page;
use crate::rules;

/// Read about a finding: what Accelerate does, and what to write instead
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  accel-studio explain                    list all rules\n  accel-studio explain fsdp               those about FSDP\n  accel-studio explain yaml/tab           one page"
)]
pub struct Arguments {
    /// Name of the rule, as shown with the finding; or a subject, such as fsdp, to list its rules
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    let name = arguments.rule.as_deref();
    let page = match name.and_then(rules::find) {
        Some(rule) => page::one(rule),
        None => match name.and_then(rules::unknown) {
            Some(unknown) => return refuse(&unknown),
            None => page::list(name),
        },
    };
    if streams::out(&page) { End::Clean } else { End::Failed }
}

fn refuse(unknown: &rules::Unknown) -> End {
    streams::err(&format!("accel-studio: {unknown}\n"));
    End::Failed
}
