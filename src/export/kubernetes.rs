//! Manifests for Kubernetes: a Job, a PyTorchJob of Kubeflow's training operator, or a TrainJob of
//! Kubeflow Trainer.
//!
//! Fields and variables: batch/v1; kubeflow.org/v1 (the operator gives each pod RANK, the pod's number,
//! MASTER_ADDR and MASTER_PORT; the container must be called `pytorch`); trainer.kubeflow.org/v1alpha1
//! (Trainer gives PET_NODE_RANK, PET_MASTER_ADDR and PET_MASTER_PORT). The config travels in a variable,
//! which needs no second object and no image of its own.

use serde_json::{Map, Value, json};

use super::job::{self, Job};
use super::{Export, accelerate, line, manifest, variables};

/// Which object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A Job for one machine, else a PyTorchJob.
    Fitting,
    /// Kubeflow's training operator.
    PyTorchJob,
    /// Kubeflow Trainer.
    TrainJob,
}

/// What stands for an image that nobody named.
const IMAGE: &str = "registry.example/image:tag";
/// The variable that carries the config, and the file that each pod makes of it.
const VARIABLE: &str = "JOB_CONFIG";
const FILE: &str = "/tmp/accelerate_config";

/// The object that is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Job,
    PyTorch,
    Train,
}

/// The manifest.
pub(super) fn export(job: &Job, kind: Kind, image: Option<&str>) -> Result<Export, String> {
    let form = match kind {
        Kind::TrainJob => Form::Train,
        Kind::Fitting if pods(job) == 1 => Form::Job,
        Kind::Fitting | Kind::PyTorchJob => Form::PyTorch,
    };
    let text_of_config = job.config.map(|config| config.text).unwrap_or_default();
    if text_of_config.contains('\0') {
        return Err("the config holds a NUL character, which no variable can carry".to_owned());
    }
    let mut losses = job.losses();
    losses.push(
        "volumes with data, the script itself and secrets: the image or the cluster must bring them"
            .to_owned(),
    );
    if form == Form::Train {
        losses.push(
            "a larger /dev/shm for loaders of data: the runtime `torch-distributed` decides".to_owned(),
        );
    }
    let mut edit = vec!["namespace"];
    if image.is_none() {
        edit.insert(0, "image");
    }
    let page = match form {
        Form::Job => single(job, image),
        Form::PyTorch => pytorch(job, image),
        Form::Train => train(job, image),
    };
    let what = format!(
        "A {} for Kubernetes; hand it in with `kubectl apply -f FILE`",
        match form {
            Form::Job => "Job (batch/v1)",
            Form::PyTorch => "PyTorchJob (kubeflow.org/v1)",
            Form::Train => "TrainJob (trainer.kubeflow.org/v1alpha1)",
        }
    );
    Ok(Export { text: job::head(job, &what, &edit, &losses) + &manifest::yaml(&page), losses })
}

/// One pod per machine; one per rank where Accelerate starts no group.
fn pods(job: &Job) -> i64 {
    if job.is_ranked_by_cluster() { job.processes() } else { job.machines() }
}

fn single(job: &Job, image: Option<&str>) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": { "name": job.name() },
        // The launcher restarts its processes itself (`max_restarts`); a new pod would begin from nothing.
        "spec": { "backoffLimit": 0, "template": { "spec": pod(job, image, Form::Job, true) } },
    })
}

fn pytorch(job: &Job, image: Option<&str>) -> Value {
    let replica = |count: i64| {
        json!({
            "replicas": count,
            "restartPolicy": "Never",
            "template": { "spec": pod(job, image, Form::PyTorch, false) },
        })
    };
    let mut replicas = Map::new();
    replicas.insert("Master".to_owned(), replica(1));
    if pods(job) > 1 {
        replicas.insert("Worker".to_owned(), replica(pods(job) - 1));
    }
    json!({
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": { "name": job.name() },
        // The published model (kubeflow-training 1.9) wants a policy; this is the operator's own default.
        "spec": { "runPolicy": { "cleanPodPolicy": "None" }, "pytorchReplicaSpecs": replicas },
    })
}

fn train(job: &Job, image: Option<&str>) -> Value {
    let mut trainer = Map::new();
    trainer.insert("numNodes".to_owned(), pods(job).into());
    trainer.insert("image".to_owned(), image.unwrap_or(IMAGE).into());
    trainer.insert("command".to_owned(), json!(["bash", "-c"]));
    trainer.insert("args".to_owned(), json!([literal(&script(job, Form::Train))]));
    trainer.insert("env".to_owned(), env(job));
    if let Some(limits) = limits(job) {
        trainer.insert("resourcesPerNode".to_owned(), json!({ "limits": limits }));
    }
    json!({
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": { "name": job.name() },
        "spec": { "runtimeRef": { "name": "torch-distributed" }, "trainer": trainer },
    })
}

