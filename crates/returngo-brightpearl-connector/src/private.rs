//! Files that only the user who runs the program may read: the key, and a database with customers' returns.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

/// Group or others may read or write a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("group or others may read it: run `chmod 600 {files}`")]
pub struct NotPrivate {
    /// The files, as a shell takes them.
    files: String,
}

/// Creates a file for this user alone, unless it is there.
pub fn create(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Refuses those of these files that are there and that group or others may read or write.
pub(crate) fn check(files: &[&Path]) -> Result<(), NotPrivate> {
    let open: Vec<String> = files.iter().filter(|file| is_open(file)).map(|file| quoted(file)).collect();
    if open.is_empty() { Ok(()) } else { Err(NotPrivate { files: open.join(" ") }) }
}

#[cfg(unix)]
fn is_open(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    // systemd guards its credentials by an access list, which shows as what the group may do.
    let is_guarded = std::env::var_os("CREDENTIALS_DIRECTORY")
        .is_some_and(|folder| !folder.is_empty() && file.starts_with(folder));
    let of_others = if is_guarded { 0o006 } else { 0o066 };
    std::fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & of_others != 0)
}

#[cfg(not(unix))]
fn is_open(_file: &Path) -> bool {
    false
}

fn quoted(file: &Path) -> String {
    let file = file.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if file.chars().all(is_plain) { file } else { format!("'{}'", file.replace('\'', "'\\''")) }
}
