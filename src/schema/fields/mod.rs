//! The rows, one file per page. Texts are for a person who does not know the jargon: what changes
//! when I pick this, and when would I want it? Facts are those of Accelerate 1.15.0.

mod basics;
mod deepspeed;
mod dynamo;
mod fp8;
mod fsdp;
mod machines;
mod megatron;
mod mpi;
mod parallelism;
mod sagemaker;
mod tpu;

use super::Field;

/// All rows, page by page in the order of [`Group::ALL`](super::Group::ALL).
pub(super) static ROWS: &[&[Field]] = &[
    basics::ROWS,
    machines::ROWS,
    dynamo::ROWS,
    fsdp::ROWS,
    deepspeed::ROWS,
    megatron::ROWS,
    parallelism::ROWS,
    fp8::ROWS,
    tpu::ROWS,
    mpi::ROWS,
    sagemaker::ROWS,
];
