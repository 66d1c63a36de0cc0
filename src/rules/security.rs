//! Secrets and open doors: what should not stand in a file that is shared.
//!
//! A secret is never repeated in a message: findings travel to logs and to other people.

use super::network::is_public;
use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::document::Span;
use crate::finding::{Place, Severity};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[TOKEN, SECRET_KEY, PUBLIC_ADDRESS, REMOTE_COMMANDS];

/// How a token of a service looks: the letters that it begins with, how many characters follow at
/// least, whose it is, and the variable that should carry it.
struct Shape {
    prefix: &'static str,
    rest: usize,
    owner: &'static str,
    variable: &'static str,
}

/// From the services' own descriptions of their tokens.
const SHAPES: &[Shape] = &[
    Shape { prefix: "hf_", rest: 30, owner: "Hugging Face", variable: "HF_TOKEN" },
    Shape { prefix: "AKIA", rest: 16, owner: "AWS", variable: "AWS_PROFILE" },
    Shape { prefix: "ASIA", rest: 16, owner: "AWS", variable: "AWS_PROFILE" },
    Shape { prefix: "ghp_", rest: 36, owner: "GitHub", variable: "GITHUB_TOKEN" },
    Shape { prefix: "github_pat_", rest: 40, owner: "GitHub", variable: "GITHUB_TOKEN" },
    Shape { prefix: "glpat-", rest: 20, owner: "GitLab", variable: "GITLAB_TOKEN" },
    Shape { prefix: "sk-", rest: 32, owner: "OpenAI or a similar service", variable: "OPENAI_API_KEY" },
    Shape { prefix: "AIza", rest: 35, owner: "Google", variable: "GOOGLE_API_KEY" },
    Shape { prefix: "xoxb-", rest: 20, owner: "Slack", variable: "SLACK_TOKEN" },
    Shape { prefix: "wandb_v1_", rest: 20, owner: "Weights & Biases", variable: "WANDB_API_KEY" },
];

const TOKEN: Rule = Rule {
    name: "security/token",
    says: "a token of a service stands in the file",
    severity: Severity::Warning,
    why: "Configs are committed, copied and shown in logs, and a token in one, even in a comment, is given away with \
          it. Accelerate has no key for any token.",
    bad: yaml("num_processes: 2  # HF_TOKEN=hf_abcdefghijABCDEFGHIJabcdefghijABCD\n"),
    good: yaml("num_processes: 2  # needs HF_TOKEN\n"),
    check: token,
    ..Rule::BLANK
};

fn token(facts: &Facts, found: &mut Findings) {
    let text = facts.document.text();
    for (start, word) in words(text) {
        let Some(shape) = SHAPES.iter().find(|shape| shape.fits(word)) else { continue };
        let span = Span { start, end: start + word.len() };
        found
            .report(Place::Bytes(span), format!("a token of {} stands in the file", shape.owner))
            .advise(format!("revoke it, remove it, and hand it over in the variable {}", shape.variable));
    }
}

/// Runs of characters that tokens are made of, with their places.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_outside = |char: char| !(char.is_ascii_alphanumeric() || matches!(char, '_' | '-'));
    text.split(is_outside).map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

impl Shape {
    fn fits(&self, word: &str) -> bool {
        let Some(rest) = word.strip_prefix(self.prefix) else { return false };
        // Names such as hf_internal_testing_tiny_random_llama have neither capitals nor digits.
        let is_random = rest.chars().any(|char| char.is_ascii_uppercase() || char.is_ascii_digit());
        rest.len() >= self.rest && is_random
    }
}

const SECRET_KEY: Rule = Rule {
    name: "security/secret",
    says: "a password or key stands in the file",
    severity: Severity::Warning,
    why: "What follows a name such as `password`, `token` or `secret` is meant for nobody else. Accelerate reads none \
          of these keys: it refuses them at the top level and ignores them in sections.",
    bad: yaml(
        "distributed_type: XLA\ntpu_use_cluster: true\ntpu_name: pod\ncommands:\n  - export WANDB_API_KEY=0123456789abcdef0123\n",
    ),
    good: yaml(
        "distributed_type: XLA\ntpu_use_cluster: true\ntpu_name: pod\ncommands:\n  - export WANDB_API_KEY=$WANDB_API_KEY\n",
    ),
    check: secret,
    ..Rule::BLANK
};

/// Parts of names that hold secrets.
const SECRETS: [&str; 7] =
    ["password", "passwd", "secret", "api_key", "apikey", "access_key_id", "auth_token"];

