//! Files that only the user who runs the tests may read.

use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, path::Path};

/// A file that this user alone may read.
pub(crate) fn write_private(file: &Path, text: &str) {
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
}
