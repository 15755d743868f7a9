//! The price of a unit: according to the order's row, and according to ReturnGO.

use brightpearl::{CurrencyCode, NominalCode, TaxCode, order::Order};
use returngo::{Item, Money};
use rust_decimal::Decimal;

use crate::{
    amounts::{self, RowAmounts, RowScales},
    findings::Findings,
    matching::CreditableRow,
    plan::WarningCode,
    review::{Choice, Review, ReviewCode},
    settings::{ConnectionSettings, PriceSource},
};

/// A unit with the amounts that the shopper paid for it.
#[derive(Clone, Copy)]
pub(super) struct PricedUnit<'a> {
    pub(super) unit: &'a Item,
    /// In the order's currency. `None` if ReturnGO does not report them.
    pub(super) paid: Option<RowAmounts>,
    /// The amount that a person decided, because ReturnGO does not report one.
    pub(super) decided: Option<DecidedAmount>,
}

/// An amount including tax that a person decided, in the order's currency.
#[derive(Clone, Copy)]
pub(super) struct DecidedAmount {
    gross: Decimal,
    /// The review that was answered.
    code: ReviewCode,
}

impl PricedUnit<'_> {
    /// Returns the price by which the unit is matched to a row, including tax.
    fn price(&self) -> Option<Decimal> {
        self.decided.map(|decided| decided.gross).or_else(|| self.paid.map(RowAmounts::gross))
    }
}

/// The currency and the settings by which units are priced.
#[derive(Clone, Copy)]
pub(super) struct Prices<'a> {
    pub(super) order: &'a Order,
    pub(super) settings: &'a ConnectionSettings,
    pub(super) source: PriceSource,
    /// The order's discount as a share of its goods, without a sign: 0.1 for ten percent.
    pub(super) discount: Decimal,
}

