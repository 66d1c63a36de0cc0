//! FSDP, first and second generation: one file per part of it.

mod loading;
mod sharding;
mod version;
mod wrapping;

pub(super) use loading::RULES as LOADING_RULES;
pub(super) use sharding::RULES as SHARDING_RULES;
pub(super) use version::RULES as VERSION_RULES;
pub(super) use wrapping::RULES as WRAPPING_RULES;

const VERSION: &str = "fsdp_config.fsdp_version";
const RESHARD: &str = "fsdp_config.fsdp_reshard_after_forward";
const STRATEGY: &str = "fsdp_config.fsdp_sharding_strategy";
const WRAP: &str = "fsdp_config.fsdp_auto_wrap_policy";
const CLASSES: &str = "fsdp_config.fsdp_transformer_layer_cls_to_wrap";
const UNIT_SIZE: &str = "fsdp_config.fsdp_min_num_params";
const LOADING: &str = "fsdp_config.fsdp_cpu_ram_efficient_loading";
const SYNC: &str = "fsdp_config.fsdp_sync_module_states";
const STATE_DICT: &str = "fsdp_config.fsdp_state_dict_type";
const CHECKPOINTING: &str = "fsdp_config.fsdp_activation_checkpointing";
const CHECKPOINT_OFFLOAD: &str = "fsdp_config.fsdp_activation_checkpointing_offload";
