//! The two systems: real ones when the environment names them, mocks otherwise.

use anyhow::Context as _;
use brightpearl_mock::MockBrightpearl;
use returngo_mock::MockReturngo;

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
        if let Some(client) = environment::brightpearl()? {
            return Ok(Self { client, mock: None });
        }
        let Mocked { client, mock } = mocked_brightpearl().await?;
        Ok(Self { client, mock: Some(mock) })
    }

    /// The first line of an example: whom it talks to.
    pub fn introduction(&self) -> String {
        match &self.mock {
            Some(mock) => {
                format!("No BRIGHTPEARL_ variable is set: started a mock of Brightpearl at {}", mock.url())
            }
            None => format!("Brightpearl account {}", self.client.account()),
        }
    }
}

/// Both systems, and the mocks behind them if they are mocks.
pub struct Both {
    /// The Brightpearl account.
    pub brightpearl: brightpearl::Client,
    /// The ReturnGO shop.
    pub returngo: returngo::Client,
    /// The mocks; none for real systems.
    pub mocks: Option<(MockBrightpearl, MockReturngo)>,
}

impl Both {
    /// The systems of the environment, else mocks of both.
    ///
    /// # Errors
    /// When the environment is half set or not usable.
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

    /// The first line of an example: whom it talks to.
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

/// A mock of Brightpearl with its built-in account.
///
/// # Errors
/// When no client can be made for it.
pub async fn mocked_brightpearl() -> anyhow::Result<Mocked<brightpearl::Client, MockBrightpearl>> {
    let mock = MockBrightpearl::start().await;
    let client = brightpearl::Client::builder(mock.account())
        .url(mock.url())
        .credentials(brightpearl::Credentials::private_app(mock.app_ref(), mock.token()))
        .build()
        .context("no client can be made for the mock of Brightpearl")?;
    Ok(Mocked { client, mock })
}

/// A mock of ReturnGO with its built-in shop.
///
/// # Errors
/// When no client can be made for it.
pub async fn mocked_returngo() -> anyhow::Result<Mocked<returngo::Client, MockReturngo>> {
    let mock = MockReturngo::start().await;
    let client = returngo::Client::builder()
        .url(mock.url())
        .api_key(mock.api_key())
        .shop(mock.shop())
        .build()
        .context("no client can be made for the mock of ReturnGO")?;
    Ok(Mocked { client, mock })
}
