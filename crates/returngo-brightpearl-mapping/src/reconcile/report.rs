//! The report: the lines of a period, their totals, and their output.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use api_client_core::wire;
use brightpearl::{CurrencyCode, NominalCode};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use returngo::RmaId;
use rust_decimal::Decimal;
use serde::Serialize;

use super::line::{Amount, Line, LineCode};
use crate::amounts;

/// A period of calendar days in the account's time zone, both ends included. A missing end is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Days {
    from: Option<Date>,
    to: Option<Date>,
}

/// The first day is after the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid period: {from} is after {to}")]
pub struct InvalidDays {
    from: Date,
    to: Date,
}

impl Days {
    /// Creates a period.
    ///
    /// # Errors
    /// If the last day is before the first.
    pub fn new(from: Option<Date>, to: Option<Date>) -> Result<Self, InvalidDays> {
        match (from, to) {
            (Some(from), Some(to)) if from > to => Err(InvalidDays { from, to }),
            _ => Ok(Self { from, to }),
        }
    }

    /// Whether a day is in the period.
    pub fn contains(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// Returns the start of the first day in this zone.
    pub fn begin(&self, zone: &TimeZone) -> Option<Timestamp> {
        midnight(self.from?, zone)
    }

    /// Returns the end of the last day in this zone.
    pub fn end(&self, zone: &TimeZone) -> Option<Timestamp> {
        midnight(self.to?.checked_add(1.day()).ok()?, zone)
    }
}

fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    day.to_zoned(zone.clone()).ok().map(|midnight| midnight.timestamp())
}

/// The reconciliation of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The period.
    #[serde(flatten)]
    pub days: Days,
    /// The lines, by RMA.
    pub lines: Vec<Line>,
    /// The totals of the lines.
    pub totals: Vec<Total>,
    /// Objects that could not be read. Their refunds may be missing from the lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreconciled: Vec<UnreconciledItem>,
}

/// An object that may have a refund and could not be reconciled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UnreconciledItem {
    /// The RMA, if it is known.
    pub rma_id: Option<RmaId>,
    /// The object, and why it could not be reconciled.
    pub reason: String,
}

impl UnreconciledItem {
    /// Creates the entry of an RMA.
    pub fn rma(rma: RmaId, reason: impl Into<String>) -> Self {
        Self { rma_id: Some(rma), reason: reason.into() }
    }

    /// Creates the entry of an object whose RMA is unknown.
    pub fn other(reason: impl Into<String>) -> Self {
        Self { rma_id: None, reason: reason.into() }
    }
}

impl fmt::Display for UnreconciledItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rma_id {
            Some(rma) => write!(f, "RMA {rma}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl Report {
    /// Creates the report of a period. A line about a credit has no day: it is kept with the RMA's other lines, or if it is
    /// the only line of the RMA.
    pub fn new(days: Days, lines: impl IntoIterator<Item = Line>) -> Self {
        let lines: Vec<Line> = lines.into_iter().collect();
        let on = |line: &Line| line.date.is_some_and(|date| days.contains(date));
        let dated: BTreeSet<&RmaId> = rmas(&lines, |line| line.date.is_some());
        let kept: BTreeSet<&RmaId> = rmas(&lines, on);
        let belongs = |line: &&Line| match line.date {
            Some(_) => on(line),
            None => kept.contains(&line.rma_id) || !dated.contains(&line.rma_id),
        };
        let lines: Vec<Line> = lines.iter().filter(belongs).cloned().collect();
        Self { days, totals: totals(&lines), lines, unreconciled: Vec::new() }
    }

    /// Adds objects that could not be reconciled.
    #[must_use]
    pub fn with_unreconciled(mut self, unreconciled: impl IntoIterator<Item = UnreconciledItem>) -> Self {
        self.unreconciled.extend(unreconciled);
        self.unreconciled.sort();
        self.unreconciled.dedup();
        self
    }

    /// Iterates over the lines with a difference.
    pub fn differences(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.code != LineCode::Matched)
    }
}

fn rmas(lines: &[Line], which: impl Fn(&Line) -> bool) -> BTreeSet<&RmaId> {
    lines.iter().filter(|line| which(line)).map(|line| &line.rma_id).collect()
}

/// A summary: the number of refunds and differences.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refunds = self.lines.iter().filter(|line| line.refunded.is_some()).count();
        let differences = self.differences().count();
        match (differences, self.unreconciled.len()) {
            (0, 0) => write!(f, "Refunds: {refunds}, all matched."),
            (_, 0) => write!(f, "Refunds: {refunds}. Differences: {differences}, each with the next step."),
            (_, unreconciled) => write!(
                f,
                "Refunds: {refunds}. Differences: {differences}. Not reconciled: {unreconciled}; compare these manually in both \
                 systems."
            ),
        }
    }
}

