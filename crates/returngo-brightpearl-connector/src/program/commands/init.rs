use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

use anyhow::Context as _;
use serde_json::json;

use super::super::{
    DEFAULT_FILE, assembly,
    cli::Cli,
    output::{say, say_json},
};
use crate::vault::VaultKey;

/// Writes a commented configuration and a key; what is there stays.
pub(super) fn run(cli: &Cli) -> anyhow::Result<()> {
    let configuration_written = is_written(&cli.config, write_new(&cli.config, DEFAULT_FILE))?;
    let configuration = assembly::configuration(cli)?;
    let key = VaultKey::generate()?.to_base64();
    let key_written = is_written(&configuration.key_file, write_new(&configuration.key_file, &key))?;
    if cli.json {
        return say_json(&json!({
            "configuration": {"file": cli.config, "written": configuration_written},
            "key": {"file": configuration.key_file, "written": key_written},
        }));
    }
    tell(&cli.config, configuration_written)?;
    tell(&configuration.key_file, key_written)?;
    say("Keep the key apart from the backups of the database: whoever has both can read the credentials.")?;
    Ok(say(
        "Next: set `public_url` in the configuration, where webhooks arrive; then `connect NAME` makes a connection, and asks for what it needs.",
    )?)
}

fn tell(file: &Path, written: bool) -> io::Result<()> {
    match written {
        true => say(format_args!("wrote {}", file.display())),
        false => say(format_args!("{} is there already and stays", file.display())),
    }
}

/// Whether it was written now, and not before.
fn is_written(file: &Path, written: io::Result<()>) -> anyhow::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).with_context(|| format!("{} cannot be written", file.display())),
    }
}

/// A file for the user alone.
pub(super) fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text.as_bytes())
}
