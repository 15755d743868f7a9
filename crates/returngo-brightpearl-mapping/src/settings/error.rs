use api_client_core::decode::DecodeError;

/// Settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A name that is not a setting.
    #[error("{place}: there is no setting `{name}`; {advice}", place = place(.path), advice = advice(.nearest.as_deref(), .known))]
    UnknownName {
        /// Where, as a path inside the document; `.` is its top.
        path: String,
        /// The name that was found.
        name: String,
        /// The setting whose name is nearest, unless none is near.
        nearest: Option<String>,
        /// The settings that there are in that place.
        known: Vec<String>,
    },
    /// A value that is missing or of the wrong form.
    #[error("settings, {0}")]
    Value(#[from] DecodeError),
    /// A text that is no TOML.
    #[error("settings: {0}")]
    NotToml(String),
}

fn place(path: &str) -> String {
    if path == "." { "settings".to_owned() } else { format!("settings, at `{path}`") }
}

fn advice(nearest: Option<&str>, known: &[String]) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("there are: {}", known.join(", ")),
    }
}

/// Names that share less than this are no slip of the same one.
const NEAR: f64 = 0.7;

impl SettingsError {
    #[cfg(feature = "toml")]
    pub(super) fn not_toml(error: toml::de::Error) -> Self {
        Self::NotToml(error.to_string().trim_end().to_owned())
    }

    /// Tells an unknown name from any other failure. Serde says so only in words, and lists the names that
    /// it knows behind the one it does not, each in backticks.
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

/// The path of the object that holds the unknown name.
fn parent(path: &str, name: &str) -> String {
    let parent = path.strip_suffix(name).unwrap_or(path);
    let parent = parent.strip_suffix('.').unwrap_or(parent);
    if parent.is_empty() { ".".to_owned() } else { parent.to_owned() }
}

/// The known name that another is most likely a slip of.
pub(crate) fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let scored = known.iter().map(|candidate| (strsim::jaro_winkler(name, candidate), *candidate));
    let (score, candidate) = scored.max_by(|left, right| left.0.total_cmp(&right.0))?;
    (score >= NEAR).then_some(candidate)
}
