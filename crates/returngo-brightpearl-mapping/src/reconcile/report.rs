//! The lines of some days, what they add up to, and how they go out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use brightpearl::{CurrencyCode, NominalCode};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use returngo::RmaId;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Amount, Line, LineCode};
use crate::amounts;

/// Calendar days in the account's time zone, both ends included. Without an end it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Days {
    from: Option<Date>,
    to: Option<Date>,
}

/// Days that end before they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{from} is after {to}: expected the first day before the last")]
pub struct InvalidDays {
    from: Date,
    to: Date,
}

impl Days {
    /// All days from the one to the other.
    ///
    /// # Errors
    /// When the last day is before the first.
    pub fn new(from: Option<Date>, to: Option<Date>) -> Result<Self, InvalidDays> {
        match (from, to) {
            (Some(from), Some(to)) if from > to => Err(InvalidDays { from, to }),
            _ => Ok(Self { from, to }),
        }
    }

    /// Whether a day is one of them.
    pub fn contains(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// When the first day begins in this zone.
    pub fn begin(&self, zone: &TimeZone) -> Option<Timestamp> {
        midnight(self.from?, zone)
    }

    /// When the last day is over in this zone.
    pub fn end(&self, zone: &TimeZone) -> Option<Timestamp> {
        midnight(self.to?.checked_add(1.day()).ok()?, zone)
    }
}

fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    day.to_zoned(zone.clone()).ok().map(|midnight| midnight.timestamp())
}

/// What was reconciled, for some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The days.
    #[serde(flatten)]
    pub days: Days,
    /// The lines, by RMA.
    pub lines: Vec<Line>,
    /// What they add up to.
    pub totals: Vec<Total>,
    /// What could not be read, so that refunds of these days may be missing above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreconciled: Vec<UnreconciledItem>,
}

/// Something that may be a refund, or have one, and could not be reconciled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnreconciledItem {
    /// The RMA, where it is known.
    pub rma_id: Option<RmaId>,
    /// What it is, and why it could not be reconciled.
    pub reason: String,
}

impl UnreconciledItem {
    /// Of an RMA.
    pub fn rma(rma: RmaId, reason: impl Into<String>) -> Self {
        Self { rma_id: Some(rma), reason: reason.into() }
    }

    /// Of something of which the RMA is not known.
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
    /// The lines of these days. A line about a credit has no day: it belongs to the RMA's other lines, and
    /// stays where it is the only one.
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

    /// The same report, with what could not be reconciled.
    #[must_use]
    pub fn with_unreconciled(mut self, unreconciled: impl IntoIterator<Item = UnreconciledItem>) -> Self {
        self.unreconciled.extend(unreconciled);
        self.unreconciled.sort();
        self.unreconciled.dedup();
        self
    }

    /// The lines that say that something is the matter.
    pub fn differences(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.code != LineCode::Matched)
    }
}

fn rmas(lines: &[Line], which: impl Fn(&Line) -> bool) -> BTreeSet<&RmaId> {
    lines.iter().filter(|line| which(line)).map(|line| &line.rma_id).collect()
}

/// In words: how many lines there are, and how many of them need somebody.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refunds = self.lines.iter().filter(|line| line.refunded.is_some()).count();
        let differences = self.differences().count();
        match (differences, self.unreconciled.len()) {
            (0, 0) => write!(f, "Refunds: {refunds}, all matched."),
            (_, 0) => write!(f, "Refunds: {refunds}. Differences: {differences}, each with what to do next."),
            (_, unreconciled) => write!(
                f,
                "Refunds: {refunds}. Differences: {differences}. Not reconciled: {unreconciled}; find these in both systems \
                 and compare them by hand."
            ),
        }
    }
}

/// What was refunded and recorded in one currency through one bank account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Total {
    /// The currency.
    pub currency: CurrencyCode,
    /// The bank account; none where there is none or it is not known.
    pub bank_account: Option<NominalCode>,
    /// How many refunds ReturnGO made.
    pub refunds: usize,
    /// Their sum.
    pub refunded: Decimal,
    /// How many payments Brightpearl has.
    pub payments: usize,
    /// Their sum.
    pub recorded: Decimal,
}

impl Total {
    /// What is refunded beyond what is recorded; negative when more is recorded.
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

/// What lines add up to, by currency and bank account.
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

/// The columns of a report as a table or as CSV. Programs of others read them: names and order stay.
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

impl Line {
    /// The line's cells, one for each of [`COLUMNS`]; what there is none of is empty.
    pub fn cells(&self) -> [String; COLUMNS.len()] {
        fn text(value: Option<impl fmt::Display>) -> String {
            value.map(|value| value.to_string()).unwrap_or_default()
        }
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
