//! The settings of a connection, for the examples that run against real accounts as well.

use std::{fs, path::Path};

use anyhow::Context as _;
use returngo_brightpearl_mapping::ConnectionSettings;

/// Reads settings from a file.
///
/// # Errors
/// When it cannot be read, or holds no settings.
pub fn from_file(path: &Path) -> anyhow::Result<ConnectionSettings> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    ConnectionSettings::from_json(&text)
        .with_context(|| format!("{} are not settings of a connection", path.display()))
}

/// The settings that were given; for the mocks there are some to begin with.
///
/// # Errors
/// When none were given for real systems, or those that were cannot be used.
pub fn given(path: Option<&Path>, for_mocks: Option<&str>) -> anyhow::Result<ConnectionSettings> {
    match (path, for_mocks) {
        (Some(path), _) => from_file(path),
        (None, Some(text)) => Ok(ConnectionSettings::from_json(text)?),
        (None, None) => anyhow::bail!(
            "no settings were given: say with --settings FILE how the two systems are connected"
        ),
    }
}
