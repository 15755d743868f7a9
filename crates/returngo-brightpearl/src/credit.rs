//! Approval → sales credit: which rows, at which amounts, from which order.
//!
//! Everything that books depend on (tax code, nominal code, product, price list, price mode, currency, fixed
//! rate, customer) is the original order's; the RMA says only which units come back. What cannot be settled
//! without guessing is asked: for the unit concerned, or for the credit as a whole.

mod prices;

use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    CurrencyCode, WarehouseId,
    order::{NewCreditRow, NewSalesCredit, Order, SaleCurrency, SaleDelivery},
};
use returngo::{Item, Rma};
use rust_decimal::Decimal;

use crate::{
    amounts::{self, RowAmounts},
    fees,
    findings::Findings,
    keys,
    matching::{CreditableRow, Misfit, OrderRows},
    original_order,
    plan::{Review, ReviewCode, Warning, WarningCode},
    rma_facts::{self, Calendar, ids},
    settings::ConnectionSettings,
    world::AccountFacts,
};
use prices::Prices;

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

/// The sales credit for an RMA, given its order and the credits that exist for that order already.
///
/// Whether it is time for one, and whether there is one, is for the caller to know: [`plan`](fn@crate::plan) does.
pub fn sales_credit_for(
    rma: &Rma,
    order: &Order,
    earlier: &[&Order],
    account: &AccountFacts,
    settings: &ConnectionSettings,
) -> CreditDraft {
    let mut findings = Findings::default();
    let body = draft(rma, order, earlier, account, settings, &mut findings);
    let (reviews, warnings) = findings.into_lists();
    CreditDraft { body, reviews, warnings }
}

pub(crate) fn draft(
    rma: &Rma,
    order: &Order,
    earlier: &[&Order],
    account: &AccountFacts,
    settings: &ConnectionSettings,
    findings: &mut Findings,
) -> Option<NewSalesCredit> {
    let units = rma_facts::synchronised(&rma_facts::units(rma), settings);
    let mut rows = OrderRows::of(order, findings);
    rows.take(&not_cancelled(earlier, settings), findings);

    let prices = Prices { order, settings };
    let lots = place(&units, &mut rows, &prices, findings);
    let priced = price(&lots, &rows, &prices, findings);
    if priced.is_empty() {
        return None;
    }

    let credited: Vec<&Item> = priced.iter().flat_map(|(lot, _)| lot.units.iter().copied()).collect();
    let currency = &order.currency.order_currency_code;
    let fees = fees::rows(rma, &units, &credited, currency, settings, account, findings);
    let warehouse = warehouse(&credited, order, settings, findings);
    let (fees, warehouse) = (fees?, warehouse?);

    let mut body = header(rma, order, account, settings)?;
    body.warehouse_id = warehouse;
    body.rows = priced.into_iter().map(|(_, row)| row).chain(fees).collect();
    is_owed_to_the_customer(&body, currency, &credited, findings).then_some(body)
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
        findings.ask(ReviewCode::FeeUnclear, message, ids(credited));
    }
    !below_zero
}

/// Credits in the status of cancelled ones took nothing.
pub(crate) fn not_cancelled<'c>(credits: &[&'c Order], settings: &ConnectionSettings) -> Vec<&'c Order> {
    let is_cancelled =
        |credit: &Order| settings.cancelled_status_id == Some(credit.order_status.order_status_id);
    credits.iter().copied().filter(|credit| !is_cancelled(credit)).collect()
}

/// Units that form one row of the credit.
struct Lot<'a> {
    row: usize,
    /// Whether they come back in a parcel: a row with a product waits for stock.
    comes_back: bool,
    units: Vec<&'a Item>,
}

/// Puts each unit on a row of the order. Units on the same row form one row of the credit; if some of them come
/// in a parcel and some in none, two, the parcel's first.
fn place<'a>(
    units: &[&'a Item],
    rows: &mut OrderRows<'_>,
    prices: &Prices<'_>,
    findings: &mut Findings,
) -> Vec<Lot<'a>> {
    let mut lots: BTreeMap<(usize, bool), Vec<&'a Item>> = BTreeMap::new();
    for &unit in units {
        if let Some(problem) = prices.problem(unit) {
            findings.ask(ReviewCode::CurrencyDiffers, problem, [&unit.returned_item_id]);
            continue;
        }
        let by_folded_sku = rows.rung(unit).is_some_and(|rung| rung.by_folded_sku);
        match rows.place(unit, |row| prices.fits(unit, row)) {
            Ok(at) => {
                if let Some(row) = rows.get(at) {
                    warn_of_sku_case(by_folded_sku, unit, row, findings);
                    prices.warn_of_drift(unit, row, findings);
                }
                lots.entry((at, !unit.comes_back())).or_default().push(unit);
            }
            Err(misfit) => ask_about(misfit, unit, prices.order, findings),
        }
    }
    lots.into_iter().map(|((row, no_parcel), units)| Lot { row, comes_back: !no_parcel, units }).collect()
}

