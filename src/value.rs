//! What a config says at a place, in the types that PyYAML's SafeLoader (or Python's json) gives it.
//!
//! Nothing is guessed here: `no` without quotes is already `Bool(false)` when it becomes a `Value`.

use num_bigint::BigInt;
use num_traits::ToPrimitive;

/// A value as Python would hold it after loading the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing at all; Python's None.
    Null,
    /// A boolean. YAML 1.1 makes these of yes, no, on and off as well.
    Bool(bool),
    /// An integer of any size.
    Int(BigInt),
    /// A 64-bit float.
    Float(f64),
    /// Text.
    Text(String),
    /// A date or a time in its ISO form, such as `2024-01-01`; Python's date or datetime.
    Time(String),
    /// The bytes of a `!!binary` value.
    Bytes(Vec<u8>),
    /// A list; also `!!pairs` and `!!omap`, whose items are lists of two.
    List(Vec<Value>),
    /// A mapping in file order, each key once: the position of its first, the value of its last.
    Map(Vec<(Value, Value)>),
    /// A `!!set`, in file order.
    Set(Vec<Value>),
}

impl Value {
    /// An integer value.
    pub fn int(number: impl Into<BigInt>) -> Value {
        Value::Int(number.into())
    }

    /// A text value.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// The text, when this is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, when this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The integer, when this is one and fits 64 bits.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(number) => number.to_i64(),
            _ => None,
        }
    }

    /// The number as a float, when this is an integer or a float.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Int(number) => number.to_f64(),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The pairs, when this is a mapping.
    pub fn as_map(&self) -> Option<&[(Value, Value)]> {
        match self {
            Value::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The items, when this is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The value under a text key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let (_, value) = self.as_map()?.iter().find(|(name, _)| name.as_text() == Some(key))?;
        Some(value)
    }

    /// Python's truth of this value: null, false, zero and anything empty are false.
    pub fn is_truthy(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(flag) => *flag,
            Value::Int(number) => *number != BigInt::ZERO,
            Value::Float(number) => *number != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::Time(_) => true,
            Value::Bytes(bytes) => !bytes.is_empty(),
            Value::List(items) | Value::Set(items) => !items.is_empty(),
            Value::Map(pairs) => !pairs.is_empty(),
        }
    }

    /// What a person calls this type, with its article: "a boolean", "text".
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a decimal number",
            Value::Text(_) => "text",
            Value::Time(_) => "a date",
            Value::Bytes(_) => "binary data",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Set(_) => "a set",
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Value {
        Value::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Int(number.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}
