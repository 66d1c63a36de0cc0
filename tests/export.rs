//! A job as a file for other machines: what it says, that a shell takes it, and that clusters run it.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_yaml::Value as Yaml;

use crate::harness::picture::assert_picture;
use crate::harness::run::{Room, Run};

const TWO: &str = "\
# two machines
compute_environment: LOCAL_MACHINE
distributed_type: FSDP
mixed_precision: bf16
num_machines: 2
num_processes: 16
main_process_ip: 10.0.0.1
main_process_port: 29500
machine_rank: 0
fsdp_config:
  fsdp_version: 2
";
const ONE: &str = "distributed_type: MULTI_GPU\nnum_processes: 4\nmixed_precision: bf16\n";
const CPU: &str = "distributed_type: MULTI_CPU\nuse_cpu: true\nnum_machines: 1\nnum_processes: 2\nmain_process_port: 29555\n";
/// Arguments that every shell, every YAML reader and Kubernetes itself would like to change.
const HARD: [&str; 9] =
    ["--name", "it's $HOME", "a \"b\" `c`", "$(Y)", "$$", "no", "1e5", "*.py;|&", "two\nlines"];

fn export(config: &str, format: &[&str], script: &[&str]) -> Run {
    let room = Room::new().file("job.yaml", config);
    room.run(&[&["export"], format, &["--config_file", "job.yaml"], script].concat())
}

fn exported(config: &str, format: &[&str], script: &[&str]) -> String {
    let run = export(config, format, script);
    assert_eq!(run.code, 0, "{format:?}: {}", run.stderr);
    for loss in run.stdout.lines().filter_map(|line| line.strip_prefix("# Not carried over: ")) {
        assert!(run.stderr.contains(loss), "standard error says it as well: {loss}\n{}", run.stderr);
    }
    run.stdout
}

#[test]
fn files_are_as_they_were_read_by_a_person() {
    let script = &["train.py", "--lr", "1e-4", "--name", "it's"];
    let pictures: [(&str, &str, &[&str]); 10] = [
        ("export-slurm", TWO, &["slurm"]),
        ("export-slurm-cpu", CPU, &["slurm"]),
        ("export-slurm-one", ONE, &["slurm"]),
        ("export-pytorchjob", TWO, &["kubernetes"]),
        ("export-trainjob", TWO, &["kubernetes", "--kind", "trainjob", "--image", "registry.example/x:1"]),
        ("export-job", ONE, &["kubernetes"]),
        ("export-mpi", CPU, &["mpi"]),
        ("export-torchrun", TWO, &["torchrun"]),
        ("export-env", ONE, &["env"]),
        ("export-dockerfile", ONE, &["dockerfile"]),
    ];
    for (name, config, format) in pictures {
        let text = exported(config, format, script);
        // The version of the program changes without anything else.
        let text = text.replace(concat!("accel-studio ", env!("CARGO_PKG_VERSION")), "accel-studio VERSION");
        assert_picture(name, &text);
    }
}

#[test]
fn the_verb_explains_itself() {
    let help = Room::new().run(&["export", "-h"]).stdout;
    assert_picture("help-export", &help);
}

#[test]
fn every_script_is_one_for_its_shell() {
    for (config, format) in [
        (TWO, &["slurm"][..]),
        (CPU, &["slurm"]),
        (ONE, &["slurm"]),
        (CPU, &["mpi"]),
        (TWO, &["mpi", "--flavour", "intel"]),
        (TWO, &["torchrun"]),
        (ONE, &["torchrun"]),
        (ONE, &["env", "--shell"]),
    ] {
        let text = exported(config, format, &[&["train.py"], &HARD[..]].concat());
        check_by_bash(&text, &format!("{format:?}"));
    }
}

fn check_by_bash(text: &str, what: &str) {
    let mut bash =
        Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("bash");
    bash.stdin.take().expect("it is piped").write_all(text.as_bytes()).expect("bash reads");
    let ended = bash.wait_with_output().expect("it ends");
    assert!(ended.status.success(), "{what}: {}\n{text}", String::from_utf8_lossy(&ended.stderr));
}