fn ask_about(misfit: Misfit, unit: &Item, order: &Order, findings: &mut Findings) {
    let (sku, line) =
        (described(unit.sku.as_deref()), described(unit.shop_line_item_id.as_ref().map(|id| id.as_str())));
    let (code, message) = match misfit {
        Misfit::NoRow => (
            ReviewCode::UnmatchedItem,
            format!(
                "No row of sales order {} has the order line {line} or the SKU {sku}. Credit the unit by hand: add a row \
                 to the credit whose external reference ends with the unit's id.",
                order.id
            ),
        ),
        Misfit::NoRoom => (
            ReviewCode::AlreadyCredited,
            format!(
                "Every unit of order line {line}, SKU {sku}, of sales order {} is on a credit already. Look through the \
                 order's credits for one too many.",
                order.id
            ),
        ),
    };
    findings.ask(code, message, [&unit.returned_item_id]);
}

fn described(text: Option<&str>) -> &str {
    text.unwrap_or("(none)")
}

fn warn_of_sku_case(by_folded_sku: bool, unit: &Item, row: &CreditableRow<'_>, findings: &mut Findings) {
    if by_folded_sku {
        let (ours, theirs) = (described(row.row.product_sku.as_deref()), described(unit.sku.as_deref()));
        let message =
            format!("The SKU is {theirs} in ReturnGO and {ours} in Brightpearl; taken as the same.");
        findings.warn(WarningCode::SkuCase, message, [&unit.returned_item_id]);
    }
}

/// The rows of the credit, in the order of the original's rows.
fn price<'l, 'a>(
    lots: &'l [Lot<'a>],
    rows: &OrderRows<'_>,
    prices: &Prices<'_>,
    findings: &mut Findings,
) -> Vec<(&'l Lot<'a>, NewCreditRow)> {
    let mut before: BTreeMap<usize, Decimal> = BTreeMap::new();
    let mut priced = Vec::with_capacity(lots.len());
    for lot in lots {
        let Some(row) = rows.get(lot.row) else { continue };
        let taken = before.entry(lot.row).or_insert(row.taken);
        match prices.of_units(&lot.units, row, *taken).and_then(|amounts| credit_row(lot, row, amounts)) {
            Some(credit_row) => priced.push((lot, credit_row)),
            None => {
                let message = format!(
                    "Row {} of sales order {} has no tax code or no amounts that can be divided. Credit it by hand.",
                    row.id, prices.order.id
                );
                findings.ask(ReviewCode::UnmatchedItem, message, ids(&lot.units));
            }
        }
        *taken = taken.saturating_add(Decimal::from(lot.units.len()));
    }
    priced
}

/// A row without a product waits for no stock, and then needs a name.
fn credit_row(lot: &Lot<'_>, row: &CreditableRow<'_>, amounts: RowAmounts) -> Option<NewCreditRow> {
    let first = lot.units.first()?;
    let name = [&row.row.product_name, &first.full_name].into_iter().find(|name| !name.is_empty());
    Some(NewCreditRow {
        product_id: row.row.product().filter(|_| lot.comes_back),
        name: Some(name.cloned().unwrap_or_else(|| format!("Returned unit {}", first.returned_item_id))),
        quantity: Decimal::from(lot.units.len()),
        tax_code: row.row.row_value.tax_code.clone()?,
        net: amounts.net,
        tax: amounts.tax,
        nominal_code: row.row.nominal_code.clone(),
        external_ref: Some(keys::row(row.id, &first.returned_item_id)),
    })
}

/// Where the parcels go. Brightpearl receives a credit in one warehouse (brightpearl-accounting-warehouse.md
/// B1.1), so parcels for several have to be asked about.
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
        findings.ask(ReviewCode::SeveralWarehouses, message, ids(&parcels));
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
