//! Encryption of stored credentials, with a key that is not in the database.
//!
//! The cipher is XChaCha20-Poly1305 with random nonces. The name of the connection is authenticated together with the
//! ciphertext, so that credentials that are copied to another connection cannot be decrypted there.

use std::{fmt, path::Path, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    private_files,
    store::{
        ConnectionId, Encrypted, KeyDigest, Reencrypted, ReencryptedSecrets, Store, StoreError,
        StoredConnection,
    },
};

pub use crate::private_files::NotPrivate;

const NONCE_BYTES: usize = 24;

/// The purpose and the plaintext of the value that shows whether a key is the store's. Stores contain it, so it never changes.
const CHECK: &str = "check of the key";

/// The encryption key: 32 bytes, written in base64 as `openssl rand -base64 32` does. It is wiped from memory on drop.
#[derive(Clone)]
pub struct VaultKey(Zeroizing<[u8; 32]>);

impl VaultKey {
    /// Generates a random key.
    ///
    /// # Errors
    ///
    /// [`VaultError::Random`] when the operating system provides no random bytes.
    pub fn generate() -> Result<Self, VaultError> {
        let bytes = <[u8; 32]>::try_generate().map_err(|error| VaultError::Random(error.to_string()))?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// Returns the key in base64, for a file or an environment variable.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.as_slice()))
    }

    /// Reads the key from a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, other users may read it, or its content is not a key.
    pub fn read(file: &Path) -> Result<Self, VaultError> {
        private_files::check(&[file])
            .map_err(|source| VaultError::KeyFileNotPrivate { file: file.display().to_string(), source })?;
        let text = std::fs::read_to_string(file)
            .map(Zeroizing::new)
            .map_err(|source| VaultError::KeyFileUnreadable { file: file.display().to_string(), source })?;
        text.parse()
    }
}

impl FromStr for VaultKey {
    type Err = VaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| VaultError::InvalidKey)?);
        let bytes = bytes.as_slice().try_into().map_err(|_| VaultError::InvalidKey)?;
        Ok(Self(Zeroizing::new(bytes)))
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultKey(…)")
    }
}

/// Encrypts and decrypts the credentials of connections.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
    key: VaultKey,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

impl Vault {
    /// Opens the vault of a store. The first key that is used with a store becomes the store's key.
    ///
    /// # Errors
    ///
    /// [`VaultError::WrongKey`] when the store has another key.
    pub async fn open(key: &VaultKey, store: &Store) -> Result<Self, VaultError> {
        let vault = Self::with_key(key)?;
        let check = store.vault_check(&vault.encrypt_for(CHECK, CHECK.as_bytes())?).await?;
        vault.decrypt_for(CHECK, &check).ok_or(VaultError::WrongKey)?;
        Ok(vault)
    }

    /// Encrypts all stored credentials with another key, which becomes the store's key. Returns the number of connections.
    ///
    /// # Errors
    ///
    /// [`VaultError::Changed`] when a connection is stored at the same time, [`VaultError::Undecryptable`] when the
    /// credentials of one cannot be decrypted. The store keeps its key then, and nothing is changed.
    pub async fn rekey(&self, key: &VaultKey, store: &Store) -> Result<usize, VaultError> {
        let next = Self::with_key(key)?;
        let is = next.encrypt_for(CHECK, CHECK.as_bytes())?;
        let check = Reencrypted { was: store.vault_check(&is).await?, is };
        let mut connections = Vec::new();
        for StoredConnection { id, configuration: was } in store.connections().await? {
            let is = next.encrypt(&id, &self.decrypt(&id, &was)?)?;
            connections.push((id, Reencrypted { was, is }));
        }
        let secrets = ReencryptedSecrets { check, connections };
        if store.rekey(&secrets).await? { Ok(secrets.connections.len()) } else { Err(VaultError::Changed) }
    }

    fn with_key(key: &VaultKey) -> Result<Self, VaultError> {
        let bytes = key.0.as_slice().try_into().map_err(|_| VaultError::InvalidKey)?;
        Ok(Self { cipher: XChaCha20Poly1305::new(bytes), key: key.clone() })
    }

