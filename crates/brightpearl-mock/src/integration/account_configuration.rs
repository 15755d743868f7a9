//! The account's configuration and the caller's integration instance
//! (docs/evidence/brightpearl-platform.md#account-configuration).

use serde::Deserialize;
use serde_json::json;

use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    state::Account,
};

/// `GET /account-configuration`: every value is a string.
pub(crate) fn get(account: &mut Account, _call: &Call<'_>) -> Result<Answer, Problem> {
    Ok(Answer::of(json!({ "configuration": account.configuration })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InstanceBody {
    instance_name: Option<String>,
}

/// The integration that the instance belongs to.
const INTEGRATION: u64 = 40;

/// `PUT /integration/instance`: changes the name, and answers with the ids.
pub(crate) fn rename_instance(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: InstanceBody = call.body()?;
    let name = body.instance_name.filter(|name| !name.is_empty());
    let name =
        name.ok_or_else(|| Problem::client(placeholder_codes::INSTANCE, "instanceName is required"))?;
    Ok(Answer::of(json!({
        "installedIntegrationInstanceId": account.instance,
        "installedIntegrationId": INTEGRATION,
        "instanceName": name,
    })))
}
