//! A group over host memory for tensors of a GPU: for ranks that share one, which NCCL refuses.
//!
//! Slower than NCCL by the way over the bus, and right in every case: Gloo's own collectives on GPU tensors are not
//! complete.

use tch::{Device, Tensor};

use super::{Collective, Pending, Reduction, Result, Work, failed};

/// A group that only knows host memory, for tensors anywhere.
pub struct Staged<C>(pub C);

impl<C: Collective> Staged<C> {
    /// Lets the group work on copies in host memory, and copies one of them back when it is done.
    fn through(
        &self,
        doing: &'static str,
        target: &Tensor,
        source: &Tensor,
        work: impl FnOnce(&Tensor, &Tensor) -> Result<Work>,
    ) -> Result<Work> {
        let error = failed(doing, self.0.rank());
        let host = |tensor: &Tensor| {
            tensor
                .data()
                .f_to_device(Device::Cpu)
                .and_then(|tensor| tensor.f_contiguous())
                .map_err(|e| error(e.into()))
        };
        let to = host(target)?;
        // The same tensor for both where it is changed in place.
        let from = if target.as_ptr() == source.as_ptr() { to.shallow_clone() } else { host(source)? };
        let work = work(&to, &from)?;
        Ok(Box::new(StagedWork { work, to, target: target.data(), doing, rank: self.0.rank() }))
    }
}

impl<C: Collective> Collective for Staged<C> {
    fn rank(&self) -> usize {
        self.0.rank()
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn all_reduce(&self, tensor: &Tensor, how: Reduction) -> Result<Work> {
        self.through("all-reduce", tensor, tensor, |tensor, _| self.0.all_reduce(tensor, how))
    }

    fn reduce_scatter(&self, part: &Tensor, whole: &Tensor, how: Reduction) -> Result<Work> {
        self.through("reduce-scatter", part, whole, |part, whole| self.0.reduce_scatter(part, whole, how))
    }

    fn all_gather(&self, whole: &Tensor, part: &Tensor) -> Result<Work> {
        self.through("all-gather", whole, part, |whole, part| self.0.all_gather(whole, part))
    }

    fn broadcast(&self, tensor: &Tensor, root: usize) -> Result<Work> {
        self.through("broadcast", tensor, tensor, |tensor, _| self.0.broadcast(tensor, root))
    }

    fn barrier(&self) -> Result<()> {
        self.0.barrier()
    }
}

struct StagedWork {
    work: Work,
    to: Tensor,
    target: Tensor,
    doing: &'static str,
    rank: usize,
}

impl Pending for StagedWork {
    fn wait(mut self: Box<Self>) -> Result<()> {
        self.work.wait()?;
        let _no_grad = tch::no_grad_guard();
        self.target.f_copy_(&self.to).map_err(|error| failed(self.doing, self.rank)(error.into()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comm::local::Local;

    #[test]
    fn what_comes_back_lands_in_the_tensor_that_was_given() {
        let group = Staged(Local);
        let (whole, part) = (Tensor::from_slice(&[0.0f32; 3]), Tensor::from_slice(&[1.0f32, 2.0, 3.0]));
        group.all_gather(&whole, &part).and_then(|work| work.wait()).expect("one process");
        assert_eq!(whole, part);
        group
            .reduce_scatter(&part, &(&whole * 2.0), Reduction::Sum)
            .and_then(|work| work.wait())
            .expect("one process");
        assert_eq!(part.double_value(&[2]), 6.0);
    }
}
