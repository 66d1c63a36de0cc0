//! Who wins, and what tutorials get wrong: every measured fact with the recordings and tests that hold us to
//! it. A row that loses its evidence fails here.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value as Json;

use crate::harness::picture::root;

/// A fact, and what holds us to it: `test NAME` of this folder, `launch NAME` of the recorded launches,
/// `config NAME` of the recorded configs, `sample RULE` of the recorded rules, `script CLASS.KEYWORD` of the
/// recorded contests, `call CALL` of the recorded calls, `rewrite TOOL: NAME` of the recorded tools.
type Fact = (&'static str, &'static [&'static str]);

/// Precedence (semantics, part b).
const PRECEDENCE: &[Fact] = &[
    (
        "option over file over default over shell",
        &[
            "test options_beat_the_file_which_beats_the_default_which_beats_the_shell",
            "launch MULTI_GPU, variables of the shell",
            "launch NO, precision of the shell",
            "launch FSDP, variables of the shell",
            "launch FSDP, flags over the file",
            "launch DEEPSPEED, flags over the file",
        ],
    ),
    (
        "what a path does not write survives from the shell",
        &[
            "test variables_that_a_path_does_not_write_survive",
            "launch MULTI_GPU, devices of the shell",
            "launch MULTI_GPU, devices of shell and file",
        ],
    ),
    (
        "OMP_NUM_THREADS is the default of the option",
        &[
            "test threads_come_from_the_option_the_shell_the_cores_or_are_one",
            "launch NO, threads of the shell",
            "launch NO, threads by flag and shell",
            "launch MULTI_CPU, many cores",
        ],
    ),
    (
        "the script's words beat variables",
        &[
            "test every_keyword_is_heard_as_the_real_accelerator_hears_it",
            "script Accelerator.mixed_precision",
            "script FullyShardedDataParallelPlugin.sharding_strategy",
            "script DeepSpeedPlugin.zero_stage",
            "script MegatronLMPlugin.tp_degree",
            "script ParallelismConfig.tp_size",
        ],
    ),
    (
        "but accumulation, where the variable beats the script",
        &[
            "test accumulation_is_the_one_variable_that_beats_the_script",
            "script Accelerator.gradient_accumulation_steps",
        ],
    ),
    ("the CPU needs one voice", &["test a_script_on_the_cpu_needs_one_voice", "script Accelerator.cpu"]),
    (
        "a precision of the shell is not checked without a launcher",
        &["test without_a_launcher_a_precision_is_not_checked"],
    ),
    (
        "contradictions among options alone",
        &[
            "test options_alone_can_contradict_each_other",
            "launch no file, two ways at once",
            "launch no file, multi_gpu with one process",
            "launch no file, mesh without fsdp",
        ],
    ),
    (
        "distributed_type, unless an option chooses; then the mesh is off",
        &[
            "test the_file_chooses_the_way_of_training_unless_an_option_does",
            "launch FSDP, mesh, and the flag that switches it off",
            "launch MULTI_GPU, mesh off by a flag",
            "launch NO, two processes",
            "launch MULTI_CPU",
        ],
    ),
    (
        "gpu_ids are text, and more than one",
        &[
            "test gpu_ids_must_be_text_and_more_than_one",
            "launch NO, a device as a number",
            "launch NO, devices as a list",
            "launch MULTI_GPU, one device",
            "launch FSDP, one device",
        ],
    ),
    (
        "sections set any argument; prefixes; the later spelling wins",
        &[
            "test a_section_sets_any_argument_and_its_short_names_get_a_prefix",
            "launch MULTI_GPU, restarts in a section",
            "launch FSDP, short names",
            "launch FSDP, both spellings",
            "launch MULTI_GPU, later keys win",
            "launch MULTI_GPU, mesh by short names",
            "launch MEGATRON_LM, short names",
            "launch MULTI_CPU, short name of the host file",
            "launch MULTI_GPU, a section is a list",
        ],
    ),
    (
        "plain fields",
        &[
            "test plain_fields_come_from_the_file_where_no_option_is_given",
            "launch MULTI_GPU, two machines, rank by flag",
        ],
    ),
    (
        "five keys never count",
        &[
            "test five_keys_never_count_and_can_be_honoured",
            "launch MULTI_GPU, five keys that never count",
            "launch XLA, downcast in the file",
            "launch XLA, pod, sudo in the file",
        ],
    ),
    ("debug", &["launch MULTI_GPU, debug", "launch NO, debug"]),
    (
        "mixed_precision, and where it came from",
        &[
            "launch DEEPSPEED, its own file",
            "launch DEEPSPEED, its own file and precision by flag",
            "launch no file, precision by flag",
        ],
    ),
    (
        "dynamo_backend is no where nothing set it",
        &["launch MULTI_GPU, compiled", "launch NO, compiled off by the old key"],
    ),
    (
        "a missing count is asked for",
        &[
            "test a_file_without_a_count_asks_for_one",
            "launch MULTI_GPU, no count",
            "launch MULTI_GPU, no count, by flag",
        ],
    ),
    (
        "SageMaker cannot be launched",
        &["test sagemaker_is_refused_in_plain_words", "launch SageMaker", "launch SageMaker, string NO"],
    ),
    (
        "without any file",
        &[
            "test without_a_file_the_machine_decides",
            "launch no file, 0 GPUs",
            "launch no file, 8 GPUs",
            "launch no file, one process, 8 GPUs",
        ],
    ),
    (
        "--cpu reads no default file",
        &[
            "test the_config_that_is_used_is_always_told",
            "launch no file, cpu, 8 GPUs",
            "launch MULTI_GPU, cpu by flag",
        ],
    ),
];

/// What tutorials get wrong (semantics, part e).
const CLAIMS: &[Fact] = &[
    (
        "a wrap policy called TRANSFORMER_LAYER",
        &[
            "test wrong_claims_are_planned_as_they_really_work",
            "config fsdp_wrap_policy_unknown.yaml",
            "sample fsdp/wrap-policy",
        ],
    ),
    (
        "variables for counts, devices and strategies",
        &["test variables_of_tutorials_change_nothing_and_are_told"],
    ),
    (
        "a variable steers the precision of a launch",
        &["launch NO, precision of the shell", "test variables_of_tutorials_change_nothing_and_are_told"],
    ),
    ("ACCELERATE_CONFIG_FILE", &["test variables_of_tutorials_change_nothing_and_are_told"]),
    (
        "other environments than LOCAL_MACHINE",
        &[
            "launch SLURM",
            "config compute_environment_aws.yaml",
            "config compute_environment_lower_case.yaml",
        ],
    ),
    (
        "keywords that Accelerator does not have",
        &[
            "test calls_that_accelerate_refuses_are_explained_where_they_fail",
            "call Accelerator(num_processes=2)",
            "call Accelerator(logging_dir='logs')",
            "call Accelerator(fp16=True)",
            "call Accelerator(use_cpu=True)",
        ],
    ),
    ("Accelerator(cpu=True)", &["call Accelerator(cpu=True)"]),
    (
        "precisions of the script",
        &[
            "call Accelerator(mixed_precision='fp32')",
            "call Accelerator(mixed_precision='tf32')",
            "call Accelerator(mixed_precision='BF16')",
        ],
    ),
    ("fp32 in a config", &["launch NO, precision unknown", "config mixed_precision_fp32.yaml"]),
    (
        "no without quotes",
        &["launch NO, precision without quotes", "config mixed_precision_unquoted_no.yaml"],
    ),
    (
        "default_config.json",
        &["test a_default_file_in_json_is_never_read", "rewrite load: default_config.json"],
    ),
    ("DeepSpeed's own keys in the section", &["config nested_deepspeed_native_keys.yaml"]),
    (
        "DeepSpeed's own file beside a stage and a precision",
        &["launch DEEPSPEED, its own file", "sample deepspeed/file-and-keys"],
    ),
    (
        "options and words of the script at the top level",
        &[
            "test wrong_claims_are_planned_as_they_really_work",
            "launch unknown key",
            "launch key of an option",
        ],
    ),
    (
        "other types",
        &[
            "launch type in small letters",
            "launch TPU, the old name",
            "config distributed_type_ddp.yaml",
            "config distributed_type_slurm.yaml",
        ],
    ),
    ("gpu_ids as a list or a number", &["config gpu_ids_list.yaml", "config gpu_ids_number.yaml"]),
    (
        "five keys of the file",
        &["launch MULTI_GPU, five keys that never count", "config flag_only_rdzv_backend.yaml"],
    ),
    ("--same_network false", &["test a_switch_takes_no_value_and_every_machine_can_have_its_rank"]),
    ("reshard with version 1", &["launch FSDP 1", "sample fsdp/reshard-in-version-1"]),
    (
        "NVMe paths",
        &["test dropped_paths_for_disks_are_told_and_can_be_passed_on", "launch DEEPSPEED, stage 3"],
    ),
    (
        "FP8 words of the wizard",
        &[
            "config fp8_backend_lower_case.yaml",
            "config fp8_backend_with_hyphen.yaml",
            "config fp8_wizard_keys.yaml",
        ],
    ),
    ("precision of passes as text", &["launch NO, fp8 with precision of passes as text"]),
    (
        "short names in the mesh",
        &["launch MULTI_GPU, mesh by short names", "config prefix_missing_in_parallelism.yaml"],
    ),
    ("classes as a list", &["launch FSDP, classes as a list", "sample fsdp/class-name-spaces"]),
    (
        "MULTI_CPU starts its processes",
        &["launch MULTI_CPU", "test wrong_claims_are_planned_as_they_really_work"],
    ),
    ("torch.compile under DeepSpeed", &["launch DEEPSPEED, compiled"]),
    (
        "one file for several machines",
        &[
            "launch MULTI_GPU, two machines, rank by flag",
            "test a_switch_takes_no_value_and_every_machine_can_have_its_rank",
        ],
    ),
    (
        "to-fsdp2 is safe",
        &[
            "test to_fsdp2_loses_hybrid_sharding_and_comments",
            "test to_fsdp2_leaves_keys_without_prefix_and_a_version_that_wins",
            "rewrite to-fsdp2: strategy HYBRID_SHARD",
            "rewrite to-fsdp2: version without prefix",
        ],
    ),
    (
        "comments survive config update",
        &[
            "test config_update_loses_comments_order_and_empty_values",
            "test config_update_writes_false_for_words_without_quotes",
            "rewrite config update: words without quotes",
        ],
    ),
];

fn fixture(name: &str) -> Json {
    let path = root().join("tests/fixtures/oracle").join(name);
    let text = fs::read_to_string(path).expect("the record is part of the repository");
    serde_json::from_str(&text).expect("the record is JSON")
}

/// All evidence that there is.
fn evidence() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(root().join("tests")).expect("this folder").flatten() {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let named = text.split("#[test]\nfn ").skip(1).filter_map(|rest| rest.split('(').next());
        all.extend(named.map(|name| format!("test {name}")));
    }
    let text = |value: &Json| value.as_str().expect("text").to_owned();
    let list = |page: &Json, key: &str| page[key].as_array().cloned().expect("a list");
    let keys =
        |value: &Json| -> Vec<String> { value.as_object().expect("an object").keys().cloned().collect() };
    all.extend(
        list(&fixture("launch.json"), "rows")
            .iter()
            .map(|row| format!("launch {}", text(&row["case"]["name"]))),
    );
    let file = |path: &String| path.rsplit('/').next().map(|name| format!("config {name}"));
    all.extend(keys(&fixture("load.json")["files"]).iter().filter_map(file));
    let rule = |name: &String| name.split(' ').next().map(|rule| format!("sample {rule}"));
    all.extend(keys(&fixture("samples.json")).iter().filter_map(rule));
    let script = fixture("script.json");
    let contests = list(&script, "contests");
    all.extend(
        contests.iter().map(|one| format!("script {}.{}", text(&one["class"]), text(&one["keyword"]))),
    );
    all.extend(keys(&script["refused"]).iter().map(|call| format!("call {call}")));
    let rewrites = list(&fixture("rewrites.json"), "rewrites");
    all.extend(rewrites.iter().map(|one| format!("rewrite {}: {}", text(&one["tool"]), text(&one["name"]))));
    all
}

#[test]
fn every_fact_has_its_evidence() {
    let evidence = evidence();
    let facts = PRECEDENCE.iter().chain(CLAIMS);
    let wanted = facts.flat_map(|(fact, named)| named.iter().map(move |name| (*fact, *name)));
    let missing: Vec<_> = wanted.filter(|(_, name)| !evidence.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(PRECEDENCE.iter().chain(CLAIMS).all(|(_, named)| !named.is_empty()));
}
