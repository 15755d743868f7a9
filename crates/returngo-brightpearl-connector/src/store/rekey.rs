use std::collections::BTreeMap;

use super::{ConnectionId, Encrypted, Store, StoreError, session::Session};

/// Data that is encrypted with a new key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reencrypted {
    /// As it is stored.
    pub was: Encrypted,
    /// Encrypted with the new key.
    pub is: Encrypted,
}

/// All encrypted data, encrypted with a new key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReencryptedSecrets {
    /// The check value.
    pub check: Reencrypted,
    /// The connections.
    pub connections: Vec<(ConnectionId, Reencrypted)>,
}

impl Store {
    /// The check value, which only the right key decrypts: the first one that was offered is kept.
    pub async fn vault_check(&self, offered: &Encrypted) -> Result<Encrypted, StoreError> {
        let mut session = self.writing().await?;
        let kept = vault_check(&mut session, offered).await?;
        session.commit().await?;
        Ok(kept)
    }

    /// Replaces all encrypted data in one transaction. Returns false and changes nothing when something else is stored by
    /// now.
    pub async fn rekey(&self, secrets: &ReencryptedSecrets) -> Result<bool, StoreError> {
        let mut session = self.writing().await?;
        let replaced = replace(&mut session, secrets).await?;
        if replaced {
            session.commit().await?;
        }
        Ok(replaced)
    }
}

/// The check value; the first one that is offered is kept.
pub(super) async fn vault_check(
    session: &mut Session<'_>,
    offered: &Encrypted,
) -> Result<Encrypted, StoreError> {
    const KEEP: &str = "INSERT INTO vault (id, check_value) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
    session.run(KEEP, &[offered.0.as_slice().into()]).await?;
    let kept = session.first("SELECT check_value FROM vault WHERE id = 1", &[]).await?;
    let kept = kept.map(|row| row.bytes("check_value")).transpose()?;
    Ok(kept.map_or_else(|| offered.clone(), Encrypted))
}

/// Returns false, and must not be committed, when something else is stored by now.
pub(super) async fn replace(
    session: &mut Session<'_>,
    secrets: &ReencryptedSecrets,
) -> Result<bool, StoreError> {
    const CHECK: &str = "UPDATE vault SET check_value = $2 WHERE id = 1 AND check_value = $1";
    const STORED: &str =
        "SELECT id, configuration FROM connection WHERE configuration IS NOT NULL ORDER BY id";
    const RESEAL: &str = "UPDATE connection SET configuration = $2 WHERE id = $1";
    let Reencrypted { was, is } = &secrets.check;
    if session.run(CHECK, &[was.0.as_slice().into(), is.0.as_slice().into()]).await? == 0 {
        return Ok(false);
    }
    let mut stored = BTreeMap::new();
    for row in session.lock_all(STORED, &[]).await? {
        stored.insert(row.text("id")?, row.bytes("configuration")?);
    }
    let reencrypted = secrets.connections.iter();
    let was = reencrypted.map(|(id, reencrypted)| (id.to_string(), reencrypted.was.0.clone())).collect();
    if stored != was {
        return Ok(false);
    }
    for (id, Reencrypted { is, .. }) in &secrets.connections {
        session.run(RESEAL, &[id.as_str().into(), is.0.as_slice().into()]).await?;
    }
    Ok(true)
}
