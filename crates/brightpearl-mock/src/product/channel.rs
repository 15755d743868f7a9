//! Sales channels (docs/evidence/brightpearl-orders.md#channels).

use crate::{
    gateway::{Answer, Call, Problem},
    state::Account,
};

/// `GET /channel[/{ids}]`: sorted by id.
pub(crate) fn list(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?;
    let mut found: Vec<_> = account
        .channels
        .iter()
        .filter(|channel| ids.as_ref().is_none_or(|ids| ids.contains(channel.id)))
        .collect();
    found.sort_by_key(|channel| channel.id);
    if found.is_empty() { Err(Problem::not_found("No channels found")) } else { Ok(Answer::of(found)) }
}
