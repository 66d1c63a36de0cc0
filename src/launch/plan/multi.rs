//! One process per device: several GPUs, FSDP, Megatron-LM and other accelerators.
//!
//! accelerate 1.15.0, `utils/launch.py::prepare_multi_gpu_env` and `commands/launch.py::multi_gpu_launcher`.

use super::draft::Draft;
use super::ranks::{self, Group};
use super::{devices, meeting, precision, sharding};
use crate::launch::Launcher;
use crate::layers::{Refusal, python};

/// The processes of this path; variables go into the draft.
pub(super) fn plan(draft: &mut Draft) -> Result<Group, Refusal> {
    let port = meeting::port(draft);
    let mut told = meeting::tell(draft, &port)?;
    if meeting::is_port_taken(draft, &port)? {
        meeting::fall_back(draft, &mut told, &port);
    }
    draft.check_script()?;
    if draft.is_on("debug") {
        draft.put("ACCELERATE_DEBUG_MODE", "true", "debug");
    }
    devices::hide(draft)?;
    let precision = precision::word(draft)?;
    precision::write(draft, &precision)?;
    precision::compile(draft)?;
    sharding::fsdp(draft)?;
    sharding::megatron(draft);
    draft.put(
        "OMP_NUM_THREADS",
        python::str(draft.get("num_cpu_threads_per_process")),
        "num_cpu_threads_per_process",
    );
    if draft.is_on("enable_cpu_affinity") {
        draft.put("ACCELERATE_CPU_AFFINITY", "1", "enable_cpu_affinity");
    }
    sharding::mesh(draft)?;
    devices::switch_nccl(draft);
    ranks::group(draft, told, Launcher::MultiGpu)
}
