use std::{fs, io, net::SocketAddr, path::Path, path::PathBuf, time::Duration};

use serde::Deserialize;

use crate::{engine::Policy, sweep::Schedule};

/// The file as `init` writes it: every setting, commented, with its default.
pub const DEFAULT_FILE: &str = include_str!("default.toml");

/// Before the names of environment variables that go before the file.
const PREFIX: &str = "RETURNGO_BRIGHTPEARL_";

/// The configuration of the program.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Configuration {
    /// Where everything is remembered.
    pub database: String,
    /// Where webhooks and metrics are served.
    pub listen: SocketAddr,
    /// What both systems reach it by.
    pub public_url: Option<String>,
    /// The file with the key that stored credentials are encrypted with.
    pub key_file: PathBuf,
    /// How work is done.
    pub work: Work,
    /// When sweeps are taken.
    pub sweeps: Sweeps,
}

/// How work is done.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Work {
    /// RMAs that are read and written together.
    pub batch: u32,
    /// How long a claim holds.
    pub lease_seconds: u64,
    /// Failures one after another before a person is asked.
    pub failures_allowed: u32,
}

/// When sweeps are taken.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sweeps {
    /// How often Brightpearl is asked.
    pub brightpearl_seconds: u64,
    /// How often ReturnGO is asked, at the most.
    pub returngo_seconds: u64,
    /// How often subscriptions are looked after.
    pub subscriptions_seconds: u64,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            database: "sqlite://returngo-brightpearl.db".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            public_url: None,
            key_file: "returngo-brightpearl.key".into(),
            work: Work::default(),
            sweeps: Sweeps::default(),
        }
    }
}

impl Default for Work {
    fn default() -> Self {
        let Policy { batch, lease, failures_allowed, .. } = Policy::default();
        Self { batch, lease_seconds: lease.as_secs(), failures_allowed }
    }
}

impl Default for Sweeps {
    fn default() -> Self {
        let Schedule { brightpearl, returngo, subscriptions, .. } = Schedule::default();
        Self {
            brightpearl_seconds: brightpearl.as_secs(),
            returngo_seconds: returngo.as_secs(),
            subscriptions_seconds: subscriptions.as_secs(),
        }
    }
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file cannot be read.
    #[error("the configuration {file} cannot be read")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file, or an environment variable, says something that is not a setting.
    #[error("{place} is not a configuration: {reason}")]
    Invalid {
        /// The file, or the environment variable.
        place: String,
        /// What is wrong, and where.
        reason: String,
    },
}

impl Configuration {
    /// Reads the file, if there is one at this place, and puts environment variables over it.
    ///
    /// # Errors
    /// When the file cannot be read, or it or a variable is not usable.
    pub fn read(file: &Path, variables: impl Iterator<Item = (String, String)>) -> Result<Self, FileError> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(FileError::Unreadable { file: file.to_owned(), source }),
        };
        let invalid = |place: &dyn std::fmt::Display, reason: &dyn std::fmt::Display| FileError::Invalid {
            place: place.to_string(),
            reason: reason.to_string().trim().replace('\n', " "),
        };
        let mut table: toml::Table =
            toml::from_str(&text).map_err(|error| invalid(&file.display(), &error))?;
        // Read once by itself, so that its mistakes are not blamed on the environment.
        table.clone().try_into::<Self>().map_err(|error| invalid(&file.display(), &error))?;
        for (name, value) in variables {
            if let Some(setting) = name.strip_prefix(PREFIX).filter(|setting| *setting != "KEY") {
                put(&mut table, &setting.to_ascii_lowercase(), &value);
                table.clone().try_into::<Self>().map_err(|error| invalid(&name, &error))?;
            }
        }
        table.try_into().map_err(|error| invalid(&file.display(), &error))
    }

    /// How hard the engine tries.
    pub fn policy(&self) -> Policy {
        Policy {
            batch: self.work.batch,
            lease: Duration::from_secs(self.work.lease_seconds),
            failures_allowed: self.work.failures_allowed,
            ..Policy::default()
        }
    }

    /// When sweeps are taken.
    pub fn schedule(&self) -> Schedule {
        Schedule {
            brightpearl: Duration::from_secs(self.sweeps.brightpearl_seconds),
            returngo: Duration::from_secs(self.sweeps.returngo_seconds),
            subscriptions: Duration::from_secs(self.sweeps.subscriptions_seconds),
            public_url: self.public_url.clone(),
            ..Schedule::default()
        }
    }
}

/// Puts a setting into its table: `work_batch` is `batch` in `[work]`.
fn put(table: &mut toml::Table, setting: &str, value: &str) {
    let value = value.parse::<i64>().map_or_else(|_| toml::Value::from(value), toml::Value::from);
    for section in ["work", "sweeps"] {
        if let Some(name) = setting.strip_prefix(section).and_then(|rest| rest.strip_prefix('_')) {
            let section = table.entry(section).or_insert_with(|| toml::Table::new().into());
            if let Some(section) = section.as_table_mut() {
                section.insert(name.to_owned(), value);
            }
            return;
        }
    }
    table.insert(setting.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Configuration, FileError> {
        let file = std::env::temp_dir().join(format!("rgb-{}-{}.toml", std::process::id(), text.len()));
        fs::write(&file, text).unwrap();
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let read = Configuration::read(&file, variables);
        fs::remove_file(&file).unwrap();
        read
    }

    #[test]
    fn the_file_that_init_writes_says_the_defaults() {
        let shown: String = DEFAULT_FILE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")).unwrap_or(line))
            .map(|line| format!("{line}\n"))
            .collect();
        let shown = read(&shown, &[]).unwrap();
        let default = Configuration {
            public_url: Some("https://returns.example.test".to_owned()),
            ..Configuration::default()
        };
        assert_eq!(format!("{shown:?}"), format!("{default:?}"));
        assert_eq!(
            format!("{:?}", read(DEFAULT_FILE, &[]).unwrap()),
            format!("{:?}", Configuration::default())
        );
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let variables = [("RETURNGO_BRIGHTPEARL_WORK_BATCH", "50"), ("RETURNGO_BRIGHTPEARL_KEY", "secret")];
        let read = read("database = \"sqlite://a.db\"\n[work]\nbatch = 5\n", &variables).unwrap();
        assert_eq!((read.work.batch, read.database.as_str()), (50, "sqlite://a.db"));
    }

    #[test]
    fn what_is_no_setting_is_named() {
        let error = read("databse = \"sqlite://a.db\"", &[]).unwrap_err().to_string();
        assert!(error.contains("databse") && error.contains("database"), "{error}");
        let error = read("", &[("RETURNGO_BRIGHTPEARL_LISTEN", "here")]).unwrap_err().to_string();
        assert!(error.starts_with("RETURNGO_BRIGHTPEARL_LISTEN is not"), "{error}");
    }
}
