//! Amounts: shares of a row, gross amounts split into net and tax, and amounts that can be paid.
//!
//! Functions return `None` for amounts that cannot be calculated; they never panic.

use brightpearl::CurrencyCode;
use returngo::Money;
use rust_decimal::{Decimal, RoundingStrategy};

/// The decimals at which Brightpearl stores the money of a row
/// (docs/evidence/brightpearl-orders.md#order-conventions): four for net, two for tax. Currencies without a minor
/// unit have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowScales {
    /// Decimals of the net amount.
    pub net: u32,
    /// Decimals of the tax.
    pub tax: u32,
}

impl RowScales {
    /// Returns the scales of rows in this currency.
    pub fn of(currency: &CurrencyCode) -> Self {
        if currency.decimals() == 0 { Self { net: 0, tax: 0 } } else { Self { net: 4, tax: 2 } }
    }
}

/// The net amount and the tax of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowAmounts {
    /// The amount without tax.
    pub net: Decimal,
    /// The tax.
    pub tax: Decimal,
}

impl RowAmounts {
    /// Returns the amount including tax.
    pub fn gross(self) -> Decimal {
        self.net.saturating_add(self.tax)
    }

    /// Returns the sum of both amounts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { net: self.net.saturating_add(other.net), tax: self.tax.saturating_add(other.tax) }
    }

    /// Rounds both amounts to these scales, half away from zero.
    pub fn rounded(self, scales: RowScales) -> Self {
        Self { net: round(self.net, scales.net), tax: round(self.tax, scales.tax) }
    }

    /// Returns `part` of `whole` of these amounts, rounded.
    pub(crate) fn running_total(self, part: Decimal, whole: Decimal, scales: RowScales) -> Option<Self> {
        Some(Self {
            net: running_total(self.net, part, whole, scales.net)?,
            tax: running_total(self.tax, part, whole, scales.tax)?,
        })
    }

    /// Splits a gross amount in the proportion of these amounts. `None` if their sum is zero.
    pub(crate) fn share_of(self, gross: Decimal, scales: RowScales) -> Option<Self> {
        let tax = round(gross.checked_mul(self.tax)?.checked_div(self.gross())?, scales.tax);
        Some(Self { net: round(gross.checked_sub(tax)?, scales.net), tax })
    }

    /// Returns the amounts with the opposite sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { net: negated(self.net), tax: negated(self.tax) }
    }
}

/// Zero is sent without a sign.
fn negated(amount: Decimal) -> Decimal {
    if amount.is_zero() { amount } else { -amount }
}

/// Returns the share of a row for `units` of its `quantity`, of which `before` are already credited.
///
/// The share is the difference of two rounded running totals, so the shares of a row add up to the row exactly.
///
/// ```
/// use returngo_brightpearl_mapping::amounts::{RowAmounts, RowScales, share};
/// use rust_decimal::Decimal;
///
/// let row = RowAmounts { net: Decimal::new(100_0000, 4), tax: Decimal::new(20_00, 2) };
/// let scales = RowScales::of(&"GBP".into());
/// let first = share(row, 3.into(), 0.into(), 1.into(), scales).unwrap();
/// let second = share(row, 3.into(), 1.into(), 2.into(), scales).unwrap();
/// assert_eq!((first.net.to_string(), first.tax.to_string()), ("33.3333".into(), "6.67".into()));
/// assert_eq!((second.net.to_string(), second.tax.to_string()), ("66.6667".into(), "13.33".into()));
/// ```
pub fn share(
    row: RowAmounts,
    quantity: Decimal,
    before: Decimal,
    units: Decimal,
    scales: RowScales,
) -> Option<RowAmounts> {
    let so_far = |amount, scale| running_total(amount, before, quantity, scale);
    let credited = RowAmounts { net: so_far(row.net, scales.net)?, tax: so_far(row.tax, scales.tax)? };
    PartlyCreditedRow { whole: row, quantity, credited_units: before, credited }.share(units, scales)
}

