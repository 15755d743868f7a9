//! Approval → sales credit: which rows, at which amounts, from which order.
//!
//! Everything that books depend on (tax code, nominal code, product, price list, price mode, currency, fixed
//! rate, customer) is the original order's; the RMA says only which units come back. What cannot be settled
//! without guessing is asked: for the unit concerned, or for the credit as a whole.

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
    amounts, fees,
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

/// A sales credit to create, and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditDraft {
    /// The credit; none when it waits for a review, or when no unit is left to credit.
    pub body: Option<NewSalesCredit>,
    /// What a person has to decide.
    pub reviews: Vec<Review>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}

/// The sales credit for an RMA, given its order, the credits that exist for that order already, and what other RMAs
/// of the order are about to credit (see [`World::in_flight`](crate::World::in_flight)).
///
/// Whether it is time for one, and whether there is one, is for the caller to know: [`plan`](fn@crate::plan) does.
pub fn sales_credit_for(
    rma: &Rma,
    order: &Order,
    earlier: &[&Order],
    in_flight: &[InFlight],
    account: &AccountFacts,
    settings: &ConnectionSettings,
) -> CreditDraft {
    let mut findings = Findings::default();
    let units = rma_facts::synchronised(&rma_facts::units(rma), settings);
    let rows = OrderRows::of(order);
    let earlier = EarlierCredits {
        credits: not_cancelled(earlier, settings),
        in_flight: in_flight::counted(in_flight, rma.id(), earlier.iter().copied()),
    };
    let drafted = draft(rma, &units, &rows, &earlier, account, settings, &mut findings);
    let (reviews, warnings) = findings.into_lists();
    CreditDraft { body: drafted.map(|drafted| drafted.body), reviews, warnings }
}

/// A credit, and how those of its rows came about that stand for units: its first ones.
pub(crate) struct DraftCredit<'a> {
    pub(crate) body: NewSalesCredit,
    pub(crate) rows: Vec<RowOrigin<'a>>,
}

pub(crate) fn draft<'a>(
    rma: &'a Rma,
    units: &[&'a Item],
    order_rows: &OrderRows<'a>,
    earlier: &EarlierCredits<'_>,
    account: &AccountFacts,
    settings: &ConnectionSettings,
    findings: &mut Findings,
) -> Option<DraftCredit<'a>> {
    let order = order_rows.order;
    order_rows.warn_of_negative(findings);
    let mut remaining = RemainingQuantities::after(order_rows, earlier, findings);

    let prices = Prices { order, settings };
    let fields = FieldValues::of(rma, order, settings);
    let placed = grouping::by_row(units, &mut remaining, &prices, findings);
    let groups = grouping::by_fields(placed, order_rows, fields.as_ref(), account, findings);
    let (bodies, rows) = rows::price(groups?, &remaining, &prices, findings);
    if rows.is_empty() {
        return None;
    }
    let is_within = limit::is_within(&bodies, &rows, earlier, &prices, findings);

    let credited: Vec<&Item> = rows.iter().flat_map(|row| row.units.iter().copied()).collect();
    let currency = &order.currency.order_currency_code;
    let fees = fees::rows(rma, units, &credited, currency, settings, account, findings);
    let warehouse = warehouse(&credited, order, settings, findings);
    let (fees, warehouse) = (fees?, warehouse?);

    let mut body = header(rma, order, account, settings)?;
    body.warehouse_id = warehouse;
    body.rows = bodies;
    body.rows.extend(fees);
    let is_set =
        fields.is_none_or(|fields| fields.set_header(&mut body, &Calendar::of(account), &credited, findings));
    let is_owed = is_owed_to_the_customer(&body, currency, &credited, findings);
    (is_within && is_set && is_owed).then_some(DraftCredit { body, rows })
}

/// A credit cannot ask the customer for money: fees above what is credited have to be decided on.
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
            "The fees are above what is credited: the credit would come to {}. Make the credit by hand with the right \
             fees.",
            amounts::shown(total, currency)
        );
        findings.add_review_for_units(ReviewCode::FeeUnclear, message, ids(credited));
    }
    !below_zero
}

/// Credits in the status of cancelled ones took nothing.
pub(crate) fn not_cancelled<'c>(credits: &[&'c Order], settings: &ConnectionSettings) -> Vec<&'c Order> {
    let is_cancelled =
        |credit: &Order| settings.cancelled_status_id == Some(credit.order_status.order_status_id);
    credits.iter().copied().filter(|credit| !is_cancelled(credit)).collect()
}

/// Where the parcels go. Brightpearl receives a credit in one warehouse
/// (docs/evidence/brightpearl-warehouse.md#receiving-goods), so parcels for several have to be asked about.
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
            "The units go to different warehouses ({}), a credit has one. Make the credits by hand, or give the return \
             methods the same warehouse.",
            list.join(", ")
        );
        findings.add_review_for_units(ReviewCode::SeveralWarehouses, message, ids(&parcels));
        return None;
    }
    Some(warehouses.into_iter().next().unwrap_or_else(|| of_method(None)))
}

fn header(
    rma: &Rma,
    order: &Order,
    account: &AccountFacts,
    settings: &ConnectionSettings,
) -> Option<NewSalesCredit> {
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
        delivery: address.map(|address| SaleDelivery { address: Some(address), ..SaleDelivery::default() }),
        ..NewSalesCredit::for_customer(original_order::customer(order)?)
    })
}