    /// Identifies an API key of ReturnGO on a server (none for ReturnGO's own) by a keyed digest. API keys cannot be guessed
    /// from it without the encryption key.
    pub(crate) fn digest(&self, server: Option<&str>, api_key: &str) -> Result<KeyDigest, VaultError> {
        let mut digest =
            Hmac::<Sha256>::new_from_slice(self.key.0.as_slice()).map_err(|_| VaultError::InvalidKey)?;
        // Digests are stored with the calls that were counted, so the parts never change.
        for part in ["API key of ReturnGO", server.unwrap_or_default(), api_key] {
            digest.update(part.as_bytes());
            digest.update(&[0]);
        }
        Ok(KeyDigest::new(STANDARD.encode(digest.finalize().into_bytes())))
    }

    /// Encrypts the credentials of a connection.
    ///
    /// # Errors
    ///
    /// [`VaultError::Random`] when the operating system provides no random bytes.
    pub fn encrypt(&self, connection: &ConnectionId, secret: &[u8]) -> Result<Encrypted, VaultError> {
        self.encrypt_for(&purpose_of(connection), secret)
    }

    /// Decrypts the credentials of a connection. The result is wiped from memory on drop.
    ///
    /// # Errors
    ///
    /// [`VaultError::Undecryptable`] when they were encrypted for another connection or with another key, or are damaged.
    pub fn decrypt(
        &self,
        connection: &ConnectionId,
        encrypted: &Encrypted,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.decrypt_for(&purpose_of(connection), encrypted)
            .ok_or_else(|| VaultError::Undecryptable { connection: connection.clone() })
    }

    /// Returns the nonce, followed by the ciphertext.
    fn encrypt_for(&self, purpose: &str, plaintext: &[u8]) -> Result<Encrypted, VaultError> {
        let nonce = XNonce::try_generate().map_err(|error| VaultError::Random(error.to_string()))?;
        let payload = Payload { msg: plaintext, aad: purpose.as_bytes() };
        let ciphertext = self
            .cipher
            .encrypt(&nonce, payload)
            .map_err(|error| VaultError::Encryption(error.to_string()))?;
        Ok(Encrypted([nonce.as_slice(), &ciphertext].concat()))
    }

    fn decrypt_for(&self, purpose: &str, encrypted: &Encrypted) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = encrypted.0.split_at_checked(NONCE_BYTES)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        let payload = Payload { msg: ciphertext, aad: purpose.as_bytes() };
        self.cipher.decrypt(&nonce, payload).ok().map(Zeroizing::new)
    }
}

/// The authenticated name of a connection. Stored ciphertexts depend on it, so it never changes.
fn purpose_of(connection: &ConnectionId) -> String {
    format!("connection {connection}")
}

/// Why credentials cannot be encrypted or decrypted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The text is not a key.
    #[error("invalid encryption key: expected 32 bytes in base64, as `openssl rand -base64 32` prints them")]
    InvalidKey,
    /// The key file cannot be read.
    #[error(
        "cannot read the encryption key from {file}: check that the file exists and that this user may read it"
    )]
    KeyFileUnreadable {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Other users may read the key file.
    #[error("cannot use the encryption key in {file}")]
    KeyFileNotPrivate {
        /// The file.
        file: String,
        /// What to do.
        #[source]
        source: NotPrivate,
    },
    /// The key is not the store's.
    #[error(
        "the key is not the one that encrypted the stored credentials: set `key_file` or RETURNGO_BRIGHTPEARL_KEY to that key"
    )]
    WrongKey,
    /// The credentials cannot be decrypted, although the key is the store's.
    #[error("cannot decrypt the stored credentials of connection {connection}: connect it again")]
    Undecryptable {
        /// The connection.
        connection: ConnectionId,
    },
    /// A connection was stored during a rekey.
    #[error(
        "a connection was stored during the rekey, so nothing was changed: stop the processes that use the database, then retry"
    )]
    Changed,
    /// The operating system provides no random bytes.
    #[error("the operating system provides no random bytes: {0}")]
    Random(String),
    /// The cipher failed.
    #[error("cannot encrypt the credentials: {0}")]
    Encryption(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
