//! The two systems: real ones when the environment names them, mocks otherwise.

use anyhow::Context as _;
use brightpearl_mock::MockBrightpearl;

use crate::environment;

/// A Brightpearl account, and the mock behind it if it is one.
pub struct Brightpearl {
    /// The client.
    pub client: brightpearl::Client,
    /// The mock; none for a real account.
    pub mock: Option<MockBrightpearl>,
}

impl Brightpearl {
    /// The account of the environment, else a mock.
    ///
    /// # Errors
    /// When the environment is half set or not usable.
    pub async fn from_environment() -> anyhow::Result<Self> {
        match environment::brightpearl()? {
            Some(client) => Ok(Self { client, mock: None }),
            None => Self::mocked().await,
        }
    }

    /// A mock with its built-in account.
    ///
    /// # Errors
    /// When no client can be made for it.
    pub async fn mocked() -> anyhow::Result<Self> {
        let mock = MockBrightpearl::start().await;
        let client = brightpearl::Client::builder(mock.account())
            .url(mock.url())
            .credentials(brightpearl::Credentials::private_app(mock.app_ref(), mock.token()))
            .build()
            .context("the client for the mock cannot be made")?;
        Ok(Self { client, mock: Some(mock) })
    }

    /// The first line of an example: whom it talks to.
    pub fn introduction(&self) -> String {
        match &self.mock {
            Some(mock) => format!("No BRIGHTPEARL_ variables are set: started a mock of Brightpearl at {}", mock.url()),
            None => format!("Brightpearl account {}", self.client.account()),
        }
    }
}