/// A row of the order of which some units are already credited.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartlyCreditedRow {
    /// The amounts of the whole row.
    pub(crate) whole: RowAmounts,
    pub(crate) quantity: Decimal,
    pub(crate) credited_units: Decimal,
    /// The amounts that were credited for them.
    pub(crate) credited: RowAmounts,
}

impl PartlyCreditedRow {
    /// Returns the share for further units.
    ///
    /// If cancelled credits leave shares that do not add up to the running total, the share includes the difference, so
    /// that the row is credited exactly once all its units are. Only a rounding difference is included: amounts that were
    /// changed manually are not corrected.
    pub(crate) fn share(self, units: Decimal, scales: RowScales) -> Option<RowAmounts> {
        let Self { whole, quantity, credited_units, credited } = self;
        let after = credited_units.checked_add(units)?;
        let next = |amount: Decimal, credited: Decimal, scale: u32| {
            let expected = running_total(amount, credited_units, quantity, scale)?;
            let by_rounding = credited_units.checked_mul(Decimal::new(1, scale))?;
            let differs_by_rounding = credited != expected && distance(credited, expected) <= by_rounding;
            let base = if differs_by_rounding { credited } else { expected };
            running_total(amount, after, quantity, scale)?.checked_sub(base)
        };
        Some(RowAmounts {
            net: next(whole.net, credited.net, scales.net)?,
            tax: next(whole.tax, credited.tax, scales.tax)?,
        })
    }
}

fn running_total(amount: Decimal, part: Decimal, whole: Decimal, scale: u32) -> Option<Decimal> {
    Some(round(amount.checked_mul(part)?.checked_div(whole)?, scale))
}

/// Splits a gross amount by a tax rate in percent. The tax is rounded; the net amount is the remainder.
pub fn split_gross(gross: Decimal, percent: Decimal, scales: RowScales) -> Option<RowAmounts> {
    if percent.is_sign_negative() && !percent.is_zero() {
        return None;
    }
    let tax = gross.checked_mul(percent)?.checked_div(Decimal::ONE_HUNDRED.checked_add(percent)?)?;
    let tax = round(tax, scales.tax);
    Some(RowAmounts { net: round(gross.checked_sub(tax)?, scales.net), tax })
}

/// Rounds half away from zero and writes the amount with this number of decimals.
pub fn round(amount: Decimal, decimals: u32) -> Decimal {
    let mut rounded = amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(decimals);
    rounded
}

/// Returns the sum, limited to the range of [`Decimal`].
pub fn sum(amounts: impl IntoIterator<Item = Decimal>) -> Decimal {
    amounts.into_iter().fold(Decimal::ZERO, Decimal::saturating_add)
}

/// Returns the absolute difference of two amounts.
pub fn distance(left: Decimal, right: Decimal) -> Decimal {
    left.saturating_sub(right).abs()
}

/// Returns the amount with the currency's decimals if it is a whole number of minor units: half a yen cannot be
/// paid. A deviation of up to a millionth of a minor unit is ignored, because both systems send binary fractions:
/// 30.000000000000004 is 30.00.
pub fn payable(amount: Decimal, currency: &CurrencyCode) -> Option<Decimal> {
    let rounded = round(amount, currency.decimals());
    let noise = Decimal::new(1, currency.decimals().saturating_add(6));
    (distance(rounded, amount) <= noise).then_some(rounded)
}

/// Reads an amount that a person typed in: `amount:12.00`.
///
/// # Errors
/// The reason, if it is not a positive amount that can be paid in the currency.
pub(crate) fn typed_in(choice: &str, currency: &CurrencyCode) -> Result<Decimal, String> {
    let text = choice.split_once(':').map_or(choice, |(_, amount)| amount).trim();
    let amount: Decimal = text.parse().map_err(|_| format!("{text:?} is not an amount, such as 12.00"))?;
    let payable = payable(amount, currency).filter(|amount| *amount > Decimal::ZERO);
    payable.ok_or_else(|| format!("{text} is not a positive amount that can be paid in {currency}"))
}

