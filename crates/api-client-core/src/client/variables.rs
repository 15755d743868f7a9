use std::fmt;

use super::UnusableSetting;

/// Reads the settings of a client from variables, such as those of the environment, and names all that are missing.
/// Empty ones count as missing. The values are never printed.
pub struct Variables<'v> {
    get: &'v dyn Fn(&str) -> Option<String>,
    missing: Vec<&'static str>,
}

impl<'v> Variables<'v> {
    /// Reads variables with this function.
    pub const fn new(get: &'v dyn Fn(&str) -> Option<String>) -> Self {
        Self { get, missing: Vec::new() }
    }

    /// Returns a variable, if it is set.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.get)(name).filter(|value| !value.is_empty())
    }

    /// Returns a variable; a missing one is recorded.
    pub fn required(&mut self, name: &'static str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.missing(name);
            String::new()
        })
    }

    /// Records that a required variable is missing.
    pub fn missing(&mut self, name: &'static str) {
        self.missing.push(name);
    }

    /// Checks that nothing was missing.
    ///
    /// # Errors
    /// The message names every missing variable.
    pub fn finish(self) -> Result<(), UnusableSetting> {
        if self.missing.is_empty() {
            Ok(())
        } else {
            Err(UnusableSetting::new(format!("missing environment variables: {}", self.missing.join(", "))))
        }
    }
}

impl fmt::Debug for Variables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variables").field("missing", &self.missing).finish_non_exhaustive()
    }
}
