//! The rows as a JSON Schema (draft 2020-12), for editors and for our own check of a config's shape.
//!
//! It describes configs for [`Release::LATEST`] and is right for two readers: Accelerate, which reads
//! YAML 1.1, and editors, which read YAML 1.2, where an unquoted `no` is text. What Accelerate takes
//! and honours is valid here; a key that merely does not matter is valid, too, and says so in its
//! description.

use serde_json::{Map, Value as Json, json};

use super::field::{Field, Platform, Reach, Spelling};
use super::kind::Kind;
use super::query;
use super::release::Release;

/// Name of the file that the schema is kept in, and of its identifier.
const ID: &str = "urn:accel-studio:accelerate-config";

/// The words that YAML 1.1 reads as booleans and YAML 1.2 as text.
const YAML_11_BOOLEANS: &str =
    "^(true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$";

/// The JSON Schema of Accelerate's configs, as pretty text with a line end.
pub fn json_schema() -> String {
    let mut text = serde_json::to_string_pretty(&root()).expect("text keys always serialise");
    text.push('\n');
    text
}

fn root() -> Json {
    let sagemaker = json!({
        "required": ["compute_environment"],
        "properties": { "compute_environment": { "const": "AMAZON_SAGEMAKER" } },
    });
    let mut definitions = Map::new();
    definitions.insert("local".into(), config(Platform::Local, "Config for your own machines"));
    definitions.insert("sagemaker".into(), config(Platform::SageMaker, "Config for Amazon SageMaker"));
    for section in query::sections().filter(|section| section.exists_in(Release::LATEST)) {
        definitions.insert(section.key.into(), section_schema(section));
    }
    definitions.insert("empty".into(), empty());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Hugging Face Accelerate config",
        "description": format!("A config file of `accelerate launch`, as accelerate {} reads it.", Release::LATEST),
        "type": "object",
        "if": sagemaker,
        "then": { "$ref": "#/$defs/sagemaker" },
        "else": { "$ref": "#/$defs/local" },
        "$defs": definitions,
    })
}

/// An empty value, which counts as a missing key. Written as an exclusion because editors would
/// otherwise offer `null` beside every list of words.
fn empty() -> Json {
    json!({
        "description": "An empty value counts as a missing key.",
        "not": { "type": ["boolean", "number", "string", "array", "object"] },
    })
}

