//! The two systems: those in the environment, or mocks.

use anyhow::Context as _;
use brightpearl_mock::MockBrightpearl;
use returngo_mock::MockReturngo;

use crate::environment;

/// A Brightpearl account, with its mock if it is one.
pub struct Brightpearl {
    /// The client.
    pub client: brightpearl::Client,
    /// The mock. `None` for a real account.
    pub mock: Option<MockBrightpearl>,
}

impl Brightpearl {
    /// Returns the account in the environment, else a mock.
    ///
    /// # Errors
    /// If required variables are missing, or a value is invalid.
    pub async fn from_environment() -> anyhow::Result<Self> {
        if let Some(client) = environment::brightpearl()? {
            return Ok(Self { client, mock: None });
        }
        let Mocked { client, mock } = mocked_brightpearl().await?;
        Ok(Self { client, mock: Some(mock) })
    }

    /// Returns the first line of an example, which names the systems.
    pub fn introduction(&self) -> String {
        match &self.mock {
            Some(mock) => {
                format!("No BRIGHTPEARL_ variable is set: started a mock of Brightpearl at {}", mock.url())
            }
            None => format!("Brightpearl account {}", self.client.account()),
        }
    }
}

/// Both systems, with their mocks if they are mocks.
pub struct Both {
    /// The Brightpearl account.
    pub brightpearl: brightpearl::Client,
    /// The ReturnGO shop.
    pub returngo: returngo::Client,
    /// The mocks. `None` for real systems.
    pub mocks: Option<(MockBrightpearl, MockReturngo)>,
}

impl Both {
    /// Returns the systems in the environment, else mocks of both.
    ///
    /// # Errors
    /// If required variables are missing, or a value is invalid.
    pub async fn from_environment() -> anyhow::Result<Self> {
        if let Some((brightpearl, returngo)) = environment::both()? {
            return Ok(Self { brightpearl, returngo, mocks: None });
        }
        let (brightpearl, returngo) = (mocked_brightpearl().await?, mocked_returngo().await?);
        Ok(Self {
            brightpearl: brightpearl.client,
            returngo: returngo.client,
            mocks: Some((brightpearl.mock, returngo.mock)),
        })
    }

    /// Returns the first line of an example, which names the systems.
    pub fn introduction(&self) -> String {
        match &self.mocks {
            Some((brightpearl, returngo)) => format!(
                "No BRIGHTPEARL_ or RETURNGO_ variable is set: started a mock of Brightpearl at {} and a mock of ReturnGO at {}",
                brightpearl.url(),
                returngo.url()
            ),
            None => format!(
                "Brightpearl account {} and ReturnGO shop {}",
                self.brightpearl.account(),
                self.returngo.shop()
            ),
        }
    }
}

/// A mock and a client for it.
pub struct Mocked<Client, Mock> {
    /// The client.
    pub client: Client,
    /// The mock.
    pub mock: Mock,
}

/// Starts a mock of Brightpearl with its built-in account.
///
/// # Errors
/// If the client cannot be created.
pub async fn mocked_brightpearl() -> anyhow::Result<Mocked<brightpearl::Client, MockBrightpearl>> {
    let mock = MockBrightpearl::start().await;
    let client = brightpearl::Client::builder(mock.account())
        .url(mock.url())
        .credentials(brightpearl::Credentials::private_app(mock.app_ref(), mock.token()))
        .build()
        .context("cannot create a client for the mock of Brightpearl")?;
    Ok(Mocked { client, mock })
}

/// Starts a mock of ReturnGO with its built-in shop.
///
/// # Errors
/// If the client cannot be created.
pub async fn mocked_returngo() -> anyhow::Result<Mocked<returngo::Client, MockReturngo>> {
    let mock = MockReturngo::start().await;
    let client = returngo::Client::builder()
        .url(mock.url())
        .api_key(mock.api_key())
        .shop(mock.shop())
        .build()
        .context("cannot create a client for the mock of ReturnGO")?;
    Ok(Mocked { client, mock })
}
