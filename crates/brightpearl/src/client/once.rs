use std::future::Future;

use super::Client;
use crate::{Created, Error, ErrorKind, request::Idempotency, request::Request};

/// How often a keyed write is sent again after a look found nothing under its key.
const RESENDS: u32 = 3;

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
    settle(client, create, find, first).await
}

/// Goes on from the first result of a create, as [`create_once`] does.
pub(crate) async fn settle<Id, Found>(
    client: &Client,
    create: &Request<Created<Id>>,
    find: impl Fn() -> Found,
    first: Result<Created<Id>, Error>,
) -> Result<Created<Id>, Error>
where
    Found: Future<Output = Result<Option<Id>, Error>>,
{
    let keyed = create.endpoint().idempotency == Idempotency::KeyedWrite;
    let mut resends = 0;
    let mut result = first;
    loop {
        let error = match result {
            Ok(created) => return Ok(created),
            Err(error) => error,
        };
        let doubtful = error.may_have_been_applied();
        if !doubtful && error.kind() != ErrorKind::Refused {
            return Err(error);
        }
        match find().await {
            Ok(Some(id)) => return Ok(Created { id, already_existed: true }),
            // Brightpearl checks these keys itself (brightpearl-orders.md §1.4, -accounting-warehouse.md A1.1,
            // B1.1), so a first write that is still on its way makes the second one a duplicate, not a double.
            Ok(None) if doubtful && keyed && resends < RESENDS => resends += 1,
            _ => return Err(error),
        }
        result = client.send(create).await;
    }
}
