use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::Context as _;
use serde_json::json;

use crate::{
    DEFAULT_FILE, assembly,
    location::{self, Location},
    options::GlobalOptions,
    output::{print, print_json},
};
use returngo_brightpearl_connector::{private, vault::VaultKey};

/// Writes a commented configuration and a key; what is there stays.
pub(super) fn run(options: &GlobalOptions) -> anyhow::Result<()> {
    let file = location::of_a_new_one(options.config.as_deref());
    let configuration_written = is_written(&file, write_new(&file, DEFAULT_FILE))?;
    let configuration = assembly::configuration_at(options, Location::File(file.clone()))?;
    let key = VaultKey::generate()?.to_base64();
    let key_written = is_written(&configuration.key_file, write_new(&configuration.key_file, &key))?;
    if options.json {
        return print_json(&json!({
            "configuration": {"file": file, "written": configuration_written},
            "key": {"file": configuration.key_file, "written": key_written},
        }));
    }
    tell(&file, configuration_written)?;
    tell(&configuration.key_file, key_written)?;
    print("Keep the key apart from the backups of the database: whoever has both can read the credentials.")?;
    Ok(print(
        "Next: set `public_url` in the configuration to the address at which webhooks arrive, or leave it out to work \
         by sweeps alone. Then run `returngo-brightpearl connect NAME`, which asks for what it needs.",
    )?)
}

fn tell(file: &Path, written: bool) -> io::Result<()> {
    match written {
        true => print(format_args!("wrote {}", file.display())),
        false => print(format_args!("{} is there already and stays", file.display())),
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

/// A file for the user alone, on the disk when this comes back.
pub(super) fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut file = private::create(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
