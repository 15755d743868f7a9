//! The remaining quantity of each row of an order: the units that are not credited yet.

use std::collections::HashMap;

use brightpearl::{
    OrderId, OrderRowId, ProductId,
    order::{Order, OrderRow},
};
use returngo::{Item, RmaId};
use rust_decimal::Decimal;

use super::{CreditableRow, MatchTier, OrderRows, TierRows, is_negative, unit_gross};
use crate::{
    amounts::{self, RowAmounts},
    findings::Findings,
    in_flight::InFlight,
    keys::RowKey,
};

/// The credits of an order so far, including those about to be created.
#[derive(Clone, Default)]
pub(crate) struct EarlierCredits<'e> {
    /// The credits of the order, without cancelled ones.
    pub(crate) credits: Vec<&'e Order>,
    /// Credits of other RMAs that are about to be created.
    pub(crate) in_flight: Vec<&'e InFlight>,
}

/// The rows of an order with the credited quantity of each.
pub(crate) struct RemainingQuantities<'r, 'o> {
    pub(crate) rows: &'r OrderRows<'o>,
    used: Vec<RowUsage>,
    prior: Vec<PriorCredit<'r>>,
    /// For tiers whose first rows are used up, the first row with units left. Units never become available again.
    first_open: HashMap<TierRows, Option<usize>>,
}

#[derive(Clone, Copy, Default)]
struct RowUsage {
    /// Units on earlier credits.
    credited: Decimal,
    /// Units of this RMA that were allocated to the row.
    allocated: Decimal,
}

/// Units of a row on one earlier credit.
struct PriorCredit<'r> {
    /// The index of the row.
    row: usize,
    source: CreditSource<'r>,
    quantity: Decimal,
    amounts: RowAmounts,
}

/// The credit that units of a row are on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CreditSource<'r> {
    Credit(OrderId),
    InFlight(&'r RmaId),
}

/// The row that a unit was allocated to.
#[derive(Clone, Copy)]
pub(crate) struct MatchedRow {
    /// The index of the row.
    pub(crate) row: usize,
    pub(crate) match_tier: MatchTier,
}

/// The reason why a unit cannot be allocated to a row.
pub(crate) enum MatchError {
    /// No tier has a row.
    NoRow,
    /// The rows have no unit left.
    NothingLeft(RowUsers),
    /// The rows have a quantity below 1.
    BelowOneUnit,
}

/// The credits that use the units of rows.
pub(crate) struct RowUsers {
    /// Lists the quantities of the rows and the credits that use them.
    pub(crate) summary: String,
    /// The credits, and the RMAs that are about to be credited.
    pub(crate) credits: Vec<String>,
}

impl<'r, 'o> RemainingQuantities<'r, 'o> {
    /// Deducts earlier credits from the rows: first the credit rows with our key, which name their order row, and credits
    /// in flight, then all other credit rows by product. Component rows of bundles are not deducted.
    pub(crate) fn after(
        rows: &'r OrderRows<'o>,
        earlier: &EarlierCredits<'r>,
        findings: &mut Findings,
    ) -> Self {
        let used = vec![RowUsage::default(); rows.rows.len()];
        let mut remaining = Self { rows, used, prior: Vec::new(), first_open: HashMap::new() };
        if !earlier.credits.is_empty() || !earlier.in_flight.is_empty() {
            remaining.deduct(earlier, findings);
        }
        remaining
    }

    /// Returns the units of a row on earlier credits, including credits in flight.
    pub(crate) fn credited_units(&self, at: usize) -> Decimal {
        self.used.get(at).map_or(Decimal::ZERO, |used| used.credited)
    }

    /// Returns the amounts of a row on earlier credits, including credits in flight.
    pub(crate) fn credited_amounts(&self, at: usize) -> RowAmounts {
        let of_row = self.prior.iter().filter(|prior| prior.row == at);
        of_row.fold(RowAmounts::default(), |sum, prior| sum.plus(prior.amounts))
    }

    /// Returns what earlier credits credited of rows of this kind, including tax.
    pub(crate) fn credited_goods(&self, is_goods: impl Fn(&OrderRow) -> bool) -> Decimal {
        let of_goods =
            |prior: &&PriorCredit<'_>| self.rows.get(prior.row).is_some_and(|row| is_goods(row.row));
        amounts::sum(self.prior.iter().filter(of_goods).map(|prior| prior.amounts.gross()))
    }

    /// Returns the units of a row that other RMAs are about to credit.
    pub(crate) fn in_flight_units(&self, at: usize) -> Decimal {
        let in_flight =
            |prior: &&PriorCredit<'_>| prior.row == at && matches!(prior.source, CreditSource::InFlight(_));
        amounts::sum(self.prior.iter().filter(in_flight).map(|prior| prior.quantity))
    }

    fn left(&self, at: usize) -> Decimal {
        let row = self.rows.get(at).zip(self.used.get(at));
        row.map_or(Decimal::ZERO, |(row, used)| {
            row.quantity.saturating_sub(used.credited).saturating_sub(used.allocated)
        })
    }

