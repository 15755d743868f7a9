//! The settings of a connection, for examples that also support real accounts.

use std::{fs, path::Path};

use anyhow::Context as _;
use returngo_brightpearl_mapping::ConnectionSettings;

/// Reads settings from a file.
///
/// # Errors
/// If the file cannot be read, or its settings are invalid.
pub fn from_file(path: &Path) -> anyhow::Result<ConnectionSettings> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    ConnectionSettings::from_json(&text)
        .with_context(|| format!("{} does not contain valid settings", path.display()))
}

/// Returns the settings of a file, or the default settings for the mocks.
///
/// # Errors
/// If there is no file for real systems, or its settings are invalid.
pub fn given(path: Option<&Path>, for_mocks: Option<&str>) -> anyhow::Result<ConnectionSettings> {
    match (path, for_mocks) {
        (Some(path), _) => from_file(path),
        (None, Some(text)) => Ok(ConnectionSettings::from_json(text)?),
        (None, None) => {
            anyhow::bail!("missing settings: pass the settings of the connection with --settings FILE")
        }
    }
}
