//! The same model with fewer blocks, or more.

use serde_json::Value;

use super::error::{MeasureError, Result};

/// What the supported families call their number of blocks.
const NAMES: [&str; 2] = ["num_hidden_layers", "n_layer"];

/// A `config.json` with so many blocks; a list with one word per block is cut to as many, or goes on with its last.
pub fn with_blocks(config: &Value, blocks: u32) -> Result<Value> {
    let mut config = config.clone();
    let object = config.as_object_mut().ok_or(MeasureError::Blocks)?;
    let name = NAMES.into_iter().find(|name| object.contains_key(*name)).ok_or(MeasureError::Blocks)?;
    object.insert(name.to_owned(), Value::from(blocks));
    if let Some(Value::Array(kinds)) = object.get_mut("layer_types") {
        let last = kinds.last().cloned().unwrap_or(Value::Null);
        kinds.resize(blocks as usize, last);
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_and_their_list_change_together() {
        let config = json!({"num_hidden_layers": 3, "layer_types": ["a", "b", "b"], "hidden_size": 8});
        let expected = json!({"num_hidden_layers": 2, "layer_types": ["a", "b"], "hidden_size": 8});
        assert_eq!(with_blocks(&config, 2).expect("it has blocks"), expected);
        assert_eq!(with_blocks(&json!({"n_layer": 12}), 2).expect("it has blocks"), json!({"n_layer": 2}));
        assert!(with_blocks(&json!({"layers": 12}), 2).is_err());
    }
}