/// The total of one currency and bank account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Total {
    /// The currency.
    pub currency: CurrencyCode,
    /// The bank account. `None` if there is none or it is unknown.
    pub bank_account: Option<NominalCode>,
    /// The number of refunds in ReturnGO.
    pub refunds: usize,
    /// Their sum.
    #[serde(with = "wire::decimal")]
    pub refunded: Decimal,
    /// The number of payments in Brightpearl.
    pub payments: usize,
    /// Their sum.
    #[serde(with = "wire::decimal")]
    pub recorded: Decimal,
}

impl Total {
    /// Returns the refunded minus the recorded amount.
    pub fn difference(&self) -> Decimal {
        self.refunded.saturating_sub(self.recorded)
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { currency, refunds, refunded, payments, recorded, .. } = self;
        match &self.bank_account {
            Some(code) => write!(f, "bank account {code}: ")?,
            None => f.write_str("no bank account: ")?,
        }
        let shown = |amount| amounts::shown(amount, currency);
        write!(f, "{} refunded ({refunds}), {} recorded ({payments})", shown(*refunded), shown(*recorded))?;
        match self.difference() {
            difference if difference.is_zero() => Ok(()),
            difference => write!(f, ", difference {}", shown(difference)),
        }
    }
}

/// Returns the totals of lines by currency and bank account.
pub fn totals<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Vec<Total> {
    let mut totals: BTreeMap<(CurrencyCode, Option<NominalCode>), Total> = BTreeMap::new();
    let mut total = |amount: &Amount, bank_account: &Option<NominalCode>, add: fn(&mut Total, Decimal)| {
        let (currency, bank_account) = (amount.currency.clone(), bank_account.clone());
        let total = totals.entry((currency.clone(), bank_account.clone())).or_insert_with(|| Total {
            currency,
            bank_account,
            refunds: 0,
            refunded: Decimal::ZERO,
            payments: 0,
            recorded: Decimal::ZERO,
        });
        add(total, amount.value);
    };
    for line in lines {
        if let Some(refunded) = &line.refunded {
            total(refunded, &line.bank_account, |total, value| {
                total.refunds += 1;
                total.refunded = total.refunded.saturating_add(value);
            });
        }
        if let Some(recorded) = &line.recorded {
            total(recorded, &line.bank_account, |total, value| {
                total.payments += 1;
                total.recorded = total.recorded.saturating_add(value);
            });
        }
    }
    totals.into_values().collect()
}

/// The columns of a report in CSV. Other programs read them: names and order are stable.
pub const COLUMNS: [&str; 13] = [
    "date",
    "rma_id",
    "code",
    "refunded",
    "refunded_currency",
    "recorded",
    "recorded_currency",
    "bank_account",
    "transaction_id",
    "sales_credit_id",
    "payment_id",
    "journal_id",
    "message",
];

/// The columns of a report in a table for people. CSV and JSON also contain the ids.
pub const TABLE_COLUMNS: [&str; 6] =
    ["day", "RMA", "refunded", "recorded", "bank", "difference and next step"];

impl Line {
    /// Returns the line's table cells, one for each of [`TABLE_COLUMNS`]. Missing values are empty.
    pub fn table_cells(&self) -> [String; TABLE_COLUMNS.len()] {
        [
            text(self.date),
            self.rma_id.to_string(),
            text(self.refunded.as_ref()),
            text(self.recorded.as_ref()),
            text(self.bank_account.as_ref()),
            self.to_string(),
        ]
    }

    /// Returns the line's CSV cells, one for each of [`COLUMNS`]. Missing values are empty.
    pub fn cells(&self) -> [String; COLUMNS.len()] {
        let (refunded, recorded) = (self.refunded.as_ref(), self.recorded.as_ref());
        [
            text(self.date),
            self.rma_id.to_string(),
            self.code.to_string(),
            text(refunded.map(|amount| amount.value)),
            text(refunded.map(|amount| &amount.currency)),
            text(recorded.map(|amount| amount.value)),
            text(recorded.map(|amount| &amount.currency)),
            text(self.bank_account.as_ref()),
            text(self.transaction_id.as_ref()),
            text(self.sales_credit_id),
            text(self.payment_id),
            text(self.journal_id),
            self.message.clone(),
        ]
    }
}

fn text(value: Option<impl fmt::Display>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
