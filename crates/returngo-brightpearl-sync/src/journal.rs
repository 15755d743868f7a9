use std::sync::Arc;

use async_trait::async_trait;
use brightpearl::OrderId;
use returngo::RmaId;
use returngo_brightpearl_mapping::InFlightRow;

/// What the caller that applies plans remembers about the credits of sales orders. Brightpearl's searches may lag behind its
/// writes; with a journal, a credit that was just written for one RMA counts for the other RMAs of the order at once.
#[async_trait]
pub trait Journal: Send + Sync {
    /// The credits that were intended for these sales orders, by any RMA of the account, and not refused.
    ///
    /// # Errors
    /// When what is remembered cannot be read.
    async fn intended_credits(&self, orders: &[OrderId]) -> Result<Vec<IntendedCredit>, JournalError>;
}

/// A credit, or a claim on a credit of another program, that an RMA intended for a sales order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntendedCredit {
    /// The RMA.
    pub rma: RmaId,
    /// The sales order.
    pub order: OrderId,
    /// What it takes of the order's rows; nothing for a claim.
    pub rows: Vec<InFlightRow>,
    /// The credit, once its id is known: that was written, or that is claimed.
    pub credit: Option<OrderId>,
    /// Whether it is a claim.
    pub adopted: bool,
}

/// Why what is remembered cannot be read.
pub type JournalError = Arc<dyn std::error::Error + Send + Sync>;

/// Remembers nothing: for programs that apply one plan at a time, with no other program beside them.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoJournal;

#[async_trait]
impl Journal for NoJournal {
    async fn intended_credits(&self, _: &[OrderId]) -> Result<Vec<IntendedCredit>, JournalError> {
        Ok(Vec::new())
    }
}
