//! `journal-search`: one row for each journal line (docs/evidence/brightpearl-accounting.md#journals).

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    decimals::{six_decimals, two_decimals},
    gateway::{Answer, Call, Problem},
    records::{Journal, Line},
    search::{Column, Kind, Table, no_names},
    state::{API_USER, Account},
};

/// A journal line with the values of its journal.
struct Row {
    journal: Journal,
    line: Line,
    id: u64,
    /// Times and ids in the account's format.
    date: Value,
    created_on: Value,
    currency: Value,
    tax_code: Value,
}

impl Row {
    fn debit(&self) -> Option<Decimal> {
        self.line.sides().0
    }

    fn credit(&self) -> Option<Decimal> {
        self.line.sides().1
    }

    /// Formats an amount as text. The empty side of a line is zero.
    fn in_base_currency(&self, amount: Option<Decimal>) -> Value {
        json!(self.journal.posting.in_base_currency(amount.unwrap_or_default()).to_string())
    }
}

fn money(amount: Option<Decimal>) -> Value {
    json!(two_decimals(amount.unwrap_or_default()).to_string())
}

type LineColumn = Column<Row>;

/// The columns in Brightpearl's order. Columns that the mock does not support are null.
const LINES: Table<Row> = Table {
    columns: &[
        LineColumn::new("journalId", Kind::IdSet, |row| json!(row.journal.id)),
        LineColumn::new("journalType", Kind::Text, |row| json!(row.journal.posting.kind)),
        LineColumn::new("orderId", Kind::IdSet, |row| json!(row.journal.posting.order)),
        LineColumn::new("invoiceReference", Kind::Text, |row| json!(row.journal.posting.invoice_reference)),
        LineColumn::new("channelId", Kind::IdSet, |row| json!(row.journal.posting.channel)),
        LineColumn::new("nominalCode", Kind::Text, |row| json!(row.line.nominal)),
        LineColumn::new("journalDate", Kind::Period, |row| row.date.clone()),
        LineColumn::new("journalDebit", Kind::Text, |row| row.in_base_currency(row.debit())),
        LineColumn::new("journalCredit", Kind::Text, |row| row.in_base_currency(row.credit())),
        LineColumn::new("journalRef", Kind::Text, |row| json!(row.journal.posting.description)),
        LineColumn::new("currencyId", Kind::IdSet, |row| row.currency.clone()),
        LineColumn::new("exchangeRate", Kind::Text, |row| {
            json!(six_decimals(row.journal.posting.rate).to_string())
        }),
        LineColumn::new("transactionDebit", Kind::Text, |row| money(row.debit())),
        LineColumn::new("transactionCredit", Kind::Text, |row| money(row.credit())),
        LineColumn::new("projectId", Kind::IdSet, |_| Value::Null),
        LineColumn::new("leadSourceId", Kind::IdSet, |_| Value::Null),
        LineColumn::new("contactId", Kind::IdSet, |row| json!(row.journal.posting.contact)),
        LineColumn::new("journalDueDate", Kind::Period, |row| row.date.clone()),
        LineColumn::new("journalDateEntered", Kind::Period, |row| row.created_on.clone()),
        LineColumn::new("createdContactId", Kind::IdSet, |_| json!(API_USER)),
        LineColumn::new("taxCodeId", Kind::IdSet, |row| row.tax_code.clone()),
        LineColumn::new("taxReconciliationDate", Kind::Period, |_| Value::Null),
        LineColumn::new("taxPeriodId", Kind::IdSet, |_| Value::Null),
        LineColumn::new("journalRowId", Kind::IdSet, |row| json!(row.id)),
    ],
    sort: "journalRowId",
};

/// `GET /journal-search`.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let rows: Vec<Row> = account.journals.values().flat_map(|journal| rows(account, journal)).collect();
    LINES.search(rows.iter(), call, &no_names)
}

fn rows(account: &Account, journal: &Journal) -> Vec<Row> {
    let row = |(id, line): (u64, &Line)| Row {
        journal: journal.clone(),
        line: line.clone(),
        id,
        date: json!(account.local(journal.posting.date)),
        created_on: json!(account.local(journal.created_on)),
        currency: json!(account.currency(&journal.posting.currency).map(|currency| currency.id)),
        tax_code: json!(line.tax_code.as_ref().and_then(|code| account.tax_rate(code)).map(|rate| rate.id)),
    };
    (journal.first_row..).zip(&journal.posting.lines).map(row).collect()
}
