//! A Dockerfile that installs the project's release of Accelerate and runs the job.

use super::job::{self, Job};
use super::{Export, accelerate};

/// An image of torch with CUDA, and one with Python alone, where nobody names one.
const GPU: &str = "pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime";
const CPU: &str = "python:3.12-slim";

/// The file; why not, where a machine's number would have to be known.
pub(super) fn export(job: &Job, image: Option<&str>) -> Result<Export, String> {
    if job.machines() > 1 {
        return Err("a container does not know the number of its machine; set `--num_machines 1`, or export for kubernetes or slurm".to_owned());
    }
    let mut losses = job.losses();
    losses.push("packages that the script needs, and its data".to_owned());
    let mut packages = vec![format!("accelerate=={}.*", job.release)];
    if job.is_cpu() && image.is_none() {
        packages.insert(0, "torch".to_owned());
    }
    if job.settings.is_on("use_deepspeed") {
        packages.push("deepspeed".to_owned());
    }
    let packages: Vec<String> = packages.iter().map(|package| format!("\"{package}\"")).collect();
    let image = image.unwrap_or(if job.is_cpu() { CPU } else { GPU });
    let run =
        if job.is_cpu() { "docker run --rm NAME" } else { "docker run --rm --gpus all --ipc=host NAME" };
    let what = format!("A Dockerfile; build it with `docker build -t NAME .` and start it with `{run}`");
    let text = format!(
        "{}FROM {image}\nRUN pip install --no-cache-dir {}\nWORKDIR /job\n{}CMD {}\n",
        job::head(job, &what, &["image", "packages", "which files are copied"], &losses),
        packages.join(" "),
        copies(job),
        command(job),
    );
    Ok(Export { text, losses })
}

/// Where a file of the host lies within the image.
fn inside(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    format!("/job/{file}")
}

/// The config and the script, where the script is a file.
fn copies(job: &Job) -> String {
    let config = job.config.map(|config| config.name);
    let is_file = !job.settings.is_on("module") && !job.settings.is_on("no_python");
    let script = is_file.then_some(job.asked.script.name.as_str());
    let files = config.into_iter().chain(script);
    files.map(|file| format!("COPY {}\n", json(&[file, &inside(file)]))).collect()
}

fn command(job: &Job) -> String {
    let is_file = !job.settings.is_on("module") && !job.settings.is_on("no_python");
    let mut script = job.asked.script.clone();
    if is_file {
        script.name = inside(&script.name);
    }
    let config = job.config.map(|config| inside(config.name));
    let asked = super::Asked {
        config: config.as_deref().map(std::path::Path::new),
        given: job.asked.given,
        script: &script,
    };
    let words = shlex::split(&accelerate(asked, &[]).text()).unwrap_or_default();
    json(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Words as a Dockerfile takes them without any shell.
fn json(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| serde_json::Value::from(*word).to_string()).collect();
    format!("[{}]", words.join(", "))
}
