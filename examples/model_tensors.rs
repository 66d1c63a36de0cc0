//! Prints every tensor that a config's card has, as `name [shape]`, sorted: to lay beside what
//! transformers builds (`tests/oracle/record_models.py`). Reads one config per line.

#![allow(clippy::print_stdout)]

use std::io::{self, BufRead};

use accel_studio::model;

fn main() {
    for line in io::stdin().lock().lines() {
        let line = line.expect("standard input is text");
        match model::read_text(&line, "config") {
            Ok(card) => {
                println!("## {}", card.parameters());
                for (name, dims) in card.tensors() {
                    println!("{name} {dims:?}");
                }
            }
            Err(error) => println!("!! {error}"),
        }
    }
}