/// One sort of config: its top-level keys and no others.
fn config(platform: Platform, title: &str) -> Json {
    let fields: Vec<_> = query::top_level_keys(platform, Release::LATEST).collect();
    let required: Vec<_> = fields.iter().filter(|field| field.is_required()).map(|field| field.key).collect();
    let properties: Map<_, _> =
        fields.iter().map(|field| (field.key.to_owned(), property(field, platform))).collect();
    json!({
        "title": title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A section's keys in every spelling. Accelerate ignores other keys without a word; here they are
/// mistakes.
fn section_schema(section: &Field) -> Json {
    let mut properties = Map::new();
    let keys = || {
        query::section(section.key)
            .filter(|field| field.exists_in(Release::LATEST) || field.reach == Reach::Dead)
    };
    for field in keys() {
        properties.insert(field.name().into(), property(field, Platform::Anywhere));
    }
    for field in keys() {
        let target = format!("#/$defs/{}/properties/{}", section.key, field.name());
        for alias in field.aliases {
            properties
                .insert((*alias).into(), json!({ "doNotSuggest": true, "allOf": [{ "$ref": target }] }));
        }
    }
    let mut schema = described(section);
    schema.insert("type".into(), json!(["object", "null"]));
    schema.insert("properties".into(), Json::Object(properties));
    schema.insert("additionalProperties".into(), false.into());
    Json::Object(schema)
}

/// One key.
fn property(field: &Field, platform: Platform) -> Json {
    if field.kind.is_section() {
        return json!({ "$ref": format!("#/$defs/{}", field.key) });
    }
    let mut schema = described(field);
    if field.replacement.is_some() || field.reach == Reach::Dead {
        // `doNotSuggest` is a word of yaml-language-server.
        schema.insert("deprecated".into(), true.into());
        schema.insert("doNotSuggest".into(), true.into());
    }
    if field.reach == Reach::Dead {
        return Json::Object(schema);
    }
    let mut forms = vec![proper_form(field, platform)];
    forms.extend(other_forms(field, platform));
    if !field.needs_value && !field.is_required() {
        forms.push(json!({ "$ref": "#/$defs/empty" }));
    }
    // Also around a single form: editors write defaults that they find at the key itself unasked.
    schema.insert("anyOf".into(), forms.into());
    Json::Object(schema)
}

fn described(field: &Field) -> Map<String, Json> {
    let mut schema = Map::new();
    schema.insert("title".into(), field.label.into());
    // Editors show this as plain text.
    schema.insert("description".into(), field.description().replace('`', "").into());
    schema
}

/// How the value should be written: the form that editors offer.
fn proper_form(field: &Field, platform: Platform) -> Json {
    let mut form = match field.kind {
        Kind::Choice(_) => {
            let choices: Vec<_> = field.choices(Release::LATEST, platform).collect();
            let words: Vec<_> = choices.iter().map(|choice| choice.word).collect();
            let says: Vec<_> = choices.iter().map(|choice| choice.says).collect();
            json!({ "type": "string", "enum": words, "enumDescriptions": says })
        }
        Kind::Number(choices) => {
            let numbers: Vec<_> = choices.iter().map(|choice| choice.number).collect();
            let says: Vec<_> = choices.iter().map(|choice| choice.says).collect();
            json!({ "type": "integer", "enum": numbers, "enumDescriptions": says })
        }
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Int { min, max: None } => json!({ "type": "integer", "minimum": min }),
        Kind::Int { min, max: Some(max) } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Float { min, .. } => json!({ "type": "number", "minimum": min }),
        Kind::Text(_) => json!({ "type": "string" }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Bools(count) => {
            json!({ "type": "array", "items": { "type": "boolean" }, "minItems": count, "maxItems": count })
        }
        Kind::Section | Kind::Anything => json!({ "type": "object" }),
    };
    if let Some(default) = field.default_json() {
        form["default"] = default;
    }
    form
}

/// Other ways of writing it that work.
fn other_forms(field: &Field, platform: Platform) -> Vec<Json> {
    let mut forms = Vec::new();
    let is_quotable = field.spelling == Spelling::QuotedNumber;
    match field.kind {
        Kind::Bool => {
            forms.push(json!({ "type": "string", "pattern": YAML_11_BOOLEANS }));
            forms.push(json!({ "type": "integer", "minimum": 0, "maximum": 1 }));
        }
        Kind::Choice(_) if field.spelling != Spelling::Exact => {
            let words = field.choices(Release::LATEST, platform).map(|choice| any_case(choice.word));
            let pattern = format!("^({})$", words.collect::<Vec<_>>().join("|"));
            forms.push(json!({ "type": "string", "pattern": pattern }));
        }
        Kind::Number(choices) if is_quotable => {
            let numbers: Vec<_> = choices.iter().map(|choice| choice.number.to_string()).collect();
            forms.push(json!({ "type": "string", "pattern": format!("^({})$", numbers.join("|")) }));
        }
        Kind::Int { min, .. } if is_quotable => {
            let digits = if min > 0 { "^0*[1-9][0-9]*$" } else { "^[0-9]+$" };
            forms.push(json!({ "type": "string", "pattern": digits }));
        }
        Kind::Float { words, .. } => {
            let number = is_quotable.then_some("[0-9]+(\\.[0-9]*)?([eE][+-]?[0-9]+)?");
            let forms_of_text: Vec<_> = words.iter().copied().chain(number).collect();
            forms.push(json!({ "type": "string", "pattern": format!("^({})$", forms_of_text.join("|")) }));
        }
        _ => {}
    }
    if let (Kind::Choice(choices), Spelling::AnyCaseOrNumber) = (field.kind, field.spelling) {
        forms.push(json!({ "type": "integer", "minimum": 1, "maximum": choices.len() }));
    }
    if !field.tolerated.is_empty() {
        forms.push(json!({ "type": "string", "pattern": format!("^({})$", field.tolerated.join("|")) }));
    }
    forms
}

/// A pattern for a word in any case, because the pattern language of JSON Schema has no switch for it.
fn any_case(word: &str) -> String {
    let letter = |char: char| {
        if char.is_ascii_alphabetic() {
            format!("[{}{}]", char.to_ascii_lowercase(), char.to_ascii_uppercase())
        } else {
            char.to_string()
        }
    };
    word.chars().map(letter).collect()
}

impl Field {
    /// Help, and the facts that a person wants next to it: for hover texts and help pages.
    pub fn description(&self) -> String {
        let mut lines = vec![self.help.to_owned()];
        lines.extend(self.why_unread().map(|why| format!("Careful: {why}.")));
        match self.when.phrase() {
            phrase if phrase.is_empty() => {}
            phrase => lines.push(format!("Matters {phrase}.")),
        }
        lines.extend(self.default_text().map(|text| format!("Default: {text}.")));
        lines.extend(self.flag.map(|flag| format!("Flag: `{flag}`.")));
        lines.extend(self.since.map(|since| format!("Since accelerate {since}.")));
        lines.join("\n\n")
    }

    fn default_json(&self) -> Option<Json> {
        match self.default {
            super::Default::Bool(flag) => Some(flag.into()),
            super::Default::Int(number) => Some(number.into()),
            super::Default::Float(number) => Some(number.into()),
            super::Default::Text(text) => Some(text.into()),
            _ => None,
        }
    }
}
