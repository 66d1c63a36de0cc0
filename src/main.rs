//! The program `accel-studio`.

fn main() {}
