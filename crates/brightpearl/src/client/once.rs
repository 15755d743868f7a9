use std::{future::Future, time::Duration};

use api_client_core::time::later;

use super::{
    Client,
    unsettled::{IN_TRANSIT, WriteInProgress, key_of},
};
use crate::{Created, Error, ErrorKind, request::Idempotency, request::Request};

/// How often a keyed write is repeated after its key was not found.
const RESENDS: u32 = 2;

/// Creates an object under a key, once: whenever the result of the write is uncertain, the key is looked up and
/// an existing object returned.
///
/// A rejection is checked as well: for payments and goods-in notes a duplicate key is rejected, with a code
/// that is not documented. A write under the same key that was dropped or ended without a result is looked up
/// before this one is sent.
pub(crate) async fn create_once<Id, Found>(
    client: &Client,
    create: &Request<Created<Id>>,
    find: impl Fn() -> Found,
) -> Result<Created<Id>, Error>
where
    Found: Future<Output = Result<Option<Id>, Error>>,
{
    if let Some(since) = key_of(create).and_then(|key| client.unsettled_since(&key))
        && let Some(id) = find_earlier(client, create, &find, since).await?
    {
        return Ok(Created { id, already_existed: true });
    }
    let write = client.write_in_progress(create, None);
    let first = client.send(create).await;
    repeat(client, create, find, first, client.uptime(), write).await
}

/// Continues from the first result of a create, known since this uptime, as [`create_once`] does.
pub(crate) async fn settle<Id, Found>(
    client: &Client,
    create: &Request<Created<Id>>,
    find: impl Fn() -> Found,
    first: Result<Created<Id>, Error>,
    since: Duration,
) -> Result<Created<Id>, Error>
where
    Found: Future<Output = Result<Option<Id>, Error>>,
{
    let write = client.write_in_progress(create, Some(since));
    repeat(client, create, find, first, since, write).await
}

/// Looks for the object of an earlier write, which may be in transit since this uptime.
async fn find_earlier<Id, Found>(
    client: &Client,
    create: &Request<Created<Id>>,
    find: impl Fn() -> Found,
    since: Duration,
) -> Result<Option<Id>, Error>
where
    Found: Future<Output = Result<Option<Id>, Error>>,
{
    let mut found = find().await?;
    if found.is_none() {
        client.wait_out_transit(since).await.map_err(|at| Error::not_sent_before(create.endpoint(), at))?;
        found = find().await?;
    }
    if found.is_some() {
        client.write_in_progress(create, None).settled();
    }
    Ok(found)
}

async fn repeat<Id, Found>(
    client: &Client,
    create: &Request<Created<Id>>,
    find: impl Fn() -> Found,
    first: Result<Created<Id>, Error>,
    mut since: Duration,
    mut write: WriteInProgress<'_>,
) -> Result<Created<Id>, Error>
where
    Found: Future<Output = Result<Option<Id>, Error>>,
{
    let keyed = create.endpoint().idempotency == Idempotency::KeyedWrite;
    let mut resends = 0;
    let mut result = first;
    // The result of an earlier attempt stays uncertain, whatever is reported about a later one.
    let mut doubt = None;
    loop {
        let error = match result {
            Ok(created) => {
                write.settled();
                return Ok(created);
            }
            Err(error) => error,
        };
        write.lost(since);
        let doubtful = error.may_have_been_applied();
        if !doubtful && error.kind() != ErrorKind::Refused {
            return Err(give_up(write, doubt, error));
        }
        let mut found = find().await;
        if doubtful && keyed && matches!(found, Ok(None)) {
            // Brightpearl checks these keys itself
            // (docs/evidence/brightpearl-orders.md#unique-key-of-a-sales-credit,
            // docs/evidence/brightpearl-accounting.md#recording-a-payment,
            // docs/evidence/brightpearl-warehouse.md#receiving-goods), so that a second write should be
            // rejected as a duplicate. It is not recorded what it does while the first is in transit, and a
            // doubled refund is the worst error: the second is sent only after the first had time to appear and
            // did not. Whether searches lag is not known.
            if let Err(at) = client.wait_out_transit(since).await {
                return Err(error.with_try_again_at(at));
            }
            found = find().await;
        }
        match found {
            Ok(Some(id)) => {
                write.settled();
                return Ok(Created { id, already_existed: true });
            }
            Ok(None) if error.kind() == ErrorKind::Ambiguous && keyed && resends < RESENDS => {
                resends += 1;
                doubt = Some(error);
            }
            _ if doubtful => return Err(error),
            _ => return Err(give_up(write, doubt, error)),
        }
        write.sent_again();
        result = client.send(create).await;
        since = client.uptime();
    }
}

/// Returns the error of a write of which the last attempt was not applied: an earlier attempt may have been.
fn give_up(write: WriteInProgress<'_>, doubt: Option<Error>, error: Error) -> Error {
    match doubt {
        Some(doubt) => doubt,
        None => {
            write.settled();
            error
        }
    }
}

impl Client {
    /// Returns the client's uptime, which does not jump when the clock is set.
    pub(crate) fn uptime(&self) -> Duration {
        self.shared.pipeline.clock.uptime()
    }

    /// Returns since when a write under this key may be in transit, if one may.
    pub(super) fn unsettled_since(&self, key: &str) -> Option<Duration> {
        self.shared.unsettled.since(key, self.uptime())
    }

    pub(super) fn write_in_progress<T>(
        &self,
        create: &Request<T>,
        since: Option<Duration>,
    ) -> WriteInProgress<'_> {
        let clock = &*self.shared.pipeline.clock;
        WriteInProgress::new(&self.shared.unsettled, clock, key_of(create), since)
    }

    /// Waits until a write that may be in transit since this uptime must have arrived; returns that time if the
    /// wait is longer than allowed.
    async fn wait_out_transit(&self, since: Duration) -> Result<(), jiff::Timestamp> {
        let pipeline = &self.shared.pipeline;
        let rest = IN_TRANSIT.saturating_sub(self.uptime().saturating_sub(since));
        if pipeline.max_wait.is_some_and(|longest| rest > longest) {
            return Err(later(pipeline.clock.now(), rest));
        }
        pipeline.clock.sleep(rest).await;
        Ok(())
    }
}