fn secret(facts: &Facts, found: &mut Findings) {
    for entry in &facts.entries {
        if is_secret(entry.name) && entry.text().is_some_and(is_filled) {
            found
                .report(Place::value(entry.path.clone()), format!("`{}` looks like a secret", entry.name))
                .advise("remove it, change it where it is used, and hand it over in the environment");
        }
        for (index, item) in entry.value.as_list().unwrap_or_default().iter().enumerate() {
            let Some(name) = item.as_text().and_then(assigned_secret) else { continue };
            found
                .report(Place::value(entry.path.item(index)), format!("`{name}` is given away with the file"))
                .advise("remove it, change it where it is used, and set it on the machines themselves");
        }
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    SECRETS.iter().any(|part| name.contains(part)) || name == "token" || name.ends_with("_token")
}

/// True for what is long enough, and neither a path nor to be filled in.
fn is_filled(text: &str) -> bool {
    text.len() >= 8 && !super::placeholder::is_one(&Value::text(text)) && !text.contains(['/', ' '])
}

/// The name of a secret that a shell command sets: `export API_KEY=...`.
fn assigned_secret(command: &str) -> Option<&str> {
    command.split_whitespace().find_map(|word| {
        let (name, value) = word.split_once('=')?;
        (is_secret(name) && is_filled(value.trim_matches(['"', '\'']))).then_some(name)
    })
}

const PUBLIC_ADDRESS: Rule = Rule {
    name: "security/public-address",
    says: "machines that meet at a public address",
    severity: Severity::Hint,
    why: "Whoever reaches the port of the first machine can join the training: nothing asks for a password, and the \
          processes exchange Python objects.",
    bad: yaml(
        "num_machines: 2\nmachine_rank: 0\nmain_process_ip: 52.14.3.9\nmain_process_port: 29500\nnum_processes: 16\n",
    ),
    good: yaml(
        "num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 16\n",
    ),
    check: public_address,
    ..Rule::BLANK
};

fn public_address(facts: &Facts, found: &mut Findings) {
    let Some(address) = facts.address().filter(|address| is_public(address) && facts.machines() > 1) else {
        return;
    };
    found
        .report(facts.value_place("main_process_ip"), format!("`{address}` is reachable from the internet"))
        .advise("use the private network of the machines, or close the port to everybody else");
}

const REMOTE_COMMANDS: Rule = Rule {
    name: "security/remote-command",
    says: "a command that runs what a server sends",
    severity: Severity::Hint,
    why: "Commands run on every machine of a TPU pod, with `tpu_use_sudo` as administrator. One that hands a download \
          to a shell gives these machines to whoever controls the server.",
    bad: yaml(
        "distributed_type: XLA\ntpu_use_cluster: true\ntpu_name: pod\ncommands:\n\
         \x20 - curl https://example.org/setup.sh | bash\n",
    ),
    good: yaml("distributed_type: XLA\ntpu_use_cluster: true\ntpu_name: pod\ncommands:\n  - bash setup.sh\n"),
    check: remote_commands,
    ..Rule::BLANK
};

fn remote_commands(facts: &Facts, found: &mut Findings) {
    let Some(entry) = facts.entry("commands") else { return };
    for (index, item) in entry.value.as_list().unwrap_or_default().iter().enumerate() {
        if item.as_text().is_some_and(runs_a_download) {
            found
                .report(
                    Place::value(entry.path.item(index)),
                    "this runs whatever the server sends, on every machine",
                )
                .advise("keep the script beside the config, or check the download before it runs");
        }
    }
}

fn runs_a_download(command: &str) -> bool {
    let fetches = ["curl ", "wget "].iter().any(|word| command.contains(word));
    let shells = ["sh", "bash", "zsh", "python", "python3"];
    let is_shell = |part: &str| {
        let word = part.split_whitespace().find(|word| *word != "sudo");
        word.is_some_and(|word| shells.contains(&word))
    };
    fetches && command.split('|').skip(1).any(is_shell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_no_tokens() {
        for word in ["hf_internal_testing_tiny_random_llama_for_causal_lm", "sk-learn", "AKIA", "fsdp_config"]
        {
            assert!(!SHAPES.iter().any(|shape| shape.fits(word)), "{word}");
        }
    }

    #[test]
    fn commands_that_set_secrets_are_told_from_those_that_pass_them_on() {
        assert_eq!(assigned_secret("export API_KEY=abcdef123456"), Some("API_KEY"));
        assert_eq!(assigned_secret("export API_KEY=$API_KEY"), None);
        assert_eq!(assigned_secret("pip install torch==2.11.0"), None);
    }

    #[test]
    fn only_downloads_that_reach_a_shell_are_meant() {
        assert!(runs_a_download("curl -L x | sudo bash -s"));
        assert!(!runs_a_download("curl -L x -o y"));
        assert!(!runs_a_download("cat a | bash"));
    }
}
