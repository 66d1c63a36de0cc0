//! `explain`: the page of a rule.

use clap::Args;

use super::{End, streams};
use crate::report::page;
use crate::{rules, text};

/// Read about a finding: what Accelerate does, and what to write instead
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  accel-studio explain                    list all rules\n  accel-studio explain yaml/tab           one page"
)]
pub struct Arguments {
    /// Name of the rule, as shown with the finding; without it all are listed
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    let page = match &arguments.rule {
        None => page::list(),
        Some(name) => match rules::find(name) {
            Some(rule) => page::one(rule),
            None => return unknown(name),
        },
    };
    if streams::out(&page) { End::Clean } else { End::Failed }
}

fn unknown(name: &str) -> End {
    let advice = match text::nearest(name, rules::all().map(|rule| rule.name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`accel-studio explain` lists all rules".to_owned(),
    };
    streams::err(&format!("accel-studio: there is no rule `{name}`; {advice}\n"));
    End::Failed
}
