//! Choosing what one wants to hear: by flags, by settings, and by comments in the config.

use crate::harness::run::{Room, Run};

/// Three mistakes: a warning in line 2, an error in line 3, a warning in line 5.
const CONFIG: &str = "\
distributed_type: FSDP
num_processes: 010
mixed_precision: no
fsdp_config:
  fsdp_min_num_params: 010
  fsdp_auto_wrap_policy: SIZE_BASED_WRAP
";

fn validate(config: &str, flags: &[&str]) -> Run {
    let room = Room::new().file("a.yaml", config);
    room.run(&[&["validate", "a.yaml", "--quiet"], flags].concat())
}

/// Line and rule of each finding: `2 types/octal`.
fn found(run: &Run) -> Vec<String> {
    let parts = |line: &str| {
        let (place, rest) = line.strip_prefix("a.yaml:")?.split_once(": ")?;
        let rule = rest.split_once('[')?.1.split_once(']')?.0;
        Some(format!("{} {rule}", place.split(':').next()?))
    };
    run.stdout.lines().filter_map(parts).collect()
}

fn found_in(config: &str) -> Vec<String> {
    found(&validate(config, &[]))
}

fn fixed(config: &str) -> String {
    let room = Room::new().file("a.yaml", config);
    let run = room.run(&["fix", "a.yaml", "--write"]);
    assert!(run.code < 2, "{}", run.stderr);
    room.read("a.yaml")
}

#[test]
fn only_the_selected_rules_are_shown() {
    let all = ["2 types/octal", "3 types/unquoted-no", "5 types/octal"];
    let run = validate(CONFIG, &[]);
    assert_eq!((found(&run), run.code), (all.map(str::to_owned).to_vec(), 1));
    let run = validate(CONFIG, &["--select", "types/octal"]);
    assert_eq!(found(&run), ["2 types/octal", "5 types/octal"]);
    assert_eq!(run.code, 0, "the error was not asked for");
    assert_eq!(found(&validate(CONFIG, &["--select", "types"])).len(), 3);
    assert_eq!(found(&validate(CONFIG, &["--select", "network,types/unquoted-no"])), ["3 types/unquoted-no"]);
}

#[test]
fn the_ignored_rules_are_not_shown() {
    let run = validate(CONFIG, &["--ignore", "types/unquoted-no"]);
    assert_eq!((found(&run).len(), run.code), (2, 0));
    let run = validate(CONFIG, &["--ignore", "types/octal", "--ignore", "types/unquoted-no"]);
    assert_eq!((found(&run).len(), run.code), (0, 0));
    assert_eq!(found(&validate(CONFIG, &["--select", "types", "--ignore", "types/octal"])).len(), 1);
}

#[test]
fn severities_are_changed_one_by_one() {
    let run = validate(CONFIG, &["--severity", "types/octal=error,types/unquoted-no=hint"]);
    assert!(run.code == 1 && run.stdout.contains("2:16: error[types/octal]"), "{}", run.stdout);
    assert_eq!(found(&run), ["2 types/octal", "5 types/octal"], "hints are hidden");
    let run = validate(CONFIG, &["--severity", "types=hint", "--severity", "types/octal=warning"]);
    assert_eq!((found(&run).len(), run.code), (2, 0), "the nearest name counts");
}

#[test]
fn matters_of_taste_are_shown_to_those_who_ask() {
    let config = "distributed_type: MULTI_GPU\nnum_processes: 2\nnum_machines: 1\n";
    assert_eq!(found_in(config), [""; 0]);
    assert!(found(&validate(config, &["--select", "taste"])).contains(&"3 taste/repeats-default".to_owned()));
    let run = validate(config, &["--severity", "taste/repeats-default=error"]);
    assert!(run.code == 1 && found(&run).contains(&"3 taste/repeats-default".to_owned()), "{}", run.stdout);
}

#[test]
fn the_flags_beat_the_settings() {
    let settings =
        "rules:\n  select: [types]\n  ignore: [types/octal]\n  severity: {types/unquoted-no: warning}\n";
    let room = Room::new().file("a.yaml", CONFIG).file("accel-studio.yaml", settings);
    let run = room.run(&["validate", "-q", "a.yaml"]);
    assert_eq!((found(&run), run.code), (vec!["3 types/unquoted-no".to_owned()], 0));
    let run = room.run(&["validate", "-q", "a.yaml", "--ignore", "types/unquoted-no"]);
    assert_eq!(found(&run), ["2 types/octal", "5 types/octal"]);
    let run = room.run(&["validate", "-q", "a.yaml", "--select", "types/octal"]);
    assert_eq!(found(&run).len(), 2, "who names a rule means it");
    let run = room.run(&["validate", "-q", "a.yaml", "--severity", "types/unquoted-no=error"]);
    assert_eq!(run.code, 1);
}

