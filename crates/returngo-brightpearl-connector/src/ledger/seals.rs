use super::{ConnectionId, Sealed};

/// Something that was sealed with one key, and is sealed with another now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resealed {
    /// As it is stored.
    pub was: Sealed,
    /// As it is to be stored.
    pub is: Sealed,
}

/// Everything that is sealed, sealed with another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSeals {
    /// The value that tells whether a key opens what is stored.
    pub check: Resealed,
    /// Every connection that is stored.
    pub connections: Vec<(ConnectionId, Resealed)>,
}
