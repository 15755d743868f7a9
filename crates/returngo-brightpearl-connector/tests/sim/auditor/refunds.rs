//! Payments and adjustment rows against what was refunded.

use std::collections::BTreeMap;

use brightpearl::accounting::PaymentType;
use rust_decimal::Decimal;

use super::{
    Auditor, Checked, Refund, STALE,
    facts::{Credit, Facts, order_of, paid},
    hold, keys,
};
use crate::world::World;

/// What a credit came to at the last check.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Balance {
    total: Decimal,
    paid: Decimal,
}

impl Auditor {
    /// Rules 3, 4 and 5, of payments.
    pub(super) fn check_payments(&mut self, world: &World, facts: &Facts) -> Checked {
        let now = world.sim.elapsed();
        let mut recorded: BTreeMap<Refund, u64> = BTreeMap::new();
        for payment in &facts.payments {
            let Some(refund) = payment.transaction_ref.as_deref().and_then(keys::refund) else { continue };
            let id = payment.payment_id.get();
            let other = recorded.insert(refund.clone(), id);
            hold!("3", other.is_none(), "refund {refund:?} is recorded by payments {other:?} and {id}");
            if !self.payments.insert(id) {
                continue;
            }
            let known = self.changed.get(&refund).is_some_and(|at| now > *at + STALE);
            let shown = facts.refunds.get(&refund);
            hold!("3", shown.is_some() || !known, "payment {id} records {refund:?}, which is gone");
            hold!(
                "3",
                facts.happened(&refund) || !known,
                "payment {id} records {refund:?}, which did not succeed"
            );
            if let Some(shown) = shown {
                let amount = shown.amount.amount;
                hold!(
                    "3",
                    amount == payment.amount_paid,
                    "refund {refund:?} of {amount} is recorded as {}",
                    payment.amount_paid
                );
                hold!(
                    "3",
                    payment.payment_type == PaymentType::Payment,
                    "refund {refund:?} is a {}",
                    payment.payment_type
                );
            }
            world.happened("a refund is recorded");
            let settled = self.settled_refunds.get(&refund).is_some_and(|at| now > *at + STALE);
            hold!("5", !settled, "refund {refund:?} is recorded after a person had settled it");
            let named = self.named.get(&refund).is_some_and(|at| now > *at + STALE);
            hold!(
                "3",
                !named,
                "payment {id} records {refund:?}, which another payment records, as a person said"
            );
            self.check_typed_in(world, facts, &refund, id, payment.order_id)?;
            self.check_room(facts, &refund, payment.order_id)?;
        }
        Ok(())
    }

    /// Rule 3: somebody had typed the refund in, under the processor's reference.
    fn check_typed_in(
        &self,
        world: &World,
        facts: &Facts,
        refund: &Refund,
        id: u64,
        on: Option<brightpearl::OrderId>,
    ) -> Checked {
        if self.wanted.contains(refund) {
            return Ok(());
        }
        let Some(shown) = facts.refunds.get(refund) else { return Ok(()) };
        let Some(reference) = &shown.external_reference_id else { return Ok(()) };
        let stale = world.sim.now().saturating_sub(STALE).unwrap_or_default();
        let sale = order_of(world, &refund.0).map(|order| order.id);
        let typed_in = facts.payments.iter().find(|other| {
            // The shops' processors number their refunds each for itself.
            (other.order_id == on || other.order_id.map(|order| order.get()) == sale)
                && other.transaction_ref.as_ref() == Some(reference)
                && other.created_on.is_some_and(|at| at.timestamp() < stale)
        });
        let typed_in = typed_in.map(|other| other.payment_id);
        hold!("3", typed_in.is_none(), "payment {id} records {refund:?}, which {typed_in:?} records");
        Ok(())
    }

