//! Reservations to refresh a connection's OAuth tokens.

use jiff::{SignedDuration, Timestamp};

use super::{ConnectionId, Store, StoreError, session::Session};

impl Store {
    /// Reserves the refresh of a connection's tokens for up to 90 seconds. Returns false while another process has reserved
    /// it.
    pub async fn begin_token_refresh(
        &self,
        connection: &ConnectionId,
        holder: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut session = self.writing().await?;
        let begun = begin(&mut session, connection, holder, now).await?;
        session.commit().await?;
        Ok(begun)
    }

    /// Ends a reservation of this holder.
    pub async fn end_token_refresh(&self, connection: &ConnectionId, holder: &str) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        end(&mut session, connection, holder).await?;
        session.commit().await
    }
}

/// The duration of a reservation: longer than a refresh with late answers and a database that fails for some seconds.
const RESERVED_FOR: SignedDuration = SignedDuration::from_secs(90);

/// A later end was set by a clock that was ahead, and is ignored.
const NO_LATER: SignedDuration = SignedDuration::from_mins(10);

pub(super) async fn begin(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    holder: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const RESERVE: &str = "
        INSERT INTO token_refresh (connection, holder, held_until) VALUES ($1, $2, $3)
        ON CONFLICT (connection) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
        WHERE token_refresh.held_until <= $4 OR token_refresh.held_until > $5";
    let later = |by| now.saturating_add(by).unwrap_or(now);
    let parameters = [
        connection.as_str().into(),
        holder.into(),
        later(RESERVED_FOR).into(),
        now.into(),
        later(NO_LATER).into(),
    ];
    Ok(session.run(RESERVE, &parameters).await? > 0)
}

pub(super) async fn end(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    holder: &str,
) -> Result<(), StoreError> {
    const END: &str = "DELETE FROM token_refresh WHERE connection = $1 AND holder = $2";
    session.run(END, &[connection.as_str().into(), holder.into()]).await.map(drop)
}
