//! Secrets at rest: connections are stored encrypted with a key that is not in the database.
//!
//! XChaCha20-Poly1305; its nonces are long enough to be random. What is sealed is bound to the name of its
//! connection, so that one connection's secrets cannot be passed off as another's.

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
    configuration::ReturngoAccess,
    private,
    store::{
        ConnectionId, Encrypted, KeyDigest, Reencrypted, ReencryptedSecrets, Store, StoreError,
        StoredConnection,
    },
};

pub use crate::private::NotPrivate;

const NONCE_BYTES: usize = 24;
const CHECK: &str = "check of the key";

/// The key: 32 bytes, written in base64 as `openssl rand -base64 32` does. It is wiped from memory when it is
/// dropped.
#[derive(Clone)]
pub struct VaultKey(Zeroizing<[u8; 32]>);

impl VaultKey {
    /// A new one.
    ///
    /// # Errors
    ///
    /// The operating system gives no random bytes.
    pub fn generate() -> Result<Self, VaultError> {
        let bytes = <[u8; 32]>::try_generate().map_err(|error| VaultError::Random(error.to_string()))?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// The key as it is written into a file or an environment variable.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.as_slice()))
    }

    /// The key in a file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, may be read by others too, or holds no key.
    pub fn read(file: &Path) -> Result<Self, VaultError> {
        private::check(&[file])
            .map_err(|source| VaultError::OpenKeyFile { file: file.display().to_string(), source })?;
        let text = std::fs::read_to_string(file)
            .map(Zeroizing::new)
            .map_err(|source| VaultError::NoKeyFile { file: file.display().to_string(), source })?;
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

/// Seals connections' secrets and opens them again.
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
    /// The vault of a store. The first key that comes is the store's.
    ///
    /// # Errors
    ///
    /// [`VaultError::WrongKey`] when the store was made with another key.
    pub async fn open(key: &VaultKey, store: &Store) -> Result<Self, VaultError> {
        let vault = Self::of(key)?;
        let kept = store.vault_check(&vault.encrypt_for(CHECK, CHECK.as_bytes())?).await?;
        vault.decrypt_for(CHECK, &kept).ok_or(VaultError::WrongKey)?;
        Ok(vault)
    }

    /// Seals everything that is stored with another key, which is the store's from then on. Gives back how many
    /// connections there are.
    ///
    /// # Errors
    ///
    /// [`VaultError::Changed`] when a connection is stored meanwhile; [`VaultError::Damaged`] when one does not open.
    /// Everything stays sealed as it was then.
    pub async fn rekey(&self, key: &VaultKey, store: &Store) -> Result<usize, VaultError> {
        let next = Self::of(key)?;
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

    fn of(key: &VaultKey) -> Result<Self, VaultError> {
        let bytes = key.0.as_slice().try_into().map_err(|_| VaultError::InvalidKey)?;
        Ok(Self { cipher: XChaCha20Poly1305::new(bytes), key: key.clone() })
    }

    /// What tells an API key of ReturnGO from others in the store. Without the vault's key, no API key can be tried
    /// against it.
    pub(crate) fn digest_of(&self, access: &ReturngoAccess) -> Result<KeyDigest, VaultError> {
        let mut digest =
            Hmac::<Sha256>::new_from_slice(self.key.0.as_slice()).map_err(|_| VaultError::InvalidKey)?;
        for part in
            ["API key of ReturnGO", access.url.as_deref().unwrap_or_default(), access.api_key.reveal()]
        {
            digest.update(part.as_bytes());
            digest.update(&[0]);
        }
        Ok(KeyDigest::new(STANDARD.encode(digest.finalize().into_bytes())))
    }

    /// Seals a connection's secrets.
    ///
    /// # Errors
    ///
    /// The operating system gives no random bytes.
    pub fn encrypt(&self, connection: &ConnectionId, secret: &[u8]) -> Result<Encrypted, VaultError> {
        self.encrypt_for(&bound_to(connection), secret)
    }

    /// Opens what was sealed for this connection. What it gives is wiped from memory when it is dropped.
    ///
    /// # Errors
    ///
    /// [`VaultError::Damaged`] when it was sealed for another connection, with another key, or was changed since.
    pub fn decrypt(
        &self,
        connection: &ConnectionId,
        encrypted: &Encrypted,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.decrypt_for(&bound_to(connection), encrypted)
            .ok_or_else(|| VaultError::Damaged { connection: connection.clone() })
    }

    /// The nonce, and then the text.
    fn encrypt_for(&self, purpose: &str, text: &[u8]) -> Result<Encrypted, VaultError> {
        let random = |error: String| VaultError::Random(error);
        let nonce = XNonce::try_generate().map_err(|error| random(error.to_string()))?;
        let payload = Payload { msg: text, aad: purpose.as_bytes() };
        let encrypted = self.cipher.encrypt(&nonce, payload).map_err(|error| random(error.to_string()))?;
        Ok(Encrypted([nonce.as_slice(), &encrypted].concat()))
    }

    fn decrypt_for(&self, purpose: &str, encrypted: &Encrypted) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, encrypted) = encrypted.0.split_at_checked(NONCE_BYTES)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        let payload = Payload { msg: encrypted, aad: purpose.as_bytes() };
        self.cipher.decrypt(&nonce, payload).ok().map(Zeroizing::new)
    }
}

fn bound_to(connection: &ConnectionId) -> String {
    format!("connection {connection}")
}

/// The vault stays shut.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// No key.
    #[error("this is no key: write 32 bytes in base64, as `openssl rand -base64 32` makes them")]
    InvalidKey,
    /// The file with the key cannot be read.
    #[error(
        "the key cannot be read from {file}: check that the file is there and that this user may read it"
    )]
    NoKeyFile {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Others may read the file with the key.
    #[error("the key in {file} is not used")]
    OpenKeyFile {
        /// The file.
        file: String,
        /// What to do.
        #[source]
        source: NotPrivate,
    },
    /// Another key.
    #[error(
        "the key is not the one that encrypted the stored credentials: set `key_file` or RETURNGO_BRIGHTPEARL_KEY to that key"
    )]
    WrongKey,
    /// What is stored does not open though the key is right.
    #[error("the stored secrets of the connection {connection} do not open: connect it again")]
    Damaged {
        /// The connection.
        connection: ConnectionId,
    },
    /// Something was stored while everything was sealed anew.
    #[error(
        "a connection was stored meanwhile, so all keep their key: stop what uses the database and try again"
    )]
    Changed,
    /// No random bytes.
    #[error("nothing can be sealed: {0}")]
    Random(String),
    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}
