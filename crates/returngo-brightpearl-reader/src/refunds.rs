//! The refunds of a period, found on both sides and reconciled.

use std::collections::BTreeSet;

use brightpearl::{
    IdSet, OffsetDateTime,
    accounting::{CustomerPayment, CustomerPaymentSearch, PaymentType},
    search::Period,
};
use jiff::tz::TimeZone;
use returngo::{RmaFilter, RmaId, TransactionFilter, TransactionId};
use returngo_brightpearl::{
    keys,
    reconcile::{Days, Line, Report, reconcile},
};

use crate::{ReadError, Reader};

/// How many RMAs are asked about at once when it is to be found out whose a refund is.
const GROUP: usize = 100;

impl Reader {
    /// Reconciles every RMA that has a refund on one of these days, whichever system knows of it.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn reconcile(&self, days: Days) -> Result<Report, ReadError> {
        let rmas = self.rmas_refunded(&days).await?;
        self.reconcile_rmas(days, &rmas).await
    }

    /// Reconciles these RMAs, as far as these days go.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn reconcile_rmas<'a>(
        &self,
        days: Days,
        rmas: impl IntoIterator<Item = &'a RmaId>,
    ) -> Result<Report, ReadError> {
        let mut lines = Vec::new();
        for rma in rmas {
            lines.extend(self.lines_of(rma).await?);
        }
        Ok(Report::new(days, lines))
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

    /// The RMAs with a refund on one of these days: one that ReturnGO made, or one that Brightpearl has.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn rmas_refunded(&self, days: &Days) -> Result<BTreeSet<RmaId>, ReadError> {
        let payments = self.payments_recorded(days).await?;
        let mut unexplained = self.refunds_made(days).await?;
        let mut rmas = self.rmas_of(&payments).await?;
        for payment in &payments {
            let reference = payment.transaction_ref.as_deref().unwrap_or_default();
            if let Some(rma) = keys::rma_of_refund(reference) {
                unexplained.retain(|refund| keys::refund(&rma, refund) != reference);
            }
        }
        rmas.extend(self.owners_of(unexplained, days).await?);
        Ok(rmas)
    }

    fn zone(&self) -> TimeZone {
        self.account.time_zone().unwrap_or(TimeZone::UTC)
    }

    async fn payments_recorded(&self, days: &Days) -> Result<Vec<CustomerPayment>, ReadError> {
        let zone = self.zone();
        let [begin, end] = [days.begin(&zone), days.end(&zone)].map(|time| time.map(OffsetDateTime::utc));
        let search = CustomerPaymentSearch::new().payment_type(&PaymentType::Payment);
        let search = match (begin, end) {
            (None, None) => search,
            (Some(begin), None) => search.payment_date(&Period::from(begin)),
            (None, Some(end)) => search.payment_date(&Period::until(end)),
            (Some(begin), Some(end)) => search.payment_date(&Period::between(begin, end)),
        };
        Ok(self.brightpearl.customer_payments().search(search).all().await?)
    }

    /// Whose the payments are, by their own reference, else by that of the credit they are on. Those that have
    /// nothing to do with an RMA are left out.
    async fn rmas_of(&self, payments: &[CustomerPayment]) -> Result<BTreeSet<RmaId>, ReadError> {
        let own = |payment: &CustomerPayment| keys::rma_of_refund(payment.transaction_ref.as_deref()?);
        let mut rmas: BTreeSet<RmaId> = payments.iter().filter_map(own).collect();
        let others = payments.iter().filter(|payment| own(payment).is_none());
        let credits = IdSet::of(others.filter_map(|payment| payment.order_id));
        let credits = self.brightpearl.orders().get(&credits).await?;
        rmas.extend(credits.iter().filter_map(|credit| keys::rma_of_credit(credit.external_ref.as_deref()?)));
        Ok(rmas)
    }

    /// The refunds that ReturnGO made. Its list does not say for which RMAs (returngo.md §2.7).
    async fn refunds_made(&self, days: &Days) -> Result<BTreeSet<TransactionId>, ReadError> {
        let zone = self.zone();
        let filter = match days.begin(&zone) {
            Some(begin) => TransactionFilter::new().updated_since(begin),
            None => TransactionFilter::new(),
        };
        let transactions = self.returngo.transactions().list(filter).all().await?;
        let on =
            |time: OffsetDateTime| days.contains(OffsetDateTime::in_zone(time.timestamp(), &zone).date());
        let refunds = transactions.into_iter().filter(|transaction| {
            transaction.is_refund() && transaction.happened() && on(transaction.settled_at())
        });
        Ok(refunds.map(|refund| refund.id).collect())
    }

    /// Whose these refunds are: groups of RMAs are asked about, latest first, and halved where one is among them.
    async fn owners_of(
        &self,
        mut refunds: BTreeSet<TransactionId>,
        days: &Days,
    ) -> Result<BTreeSet<RmaId>, ReadError> {
        let mut owners = BTreeSet::new();
        let filter = match days.end(&self.zone()) {
            Some(end) => RmaFilter::new().created_before(end),
            None => RmaFilter::new(),
        };
        let mut pages = self.returngo.rmas().list(filter);
        while !refunds.is_empty() {
            let Some(page) = pages.next_page().await? else { break };
            let rmas: Vec<RmaId> =
                page.results().into_iter().flatten().map(|summary| summary.rma_id).collect();
            let mut groups: Vec<&[RmaId]> = rmas.chunks(GROUP).rev().collect();
            while let Some(group) = groups.pop() {
                if refunds.is_empty() {
                    break;
                }
                let theirs = self.among(group, &refunds, days).await?;
                match group {
                    _ if theirs.is_empty() => {}
                    [owner] => {
                        owners.insert(owner.clone());
                        refunds.retain(|refund| !theirs.contains(refund));
                    }
                    several => {
                        let (first, second) = several.split_at(several.len() / 2);
                        groups.extend([second, first]);
                    }
                }
            }
        }
        Ok(owners)
    }

    async fn among(
        &self,
        rmas: &[RmaId],
        refunds: &BTreeSet<TransactionId>,
        days: &Days,
    ) -> Result<BTreeSet<TransactionId>, ReadError> {
        let filter = TransactionFilter::new().rmas(rmas.iter().cloned());
        let filter = match days.begin(&self.zone()) {
            Some(begin) => filter.updated_since(begin),
            None => filter,
        };
        let theirs = self.returngo.transactions().list(filter).all().await?;
        Ok(theirs.into_iter().map(|theirs| theirs.id).filter(|id| refunds.contains(id)).collect())
    }
}