/// Returns the amount in the form in which amounts are compared: in minor units if it is a whole number of them, else
/// unchanged.
pub fn comparable(amount: Decimal, currency: &CurrencyCode) -> Decimal {
    payable(amount, currency).unwrap_or(amount).normalize()
}

/// Returns the amount with at least the decimals of its currency. Further decimals are kept.
pub fn written(amount: Decimal, currency: &CurrencyCode) -> Decimal {
    let mut written = amount;
    if written.scale() < currency.decimals() {
        written.rescale(currency.decimals());
    }
    written
}

/// Removes trailing zeroes beyond this number of decimals.
pub fn trimmed(amount: Decimal, decimals: u32) -> Decimal {
    let mut trimmed = amount.normalize();
    if trimmed.scale() < decimals.min(amount.scale()) {
        trimmed.rescale(decimals.min(amount.scale()));
    }
    trimmed
}

/// Formats an amount with its currency, rounded to four decimals: `49.50 GBP`.
pub fn shown(amount: Decimal, currency: &CurrencyCode) -> String {
    let short = round(amount, 4).normalize();
    format!("{} {currency}", written(short, currency))
}

/// Formats the currencies in which ReturnGO reports an amount: `EUR and GBP`.
pub fn currencies(money: &Money) -> String {
    match money.shop_currency.as_ref().filter(|shop| **shop != money.currency) {
        Some(shop) => format!("{} and {shop}", money.currency),
        None => money.currency.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    fn amounts(net: Decimal, tax: Decimal) -> RowAmounts {
        RowAmounts { net, tax }
    }

    #[test]
    fn a_gross_amount_splits_by_its_rate_and_keeps_its_sum() {
        let pounds = RowScales::of(&"GBP".into());
        let yen = RowScales::of(&"JPY".into());
        for (gross, percent, scales, expected) in [
            (dec!(3.00), dec!(20), pounds, amounts(dec!(2.50), dec!(0.50))),
            (dec!(9.99), dec!(20), pounds, amounts(dec!(8.32), dec!(1.67))),
            (dec!(5.00), dec!(0), pounds, amounts(dec!(5.00), dec!(0.00))),
            (dec!(100), dec!(10), yen, amounts(dec!(91), dec!(9))),
        ] {
            let split = split_gross(gross, percent, scales).unwrap();
            assert_eq!(split, expected, "{gross} at {percent} %");
            assert_eq!(split.gross(), gross);
        }
        assert_eq!(split_gross(dec!(5), dec!(-100), pounds), None);
    }

    #[test]
    fn zero_is_never_written_with_a_sign() {
        assert_eq!(amounts(dec!(0.0000), dec!(0.00)).negated().tax.to_string(), "0.00");
    }

    #[test]
    fn what_can_be_paid_depends_on_the_minor_unit() {
        for (amount, currency, expected) in [
            (dec!(49.5), "GBP", Some("49.50")),
            (dec!(10.005), "GBP", None),
            (dec!(10.005), "KWD", Some("10.005")),
            (dec!(500.0), "JPY", Some("500")),
            (dec!(500.5), "JPY", None),
            (dec!(30.000000000000004), "GBP", Some("30.00")),
            (dec!(29.99999999), "GBP", Some("30.00")),
            (dec!(30.00000002), "GBP", None),
        ] {
            let payable = payable(amount, &currency.into()).map(|amount| amount.to_string());
            assert_eq!(payable.as_deref(), expected, "{amount} {currency}");
        }
    }

    #[test]
    fn absurd_amounts_give_none_instead_of_a_panic() {
        let row = amounts(Decimal::MAX, Decimal::MIN);
        let scales = RowScales::of(&"GBP".into());
        assert_eq!(share(row, dec!(3), dec!(1), dec!(2), scales), None);
        assert_eq!(share(row, dec!(0), dec!(0), dec!(1), scales), None);
        assert_eq!(row.gross(), Decimal::ZERO);
        assert_eq!(sum([Decimal::MAX, Decimal::MAX]), Decimal::MAX);
    }
}
