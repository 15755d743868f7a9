use std::{fmt, str::FromStr};

use returngo::Rma;
use serde::Deserialize;

/// The built-in seed: the shop `acmeoutdoors.example.test` with three RMAs, one of them approved and in transit. Its
/// orders are in the Brightpearl mock's seed.
pub const SEED: &str = include_str!("../fixtures/seed.json");

/// The initial state of a shop. The default is [`SEED`].
///
/// As JSON: `{"apiKey": "…", "shop": "…", "rmas": [bodies of GET /rma/{id}]}`.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seed {
    /// The API key that requests must carry.
    pub api_key: String,
    /// The shop domain that requests must carry.
    pub shop: String,
    /// The RMAs.
    #[serde(default)]
    pub rmas: Vec<Rma>,
}

/// An invalid seed.
#[derive(Debug, thiserror::Error)]
#[error("invalid seed: {0}")]
pub struct InvalidSeed(#[from] serde_json::Error);

impl FromStr for Seed {
    type Err = InvalidSeed;

    fn from_str(json: &str) -> Result<Self, InvalidSeed> {
        Ok(serde_json::from_str(json)?)
    }
}

impl Default for Seed {
    #[allow(clippy::expect_used, reason = "a constant of this crate, decoded in every test")]
    fn default() -> Self {
        SEED.parse().expect("the built-in seed is valid")
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seed({}, {} RMAs)", self.shop, self.rmas.len())
    }
}
