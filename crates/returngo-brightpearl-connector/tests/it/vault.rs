use returngo_brightpearl_connector::{
    store::{self, ConnectionId, Encrypted},
    vault::{Vault, VaultError, VaultKey},
};

use crate::private_file::write_private;

fn name(text: &str) -> ConnectionId {
    text.parse().unwrap()
}

#[tokio::test]
async fn what_is_sealed_opens_with_the_same_key() {
    let store = store::open("sqlite::memory:").await.unwrap();
    let key = VaultKey::generate().unwrap();
    let encrypted = Vault::open(&key, &store).await.unwrap().encrypt(&name("acme"), b"t0psecret").unwrap();
    assert!(!encrypted.0.windows(9).any(|window| window == b"t0psecret"));

    let read: VaultKey = key.to_base64().parse().unwrap();
    let vault = Vault::open(&read, &store).await.unwrap();
    assert_eq!(*vault.decrypt(&name("acme"), &encrypted).unwrap(), b"t0psecret");
    let again = vault.encrypt(&name("acme"), b"t0psecret").unwrap();
    assert_ne!(again, encrypted, "nobody can tell that two secrets are the same");
}

#[tokio::test]
async fn another_key_is_refused_at_once() {
    let store = store::open("sqlite::memory:").await.unwrap();
    Vault::open(&VaultKey::generate().unwrap(), &store).await.unwrap();
    let refused = Vault::open(&VaultKey::generate().unwrap(), &store).await.unwrap_err();
    assert!(matches!(refused, VaultError::WrongKey), "{refused:?}");
    assert!(refused.to_string().contains("set `key_file`"));
}

#[tokio::test]
async fn a_secret_is_its_connections_alone_and_cannot_be_changed() {
    let store = store::open("sqlite::memory:").await.unwrap();
    let vault = Vault::open(&VaultKey::generate().unwrap(), &store).await.unwrap();
    let encrypted = vault.encrypt(&name("acme"), b"t0psecret").unwrap();
    let refused = vault.decrypt(&name("other"), &encrypted).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "cannot decrypt the stored credentials of connection other: connect it again"
    );
    for place in 0..encrypted.0.len() {
        let mut changed = encrypted.0.clone();
        changed[place] ^= 1;
        assert!(vault.decrypt(&name("acme"), &Encrypted(changed)).is_err());
    }
    assert!(vault.decrypt(&name("acme"), &Encrypted(vec![0; 5])).is_err());
}

#[test]
fn a_key_is_read_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let key = VaultKey::generate().unwrap();
    write_private(&file, &format!("{}\n", *key.to_base64()));
    assert_eq!(VaultKey::read(&file).unwrap().to_base64(), key.to_base64());
    let missing = VaultKey::read(&folder.path().join("none")).unwrap_err();
    assert!(missing.to_string().contains("check that the file exists"), "{missing}");
}

#[test]
fn what_is_no_key_is_refused() {
    for text in ["", "t0psecret", "dG9vIHNob3J0", "!"] {
        let refused = text.parse::<VaultKey>().unwrap_err();
        assert!(matches!(refused, VaultError::InvalidKey));
        assert!(!refused.to_string().contains("t0psecret"));
    }
}

#[tokio::test]
async fn nothing_of_a_key_prints() {
    let store = store::open("sqlite::memory:").await.unwrap();
    let key = VaultKey::generate().unwrap();
    let vault = Vault::open(&key, &store).await.unwrap();
    let encrypted = vault.encrypt(&name("acme"), b"t0psecret").unwrap();
    let printed = format!("{key:?} {vault:?} {encrypted:?}");
    assert_eq!(printed, "VaultKey(…) Vault(…) Encrypted(49 bytes)");
}
