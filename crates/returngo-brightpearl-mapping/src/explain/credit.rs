//! The explanation of a credit's header and rows.

use brightpearl::{
    CurrencyCode, Patch,
    order::{NewCreditRow, NewSalesCredit, Order},
};
use rust_decimal::Decimal;

use super::ExplanationContext;
use crate::{
    amounts::{self, RowScales},
    credit::{CreditRequest, RowOrigin},
    decisions::SettledReviews,
    existing_credits::ExistingCredits,
    findings::Findings,
    keys::{self, FeeKind},
    matching::{MatchTier, OrderRows},
    rma_facts::{self, Calendar},
    settings::PriceSource,
};

/// Explains the creation of a credit.
pub(super) fn created(case: &ExplanationContext<'_>, body: &NewSalesCredit) -> Vec<String> {
    let Some(order) = case.order() else { return Vec::new() };
    let mut lines = head(case, body, order);
    let unused = &mut Findings::default();
    let earlier = ExistingCredits::of(case.world, Some(order), unused).earlier(case.settings);
    let (rma, settings) = (&case.world.rma, case.settings);
    let units = rma_facts::synchronized(&rma_facts::units(rma), settings);
    let units = SettledReviews::of(&case.world.decisions).to_credit(&units);
    let request = CreditRequest {
        rma,
        units: &units,
        order_rows: &OrderRows::of(order),
        earlier: &earlier,
        account: &case.world.account,
        settings,
    };
    let rows = request.draft(unused).map(|draft| draft.rows).unwrap_or_default();
    let currency = &order.currency.order_currency_code;
    for (at, (row, origin)) in body.rows.iter().zip(&rows).enumerate() {
        lines.extend(credited(at + 1, row, origin, case.settings.price_source, currency));
    }
    for (at, row) in body.rows.iter().enumerate().skip(rows.len()) {
        lines.push(titled(at + 1, row, currency));
        lines.push(other(row, order, currency));
    }
    let total = amounts::sum(body.rows.iter().flat_map(|row| [row.net, row.tax]));
    lines.push(format!("total {} including tax", amounts::shown(total, currency)));
    lines
}

fn head(case: &ExplanationContext<'_>, body: &NewSalesCredit, order: &Order) -> Vec<String> {
    let (settings, account) = (case.settings, &case.world.account);
    let mapped = |field: &str| settings.field_map.as_ref().is_some_and(|map| map.sets(field));
    let from = |field: &str, set: bool, setting: &str, otherwise: &str| match (mapped(field), set) {
        (true, _) => "from the field map".to_owned(),
        (false, true) => format!("`{setting}`"),
        (false, false) => otherwise.to_owned(),
    };
    let shown = |id: Option<String>| id.unwrap_or_else(|| "none".to_owned());
    let status = body.status_id.or(account.configuration.new_sales_credit_status());
    let channel_is_set = settings.sales_credit_channel_id.is_some();
    vec![
        format!(
            "customer, price list, currency, exchange rate and delivery address: from sales order {}",
            order.id
        ),
        format!(
            "status {}: {}",
            shown(status.map(|id| id.to_string())),
            from(
                "statusId",
                settings.sales_credit_status_id.is_some(),
                "sales_credit_status_id",
                "the account's default"
            )
        ),
        format!(
            "channel {}: {}",
            shown(body.channel_id.map(|id| id.to_string())),
            from("channelId", channel_is_set, "sales_credit_channel_id", "the order's")
        ),
        format!(
            "warehouse {}: {}",
            shown(body.warehouse_id.map(|id| id.to_string())),
            from("warehouseId", body.warehouse_id != order.warehouse_id, "warehouses", "the order's")
        ),
        tax_date(case, body, mapped("taxDate")),
    ]
}

fn tax_date(case: &ExplanationContext<'_>, body: &NewSalesCredit, mapped: bool) -> String {
    let Some(date) = body.tax_date else {
        return "no tax date: the approval time is unknown".to_owned();
    };
    if mapped {
        return format!("tax date {date}: from the field map");
    }
    let approved =
        rma_facts::approved_at(&case.world.rma).map(|at| Calendar::of(&case.world.account).local(at));
    let approved = approved.map_or_else(String::new, |at| format!(" ({at} in the account's time zone)"));
    format!("tax date {date}: start of the day of approval{approved}")
}

