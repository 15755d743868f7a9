use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

use anyhow::Context as _;

use super::super::{DEFAULT_FILE, assembly, cli::Cli, output::say};
use crate::vault::VaultKey;

/// Writes a commented configuration and a key; what is there stays.
pub(super) fn run(cli: &Cli) -> anyhow::Result<()> {
    tell(&cli.config, write_new(&cli.config, DEFAULT_FILE))?;
    let configuration = assembly::configuration(cli)?;
    let key = VaultKey::generate()?.to_base64();
    tell(&configuration.key_file, write_new(&configuration.key_file, &key))?;
    say("Keep the key apart from the backups of the database: whoever has both can read the credentials.")?;
    say("Next: `connect NAME` makes a connection, and asks for what it needs.")?;
    Ok(())
}

fn tell(file: &Path, written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        Ok(()) => say(format_args!("wrote {}", file.display()))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            say(format_args!("{} is there already and stays", file.display()))?;
        }
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be written", file.display()));
        }
    }
    Ok(())
}

/// A file for the user alone.
pub(super) fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text.as_bytes())
}