fn pod(job: &Job, image: Option<&str>, form: Form, has_policy: bool) -> Value {
    let mut container = Map::new();
    // The operator looks for a container of this name.
    container.insert("name".to_owned(), "pytorch".into());
    container.insert("image".to_owned(), image.unwrap_or(IMAGE).into());
    container.insert("command".to_owned(), json!(["bash", "-c"]));
    container.insert("args".to_owned(), json!([literal(&script(job, form))]));
    container.insert("env".to_owned(), env(job));
    if let Some(limits) = limits(job) {
        container.insert("resources".to_owned(), json!({ "limits": limits }));
    }
    // A pod's own /dev/shm has 64 MiB, too few for loaders of data and for NCCL.
    container.insert("volumeMounts".to_owned(), json!([{ "name": "shm", "mountPath": "/dev/shm" }]));
    let mut pod = Map::new();
    if has_policy {
        pod.insert("restartPolicy".to_owned(), "Never".into());
    }
    pod.insert("containers".to_owned(), json!([container]));
    pod.insert("volumes".to_owned(), json!([{ "name": "shm", "emptyDir": { "medium": "Memory" } }]));
    Value::Object(pod)
}

fn limits(job: &Job) -> Option<Value> {
    let gpus = if job.is_alone() { 1 } else { job.share() };
    (!job.is_cpu()).then(|| json!({ "nvidia.com/gpu": gpus.to_string() }))
}

fn env(job: &Job) -> Value {
    let mut list = Vec::new();
    if job.is_ranked_by_cluster() {
        list.extend(
            variables(job.plan()).map(|(name, value)| json!({ "name": name, "value": literal(value) })),
        );
    } else if let Some(config) = &job.config {
        list.push(json!({ "name": VARIABLE, "value": literal(config.text) }));
    }
    Value::Array(list)
}

/// What each pod does, for a POSIX shell.
fn script(job: &Job, form: Form) -> String {
    let (rank, address, port) = match form {
        Form::Train => ("$PET_NODE_RANK", "$PET_MASTER_ADDR", "$PET_MASTER_PORT"),
        Form::Job | Form::PyTorch => ("$RANK", "$MASTER_ADDR", "$MASTER_PORT"),
    };
    if job.is_ranked_by_cluster() {
        let words: Vec<String> = job.command().iter().map(|word| line::quoted(word)).collect();
        let ranks = format!(
            "export RANK=\"{rank}\" WORLD_SIZE={} LOCAL_RANK=0 LOCAL_WORLD_SIZE=1 MASTER_ADDR=\"{address}\" MASTER_PORT=\"{port}\"",
            pods(job)
        );
        return format!("{ranks}\nexec {}\n", words.join(" "));
    }
    let own = [("machine_rank", rank), ("main_process_ip", address), ("main_process_port", port)];
    let own = if job.machines() == 1 { &[][..] } else { &own[..] };
    let Some(config) = &job.config else { return format!("exec {}\n", accelerate(job.asked, own).text()) };
    // Accelerate takes a file for JSON by its name.
    let ending = if config.name.ends_with(".json") { "json" } else { "yaml" };
    let file = format!("{FILE}.{ending}");
    let asked = super::Asked { config: Some(file.as_ref()), ..job.asked };
    format!("printf '%s' \"${VARIABLE}\" > {file}\nexec {}\n", accelerate(asked, own).text())
}

/// Kubernetes fills `$(NAME)` in and takes `$$` for `$` in values, commands and arguments; this text
/// comes out as it went in.
fn literal(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        out.push(char);
        if char == '$' && (out.ends_with("$$") || matches!(chars.peek(), Some('(' | '$'))) {
            out.push('$');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Kubernetes makes of a text where no variable is known: `$$` is `$`, all else stays.
    fn filled_in(text: &str) -> String {
        text.replace("$$", "$")
    }

    #[test]
    fn kubernetes_fills_nothing_in() {
        assert_eq!(literal("\"$RANK\" $(x) $"), "\"$RANK\" $$(x) $");
        for text in ["$$", "$$$", "$$(x)", "$", "a$$b", "$a$(b)$$", "$$$$("] {
            assert_eq!(filled_in(&literal(text)), text);
            assert!(!literal(text).replace("$$", "").contains("$("), "{text}");
        }
    }
}
