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
use returngo_brightpearl_connector::{private_files, vault::VaultKey};

/// Creates a commented configuration and a key. Existing files stay.
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
    report(&file, configuration_written)?;
    report(&configuration.key_file, key_written)?;
    print("Store the key separately from backups of the database: the credentials can be read with both.")?;
    Ok(print(
        "Next: set `public_url` in the configuration to the address at which webhooks arrive, or leave it out to find \
         changes by sweeps only. Then run `returngo-brightpearl connect NAME`, which prompts for the values it needs.",
    )?)
}

fn report(file: &Path, written: bool) -> io::Result<()> {
    match written {
        true => print(format_args!("wrote {}", file.display())),
        false => print(format_args!("{} exists already and was not changed", file.display())),
    }
}

/// Returns whether the file was written now; false if it existed.
fn is_written(file: &Path, written: io::Result<()>) -> anyhow::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot write {}", file.display())),
    }
}

/// Writes a new file that only this user can read, and waits until it is on the disk.
pub(super) fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut file = private_files::create(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
