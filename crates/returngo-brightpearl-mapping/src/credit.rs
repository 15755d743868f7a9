//! The sales credit of an approved RMA: its rows, amounts and header.
//!
//! Tax code, nominal code, product, price list, price mode, currency, fixed exchange rate and customer are those of the
//! original order. The RMA only decides which units are returned. Ambiguous cases need a review, of one unit or of the
//! whole credit.

mod discounts;
mod grouping;
mod limit;
mod prices;
mod rows;

use std::collections::BTreeSet;

use brightpearl::{
    CurrencyCode, WarehouseId,
    order::{NewCreditRow, NewSalesCredit, Order, SaleCurrency, SaleDelivery},
};
use returngo::{Item, Rma};
use rust_decimal::Decimal;

use crate::{
    amounts,
    fees::Fees,
    field_map::FieldValues,
    findings::Findings,
    in_flight::{self, InFlight},
    keys,
    matching::{EarlierCredits, OrderRows, RemainingQuantities},
    original_order,
    plan::Warning,
    review::{Choice, Review, ReviewCode},
    rma_facts::{self, Calendar, ids},
    settings::{ConnectionSettings, PriceSource},
    world::AccountFacts,
};
use discounts::{CreditedGoods, DiscountAnswer, OrderDiscounts};
use grouping::MatchedUnits;
pub(crate) use grouping::{ON_CREDIT, is_left_out};
use prices::{PricedUnit, Prices};
pub(crate) use rows::RowOrigin;

/// A sales credit to create, with its reviews and warnings.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CreditDraft {
    /// The credit. `None` while a review blocks it, or if no unit is left to credit.
    pub body: Option<NewSalesCredit>,
    /// The decisions that the credit needs.
    pub reviews: Vec<Review>,
    /// Facts to know about the credit.
    pub warnings: Vec<Warning>,
}

/// Everything that the sales credit of an RMA depends on.
#[derive(Debug, Clone, Copy)]
pub struct CreditInput<'a> {
    /// The RMA.
    pub rma: &'a Rma,
    /// Its sales order.
    pub order: &'a Order,
    /// The credits of that order so far.
    pub earlier: &'a [&'a Order],
    /// Credits of other RMAs of the order that are about to be created (see [`World::in_flight`](crate::World::in_flight)).
    pub in_flight: &'a [InFlight],
    /// The Brightpearl account.
    pub account: &'a AccountFacts,
    /// The settings of the connection.
    pub settings: &'a ConnectionSettings,
}

/// Returns the sales credit for an RMA.
///
/// Does not check whether the RMA has reached the trigger or already has a credit: [`plan`](fn@crate::plan) does.
pub fn sales_credit_for(input: &CreditInput<'_>) -> CreditDraft {
    let CreditInput { rma, order, earlier, in_flight, account, settings } = *input;
    let mut findings = Findings::default();
    let units = rma_facts::synchronized(&rma_facts::units(rma), settings);
    let order_rows = OrderRows::of(order);
    let earlier = EarlierCredits {
        credits: not_cancelled(earlier, settings),
        in_flight: in_flight::counted(in_flight, rma.id(), earlier.iter().copied()),
    };
    let request =
        CreditRequest { rma, units: &units, order_rows: &order_rows, earlier: &earlier, account, settings };
    let draft = request.draft(&mut findings);
    let (reviews, warnings) = findings.into_lists();
    CreditDraft { body: draft.map(|draft| draft.body), reviews, warnings }
}

/// The units of an RMA to credit, and the order and account on which to credit them.
pub(crate) struct CreditRequest<'r, 'a> {
    pub(crate) rma: &'a Rma,
    /// The units to credit, lowest id first.
    pub(crate) units: &'r [&'a Item],
    pub(crate) order_rows: &'r OrderRows<'a>,
    pub(crate) earlier: &'r EarlierCredits<'r>,
    pub(crate) account: &'r AccountFacts,
    pub(crate) settings: &'r ConnectionSettings,
}

/// A credit, and the origins of those of its rows that stand for units: its first ones.
pub(crate) struct DraftCredit<'a> {
    pub(crate) body: NewSalesCredit,
    pub(crate) rows: Vec<RowOrigin<'a>>,
}

