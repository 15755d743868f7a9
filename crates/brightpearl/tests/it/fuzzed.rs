//! The fuzz target's function over its corpus, as it is and damaged: what a nightly toolchain is not needed for.

use std::fs;

#[path = "../../fuzz/decode.rs"]
mod decode;

const DAMAGES_A_FILE: u64 = 60;

#[test]
fn the_corpus_reads_without_a_panic() {
    for (_, body) in corpus() {
        decode::everything(&body);
    }
}

#[test]
fn damaged_answers_read_without_a_panic() {
    for (name, body) in corpus() {
        for seed in 0..DAMAGES_A_FILE {
            let damaged = damage(&body, &mut fastrand::Rng::with_seed(seed));
            let read = std::panic::catch_unwind(|| decode::everything(&damaged));
            assert!(read.is_ok(), "{name} damaged with seed {seed}: {}", String::from_utf8_lossy(&damaged));
        }
    }
}

fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/answers");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} is empty");
    files
}

/// One to four changes: another value in place of one, a piece twice, a piece gone, a byte changed, the rest lost.
fn damage(body: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut body = body.to_vec();
    for _ in 0..random.u8(1..=4) {
        let at = random.usize(..=body.len());
        let end = random.usize(at..=body.len().min(at + 40));
        match random.u8(..8) {
            0..5 => replace_value(&mut body, at, random),
            5 => body.splice(at..at, body[at..end].to_vec()).for_each(drop),
            6 => body.drain(at..end).for_each(drop),
            _ if random.u8(..4) == 0 => body.truncate(at),
            _ => body.get_mut(at).into_iter().for_each(|byte| *byte = random.u8(..)),
        }
    }
    body
}

/// Puts another JSON value in place of the first one after this place.
fn replace_value(body: &mut Vec<u8>, after: usize, random: &mut fastrand::Rng) {
    const VALUES: [&str; 16] = [
        "null",
        "true",
        "0",
        "-1",
        "1.5",
        "1e400",
        "18446744073709551616",
        "\"\"",
        "\"0\"",
        "\"x\"",
        "\" 7 \"",
        "\"9999-12-31T23:59:59.999+25:59\"",
        "\"-262143-01-01\"",
        "\"79228162514264337593543950336\"",
        "[]",
        "{}",
    ];
    let find = |from: usize, wanted: &[u8]| {
        body[from..].iter().position(|byte| wanted.contains(byte)).map(|found| from + found)
    };
    let Some(start) = find(after, b":,[").map(|separator| separator + 1) else { return };
    let end = find(start, b",]}").unwrap_or(body.len());
    let value = VALUES[random.usize(..VALUES.len())];
    body.splice(start..end, value.bytes());
}
