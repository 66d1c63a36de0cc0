//! Words of a command that a screen should not show: tokens, keys and passwords among the arguments of a
//! script.
//!
//! Only what is shown to people is masked. What is executed, and what is written to be executed, holds every
//! word as it was given.

/// Stands for a hidden value.
pub const HIDDEN: &str = "(hidden)";

/// Last words of names that hold a secret.
const SECRETS: [&str; 13] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "credential",
    "credentials",
    "apikey",
    "api_key",
    "access_key",
    "secret_key",
    "private_key",
    "wandb_key",
];

/// Words before `token` that make it one of a tokenizer.
const TOKENIZERS: [&str; 16] = [
    "pad", "eos", "bos", "unk", "mask", "sep", "cls", "special", "image", "video", "audio", "stop", "new",
    "first", "last", "per",
];

/// Beginnings of what services hand out: Hugging Face, OpenAI, GitHub, Amazon.
const SHAPES: [&str; 5] = ["hf_", "sk-", "ghp_", "github_pat_", "AKIA"];
/// Least letters of such a thing.
const LONG: usize = 20;

/// The words as a screen may show them, and the names of what was hidden.
pub fn shown(words: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut shown, mut names) = (Vec::new(), Vec::new());
    let mut waiting: Option<String> = None;
    for word in words {
        if let Some(name) = waiting.take().filter(|_| !word.starts_with("--")) {
            names.push(name);
            shown.push(HIDDEN.to_owned());
            continue;
        }
        let (name, value) = word.split_once('=').unwrap_or((word.as_str(), ""));
        match (is_secret(name), word.contains('='), name.starts_with('-')) {
            (true, true, _) if !value.is_empty() => {
                names.push(name.to_owned());
                shown.push(format!("{name}={HIDDEN}"));
            }
            (true, false, true) => {
                waiting = Some(name.to_owned());
                shown.push(word.clone());
            }
            _ if has_shape(word) => {
                names.push("a key".to_owned());
                shown.push(HIDDEN.to_owned());
            }
            (_, true, _) if has_shape(value) => {
                names.push(name.to_owned());
                shown.push(format!("{name}={HIDDEN}"));
            }
            _ => shown.push(word.clone()),
        }
    }
    (shown, names)
}

/// `--hf_token`, `--wandb-api-key`, `trainer.hub_token`; not `--pad_token`, `--max_tokens`.
fn is_secret(name: &str) -> bool {
    let name = name.rsplit(['.', '+']).next().unwrap_or_default().trim_start_matches('-');
    let name = name.to_lowercase().replace('-', "_");
    let ends = |secret: &str| name == secret || name.ends_with(&format!("_{secret}"));
    let before = name.strip_suffix("_token").and_then(|rest| rest.rsplit('_').next());
    SECRETS.iter().any(|secret| ends(secret)) && !before.is_some_and(|word| TOKENIZERS.contains(&word))
}

fn has_shape(word: &str) -> bool {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
    word.len() >= LONG && word.chars().all(is_plain) && SHAPES.iter().any(|start| word.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        shown(&text.split(' ').map(str::to_owned).collect::<Vec<_>>()).0.join(" ")
    }

    #[test]
    fn secrets_are_hidden_in_every_spelling() {
        assert_eq!(line("t.py --hf_token abc --lr 1"), "t.py --hf_token (hidden) --lr 1");
        assert_eq!(line("--wandb_api_key=abc"), "--wandb_api_key=(hidden)");
        assert_eq!(line("--HUB-TOKEN abc -password x"), "--HUB-TOKEN (hidden) -password (hidden)");
        assert_eq!(line("+wandb.api_key=abc hub_token=y"), "+wandb.api_key=(hidden) hub_token=(hidden)");
        let token = format!("hf_{}", "a".repeat(34));
        assert_eq!(line(&format!("t.py {token} name={token}")), "t.py (hidden) name=(hidden)");
        assert_eq!(shown(&["--token".to_owned(), "x".to_owned()]).1, ["--token"]);
    }

    #[test]
    fn what_only_sounds_like_one_is_shown() {
        for plain in [
            "--pad_token <pad> --max_new_tokens 5 --eos_token x",
            "--use_auth_token --lr 1",
            "--label_key text --key 3 --tokenizer bert --token_type x",
            "hf_model sk-learn --secrets_file a --token= x",
            "",
        ] {
            assert_eq!(line(plain), plain);
        }
    }
}
