//! The environment variables of real systems.

use anyhow::{Context as _, bail};
use returngo_brightpearl_mapping::check::{self, Finding, InputKind};

/// The variables of one system.
struct System {
    /// All variables, with the kinds of their values.
    variables: &'static [(&'static str, InputKind)],
    /// The required values: the name for error messages, and the variables of which one must be set.
    needs: &'static [(&'static str, &'static [&'static str])],
}

const BRIGHTPEARL: System = System {
    variables: &[
        ("BRIGHTPEARL_URL", InputKind::Url),
        ("BRIGHTPEARL_DATACENTER", InputKind::DataCentre),
        ("BRIGHTPEARL_ACCOUNT", InputKind::AccountCode),
        ("BRIGHTPEARL_APP_REF", InputKind::Credential),
        ("BRIGHTPEARL_TOKEN", InputKind::Credential),
        ("BRIGHTPEARL_DEV_REF", InputKind::Credential),
        ("BRIGHTPEARL_STAFF_TOKEN", InputKind::Credential),
        ("BRIGHTPEARL_ACCESS_TOKEN", InputKind::Credential),
    ],
    needs: &[
        ("BRIGHTPEARL_ACCOUNT", &["BRIGHTPEARL_ACCOUNT"]),
        ("BRIGHTPEARL_APP_REF", &["BRIGHTPEARL_APP_REF"]),
        ("BRIGHTPEARL_TOKEN", &["BRIGHTPEARL_TOKEN", "BRIGHTPEARL_STAFF_TOKEN", "BRIGHTPEARL_ACCESS_TOKEN"]),
        ("BRIGHTPEARL_DATACENTER (or BRIGHTPEARL_URL)", &["BRIGHTPEARL_DATACENTER", "BRIGHTPEARL_URL"]),
    ],
};

const RETURNGO: System = System {
    variables: &[
        ("RETURNGO_URL", InputKind::Url),
        ("RETURNGO_API_KEY", InputKind::Credential),
        ("RETURNGO_SHOP", InputKind::Shop),
    ],
    needs: &[("RETURNGO_API_KEY", &["RETURNGO_API_KEY"]), ("RETURNGO_SHOP", &["RETURNGO_SHOP"])],
};

type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Reads `BRIGHTPEARL_*`. `None` if no variable is set.
///
/// # Errors
/// If required variables are missing, or a value is invalid.
pub fn brightpearl() -> anyhow::Result<Option<brightpearl::Client>> {
    if !is_complete(&variable, &[BRIGHTPEARL])? {
        return Ok(None);
    }
    brightpearl_client(&variable).map(Some)
}

/// Reads `BRIGHTPEARL_*` and `RETURNGO_*`. `None` if no variable is set.
///
/// # Errors
/// If required variables are missing, or a value is invalid.
pub fn both() -> anyhow::Result<Option<(brightpearl::Client, returngo::Client)>> {
    if !names_both()? {
        return Ok(None);
    }
    Ok(Some((brightpearl_client(&variable)?, returngo_client(&variable)?)))
}

/// Whether the variables of both systems are set.
///
/// # Errors
/// If required variables are missing.
pub fn names_both() -> anyhow::Result<bool> {
    is_complete(&variable, &[BRIGHTPEARL, RETURNGO])
}

/// Checks the values of the variables before the first request.
pub fn check_inputs() -> Vec<Finding> {
    let variables = [BRIGHTPEARL, RETURNGO].into_iter().flat_map(|system| system.variables);
    let set: Vec<(&str, InputKind, String)> =
        variables.filter_map(|(name, entered)| Some((*name, *entered, variable(name)?))).collect();
    check::check_inputs(set.iter().map(|(name, entered, value)| (*name, *entered, value.as_str())))
}

/// Whether all required variables of these systems are set, or none.
fn is_complete(get: Lookup<'_>, systems: &[System]) -> anyhow::Result<bool> {
    let mut variables = systems.iter().flat_map(|system| system.variables);
    if variables.all(|(name, _)| get(name).is_none()) {
        return Ok(false);
    }
    let missing: Vec<&str> = systems
        .iter()
        .flat_map(|system| system.needs)
        .filter(|(_, variables)| variables.iter().all(|variable| get(variable).is_none()))
        .map(|(name, _)| *name)
        .collect();
    match missing.as_slice() {
        [] => Ok(true),
        names => bail!(
            "missing environment variables for a real account: {}; set all of them, or none to use mocks",
            names.join(", ")
        ),
    }
}

