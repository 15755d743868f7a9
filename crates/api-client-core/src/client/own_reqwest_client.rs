//! The one place where a type of reqwest is public, with the feature `reqwest`.

use super::ReqwestTransport;

impl ReqwestTransport {
    /// Sends with your own client of reqwest, such as one with a client certificate or a resolver. Its timeouts,
    /// proxies and headers hold. Build it with `redirect(Policy::none())`: a redirect sends the credentials, which are
    /// headers of the API's own, to whatever host it names.
    ///
    /// ```
    /// use api_client_core::client::{ReqwestTransport, reqwest};
    ///
    /// let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    /// let transport = ReqwestTransport::from_client(client);
    /// # Ok::<(), reqwest::Error>(())
    /// ```
    pub const fn from_client(client: reqwest::Client) -> Self {
        Self(client)
    }
}
