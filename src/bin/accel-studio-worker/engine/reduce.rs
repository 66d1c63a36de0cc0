//! Gradients of all ranks become one, while backward goes on with the next unit.
//!
//! The loss is divided by ranks and micro-batches before backward, so sums are means here.

use accel_studio::worker::Layout;
use tch::{Kind, Tensor};

use super::bucket::{Bucket, buckets};
use super::error::{EngineError, Result};
use super::flat::Flat;
use super::units::Units;
use crate::comm::{self, Work};
use crate::torch::autograd::{clear_grad, grad};

/// Where the gradients of a step are.
pub struct Reduction {
    buckets: Vec<Bucket>,
    on_the_way: Vec<Reducing>,
    sums: Vec<Option<Tensor>>,
    uses: Vec<usize>,
    is_last: bool,
    syncs_each_batch: bool,
}

/// A collective, and the part of each unit that it will have reduced.
struct Reducing {
    works: Vec<Work>,
    parts: Vec<(usize, Tensor)>,
    /// What is read until then.
    _source: Option<Tensor>,
}

impl Reduction {
    /// Nothing reduced yet. `order` is the one in which backward completes units.
    pub fn new(flats: &[Flat], order: &[usize], layout: &Layout) -> Reduction {
        let sizes: Vec<i64> = flats.iter().map(|flat| flat.padded).collect();
        Reduction {
            buckets: buckets(order, &sizes, layout.bucket_bytes),
            on_the_way: Vec::new(),
            sums: flats.iter().map(|_| None).collect(),
            uses: vec![1; flats.len()],
            is_last: true,
            syncs_each_batch: layout.syncs_each_batch,
        }
    }
}

impl Units {
    /// Begins a micro-batch in which each unit's gradient is complete after so many backward passes.
    pub fn begin(&mut self, is_last: bool, uses: Vec<usize>) {
        self.reduction.is_last = is_last;
        self.reduction.uses = uses;
    }

    /// A backward pass has added to a unit's gradient.
    pub fn accumulated(&mut self, unit: usize) -> Result<()> {
        let uses = &mut self.reduction.uses[unit];
        *uses = uses.saturating_sub(1);
        if *uses > 0 {
            return Ok(());
        }
        if self.share.splits_gradients() {
            return self.scatter(unit);
        }
        if self.reduction.is_last || self.reduction.syncs_each_batch {
            return self.fill_bucket(unit);
        }
        Ok(())
    }

    /// Every rank keeps the sum of its own part; the whole gradient lives until the next unit's is there.
    fn scatter(&mut self, unit: usize) -> Result<()> {
        self.settle()?;
        let whole = self.take(unit)?;
        let flat = &self.flats[unit];
        let part = Tensor::f_empty([flat.length], (Kind::Float, self.share.device))?;
        let work = self.groups.shard.reduce_scatter(&part, &whole, comm::Reduction::Sum)?;
        let reducing = Reducing { works: vec![work], parts: vec![(unit, part)], _source: Some(whole) };
        self.reduction.on_the_way.push(reducing);
        if self.share.splits_parameters() { self.release(unit) } else { Ok(()) }
    }

    /// Every rank gets the whole sum, of as many units at once as a bucket holds.
    fn fill_bucket(&mut self, unit: usize) -> Result<()> {
        let buckets = &mut self.reduction.buckets;
        let Some(bucket) = buckets.iter_mut().find(|bucket| bucket.units.contains(&unit)) else {
            return Ok(());
        };
        bucket.ready += 1;
        if bucket.ready < bucket.units.len() {
            return Ok(());
        }
        bucket.ready = 0;
        let (units, pieces) = (bucket.units.clone(), bucket.pieces.clone());
        let (whole, parts) = self.pack(&units)?;
        let works = pieces.iter().map(|(start, length)| {
            Ok(self.groups.all.all_reduce(&whole.f_narrow(0, *start, *length)?, comm::Reduction::Sum)?)
        });
        let works = works.collect::<Result<Vec<_>>>()?;
        self.reduction.on_the_way.push(Reducing { works, parts, _source: None });
        Ok(())
    }

    /// The gradients of several units in one tensor, and the views of it that are each unit's own part.
    fn pack(&mut self, units: &[usize]) -> Result<(Tensor, Vec<(usize, Tensor)>)> {
        let gradients = units.iter().map(|unit| self.take(*unit)).collect::<Result<Vec<_>>>()?;
        let whole =
            if gradients.len() == 1 { gradients[0].shallow_clone() } else { Tensor::f_cat(&gradients, 0)? };
        let mut start = 0;
        let mut parts = Vec::with_capacity(units.len());
        for unit in units {
            let flat = &self.flats[*unit];
            parts.push((*unit, whole.f_narrow(0, start + flat.offset, flat.length)?));
            start += flat.padded;
        }
        Ok((whole, parts))
    }

    /// A unit's whole gradient in fp32; its leaf has none any more.
    fn take(&self, unit: usize) -> Result<Tensor> {
        let flat = &self.flats[unit];
        let gradient = grad(&flat.leaf).ok_or_else(|| EngineError::NoGradient { unit: flat.name.clone() })?;
        clear_grad(&flat.leaf)?;
        Ok(gradient.f_to_kind(Kind::Float)?.f_contiguous()?)
    }

    /// Waits for what is on its way, and adds it to the step's sums.
    fn settle(&mut self) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        let place = if self.has_replicas() { self.share.device } else { self.share.home };
        for Reducing { works, parts, .. } in std::mem::take(&mut self.reduction.on_the_way) {
            works.into_iter().try_for_each(|work| work.wait())?;
            for (unit, part) in parts {
                let part = part.f_to_device(place)?;
                match &mut self.reduction.sums[unit] {
                    Some(sum) => drop(sum.f_add_(&part)?),
                    none => *none = Some(part),
                }
            }
        }
        Ok(())
    }

    /// The mean gradients of the step, own parts, at home, in the order of units.
    pub fn finish(&mut self) -> Result<Vec<Tensor>> {
        self.settle()?;
        let sums =
            self.reduction.sums.iter_mut().zip(&self.flats).map(|(sum, flat)| {
                sum.take().ok_or_else(|| EngineError::NoGradient { unit: flat.name.clone() })
            });
        let mut sums = sums.collect::<Result<Vec<Tensor>>>()?;
        if self.has_replicas() {
            let works = sums.iter().map(|sum| self.groups.replica.all_reduce(sum, comm::Reduction::Sum));
            let works = works.collect::<comm::Result<Vec<_>>>()?;
            works.into_iter().try_for_each(|work| work.wait())?;
        }
        for sum in &mut sums {
            *sum = sum.f_to_device(self.share.home)?;
        }
        Ok(sums)
    }

    fn has_replicas(&self) -> bool {
        self.share.splits_gradients() && self.groups.replica.size() > 1
    }
}