impl<'a> CreditRequest<'_, 'a> {
    /// Returns the credit. `None` while a review blocks it, or if no unit is left to credit.
    pub(crate) fn draft(&self, findings: &mut Findings) -> Option<DraftCredit<'a>> {
        let discounts = OrderDiscounts::of(self.order_rows.order);
        match self.settings.price_source {
            PriceSource::Brightpearl if !discounts.is_empty() => {
                // What this pass finds is of no use if the paid price is credited instead.
                let mut found = findings.fork();
                let drafted = self.draft_at(PriceSource::Brightpearl, &discounts, &mut found);
                if matches!(drafted, Drafted::AtPaidPrice) {
                    return self.draft_at(PriceSource::Returngo, &discounts, findings).credit();
                }
                findings.absorb(found);
                drafted.credit()
            }
            source => self.draft_at(source, &discounts, findings).credit(),
        }
    }

    /// Returns the units that are on other credits, as a person decided.
    pub(crate) fn left_out(&self, findings: &Findings) -> Vec<&'a Item> {
        let (order, settings, found) = (self.order_rows.order, self.settings, &mut findings.fork());
        let mut remaining = RemainingQuantities::after(self.order_rows, self.earlier, found);
        let discount = OrderDiscounts::of(order).share_of_goods();
        let prices = Prices { order, settings, source: settings.price_source, discount };
        grouping::by_row(self.units, &mut remaining, &prices, found).left_out
    }

    fn draft_at(
        &self,
        source: PriceSource,
        discounts: &OrderDiscounts<'_>,
        findings: &mut Findings,
    ) -> Drafted<'a> {
        let Self { rma, units, order_rows, earlier, account, settings } = *self;
        let order = order_rows.order;
        order_rows.warn_of_negative(findings);
        let mut remaining = RemainingQuantities::after(order_rows, earlier, findings);

        let spreads = source == PriceSource::Brightpearl && !discounts.is_empty();
        let discount = if discounts.is_empty() { Decimal::ZERO } else { discounts.share_of_goods() };
        let prices = Prices { order, settings, source, discount };
        let fields = FieldValues::of(rma, order, settings);
        let MatchedUnits { groups, without_row, .. } =
            grouping::by_row(units, &mut remaining, &prices, findings);
        let groups = grouping::by_fields(groups, order_rows, fields.as_ref(), account, findings);
        let Some(groups) = groups else { return Drafted::Blocked };
        let priced_groups: Vec<Vec<PricedUnit<'a>>> =
            groups.iter().map(|group| group.units.clone()).collect();
        let (mut bodies, rows) = rows::price(groups, &remaining, &prices, findings);
        let mut others: Vec<_> =
            without_row.iter().filter_map(|priced| rows::without_row(priced, &prices)).collect();
        if rows.is_empty() && others.is_empty() {
            return Drafted::Blocked;
        }
        // Discounts are spread over what is credited, so the rows are limited first.
        let mut is_clear = limit::rows_are_within(&mut bodies, &rows, earlier, &prices, findings);
        if spreads {
            let credited = credited_goods(&remaining, &bodies, &rows, &priced_groups);
            match discounts.apply(&credited, &prices, findings) {
                Some(DiscountAnswer::Rows(shares)) => others.extend(shares),
                Some(DiscountAnswer::PaidPrice) => return Drafted::AtPaidPrice,
                None => is_clear = false,
            }
        }
        is_clear &= limit::total_is_within(rma, &bodies, &rows, &others, earlier, &prices, findings);

        let without_row = without_row.iter().map(|priced| priced.unit);
        let credited: Vec<&Item> =
            rows.iter().flat_map(|row| row.units.iter().copied()).chain(without_row).collect();
        let currency = &order.currency.order_currency_code;
        let fees = Fees { rma, all: units, credited: &credited, currency, settings, account };
        let fees = fees.rows(findings);
        let warehouse = warehouse(&credited, order, settings, findings);
        let Some(((fees, warehouse), mut body)) = fees.zip(warehouse).zip(self.header()) else {
            return Drafted::Blocked;
        };
        body.warehouse_id = warehouse;
        body.rows = bodies;
        body.rows.extend(others);
        body.rows.extend(fees);
        let calendar = Calendar::of(account);
        is_clear &= fields.is_none_or(|fields| fields.set_header(&mut body, &calendar, &credited, findings));
        is_clear &= is_owed_to_the_customer(&body, currency, &credited, findings);
        if is_clear { Drafted::Credit(Box::new(DraftCredit { body, rows })) } else { Drafted::Blocked }
    }

    fn header(&self) -> Option<NewSalesCredit> {
        let Self { rma, account, settings, order_rows: OrderRows { order, .. }, .. } = *self;
        let calendar = Calendar::of(account);
        let approved_at = rma_facts::approved_at(rma);
        let currency = &order.currency;
        let address = order.parties.delivery.as_ref().map(|party| party.address.to_send());
        Some(NewSalesCredit {
            reference: Some(keys::customer_reference(&settings.customer_reference_prefix, rma.id())),
            placed_on: approved_at.map(|at| calendar.local(at)),
            tax_date: approved_at.and_then(|at| calendar.midnight(at)),
            parent_id: Some(order.id),
            status_id: settings.sales_credit_status_id,
            channel_id: settings.sales_credit_channel_id.or(order.assignment.current.channel_id),
            external_ref: Some(keys::credit(rma.id())),
            installed_integration_instance_id: account.instance_id,
            price_list_id: order.price_list_id,
            price_mode_code: order.price_mode_code.clone(),
            currency: Some(SaleCurrency {
                code: currency.order_currency_code.clone(),
                fixed_exchange_rate: currency.fixed_exchange_rate,
                exchange_rate: currency.exchange_rate.filter(|_| currency.fixed_exchange_rate),
            }),
            delivery: address
                .map(|address| SaleDelivery { address: Some(address), ..SaleDelivery::default() }),
            ..NewSalesCredit::for_customer(original_order::customer(order)?)
        })
    }
}

