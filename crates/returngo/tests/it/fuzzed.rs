//! The fuzz target's function over its corpus, as it is and damaged: what a nightly toolchain is not needed for.

use std::fs;

use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

#[path = "../../fuzz/decode.rs"]
mod decode;

fn corpus() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/webhooks");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 10, "{folder}");
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn the_corpus_reads_without_a_panic() {
    corpus().iter().for_each(|body| decode::everything(body));
}

/// Every value below this one.
fn values<'v>(value: &'v mut Value, found: &mut Vec<&'v mut Value>) {
    match value {
        Value::Array(inner) => inner.iter_mut().for_each(|value| values(value, found)),
        Value::Object(inner) => inner.values_mut().for_each(|value| values(value, found)),
        leaf => found.push(leaf),
    }
}

fn strange_values() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("0"),
        json!("RMA"),
        json!("RMA\u{e9}1"),
        json!(" 7 "),
        json!("9999-12-31T23:59:59.999+25:59"),
        json!("-262143-01-01"),
        json!("79228162514264337593543950336"),
        json!([]),
        json!({}),
        json!({"rmaId": {"rmaId": "1"}}),
    ])
}

proptest! {
    #[test]
    fn values_may_be_anything(file in any::<Index>(), changes in prop::collection::vec((any::<Index>(), strange_values()), 1..4)) {
        let Ok(mut body) = serde_json::from_slice::<Value>(file.get::<Vec<u8>>(&corpus())) else { return Ok(()) };
        for (at, strange) in changes {
            let mut found = Vec::new();
            values(&mut body, &mut found);
            if !found.is_empty() {
                let at = at.index(found.len());
                *found.swap_remove(at) = strange;
            }
        }
        decode::everything(body.to_string().as_bytes());
    }

    #[test]
    fn bytes_may_be_anything(
        file in any::<Index>(),
        at in any::<Index>(),
        gone in 0usize..40,
        instead in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut body = file.get::<Vec<u8>>(&corpus()).clone();
        let at = at.index(body.len() + 1);
        let end = body.len().min(at + gone);
        body.splice(at..end, instead);
        decode::everything(&body);
    }
}
