use std::collections::BTreeMap;

use super::session::Session;
use crate::ledger::{LedgerError, NewSeals, Resealed, Sealed};

/// The value that tells whether a key opens what is stored; the first one that is offered is kept.
pub(super) async fn vault_check(session: &mut Session<'_>, offered: &Sealed) -> Result<Sealed, LedgerError> {
    const KEEP: &str = "INSERT INTO vault (id, check_value) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
    session.run(KEEP, &[offered.0.as_slice().into()]).await?;
    let kept = session.first("SELECT check_value FROM vault WHERE id = 1", &[]).await?;
    let kept = kept.map(|row| row.bytes("check_value")).transpose()?;
    Ok(kept.map_or_else(|| offered.clone(), Sealed))
}

/// False, and nothing is to be committed, when something else is stored than was resealed.
pub(super) async fn replace(session: &mut Session<'_>, seals: &NewSeals) -> Result<bool, LedgerError> {
    const CHECK: &str = "UPDATE vault SET check_value = $2 WHERE id = 1 AND check_value = $1";
    const STORED: &str =
        "SELECT id, configuration FROM connection WHERE configuration IS NOT NULL ORDER BY id";
    const RESEAL: &str = "UPDATE connection SET configuration = $2 WHERE id = $1";
    let Resealed { was, is } = &seals.check;
    if session.run(CHECK, &[was.0.as_slice().into(), is.0.as_slice().into()]).await? == 0 {
        return Ok(false);
    }
    let mut stored = BTreeMap::new();
    for row in session.lock_all(STORED, &[]).await? {
        stored.insert(row.text("id")?, row.bytes("configuration")?);
    }
    let resealed = seals.connections.iter();
    let was = resealed.map(|(id, resealed)| (id.to_string(), resealed.was.0.clone())).collect();
    if stored != was {
        return Ok(false);
    }
    for (id, Resealed { is, .. }) in &seals.connections {
        session.run(RESEAL, &[id.as_str().into(), is.0.as_slice().into()]).await?;
    }
    Ok(true)
}
