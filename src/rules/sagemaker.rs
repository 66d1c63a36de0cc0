//! Amazon SageMaker: what no release can launch, and what never reaches the job.

use super::sample::{Sample, file};
use super::{Facts, Findings, Rule};
use crate::finding::Severity;
use crate::schema::{Is, Platform, Release};

pub(super) const RULES: &[Rule] = &[LAUNCH, CREDENTIALS, MODEL_PARALLEL, DYNAMO];

/// The last release that can launch such a job.
const LAST: (u16, u16) = (1, 9);

const fn job(bytes: &'static [u8]) -> Sample {
    file("config.yaml", bytes).at(LAST.0, LAST.1)
}

const LAUNCH: Rule = Rule {
    name: "sagemaker/launch",
    says: "a SageMaker job for a release that cannot launch one",
    severity: Severity::Error,
    why: "Since 1.10 `accelerate launch` asks the config for `parallelism_config`, which SageMaker configs do not have: \
          every SageMaker launch stops with an AttributeError, up to 1.15 at least.",
    bad: file(
        "config.yaml",
        b"compute_environment: AMAZON_SAGEMAKER\ndistributed_type: DATA_PARALLEL\nec2_instance_type: ml.p3.16xlarge\n\
          iam_role_name: role\nprofile: default\n",
    ),
    good: job(
        b"compute_environment: AMAZON_SAGEMAKER\ndistributed_type: DATA_PARALLEL\nec2_instance_type: ml.p3.16xlarge\n\
          iam_role_name: role\nprofile: default\n",
    ),
    since: Some(Release(1, 10)),
    check: launch,
    ..Rule::BLANK
};

fn launch(facts: &Facts, found: &mut Findings) {
    if facts.platform == Platform::SageMaker {
        found
            .report(
                facts.value_place("compute_environment"),
                format!("accelerate {} cannot launch SageMaker jobs", facts.release),
            )
            .advise("launch with accelerate 1.9, or start the job through SageMaker's own tools");
    }
}

const CREDENTIALS: Rule = Rule {
    name: "sagemaker/profile",
    says: "a SageMaker job without a profile",
    severity: Severity::Warning,
    why: "The launcher takes the credentials from an AWS profile, or from two flags that show up in the list of \
          processes. Without either it stops.",
    bad: job(
        b"compute_environment: AMAZON_SAGEMAKER\ndistributed_type: DATA_PARALLEL\nec2_instance_type: ml.p3.16xlarge\n\
          iam_role_name: role\n",
    ),
    good: job(
        b"compute_environment: AMAZON_SAGEMAKER\ndistributed_type: DATA_PARALLEL\nec2_instance_type: ml.p3.16xlarge\n\
          iam_role_name: role\nprofile: default\n",
    ),
    check: credentials,
    ..Rule::BLANK
};

fn credentials(facts: &Facts, found: &mut Findings) {
    if facts.platform == Platform::SageMaker && !facts.is_set("profile") {
        found
            .report(facts.key_place("compute_environment"), "no AWS profile is named")
            .advise("write `profile`, or pass `--aws_access_key_id` and `--aws_secret_access_key`");
    }
}

const MODEL_PARALLEL: Rule = Rule {
    name: "sagemaker/model-parallel",
    says: "the word MODEL_PARALLEL, which changes nothing",
    severity: Severity::Warning,
    why: "Accelerate asks SageMaker for a distribution with DATA_PARALLEL alone. With MODEL_PARALLEL the job starts \
          without any.",
    bad: job(
        b"compute_environment: AMAZON_SAGEMAKER\ndistributed_type: MODEL_PARALLEL\nec2_instance_type: ml.p3.16xlarge\n\
          iam_role_name: role\nprofile: default\n",
    ),
    good: job(
        b"compute_environment: AMAZON_SAGEMAKER\ndistributed_type: DATA_PARALLEL\nec2_instance_type: ml.p3.16xlarge\n\
          iam_role_name: role\nprofile: default\n",
    ),
    check: model_parallel,
    ..Rule::BLANK
};

fn model_parallel(facts: &Facts, found: &mut Findings) {
    if facts.platform == Platform::SageMaker && facts.is_type("MODEL_PARALLEL") {
        found
            .report(facts.value_place("distributed_type"), "MODEL_PARALLEL does not reach the job")
            .advise("write DATA_PARALLEL, or set the distribution in `additional_args`");
    }
}

const DYNAMO: Rule = Rule {
    name: "sagemaker/compile",
    says: "torch.compile, which never reaches the job",
    severity: Severity::Warning,
    why: "The launcher passes its own defaults for torch.compile to the job, never the section of the file.",
    bad: job(
        b"compute_environment: AMAZON_SAGEMAKER\ndistributed_type: DATA_PARALLEL\nec2_instance_type: ml.p3.16xlarge\n\
          iam_role_name: role\nprofile: default\ndynamo_config:\n  dynamo_backend: INDUCTOR\n",
    ),
    good: job(
        b"compute_environment: AMAZON_SAGEMAKER\ndistributed_type: DATA_PARALLEL\nec2_instance_type: ml.p3.16xlarge\n\
          iam_role_name: role\nprofile: default\n",
    ),
    check: dynamo,
    ..Rule::BLANK
};

fn dynamo(facts: &Facts, found: &mut Findings) {
    let backend = facts.get("dynamo_config.dynamo_backend");
    let is_on = backend.is_some_and(|backend| backend.is_truthy() && !Is::Text("NO").meets(backend));
    if facts.platform == Platform::SageMaker && is_on {
        found
            .report(facts.key_place("dynamo_config"), "`dynamo_config` does not reach the job")
            .advise("call `torch.compile` in the training script");
    }
}
