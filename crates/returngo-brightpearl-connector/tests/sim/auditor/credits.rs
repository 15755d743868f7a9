//! Credits against what was sold.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{
    Auditor, Checked, STALE,
    facts::{Credit, Facts, order_of, products},
    hold,
};
use crate::world::World;

impl Auditor {
    /// Rule 1.
    pub(super) fn check_rows(&self, facts: &Facts) -> Checked {
        let mut credited: BTreeMap<u64, (Decimal, Decimal, Decimal)> = BTreeMap::new();
        for (row, _, quantity, net, tax) in facts.live().flat_map(|credit| credit.keyed_rows()) {
            let sum = credited.entry(row).or_default();
            *sum = (sum.0 + quantity, sum.1 + net, sum.2 + tax);
        }
        for (sale, row) in facts.sales.iter().flat_map(|sale| sale.rows.iter().map(move |row| (sale, row))) {
            let (id, quantity, net, tax) = *row;
            let Some(sum) = credited.remove(&id) else { continue };
            let sold = (quantity, net, tax);
            let within = sum.0 <= quantity && sum.1 <= net && sum.2 <= tax;
            hold!("1", within, "row {id} of order {} has {sold:?}, credited are {sum:?}", sale.id);
            let exact = sum.0 < quantity || (sum.1, sum.2) == (net, tax);
            hold!("1", exact, "all of row {id} of order {} is credited: {sum:?} of {sold:?}", sale.id);
        }
        hold!("1", credited.is_empty(), "credits name order rows that are not there: {credited:?}");
        Ok(())
    }

    /// Rules 2, 5 and 8.
    pub(super) fn check_credits(&mut self, world: &World, facts: &Facts) -> Checked {
        let mut of_key: BTreeMap<&str, u64> = BTreeMap::new();
        let mut of_unit: BTreeMap<&str, u64> = BTreeMap::new();
        let mut units: BTreeMap<&str, Decimal> = BTreeMap::new();
        for credit in facts.live() {
            let id = credit.order.id.get();
            if let Some(rma) = &credit.keyed_by {
                let other = of_key.insert(rma, id);
                hold!("2", other.is_none(), "RMA {rma} has credits {other:?} and {id}");
                self.check_parent(world, rma, credit.order.parent_order_id.map(|id| id.get()))?;
            }
            for (_, unit, quantity, ..) in credit.keyed_rows() {
                let other = of_unit.insert(unit, id);
                hold!("2", other.is_none(), "unit {unit} is on credits {other:?} and {id}");
                let owner = self.unit_owners.get(unit);
                hold!("2", owner.is_some(), "nobody returned unit {unit} of credit {id}");
                let owner = owner.map_or("", String::as_str);
                hold!(
                    "2",
                    credit.rma().is_none_or(|rma| rma == owner),
                    "unit {unit} of RMA {owner} is on credit {id}"
                );
                *units.entry(owner).or_default() += quantity;
            }
            if credit.keyed_by.is_none() && credit.rma().is_some() {
                world.happened("a credit is adopted");
            }
            self.check_owners(facts, credit)?;
        }
        for (rma, credited) in units {
            let returned = self.unit_owners.values().filter(|owner| *owner == rma).count();
            hold!(
                "2",
                credited <= Decimal::from(returned),
                "RMA {rma} returns {returned} units, credited are {credited}"
            );
        }
        self.check_settled_credits(world, facts)
    }

    /// Rule 2: whoever's payments, key and claims are on a credit, they are one RMA's.
    fn check_owners(&self, facts: &Facts, credit: &Credit) -> Checked {
        let mut owners = credit.claimed_by.clone();
        owners.extend(credit.keyed_by.clone());
        let payments = facts.payments_on(credit.order.id);
        let refunds = payments.filter_map(|payment| super::keys::refund(payment.transaction_ref.as_deref()?));
        owners.extend(refunds.map(|(rma, _)| rma));
        hold!("2", owners.len() <= 1, "credit {} belongs to RMAs {owners:?}", credit.order.id);
        Ok(())
    }

    /// Rule 8.
    fn check_parent(&self, world: &World, rma: &str, parent: Option<u64>) -> Checked {
        let Some(own) = order_of(world, rma) else { return Ok(()) };
        hold!("8", parent == Some(own.id), "RMA {rma} of order {} is credited on order {parent:?}", own.id);
        Ok(())
    }

    /// Rule 5, of credits and units.
    fn check_settled_credits(&mut self, world: &World, facts: &Facts) -> Checked {
        let now = world.sim.elapsed();
        for credit in facts.live() {
            let Some(rma) = &credit.keyed_by else { continue };
            for (_, unit, ..) in credit.keyed_rows() {
                if !self.rows.insert(format!("{}/{unit}", credit.order.id)) {
                    continue;
                }
                world.happened("a credit is made");
                check_room(world, facts, credit)?;
                let settled = [self.settled_credits.get(rma), self.settled_units.get(unit)];
                let settled = settled.into_iter().flatten().min();
                let is_late = settled.is_some_and(|at| now > *at + STALE);
                hold!("5", !is_late, "unit {unit} of RMA {rma} was credited after a person had settled it");
            }
        }
        Ok(())
    }
}

/// Rule 1, of a credit that is new: what others had credited before is not left.
fn check_room(world: &World, facts: &Facts, new: &Credit) -> Checked {
    let Some(sale) = facts.sales.iter().find(|sale| Some(sale.id) == new.order.parent_order_id) else {
        return Ok(());
    };
    let stale = world.sim.now().saturating_sub(STALE).unwrap_or_default();
    let mut credited: BTreeMap<u64, Decimal> = BTreeMap::new();
    for credit in facts.live().filter(|credit| credit.order.parent_order_id == Some(sale.id)) {
        let is_known = credit.order.created_on.is_some_and(|at| at.timestamp() < stale);
        if credit.keyed_by.is_some() || is_known {
            for (product, units) in products(&credit.order) {
                *credited.entry(product).or_default() += units;
            }
        }
    }
    for (product, units) in &credited {
        let sold = sale.products.get(product).copied().unwrap_or_default();
        let is_new = products(&new.order).contains_key(product);
        hold!(
            "1",
            !is_new || *units <= sold,
            "of product {product} {sold} were sold with order {}, credited are {units}",
            sale.id
        );
    }
    Ok(())
}
