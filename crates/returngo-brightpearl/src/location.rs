//! The location of the configuration: named, or found in the usual places.

use std::{
    env,
    ffi::OsString,
    fmt, io,
    path::{Path, PathBuf},
};

/// The name of the configuration file.
pub(super) const FILE: &str = "returngo-brightpearl.toml";

/// The variable with the path of the configuration file.
pub(super) const VARIABLE: &str = "RETURNGO_BRIGHTPEARL_CONFIG";

/// The folder of the file in directories that several programs share.
const FOLDER: &str = "returngo-brightpearl";

/// The location of the configuration.
#[derive(Debug)]
pub(super) enum Location {
    /// In this file.
    File(PathBuf),
    /// None; these places were searched.
    NotFound(Vec<SearchedPlace>),
}

/// A file that was searched for, and why it could not be accessed.
#[derive(Debug)]
pub(super) struct SearchedPlace(PathBuf, Option<io::Error>);

impl fmt::Display for SearchedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.display())?;
        self.1.as_ref().map_or(Ok(()), |error| write!(f, " ({error})"))
    }
}

/// Returns the file in the arguments, otherwise in the variable, otherwise the first that exists.
pub(super) fn find(named: Option<&Path>) -> Location {
    find_among(named, &|name| env::var_os(name))
}

/// Returns the file for a new configuration.
pub(super) fn of_a_new_one(named: Option<&Path>) -> PathBuf {
    named_by(named, &|name| env::var_os(name)).unwrap_or_else(|| FILE.into())
}

fn find_among(named: Option<&Path>, variable: &dyn Fn(&str) -> Option<OsString>) -> Location {
    if let Some(file) = named_by(named, variable) {
        return Location::File(file);
    }
    let mut searched = Vec::new();
    for file in usual_places(variable) {
        match file.try_exists() {
            Ok(true) => return Location::File(file),
            Ok(false) => searched.push(SearchedPlace(file, None)),
            Err(error) => searched.push(SearchedPlace(file, Some(error))),
        }
    }
    Location::NotFound(searched)
}

fn named_by(named: Option<&Path>, variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    named.map(Path::to_owned).or_else(|| Some(set(variable, VARIABLE)?.into()))
}

/// The working directory, the user's configuration directory (by the XDG base directory specification) and the
/// machine's.
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
