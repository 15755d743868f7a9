//! Actions of a user in the dashboard.

use api_client_core::wire;
use api_mock_core::Context;
use jiff::Timestamp;
use returngo::{
    CommentType, Event, EventName, ExternalReferenceType, Item, Money, Processor, ReturnedItemId, Rma, RmaId,
    RmaStatus, ShipmentStatus, Transaction, TransactionId, TransactionStatus, TransactionType, TriggeredVia,
};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;

use super::{
    Shop,
    timeline::{self, time},
};
use crate::Rejection;

impl Shop {
    /// Approves a pending request.
    ///
    /// # Errors
    /// There is no such RMA, or its status does not allow this.
    pub fn approve(&mut self, id: &RmaId, context: &mut Context) -> Result<Rma, Rejection> {
        let now = context.now;
        self.change(id, context, |rma| {
            expect_status(rma, "approved", |status| *status == RmaStatus::Pending)?;
            mark_approved(rma, TriggeredVia::Dashboard, timeline::STAFF, now);
            Ok(rma.clone())
        })
    }

    /// Cancels an open RMA. Its parcels do not change.
    ///
    /// # Errors
    /// There is no such RMA, or its status does not allow this.
    pub fn cancel(&mut self, id: &RmaId, context: &mut Context) -> Result<Rma, Rejection> {
        let now = context.now;
        self.change(id, context, |rma| {
            expect_status(rma, "cancelled", |status| !status.is_cancelled_or_rejected())?;
            rma.rma_summary.status = RmaStatus::Canceled;
            let line = "Request <strong>CANCELED</strong> (reason: The shopper keeps it)";
            timeline::add(rma, CommentType::System, timeline::STAFF, line, now);
            Ok(rma.clone())
        })
    }

    /// Reopens a cancelled or rejected RMA. Its new status follows from its approval and its parcels.
    ///
    /// # Errors
    /// There is no such RMA, or its status does not allow this.
    pub fn reopen(&mut self, id: &RmaId, context: &mut Context) -> Result<Rma, Rejection> {
        let now = context.now;
        self.change(id, context, |rma| {
            expect_status(rma, "reopened", RmaStatus::is_cancelled_or_rejected)?;
            rma.rma_summary.status = open_status(rma);
            rma.last_updated = Some(time(now));
            timeline::add(
                rma,
                CommentType::System,
                timeline::STAFF,
                "Request <strong>REOPENED</strong>",
                now,
            );
            Ok(rma.clone())
        })
    }

    /// Makes a transaction, such as a refund.
    ///
    /// # Errors
    /// There is no such RMA, or it does not have the item.
    pub fn refund(
        &mut self,
        id: &RmaId,
        refund: Refund,
        context: &mut Context,
    ) -> Result<Transaction, Rejection> {
        let (number, now) = (self.next_transaction_number(), context.now);
        self.change(id, context, |rma| refund.make(rma, number, now))
    }

    /// Sets the status of a transaction, as the payment processor does when a refund fails later. A webhook is sent
    /// only if a refund succeeds by it, and `lastUpdated` of the RMA does not change.
    ///
    /// # Errors
    /// There is no such transaction.
    pub fn set_transaction_status(
        &mut self,
        id: &TransactionId,
        status: TransactionStatus,
        context: &mut Context,
    ) -> Result<(), Rejection> {
        let (rma, now) = (self.rma_of_transaction(id)?, context.now);
        self.change(&rma, context, |rma| {
            for transaction in rma.transactions.iter_mut().filter(|transaction| transaction.id == *id) {
                transaction.status = status.clone();
                transaction.last_updated = Some(time(now));
            }
            Ok(())
        })
    }

    /// Removes a transaction, so that ReturnGO no longer lists it.
    ///
    /// # Errors
    /// There is no such transaction.
    pub fn remove_transaction(&mut self, id: &TransactionId, context: &mut Context) -> Result<(), Rejection> {
        let rma = self.rma_of_transaction(id)?;
        self.change(&rma, context, |rma| {
            rma.transactions.retain(|transaction| transaction.id != *id);
            Ok(())
        })
    }
}

fn expect_status(rma: &Rma, what: &str, allowed: impl Fn(&RmaStatus) -> bool) -> Result<(), Rejection> {
    let status = rma.status();
    if allowed(status) {
        Ok(())
    } else {
        Err(Rejection::bad_request(format!("RMA {} is {status}: it cannot be {what}", rma.id())))
    }
}

/// Marks an RMA as approved. Approval changes `lastUpdated`; parcels and refunds do not
/// (docs/evidence/returngo.md#polling-and-lastupdated).
pub(crate) fn mark_approved(rma: &mut Rma, via: TriggeredVia, by: &str, now: Timestamp) {
    let time = time(now);
    rma.rma_summary.status = RmaStatus::Approved;
    rma.rma_summary.events.push(Event {
        event_name: EventName::Approved,
        event_date: Some(time),
        triggered_via: Some(via),
        store_location_id: Some("online".to_owned()),
        user_details: None,
    });
    rma.last_updated = Some(time);
    timeline::add(rma, CommentType::System, by, "Request <strong>APPROVED</strong>", now);
}

fn open_status(rma: &Rma) -> RmaStatus {
    let arrived =
        |status: &ShipmentStatus| matches!(status, ShipmentStatus::Received | ShipmentStatus::Validated);
    if rma.approved_at().is_none() {
        RmaStatus::Pending
    } else if rma.return_leg().next().is_some() && rma.return_leg().all(|parcel| arrived(&parcel.status)) {
        RmaStatus::Received
    } else {
        RmaStatus::Approved
    }
}

