//! Whose trouble it is: an RMA's own, which a person can do something about, or all RMAs' of a connection.

use returngo_brightpearl_sync::ReadError;

/// Whether nothing of the connection can be read as things are: a system cannot be reached, lets nobody in or has no
/// calls left, or the set-up of the account does not read. A system that fails is not told from an RMA that it fails
/// at, unless it says that it is out of service.
pub(super) fn is_connection_wide(error: &ReadError) -> bool {
    match error {
        ReadError::SetUp(_) => true,
        ReadError::Rma { source, .. } | ReadError::Returngo(source) => is_of_returngo(source),
        ReadError::Brightpearl(source) => is_of_brightpearl(source),
        _ => false,
    }
}

/// Whether ReturnGO refuses access to an RMA. That is trouble of the whole connection unless the shop can be read
/// otherwise.
pub(super) fn is_forbidden(error: &ReadError) -> bool {
    matches!(error, ReadError::Rma { source, .. } if source.kind() == returngo::ErrorKind::WrongShop)
}

fn is_of_brightpearl(error: &brightpearl::Error) -> bool {
    use brightpearl::ErrorKind::{
        Configuration, NoAccessToken, NotSent, Throttled, TokenExpired, TokenInvalid, Unauthorized,
    };
    let kinds = [Configuration, NoAccessToken, NotSent, Throttled, TokenExpired, TokenInvalid, Unauthorized];
    kinds.contains(&error.kind()) || is_out_of_service(error.status())
}

fn is_of_returngo(error: &returngo::Error) -> bool {
    use returngo::ErrorKind::{Configuration, NotSent, QuotaSpent, Throttled, WrongKey, WrongShop};
    let kinds = [Configuration, NotSent, QuotaSpent, Throttled, WrongKey, WrongShop];
    kinds.contains(&error.kind()) || is_out_of_service(error.status())
}

/// What gateways answer when there is nobody behind them.
const fn is_out_of_service(status: Option<u16>) -> bool {
    matches!(status, Some(502 | 503))
}
