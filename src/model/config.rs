//! A `config.json` as text or value to a model card. Knows no file and no folder.

use serde_json::{Map, Value};

use super::fields::Fields;
use super::{ModelCard, ModelError, family};

/// More parameters than this are a slip: 2 to the power of 50, a thousand times the largest models.
const MOST_PARAMETERS: u128 = 1 << 50;

/// Reads the text of a `config.json`; `name` is what messages and the card call it.
///
/// # Errors
/// [`ModelError::Json`] with line and column, and all of [`read_config`].
pub fn read_text(text: &str, name: &str) -> Result<ModelCard, ModelError> {
    read_config(&parse(text, name)?, name)
}

/// The value of a text; [`ModelError::Json`] where it is none.
pub(super) fn parse(text: &str, name: &str) -> Result<Value, ModelError> {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        let whole = error.to_string();
        let reason = whole.split(" at line ").next().unwrap_or(&whole).to_owned();
        ModelError::Json { name: name.to_owned(), line: error.line(), column: error.column().max(1), reason }
    })
}

/// Reads a `config.json` as Hugging Face writes it; `name` is what messages and the card call it.
///
/// Fields that are left out have the defaults of transformers 5.23, except for those that decide the
/// size of a model: without these there is no answer.
///
/// # Errors
/// Fields that are missing or hold what no model can have; an unknown architecture.
pub fn read_config(value: &Value, name: &str) -> Result<ModelCard, ModelError> {
    let object = value.as_object().ok_or_else(|| no_object(value, name))?;
    let kind = object.get("model_type").or_else(|| object.get("_class_name"));
    let kind = kind.and_then(Value::as_str).unwrap_or_default();
    let card = read_object(object, kind, name)?;
    check_size(&card)?;
    Ok(card)
}

fn read_object(object: &Map<String, Value>, kind: &str, name: &str) -> Result<ModelCard, ModelError> {
    let Some(row) = family::named(kind) else { return read_unknown(object, kind, name) };
    let fields = Fields::new(name, kind, row, object);
    fields.check_needs()?;
    let card = (row.read)(&fields)?;
    let no_split = row.no_split.iter().map(|&class| class.to_owned()).collect();
    Ok(ModelCard {
        name: name.to_owned(),
        family: kind.to_owned(),
        stored: fields.stored(),
        no_split,
        ..card
    })
}

/// An architecture without a row: its text part where it wraps one, else the usual decoder where the
/// fields have the usual names.
fn read_unknown(object: &Map<String, Value>, kind: &str, name: &str) -> Result<ModelCard, ModelError> {
    let row = family::generic(object.contains_key("text_config"));
    let fields = Fields::new(name, kind, row, object);
    match fields.check_needs() {
        Err(ModelError::Missing { fields, .. }) => Err(unknown(kind, name, &fields)),
        Err(error) => Err(error),
        Ok(()) => {
            let card = (row.read)(&fields)?;
            Ok(ModelCard { name: name.to_owned(), family: kind.to_owned(), stored: fields.stored(), ..card })
        }
    }
}

fn no_object(value: &Value, name: &str) -> ModelError {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a yes or no",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) | Value::Object(_) => "a list",
    };
    ModelError::NoObject { name: name.to_owned(), found }
}

fn unknown(kind: &str, name: &str, missing: &[String]) -> ModelError {
    let missing = crate::text::any_of(missing.iter().map(|field| format!("`{field}`")));
    let what = match kind {
        "" => format!("`model_type` is missing, which names the architecture, and there is no {missing}"),
        kind => format!(
            "`{kind}` is no architecture that is known here, and without {missing} it cannot be \
             read as a usual decoder"
        ),
    };
    ModelError::Architecture { name: name.to_owned(), what, known: crate::text::all_of(family::names()) }
}

/// Each dimension was checked; their products are summed in 128 bits, so nothing can overflow.
pub(super) fn check_size(card: &ModelCard) -> Result<(), ModelError> {
    let of = |block: &super::Block| block.tensors.iter().map(numbers).sum::<u128>();
    let groups = card.stacks.iter().flat_map(|stack| &stack.groups);
    let layers: u128 = groups.map(|group| of(&group.block).saturating_mul(u128::from(group.count))).sum();
    let parameters = of(&card.embeddings).saturating_add(layers).saturating_add(of(&card.head));
    if parameters <= MOST_PARAMETERS {
        return Ok(());
    }
    let fields = "the widths, the vocabulary and the number of layers and experts".to_owned();
    Err(ModelError::Absurd { name: card.name.clone(), parameters, fields })
}

/// At most 2 to the power of 100, so that sums stay far from the end.
fn numbers(tensor: &super::Tensor) -> u128 {
    tensor.dims.iter().fold(1, |product: u128, dim| product.saturating_mul(u128::from(*dim))).min(1 << 100)
}
