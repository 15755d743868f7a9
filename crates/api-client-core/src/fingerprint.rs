/// Returns a hash of a text (FNV-1a, 64 bits), which is the same in every process and version. It is not safe
/// against texts made to collide.
///
/// ```
/// assert_eq!(api_client_core::fingerprint(b"a"), 0xaf63_dc4c_8601_ec8c);
/// ```
pub fn fingerprint(text: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    text.iter().fold(OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}
