//! Sales channels and channel brands (docs/evidence/brightpearl-orders.md#channels,
//! docs/evidence/brightpearl-orders.md#channel-brands).

use serde_json::json;

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
    Answer::non_empty(found, "No channels found")
}

/// `GET /channel-brand[/{ids}]`: the account has one brand, which all channels use.
pub(crate) fn list_brands(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    if call.ids(0)?.is_some_and(|ids| !ids.contains(1_u64)) {
        return Err(Problem::not_found("No channel brands found"));
    }
    Ok(Answer::of(json!([{
        "channelBrandId": 1,
        "addressBookId": 1,
        "name": account.code,
        "companyName": account.code,
        "templates": { "SCNTE": 1 },
        "shippingTemplates": {},
    }])))
}
