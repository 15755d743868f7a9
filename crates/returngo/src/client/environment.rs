use api_client_core::client::Variables;

use super::{Client, ClientBuilder};
use crate::Error;

impl Client {
    /// Builds a client from the environment; see [`ClientBuilder::from_env`].
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let returngo = returngo::Client::from_env()?;
    /// println!("{}", returngo.rmas().get(&"RMA4410021".parse()?).await?.status());
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
    /// | `RETURNGO_API_KEY` | the API key |
    /// | `RETURNGO_SHOP` | the shop's domain |
    /// | `RETURNGO_URL` | the base URL of another server, such as a mock; `https://api.returngo.ai` by default |
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
    /// use returngo::client::ClientBuilder;
    ///
    /// let error = ClientBuilder::from_variables(|_| None).unwrap_err();
    /// assert_eq!(error.to_string(), "missing environment variables: RETURNGO_API_KEY, RETURNGO_SHOP");
    /// ```
    ///
    /// # Errors
    /// As [`from_env`](Self::from_env).
    pub fn from_variables(get: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let mut variables = Variables::new(&get);
        let (key, shop) = (variables.required("RETURNGO_API_KEY"), variables.required("RETURNGO_SHOP"));
        let url = variables.optional("RETURNGO_URL");
        variables.finish().map_err(|error| Error::configuration(error.to_string()))?;
        let builder = Self::default().api_key(key).shop(shop);
        Ok(match url {
            Some(url) => builder.url(url),
            None => builder,
        })
    }
}
