use returngo_brightpearl_connector::vault::{Vault, VaultError, VaultKey};

use super::{at, databases::Database, name, on_both};
use returngo_brightpearl_connector::ledger::{Ledger, NewSeals, Resealed, Sealed, StoredConnection};

on_both!(everything_is_sealed_with_the_new_key, what_was_stored_meanwhile_leaves_all_as_it_is);

async fn store(vault: &Vault, ledger: &dyn Ledger, connection: &str, secret: &[u8]) {
    let id = name(connection);
    let configuration = vault.seal(&id, secret).unwrap();
    ledger.put_connection(&StoredConnection { id, configuration }, at(0)).await.unwrap();
}

async fn everything_is_sealed_with_the_new_key(database: Database) {
    let ledger = database.open().await;
    let (old, new) = (VaultKey::generate().unwrap(), VaultKey::generate().unwrap());
    let vault = Vault::open(&old, &*ledger).await.unwrap();
    store(&vault, &*ledger, "acme", b"one").await;
    store(&vault, &*ledger, "other", b"two").await;
    assert_eq!(vault.rekey(&new, &*ledger).await.unwrap(), 2);

    assert!(matches!(Vault::open(&old, &*ledger).await, Err(VaultError::WrongKey)));
    let vault = Vault::open(&new, &*ledger).await.unwrap();
    let stored = ledger.connections().await.unwrap();
    let open = |at: usize| vault.unseal(&stored[at].id, &stored[at].configuration).unwrap();
    assert_eq!((open(0).as_slice(), open(1).as_slice()), (&b"one"[..], &b"two"[..]));
}

async fn what_was_stored_meanwhile_leaves_all_as_it_is(database: Database) {
    let ledger = database.open().await;
    let key = VaultKey::generate().unwrap();
    let vault = Vault::open(&key, &*ledger).await.unwrap();
    store(&vault, &*ledger, "acme", b"one").await;
    let before = ledger.connections().await.unwrap();
    let check = ledger.vault_check(&Sealed(Vec::new())).await.unwrap();
    let other = Sealed(vec![9]);
    let seals = |was: &Sealed| NewSeals {
        check: Resealed { was: check.clone(), is: other.clone() },
        connections: vec![(name("acme"), Resealed { was: was.clone(), is: other.clone() })],
    };
    assert!(!ledger.reseal(&seals(&other)).await.unwrap(), "acme was stored anew");
    assert!(
        !ledger.reseal(&NewSeals { connections: Vec::new(), ..seals(&other) }).await.unwrap(),
        "acme is new"
    );
    assert_eq!(ledger.connections().await.unwrap(), before);
    assert_eq!(ledger.vault_check(&other).await.unwrap(), check);
    assert!(ledger.reseal(&seals(&before[0].configuration)).await.unwrap());
    assert_eq!(ledger.vault_check(&check).await.unwrap(), other);
}
