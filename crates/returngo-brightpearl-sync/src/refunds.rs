//! Finds and reconciles the refunds of a period.

use std::{collections::BTreeSet, fmt::Display};

use brightpearl::{
    IdSet, OffsetDateTime, OrderId,
    accounting::{CustomerPayment, CustomerPaymentSearch, PaymentType},
    order,
    search::Period,
};
use jiff::tz::TimeZone;
use returngo::{RmaFilter, RmaId, RmaSummary, Transaction, TransactionFilter, TransactionId, UndecodableRow};
use returngo_brightpearl_mapping::{
    keys,
    reconcile::{Days, Line, Report, UnreconciledItem, reconcile},
};

use crate::{ReadError, Reader, with_causes};

/// RMAs per request when the RMA of a refund is searched.
const RMAS_PER_REQUEST: usize = 100;

/// The RMAs with refunds on some days.
#[derive(Debug, Default)]
pub struct Refunded {
    /// The RMAs.
    pub rmas: BTreeSet<RmaId>,
    /// Objects that may be such a refund, or have one, and cannot be assigned to an RMA.
    pub unreconciled: BTreeSet<UnreconciledItem>,
}

impl Refunded {
    /// Returns the entries of a list that can be decoded, and notes the others.
    fn readable<T, E: Display>(&mut self, list: &str, entries: Vec<Result<T, E>>) -> Vec<T> {
        let mut note = |entry: E| {
            self.unreconciled.insert(UnreconciledItem::other(format!("{list}: {entry}")));
        };
        entries.into_iter().filter_map(|entry| entry.map_err(&mut note).ok()).collect()
    }
}

impl Reader {
    /// Reconciles every RMA with a refund on one of these days in either system.
    ///
    /// # Errors
    /// When one of the systems is unavailable. An object that cannot be read is part of the report.
    pub async fn reconcile(&self, days: Days) -> Result<Report, ReadError> {
        let Refunded { rmas, unreconciled } = self.rmas_refunded(&days).await?;
        Ok(self.reconcile_rmas(days, &rmas).await?.with_unreconciled(unreconciled))
    }

