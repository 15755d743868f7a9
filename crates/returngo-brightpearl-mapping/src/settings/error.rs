//! Errors of the settings.

use api_client_core::decode::DecodeError;

/// Invalid settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A name that is not a setting.
    #[error("{place}: unknown setting `{name}`; {advice}", place = place(.path), advice = advice(.nearest.as_deref(), .known))]
    UnknownName {
        /// The path in the document. `.` is the top.
        path: String,
        /// The name that was found.
        name: String,
        /// The setting with the most similar name, if any.
        nearest: Option<String>,
        /// The known settings at that path.
        known: Vec<String>,
    },
    /// A missing or invalid value.
    #[error("settings, {0}")]
    Value(#[from] DecodeError),
    /// The text is not TOML.
    #[error("settings: {0}")]
    NotToml(String),
}

fn place(path: &str) -> String {
    if path == "." { "settings".to_owned() } else { format!("settings, at `{path}`") }
}

fn advice(nearest: Option<&str>, known: &[String]) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("known settings: {}", known.join(", ")),
    }
}

/// The smallest similarity of a name and its misspelling.
const NEAR: f64 = 0.7;

impl SettingsError {
    #[cfg(feature = "toml")]
    pub(super) fn not_toml(error: toml::de::Error) -> Self {
        Self::NotToml(error.to_string().trim_end().to_owned())
    }

    /// Distinguishes an unknown name from other errors. Serde reports it in words only, followed by the known names in
    /// backticks.
    pub(super) fn from_decoding(error: DecodeError) -> Self {
        let mut quoted = error.expected().split('`').skip(1).step_by(2).map(str::to_owned);
        let name = error.expected().starts_with("unknown field ").then(|| quoted.next()).flatten();
        let Some(name) = name else { return Self::Value(error) };
        let known: Vec<String> = quoted.collect();
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        let nearest = nearest(&name, &names).map(str::to_owned);
        Self::UnknownName { path: parent(error.path(), &name), nearest, name, known }
    }
}

/// Returns the path of the object with the unknown name.
fn parent(path: &str, name: &str) -> String {
    let parent = path.strip_suffix(name).unwrap_or(path);
    let parent = parent.strip_suffix('.').unwrap_or(parent);
    if parent.is_empty() { ".".to_owned() } else { parent.to_owned() }
}

/// Returns the known name that is most similar to another one.
pub(crate) fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let scored = known.iter().map(|candidate| (strsim::jaro_winkler(name, candidate), *candidate));
    let (score, candidate) = scored.max_by(|left, right| left.0.total_cmp(&right.0))?;
    (score >= NEAR).then_some(candidate)
}
