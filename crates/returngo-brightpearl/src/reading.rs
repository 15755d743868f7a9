//! Reading of the configuration: the file, overridden by environment variables. An error is one line with its place.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use api_client_core::decode::DecodeError;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::de::DeserializeOwned;

use crate::{
    assembly::KEY,
    file::{Configuration, DEFAULT_FILE},
    location::VARIABLE,
};
use returngo_brightpearl_connector::configuration::Secret;

/// The prefix of environment variables that override the file.
const PREFIX: &str = "RETURNGO_BRIGHTPEARL_";

/// Names with a lower similarity are not suggested.
const NEAR: f64 = 0.7;

/// The configuration is invalid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file cannot be read.
    #[error("cannot read the configuration {file}", file = file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// A setting of the file, or an environment variable, is invalid.
    #[error("{place}: {reason}")]
    Invalid {
        /// The file and the line, or the environment variable.
        place: String,
        /// The reason.
        reason: String,
    },
}

impl Configuration {
    /// Reads the file, if there is one, and overrides it by environment variables. Relative paths of the file start at its
    /// folder, those of variables at the working directory.
    ///
    /// # Errors
    /// The file cannot be read, or it or a variable is invalid.
    pub fn read(
        file: Option<&Path>,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, FileError> {
        let text = match file {
            Some(file) => fs::read_to_string(file)
                .map_err(|source| FileError::Unreadable { file: file.to_owned(), source })?,
            None => String::new(),
        };
        let place = file.unwrap_or_else(|| Path::new(""));
        // Read by itself first, so that its errors are not attributed to the environment.
        let of_file: Self = from_toml(&text, place)?;
        let mut table: toml::Table = from_toml(&text, place)?;
        let mut read = of_file.clone();
        let mut overridden = BTreeSet::new();
        for (variable, value) in variables {
            // The key itself and the path of the file are not settings.
            if variable.starts_with(PREFIX) && variable != KEY && variable != VARIABLE {
                read = override_by(&mut table, &variable, &value)
                    .map_err(|reason| FileError::Invalid { place: variable.clone(), reason })?;
                overridden.insert(variable);
            }
        }
        let folder = place.parent().unwrap_or(place);
        if !overridden.contains(&format!("{PREFIX}DATABASE")) {
            read.database = Secret::new(database_in(folder, of_file.database.reveal()));
        }
        if !overridden.contains(&format!("{PREFIX}KEY_FILE")) {
            read.key_file = folder.join(of_file.key_file);
        }
        read.file = file.map(Path::to_owned);
        Ok(read)
    }
}

/// Returns the URL of a database. The relative path of an SQLite file starts at this folder.
fn database_in(folder: &Path, url: &str) -> String {
    let is_here = folder.as_os_str().is_empty();
    let Some(path) = url.strip_prefix("sqlite:").filter(|_| !is_here) else { return url.to_owned() };
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.starts_with('/') || path.starts_with(":memory:") {
        return url.to_owned();
    }
    let folder = folder.to_string_lossy();
    format!("sqlite://{}", utf8_percent_encode(&format!("{folder}/"), NOT_IN_A_PATH)) + path
}

const NOT_IN_A_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'?');

fn from_toml<T: DeserializeOwned>(text: &str, file: &Path) -> Result<T, FileError> {
    let refuse = |error: &toml::de::Error, reason: String| {
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map(|before| before.matches('\n').count() + 1);
        let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
        FileError::Invalid { place: format!("{}{line}", file.display()), reason }
    };
    let document = toml::Deserializer::parse(text)
        .map_err(|error| refuse(&error, error.message().replace('\n', ", ")))?;
    serde_path_to_error::deserialize(document).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        refuse(&error, reason(&path, error.message()))
    })
}

/// Puts a variable into the table, and returns the configuration of the table.
fn override_by(table: &mut toml::Table, variable: &str, value: &str) -> Result<Configuration, String> {
    let known = Setting::all().find(|setting| setting.variable() == variable).ok_or_else(|| {
        let known: Vec<String> = Setting::all().map(|setting| setting.variable()).collect();
        unknown("unknown setting", variable, known.iter().map(String::as_str))
    })?;
    let value = value.parse::<i64>().map_or_else(|_| toml::Value::from(value), toml::Value::from);
    match known.section {
        None => drop(table.insert(known.name.to_owned(), value)),
        Some(section) => {
            let section = table.entry(section).or_insert_with(|| toml::Table::new().into());
            // The file was valid, so the entry is a section.
            if let Some(section) = section.as_table_mut() {
                section.insert(known.name.to_owned(), value);
            }
        }
    }
    serde_path_to_error::deserialize(table.clone())
        .map_err(|error| reason(&error.path().to_string(), error.inner().message()))
}