    /// Reconciles the refunds of these RMAs on these days.
    ///
    /// # Errors
    /// When one of the systems is unavailable. An RMA that cannot be read is part of the report.
    pub async fn reconcile_rmas<'a>(
        &self,
        days: Days,
        rmas: impl IntoIterator<Item = &'a RmaId>,
    ) -> Result<Report, ReadError> {
        let (mut lines, mut unreconciled) = (Vec::new(), Vec::new());
        for rma in rmas {
            match self.lines_of(rma).await {
                Ok(of_rma) => lines.extend(of_rma),
                Err(error) if error.is_of_one_object() => {
                    unreconciled.push(UnreconciledItem::rma(rma.clone(), with_causes(&error)));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Report::new(days, lines).with_unreconciled(unreconciled))
    }

    async fn lines_of(&self, rma: &RmaId) -> Result<Vec<Line>, ReadError> {
        let world = self.world(rma).await?;
        let journals = IdSet::of(
            world
                .payments
                .iter()
                .filter(|payment| payment.payment_type == PaymentType::Payment)
                .filter_map(|payment| payment.journal_id),
        );
        let journals = self.brightpearl.journals().get(&journals).await?;
        Ok(reconcile(&world, &journals, &self.settings))
    }

    /// Returns the RMAs with a refund on one of these days, in ReturnGO or in Brightpearl.
    ///
    /// # Errors
    /// When one of the systems is unavailable.
    pub async fn rmas_refunded(&self, days: &Days) -> Result<Refunded, ReadError> {
        let mut refunded = Refunded::default();
        let payments = self.payments_recorded(days, &mut refunded).await?;
        let mut unassigned = self.refunds_made(days, &mut refunded).await?;
        self.owners_of_payments(&payments, &mut refunded).await?;
        for payment in &payments {
            let reference = payment.transaction_ref.as_deref().unwrap_or_default();
            if let Some(rma) = keys::rma_of_refund(reference) {
                unassigned.retain(|refund| keys::refund(&rma, refund) != reference);
            }
        }
        self.owners_of_refunds(unassigned, days, &mut refunded).await?;
        Ok(refunded)
    }

    fn zone(&self) -> TimeZone {
        self.account.time_zone().unwrap_or(TimeZone::UTC)
    }

    async fn payments_recorded(
        &self,
        days: &Days,
        refunded: &mut Refunded,
    ) -> Result<Vec<CustomerPayment>, ReadError> {
        let zone = self.zone();
        let [begin, end] = [days.begin(&zone), days.end(&zone)].map(|time| time.map(OffsetDateTime::utc));
        let search = CustomerPaymentSearch::new().payment_type(&PaymentType::Payment);
        let search = match (begin, end) {
            (None, None) => search,
            (Some(begin), None) => search.payment_date(&Period::from(begin)),
            (None, Some(end)) => search.payment_date(&Period::until(end)),
            (Some(begin), Some(end)) => search.payment_date(&Period::between(begin, end)),
        };
        let found = self.brightpearl.customer_payments().search(search).all_results().await?;
        Ok(refunded.readable("customer payments in Brightpearl", found))
    }

    /// Adds the RMAs of payments, by the payment's reference or else by that of its credit. Payments without an RMA are left
    /// out.
    async fn owners_of_payments(
        &self,
        payments: &[CustomerPayment],
        refunded: &mut Refunded,
    ) -> Result<(), ReadError> {
        let own = |payment: &CustomerPayment| keys::rma_of_refund(payment.transaction_ref.as_deref()?);
        refunded.rmas.extend(payments.iter().filter_map(own));
        let others = payments.iter().filter(|payment| own(payment).is_none());
        let orders: BTreeSet<OrderId> = others.filter_map(|payment| payment.order_id).collect();
        let orders: Vec<OrderId> = orders.into_iter().collect();
        let credits = self.brightpearl.get_each(&orders, order::get).await?;
        let rma_of = |credit: &order::Order| keys::rma_of_credit(credit.external_ref.as_deref()?);
        refunded.rmas.extend(credits.found.iter().filter_map(rma_of));
        let refused = credits.refused.iter().map(|(id, error)| {
            UnreconciledItem::other(format!(
                "order {id} in Brightpearl has a payment: {}",
                with_causes(error)
            ))
        });
        refunded.unreconciled.extend(refused);
        Ok(())
    }

    /// Returns the refunds that ReturnGO made. Its list does not name their RMAs
    /// (docs/evidence/returngo.md#transaction-list).
    async fn refunds_made(
        &self,
        days: &Days,
        refunded: &mut Refunded,
    ) -> Result<BTreeSet<TransactionId>, ReadError> {
        let zone = self.zone();
        let transactions = self.transactions(TransactionFilter::new(), days, refunded).await?;
        let on =
            |time: OffsetDateTime| days.contains(OffsetDateTime::in_zone(time.timestamp(), &zone).date());
        let refunds = transactions.into_iter().filter(|transaction| {
            transaction.is_refund() && transaction.happened() && on(transaction.settled_at())
        });
        Ok(refunds.map(|refund| refund.id).collect())
    }

    async fn transactions(
        &self,
        filter: TransactionFilter,
        days: &Days,
        refunded: &mut Refunded,
    ) -> Result<Vec<Transaction>, ReadError> {
        let filter = match days.begin(&self.zone()) {
            Some(begin) => filter.updated_since(begin),
            None => filter,
        };
        let found = self.returngo.transactions().list(filter).all_results().await?;
        Ok(refunded.readable("transactions in ReturnGO", found))
    }

    /// Adds the RMAs of these refunds: requests groups of RMAs, the latest first, and halves a group that has one of the
    /// refunds.
    async fn owners_of_refunds(
        &self,
        mut refunds: BTreeSet<TransactionId>,
        days: &Days,
        refunded: &mut Refunded,
    ) -> Result<(), ReadError> {
        let filter = match days.end(&self.zone()) {
            Some(end) => RmaFilter::new().created_before(end),
            None => RmaFilter::new(),
        };
        let mut pages = self.returngo.rmas().list(filter);
        while !refunds.is_empty() {
            let Some(page) = pages.next_page().await? else { break };
            let rows = page.results();
            let id = |row: &Result<RmaSummary, UndecodableRow>| match row {
                Ok(summary) => Some(summary.rma_id.clone()),
                Err(row) => row.parsed_id(),
            };
            let rmas: Vec<RmaId> = rows.iter().filter_map(id).collect();
            let nameless = rows.into_iter().filter(|row| id(row).is_none()).collect();
            refunded.readable("RMAs in ReturnGO", nameless);
            let mut groups: Vec<&[RmaId]> = rmas.chunks(RMAS_PER_REQUEST).rev().collect();
            while let Some(group) = groups.pop() {
                if refunds.is_empty() {
                    break;
                }
                let theirs = self.among(group, &refunds, days, refunded).await?;
                match group {
                    _ if theirs.is_empty() => {}
                    [owner] => {
                        refunded.rmas.insert(owner.clone());
                        refunds.retain(|refund| !theirs.contains(refund));
                    }
                    several => {
                        let (first, second) = several.split_at(several.len() / 2);
                        groups.extend([second, first]);
                    }
                }
            }
        }
        let without_rma = refunds.iter().map(|refund| {
            UnreconciledItem::other(format!(
                "refund {refund} in ReturnGO belongs to no RMA that the shop's list shows"
            ))
        });
        refunded.unreconciled.extend(without_rma);
        Ok(())
    }

    async fn among(
        &self,
        rmas: &[RmaId],
        refunds: &BTreeSet<TransactionId>,
        days: &Days,
        refunded: &mut Refunded,
    ) -> Result<BTreeSet<TransactionId>, ReadError> {
        let filter = TransactionFilter::new().rmas(rmas.iter().cloned());
        let theirs = self.transactions(filter, days, refunded).await?;
        Ok(theirs.into_iter().map(|theirs| theirs.id).filter(|id| refunds.contains(id)).collect())
    }
}