fn brightpearl_client(get: Lookup<'_>) -> anyhow::Result<brightpearl::Client> {
    let given = |name: &str| get(name).unwrap_or_default();
    let app_ref = given("BRIGHTPEARL_APP_REF");
    let credentials = match (get("BRIGHTPEARL_ACCESS_TOKEN"), get("BRIGHTPEARL_STAFF_TOKEN")) {
        (Some(token), _) => brightpearl::Credentials::access_token(app_ref, token),
        (None, Some(token)) => brightpearl::Credentials::staff(app_ref, token),
        (None, None) => brightpearl::Credentials::private_app(app_ref, given("BRIGHTPEARL_TOKEN")),
    };
    // An app with a developer reference is a public app, whose account token is signed.
    let credentials = match get("BRIGHTPEARL_DEV_REF") {
        Some(dev_ref) => credentials.with_dev_ref(dev_ref),
        None => credentials,
    };
    let builder = brightpearl::Client::builder(given("BRIGHTPEARL_ACCOUNT")).credentials(credentials);
    let builder = match get("BRIGHTPEARL_URL") {
        Some(url) => builder.url(url),
        None => builder.datacenter(given("BRIGHTPEARL_DATACENTER")),
    };
    builder.build().context("invalid BRIGHTPEARL_ environment variables")
}

fn returngo_client(get: Lookup<'_>) -> anyhow::Result<returngo::Client> {
    let given = |name: &str| get(name).unwrap_or_default();
    let builder = returngo::Client::builder().api_key(given("RETURNGO_API_KEY")).shop(given("RETURNGO_SHOP"));
    let builder = match get("RETURNGO_URL") {
        Some(url) => builder.url(url),
        None => builder,
    };
    builder.build().context("invalid RETURNGO_ environment variables")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn nothing_set_means_the_mocks() {
        assert!(!is_complete(&with(&[]), &[BRIGHTPEARL, RETURNGO]).unwrap());
    }

    #[test]
    fn what_is_missing_is_named() {
        let set = [("BRIGHTPEARL_ACCOUNT", "acmeoutdoors"), ("BRIGHTPEARL_TOKEN", "t")];
        let error = is_complete(&with(&set), &[BRIGHTPEARL]).unwrap_err().to_string();
        assert!(error.contains("BRIGHTPEARL_APP_REF") && error.contains("BRIGHTPEARL_DATACENTER"), "{error}");
        assert!(!error.contains("BRIGHTPEARL_TOKEN,") && !error.contains("RETURNGO"), "{error}");
    }

    #[test]
    fn one_system_alone_is_not_both() {
        let set = [("RETURNGO_SHOP", "acmeoutdoors.example.test"), ("RETURNGO_API_KEY", "k")];
        let both = [BRIGHTPEARL, RETURNGO];
        let error = is_complete(&with(&set), &both).unwrap_err().to_string();
        assert!(error.contains("BRIGHTPEARL_ACCOUNT") && !error.contains("RETURNGO"), "{error}");
    }

    #[test]
    fn a_numeric_account_is_explained() {
        let set = [
            ("BRIGHTPEARL_ACCOUNT", "1008"),
            ("BRIGHTPEARL_DATACENTER", "euw1"),
            ("BRIGHTPEARL_APP_REF", "acmeoutdoors_returns"),
            ("BRIGHTPEARL_TOKEN", "t"),
        ];
        let error = format!("{:#}", brightpearl_client(&with(&set)).unwrap_err());
        assert!(error.contains("it is a number") && error.contains("acmeoutdoors"), "{error}");
    }

    #[test]
    fn a_whole_set_makes_both_clients() {
        let set = [
            ("BRIGHTPEARL_ACCOUNT", "acmeoutdoors"),
            ("BRIGHTPEARL_URL", "http://127.0.0.1:4010"),
            ("BRIGHTPEARL_APP_REF", "acmeoutdoors_returns"),
            ("BRIGHTPEARL_STAFF_TOKEN", "t"),
            ("RETURNGO_API_KEY", "k"),
            ("RETURNGO_SHOP", "acmeoutdoors.example.test"),
        ];
        assert!(is_complete(&with(&set), &[BRIGHTPEARL, RETURNGO]).unwrap());
        brightpearl_client(&with(&set)).unwrap();
        returngo_client(&with(&set)).unwrap();
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
            assert!(is_complete(&with(&set), &[BRIGHTPEARL]).unwrap());
            let client = brightpearl_client(&with(&set)).unwrap();
            assert!(format!("{client:?}").contains(kind), "{kind}: {client:?}");
        }
    }
}
