//! One flat unit on this rank: the leaf that the graph is built on, and the fp32 master of the own part.

use tch::{Device, Kind, Tensor};

use super::error::{EngineError, Result};
use super::share::Share;
use crate::torch::autograd::resize_storage;

/// A unit's tensors. All are one-dimensional.
#[derive(Debug)]
pub struct Flat {
    /// As the network calls it.
    pub name: String,
    /// Numbers of its weights.
    pub numel: i64,
    /// With padding, so that it can be split evenly.
    pub padded: i64,
    /// Where the own part starts.
    pub offset: i64,
    /// Numbers of the own part.
    pub length: i64,
    /// All padded numbers; the storage may be empty between uses. Autograd's leaf.
    pub leaf: Tensor,
    /// The own part in fp32, at home: a view of the leaf where that is whole and there.
    pub master: Tensor,
    copy: Option<Tensor>,
    master_is_view: bool,
}

impl Flat {
    /// A unit of zeros.
    pub fn new(name: &str, numel: i64, share: &Share) -> Result<Flat> {
        let padded = share.padded(numel);
        let (offset, length) = share.own(padded);
        let leaf = Tensor::f_zeros([padded], (share.kind, share.device))?.f_set_requires_grad(true)?;
        if share.splits_parameters() {
            resize_storage(&leaf, 0)?;
        }
        let master_is_view = !share.splits_parameters() && share.home == share.device;
        let master =
            if master_is_view { leaf.data().f_narrow(0, offset, length)? } else { resting(length, share)? };
        let copy = share.keeps_copy.then(|| Tensor::f_zeros([length], (share.kind, share.device)));
        let copy = copy.transpose()?;
        Ok(Flat { name: name.to_owned(), numel, padded, offset, length, leaf, master, copy, master_is_view })
    }

    /// Takes the own part of a whole unit: fp32, without padding, on any device.
    pub fn fill(&mut self, whole: &Tensor, share: &Share) -> Result<()> {
        if whole.size() != [self.numel] {
            let (unit, found) = (self.name.clone(), whole.numel());
            return Err(EngineError::Size { unit, what: "what was read", found, expected: self.numel });
        }
        let _no_grad = tch::no_grad_guard();
        let held = (self.numel - self.offset).clamp(0, self.length);
        if held > 0 {
            self.master.f_narrow(0, 0, held)?.f_copy_(&whole.f_narrow(0, self.offset, held)?)?;
        }
        if !share.splits_parameters() {
            self.leaf.data().f_narrow(0, 0, self.numel)?.f_copy_(whole)?;
        }
        self.refresh(share)
    }

    /// Carries the master's values to where the graph finds them, unless they are there.
    pub fn refresh(&mut self, share: &Share) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        if let Some(copy) = &mut self.copy {
            copy.f_copy_(&self.master)?;
        }
        if !share.splits_parameters() && !self.master_is_view {
            self.leaf.data().f_narrow(0, self.offset, self.length)?.f_copy_(&self.master)?;
        }
        Ok(())
    }

    /// The own part as others gather it: on the device, in the leaf's kind.
    pub fn part(&self, share: &Share) -> Result<Tensor> {
        let source = self.copy.as_ref().unwrap_or(&self.master);
        Ok(source.f_to_device(share.device)?.f_to_kind(share.kind)?)
    }

    /// Gives the leaf its memory.
    pub fn allocate(&self) -> Result<()> {
        let numbers = usize::try_from(self.padded).unwrap_or(0);
        Ok(resize_storage(&self.leaf, numbers * self.leaf.kind().elt_size_in_bytes())?)
    }

    /// Takes the leaf's memory away.
    pub fn free(&self) -> Result<()> {
        Ok(resize_storage(&self.leaf, 0)?)
    }
}

/// Zeros at home; pinned where a GPU reads them and the driver lets them be, because copies are faster so.
fn resting(length: i64, share: &Share) -> Result<Tensor> {
    let plain = Tensor::f_zeros([length], (Kind::Float, share.home))?;
    if share.home == Device::Cpu && share.device.is_cuda() {
        return Ok(plain.f_pin_memory(share.device).unwrap_or(plain));
    }
    Ok(plain)
}
