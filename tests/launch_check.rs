//! The look before a job of several machines: address, port, number and config, and nothing starts.

use std::net::TcpListener;

use crate::harness::run::{Room, Run};

fn look(config: &str, options: &[&str]) -> Run {
    let room = Room::new().file("job.yaml", config);
    room.run(&[&["launch", "--check", "--config_file", "job.yaml"], options].concat())
}

fn two(address: &str, port: u16) -> String {
    format!(
        "distributed_type: MULTI_GPU\nnum_machines: 2\nnum_processes: 4\nmixed_precision: bf16\n\
         main_process_ip: {address}\nmain_process_port: {port}\n"
    )
}

/// A port of this machine, and its owner while somebody listens there.
fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    (listener, port)
}

#[test]
fn machines_that_can_meet_are_told_so() {
    let (listener, port) = listener();
    let config = two("127.0.0.1", port);
    let other = look(&config, &["--machine_rank", "1"]);
    assert_eq!(other.code, 0, "{}", other.stdout);
    assert!(other.stdout.contains("somebody listens there"), "{}", other.stdout);
    drop(listener);
    let first = look(&config, &["--machine_rank", "0", "train.py"]);
    assert_eq!(first.code, 0, "{}", first.stdout);
    for said in ["machine 0 of 0 to 1", "2 of 4 processes start here", &format!("port {port} is free")] {
        assert!(first.stdout.contains(said), "{said}: {}", first.stdout);
    }
    let other = look(&config, &["--machine_rank", "1"]);
    assert!(other.code == 0 && other.stdout.contains("start machine 0"), "{}", other.stdout);
}

#[test]
fn the_sum_of_the_config_is_the_one_of_sha256sum() {
    let run = look("distributed_type: 'NO'\n", &[]);
    assert!(run.stdout.contains("one machine"), "{}", run.stdout);
    let room = Room::new().file("job.yaml", "distributed_type: 'NO'\n");
    let said = std::process::Command::new("sha256sum").arg(room.path("job.yaml")).output();
    // A system without coreutils has nothing to compare with.
    let Ok(said) = said else { return };
    let sum = String::from_utf8_lossy(&said.stdout).chars().take(64).collect::<String>();
    assert!(run.stdout.contains(&format!("sha256 {sum};")), "{sum}: {}", run.stdout);
}

#[test]
fn what_keeps_machines_apart_is_told() {
    let (_listener, port) = listener();
    let wrong = |config: &str, options: &[&str], said: &str| {
        let run = look(config, options);
        assert_eq!(run.code, 1, "{}", run.stdout);
        assert!(
            run.stdout.lines().any(|line| line.starts_with("wrong  ") && line.contains(said)),
            "{}",
            run.stdout
        );
    };
    wrong(&two("127.0.0.1", port), &["--machine_rank", "0"], &format!("port {port} is taken by "));
    wrong(&two("127.0.0.1", port), &["--machine_rank", "2"], "numbers 0 to 1");
    wrong(&two("192.0.2.1", 29_500), &["--machine_rank", "0"], "another machine's address");
    wrong(&two("no-such-host.invalid", 29_500), &["--machine_rank", "1"], "can resolve");
    wrong(&two("127.0.0.1", 0), &["--machine_rank", "0"], "from 1 to 65535");
    wrong(&two("127.0.0.1", port), &["--machine_rank", "1", "--num_processes", "5"], "multiple of 2");
}
