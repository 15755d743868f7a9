//! The environment variables that name a real account.

use anyhow::{Context as _, bail};

/// Reads `BRIGHTPEARL_*`. None when no variable is set.
///
/// # Errors
/// When some are set and others are missing, or one is not usable.
pub fn brightpearl() -> anyhow::Result<Option<brightpearl::Client>> {
    brightpearl_from(&|name| std::env::var(name).ok())
}

/// Reads `RETURNGO_*`. None when no variable is set.
///
/// # Errors
/// When some are set and others are missing, or one is not usable.
pub fn returngo() -> anyhow::Result<Option<returngo::Client>> {
    returngo_from(&|name| std::env::var(name).ok())
}

type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

fn brightpearl_from(get: Lookup<'_>) -> anyhow::Result<Option<brightpearl::Client>> {
    const NAMES: [&str; 8] = [
        "BRIGHTPEARL_URL",
        "BRIGHTPEARL_DATACENTER",
        "BRIGHTPEARL_ACCOUNT",
        "BRIGHTPEARL_APP_REF",
        "BRIGHTPEARL_TOKEN",
        "BRIGHTPEARL_DEV_REF",
        "BRIGHTPEARL_STAFF_TOKEN",
        "BRIGHTPEARL_ACCESS_TOKEN",
    ];
    if NAMES.iter().all(|name| get(name).is_none()) {
        return Ok(None);
    }
    let mut missing = Vec::new();
    let mut need = |name: &'static str, value: Option<String>| {
        value.unwrap_or_else(|| {
            missing.push(name);
            String::new()
        })
    };
    let account = need("BRIGHTPEARL_ACCOUNT", get("BRIGHTPEARL_ACCOUNT"));
    let app_ref = need("BRIGHTPEARL_APP_REF", get("BRIGHTPEARL_APP_REF"));
    let credentials = match (get("BRIGHTPEARL_ACCESS_TOKEN"), get("BRIGHTPEARL_STAFF_TOKEN")) {
        (Some(token), _) => brightpearl::Credentials::access_token(app_ref, token),
        (None, Some(token)) => brightpearl::Credentials::staff(app_ref, token),
        (None, None) => brightpearl::Credentials::private_app(
            app_ref,
            need("BRIGHTPEARL_TOKEN", get("BRIGHTPEARL_TOKEN")),
        ),
    };
    // With a developer's reference it is a public app, and its account token is signed.
    let credentials = match get("BRIGHTPEARL_DEV_REF") {
        Some(dev_ref) => credentials.with_dev_ref(dev_ref),
        None => credentials,
    };
    let builder = brightpearl::Client::builder(account).credentials(credentials);
    let builder = match get("BRIGHTPEARL_URL") {
        Some(url) => builder.url(url),
        None => builder
            .datacenter(need("BRIGHTPEARL_DATACENTER (or BRIGHTPEARL_URL)", get("BRIGHTPEARL_DATACENTER"))),
    };
    refuse_missing("BRIGHTPEARL", &missing)?;
    builder.build().map(Some).context("the BRIGHTPEARL_ environment variables do not make a client")
}

fn returngo_from(get: Lookup<'_>) -> anyhow::Result<Option<returngo::Client>> {
    let names = ["RETURNGO_URL", "RETURNGO_API_KEY", "RETURNGO_SHOP"];
    if names.iter().all(|name| get(name).is_none()) {
        return Ok(None);
    }
    let missing: Vec<&str> = names[1..].iter().copied().filter(|name| get(name).is_none()).collect();
    refuse_missing("RETURNGO", &missing)?;
    let mut builder = returngo::Client::builder()
        .api_key(get("RETURNGO_API_KEY").unwrap_or_default())
        .shop(get("RETURNGO_SHOP").unwrap_or_default());
    if let Some(url) = get("RETURNGO_URL") {
        builder = builder.url(url);
    }
    builder.build().map(Some).context("the RETURNGO_ environment variables do not make a client")
}

fn refuse_missing(system: &str, missing: &[&str]) -> anyhow::Result<()> {
    match missing {
        [] => Ok(()),
        names => bail!(
            "some {system}_ environment variables are set, but not {}: set all of them for a real account, or none to run against the mock",
            names.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn nothing_set_means_the_mock() {
        assert!(brightpearl_from(&with(&[])).unwrap().is_none());
        assert!(returngo_from(&with(&[])).unwrap().is_none());
    }

    #[test]
    fn what_is_missing_is_named() {
        let error =
            brightpearl_from(&with(&[("BRIGHTPEARL_ACCOUNT", "acmeoutdoors"), ("BRIGHTPEARL_TOKEN", "t")]));
        let text = error.unwrap_err().to_string();
        assert!(text.contains("BRIGHTPEARL_APP_REF") && text.contains("BRIGHTPEARL_DATACENTER"), "{text}");
        assert!(!text.contains("BRIGHTPEARL_TOKEN,"), "{text}");
        let error =
            returngo_from(&with(&[("RETURNGO_SHOP", "acmeoutdoors.example.test")])).unwrap_err().to_string();
        assert!(error.contains("RETURNGO_API_KEY"), "{error}");
    }

    #[test]
    fn a_numeric_account_is_explained() {
        let set = [
            ("BRIGHTPEARL_ACCOUNT", "1008"),
            ("BRIGHTPEARL_DATACENTER", "euw1"),
            ("BRIGHTPEARL_APP_REF", "acmeoutdoors_returns"),
            ("BRIGHTPEARL_TOKEN", "t"),
        ];
        let error = format!("{:#}", brightpearl_from(&with(&set)).unwrap_err());
        assert!(error.contains("it is a number") && error.contains("acmeoutdoors"), "{error}");
    }

    #[test]
    fn a_whole_set_makes_a_client() {
        let set = [
            ("BRIGHTPEARL_ACCOUNT", "acmeoutdoors"),
            ("BRIGHTPEARL_URL", "http://127.0.0.1:4010"),
            ("BRIGHTPEARL_APP_REF", "acmeoutdoors_returns"),
            ("BRIGHTPEARL_STAFF_TOKEN", "t"),
        ];
        assert!(brightpearl_from(&with(&set)).unwrap().is_some());
    }

    #[test]
    fn every_kind_of_credentials_is_known_by_its_variable() {
        for (variables, kind) in [
            (vec![("BRIGHTPEARL_TOKEN", "t")], "account token"),
            (vec![("BRIGHTPEARL_STAFF_TOKEN", "t")], "staff token"),
            (
                vec![("BRIGHTPEARL_DEV_REF", "acmedev"), ("BRIGHTPEARL_TOKEN", "t")],
                "by acmedev, account token",
            ),
            (vec![("BRIGHTPEARL_ACCESS_TOKEN", "t")], "access token"),
        ] {
            let mut set = vec![
                ("BRIGHTPEARL_ACCOUNT", "acmeoutdoors"),
                ("BRIGHTPEARL_DATACENTER", "euw1"),
                ("BRIGHTPEARL_APP_REF", "acmeoutdoors_returns"),
            ];
            set.extend(variables);
            let client = brightpearl_from(&with(&set)).unwrap().unwrap();
            assert!(format!("{client:?}").contains(kind), "{kind}: {client:?}");
        }
    }
}
