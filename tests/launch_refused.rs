//! What a launch refuses before any process starts, what it says of a held port, and what `--honour-file` does.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value as Json;

use crate::harness::run::{Room, Run};

const ONE: &str = "distributed_type: 'NO'\nmixed_precision: 'no'\n";
const TWO: &str = "distributed_type: MULTI_GPU\nnum_processes: 2\nmixed_precision: 'no'\n";

/// A room with a config, a script, and a Python in `own/bin` that says of every package that it is not there.
fn room() -> Room {
    let room = Room::new()
        .file("a.yaml", ONE)
        .file("train.py", "print(1)\n")
        .file("own/pyvenv.cfg", "")
        .file("own/bin/python", "#!/bin/sh\nexit 3\n");
    fs::set_permissions(room.path("own/bin/python"), fs::Permissions::from_mode(0o755)).expect("a program");
    room
}

fn launch(room: &Room, variables: &[(&str, &str)], words: &[&str]) -> Run {
    let run = room.run_with(variables, &[&["launch", "--config_file", "a.yaml"], words].concat());
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "nothing is started: {}", run.stderr);
    run
}

#[test]
fn without_a_python_nothing_starts() {
    let run = launch(&room(), &[("PATH", "/nowhere"), ("VIRTUAL_ENV", "")], &["train.py"]);
    assert!(run.stderr.contains("there is no Python on the search path; activate"), "{}", run.stderr);
    assert!(!run.stderr.contains("VIRTUAL_ENV"), "{}", run.stderr);
}

#[test]
fn a_python_without_torch_is_named_with_what_to_do() {
    let room = room();
    let own = room.path("own").display().to_string();
    let run = launch(&room, &[("VIRTUAL_ENV", &own)], &["train.py"]);
    let says = format!("{own}/bin/python has no torch; activate the environment that has it, or install it");
    assert!(run.stderr.contains(&says), "{}", run.stderr);
    assert!(!run.stderr.contains("`VIRTUAL_ENV` names"), "{}", run.stderr);
}

#[test]
fn an_environment_that_is_gone_is_told_where_another_python_is_taken() {
    let room = room();
    let (bin, gone) = (room.path("own/bin").display().to_string(), room.path("gone").display().to_string());
    let run = launch(&room, &[("PATH", &bin), ("VIRTUAL_ENV", &gone)], &["train.py"]);
    assert!(run.stderr.contains("own/bin/python has no torch"), "{}", run.stderr);
    assert!(
        run.stderr.contains(&format!("`VIRTUAL_ENV` names {gone}, where there is no Python")),
        "{}",
        run.stderr
    );
}

#[test]
fn a_folder_is_no_script() {
    let room = room().file("src/main.py", "");
    let run = launch(&room, &[], &["src"]);
    assert!(
        run.stderr.contains("src is a folder, not a script; did you mean src/main.py?"),
        "{}",
        run.stderr
    );
    let run = launch(&room, &[], &["trian.py"]);
    assert!(run.stderr.contains("did you mean train.py?"), "{}", run.stderr);
}

#[test]
fn who_holds_a_port_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    // Only Linux tells who it is.
    let holder = match cfg!(target_os = "linux") {
        true => format!("(process {})", std::process::id()),
        false => String::new(),
    };
    let room = Room::new().file("a.yaml", format!("{TWO}main_process_port: {port}\n"));
    let run = room.run(&["launch", "--dry-run", "--config_file", "a.yaml", "train.py"]);
    assert_eq!(run.code, 0, "one machine needs no certain port: {}", run.stderr);
    let note =
        run.stderr.lines().find(|line| line.contains(&format!("port {port} is taken"))).unwrap_or_default();
    assert!(note.contains(&holder) && note.contains("meet on a free one"), "{}", run.stderr);
    assert!(!run.stdout.contains(&format!("MASTER_PORT={port}")), "{}", run.stdout);
    let several = format!(
        "{TWO}num_machines: 2\nmain_process_ip: 127.0.0.1\nmachine_rank: 0\nmain_process_port: {port}\n"
    );
    let run = launch(&room.file("a.yaml", several), &[], &["train.py"]);
    assert!(run.stderr.contains(&holder) && run.stderr.contains("on all of them"), "{}", run.stderr);
}

#[test]
fn what_accelerate_drops_is_honoured_when_asked_for() {
    let config = format!("{TWO}rdzv_backend: c10d\nsame_network: true\nenable_cpu_affinity: true\n");
    let room = Room::new().file("a.yaml", config);
    let launch = |options: &[&str]| {
        let head =
            ["launch", "--dry-run", "--format", "json", "--machine", "8xh100-sxm", "--config_file", "a.yaml"];
        let run = room.run(&[&head, options, &["train.py"]].concat());
        let page: Json =
            serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
        (page, run.stderr)
    };
    let (plain, said) = launch(&[]);
    assert_eq!(plain["launcher"], "multi-gpu");
    assert!(plain["shared_env"]["ACCELERATE_CPU_AFFINITY"].is_null());
    assert_eq!(said.matches("or give `--honour-file`").count(), 3, "{said}");
    let (honoured, said) = launch(&["--honour-file"]);
    assert_eq!(honoured["shared_env"]["ACCELERATE_CPU_AFFINITY"], "1");
    let argv = honoured["processes"][0]["argv"].to_string();
    assert!(argv.contains("\"--rdzv_backend\",\"c10d\""), "torch's own launcher meets by it: {argv}");
    assert!(!said.contains("does nothing"), "{said}");
}
