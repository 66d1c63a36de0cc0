//! Which devices the processes may see, and the switches that some GPUs need.

use super::draft::Draft;
use crate::hardware::Gpus;
use crate::layers::{Accelerator, Refusal};
use crate::value::Value;

/// Hides the other devices, where the config names some. The variable is that of the accelerator that
/// is present here, whatever the training type says.
pub(super) fn hide(draft: &mut Draft) -> Result<(), Refusal> {
    match draft.get("gpu_ids") {
        Value::Null => return Ok(()),
        Value::Text(ids) if ids == "all" => return Ok(()),
        _ => {}
    }
    let variable = match draft.computer.accelerator {
        Some((Accelerator::Xpu, _)) => "ZE_AFFINITY_MASK",
        Some((Accelerator::Mlu, _)) => "MLU_VISIBLE_DEVICES",
        Some((Accelerator::Sdaa, _)) => "SDAA_VISIBLE_DEVICES",
        Some((Accelerator::Musa, _)) => "MUSA_VISIBLE_DEVICES",
        Some((Accelerator::Npu, _)) => "ASCEND_RT_VISIBLE_DEVICES",
        Some((Accelerator::Hpu, _)) => "HABANA_VISIBLE_MODULES",
        Some((Accelerator::Neuron, _)) => "NEURON_RT_VISIBLE_CORES",
        None => "CUDA_VISIBLE_DEVICES",
    };
    let ids = draft.text("gpu_ids")?;
    draft.put(variable, ids, "gpu_ids");
    Ok(())
}

/// Switches NCCL's short cuts off for several RTX 40 cards with an old driver
/// (`check_cuda_p2p_ib_support`).
pub(super) fn switch_nccl(draft: &mut Draft) {
    if !lacks_peer_access(&draft.computer.machine.gpus) {
        return;
    }
    for variable in ["NCCL_P2P_DISABLE", "NCCL_IB_DISABLE"] {
        if draft.variable(variable).is_none() {
            draft.set(variable, "1");
        }
    }
}

/// True for several GPUs of which one is an RTX 40, where the driver is older than 550.40.07.
fn lacks_peer_access(gpus: &Gpus) -> bool {
    let Gpus::Listed { driver: Some(driver), devices, .. } = gpus else { return false };
    let is_rtx40 = |name: &String| name.contains("RTX 40");
    let has_rtx40 = devices.iter().filter_map(|device| device.name.as_ref()).any(is_rtx40);
    devices.len() > 1 && has_rtx40 && numbers(driver).is_some_and(|version| version < vec![550, 40, 7])
}

/// The parts of a version; `None` where Accelerate could not read it either.
fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hardware::Device;

    fn gpus(names: &[&str], driver: &str) -> Gpus {
        let device = |name: &&str| Device { name: Some((*name).to_owned()), ..Device::default() };
        let listed = Gpus::listed(names.iter().map(device).collect());
        match listed {
            Gpus::Listed { cuda, devices, topology, .. } => {
                Gpus::Listed { driver: Some(driver.to_owned()), cuda, devices, topology }
            }
            other => other,
        }
    }

    #[test]
    fn only_several_rtx_40_with_an_old_driver_need_the_switches() {
        let rtx = "NVIDIA GeForce RTX 4090";
        assert!(lacks_peer_access(&gpus(&[rtx, rtx], "535.183.01")));
        assert!(!lacks_peer_access(&gpus(&[rtx, rtx], "550.40.07")));
        assert!(!lacks_peer_access(&gpus(&[rtx, rtx], "550.54")));
        assert!(!lacks_peer_access(&gpus(&[rtx], "535.183.01")));
        assert!(!lacks_peer_access(&gpus(&["NVIDIA GeForce RTX 5090"; 2], "535.183.01")));
    }
}
