use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs a token as legacy public apps must: base64 of the HMAC-SHA256 of the token under the developer's
/// secret, neither of which is decoded first (docs/evidence/brightpearl-platform.md#signed-tokens). Pass the
/// signed account token to [`Credentials::public_app`](super::Credentials::public_app).
///
/// ```
/// use brightpearl::client::sign_token;
///
/// let signed = sign_token("tN4pQz7sYw2KdV9bLm1XcA==", "3f0c6a52-91d4-4b7e-8a1e-5d2b7c9e0f11");
/// assert_eq!(signed, "4ZpbcYOyDarG8U4qRwJqdM6h0bxPMe7+6IvDekcAkn0=");
/// ```
pub fn sign_token(developer_secret: &str, token: &str) -> String {
    // HMAC takes keys of every length, so there is always a signature.
    let signature = Hmac::<Sha256>::new_from_slice(developer_secret.as_bytes())
        .map(|mac| mac.chain_update(token.as_bytes()).finalize().into_bytes());
    signature.map(|signature| STANDARD.encode(signature)).unwrap_or_default()
}
