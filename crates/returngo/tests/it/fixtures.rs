//! Answers as ReturnGO sends them; every value is invented.

pub(crate) const RMA_RECEIVED: &str = include_str!("../../fixtures/rma_received.json");
pub(crate) const RMA_VALIDATED: &str = include_str!("../../fixtures/rma_validated.json");
pub(crate) const RMA_NO_SHIPMENT: &str = include_str!("../../fixtures/rma_no_shipment.json");
pub(crate) const RMA_EXCHANGE: &str = include_str!("../../fixtures/rma_exchange.json");
pub(crate) const RMAS: &str = include_str!("../../fixtures/rmas.json");
pub(crate) const TRANSACTIONS: &str = include_str!("../../fixtures/transactions.json");
pub(crate) const WEBHOOKS: &str = include_str!("../../fixtures/webhooks.json");
