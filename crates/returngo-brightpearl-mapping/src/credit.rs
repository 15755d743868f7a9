//! The sales credit of an approved RMA: its rows, amounts and header.
//!
//! Tax code, nominal code, product, price list, price mode, currency, fixed exchange rate and customer are those of the
//! original order. The RMA only decides which units are returned. Ambiguous cases need a review, of one unit or of the
//! whole credit.

mod grouping;
mod limit;
mod prices;
mod rows;

use std::collections::BTreeSet;

use brightpearl::{
    CurrencyCode, WarehouseId,
    order::{NewSalesCredit, Order, SaleCurrency, SaleDelivery},
};
use returngo::{Item, Rma};

use crate::{
    amounts,
    fees::Fees,
    field_map::FieldValues,
    findings::Findings,
    in_flight::{self, InFlight},
    keys,
    matching::{EarlierCredits, OrderRows, RemainingQuantities},
    original_order,
    plan::{Review, ReviewCode, Warning},
    rma_facts::{self, Calendar, ids},
    settings::ConnectionSettings,
    world::AccountFacts,
};
pub(crate) use grouping::add_match_error;
use prices::Prices;
pub(crate) use rows::RowOrigin;

/// A sales credit to create, with its reviews and warnings.
#[derive(Debug, Clone, PartialEq, Eq)]
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
        let Self { rma, units, order_rows, earlier, account, settings } = *self;
        let order = order_rows.order;
        order_rows.warn_of_negative(findings);
        let mut remaining = RemainingQuantities::after(order_rows, earlier, findings);

        let prices = Prices { order, settings };
        let fields = FieldValues::of(rma, order, settings);
        let groups = grouping::by_row(units, &mut remaining, &prices, findings);
        let groups = grouping::by_fields(groups, order_rows, fields.as_ref(), account, findings);
        let (bodies, rows) = rows::price(groups?, &remaining, &prices, findings);
        if rows.is_empty() {
            return None;
        }
        let is_within = limit::is_within(&bodies, &rows, earlier, &prices, findings);

        let credited: Vec<&Item> = rows.iter().flat_map(|row| row.units.iter().copied()).collect();
        let currency = &order.currency.order_currency_code;
        let fees = Fees { rma, all: units, credited: &credited, currency, settings, account };
        let fees = fees.rows(findings);
        let warehouse = warehouse(&credited, order, settings, findings);
        let (fees, warehouse) = (fees?, warehouse?);

        let mut body = self.header()?;
        body.warehouse_id = warehouse;
        body.rows = bodies;
        body.rows.extend(fees);
        let calendar = Calendar::of(account);
        let is_set = fields.is_none_or(|fields| fields.set_header(&mut body, &calendar, &credited, findings));
        let is_owed = is_owed_to_the_customer(&body, currency, &credited, findings);
        (is_within && is_set && is_owed).then_some(DraftCredit { body, rows })
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
            "The fees exceed the credited amounts: the credit's total would be {}. Create the credit manually with the correct \
             fees.",
            amounts::shown(total, currency)
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
            "The units go to different warehouses ({}), but a credit has only one. Create the credits manually, or set the \
             same warehouse for their return methods (`warehouses`).",
            list.join(", ")
        );
        findings.add_review_for_units(ReviewCode::SeveralWarehouses, message, ids(&parcels));
        return None;
    }
    Some(warehouses.into_iter().next().unwrap_or_else(|| of_method(None)))
}
