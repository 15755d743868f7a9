use brightpearl::OrderId;
use jiff::Timestamp;
use returngo::RmaId;

use super::{Claim, ConnectionId};

/// How often sales orders changed hands, over all orders: what is read after it was asked for shows at least
/// everything that was written by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Revision(pub i64);

/// A claim that needs the sales order that its RMA is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRequest {
    /// The claim.
    pub claim: Claim,
    /// The sales order.
    pub order: OrderId,
}

/// Whether a claim has the sales order that it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderTurn {
    /// It has, and nothing was written for another return of the order since it was read.
    Ready,
    /// It has, but another return of the order may have been written to since: read again first.
    Changed,
    /// Another return of the order is worked on.
    Taken {
        /// By which connection.
        connection: ConnectionId,
        /// Which one.
        rma: RmaId,
    },
    /// A credit of another return of the order may or may not have been written: its RMA is pending and finds out.
    Unclear {
        /// By which connection.
        connection: ConnectionId,
        /// Which one.
        rma: RmaId,
        /// When it is tried next, unless it is in progress.
        due_at: Option<Timestamp>,
    },
    /// The claim is no longer held.
    ClaimLost,
}