impl Prices<'_> {
    pub(super) fn currency(&self) -> &CurrencyCode {
        &self.order.currency.order_currency_code
    }

    pub(super) fn tolerance(&self) -> Decimal {
        self.settings.price_tolerance.unwrap_or_else(|| self.currency().minor_unit())
    }

    /// Returns the unit with the amounts that ReturnGO reports for it.
    pub(super) fn price<'u>(&self, unit: &'u Item) -> PricedUnit<'u> {
        PricedUnit { unit, paid: self.paid(unit), decided: None }
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
        if self.source == PriceSource::Brightpearl {
            return None;
        }
        if let Some(missing) = self.missing(priced.unit) {
            let problem = format!("ReturnGO does not report {missing}.");
            return Some((ReviewCode::TaxUnclear, problem));
        }
        let problem = match priced.paid {
            Some(paid) if paid.net >= Decimal::ZERO && paid.tax >= Decimal::ZERO => return None,
            Some(paid) => format!(
                "ReturnGO reports a paid price of {}, which is negative.",
                amounts::shown(paid.gross(), currency)
            ),
            None => format!(
                "ReturnGO reports the paid price in {}, but sales order {order} is in {currency}. With `price_source` \
                 `brightpearl`, the order's own prices are credited.",
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
            let needs_tax = self.source == PriceSource::Returngo;
            return needs_tax.then_some("the tax that was paid (`paidTax`)");
        };
        let is_taxed = tax.in_currency(self.currency()).is_none_or(|tax| !tax.is_zero());
        (is_taxed && unit.tax_included.is_none()).then_some("whether the price includes tax (`taxIncluded`)")
    }

    /// Returns the price of one unit of a row including tax, less its share of the order's discount.
    fn unit_price(&self, row: &CreditableRow<'_>) -> Option<Decimal> {
        let price = row.unit_gross()?;
        if self.discount.is_zero() {
            return Some(price);
        }
        price.checked_sub(price.checked_mul(self.discount)?)
    }

    /// Whether the row's unit price is the price that was paid, within the tolerance.
    fn price_matches(&self, priced: &PricedUnit<'_>, row: &CreditableRow<'_>) -> bool {
        let both = priced.price().zip(self.unit_price(row));
        both.is_some_and(|(paid, price)| amounts::distance(paid, price) <= self.tolerance())
    }

    /// Ranks a row by how well its price fits a unit: free rows come last for a unit that was paid, then those that fit come
    /// first, then those with the nearest price.
    pub(super) fn rank(&self, priced: &PricedUnit<'_>, row: &CreditableRow<'_>) -> (bool, bool, Decimal) {
        let Some(paid) = priced.price() else { return Default::default() };
        let price = self.unit_price(row);
        let is_free = paid > Decimal::ZERO && price.is_some_and(|price| price.is_zero());
        let distance = price.map_or(Decimal::MAX, |price| amounts::distance(paid, price));
        (is_free, distance > self.tolerance(), distance)
    }

    pub(super) fn shown(&self, amount: Decimal) -> String {
        amounts::shown(amount, self.currency())
    }

    fn amount_question(&self, code: ReviewCode, message: String, unit: &Item) -> Review {
        let currency = self.currency();
        let effect = "Credits this amount including tax for the unit, at most the unit price of the order row. It is split into \
                      net and tax as the row is.";
        let choice = || Choice::new("amount", format!("Credit this amount in {currency}"), effect);
        Review::about_units(code, message, [&unit.returned_item_id])
            .resting_on([
                ("order", self.order.id.to_string()),
                ("price", format!("{:?} {:?} {:?}", unit.paid_price, unit.paid_tax, unit.tax_included)),
            ])
            .offering(currency.is_well_formed().then(choice))
    }

    /// Asks for the amount of a unit whose price is not known. Returns the amount, if a person decided it.
    pub(super) fn ask_amount(
        &self,
        code: ReviewCode,
        problem: String,
        unit: &Item,
        findings: &mut Findings,
    ) -> Option<DecidedAmount> {
        let currency = self.currency();
        let review = self.amount_question(code, problem, unit);
        findings.ask(review, |choice| {
            let gross = amounts::typed_in(choice, currency)?;
            Ok(DecidedAmount { gross, code })
        })
    }

    /// Splits an amount that a person decided as the row is. `None` if it is above the row's unit price: a review says so.
    pub(super) fn settle_amount(
        &self,
        priced: &mut PricedUnit<'_>,
        row: &CreditableRow<'_>,
        findings: &mut Findings,
    ) -> Option<()> {
        let Some(decided) = priced.decided else { return Some(()) };
        let limit = row.unit_gross().unwrap_or_default();
        priced.paid = row.amounts().share_of(decided.gross, RowScales::of(self.currency()));
        if priced.paid.is_some() && decided.gross <= limit {
            return Some(());
        }
        let message = format!(
            "The amount of {} that was decided is above the unit price of {} on order row {}. Decide a lower amount.",
            self.shown(decided.gross),
            self.shown(limit),
            row.id
        );
        findings.add_review(self.amount_question(decided.code, message, priced.unit));
        None
    }

    /// Returns the amounts of a unit that is credited without a row of the order. `None` if ReturnGO does not report them.
    pub(super) fn price_without_row(&self, priced: &PricedUnit<'_>) -> Option<RowAmounts> {
        self.codes_without_row()?;
        priced.unit.paid_tax.as_ref()?;
        let paid = priced.paid.filter(|paid| paid.net >= Decimal::ZERO && paid.tax >= Decimal::ZERO)?;
        Some(paid.rounded(RowScales::of(self.currency())))
    }

    /// Returns the tax code and the nominal code that all goods of the order have.
    pub(super) fn codes_without_row(&self) -> Option<(TaxCode, Option<NominalCode>)> {
        let goods = self
            .order
            .order_rows
            .values()
            .filter(|row| row.product().is_some() && !row.composition.bundle_child);
        let mut codes = goods.map(|row| (row.row_value.tax_code.clone(), row.nominal_code.clone()));
        let (tax, nominal) = codes.next()?;
        let same = codes.all(|other| other == (tax.clone(), nominal.clone()));
        Some((tax.filter(|_| same)?, nominal))
    }

    /// Warns if the paid price differs from the row's unit price, or cannot be compared with it.
    pub(super) fn warn_of_drift(
        &self,
        priced: &PricedUnit<'_>,
        row: &CreditableRow<'_>,
        findings: &mut Findings,
    ) {
        let (unit, currency) = (priced.unit, self.currency());
        if priced.decided.is_some() {
            return;
        }
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
        let Some(price) = self.unit_price(row).filter(differs) else { return };
        let credited = match self.source {
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
