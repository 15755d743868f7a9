/// The error answers that differ between APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// An internal error.
    Status500,
    /// The service is not available.
    Status503,
    /// Too many requests.
    Throttle,
    /// The credentials are no longer valid.
    TokenExpired,
}
