//! What a corpus gives, and what it refuses.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A folder with files of these names and bytes, and data that name them all.
fn given(files: &[(&str, &[u8])]) -> (TempDir, Data) {
    let folder = tempfile::tempdir().expect("a folder for a test");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    let data =
        Data { files: files.iter().map(|(name, _)| folder.path().join(name)).collect(), ..Data::default() };
    (folder, data)
}

fn numbers(tensor: &Tensor) -> Vec<i64> {
    Vec::try_from(tensor.view([-1])).expect("int64")
}

fn refusal(data: &Data, sequence: u32, vocabulary: u64) -> String {
    Corpus::open(data, sequence, vocabulary, 0).expect_err("it cannot be used").to_string()
}

/// Ten sequences of 4 tokens: 41 bytes, the end included.
fn forty() -> Vec<u8> {
    (1..=40).collect()
}

#[test]
fn targets_are_one_token_ahead_and_every_token_is_aimed_at_once() {
    let (_folder, data) = given(&[("a.txt", &forty())]);
    let corpus = Corpus::open(&data, 4, 256, 7).expect("enough");
    assert_eq!((corpus.token_count(), corpus.trained_on()), (41, 10));
    let rows = corpus.rows(0, 10).expect("in memory");
    let (tokens, targets) = (numbers(&rows.tokens), numbers(&rows.targets));
    assert_eq!(rows.tokens.size(), [10, 4]);
    assert!(tokens.iter().zip(&targets).all(|(token, target)| token + 1 == *target || *target == 0));
    let mut sorted = targets;
    sorted.sort_unstable();
    assert_eq!(sorted, [0].into_iter().chain(2..=40).collect::<Vec<_>>());
}

/// The global batch of a step is the same list for every number of ranks, because only its start is asked for.
#[test]
fn shares_of_ranks_make_up_the_batch() {
    let (_folder, data) = given(&[("a.txt", &forty())]);
    let corpus = Corpus::open(&data, 4, 256, 7).expect("enough");
    let whole = numbers(&corpus.rows(6, 8).expect("in memory").tokens);
    let shares: Vec<i64> =
        (0..4).flat_map(|rank| numbers(&corpus.rows(6 + rank * 2, 2).expect("in memory").tokens)).collect();
    assert_eq!(whole, shares);
}

#[test]
fn epochs_read_all_in_another_order() {
    let (_folder, data) = given(&[("a.txt", &forty())]);
    let corpus = Corpus::open(&data, 4, 256, 7).expect("enough");
    let epoch = |first| numbers(&corpus.rows(first, 10).expect("in memory").tokens);
    let (mut first, mut second) = (epoch(0), epoch(10));
    assert_ne!(first, second);
    first.sort_unstable();
    second.sort_unstable();
    assert_eq!(first, second);
}

#[test]
fn what_is_held_back_is_never_trained_on_whatever_the_seed() {
    let (_folder, mut data) = given(&[("a.txt", &forty())]);
    data.evaluation = 0.3;
    let held = |seed| {
        let corpus = Corpus::open(&data, 4, 256, seed).expect("enough");
        assert_eq!((corpus.trained_on(), corpus.evaluated_on()), (7, 3));
        let held = numbers(&corpus.held_back_rows(0, 3).expect("in memory").tokens);
        let trained = numbers(&corpus.rows(0, 14).expect("in memory").tokens);
        assert!(held.iter().all(|token| !trained.contains(token)));
        held
    };
    assert_eq!(held(1), held(2));
}

#[test]
fn folders_are_read_in_order_and_hidden_files_are_not() {
    let files: [(&str, &[u8]); 5] =
        [("b.txt", b"bb"), ("a/z.md", b"aa"), (".hidden.txt", b"xx"), ("c.png", b"xx"), ("d.text", b"dd")];
    let (folder, _) = given(&files);
    let data = Data { files: vec![folder.path().to_owned()], ..Data::default() };
    let corpus = Corpus::open(&data, 8, 256, 0).expect("enough");
    let rows = corpus.rows(0, 1).expect("in memory");
    let text: Vec<u8> = numbers(&rows.tokens).iter().map(|number| *number as u8).collect();
    assert_eq!(text, b"aa\0bb\0dd");
}

