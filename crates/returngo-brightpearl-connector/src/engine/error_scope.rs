//! Classifies an error as specific to one RMA or as affecting the whole connection.

use returngo_brightpearl_sync::ReadError;

/// Whether the error affects the whole connection: a system cannot be reached, rejects the credentials or has no calls left,
/// or the account's configuration cannot be read. A server failure may be specific to an RMA, unless the system answers that
/// it is unavailable.
pub(super) fn is_connection_wide(error: &ReadError) -> bool {
    match error {
        ReadError::SetUp(_) => true,
        ReadError::Rma { source, .. } | ReadError::Returngo(source) => is_returngo_wide(source),
        ReadError::Brightpearl(source) => is_brightpearl_wide(source),
        _ => false,
    }
}

/// Whether ReturnGO refuses access to an RMA. That affects the whole connection unless other RMAs can be read.
pub(super) fn is_forbidden(error: &ReadError) -> bool {
    matches!(error, ReadError::Rma { source, .. } if source.kind() == returngo::ErrorKind::WrongShop)
}

fn is_brightpearl_wide(error: &brightpearl::Error) -> bool {
    use brightpearl::ErrorKind::{
        Configuration, NoAccessToken, NotSent, Throttled, TokenExpired, TokenInvalid, Unauthorized,
    };
    let kinds = [Configuration, NoAccessToken, NotSent, Throttled, TokenExpired, TokenInvalid, Unauthorized];
    kinds.contains(&error.kind()) || is_unavailable(error.status())
}

fn is_returngo_wide(error: &returngo::Error) -> bool {
    use returngo::ErrorKind::{Configuration, NotSent, QuotaSpent, Throttled, WrongKey, WrongShop};
    let kinds = [Configuration, NotSent, QuotaSpent, Throttled, WrongKey, WrongShop];
    kinds.contains(&error.kind()) || is_unavailable(error.status())
}

/// Gateways answer so when the system behind them is unavailable.
const fn is_unavailable(status: Option<u16>) -> bool {
    matches!(status, Some(502 | 503))
}
