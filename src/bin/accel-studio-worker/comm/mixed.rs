//! A group for tensors of the GPU and of the host: NCCL for the one kind, Gloo for the other.

use tch::{Device, Tensor};

use super::{Collective, Reduction, Result, Work};

/// Two groups of the same ranks.
pub struct Mixed<G, H> {
    /// For tensors of a GPU.
    pub gpu: G,
    /// For tensors in host memory.
    pub host: H,
}

impl<G: Collective, H: Collective> Mixed<G, H> {
    fn of(&self, tensor: &Tensor) -> &dyn Collective {
        if tensor.device() == Device::Cpu { &self.host } else { &self.gpu }
    }
}

impl<G: Collective, H: Collective> Collective for Mixed<G, H> {
    fn rank(&self) -> usize {
        self.gpu.rank()
    }

    fn size(&self) -> usize {
        self.gpu.size()
    }

    fn name(&self) -> &'static str {
        self.gpu.name()
    }

    fn all_reduce(&self, tensor: &Tensor, how: Reduction) -> Result<Work> {
        self.of(tensor).all_reduce(tensor, how)
    }

    fn reduce_scatter(&self, part: &Tensor, whole: &Tensor, how: Reduction) -> Result<Work> {
        self.of(whole).reduce_scatter(part, whole, how)
    }

    fn all_gather(&self, whole: &Tensor, part: &Tensor) -> Result<Work> {
        self.of(whole).all_gather(whole, part)
    }

    fn broadcast(&self, tensor: &Tensor, root: usize) -> Result<Work> {
        self.of(tensor).broadcast(tensor, root)
    }

    fn barrier(&self) -> Result<()> {
        self.host.barrier()
    }
}
