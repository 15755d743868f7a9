use std::{future::Future, time::Duration};

use super::Client;
use crate::{Created, Error, ErrorKind, request::Idempotency, request::Request};

/// How often a keyed write is repeated after its key was not found.
const RESENDS: u32 = 2;

/// How long a write whose response was lost may still be in transit: the default time limit of a response.
const ON_ITS_WAY: Duration = Duration::from_secs(60);

/// Creates an object under a key, once: whenever the result of the write is uncertain, the key is looked up and
/// an existing object returned.
///
/// A rejection is checked as well: for payments and goods-in notes a duplicate key is rejected, with a code
/// that is not documented.
pub(crate) async fn create_once<Id, Found>(
    client: &Client,
    create: &Request<Created<Id>>,
    find: impl Fn() -> Found,
) -> Result<Created<Id>, Error>
where
    Found: Future<Output = Result<Option<Id>, Error>>,
{
    let first = client.send(create).await;
    settle(client, create, find, first, client.uptime()).await
}

/// Continues from the first result of a create, known since this uptime, as [`create_once`] does.
pub(crate) async fn settle<Id, Found>(
    client: &Client,
    create: &Request<Created<Id>>,
    find: impl Fn() -> Found,
    first: Result<Created<Id>, Error>,
    mut since: Duration,
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
            Ok(created) => return Ok(created),
            Err(error) => error,
        };
        let doubtful = error.may_have_been_applied();
        if !doubtful && error.kind() != ErrorKind::Refused {
            return Err(doubt.unwrap_or(error));
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
            client.sleep_until(since, ON_ITS_WAY).await;
            found = find().await;
        }
        match found {
            Ok(Some(id)) => return Ok(Created { id, already_existed: true }),
            Ok(None) if error.kind() == ErrorKind::Ambiguous && keyed && resends < RESENDS => {
                resends += 1;
                doubt = Some(error);
            }
            _ => return Err(doubt.filter(|_| !doubtful).unwrap_or(error)),
        }
        result = client.send(create).await;
        since = client.uptime();
    }
}

impl Client {
    /// Returns the client's uptime, which does not jump when the clock is set.
    pub(crate) fn uptime(&self) -> Duration {
        self.shared.pipeline.clock.uptime()
    }

    /// Waits until this duration after an uptime has passed.
    async fn sleep_until(&self, since: Duration, after: Duration) {
        let passed = self.uptime().saturating_sub(since);
        self.shared.pipeline.clock.sleep(after.saturating_sub(passed)).await;
    }
}
