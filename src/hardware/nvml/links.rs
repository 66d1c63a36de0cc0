//! How devices are connected: NVLinks, and the way over the PCIe bus where there are none.

use nvml_wrapper::Device as Handle;
use nvml_wrapper::enum_wrappers::device::{P2pCapabilitiesIndex, P2pStatus, TopologyLevel};
use nvml_wrapper::error::NvmlError;

use super::super::{Device, NvLink, Reach, Topology};

/// NVLinks of a device at most: `NVML_NVLINK_MAX_LINKS`.
const MOST_LINKS: u32 = 18;

/// The links that are up. A device without NVLink refuses the first question.
pub(super) fn active(handle: &Handle) -> Vec<NvLink> {
    let mut active = Vec::new();
    for number in 0..MOST_LINKS {
        let link = handle.link_wrapper_for(number);
        match link.is_active() {
            Ok(true) => active.push(NvLink {
                link: number,
                version: link.version().ok(),
                remote: link.remote_pci_info().ok().map(|info| info.bus_id),
            }),
            Err(NvmlError::NotSupported | NvmlError::InvalidArg | NvmlError::FailedToLoadSymbol(_)) => break,
            Ok(false) | Err(_) => {}
        }
    }
    active
}

/// Every pair is asked once; the way back is the same.
pub(super) fn topology(handles: &[Result<Handle, NvmlError>], devices: &[Device]) -> Topology {
    let count = devices.len();
    let mut rows = vec![vec![None; count]; count];
    for from in 0..count {
        rows[from][from] = Some(Reach::Itself);
        for to in from + 1..count {
            let (Ok(first), Ok(second)) = (&handles[from], &handles[to]) else { continue };
            let way =
                nvlinks(first, second, &devices[from], &devices[to]).or_else(|| ancestor(first, second));
            rows[from][to] = way;
            rows[to][from] = way;
        }
    }
    Topology(rows)
}

/// Links from one device straight to the other, or to switches where the driver says that NVLink connects the
/// two: what a link to a switch leads to is not told otherwise.
fn nvlinks(first: &Handle, second: &Handle, from: &Device, to: &Device) -> Option<Reach> {
    let bus = to.pcie.as_ref()?.bus.as_deref()?;
    let leads_there =
        |link: &&NvLink| link.remote.as_ref().is_some_and(|remote| remote.eq_ignore_ascii_case(bus));
    let straight = from.nvlinks.iter().filter(leads_there).count();
    let links = if straight > 0 { straight } else { from.nvlinks.len().min(to.nvlinks.len()) };
    let is_connected =
        straight > 0 || matches!(first.p2p_status(second, P2pCapabilitiesIndex::NvLink), Ok(P2pStatus::Ok));
    (links > 0 && is_connected).then(|| Reach::NvLink(u32::try_from(links).unwrap_or(MOST_LINKS)))
}

#[cfg(target_os = "linux")]
fn ancestor(first: &Handle, second: &Handle) -> Option<Reach> {
    Some(match first.nvml().topology_common_ancestor(first, second).ok()? {
        TopologyLevel::Internal => Reach::Board,
        TopologyLevel::Single => Reach::Switch,
        TopologyLevel::Multiple => Reach::Switches,
        TopologyLevel::HostBridge => Reach::Bridge,
        TopologyLevel::Node => Reach::Node,
        TopologyLevel::System => Reach::System,
    })
}

/// Only Linux tells.
#[cfg(not(target_os = "linux"))]
fn ancestor(_: &Handle, _: &Handle) -> Option<Reach> {
    None
}
