//! Any bytes, read as a delivery, and as every answer that the crate reads.
#![no_main]

#[path = "../decode.rs"]
mod decode;

libfuzzer_sys::fuzz_target!(|body: &[u8]| decode::everything(body));