    fn has_unit_left(&self, at: usize) -> bool {
        self.left(at) >= Decimal::ONE
    }

    /// Allocates a unit to the row with the lowest rank that has units left, of those that match it, and reduces the row's
    /// remaining quantity by 1. Of rows with the same rank, the first one is taken.
    pub(crate) fn allocate<R: Ord>(
        &mut self,
        unit: &Item,
        rank: impl Fn(&CreditableRow<'o>) -> R,
    ) -> Result<MatchedRow, MatchError> {
        let tier = self.rows.tier(unit).ok_or(MatchError::NoRow)?;
        let Some(first) = self.first_open_row(tier) else {
            let has_units = |row: &CreditableRow<'_>| row.quantity >= Decimal::ONE;
            let any = self.rows.rows(tier).any(has_units);
            return Err(if any {
                MatchError::NothingLeft(self.usage_summary(tier))
            } else {
                MatchError::BelowOneUnit
            });
        };
        let open = self.rows.from(tier, first).filter(|&at| self.has_unit_left(at));
        let at = open.min_by_key(|&at| self.rows.get(at).map(&rank)).unwrap_or(first);
        self.take(at);
        Ok(MatchedRow { row: at, match_tier: tier.match_tier })
    }

    /// Allocates a unit to the row with this id. Returns `None` if it has no unit left.
    pub(crate) fn allocate_to(&mut self, row: OrderRowId) -> Option<MatchedRow> {
        let at = self.open_rows().find(|(_, open)| open.id == row).map(|(at, _)| at)?;
        self.take(at);
        Some(MatchedRow { row: at, match_tier: MatchTier::Decision })
    }

    /// Iterates over the rows with a product that have a unit left, with their indices.
    pub(crate) fn open_rows(&self) -> impl Iterator<Item = (usize, &'r CreditableRow<'o>)> {
        let products = self.rows.rows.iter().enumerate().filter(|(_, row)| row.row.product().is_some());
        products.filter(|(at, _)| self.has_unit_left(*at))
    }

    fn take(&mut self, at: usize) {
        if let Some(used) = self.used.get_mut(at) {
            used.allocated = used.allocated.saturating_add(Decimal::ONE);
        }
    }

    /// Whether the rows that match a unit have different unit prices.
    pub(crate) fn has_several_prices(&self, unit: &Item) -> bool {
        let Some(tier) = self.rows.tier(unit) else { return false };
        let free = self.rows.from(tier, tier.first).filter(|&at| self.has_unit_left(at));
        let mut prices = free.filter_map(|at| self.rows.get(at)?.unit_gross());
        prices.next().is_some_and(|first| prices.any(|price| price != first))
    }

    fn first_open_row(&mut self, tier: TierRows) -> Option<usize> {
        let known = self.first_open.get(&tier).copied().unwrap_or(Some(tier.first))?;
        let first = self.rows.from(tier, known).find(|&at| self.has_unit_left(at));
        if first != Some(known) {
            self.first_open.insert(tier, first);
        }
        first
    }

    /// Describes the quantities of a tier's rows and the credits that use them.
    fn usage_summary(&self, tier: TierRows) -> RowUsers {
        let (mut sold, mut allocated) = (Decimal::ZERO, Decimal::ZERO);
        let mut credits: Vec<(CreditSource<'r>, Decimal)> = Vec::new();
        let mut ids = Vec::new();
        for at in self.rows.from(tier, tier.first) {
            let Some((row, used)) = self.rows.get(at).zip(self.used.get(at)) else { continue };
            ids.push(row.id.to_string());
            sold = sold.saturating_add(row.quantity);
            allocated = allocated.saturating_add(used.allocated);
            for prior in self.prior.iter().filter(|prior| prior.row == at) {
                match credits.iter_mut().find(|(source, _)| *source == prior.source) {
                    Some((_, quantity)) => *quantity = quantity.saturating_add(prior.quantity),
                    None => credits.push((prior.source, prior.quantity)),
                }
            }
        }
        let units = |quantity: Decimal| {
            format!("{} {}", quantity.normalize(), if quantity == Decimal::ONE { "unit" } else { "units" })
        };
        let credit = |(source, quantity): (CreditSource<'r>, Decimal)| match source {
            CreditSource::Credit(id) => format!("{} on sales credit {id}", units(quantity)),
            CreditSource::InFlight(rma) => format!("{} about to be credited for RMA {rma}", units(quantity)),
        };
        let is_ours = credits.is_empty() || !allocated.is_zero();
        let ours = match (credits.is_empty(), allocated) {
            (true, _) => "this RMA lists more units".to_owned(),
            (false, allocated) => {
                format!("this RMA lists more units than the remaining {}", units(allocated))
            }
        };
        let mut named: Vec<String> = credits
            .iter()
            .map(|(source, _)| match source {
                CreditSource::Credit(id) => id.to_string(),
                CreditSource::InFlight(rma) => format!("RMA {rma}"),
            })
            .collect();
        named.sort();
        let parts: Vec<String> = credits.into_iter().map(credit).chain(is_ours.then_some(ours)).collect();
        let rows = if ids.len() == 1 { "row" } else { "rows" };
        let have = if ids.len() == 1 { "has" } else { "have" };
        let summary = format!("{rows} {} {have} {}; {}", ids.join(", "), units(sold), parts.join(", "));
        RowUsers { summary, credits: named }
    }

    fn deduct(&mut self, earlier: &EarlierCredits<'r>, findings: &mut Findings) {
        let ids = self.by_id();
        let row_of_key =
            |row: &OrderRow| ids.get(&RowKey::parse(row.external_ref.as_deref()?)?.order_row).copied();
        let mut by_product = Vec::new();
        for (credit, id, row) in rows_of(&earlier.credits) {
            if row.composition.bundle_child {
                continue;
            }
            let quantity = row.quantity.magnitude;
            if is_negative(row) {
                findings.add_ignored(format!(
                    "Row {id} of sales credit {} has a negative quantity ({quantity}). The row was ignored.",
                    credit.id
                ));
                continue;
            }
            match row_of_key(row) {
                Some(at) => self.deduct_from(at, CreditSource::Credit(credit.id), quantity, amounts_of(row)),
                None => by_product.push((credit.id, row)),
            }
        }
        for entry in &earlier.in_flight {
            for row in &entry.rows {
                if let Some(at) = ids.get(&row.order_row_id) {
                    let amounts = RowAmounts { net: row.net, tax: row.tax };
                    let quantity = row.quantity.max(Decimal::ZERO);
                    self.deduct_from(*at, CreditSource::InFlight(&entry.rma_id), quantity, amounts);
                }
            }
        }
        let products = if by_product.is_empty() { HashMap::new() } else { self.by_product() };
        by_product.into_iter().for_each(|(credit, row)| self.deduct_by_product(credit, row, &products));
    }

    fn by_id(&self) -> HashMap<OrderRowId, usize> {
        self.rows.rows.iter().enumerate().map(|(at, row)| (row.id, at)).collect()
    }

    fn by_product(&self) -> HashMap<ProductId, Vec<usize>> {
        let mut products: HashMap<ProductId, Vec<usize>> = HashMap::new();
        for (at, row) in self.rows.rows.iter().enumerate() {
            if let Some(product) = row.row.product() {
                products.entry(product).or_default().push(at);
            }
        }
        products
    }

    fn deduct_from(&mut self, at: usize, source: CreditSource<'r>, quantity: Decimal, amounts: RowAmounts) {
        if quantity.is_zero() {
            return;
        }
        self.prior.push(PriorCredit { row: at, source, quantity, amounts });
        if let Some(used) = self.used.get_mut(at) {
            used.credited = used.credited.saturating_add(quantity);
        }
    }

    /// Deducts a credit row from the product's order row with the nearest unit price, the surplus from the next nearest.
    fn deduct_by_product(
        &mut self,
        credit: OrderId,
        credit_row: &OrderRow,
        products: &HashMap<ProductId, Vec<usize>>,
    ) {
        let Some(candidates) = credit_row.product().and_then(|product| products.get(&product)) else {
            return;
        };
        let price = unit_gross(credit_row);
        let mut nearest = candidates.clone();
        nearest.sort_by_key(|&at| {
            let unit_gross = self.rows.get(at).and_then(CreditableRow::unit_gross);
            unit_gross.zip(price).map_or(Decimal::MAX, |(left, right)| amounts::distance(left, right))
        });
        let mut left = credit_row.quantity.magnitude;
        for at in nearest {
            let part = left.min(self.left(at)).max(Decimal::ZERO);
            self.deduct_from(at, CreditSource::Credit(credit), part, part_of(credit_row, part));
            left = left.saturating_sub(part);
        }
    }
}

fn amounts_of(row: &OrderRow) -> RowAmounts {
    RowAmounts { net: row.row_value.row_net.value, tax: row.row_value.row_tax.value }
}

/// Returns the amounts of some of the units of a row.
fn part_of(row: &OrderRow, units: Decimal) -> RowAmounts {
    let whole = amounts_of(row);
    let part = |amount: Decimal| amount.checked_mul(units)?.checked_div(row.quantity.magnitude);
    let both = part(whole.net).zip(part(whole.tax));
    both.map_or(whole, |(net, tax)| RowAmounts { net, tax })
}

/// Iterates over the rows of credits, both in the order of their ids.
fn rows_of<'c>(credits: &[&'c Order]) -> impl Iterator<Item = (&'c Order, OrderRowId, &'c OrderRow)> {
    let mut credits = credits.to_vec();
    credits.sort_by_key(|credit| credit.id);
    credits.into_iter().flat_map(|credit| credit.order_rows.iter().map(move |(id, row)| (credit, *id, row)))
}