#[test]
fn an_unknown_name_is_refused_with_what_was_meant() {
    for flag in ["--select", "--ignore"] {
        let run = validate(CONFIG, &[flag, "types/octl"]);
        assert!(run.code == 2 && run.stderr.contains("did you mean `types/octal`?"), "{}", run.stderr);
    }
    let run = validate(CONFIG, &["--severity", "octal=error"]);
    assert!(run.code == 2 && run.stderr.contains("did you mean `types/octal`?"), "{}", run.stderr);
    let run = validate(CONFIG, &["--severity", "types/octal=fatal"]);
    assert!(run.code == 2 && run.stderr.contains("`error`, `warning` or `hint`"), "{}", run.stderr);
    let run = validate(CONFIG, &["--severity", "types/octal"]);
    assert!(run.code == 2 && run.stderr.contains("types/octal=error"), "{}", run.stderr);
}

#[test]
fn a_fault_of_the_text_is_told_whatever_is_wished() {
    let broken = "# accel-studio: ignore-file[all]\ndistributed_type: \"FSDP\nnum_processes: 2\n";
    for flags in [&[][..], &["--ignore", "all"], &["--select", "fsdp"], &["--severity", "all=hint"]] {
        let run = validate(broken, flags);
        assert!(run.code == 1 && found(&run).concat().contains("yaml/syntax"), "{flags:?}: {}", run.stdout);
    }
    let run = validate(broken, &["--ignore", "yaml/syntax"]);
    assert!(run.code == 2 && run.stderr.contains("stays an error"), "{}", run.stderr);
}