    /// Rule 4, for a payment that is new.
    fn check_room(&self, facts: &Facts, refund: &Refund, on: Option<brightpearl::OrderId>) -> Checked {
        let credit = facts.credits.iter().find(|credit| Some(credit.order.id) == on);
        hold!("4", credit.is_some(), "refund {refund:?} is recorded on {on:?}, which is no credit");
        let Some(credit) = credit else { return Ok(()) };
        let ours = facts.payments_on(credit.order.id);
        let ours: Vec<_> = ours
            .filter_map(|payment| Some((keys::refund(payment.transaction_ref.as_deref()?)?, paid(payment))))
            .collect();
        if ours.iter().any(|(refund, _)| self.wanted.contains(refund)) {
            return Ok(());
        }
        let ours: Decimal = ours.iter().map(|(_, paid)| paid).sum();
        let total = credit.order.gross();
        let tolerance = Decimal::new(1, 2) * credit.units().max(Decimal::ONE);
        hold!(
            "4",
            ours <= total + tolerance,
            "credit {} of {total} bears payments of {ours}",
            credit.order.id
        );
        Ok(())
    }

    /// Rule 4, of adjustment rows; remembers what each credit comes to.
    pub(super) fn check_balances(&mut self, world: &World, facts: &Facts) -> Checked {
        for credit in &facts.credits {
            let id = credit.order.id;
            let before = self.credits.get(&id).copied();
            for (refund, gross) in adjustments(credit) {
                let key = format!("{}-{}", refund.0, refund.1);
                let on = format!("{key} on {id}");
                let rows = adjustments(credit).filter(|(other, _)| *other == refund).count();
                hold!("4", rows == 1, "credit {id} has {rows} adjustment rows for refund {key}");
                if self.adjustments.contains(&on) {
                    continue;
                }
                let elsewhere = self.adjustments.iter().any(|other| other.starts_with(&format!("{key} ")));
                hold!("4", !elsewhere, "refund {key} has adjustment rows on two credits");
                world.happened("a refund is adjusted for");
                self.check_adjustment(world, facts, credit, &refund, gross, before)?;
                self.adjustments.insert(on);
            }
            let paid = facts.payments_on(id).map(paid).sum();
            self.credits.insert(id, Balance { total: credit.order.gross(), paid });
        }
        Ok(())
    }

    /// An adjustment row that is new.
    fn check_adjustment(
        &self,
        world: &World,
        facts: &Facts,
        credit: &Credit,
        refund: &Refund,
        gross: Decimal,
        before: Option<Balance>,
    ) -> Checked {
        let now = world.sim.elapsed();
        let id = credit.order.id;
        let is_known = |refund: &Refund| self.changed.get(refund).is_none_or(|at| now > *at + STALE);
        let settled = self.settled_refunds.get(refund).is_some_and(|at| now > *at + STALE);
        hold!("5", !settled, "refund {refund:?} is adjusted for after a person had settled it");
        hold!("4", order_of(world, &refund.0).is_some(), "nobody returned RMA {}", refund.0);
        let (Some(shown), Some(before)) = (facts.refunds.get(refund), before) else { return Ok(()) };
        let excess = before.paid + shown.amount.amount - before.total;
        // What somebody has just typed in does not show in searches yet.
        let lately = world.sim.now().saturating_sub(STALE).unwrap_or_default();
        let typed_in = facts.payments_on(id).filter(|payment| {
            payment.transaction_ref.as_deref().and_then(keys::refund).is_none()
                && payment.created_on.is_some_and(|at| at.timestamp() >= lately)
        });
        let typed_in: Decimal = typed_in.map(paid).sum();
        let cent = Decimal::new(1, 2);
        let is_right = gross <= excess + cent && gross >= excess - typed_in - cent;
        hold!(
            "4",
            is_right,
            "refund {refund:?} is {excess} above credit {id}, its adjustment row says {gross}"
        );
        for payment in facts.payments_on(id).filter(|payment| payment.payment_type == PaymentType::Payment) {
            let of = payment.transaction_ref.as_deref().and_then(keys::refund);
            let unsound = of.filter(|of| !facts.happened(of) && is_known(of));
            hold!(
                "4",
                unsound.is_none(),
                "credit {id} is adjusted although payment {} is for {unsound:?}, which did not succeed",
                payment.payment_id
            );
        }
        Ok(())
    }
}

/// The rows of a credit that name a refund, with their gross.
fn adjustments(credit: &Credit) -> impl Iterator<Item = (Refund, Decimal)> {
    credit.order.order_rows.values().filter_map(|row| {
        let refund = keys::refund_in(&row.product_name)?;
        Some((refund, row.row_value.row_net.value + row.row_value.row_tax.value))
    })
}
