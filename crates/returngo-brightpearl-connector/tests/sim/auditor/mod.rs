//! Checks what both systems show, with arithmetic and a reading of the keys of its own: nothing of the mapping is used.
//!
//! 1. Of an order row no more is credited than it has, and exactly it when all its units are credited.
//! 2. A returned unit is on one credit at most; a credit belongs to one RMA.
//! 3. A refund is recorded once, with ReturnGO's amount. One that a person says another payment records is not recorded.
//! 4. What is paid on a credit is not above its total; adjustment rows are for what is really above.
//! 5. Nothing is written for what a person has settled.
//! 6. In the end everything is in sync, or waits for a person.
//! 7. A shop is asked once at most for another shop's RMA.
//! 8. An RMA is credited on its own order.
//! 9. An account and a shop are connected once.

mod credits;
mod facts;
mod keys;
pub(crate) mod liveness;
mod refunds;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use api_mock_core::{Reply, Request};
use brightpearl::OrderId;
use returngo::{RmaId, TransactionId};
use returngo_brightpearl_connector::store::Job;
use returngo_brightpearl_mapping::Review;

use crate::{shops::Setup, world::World};
use facts::Facts;

/// How long ago a fact may have changed for a writer that did not know of it.
pub(super) const STALE: Duration = Duration::from_secs(15 * 60);

/// A rule that does not hold.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    pub(crate) rule: &'static str,
    what: String,
}

impl Violation {
    pub(crate) fn new(rule: &'static str, what: String) -> Self {
        Self { rule, what }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "of rule {}: {}", self.rule, self.what)
    }
}

/// The result of a check.
pub(super) type Checked = Result<(), Violation>;

/// Fails with what is wrong, unless it holds.
macro_rules! hold {
    ($rule:literal, $holds:expr, $($what:tt)+) => {
        if !$holds {
            return Err($crate::auditor::Violation::new($rule, format!($($what)+)));
        }
    };
}
pub(super) use hold;

/// A transaction of an RMA: RMA and transaction, as keys write them.
pub(super) type Refund = (String, String);

#[derive(Debug, Default)]
pub(crate) struct Auditor {
    /// The RMA of each returned unit.
    unit_owners: BTreeMap<String, String>,
    /// When a transaction changed its status, or disappeared.
    changed: BTreeMap<Refund, Duration>,
    /// What a person has settled, and when.
    settled_refunds: BTreeMap<Refund, Duration>,
    settled_credits: BTreeMap<String, Duration>,
    settled_units: BTreeMap<String, Duration>,
    /// Refunds that a person wanted recorded although other money may be theirs, or although they exceed their credit.
    wanted: BTreeSet<Refund>,
    /// Refunds that a person said a payment without a key records, and when.
    named: BTreeMap<Refund, Duration>,
    /// What was there at the last check.
    credits: BTreeMap<OrderId, refunds::Balance>,
    adjustments: BTreeSet<String>,
    payments: BTreeSet<u64>,
    rows: BTreeSet<String>,
    /// How often a shop has answered that it does not know an RMA of another one.
    strangers: BTreeMap<(usize, String), u32>,
    /// What makes a shop be asked once more: deaths of processes, people who want another attempt.
    excuses: u32,
}

impl Auditor {
    pub(crate) fn new(setup: &Setup) -> Self {
        let units = setup.rmas.iter().flat_map(|returned| {
            let rma = returned.id.to_string();
            returned.rma.items.iter().map(move |item| (item.returned_item_id.to_string(), rma.clone()))
        });
        Self { unit_owners: units.collect(), ..Self::default() }
    }

    /// Checks what both systems show now.
    pub(crate) fn check(&mut self, world: &World) -> Checked {
        let facts = Facts::of(world);
        self.check_rows(&facts)?;
        self.check_credits(world, &facts)?;
        self.check_payments(world, &facts)?;
        self.check_balances(world, &facts)
    }