/// A transaction to make, such as a refund.
///
/// ```
/// use returngo::{TransactionStatus, TransactionType};
/// use returngo_mock::Refund;
/// use rust_decimal_macros::dec;
///
/// let refund = Refund::of(dec!(12.50));
/// let to_credit = Refund::full().kind(TransactionType::RefundToStoreCredit);
/// let failed = Refund::full().status(TransactionStatus::Failed);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Refund {
    #[serde(with = "wire::optional_decimal")]
    amount: Option<Decimal>,
    #[serde(rename = "type")]
    kind: Option<TransactionType>,
    status: Option<TransactionStatus>,
    return_item_ids: Option<Vec<ReturnedItemId>>,
}

impl Refund {
    /// Creates a refund of the price of all items, or of those given to [`Refund::items`].
    pub fn full() -> Self {
        Self::default()
    }

    /// Creates a refund of this amount, in the currency that the shopper paid in.
    pub fn of(amount: Decimal) -> Self {
        Self { amount: Some(amount), ..Self::default() }
    }

    /// Sets the type. The default is the first item's resolution, or a refund to the payment method.
    #[must_use]
    pub fn kind(mut self, kind: TransactionType) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Sets the status. The default is success.
    #[must_use]
    pub fn status(mut self, status: TransactionStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Sets the refunded units.
    #[must_use]
    pub fn items(mut self, ids: impl IntoIterator<Item = ReturnedItemId>) -> Self {
        self.return_item_ids = Some(ids.into_iter().collect());
        self
    }

    /// Adds it to an RMA as the transaction with this number.
    pub(crate) fn make(self, rma: &mut Rma, number: u64, now: Timestamp) -> Result<Transaction, Rejection> {
        let transaction = self.transaction(rma, number, now)?;
        if let Some((kind, line)) = timeline_of(&transaction, rma.id()) {
            timeline::add(rma, kind, timeline::STAFF, line, now);
        }
        rma.transactions.push(transaction.clone());
        Ok(transaction)
    }

    fn transaction(self, rma: &Rma, number: u64, now: Timestamp) -> Result<Transaction, Rejection> {
        let is_for = |item: &&Item| {
            self.return_item_ids.as_ref().is_none_or(|ids| ids.contains(&item.returned_item_id))
        };
        let items: Vec<&Item> = rma.items.iter().filter(is_for).collect();
        let Some(first) = items.first() else {
            return Err(Rejection::bad_request(format!("RMA {} has no such item to refund", rma.id())));
        };
        let Some(price) = &first.paid_price else {
            return Err(Rejection::bad_request(format!("RMA {} has an item without a price", rma.id())));
        };
        let prices = items.iter().filter_map(|item| item.paid_price.as_ref());
        let amount = same_rate(price, self.amount.unwrap_or_else(|| prices.map(|price| price.amount).sum()));
        let kind = self.kind.unwrap_or_else(|| usual_kind(first));
        let (reference, reference_type) = reference(&kind, number);
        let invoice = kind == TransactionType::InvoicePayment;
        let time = time(now);
        Ok(Transaction {
            id: TransactionId::new(number.to_string()),
            kind,
            status: self.status.unwrap_or(TransactionStatus::Success),
            amount,
            processor: Some(Processor::Shopify),
            external_reference_id: Some(reference),
            external_reference_type: Some(reference_type),
            bank_account_details: None,
            return_item_ids: if invoice {
                Vec::new()
            } else {
                items.iter().map(|item| item.returned_item_id.clone()).collect()
            },
            created_at: time,
            last_updated: Some(time),
        })
    }
}

fn usual_kind(item: &Item) -> TransactionType {
    let resolution =
        item.resolution_type.as_ref().map(|resolution| TransactionType::from(resolution.as_str()));
    resolution
        .filter(|kind| TransactionType::KNOWN.contains(kind))
        .unwrap_or(TransactionType::RefundToPaymentMethod)
}

/// Converts an amount to the shop's currency at the exchange rate of a price.
fn same_rate(price: &Money, amount: Decimal) -> Money {
    let worth = |shop_amount: Decimal| {
        let rate = shop_amount.checked_div(price.amount).unwrap_or(Decimal::ONE);
        (amount * rate).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
    };
    Money {
        amount,
        currency: price.currency.clone(),
        shop_amount: price.shop_amount.map(worth),
        shop_currency: price.shop_currency.clone(),
    }
}

fn reference(kind: &TransactionType, number: u64) -> (String, ExternalReferenceType) {
    match kind {
        TransactionType::RefundToStoreCredit => {
            (format!("SC{number:06}"), ExternalReferenceType::StoreCreditCode)
        }
        TransactionType::InvoicePayment => {
            (format!("7300000{number:06}"), ExternalReferenceType::InvoicePaymentId)
        }
        _ => (format!("990011{number:06}"), ExternalReferenceType::PlatformRefundId),
    }
}

fn timeline_of(transaction: &Transaction, rma: &RmaId) -> Option<(CommentType, String)> {
    let (amount, id) = (transaction.amount.amount, &transaction.id);
    let currency = &transaction.amount.currency;
    if transaction.status == TransactionStatus::Failed {
        let line = format!("Refund Failed. Platform returned status: FAILURE. RMA: {rma}");
        return Some((CommentType::Error, line));
    }
    if !transaction.happened() || !transaction.is_refund() {
        return None;
    }
    let line = if transaction.kind == TransactionType::RefundToStoreCredit {
        format!("Credited {amount} {currency}<br>Transaction ID(s): {id}")
    } else {
        format!("Total refund amount: {amount} {currency}<br>Transaction ID: {id}")
    };
    Some((CommentType::System, line))
}
