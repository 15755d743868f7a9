//! Files that only the user of the process may read: the encryption key and the database.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

/// Files that other users may read or write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("group or others may read it: run `chmod 600 {files}`")]
pub struct NotPrivate {
    /// The files, quoted for a shell.
    files: String,
}

/// Creates a file that only this user may read or write.
///
/// # Errors
/// When it exists or cannot be created.
pub fn create(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Checks that other users may neither read nor write these files. Files that do not exist pass.
pub(crate) fn check(files: &[&Path]) -> Result<(), NotPrivate> {
    let shared: Vec<String> = files.iter().filter(|file| is_shared(file)).map(|file| quoted(file)).collect();
    if shared.is_empty() { Ok(()) } else { Err(NotPrivate { files: shared.join(" ") }) }
}

#[cfg(unix)]
fn is_shared(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    // systemd protects its credentials by an access list, which the mode shows as permissions of the group.
    let is_systemd_credential = std::env::var_os("CREDENTIALS_DIRECTORY")
        .is_some_and(|folder| !folder.is_empty() && file.starts_with(folder));
    let forbidden = if is_systemd_credential { 0o006 } else { 0o066 };
    std::fs::metadata(file)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & forbidden != 0)
}

#[cfg(not(unix))]
fn is_shared(_file: &Path) -> bool {
    false
}

fn quoted(file: &Path) -> String {
    let file = file.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if file.chars().all(is_plain) { file } else { format!("'{}'", file.replace('\'', "'\\''")) }
}