    /// A transaction has another status, or is gone.
    pub(crate) fn refund_changed(&mut self, rma: &RmaId, transaction: &TransactionId, at: Duration) {
        self.changed.insert((rma.to_string(), transaction.to_string()), at);
    }

    /// A person has settled what waits for a decision about this RMA.
    pub(crate) fn settled(&mut self, item: &Job, at: Duration) {
        const OF_THE_CREDIT: [&str; 8] = [
            "ForeignCredit",
            "OrderNotFound",
            "OrderAmbiguous",
            "OrderMismatch",
            "OrderCancelled",
            "NothingShipped",
            "ExceedsOrder",
            "FeeNotConfigured",
        ];
        let rma = item.rma.to_string();
        for review in &item.reviews {
            for refund in &review.transaction_ids {
                self.settled_refunds.insert((rma.clone(), refund.to_string()), at);
            }
            if review.transaction_ids.is_empty() && OF_THE_CREDIT.contains(&review.code.to_string().as_str())
            {
                self.settled_credits.insert(rma.clone(), at);
            }
            if ["AlreadyCredited", "UnmatchedItem"].contains(&review.code.to_string().as_str()) {
                let units = review.item_ids.iter().map(|unit| (unit.to_string(), at));
                self.settled_units.extend(units);
            }
        }
    }

    /// A person has answered a review.
    pub(crate) fn answered(&mut self, rma: &RmaId, review: &Review, choice: &str, at: Duration) {
        for refund in review.transaction_ids.iter().map(|id| (rma.to_string(), id.to_string())) {
            if choice == "record" {
                self.named.remove(&refund);
                self.wanted.insert(refund);
            } else if choice.starts_with("payment:") {
                self.named.insert(refund, at);
            }
        }
    }

    /// The RMAs about which something is settled, or refunds of which a person has answered for.
    pub(crate) fn settled_rmas(&self) -> Vec<RmaId> {
        let credits = self.settled_credits.keys().cloned();
        let answered = self.wanted.iter().chain(self.named.keys());
        let refunds = self.settled_refunds.keys().chain(answered).map(|(rma, _)| rma.clone());
        let units = self.settled_units.keys().filter_map(|unit| self.unit_owners.get(unit).cloned());
        let rmas: BTreeSet<String> = credits.chain(refunds).chain(units).collect();
        rmas.iter().map(|rma| rma.parse().unwrap()).collect()
    }

    /// A person has reopened what was settled about an RMA.
    pub(crate) fn lifted(&mut self, rma: &RmaId) {
        let rma = rma.to_string();
        self.settled_credits.remove(&rma);
        self.settled_refunds.retain(|(of, _), _| *of != rma);
        self.named.retain(|(of, _), _| *of != rma);
        let owners = &self.unit_owners;
        self.settled_units.retain(|unit, _| owners.get(unit) != Some(&rma));
    }

    /// A person has asked for another attempt at an RMA.
    pub(crate) fn tried_again(&mut self, _: &RmaId) {
        self.excuses += 1;
    }

    /// A process has died.
    pub(crate) fn died(&mut self) {
        self.excuses += 1;
    }

    /// A shop was asked something.
    pub(crate) fn requested(
        &mut self,
        world: &World,
        shop: usize,
        requested: &Request,
        outcome: &Reply,
    ) -> Checked {
        let Reply::Answer { response, .. } = outcome else { return Ok(()) };
        let Some(rma) = requested.path.strip_prefix("/rma/").filter(|rest| !rest.contains('/')) else {
            return Ok(());
        };
        let of_another =
            |returned: &&crate::shops::Returned| returned.id.to_string() == rma && returned.shop != shop;
        if response.status != 404 || !world.setup.rmas.iter().any(|returned| of_another(&returned)) {
            return Ok(());
        }
        let times = self.strangers.entry((shop, rma.to_owned())).or_default();
        *times += 1;
        hold!(
            "7",
            *times <= 1 + self.excuses,
            "shop {shop} was asked {times} times for RMA {rma} of another shop"
        );
        Ok(())
    }
}
