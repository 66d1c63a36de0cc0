//! SageMaker: what Amazon needs to know. Accelerate 1.10 to 1.15 fails before it starts such a job.

use crate::schema::{Default, Field, Group, Kind, Platform, Text};

const SAGEMAKER: Field = Field { group: Group::SageMaker, platform: Platform::SageMaker, ..Field::BLANK };

pub(super) static ROWS: &[Field] = &[
    Field {
        key: "ec2_instance_type",
        label: "Instance type",
        ask: "Which instance type should run the job (such as ml.p3.2xlarge)?",
        help: "The type of machine that Amazon rents out for the job, such as ml.p3.2xlarge.",
        default: Default::Required,
        common: true,
        ..SAGEMAKER
    },
    Field {
        key: "iam_role_name",
        label: "IAM role",
        ask: "With which IAM role should the job run?",
        help: "The AWS role whose permissions the job gets.",
        default: Default::Required,
        common: true,
        ..SAGEMAKER
    },
    Field {
        key: "profile",
        label: "AWS profile",
        ask: "Which AWS profile holds your credentials?",
        help: "The profile in your AWS settings that holds the credentials; without one they must be given on the command \
               line.",
        env: &["AWS_PROFILE"],
        common: true,
        ..SAGEMAKER
    },
    Field {
        key: "region",
        label: "AWS region",
        ask: "In which AWS region should the job run?",
        help: "The AWS region in which the job runs.",
        default: Default::Text("us-east-1"),
        env: &["AWS_DEFAULT_REGION"],
        common: true,
        ..SAGEMAKER
    },
    Field {
        key: "image_uri",
        label: "Docker image",
        ask: "Which Docker image should the job use (empty: Amazon's own)?",
        help: "A Docker image of your own instead of the one that Amazon provides for the versions below.",
        ..SAGEMAKER
    },
    Field {
        key: "base_job_name",
        label: "Job name",
        ask: "How should the name of the job begin?",
        help: "The beginning of the job's name, to which SageMaker adds the time.",
        default: Default::Text("accelerate-sagemaker-1"),
        ..SAGEMAKER
    },
    Field {
        key: "pytorch_version",
        label: "PyTorch version",
        ask: "Which PyTorch version should Amazon's image have?",
        help: "The PyTorch version of Amazon's image, in quotes; the default is years old.",
        kind: Kind::Text(Text::Version),
        default: Default::Text("1.10.2"),
        ..SAGEMAKER
    },
    Field {
        key: "transformers_version",
        label: "Transformers version",
        ask: "Which transformers version should Amazon's image have?",
        help: "The transformers version of Amazon's image, in quotes; the default is years old.",
        kind: Kind::Text(Text::Version),
        default: Default::Text("4.17.0"),
        ..SAGEMAKER
    },
    Field {
        key: "py_version",
        label: "Python version",
        ask: "Which Python version should Amazon's image have?",
        help: "The Python version of Amazon's image, written such as py310.",
        kind: Kind::Text(Text::Version),
        default: Default::Text("py38"),
        ..SAGEMAKER
    },
    Field {
        key: "sagemaker_inputs_file",
        label: "Inputs file",
        ask: "Which file lists the job's input channels?",
        help: "A tab-separated file with a channel name and a data location on each line.",
        kind: Kind::Text(Text::Path),
        ..SAGEMAKER
    },
    Field {
        key: "sagemaker_metrics_file",
        label: "Metrics file",
        ask: "Which file lists the metrics that SageMaker should record?",
        help: "A tab-separated file with a metric name and a regular expression on each line.",
        kind: Kind::Text(Text::Path),
        ..SAGEMAKER
    },
    Field {
        key: "additional_args",
        label: "Further arguments",
        ask: "Which further arguments should SageMaker's estimator get?",
        help: "Arguments that are passed to SageMaker's estimator as they are and win over all others.",
        kind: Kind::Anything,
        ..SAGEMAKER
    },
];
