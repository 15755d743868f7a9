use api_client_core::client::Variables;

use super::{Client, ClientBuilder, Credentials};
use crate::Error;

impl Client {
    /// Builds a client from the environment; see [`ClientBuilder::from_env`].
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), brightpearl::Error> {
    /// let brightpearl = brightpearl::Client::from_env()?;
    /// println!("{} statuses", brightpearl.order_statuses().list().await?.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), which names every missing variable, or the
    /// invalid setting.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }
}

impl ClientBuilder {
    /// Starts with the settings in the environment:
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `BRIGHTPEARL_ACCOUNT` | the account code |
    /// | `BRIGHTPEARL_DATACENTER` | the data centre: `euw1`, `use1`, … |
    /// | `BRIGHTPEARL_URL` | the base URL of another server, such as a mock; overrides the data centre |
    /// | `BRIGHTPEARL_APP_REF` | the app's reference |
    /// | `BRIGHTPEARL_TOKEN` | the account token of a private app, or the signed one of a public app |
    /// | `BRIGHTPEARL_STAFF_TOKEN` | instead: a member of staff's token |
    /// | `BRIGHTPEARL_ACCESS_TOKEN` | instead: an OAuth access token; it precedes the others |
    /// | `BRIGHTPEARL_DEV_REF` | the developer's reference, if the app has one |
    ///
    /// An empty variable counts as missing.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), which names every missing variable.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// As [`from_env`](Self::from_env), with variables from elsewhere, such as a file.
    ///
    /// ```
    /// use brightpearl::client::ClientBuilder;
    ///
    /// let error = ClientBuilder::from_variables(|_| None).unwrap_err();
    /// assert!(error.to_string().starts_with("missing environment variables: BRIGHTPEARL_ACCOUNT, "));
    /// ```
    ///
    /// # Errors
    /// As [`from_env`](Self::from_env).
    pub fn from_variables(get: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let mut variables = Variables::new(&get);
        let account = variables.required("BRIGHTPEARL_ACCOUNT");
        let (url, datacenter) =
            (variables.optional("BRIGHTPEARL_URL"), variables.optional("BRIGHTPEARL_DATACENTER"));
        if url.is_none() && datacenter.is_none() {
            variables.missing("BRIGHTPEARL_DATACENTER (or BRIGHTPEARL_URL)");
        }
        let credentials = credentials(&mut variables);
        variables.finish().map_err(|error| Error::configuration(error.to_string()))?;
        let builder = Self::new(account).credentials(credentials);
        Ok(match url {
            Some(url) => builder.url(url),
            None => builder.datacenter(datacenter.unwrap_or_default()),
        })
    }
}

fn credentials(variables: &mut Variables<'_>) -> Credentials {
    let app_ref = variables.required("BRIGHTPEARL_APP_REF");
    let access_token = variables.optional("BRIGHTPEARL_ACCESS_TOKEN");
    let credentials = match (access_token, variables.optional("BRIGHTPEARL_STAFF_TOKEN")) {
        (Some(token), _) => Credentials::access_token(app_ref, token),
        (None, Some(token)) => Credentials::staff(app_ref, token),
        (None, None) => Credentials::private_app(app_ref, variables.required("BRIGHTPEARL_TOKEN")),
    };
    match variables.optional("BRIGHTPEARL_DEV_REF") {
        Some(dev_ref) => credentials.with_dev_ref(dev_ref),
        None => credentials,
    }
}
