use anyhow::{bail, ensure};

use crate::configuration::{BrightpearlAccess, BrightpearlToken, ReturngoAccess, Secret};

/// How to reach both systems, by the BRIGHTPEARL_… and RETURNGO_… variables. What is missing is named at once.
pub(super) fn access(account: &str) -> anyhow::Result<(BrightpearlAccess, ReturngoAccess)> {
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(named) = given("BRIGHTPEARL_ACCOUNT") {
        ensure!(named == account, "BRIGHTPEARL_ACCOUNT is {named}, and the settings are for {account}");
    }
    let (url, datacenter) = (given("BRIGHTPEARL_URL"), given("BRIGHTPEARL_DATACENTER"));
    let secret = |name: &str| given(name).map(Secret::new);
    let token = secret("BRIGHTPEARL_TOKEN")
        .map(BrightpearlToken::Token)
        .or_else(|| secret("BRIGHTPEARL_STAFF_TOKEN").map(BrightpearlToken::StaffToken))
        .or_else(|| secret("BRIGHTPEARL_ACCESS_TOKEN").map(BrightpearlToken::AccessToken));
    let needed = (
        url.as_ref().or(datacenter.as_ref()),
        given("BRIGHTPEARL_APP_REF"),
        token,
        secret("RETURNGO_API_KEY"),
        given("RETURNGO_SHOP"),
    );
    let (Some(_), Some(app_ref), Some(token), Some(api_key), Some(shop)) = needed else {
        let (server, app_ref, token, api_key, shop) = needed;
        let missing: Vec<&str> = [
            (server.is_none(), "BRIGHTPEARL_DATACENTER"),
            (app_ref.is_none(), "BRIGHTPEARL_APP_REF"),
            (token.is_none(), "BRIGHTPEARL_TOKEN"),
            (api_key.is_none(), "RETURNGO_API_KEY"),
            (shop.is_none(), "RETURNGO_SHOP"),
        ]
        .into_iter()
        .filter_map(|(missing, name)| missing.then_some(name))
        .collect();
        bail!("the environment does not say {}: set what is missing", missing.join(", "));
    };
    let dev_ref = given("BRIGHTPEARL_DEV_REF");
    Ok((
        BrightpearlAccess { url, datacenter, app_ref, dev_ref, token },
        ReturngoAccess { url: given("RETURNGO_URL"), api_key, shop },
    ))
}
