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

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(values: &[Value]) -> usize {
        let mut unique = Unique::with_capacity(values.len());
        for value in values {
            unique.put(value.clone(), Value::Null).expect("these can be keys");
        }
        unique.into_pairs().len()
    }

    #[test]
    fn numbers_are_one_key_when_python_finds_them_equal() {
        assert_eq!(keys(&[Value::from(1), Value::from(true), Value::Float(1.0)]), 1);
        assert_eq!(keys(&[Value::from(0), Value::from(false), Value::Float(-0.0)]), 1);
        assert_eq!(keys(&[Value::Float(f64::NAN), Value::Float(f64::NAN)]), 1);
        assert_eq!(keys(&[Value::from(9_007_199_254_740_993), Value::Float(9_007_199_254_740_992.0)]), 2);
        assert_eq!(keys(&[Value::from("1"), Value::from(1), Value::Float(1.5)]), 3);
        assert_eq!(keys(&[Value::from("a"), Value::Bytes(b"a".to_vec()), Value::Time("a".into())]), 3);
    }

    #[test]
    fn the_last_value_stands_at_the_place_of_the_first_key() {
        let mut unique = Unique::with_capacity(3);
        for (key, value) in [("a", 1), ("b", 2), ("a", 3)] {
            unique.put(Value::from(key), Value::from(value)).expect("text can be a key");
        }
        let pairs = [(Value::from("a"), Value::from(3)), (Value::from("b"), Value::from(2))];
        assert_eq!(unique.into_pairs(), pairs);
    }

    #[test]
    fn lists_mappings_and_sets_cannot_be_keys() {
        let mut unique = Unique::with_capacity(3);
        for key in [Value::List(Vec::new()), Value::Map(Vec::new()), Value::Set(Vec::new())] {
            assert_eq!(unique.put(key, Value::Null), Err(()));
        }
    }
}
