use std::{future::Future, time::Duration};

use super::Client;
use crate::{Created, Error, ErrorKind, request::Idempotency, request::Request};

/// How often a keyed write is sent again after looks found nothing under its key.
const RESENDS: u32 = 2;

/// How long a write whose answer was lost may still be on its way: as long as an answer may take by default.
const ON_ITS_WAY: Duration = Duration::from_secs(60);

/// Creates under a key, once: whenever it is not certain what became of the write, the key is looked up and
/// what is there is given back.
///
/// A refusal is looked into as well: for payments and goods-in notes a duplicate key is refused, with a code
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

/// Goes on from the first result of a create, known since this time, as [`create_once`] does.
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
    // What became of an earlier attempt stays in doubt, whatever is said of a later one.
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
            // docs/evidence/brightpearl-warehouse.md#receiving-goods), so that a second write should be a
            // duplicate and no double. But nobody has recorded what it does when the first is still on its way,
            // and a doubled refund is the worst thing: the second goes only after the first had time to appear
            // and did not. That searches lag is not known.
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
    /// The client's uptime, which no setting of a clock makes jump.
    pub(crate) fn uptime(&self) -> Duration {
        self.shared.pipeline.clock.uptime()
    }

    /// Waits until so long after this uptime.
    async fn sleep_until(&self, since: Duration, after: Duration) {
        let passed = self.uptime().saturating_sub(since);
        self.shared.pipeline.clock.sleep(after.saturating_sub(passed)).await;
    }
}
