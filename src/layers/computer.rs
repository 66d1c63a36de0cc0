//! The computer on which a launch is resolved, as plain data: what Accelerate asks it before it
//! decides anything.

use super::{Refusal, python};
use crate::hardware::Machine;
use num_traits::ToPrimitive;

/// An accelerator that is no CUDA GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accelerator {
    /// Intel GPU.
    Xpu,
    /// Cambricon.
    Mlu,
    /// Tecorigin.
    Sdaa,
    /// Moore Threads.
    Musa,
    /// Huawei Ascend.
    Npu,
    /// Intel Gaudi.
    Hpu,
    /// AWS Trainium.
    Neuron,
}

/// This computer, as far as Accelerate looks at it before it starts anything.
#[derive(Clone, Debug, Default)]
pub struct Computer {
    /// Its environment and GPUs.
    pub machine: Machine,
    /// Another kind of accelerator, and how many of it: it beats CUDA GPUs.
    pub accelerator: Option<(Accelerator, u32)>,
}

impl Computer {
    /// How many devices a process per device would use, and what they are.
    pub fn devices(&self) -> (i64, String) {
        let (count, noun) = match self.accelerator {
            Some((kind, count)) => (count as usize, format!("{kind:?}").to_uppercase()),
            None => (self.machine.visible_gpus().len(), "GPU".to_owned()),
        };
        (count.to_i64().unwrap_or(i64::MAX), crate::text::count(count, &noun))
    }

    /// The first of these variables that holds a number from 0 on (`get_int_from_env`); one that holds
    /// something else ends the launch.
    pub fn first_count<'a>(&self, variables: &[&'a str]) -> Result<Option<(&'a str, i64)>, Refusal> {
        for variable in variables {
            let Some(text) = self.machine.env.get(*variable) else { continue };
            let Some(number) = python::int(text) else {
                let sentence = format!("the variable `{variable}` is `{text}`; it must be a whole number");
                return Err(Refusal::new("ValueError", sentence, *variable));
            };
            match number.to_i64() {
                Some(number) if number >= 0 => return Ok(Some((variable, number))),
                _ => {}
            }
        }
        Ok(None)
    }
}
