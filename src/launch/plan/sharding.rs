//! What FSDP, Megatron-LM and the device mesh tell their workers.
//!
//! accelerate 1.15.0, `utils/launch.py`: `prepare_multi_gpu_env`, `prepare_extend_env_parallelism_config`.

use super::draft::Draft;
use crate::launch::contract;
use crate::layers::Refusal;

/// FSDP's variables.
pub(super) fn fsdp(draft: &mut Draft) -> Result<(), Refusal> {
    if !draft.is_on("use_fsdp") {
        return Ok(());
    }
    draft.put("ACCELERATE_USE_FSDP", "true", "use_fsdp");
    if draft.is_on("fsdp_cpu_ram_efficient_loading") && !draft.is_on("fsdp_sync_module_states") {
        let sentence = "`fsdp_cpu_ram_efficient_loading` needs `fsdp_sync_module_states: true`, because only one process loads the weights";
        return Err(Refusal::new("ValueError", sentence, "fsdp_sync_module_states"));
    }
    draft.carry(contract::FSDP);
    Ok(())
}

/// Megatron-LM's variables.
pub(super) fn megatron(draft: &mut Draft) {
    if draft.is_on("use_megatron_lm") {
        draft.put("ACCELERATE_USE_MEGATRON_LM", "true", "use_megatron_lm");
        draft.carry(contract::MEGATRON);
    }
}

/// The variables of the device mesh.
pub(super) fn mesh(draft: &mut Draft) -> Result<(), Refusal> {
    if !draft.is_on("use_parallelism_config") {
        return Ok(());
    }
    draft.put("ACCELERATE_USE_PARALLELISM_CONFIG", "true", "use_parallelism_config");
    draft.carry(contract::PARALLELISM);
    if draft.is_above("parallelism_config_cp_size", 1)? {
        draft.carry(contract::CONTEXT);
    }
    if draft.is_above("parallelism_config_sp_size", 1)? {
        draft.carry(contract::SEQUENCE);
    }
    Ok(())
}
