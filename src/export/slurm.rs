//! A batch script for SLURM: one task per machine starts Accelerate there, or one task per rank where
//! Accelerate would start no group.
//!
//! Options are those of sbatch and srun from 21.08 on; the address is the first host of the job's node
//! list, and the port hangs on the job's number, so that two jobs on one machine do not meet.

use super::job::{self, Job};
use super::{Export, accelerate, line};
use crate::launch::Launcher;

/// The script.
pub(super) fn export(job: &Job) -> Export {
    let mut losses = job.losses();
    if job.settings.get("main_process_ip").as_text().is_some_and(|address| address != super::NOWHERE) {
        losses.push("`main_process_ip`: the address is that of the job's first node".to_owned());
    }
    if job.plan().launcher == Launcher::Mpi {
        losses.push("`mpirun_config`: srun starts each process by itself, without an MPI".to_owned());
    }
    let what = "A batch script for SLURM; hand it in with `sbatch FILE`";
    let edit = ["partition", "account", "time", "how the Python environment is activated"];
    let text = format!(
        "#!/bin/bash\n{}{}\nset -eu\n{}{}\n{}",
        job::head(job, what, &edit, &losses),
        directives(job),
        check(job),
        meeting(),
        start(job)
    );
    Export { text, losses }
}

fn directives(job: &Job) -> String {
    let by_rank = job.is_ranked_by_cluster();
    let tasks = if by_rank { job.share() } else { 1 };
    let threads = crate::layers::python::integer(job.settings.get("num_cpu_threads_per_process"));
    let ranks_of_task = if by_rank { 1 } else { job.share() };
    let cores = threads.unwrap_or(1).max(1).saturating_mul(ranks_of_task);
    let mut text = format!(
        "#SBATCH --job-name={}\n#SBATCH --nodes={}\n#SBATCH --ntasks-per-node={tasks}\n",
        job.name(),
        job.machines()
    );
    text.push_str("# At least one core for each thread of each process; loaders of data want more.\n");
    text.push_str(&format!("#SBATCH --cpus-per-task={cores}\n"));
    if !job.is_cpu() {
        let gpus = if job.is_alone() { 1 } else { job.share() };
        text.push_str(&format!("#SBATCH --gpus-per-node={gpus}\n"));
    }
    text.push_str("#SBATCH --output=%x-%j.log\n##SBATCH --partition=...\n##SBATCH --account=...\n##SBATCH --time=24:00:00\n");
    text
}

/// Says on the job's log when the config is another than at the time of the export.
fn check(job: &Job) -> String {
    let Some(config) = &job.config else { return String::new() };
    let name = line::quoted(config.name);
    format!(
        "now=$(sha256sum < {name})\nif [ \"${{now%% *}}\" != {} ]; then\n  printf '%s has changed since this script was written\\n' {name} >&2\nfi\n",
        config.sha256()
    )
}

fn meeting() -> &'static str {
    "MASTER_ADDR=$(scontrol show hostnames \"$SLURM_JOB_NODELIST\" | head -n 1)\n\
     MASTER_PORT=$((20000 + SLURM_JOB_ID % 10000))\n\
     export MASTER_ADDR MASTER_PORT\n\
     # source .venv/bin/activate\n"
}

/// The line that starts the job; the task's own shell fills the variables in, on each machine.
fn start(job: &Job) -> String {
    let srun = "srun --kill-on-bad-exit=1 --cpus-per-task=\"$SLURM_CPUS_PER_TASK\"";
    if job.is_ranked_by_cluster() {
        let words: Vec<String> = job.command().iter().map(|word| line::quoted(word)).collect();
        let ranks =
            "export RANK=\"$SLURM_PROCID\" LOCAL_RANK=\"$SLURM_LOCALID\" WORLD_SIZE=\"$SLURM_NTASKS\"";
        let command = format!("{ranks} LOCAL_WORLD_SIZE={}; exec {}", job.share(), words.join(" "));
        return format!("{}{srun} bash -c {}\n", exports(job), line::quoted(&command));
    }
    let port = ("main_process_port", "$MASTER_PORT");
    if job.is_alone() {
        return format!("{srun} {}\n", accelerate(job.asked, &[]).text());
    }
    if job.machines() == 1 {
        return format!("{srun} {}\n", accelerate(job.asked, &[port]).text());
    }
    let own = [("machine_rank", "$SLURM_NODEID"), ("main_process_ip", "$MASTER_ADDR"), port];
    let command = format!("exec {}", accelerate(job.asked, &own).text());
    format!("{srun} bash -c {}\n", line::quoted(&command))
}

/// Accelerate's variables, which no launcher writes here.
fn exports(job: &Job) -> String {
    let variables = super::variables(job.plan());
    variables.map(|(name, value)| format!("export {name}={}\n", line::quoted(value))).collect()
}
