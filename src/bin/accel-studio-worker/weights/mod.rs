//! Weights in Hugging Face's form: safetensors in one file or several with an index, to and from flat units.
//!
//! Knows files and units; nothing of ranks or of training. Files are mapped into memory and read unit by unit.

mod error;
pub mod file;
mod reader;
mod writer;

#[allow(unused_imports, reason = "`train` and `checkpoint` are built on them")]
pub use {error::WeightsError, reader::Reader, writer::Writer};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod transformers_tests;
