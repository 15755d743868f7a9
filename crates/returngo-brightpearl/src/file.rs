//! The configuration of the program.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use serde::{Deserialize, Deserializer, de::Error as _};
use url::Url;

use returngo_brightpearl_connector::{
    configuration::Secret, engine::Policy, retention::RetentionPeriods, server::Limits, sweep::Schedule,
};

/// The file that `init` writes: every setting with its default, commented out.
pub const DEFAULT_FILE: &str = include_str!("default.toml");

/// The configuration of the program.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Configuration {
    /// The URL of the database. It may contain a password.
    pub database: Secret,
    /// The address for webhooks, health checks and metrics.
    pub listen: SocketAddr,
    /// The URL at which both systems reach it.
    #[serde(deserialize_with = "web_address")]
    pub public_url: Option<String>,
    /// The file with the encryption key of stored credentials.
    pub key_file: PathBuf,
    /// The format of the log.
    pub log_format: LogFormat,
    /// Limits for incoming connections.
    pub server: Server,
    /// How RMAs are processed.
    pub work: Work,
    /// How often sweeps run.
    pub sweeps: Sweeps,
    /// How long processed entries are kept.
    pub keep: KeepFor,
    /// The file it was read from.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Limits for incoming connections.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Connections at the same time. Further ones wait.
    #[serde(deserialize_with = "at_least::<16, _>")]
    pub connections: u32,
    /// Connections of one public address at the same time. Further ones are closed.
    #[serde(deserialize_with = "at_least::<1, _>")]
    pub connections_per_address: u32,
}

/// How RMAs are processed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Work {
    /// RMAs that are read and written together.
    #[serde(deserialize_with = "at_least::<1, _>")]
    pub batch: u32,
    /// Failures in a row before an RMA needs review.
    #[serde(deserialize_with = "at_least::<1, _>")]
    pub failures_allowed: u32,
}

/// How often sweeps run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sweeps {
    /// Polling interval of Brightpearl, in seconds.
    #[serde(deserialize_with = "at_least::<10, _>")]
    pub brightpearl_seconds: u32,
    /// Shortest polling interval of ReturnGO, in seconds.
    #[serde(deserialize_with = "at_least::<10, _>")]
    pub returngo_seconds: u32,
    /// Interval of checks of the webhook subscriptions, in seconds.
    #[serde(deserialize_with = "at_least::<60, _>")]
    pub subscriptions_seconds: u32,
}

/// How long processed entries are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeepFor {
    /// Processed webhooks, in days.
    #[serde(deserialize_with = "at_least::<1, _>")]
    pub webhooks_days: u32,
    /// The audit of RMAs in sync, in days.
    #[serde(deserialize_with = "at_least::<1, _>")]
    pub audit_days: u32,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            database: Secret::new("sqlite://returngo-brightpearl.db"),
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            public_url: None,
            key_file: "returngo-brightpearl.key".into(),
            log_format: LogFormat::default(),
            server: Server::default(),
            work: Work::default(),
            sweeps: Sweeps::default(),
            keep: KeepFor::default(),
            file: None,
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        let Limits { connections, connections_per_address, .. } = Limits::default();
        let number = |limit| u32::try_from(limit).unwrap_or(u32::MAX);
        Self { connections: number(connections), connections_per_address: number(connections_per_address) }
    }
}

impl Default for Work {
    fn default() -> Self {
        let Policy { batch, failures_allowed, .. } = Policy::default();
        Self { batch, failures_allowed }
    }
}

impl Default for Sweeps {
    fn default() -> Self {
        let Schedule { brightpearl, returngo, subscriptions, .. } = Schedule::default();
        Self {
            brightpearl_seconds: whole_seconds(brightpearl),
            returngo_seconds: whole_seconds(returngo),
            subscriptions_seconds: whole_seconds(subscriptions),
        }
    }
}

impl Default for KeepFor {
    fn default() -> Self {
        let RetentionPeriods { webhooks, audit } = RetentionPeriods::default();
        Self { webhooks_days: whole_seconds(webhooks) / DAY, audit_days: whole_seconds(audit) / DAY }
    }
}

const DAY: u32 = 24 * 3600;

fn whole_seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(count.into())
}

impl Configuration {
    /// Returns the limits of the server.
    pub fn limits(&self) -> Limits {
        let number = |limit| usize::try_from(limit).unwrap_or(usize::MAX);
        Limits {
            connections: number(self.server.connections),
            connections_per_address: number(self.server.connections_per_address),
            ..Limits::default()
        }
    }

    /// Returns the batching and retry settings of the engine.
    pub fn policy(&self) -> Policy {
        Policy { batch: self.work.batch, failures_allowed: self.work.failures_allowed, ..Policy::default() }
    }

    /// How often sweeps run.
    pub fn schedule(&self) -> Schedule {
        Schedule {
            brightpearl: seconds(self.sweeps.brightpearl_seconds),
            returngo: seconds(self.sweeps.returngo_seconds),
            subscriptions: seconds(self.sweeps.subscriptions_seconds),
            public_url: self.public_url.clone(),
            ..Schedule::default()
        }
    }

    /// How long processed entries are kept.
    pub fn keep(&self) -> RetentionPeriods {
        RetentionPeriods {
            webhooks: seconds(DAY).saturating_mul(self.keep.webhooks_days),
            audit: seconds(DAY).saturating_mul(self.keep.audit_days),
        }
    }
}

/// Rejects values that would stop the work, or poll the systems without a pause.
fn at_least<'de, const LEAST: u32, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        number if number >= LEAST => Ok(number),
        number => Err(D::Error::custom(format!("{number} is too small: the minimum is {LEAST}"))),
    }
}

/// Both systems send webhooks to this address, so mistakes are rejected here.
fn web_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let refuse = |why: &dyn fmt::Display| {
        D::Error::custom(format!("{why}: use the form https://returns.example.test"))
    };
    let url: Url = text.parse().map_err(|error| refuse(&error))?;
    let plain = matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
    if plain { Ok(Some(text)) } else { Err(refuse(&"webhooks cannot be sent to it")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_configured_is_what_is_done() {
        let configuration: Configuration = toml::from_str(
            "public_url = 'https://returns.example.test'\n\
             [server]\nconnections = 100\nconnections_per_address = 50\n\
             [work]\nbatch = 7\nfailures_allowed = 2\n\
             [sweeps]\nbrightpearl_seconds = 11\nreturngo_seconds = 12\nsubscriptions_seconds = 63\n\
             [keep]\nwebhooks_days = 2\naudit_days = 3\n",
        )
        .unwrap();
        let limits = configuration.limits();
        assert_eq!((limits.connections, limits.connections_per_address), (100, 50));
        let policy = configuration.policy();
        assert_eq!((policy.batch, policy.failures_allowed), (7, 2));
        let schedule = configuration.schedule();
        let seconds =
            [schedule.brightpearl, schedule.returngo, schedule.subscriptions].map(|of| of.as_secs());
        assert_eq!(seconds, [11, 12, 63]);
        assert_eq!(schedule.public_url.as_deref(), Some("https://returns.example.test"));
        let keep = configuration.keep();
        assert_eq!((keep.webhooks.as_secs(), keep.audit.as_secs()), (2 * 86_400, 3 * 86_400));
    }
}
