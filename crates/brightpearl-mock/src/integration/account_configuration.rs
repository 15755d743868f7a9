//! The account's configuration (docs/evidence/brightpearl-platform.md#account-configuration).

use serde_json::json;

use crate::{
    gateway::{Answer, Call, Problem},
    state::Account,
};

/// `GET /account-configuration`: every value a string.
pub(crate) fn get(account: &mut Account, _call: &Call<'_>) -> Result<Answer, Problem> {
    Ok(Answer::of(json!({ "configuration": account.configuration })))
}
