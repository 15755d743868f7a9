//! What a unit costs: by the order's row, and by what ReturnGO says was paid.

use brightpearl::{CurrencyCode, order::Order};
use returngo::{Item, Money};
use rust_decimal::Decimal;

use crate::{
    amounts::{self, RowAmounts, RowScales},
    findings::Findings,
    matching::CreditableRow,
    plan::{ReviewCode, WarningCode},
    settings::{ConnectionSettings, PriceSource},
};

/// Units of a row that are credited already, and what they came to.
#[derive(Clone, Copy)]
pub(super) struct PriorUnits {
    pub(super) units: Decimal,
    pub(super) amounts: RowAmounts,
}

/// What ReturnGO says was paid, beside what the order's rows say.
pub(super) struct Prices<'a> {
    pub(super) order: &'a Order,
    pub(super) settings: &'a ConnectionSettings,
}

impl Prices<'_> {
    fn currency(&self) -> &CurrencyCode {
        &self.order.currency.order_currency_code
    }

    fn tolerance(&self) -> Decimal {
        self.settings.price_tolerance.unwrap_or_else(|| self.currency().minor_unit())
    }

    /// What was paid for a unit in the order's currency; none when ReturnGO does not say.
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

    /// Why the unit cannot be credited in the order's currency, if it cannot.
    pub(super) fn problem(&self, unit: &Item) -> Option<(ReviewCode, String)> {
        let (order, currency) = (self.order.id, self.currency());
        if !currency.is_well_formed() {
            let problem =
                format!("Sales order {order} is in `{currency}`, which is no currency. Look at the order.");
            return Some((ReviewCode::CurrencyDiffers, problem));
        }
        if self.settings.price_source == PriceSource::Brightpearl {
            return None;
        }
        if let Some(what) = self.unclear(unit) {
            let problem = format!("ReturnGO does not say {what}. Credit the unit by hand.");
            return Some((ReviewCode::TaxUnclear, problem));
        }
        let problem = match self.paid(unit) {
            Some(paid) if paid.net >= Decimal::ZERO && paid.tax >= Decimal::ZERO => return None,
            Some(paid) => format!(
                "ReturnGO says that {} was paid. Credit the unit by hand.",
                amounts::shown(paid.gross(), currency)
            ),
            None => format!(
                "ReturnGO says what was paid in {}, but sales order {order} is in {currency}. Credit the unit by hand, \
                 or take the order's own prices (`price_source`).",
                unit.paid_price.as_ref().map(amounts::currencies).unwrap_or_default()
            ),
        };
        Some((ReviewCode::CurrencyDiffers, problem))
    }

    /// What ReturnGO leaves open about the price of a unit. Rows are told apart by the price without its tax too.
    pub(super) fn unclear(&self, unit: &Item) -> Option<&'static str> {
        if unit.paid_price.is_none() {
            return Some("what was paid for it (`paidPrice`)");
        }
        let Some(tax) = &unit.paid_tax else {
            let needs_tax = self.settings.price_source == PriceSource::Returngo;
            return needs_tax.then_some("which tax was paid (`paidTax`)");
        };
        let is_taxed = tax.in_currency(self.currency()).is_none_or(|tax| !tax.is_zero());
        (is_taxed && unit.tax_included.is_none())
            .then_some("whether its price includes the tax (`taxIncluded`)")
    }

    pub(super) fn price_matches(&self, unit: &Item, row: &CreditableRow<'_>) -> bool {
        let paid = self.paid(unit).map(RowAmounts::gross);
        let both = paid.zip(row.unit_gross());
        both.is_some_and(|(paid, price)| amounts::distance(paid, price) <= self.tolerance())
    }

    pub(super) fn warn_of_drift(&self, unit: &Item, row: &CreditableRow<'_>, findings: &mut Findings) {
        let currency = self.currency();
        let Some(paid) = self.paid(unit).map(RowAmounts::gross) else {
            let message = match (&unit.paid_price, unit.tax_included) {
                (Some(price), Some(_)) => format!(
                    "ReturnGO says what was paid in {}, the order is in {currency}; the prices cannot be compared.",
                    amounts::currencies(price)
                ),
                _ => {
                    "ReturnGO does not say what was paid with tax; the prices cannot be compared.".to_owned()
                }
            };
            return findings.add_warning_for_units(
                WarningCode::ForeignFact,
                message,
                [&unit.returned_item_id],
            );
        };
        let Some(price) =
            row.unit_gross().filter(|price| !price.is_sign_negative() && !self.price_matches(unit, row))
        else {
            return;
        };
        let used = match self.settings.price_source {
            PriceSource::Brightpearl => "the row's price is credited",
            PriceSource::Returngo => "what was paid is credited",
        };
        let message = format!(
            "ReturnGO says that {} was paid for a unit, row {} of the order has {} a unit; {used}.",
            amounts::shown(paid, currency),
            row.id,
            amounts::shown(price, currency)
        );
        findings.add_warning_for_units(WarningCode::PriceDrift, message, [&unit.returned_item_id]);
    }

    /// What is credited for units of a row of which others are credited already.
    pub(super) fn of_units(
        &self,
        units: &[&Item],
        row: &CreditableRow<'_>,
        before: PriorUnits,
    ) -> Option<RowAmounts> {
        let scales = RowScales::of(self.currency());
        match self.settings.price_source {
            PriceSource::Brightpearl => {
                let units = Decimal::from(units.len());
                amounts::share_after(row.amounts(), row.quantity, before.units, before.amounts, units, scales)
            }
            PriceSource::Returngo => {
                let paid: Vec<_> = units.iter().map(|unit| self.paid(unit)).collect::<Option<_>>()?;
                let net = amounts::sum(paid.iter().map(|paid| paid.net));
                let tax = amounts::sum(paid.iter().map(|paid| paid.tax));
                Some(RowAmounts { net, tax }.rounded(scales))
            }
        }
    }
}
