//! Values with their types, as the recorded answers of PyYAML spell them: integers as text, floats by
//! their bits, the members of a set sorted.

use accel_studio::value::Value;
use serde_json::{Value as Json, json};

/// `[type, payload]`
pub fn typed(value: &Value) -> Json {
    match value {
        Value::Null => json!(["null"]),
        Value::Bool(flag) => json!(["bool", flag]),
        Value::Int(number) => json!(["int", number.to_string()]),
        Value::Float(number) if number.is_nan() => json!(["float", "nan"]),
        Value::Float(number) => json!(["float", format!("{:016x}", number.to_bits())]),
        Value::Text(text) => json!(["str", text]),
        Value::Time(iso) => json!(["ts", iso]),
        Value::Bytes(bytes) => {
            json!(["bin", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()])
        }
        Value::List(items) => json!(["seq", items.iter().map(typed).collect::<Vec<_>>()]),
        Value::Set(members) => {
            let mut members: Vec<Json> = members.iter().map(typed).collect();
            members.sort_by_key(Json::to_string);
            json!(["set", members])
        }
        Value::Map(pairs) => {
            json!(["map", pairs.iter().map(|(key, value)| [typed(key), typed(value)]).collect::<Vec<_>>()])
        }
    }
}
