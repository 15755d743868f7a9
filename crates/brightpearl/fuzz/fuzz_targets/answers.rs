//! Any bytes, read as every answer that the crate reads.
#![no_main]

#[path = "../decode.rs"]
mod decode;

libfuzzer_sys::fuzz_target!(|body: &[u8]| decode::everything(body));
