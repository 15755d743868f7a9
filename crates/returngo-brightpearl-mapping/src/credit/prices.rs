//! The price of a unit: according to the order's row, and according to ReturnGO.

use brightpearl::{CurrencyCode, order::Order};
use returngo::{Item, Money};
use rust_decimal::Decimal;

use crate::{
    amounts::{self, RowAmounts},
    findings::Findings,
    matching::CreditableRow,
    plan::{ReviewCode, WarningCode},
    settings::{ConnectionSettings, PriceSource},
};

/// A unit with the amounts that the shopper paid for it.
#[derive(Clone, Copy)]
pub(super) struct PricedUnit<'a> {
    pub(super) unit: &'a Item,
    /// In the order's currency. `None` if ReturnGO does not report them.
    pub(super) paid: Option<RowAmounts>,
}

/// The currency and the settings by which units are priced.
pub(super) struct Prices<'a> {
    pub(super) order: &'a Order,
    pub(super) settings: &'a ConnectionSettings,
}

impl Prices<'_> {
    pub(super) fn currency(&self) -> &CurrencyCode {
        &self.order.currency.order_currency_code
    }

    fn tolerance(&self) -> Decimal {
        self.settings.price_tolerance.unwrap_or_else(|| self.currency().minor_unit())
    }

    /// Returns the unit with the amounts that ReturnGO reports for it.
    pub(super) fn price<'u>(&self, unit: &'u Item) -> PricedUnit<'u> {
        PricedUnit { unit, paid: self.paid(unit) }
    }

    fn paid(&self, unit: &Item) -> Option<RowAmounts> {
        let price = unit.paid_price.as_ref()?.in_currency(self.currency())?;
        let tax = unit
            .paid_tax
            .as_ref()
            .map_or(Some(Decimal::ZERO), |tax: &Money| tax.in_currency(self.currency()))?;
        let net = match unit.tax_included {
            Some(true) => price.checked_sub(tax)?,
            Some(false) => price,
            None => tax.is_zero().then_some(price)?,
        };
        Some(RowAmounts { net, tax })
    }

    /// Returns why the unit cannot be credited in the order's currency, if so.
    pub(super) fn problem(&self, priced: &PricedUnit<'_>) -> Option<(ReviewCode, String)> {
        let (order, currency) = (self.order.id, self.currency());
        if !currency.is_well_formed() {
            let problem = format!(
                "Sales order {order} has the invalid currency `{currency}`. Check the order in Brightpearl."
            );
            return Some((ReviewCode::CurrencyDiffers, problem));
        }
        if self.settings.price_source == PriceSource::Brightpearl {
            return None;
        }
        if let Some(missing) = self.missing(priced.unit) {
            let problem = format!("ReturnGO does not report {missing}. Credit the unit manually.");
            return Some((ReviewCode::TaxUnclear, problem));
        }
        let problem = match priced.paid {
            Some(paid) if paid.net >= Decimal::ZERO && paid.tax >= Decimal::ZERO => return None,
            Some(paid) => format!(
                "ReturnGO reports a paid price of {}, which is negative. Credit the unit manually.",
                amounts::shown(paid.gross(), currency)
            ),
            None => format!(
                "ReturnGO reports the paid price in {}, but sales order {order} is in {currency}. Credit the unit manually, \
                 or set `price_source` to `brightpearl` to credit the order's own prices.",
                priced.unit.paid_price.as_ref().map(amounts::currencies).unwrap_or_default()
            ),
        };
        Some((ReviewCode::CurrencyDiffers, problem))
    }

    /// Returns the part of a unit's price that ReturnGO leaves out, if any. It also matters for matching: rows are
    /// compared by the price including tax.
    pub(super) fn missing(&self, unit: &Item) -> Option<&'static str> {
        if unit.paid_price.is_none() {
            return Some("the price that was paid (`paidPrice`)");
        }
        let Some(tax) = &unit.paid_tax else {
            let needs_tax = self.settings.price_source == PriceSource::Returngo;
            return needs_tax.then_some("the tax that was paid (`paidTax`)");
        };
        let is_taxed = tax.in_currency(self.currency()).is_none_or(|tax| !tax.is_zero());
        (is_taxed && unit.tax_included.is_none()).then_some("whether the price includes tax (`taxIncluded`)")
    }

    /// Whether the row's unit price is the price that was paid, within the tolerance.
    pub(super) fn price_matches(&self, priced: &PricedUnit<'_>, row: &CreditableRow<'_>) -> bool {
        let paid = priced.paid.map(RowAmounts::gross);
        let both = paid.zip(row.unit_gross());
        both.is_some_and(|(paid, price)| amounts::distance(paid, price) <= self.tolerance())
    }

    /// Warns if the paid price differs from the row's unit price, or cannot be compared with it.
    pub(super) fn warn_of_drift(
        &self,
        priced: &PricedUnit<'_>,
        row: &CreditableRow<'_>,
        findings: &mut Findings,
    ) {
        let (unit, currency) = (priced.unit, self.currency());
        let Some(paid) = priced.paid.map(RowAmounts::gross) else {
            let message = match (&unit.paid_price, unit.tax_included) {
                (Some(price), Some(_)) => format!(
                    "ReturnGO reports the paid price in {}, but the order is in {currency}. The prices cannot be compared.",
                    amounts::currencies(price)
                ),
                _ => "ReturnGO does not report the paid price including tax. The prices cannot be compared."
                    .to_owned(),
            };
            return findings.add_warning_for_units(
                WarningCode::ForeignFact,
                message,
                [&unit.returned_item_id],
            );
        };
        let differs = |price: &Decimal| !price.is_sign_negative() && !self.price_matches(priced, row);
        let Some(price) = row.unit_gross().filter(differs) else { return };
        let credited = match self.settings.price_source {
            PriceSource::Brightpearl => "the order row's price",
            PriceSource::Returngo => "the paid price",
        };
        let message = format!(
            "The prices of a unit differ: {} was paid according to ReturnGO, row {} of the order has {}. The credit uses \
             {credited}.",
            amounts::shown(paid, currency),
            row.id,
            amounts::shown(price, currency)
        );
        findings.add_warning_for_units(WarningCode::PriceDrift, message, [&unit.returned_item_id]);
    }
}
