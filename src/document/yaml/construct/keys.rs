//! Keys as Python's dict compares them: `1`, `true` and `1.0` are one key.

use std::collections::HashMap;

use num_bigint::BigInt;
use num_traits::FromPrimitive;

use crate::value::Value;

/// What two equal keys share.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Null,
    Int(BigInt),
    /// The bits of a float that is no integer.
    Float(u64),
    Text(String),
    Time(String),
    Bytes(Vec<u8>),
}

/// Pairs in order, with an index so that 40 000 keys do not take a minute.
pub(super) struct Unique {
    pairs: Vec<(Value, Value)>,
    places: HashMap<Key, usize>,
}

impl Unique {
    pub fn with_capacity(capacity: usize) -> Unique {
        Unique { pairs: Vec::with_capacity(capacity), places: HashMap::with_capacity(capacity) }
    }

    /// Adds a pair or replaces the value of the one with this key. Refuses keys that Python cannot hash.
    pub fn put(&mut self, key: Value, value: Value) -> Result<(), ()> {
        let place = *self.places.entry(hashable(&key).ok_or(())?).or_insert(self.pairs.len());
        match self.pairs.get_mut(place) {
            Some(pair) => pair.1 = value,
            None => self.pairs.push((key, value)),
        }
        Ok(())
    }

    pub fn into_pairs(self) -> Vec<(Value, Value)> {
        self.pairs
    }
}

fn hashable(value: &Value) -> Option<Key> {
    Some(match value {
        Value::Null => Key::Null,
        Value::Bool(flag) => Key::Int(BigInt::from(*flag)),
        Value::Int(number) => Key::Int(number.clone()),
        Value::Float(number) => float(*number),
        Value::Text(text) => Key::Text(text.clone()),
        Value::Time(iso) => Key::Time(iso.clone()),
        Value::Bytes(bytes) => Key::Bytes(bytes.clone()),
        Value::List(_) | Value::Map(_) | Value::Set(_) => return None,
    })
}

/// PyYAML makes every `.nan` from one object, so all of them are one key.
fn float(number: f64) -> Key {
    let whole = (number.is_finite() && number.fract() == 0.0).then(|| BigInt::from_f64(number)).flatten();
    match whole {
        Some(whole) => Key::Int(whole),
        None if number.is_nan() => Key::Float(f64::NAN.to_bits()),
        None => Key::Float(number.to_bits()),
    }
}
