use std::fmt;

use returngo_brightpearl_mapping::Effect;

use crate::describe;

/// An effect that was applied.
///
/// Its `Display` describes the write: amounts and references, no data of shoppers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// The effect.
    pub effect: Effect,
    /// The id that the system gave to what was written, if any.
    pub remote_id: Option<String>,
    /// Whether an earlier attempt had applied it.
    pub already_existed: bool,
}

impl Applied {
    /// The key of the effect.
    pub fn key(&self) -> &str {
        self.effect.key()
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&describe(&self.effect))?;
        if let Some(id) = &self.remote_id {
            write!(f, ", id {id}")?;
        }
        if self.already_existed { f.write_str(" (already existed)") } else { Ok(()) }
    }
}
