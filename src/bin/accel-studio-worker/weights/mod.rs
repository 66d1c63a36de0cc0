//! Weights in Hugging Face's form: safetensors in one file or several with an index, to and from flat units.
//!
//! Knows files and units; nothing of ranks or of training. Files are mapped into memory and read unit by unit.

mod error;
pub mod file;
mod reader;
mod writer;

pub use error::WeightsError;
pub use reader::Reader;
pub use writer::Writer;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod transformers_tests;
