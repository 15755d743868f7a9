//! Which connection a command is about.

use anyhow::bail;

use returngo_brightpearl_connector::store::{ConnectionId, Store};

/// The connection that was named, else the only one that there is.
pub(super) async fn connection(store: &Store, named: Option<&ConnectionId>) -> anyhow::Result<ConnectionId> {
    if let Some(named) = named {
        return Ok(named.clone());
    }
    let stored = store.connections().await?;
    match stored.as_slice() {
        [only] => Ok(only.id.clone()),
        [] => bail!("there is no connection: `connect` makes one"),
        several => {
            let names: Vec<_> = several.iter().map(|stored| stored.id.as_str()).collect();
            bail!("there are {} connections, {}: say which", names.len(), names.join(", "))
        }
    }
}
