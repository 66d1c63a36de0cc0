//! Looks at devices and ranks before they are trusted with a run. Knows no models and no data.

mod collectives;
pub mod selftest;