/// Returns the message of serde, with the nearest name if a name is unknown. Serde quotes names in backticks: first the
/// unknown one, then the known ones.
fn reason(path: &str, message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown field ")
        && let Some(name) = quoted.next()
    {
        return unknown(&format!("unknown setting `{name}`"), name, quoted);
    }
    // The value is left out, because it may be a password.
    let error = DecodeError::new(path, message);
    format!("`{}`: {}", error.path(), error.expected())
}

fn unknown<'k>(what: &str, name: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
    let scored = known.clone().map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    match scored.max_by(|left, right| left.0.total_cmp(&right.0)) {
        Some((score, nearest)) if score >= NEAR => format!("{what}; did you mean `{nearest}`?"),
        _ => format!("{what}; known settings: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// A setting of [`DEFAULT_FILE`].
#[derive(Debug, Clone, Copy)]
struct Setting {
    section: Option<&'static str>,
    name: &'static str,
}

impl Setting {
    fn all() -> impl Iterator<Item = Self> {
        let mut section = None;
        DEFAULT_FILE.lines().filter_map(move |line| {
            if let Some(begun) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = Some(begun);
                return None;
            }
            let (name, _) = line.strip_prefix("# ")?.split_once(" = ")?;
            let is_name = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            is_name.then_some(Self { section, name })
        })
    }

    fn variable(self) -> String {
        let section = self.section.map(|section| format!("{section}_")).unwrap_or_default();
        format!("{PREFIX}{section}{}", self.name).to_ascii_uppercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Configuration, FileError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        fs::write(&file, text).unwrap();
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Configuration::read(Some(&file), variables)
    }

    /// What is wrong, without the folder of the file.
    fn refused(text: &str, variables: &[(&str, &str)]) -> String {
        let error = read(text, variables).unwrap_err().to_string();
        error.split_once("/a.toml").map_or(error.clone(), |(_, rest)| format!("a.toml{rest}"))
    }

    #[test]
    fn the_file_that_init_writes_says_the_defaults() {
        let shown: String = DEFAULT_FILE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")).unwrap_or(line))
            .map(|line| format!("{line}\n"))
            .collect();
        let shown = read(&shown, &[]).unwrap();
        let public_url = Some("https://returns.example.test".to_owned());
        assert_eq!(anywhere(shown), Configuration { public_url, ..Configuration::default() });
        assert_eq!(anywhere(read(DEFAULT_FILE, &[]).unwrap()), Configuration::default());
    }

    /// Without the folder that the paths start at.
    fn anywhere(read: Configuration) -> Configuration {
        let Configuration { database, key_file, .. } = Configuration::default();
        let folder = read.file.as_ref().unwrap().parent().unwrap().to_owned();
        assert_eq!(read.key_file, folder.join(&key_file));
        assert_eq!(read.database.reveal(), database_in(&folder, database.reveal()));
        Configuration { database, key_file, file: None, ..read }
    }

    #[test]
    fn paths_of_the_file_start_at_its_folder_and_those_of_variables_do_not() {
        let there = |url| database_in(Path::new("/etc/of us"), url);
        assert_eq!(there("sqlite://a.db?mode=ro"), "sqlite:///etc/of%20us/a.db?mode=ro");
        assert_eq!(there("sqlite:data/a.db"), "sqlite:///etc/of%20us/data/a.db");
        for absolute in ["sqlite:///var/a.db", "sqlite::memory:", "postgres://db.example.test/x", "a.db"] {
            assert_eq!(there(absolute), absolute);
        }
        assert_eq!(database_in(Path::new(""), "sqlite://a.db"), "sqlite://a.db");
        let variables =
            [("RETURNGO_BRIGHTPEARL_DATABASE", "sqlite://v.db"), ("RETURNGO_BRIGHTPEARL_KEY_FILE", "v.key")];
        let said = read("database = \"sqlite://a.db\"\nkey_file = \"a.key\"", &variables).unwrap();
        assert_eq!((said.database.reveal(), said.key_file), ("sqlite://v.db", "v.key".into()));
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let variables = [
            ("RETURNGO_BRIGHTPEARL_WORK_BATCH", "50"),
            ("RETURNGO_BRIGHTPEARL_KEEP_AUDIT_DAYS", "7"),
            ("RETURNGO_BRIGHTPEARL_LOG_FORMAT", "json"),
            ("RETURNGO_BRIGHTPEARL_KEY", "secret"),
            ("RETURNGO_BRIGHTPEARL_CONFIG", "a.toml"),
            ("PATH", "/bin"),
        ];
        let read = read("database = \"sqlite:///a.db\"\n[work]\nbatch = 5\n", &variables).unwrap();
        assert_eq!((read.work.batch, read.database.reveal()), (50, "sqlite:///a.db"));
        assert_eq!((read.keep.audit_days, read.log_format), (7, super::super::LogFormat::Json));
    }

    #[test]
    fn every_setting_has_a_variable() {
        let variables: Vec<String> = Setting::all().map(Setting::variable).collect();
        assert_eq!(variables.len(), 14, "{variables:?}");
        for known in ["DATABASE", "KEY_FILE", "WORK_BATCH", "SWEEPS_RETURNGO_SECONDS", "KEEP_WEBHOOKS_DAYS"] {
            assert!(variables.contains(&format!("{PREFIX}{known}")), "{known} of {variables:?}");
        }
    }

    #[test]
    fn a_slip_is_named_with_its_place_and_the_nearest_setting() {
        let slip = refused("# a comment\ndatabse = \"sqlite://a.db\"", &[]);
        assert_eq!(slip, "a.toml, line 2: unknown setting `databse`; did you mean `database`?");
        let slip = refused("[work]\n\nfailures_alowed = 60", &[]);
        assert_eq!(
            slip,
            "a.toml, line 3: unknown setting `failures_alowed`; did you mean `failures_allowed`?"
        );
        let slip = refused("[wrok]\nbatch = 3", &[]);
        assert_eq!(slip, "a.toml, line 1: unknown setting `wrok`; did you mean `work`?");
        let slip = refused("[keep]\nxyz = 3", &[]);
        assert_eq!(slip, "a.toml, line 2: unknown setting `xyz`; known settings: webhooks_days, audit_days");
        let slip = refused("", &[("RETURNGO_BRIGHTPEARL_WORK_BACH", "3")]);
        assert_eq!(
            slip,
            "RETURNGO_BRIGHTPEARL_WORK_BACH: unknown setting; did you mean `RETURNGO_BRIGHTPEARL_WORK_BATCH`?"
        );
    }

    #[test]
    fn a_bad_value_is_named_with_its_place_and_not_shown() {
        let refused_value = refused("[work]\nbatch = \"t0psecret\"", &[]);
        assert_eq!(refused_value, "a.toml, line 2: `work.batch`: invalid type: a string, expected u32");
        assert_eq!(
            refused("[sweeps]\nbrightpearl_seconds = 5", &[]),
            "a.toml, line 2: `sweeps.brightpearl_seconds`: 5 is too small: the minimum is 10"
        );
        assert_eq!(
            refused("public_url = \"returns.example.test\"", &[]),
            "a.toml, line 1: `public_url`: relative URL without a base: use the form https://returns.example.test"
        );
        assert!(
            refused("public_url = \"ftp://returns.example.test\"", &[])
                .contains("webhooks cannot be sent to it")
        );
        let broken = refused("listen = \"127.0.0.1:1\"\ndatabase = ", &[]);
        assert!(broken.starts_with("a.toml, line 2: ") && !broken.contains('\n'), "{broken}");
        let refused_value = refused("", &[("RETURNGO_BRIGHTPEARL_LISTEN", "here")]);
        assert!(
            refused_value.starts_with("RETURNGO_BRIGHTPEARL_LISTEN: `listen`: invalid"),
            "{refused_value}"
        );
    }

    #[test]
    fn a_file_that_was_named_has_to_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none.toml");
        let error = Configuration::read(Some(&missing), std::iter::empty()).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot read the configuration {}", missing.display()));
    }

    #[test]
    fn passwords_do_not_print() {
        let read = read("database = \"postgres://user:t0psecret@db.example.test/x\"", &[]).unwrap();
        assert!(!format!("{read:?}").contains("t0psecret"));
    }
}