/// Fields that the published schemas of the three objects require, and the operators read.
fn check_object(page: &Yaml) {
    let text = |value: &Yaml| value.as_str().map(str::to_owned);
    let name = text(&page["metadata"]["name"]).expect("a name");
    assert!(
        name.len() < 64
            && name.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-')
    );
    let spec = &page["spec"];
    let check_pod = |template: &Yaml, is_policy_here: bool| {
        let pod = &template["spec"];
        assert_eq!(pod["restartPolicy"].as_str().is_some(), is_policy_here);
        let containers = pod["containers"].as_sequence().expect("containers");
        assert_eq!(containers.len(), 1);
        check_container(&containers[0]);
        assert_eq!(containers[0]["name"], "pytorch");
        assert_eq!(containers[0]["volumeMounts"][0]["name"], pod["volumes"][0]["name"]);
    };
    match (page["apiVersion"].as_str(), page["kind"].as_str()) {
        (Some("batch/v1"), Some("Job")) => check_pod(&spec["template"], true),
        (Some("kubeflow.org/v1"), Some("PyTorchJob")) => {
            assert_eq!(spec["runPolicy"]["cleanPodPolicy"], "None");
            let replicas = spec["pytorchReplicaSpecs"].as_mapping().expect("replicas");
            assert!(replicas.keys().all(|key| key == "Master" || key == "Worker"));
            assert_eq!(spec["pytorchReplicaSpecs"]["Master"]["replicas"], 1);
            for replica in replicas.values() {
                assert!(replica["replicas"].as_u64().is_some_and(|count| count > 0));
                assert_eq!(replica["restartPolicy"], "Never");
                check_pod(&replica["template"], false);
            }
        }
        (Some("trainer.kubeflow.org/v1alpha1"), Some("TrainJob")) => {
            assert!(spec["runtimeRef"]["name"].is_string());
            assert!(spec["trainer"]["numNodes"].as_u64().is_some_and(|count| count > 0));
            check_container(&spec["trainer"]);
            for variable in spec["trainer"]["env"].as_sequence().expect("variables") {
                // Trainer refuses its own names.
                assert!(!variable["name"].as_str().expect("a name").starts_with("PET_"));
            }
        }
        other => panic!("no object that is known: {other:?}"),
    }
}

fn check_container(container: &Yaml) {
    assert!(container["image"].is_string());
    for list in ["command", "args"] {
        let words = container[list].as_sequence().expect("a list");
        assert!(words.iter().all(Yaml::is_string), "{words:?}");
    }
    for variable in container["env"].as_sequence().expect("variables") {
        assert!(variable["name"].is_string() && variable["value"].is_string(), "{variable:?}");
    }
    for resources in ["resources", "resourcesPerNode"] {
        if let Some(limits) = container[resources]["limits"].as_mapping() {
            assert!(limits.values().all(Yaml::is_string), "quantities are text");
        }
    }
}

