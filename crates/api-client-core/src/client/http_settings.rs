use std::fmt;

use crate::Headers;

/// How the default transport of a client connects: proxy, root certificates, user agent and further headers. Both
/// clients take the same value.
///
/// ```
/// use api_client_core::client::HttpSettings;
///
/// let settings = HttpSettings::new()
///     .user_agent("acme-returns/1.4")
///     .proxy("http://returns:pr0xy-secret@proxy.example.test:3128")
///     .header("x-trace-source", "returns");
/// assert!(!format!("{settings:?}").contains("pr0xy-secret"));
/// ```
#[derive(Clone, Default)]
#[must_use = "settings do nothing until a client gets them"]
pub struct HttpSettings {
    pub(super) user_agent: Option<String>,
    pub(super) proxy: ProxySetting,
    pub(super) root_certificates: Vec<Vec<u8>>,
    pub(super) headers: Headers,
}

#[derive(Clone, Default)]
pub(super) enum ProxySetting {
    #[default]
    Environment,
    None,
    Url(String),
}

impl HttpSettings {
    /// Settings without a change: the proxies of the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`,
    /// `NO_PROXY`), and the root certificates of the TLS feature.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name and version of the program. It precedes the name and version of the client, which support
    /// staff of the API know: `acme-returns/1.4 brightpearl-rust/0.1.0`.
    pub fn user_agent(mut self, program: impl Into<String>) -> Self {
        self.user_agent = Some(program.into());
        self
    }

    /// Sends every request through this proxy instead of those of the environment. The URL may contain a user name and
    /// password; it is never printed.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = ProxySetting::Url(url.into());
        self
    }

    /// Connects directly, whatever the environment says.
    pub fn without_proxy(mut self) -> Self {
        self.proxy = ProxySetting::None;
        self
    }

    /// Adds the root certificates of a PEM file to those that are trusted, such as that of a proxy that decrypts
    /// traffic. Needs one of the TLS features.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Adds a header to every request. A header that the client sets itself is not replaced.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value);
        self
    }

    /// As [`header`](Self::header), for a value that is a credential, such as that of a gateway. It is never printed.
    pub fn secret_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert_secret(name.into(), value);
        self
    }
}

impl fmt::Debug for HttpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proxy = match self.proxy {
            ProxySetting::Environment => "of the environment",
            ProxySetting::None => "none",
            ProxySetting::Url(_) => "set",
        };
        f.debug_struct("HttpSettings")
            .field("user_agent", &self.user_agent)
            .field("proxy", &proxy)
            .field("root_certificates", &self.root_certificates.len())
            .field("headers", &self.headers)
            .finish()
    }
}