/// The result of drafting a credit.
enum Drafted<'a> {
    Credit(Box<DraftCredit<'a>>),
    /// A review blocks it, or no unit is left to credit.
    Blocked,
    /// A person decided to credit the price that was paid.
    AtPaidPrice,
}

impl<'a> Drafted<'a> {
    fn credit(self) -> Option<DraftCredit<'a>> {
        match self {
            Self::Credit(draft) => Some(*draft),
            Self::Blocked | Self::AtPaidPrice => None,
        }
    }
}

/// Returns the goods of a credit and those that were credited before, over which the order's discounts are spread.
fn credited_goods<'u, 'a>(
    remaining: &RemainingQuantities<'_, '_>,
    bodies: &[NewCreditRow],
    rows: &[RowOrigin<'a>],
    groups: &'u [Vec<PricedUnit<'a>>],
) -> CreditedGoods<'u, 'a> {
    let of_units = |origin: &RowOrigin<'a>| {
        let first = origin.units.first().map(|unit| &unit.returned_item_id);
        groups.iter().find(|group| group.first().map(|priced| &priced.unit.returned_item_id) == first)
    };
    // An amount that a person decided is final: discounts do not lower it.
    let is_decided = |units: &[PricedUnit<'_>]| units.iter().any(|priced| priced.decided.is_some());
    let now = bodies.iter().zip(rows).filter_map(|(body, origin)| {
        let gross = body.net.saturating_add(body.tax);
        let units = of_units(origin)?.as_slice();
        Some((units, gross)).filter(|_| origin.is_goods && !is_decided(units))
    });
    CreditedGoods { before: remaining.credited_goods(discounts::is_goods), now: now.collect() }
}

/// Whether the credit owes money to the customer. Fees above the credited amounts need a review.
fn is_owed_to_the_customer(
    credit: &NewSalesCredit,
    currency: &CurrencyCode,
    credited: &[&Item],
    findings: &mut Findings,
) -> bool {
    let total = amounts::sum(credit.rows.iter().flat_map(|row| [row.net, row.tax]));
    let below_zero = total.is_sign_negative() && !total.is_zero();
    if below_zero {
        let message = format!(
            "The fees exceed the credited amounts: the credit's total would be {}. Create the credit by hand with the correct \
             fees and the external reference {}.",
            amounts::shown(total, currency),
            credit.external_ref.as_deref().unwrap_or_default()
        );
        findings.add_review_for_units(ReviewCode::FeeUnclear, message, ids(credited));
    }
    !below_zero
}

/// Leaves out credits in the status for cancelled credits: they credit nothing.
pub(crate) fn not_cancelled<'c>(credits: &[&'c Order], settings: &ConnectionSettings) -> Vec<&'c Order> {
    let is_cancelled =
        |credit: &Order| settings.cancelled_status_id == Some(credit.order_status.order_status_id);
    credits.iter().copied().filter(|credit| !is_cancelled(credit)).collect()
}

/// Returns the warehouse that receives the parcels. Brightpearl receives a credit in one warehouse
/// (docs/evidence/brightpearl-warehouse.md#receiving-goods), so parcels for several warehouses need a review.
fn warehouse(
    credited: &[&Item],
    order: &Order,
    settings: &ConnectionSettings,
    findings: &mut Findings,
) -> Option<Option<WarehouseId>> {
    let of_method = |name: Option<&str>| settings.warehouse_for(name).or(order.warehouse_id);
    let parcels: Vec<&Item> = credited.iter().copied().filter(|unit| unit.comes_back()).collect();
    let of_unit = |unit: &&Item| of_method(unit.return_method.as_ref().map(|method| method.name.as_str()));
    let warehouses: BTreeSet<Option<WarehouseId>> = parcels.iter().map(of_unit).collect();
    if warehouses.len() > 1 {
        let list: Vec<_> =
            warehouses.iter().map(|id| id.map_or("none".to_owned(), |id| id.to_string())).collect();
        let message = format!(
            "The units go to different warehouses ({}), but a credit has only one. To avoid this, set the same warehouse for \
             their return methods (`warehouses`).",
            list.join(", ")
        );
        let choice = |id: &WarehouseId| {
            let effect = format!("Creates the credit for warehouse {id}; all units are received there.");
            Choice::new(format!("warehouse:{id}"), format!("Receive all units in warehouse {id}"), effect)
        };
        let review = Review::about_units(ReviewCode::SeveralWarehouses, message, ids(&parcels))
            .resting_on([("warehouses", list.join(","))])
            .offering(warehouses.iter().flatten().map(choice));
        return findings.ask(review, |choice| {
            let id = choice.rsplit(':').next().and_then(|id| id.parse().ok());
            id.map(Some).ok_or_else(|| format!("{choice} does not name a warehouse"))
        });
    }
    Some(warehouses.into_iter().next().unwrap_or_else(|| of_method(None)))
}
