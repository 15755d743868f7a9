//! Where the configuration is: named, or found where such files are.

use std::{
    env,
    ffi::OsString,
    fmt, io,
    path::{Path, PathBuf},
};

/// The name of the file.
pub(super) const FILE: &str = "returngo-brightpearl.toml";

/// The variable that names the file.
pub(super) const VARIABLE: &str = "RETURNGO_BRIGHTPEARL_CONFIG";

/// The folder of the file, where several programs have theirs.
const FOLDER: &str = "returngo-brightpearl";

/// Where the configuration is.
#[derive(Debug)]
pub(super) enum Location {
    /// In this file.
    File(PathBuf),
    /// In none of these places.
    Nowhere(Vec<Database>),
}

/// A file that was looked for, and why it cannot be told whether it is there.
#[derive(Debug)]
pub(super) struct Database(PathBuf, Option<io::Error>);

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.display())?;
        self.1.as_ref().map_or(Ok(()), |error| write!(f, " ({error})"))
    }
}

/// The file that the arguments name, else the one that the variable names, else the first that is there.
pub(super) fn find(named: Option<&Path>) -> Location {
    find_among(named, &|name| env::var_os(name))
}

/// The file that a new configuration is written to.
pub(super) fn of_a_new_one(named: Option<&Path>) -> PathBuf {
    named_by(named, &|name| env::var_os(name)).unwrap_or_else(|| FILE.into())
}

fn find_among(named: Option<&Path>, variable: &dyn Fn(&str) -> Option<OsString>) -> Location {
    if let Some(file) = named_by(named, variable) {
        return Location::File(file);
    }
    let mut looked = Vec::new();
    for file in usual_places(variable) {
        match file.try_exists() {
            Ok(true) => return Location::File(file),
            Ok(false) => looked.push(Database(file, None)),
            Err(error) => looked.push(Database(file, Some(error))),
        }
    }
    Location::Nowhere(looked)
}

fn named_by(named: Option<&Path>, variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    named.map(Path::to_owned).or_else(|| Some(set(variable, VARIABLE)?.into()))
}

/// The working directory, the user's configuration directory (as the XDG base directory specification has it) and
/// the machine's.
fn usual_places(variable: &dyn Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let absolute = |name| set(variable, name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let of_user = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
    let folders = of_user.into_iter().chain([PathBuf::from("/etc")]);
    let files = folders.map(|folder| folder.join(FOLDER).join(FILE));
    [PathBuf::from(FILE)].into_iter().chain(files).collect()
}

fn set(variable: &dyn Fn(&str) -> Option<OsString>, name: &str) -> Option<OsString> {
    variable(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(variables: &[(&str, &str)]) -> Vec<String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        usual_places(&variable).iter().map(|place| place.display().to_string()).collect()
    }

    #[test]
    fn the_users_directory_goes_before_the_machines() {
        const OF_MACHINE: &str = "/etc/returngo-brightpearl/returngo-brightpearl.toml";
        let of_user = "/home/dana/.config/returngo-brightpearl/returngo-brightpearl.toml";
        assert_eq!(places(&[("HOME", "/home/dana")]), [FILE, of_user, OF_MACHINE]);
        let elsewhere = [("HOME", "/home/dana"), ("XDG_CONFIG_HOME", "/conf")];
        assert_eq!(places(&elsewhere)[1], "/conf/returngo-brightpearl/returngo-brightpearl.toml");
        let relative = [("HOME", "/home/dana"), ("XDG_CONFIG_HOME", "conf")];
        assert_eq!(places(&relative)[1], of_user, "a relative path is ignored, as XDG says");
        assert_eq!(places(&[("HOME", "")]), [FILE, OF_MACHINE]);
    }
}