fn manifest(config: &str, options: &[&str], script: &[&str]) -> Yaml {
    let text = exported(config, &[&["kubernetes"], options].concat(), script);
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The one container of a manifest.
fn container(page: &Yaml) -> &Yaml {
    let spec = &page["spec"];
    let pod = match page["kind"].as_str() {
        Some("TrainJob") => return &spec["trainer"],
        Some("Job") => &spec["template"],
        _ => &spec["pytorchReplicaSpecs"]["Master"]["template"],
    };
    &pod["spec"]["containers"][0]
}

#[test]
fn manifests_have_what_their_schemas_require() {
    for config in [ONE, TWO, CPU, "distributed_type: 'NO'\n"] {
        for options in [&[][..], &["--kind", "pytorchjob"], &["--kind", "trainjob"]] {
            check_object(&manifest(config, options, &["deep/My_Train.py"]));
        }
    }
}

/// What a pod's shell runs: Kubernetes turns `$$` into `$`, and the stand-in for Accelerate tells its words.
fn run_pod(page: &Yaml, variables: &[(&str, &str)]) -> Vec<String> {
    let room = Room::new().file("bin/accelerate", "#!/bin/sh\nprintf '%s\\0' \"$@\"\n");
    fs::set_permissions(room.path("bin/accelerate"), fs::Permissions::from_mode(0o755)).expect("a program");
    let container = container(page);
    let filled = |value: &Yaml| value.as_str().expect("text").replace("$$", "$");
    // One file for all tests of this machine would be shared: it goes to the room.
    let script = filled(&container["args"][0]).replace("/tmp/", &format!("{}/", room.path("").display()));
    let mut bash = Command::new("bash");
    bash.arg("-c").arg(script).envs(variables.iter().copied());
    bash.env("PATH", format!("{}:/usr/bin:/bin", room.path("bin").display()));
    for variable in container["env"].as_sequence().expect("variables") {
        bash.env(filled(&variable["name"]), filled(&variable["value"]));
    }
    let ended = bash.output().expect("bash is there");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let words = String::from_utf8(ended.stdout).expect("UTF-8");
    let words: Vec<String> = words.split_terminator('\0').map(str::to_owned).collect();
    let at = words.iter().position(|word| word == "--config_file").expect("a config") + 1;
    assert_eq!(
        fs::read_to_string(&words[at]).expect("the config is there").as_bytes(),
        config_of(page).as_bytes()
    );
    words
}

fn config_of(page: &Yaml) -> String {
    container(page)["env"][0]["value"].as_str().expect("text").replace("$$", "$")
}

#[test]
fn a_pod_gets_config_rank_and_every_argument_as_it_was() {
    let config = format!("{TWO}downcast_bf16: 'no'  # $HOME $(PATH) $$\n");
    let script = [&["train.py"], &HARD[..]].concat();
    for (options, names) in [
        (&[][..], ["RANK", "MASTER_ADDR", "MASTER_PORT"]),
        (&["--kind", "trainjob"], ["PET_NODE_RANK", "PET_MASTER_ADDR", "PET_MASTER_PORT"]),
    ] {
        let page = manifest(&config, options, &script);
        assert_eq!(config_of(&page), config);
        let words = run_pod(&page, &[(names[0], "1"), (names[1], "main-0"), (names[2], "23456")]);
        let after = |option: &str| words.iter().skip_while(|word| *word != option).nth(1).cloned();
        assert_eq!(after("--machine_rank").as_deref(), Some("1"));
        assert_eq!(after("--main_process_ip").as_deref(), Some("main-0"));
        assert_eq!(after("--main_process_port").as_deref(), Some("23456"));
        let at = words.iter().position(|word| word == "train.py").expect("the script");
        assert_eq!(words[at + 1..], HARD);
    }
}

#[test]
fn what_stays_behind_is_said() {
    let room = Room::new().file("job.yaml", format!("{TWO}gpu_ids: '0,1'\n"));
    let run = room
        .run_with(&[("NCCL_DEBUG", "INFO")], &["export", "slurm", "--config_file", "job.yaml", "train.py"]);
    for said in ["`NCCL_DEBUG` of this shell", "`gpu_ids` (0,1)", "`main_process_ip`"] {
        assert!(run.stderr.contains(said) && run.stdout.contains(said), "{said}: {}", run.stderr);
    }
    assert!(run.stdout.contains("--gpu_ids all"), "{}", run.stdout);
    let deepspeed = "distributed_type: DEEPSPEED\nnum_machines: 2\nnum_processes: 16\ndeepspeed_config:\n  deepspeed_config_file: zero3.json\n";
    let run = export(deepspeed, &["slurm"], &["train.py"]);
    assert!(run.stdout.contains("--deepspeed_multinode_launcher standard"), "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("`deepspeed_config_file` names zero3.json"), "{}", run.stderr);
}

#[test]
fn an_inherited_module_path_stays_behind_and_is_said() {
    let room = Room::new().file("job.yaml", ONE);
    let command = ["export", "slurm", "--config_file", "job.yaml", "train.py"];
    let run = room.run_with(&[("PYTHONPATH", "/opt/ours")], &command);
    assert!(run.stderr.contains("not carried over: `PYTHONPATH`"), "{}", run.stderr);
    assert!(run.stdout.contains("# Not carried over: `PYTHONPATH`"), "{}", run.stdout);
    assert!(!run.stdout.contains("/opt/ours"), "{}", run.stdout);
    assert!(!room.run(&command).stderr.contains("PYTHONPATH"));
}

#[test]
fn a_config_with_errors_is_exported_only_by_force() {
    let wrong = format!("{ONE}main_process_port: 99999\n");
    let room = Room::new().file("job.yaml", &wrong);
    let command = ["export", "slurm", "--config_file", "job.yaml"];
    let run = room.run(&[&command[..], &["train.py"]].concat());
    assert!(run.code == 2 && run.stdout.is_empty(), "{}", run.stdout);
    assert!(run.stderr.contains("job.yaml:4:"), "{}", run.stderr);
    let run = export(
        "distributed_type: MULTI_GPU\nnum_processes: 2\nmixed_precision: fp32\n",
        &["slurm"],
        &["train.py"],
    );
    assert!(run.code == 2 && !run.stderr.contains("--force"), "Accelerate refuses it: {}", run.stderr);
    let wrong = "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_auto_wrap_policy: TRANSFORMER_LAYER\n";
    let run = export(wrong, &["slurm"], &["train.py"]);
    assert!(run.code == 2 && run.stderr.contains("`--force`"), "{}", run.stderr);
    let run = export(wrong, &["slurm", "--force"], &["train.py"]);
    assert!(run.code == 0 && run.stdout.starts_with("#!/bin/bash"), "{}", run.stderr);
    assert!(run.stderr.contains("fsdp/wrap-policy"), "it is said all the same: {}", run.stderr);
}

#[test]
fn an_image_has_the_project_s_accelerate() {
    let room = Room::new().file("job.yaml", ONE).file("accel-studio.yaml", "accelerate: '1.12'\n");
    let text = room.run(&["export", "dockerfile", "--config_file", "job.yaml", "train.py"]).stdout;
    assert!(text.contains("\"accelerate==1.12.*\""), "{text}");
}

#[test]
fn this_shell_changes_nothing_in_a_file() {
    let room = Room::new().file("job.yaml", ONE);
    let command = ["export", "env", "--config_file", "job.yaml", "train.py"];
    let plain = room.run(&command).stdout;
    assert!(plain.contains("\nACCELERATE_MIXED_PRECISION=bf16\n"), "{plain}");
    let with =
        room.run_with(&[("ACCELERATE_MIXED_PRECISION", "bf16"), ("OMP_NUM_THREADS", "7")], &command).stdout;
    let lines = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    };
    assert_eq!(lines(&plain), lines(&with));
}

#[test]
fn what_cannot_be_started_is_refused() {
    let refused = |config: &str, format: &[&str]| {
        let run = export(config, format, &["train.py"]);
        assert_eq!(run.code, 2, "{}", run.stdout);
        run.stderr
    };
    assert!(refused("distributed_type: 'NO'\n", &["torchrun"]).contains("one process"));
    assert!(refused(TWO, &["dockerfile"]).contains("--num_machines 1"));
    assert!(
        refused("distributed_type: MULTI_GPU\nnum_machines: 99999\nnum_processes: 99999\n", &["torchrun"])
            .contains("4096")
    );
    assert!(
        refused("compute_environment: SLURM\ndistributed_type: MULTI_GPU\n", &["slurm"])
            .contains("LOCAL_MACHINE")
    );
}

#[test]
fn a_file_is_written_once_unless_forced() {
    let room = Room::new().file("job.yaml", ONE).file("job.sh", "mine\n");
    let command = ["export", "slurm", "-o", "job.sh", "--config_file", "job.yaml"];
    let run = room.run(&[&command[..], &["train.py"]].concat());
    assert!(run.code == 2 && run.stderr.contains("--force"), "{}", run.stderr);
    assert_eq!(room.read("job.sh"), "mine\n");
    let run = room.run(&[&command[..], &["--force", "train.py"]].concat());
    assert!(run.code == 0 && room.read("job.sh").starts_with("#!/bin/bash\n# "), "{}", run.stderr);
}

/// Tells what a rank was given.
const SHOW: &str = "#!/bin/sh\necho \"rank $RANK of $WORLD_SIZE local $LOCAL_RANK of $LOCAL_WORLD_SIZE port $MASTER_PORT cpu $ACCELERATE_USE_CPU says $1\"\n";

fn room_with_script(name: &str, text: &str) -> Room {
    let room = Room::new().file("job.yaml", CPU).file(name, text);
    fs::set_permissions(room.path(name), fs::Permissions::from_mode(0o755)).expect("a program");
    room
}

fn program(name: &str) -> Option<PathBuf> {
    ["/usr/bin", "/usr/sbin", "/usr/local/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.is_file())
}

fn skip(what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
}

#[test]
fn open_mpi_runs_the_file() {
    let is_open = Command::new("mpirun").arg("--version").output();
    if !is_open.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("Open MPI")) {
        return skip("there is no Open MPI");
    }
    let room = room_with_script("show.sh", SHOW).file("hostfile", "localhost slots=2\n");
    let words = [
        "export",
        "mpi",
        "-o",
        "job.sh",
        "--config_file",
        "job.yaml",
        "--no_python",
        "./show.sh",
        "it's $HOME",
    ];
    assert_eq!(room.run(&words).code, 0);
    let mut sh = Command::new("sh");
    sh.arg("job.sh").current_dir(room.path("")).env("OMPI_ALLOW_RUN_AS_ROOT", "1");
    sh.env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1").env("OMPI_MCA_rmaps_base_oversubscribe", "1");
    let ended = sh.output().expect("sh is there");
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    let mut lines: Vec<&str> = said.lines().collect();
    lines.sort_unstable();
    let line = |rank: u8| format!("rank {rank} of 2 local {rank} of 2 port 29555 cpu True says it's $HOME");
    assert_eq!(lines, [line(0), line(1)], "{}", String::from_utf8_lossy(&ended.stderr));
}

/// A cluster of two nodes on this host, in a folder of its own; it ends with its owner.
struct Cluster {
    folder: PathBuf,
    daemons: Vec<Child>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for daemon in self.daemons.iter_mut().rev() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

impl Cluster {
    fn start(folder: &Path) -> Option<Cluster> {
        let [munged, slurmctld, slurmd] = ["munged", "slurmctld", "slurmd"].map(program);
        let (munged, slurmctld, slurmd) = (munged?, slurmctld?, slurmd?);
        for below in ["state", "spool.n1", "spool.n2"] {
            fs::create_dir_all(folder.join(below)).expect("folders");
        }
        fs::write(folder.join("key"), [7; 1024]).expect("a key");
        fs::set_permissions(folder.join("key"), fs::Permissions::from_mode(0o400)).expect("a private key");
        fs::write(folder.join("slurm.conf"), settings(folder)).expect("a file");
        let mut cluster = Cluster { folder: folder.to_owned(), daemons: Vec::new() };
        let file = |name: &str| folder.join(name).display().to_string();
        let options = [
            ("key-file", "key"),
            ("socket", "munge"),
            ("pid-file", "munge.pid"),
            ("log-file", "munge.log"),
            ("seed-file", "seed"),
        ];
        let options: Vec<String> =
            options.iter().map(|(name, value)| format!("--{name}={}", file(value))).collect();
        cluster.daemon(&munged, &[&["--foreground".to_owned(), "--force".to_owned()], &options[..]].concat());
        wait_for(|| folder.join("munge").exists())?;
        cluster.daemon(&slurmctld, &["-D".to_owned()]);
        for node in ["n1", "n2"] {
            cluster.daemon(&slurmd, &["-D", "-N", node].map(str::to_owned));
        }
        let are_idle = || {
            let said = cluster.ask("sinfo", &["--noheader", "--format=%D %t"]);
            said.trim() == "2 idle"
        };
        wait_for(are_idle)?;
        Some(cluster)
    }

    fn daemon(&mut self, program: &Path, options: &[String]) {
        let mut command = Command::new(program);
        command.args(options).env("SLURM_CONF", self.folder.join("slurm.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.daemons.push(command.spawn().expect("it starts"));
    }

    fn ask(&self, program: &str, words: &[&str]) -> String {
        let mut command = Command::new(program);
        command.args(words).env("SLURM_CONF", self.folder.join("slurm.conf")).current_dir(&self.folder);
        let said = command.output().expect("it is there");
        String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr)
    }

    /// Hands a script in, waits, and reads what it said.
    fn run(&self, script: &str) -> String {
        let said = self.ask("sbatch", &["--wait", "--output=said", script]);
        fs::read_to_string(self.folder.join("said")).unwrap_or(said)
    }
}

fn wait_for(is_there: impl Fn() -> bool) -> Option<()> {
    let mut tries = (0..150).inspect(|_| thread::sleep(Duration::from_millis(200)));
    tries.any(|_| is_there()).then_some(())
}

/// Ports that nobody holds now.
fn free_ports() -> [u16; 3] {
    let held = [(); 3].map(|()| TcpListener::bind(("127.0.0.1", 0)).expect("a free port"));
    held.map(|held| held.local_addr().expect("it is bound").port())
}

fn settings(folder: &Path) -> String {
    let said = |program: &str, option: &str| {
        let output = Command::new(program).arg(option).output().expect("it is there");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let [controller, first, second] = free_ports();
    let (host, user, folder) = (said("hostname", "-s"), said("id", "-un"), folder.display());
    format!(
        "ClusterName=test\nSlurmctldHost={host}(127.0.0.1)\nSlurmUser={user}\nSlurmdUser={user}\nSlurmctldPort={controller}\n\
         AuthType=auth/munge\nAuthInfo=socket={folder}/munge\nCredType=cred/munge\nStateSaveLocation={folder}/state\n\
         SlurmdSpoolDir={folder}/spool.%n\nSlurmctldPidFile={folder}/ctld.pid\nSlurmdPidFile={folder}/d.%n.pid\n\
         SlurmctldLogFile={folder}/ctld.log\nSlurmdLogFile={folder}/d.%n.log\nProctrackType=proctrack/linuxproc\n\
         TaskPlugin=task/none\nMpiDefault=none\nSelectType=select/cons_tres\nSelectTypeParameters=CR_CPU\n\
         JobAcctGatherType=jobacct_gather/none\nReturnToService=2\nSlurmdParameters=config_overrides\n\
         NodeName=n1,n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={first},{second} CPUs=2 State=UNKNOWN\n\
         PartitionName=all Nodes=ALL Default=YES State=UP\n"
    )
}

/// Stands in for Accelerate: tells its node and its words.
const ACCELERATE: &str = "#!/bin/sh\necho \"node $SLURM_NODEID:$(printf ' [%s]' \"$@\")\"\n";

#[test]
fn slurm_runs_the_files() {
    let room = room_with_script("show.sh", SHOW).file("two.yaml", "distributed_type: MULTI_GPU\nnum_machines: 2\nnum_processes: 4\nmixed_precision: bf16\nuse_cpu: true\n").file("bin/accelerate", ACCELERATE);
    fs::set_permissions(room.path("bin/accelerate"), fs::Permissions::from_mode(0o755)).expect("a program");
    let Some(cluster) = Cluster::start(&room.path("")) else {
        return skip(
            "there is no SLURM (Debian: slurmctld slurmd munge), or it does not start for this user",
        );
    };
    let write = |config: &str, file: &str, script: &[&str]| {
        let words = ["export", "slurm", "-o", file, "--config_file", config];
        let run = room.run(&[&words[..], script].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        let path = format!("export PATH={}:$PATH", room.path("bin").display());
        fs::write(room.path(file), room.read(file).replace("# source .venv/bin/activate", &path))
            .expect("a file");
    };
    write("job.yaml", "ranks.sh", &["--no_python", "./show.sh", "it's $HOME"]);
    let said = cluster.run("ranks.sh");
    let mut lines: Vec<&str> = said.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), 2, "{said}");
    for (rank, line) in lines.iter().enumerate() {
        assert!(line.starts_with(&format!("rank {rank} of 2 local {rank} of 2 port 2000")), "{said}");
        assert!(line.ends_with("cpu True says it's $HOME"), "{said}");
    }
    write("two.yaml", "machines.sh", &["train.py", "it's $HOME"]);
    let said = cluster.run("machines.sh");
    let mut lines: Vec<&str> = said.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), 2, "{said}");
    for (node, line) in lines.iter().enumerate() {
        assert!(line.starts_with(&format!("node {node}: [launch] [--config_file] [two.yaml] [--machine_rank] [{node}] [--main_process_ip] [n1] [--main_process_port] [2000")), "{said}");
        assert!(line.ends_with("] [train.py] [it's $HOME]"), "{said}");
    }
}