fn credited(
    number: usize,
    row: &NewCreditRow,
    origin: &RowOrigin<'_>,
    source: PriceSource,
    currency: &CurrencyCode,
) -> Vec<String> {
    let units: Vec<&str> = origin.units.iter().map(|unit| unit.returned_item_id.as_str()).collect();
    let matched = match origin.match_tier {
        MatchTier::Reference => "matched by external reference (shop order line)",
        MatchTier::Sku => "matched by SKU",
        MatchTier::FoldedSku => "matched by SKU, ignoring case",
        MatchTier::Decision => "chosen by a person",
    };
    let mut lines = vec![
        titled(number, row, currency),
        format!(" order row {}: {matched}; units {}", origin.order_row, units.join(", ")),
    ];
    match source {
        PriceSource::Brightpearl => lines.extend(shares(row, origin, currency)),
        PriceSource::Returngo => {
            lines.push(" amounts: sums of the paid prices in ReturnGO (`price_source`)".to_owned());
        }
    }
    if !origin.comes_back {
        lines.push(" nothing is shipped, so the row has no product and does not wait for stock".to_owned());
    }
    lines
}

fn titled(number: usize, row: &NewCreditRow, currency: &CurrencyCode) -> String {
    format!(
        "row {number}: {} × {}, net {}, tax {} {currency}",
        row.quantity.normalize(),
        row.name.as_deref().unwrap_or("(no name)"),
        row.net,
        row.tax
    )
}

/// Shows the share of the row as the difference of two running totals.
fn shares(row: &NewCreditRow, origin: &RowOrigin<'_>, currency: &CurrencyCode) -> Vec<String> {
    let (whole, quantity) = (origin.whole, origin.quantity.normalize());
    let before = origin.before.normalize();
    let after = origin.before.saturating_add(row.quantity).normalize();
    let scales = RowScales::of(currency);
    let of_which = if origin.in_flight.is_zero() {
        String::new()
    } else {
        format!(", {} of them on credits that are about to be created", origin.in_flight.normalize())
    };
    let share = |what: &str, whole: Decimal, share: Decimal, decimals: u32| {
        format!(
            " {what} {share} = {whole} × {after}/{quantity} − {whole} × {before}/{quantity}, each rounded to {decimals} decimals"
        )
    };
    vec![
        format!(
            " order row: quantity {quantity}, net {}, tax {}; {before} already credited{of_which}",
            whole.net, whole.tax
        ),
        share("net", whole.net, row.net, scales.net),
        share("tax", whole.tax, row.tax, scales.tax),
    ]
}

/// Explains a row that does not stand for a row of goods: a fee, a discount, or a unit that a person credited without a row.
fn other(row: &NewCreditRow, order: &Order, currency: &CurrencyCode) -> String {
    let reference = row.external_ref.as_deref().unwrap_or_default();
    let gross = amounts::shown(row.net.saturating_add(row.tax).abs(), currency);
    if let Some(kind) = FeeKind::ALL.into_iter().find(|kind| keys::fee(*kind) == reference) {
        return format!(
            " `fees.{kind}`: fees of the units, {gross} including tax, split by the rate of tax code {}",
            row.tax_code
        );
    }
    match keys::discount_row(reference).and_then(|id| Some((id, order.order_rows.get(&id)?))) {
        Some((id, discount)) => format!(
            " share of discount row {id} (net {}, tax {}), in proportion to the goods that are credited",
            discount.row_value.row_net.value, discount.row_value.row_tax.value
        ),
        None => {
            " credited without a row of the order at the price that was paid, as a person decided".to_owned()
        }
    }
}

/// Explains custom fields.
pub(super) fn custom_fields(body: &Patch) -> Vec<String> {
    let fields = body.operations().iter().map(|change| change.path.trim_start_matches('/'));
    fields.map(|code| format!("{code}: the field map's, and not set yet")).collect()
}