#[test]
fn token_files_are_mapped_and_checked() {
    let narrow: Vec<u8> = (0..9u16).flat_map(|number| (number + 60_000).to_le_bytes()).collect();
    let (folder, data) = given(&[("a.bin", &narrow)]);
    let corpus = Corpus::open(&data, 8, 65_000, 0).expect("enough");
    assert_eq!(numbers(&corpus.rows(0, 1).expect("mapped").targets), (60_001..60_009).collect::<Vec<_>>());
    assert!(refusal(&data, 8, 60_004).contains("token 4 of"), "{}", refusal(&data, 8, 60_004));
    fs::write(folder.path().join("odd.u32"), [0; 7]).expect("a file");
    let odd = Data { files: vec![folder.path().join("odd.u32")], ..Data::default() };
    assert!(refusal(&odd, 1, 300).contains("7 bytes are no whole number of 4-byte"));
    let both = Data { files: vec![folder.path().join("a.bin"), folder.path().join("odd.u32")], ..odd };
    assert!(refusal(&both, 1, 300).contains("2 files are named"));
}

#[test]
fn what_cannot_be_used_says_why() {
    let (folder, data) = given(&[("a.txt", b"short")]);
    assert_eq!(
        refusal(&data, 64, 256),
        "the data have 6 tokens, but one sequence of 64 needs 65: give more text or shorter sequences"
    );
    assert!(refusal(&data, 0, 256).contains("a sequence has 0 tokens"));
    assert!(refusal(&data, 2, 100).contains("bytes as tokens have 256 values"));
    assert!(refusal(&Data { evaluation: 1.5, ..data.clone() }, 2, 256).contains("not between 0 and 1"));
    assert!(refusal(&Data { evaluation: 0.9, ..data }, 2, 256).contains("leaves none to train on"));
    assert!(refusal(&Data::default(), 2, 256).contains("no data are named"));
    let missing = Data { files: vec![folder.path().join("no.txt")], ..Data::default() };
    assert!(refusal(&missing, 2, 256).contains("no.txt` cannot be read"));
}

/// A tokenizer of five words.
const WORDS: &str = r#"{"version":"1.0","truncation":null,"padding":null,"added_tokens":[{"id":4,"content":"</s>",
"single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],"normalizer":null,
"pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":null,"decoder":null,"model":{"type":"WordLevel",
"vocab":{"the":0,"cat":1,"sat":2,"[UNK]":3},"unk_token":"[UNK]"}}"#;

#[test]
fn a_tokenizer_gives_the_numbers_and_ends_each_text() {
    let (folder, data) = given(&[("a.txt", b"the cat sat"), ("b.txt", b"the dog")]);
    let file = folder.path().join("tokenizer.json");
    fs::write(&file, WORDS).expect("a file");
    let data = Data { tokenizer: Some(file.clone()), ..data };
    let corpus = Corpus::open(&data, 6, 5, 0).expect("enough");
    let rows = corpus.rows(0, 1).expect("in memory");
    assert_eq!(numbers(&rows.tokens), [0, 1, 2, 4, 0, 3]);
    assert_eq!(numbers(&rows.targets), [1, 2, 4, 0, 3, 4]);
    assert!(refusal(&data, 6, 4).contains("token numbers up to 4, but the model's `vocab_size` is 4"));
    fs::write(folder.path().join("a.txt"), b"caf\xe9").expect("a file");
    assert!(refusal(&data, 6, 5).contains("no UTF-8 text (byte 3)"));
    fs::write(&file, "{}").expect("a file");
    assert!(refusal(&data, 6, 5).contains("is no `tokenizer.json`"));
}
