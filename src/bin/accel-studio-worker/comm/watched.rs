//! A group whose failures are explained: who is missing, instead of what the library below noticed first.

use std::sync::Arc;

use tch::Tensor;

use super::watch::Watch;
use super::{Collective, CommError, Pending, Reduction, Result, Work};

/// A group, and who watches over it.
pub struct Watched {
    inner: Arc<dyn Collective>,
    group: &'static str,
    watch: Arc<Watch>,
    rank: usize,
}

impl Watched {
    /// `rank` is the one among all, by which people know it.
    pub fn new(inner: Arc<dyn Collective>, group: &'static str, watch: Arc<Watch>, rank: usize) -> Watched {
        Watched { inner, group, watch, rank }
    }

    /// What cannot even be started is this rank's own mistake: nobody is missing.
    fn started(&self, doing: &'static str, work: Result<Work>) -> Result<Work> {
        let work = work.map_err(|error| CommError { rank: self.rank, ..error })?;
        Ok(Box::new(WatchedWork { work, doing, group: self.group, watch: Arc::clone(&self.watch) }))
    }
}

impl Collective for Watched {
    fn rank(&self) -> usize {
        self.inner.rank()
    }

    fn size(&self) -> usize {
        self.inner.size()
    }

    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn all_reduce(&self, tensor: &Tensor, how: Reduction) -> Result<Work> {
        self.started("all-reduce", self.inner.all_reduce(tensor, how))
    }

    fn reduce_scatter(&self, part: &Tensor, whole: &Tensor, how: Reduction) -> Result<Work> {
        self.started("reduce-scatter", self.inner.reduce_scatter(part, whole, how))
    }

    fn all_gather(&self, whole: &Tensor, part: &Tensor) -> Result<Work> {
        self.started("all-gather", self.inner.all_gather(whole, part))
    }

    fn broadcast(&self, tensor: &Tensor, root: usize) -> Result<Work> {
        self.started("broadcast", self.inner.broadcast(tensor, root))
    }

    fn barrier(&self) -> Result<()> {
        self.watch.waits("barrier", self.group);
        let outcome = self.inner.barrier();
        outcome.map_err(|error| self.watch.explain(error))?;
        self.watch.goes_on();
        Ok(())
    }
}

struct WatchedWork {
    work: Work,
    doing: &'static str,
    group: &'static str,
    watch: Arc<Watch>,
}

impl Pending for WatchedWork {
    fn wait(self: Box<Self>) -> Result<()> {
        self.watch.waits(self.doing, self.group);
        self.work.wait().map_err(|error| self.watch.explain(error))?;
        self.watch.goes_on();
        Ok(())
    }
}
