use returngo_brightpearl_connector::vault::{Vault, VaultError, VaultKey};

use super::{at, databases::Database, name, on_both};
use returngo_brightpearl_connector::store::{
    Encrypted, Reencrypted, ReencryptedSecrets, Store, StoredConnection,
};

on_both!(everything_is_sealed_with_the_new_key, what_was_stored_meanwhile_leaves_all_as_it_is);

async fn put(vault: &Vault, store: &Store, connection: &str, secret: &[u8]) {
    let id = name(connection);
    let configuration = vault.encrypt(&id, secret).unwrap();
    store.put_connection(&StoredConnection { id, configuration }, at(0)).await.unwrap();
}

async fn everything_is_sealed_with_the_new_key(database: Database) {
    let store = database.open().await;
    let (old, new) = (VaultKey::generate().unwrap(), VaultKey::generate().unwrap());
    let vault = Vault::open(&old, &store).await.unwrap();
    put(&vault, &store, "acme", b"one").await;
    put(&vault, &store, "other", b"two").await;
    assert_eq!(vault.rekey(&new, &store).await.unwrap(), 2);

    assert!(matches!(Vault::open(&old, &store).await, Err(VaultError::WrongKey)));
    let vault = Vault::open(&new, &store).await.unwrap();
    let stored = store.connections().await.unwrap();
    let open = |at: usize| vault.decrypt(&stored[at].id, &stored[at].configuration).unwrap();
    assert_eq!((open(0).as_slice(), open(1).as_slice()), (&b"one"[..], &b"two"[..]));
}

async fn what_was_stored_meanwhile_leaves_all_as_it_is(database: Database) {
    let store = database.open().await;
    let key = VaultKey::generate().unwrap();
    let vault = Vault::open(&key, &store).await.unwrap();
    put(&vault, &store, "acme", b"one").await;
    let before = store.connections().await.unwrap();
    let check = store.vault_check(&Encrypted(Vec::new())).await.unwrap();
    let other = Encrypted(vec![9]);
    let secrets = |was: &Encrypted| ReencryptedSecrets {
        check: Reencrypted { was: check.clone(), is: other.clone() },
        connections: vec![(name("acme"), Reencrypted { was: was.clone(), is: other.clone() })],
    };
    assert!(!store.rekey(&secrets(&other)).await.unwrap(), "acme was stored anew");
    assert!(
        !store.rekey(&ReencryptedSecrets { connections: Vec::new(), ..secrets(&other) }).await.unwrap(),
        "acme is new"
    );
    assert_eq!(store.connections().await.unwrap(), before);
    assert_eq!(store.vault_check(&other).await.unwrap(), check);
    assert!(store.rekey(&secrets(&before[0].configuration)).await.unwrap());
    assert_eq!(store.vault_check(&check).await.unwrap(), other);
}