#[test]
fn fixes_are_made_of_the_selected_rules_only() {
    let room = Room::new().file("a.yaml", CONFIG);
    let run = room.run(&["fix", "a.yaml", "--write", "--select", "types/unquoted-no"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(room.read("a.yaml"), CONFIG.replace("no\n", "'no'\n"));
}

#[test]
fn a_comment_silences_its_line() {
    let config = CONFIG.replace("s: 010\n", "s: 010 # eight # accel-studio: ignore[types/octal] is meant\n");
    assert_eq!(found_in(&config), ["3 types/unquoted-no"]);
    let one = CONFIG.replacen("010\n", "010 # accel-studio: ignore[types/octal]\n", 1);
    assert_eq!(found_in(&one), ["3 types/unquoted-no", "5 types/octal"]);
}

#[test]
fn a_comment_on_its_own_silences_the_line_below() {
    let config = "\
distributed_type: FSDP
# accel-studio: ignore[types/octal] eight is meant
# and this is for people
num_processes: 010
# accel-studio: ignore[types]
mixed_precision: no
fsdp_config:
  # accel-studio: ignore[keys, types/octal]
  fsdp_min_num_params: 010
  fsdp_auto_wrap_policy: SIZE_BASED_WRAP
";
    assert_eq!(found_in(config), ["8 ignores/unused"]);
}

#[test]
fn a_comment_on_a_section_silences_nothing_inside() {
    let config = CONFIG.replace("fsdp_config:\n", "fsdp_config: # accel-studio: ignore[types/octal]\n");
    let found = found_in(&config);
    assert!(
        found.contains(&"4 ignores/unused".to_owned()) && found.contains(&"5 types/octal".to_owned()),
        "{found:?}"
    );
}

#[test]
fn a_comment_at_the_top_silences_the_whole_file() {
    let config =
        format!("# ours\n# accel-studio: ignore-file[types/octal, types/unquoted-no] so it is\n\n{CONFIG}");
    let run = validate(&config, &[]);
    assert_eq!((found(&run), run.code), (Vec::new(), 0));
    let low = format!("{CONFIG}# accel-studio: ignore-file[types/octal]\n");
    assert!(found_in(&low).contains(&"7 ignores/malformed".to_owned()));
}

#[test]
fn a_comment_that_silences_nothing_is_removed() {
    let clean = "distributed_type: MULTI_GPU # ours\nnum_processes: 8\n";
    for config in [
        "distributed_type: MULTI_GPU # ours\nnum_processes: 8   # accel-studio: ignore[types/octal] eight\n",
        "distributed_type: MULTI_GPU # ours # accel-studio: ignore[fsdp, types]\nnum_processes: 8\n",
        "# accel-studio: ignore-file[types/octal]\ndistributed_type: MULTI_GPU # ours\nnum_processes: 8\n",
        "distributed_type: MULTI_GPU # ours\n  # accel-studio: ignore[types/octal]\nnum_processes: 8\n",
        "distributed_type: MULTI_GPU # ours\nnum_processes: 8\n# accel-studio: ignore[types/octal]",
    ] {
        let found = found_in(config);
        assert!(found.len() == 1 && found[0].ends_with("ignores/unused"), "{config}{found:?}");
        assert_eq!(fixed(config), clean);
    }
    let windows =
        "distributed_type: MULTI_GPU\r\n# accel-studio: ignore[types/octal]\r\nnum_processes: 8\r\n";
    assert_eq!(fixed(windows), "distributed_type: MULTI_GPU\r\nnum_processes: 8\r\n");
    let marked =
        "\u{feff}# accel-studio: ignore[types/octal]\ndistributed_type: MULTI_GPU\nnum_processes: 8\n";
    assert_eq!(fixed(marked), "\u{feff}distributed_type: MULTI_GPU\nnum_processes: 8\n");
}

#[test]
fn a_name_that_silences_nothing_is_removed_from_among_others() {
    let line = |names: &str| {
        format!("distributed_type: MULTI_GPU\nnum_processes: 8 # accel-studio: ignore-file[{names}] x\n")
    };
    assert!(found_in(&line("types/octal")).concat().contains("ignores/malformed"), "it stands too low");
    let config = |names: &str| {
        format!("# accel-studio: ignore[{names}] so it is\ndistributed_type: NO\nnum_processes: 1\n")
    };
    let found = found_in(&config("network, types/unquoted-type, fsdp"));
    assert_eq!(found, ["1 ignores/unused", "1 ignores/unused"]);
    assert_eq!(fixed(&config("network, types/unquoted-type, fsdp")), config("types/unquoted-type"));
}

#[test]
fn an_unknown_name_in_a_comment_is_told_with_what_was_meant() {
    let run = validate(&CONFIG.replacen("010\n", "010 # accel-studio: ignore[types/octl]\n", 1), &[]);
    assert!(
        run.stdout.contains("2:43: warning[ignores/unknown]: there is no rule `types/octl`"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("did you mean `types/octal`?"), "{}", run.stdout);
    assert!(found(&run).contains(&"2 types/octal".to_owned()), "nothing is silenced");
}

#[test]
fn an_ignore_without_names_silences_nothing_and_is_told() {
    for comment in ["ignore", "ignore octal", "ignore[]", "ignore[types/octal", "ignored[types/octal]"] {
        let config = CONFIG.replacen("010\n", &format!("010 # accel-studio: {comment}\n"), 1);
        let run = validate(&config, &[]);
        let found = found(&run);
        let both = ["2 ignores/malformed", "2 types/octal"];
        assert!(both.iter().all(|one| found.contains(&(*one).to_owned())), "{comment}: {found:?}");
    }
    let run = validate(&CONFIG.replacen("010\n", "010 # accel-studio: ignore\n", 1), &[]);
    assert!(run.stdout.contains("`# accel-studio: ignore[types/octal]`"), "it says which: {}", run.stdout);
}

#[test]
fn comments_about_the_program_are_left_alone() {
    let config = "# accel-studio: made by hand, see accel-studio: ignore\n\
                  # the word accel-studio: ignore[x] in a sentence\n\
                  distributed_type: MULTI_GPU\nnum_processes: 2\nmain_process_ip: '# accel-studio: ignore[x]'\n";
    assert!(!found_in(config).concat().contains("ignores/"), "{:?}", found_in(config));
}

#[test]
fn what_was_not_looked_for_is_not_called_unused() {
    let config = "distributed_type: MULTI_GPU\nnum_processes: 2\nnum_machines: 1 # accel-studio: ignore[taste/repeats-default]\n";
    assert_eq!(found_in(config), [""; 0]);
    assert!(
        !found(&validate(config, &["--select", "taste/repeats-default"]))
            .contains(&"3 taste/repeats-default".to_owned())
    );
    let octal = CONFIG.replacen("010\n", "010 # accel-studio: ignore[types/octal]\n", 1);
    assert_eq!(found(&validate(&octal, &["--select", "ignores,types/unquoted-no"])), ["3 types/unquoted-no"]);
}

#[test]
fn a_fault_in_a_comment_is_silenced_by_settings() {
    let config = "distributed_type: MULTI_GPU\nnum_processes: 2 # accel-studio: ignore[types/octal]\n";
    assert_eq!(found(&validate(config, &["--ignore", "ignores"])), [""; 0]);
    let own =
        "distributed_type: MULTI_GPU\nnum_processes: 2 # accel-studio: ignore[ignores/unused, types/octal]\n";
    assert!(found_in(own).contains(&"2 ignores/unused".to_owned()), "not by another comment");
}
