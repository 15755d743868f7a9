//! Journals of payments, closed orders and receipts (docs/evidence/brightpearl-accounting.md#journals).

use std::collections::BTreeMap;

use brightpearl::{JournalId, NominalCode, OrderId, TaxCode, order::Order};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::accounting_period;
use crate::{
    decimals::{six_decimals, two_decimals},
    gateway::{Answer, Call, Problem},
    records::{Journal, Line, Posting},
    state::{API_USER, Account},
};

/// Receivables.
pub(crate) const DEBTORS: &str = "1100";
/// Sales, for rows without a nominal code.
const SALES: &str = "4000";
/// Output tax.
const SALES_TAX: &str = "2200";
/// Inventory.
pub(crate) const STOCK: &str = "1001";
/// Cost of sales.
pub(crate) const COST_OF_SALES: &str = "5000";

/// Posts a journal. None when the accounting period of its date is closed.
pub(crate) fn post(account: &mut Account, mut posting: Posting, now: Timestamp) -> Option<JournalId> {
    if !accounting_period::is_open(account, posting.date) {
        return None;
    }
    posting.lines.retain(|line| !line.debit.is_zero());
    let id = JournalId::new(account.next_ids.journal.next());
    let first_row = account.next_ids.journal_row.next_block(posting.lines.len() as u64);
    account.journals.insert(id, Journal { id, posting, created_on: now, first_row });
    Some(id)
}

/// Posts the value of a sale or a credit when it is invoiced. A credit reverses the signs of a sale.
pub(crate) fn post_invoice(
    account: &mut Account,
    id: OrderId,
    date: Timestamp,
    now: Timestamp,
) -> Option<JournalId> {
    let order = account.orders.get(&id)?;
    let sign = if order.is_sales_credit() { Decimal::ONE } else { -Decimal::ONE };
    let mut lines = sales_lines(order);
    lines.push(Line::credit(DEBTORS, order.gross()));
    lines.iter_mut().for_each(|line| line.debit *= sign);
    let posting = Posting {
        kind: if order.is_sales_credit() { "SC" } else { "SI" },
        date,
        order: id,
        contact: order.parties.customer.as_ref().and_then(|party| party.contact_id),
        channel: order.assignment.current.channel_id,
        invoice_reference: order.invoices.first().map(|invoice| invoice.invoice_reference.clone()),
        description: None,
        currency: order.currency.order_currency_code.clone(),
        rate: order.currency.exchange_rate.unwrap_or(Decimal::ONE),
        lines,
    };
    post(account, posting, now)
}

/// Reverses the newest journal of an order's invoice at its own date, or removes it if a switch says so. Which of the two
/// Brightpearl does is not known. An invoice without a journal has nothing to reverse.
///
/// # Errors
/// Accounting is locked at the journal's date.
pub(crate) fn take_back_invoice(account: &mut Account, id: OrderId, now: Timestamp) -> Result<(), String> {
    let is_invoice =
        |journal: &&Journal| journal.posting.order == id && matches!(journal.posting.kind, "SI" | "SC");
    let Some(journal) = account.journals.values().rev().find(is_invoice) else { return Ok(()) };
    let (journal, mut posting) = (journal.id, journal.posting.clone());
    if !accounting_period::is_open(account, posting.date) {
        return Err("accounting is locked at the date of its invoice".to_owned());
    }
    if account.switches.uninvoicing_removes_the_journal {
        account.journals.remove(&journal);
    } else {
        posting.lines.iter_mut().for_each(|line| line.debit = -line.debit);
        post(account, posting, now);
    }
    Ok(())
}

/// Builds the debit lines of a credit: net by nominal code and tax by tax code, rounded so that they add up to the
/// total.
fn sales_lines(order: &Order) -> Vec<Line> {
    let mut sums: BTreeMap<(&str, Option<&str>), Decimal> = BTreeMap::new();
    for row in order.order_rows.values() {
        let value = &row.row_value;
        let tax_code = value.tax_code.as_ref().map(TaxCode::as_str);
        let nominal = row.nominal_code.as_ref().map_or(SALES, NominalCode::as_str);
        *sums.entry((nominal, tax_code)).or_default() += value.row_net.value;
        *sums.entry((SALES_TAX, tax_code)).or_default() += value.row_tax.value;
    }
    let line = |((nominal, tax_code), sum): ((&str, Option<&str>), Decimal)| Line {
        tax_code: tax_code.map(TaxCode::new),
        ..Line::debit(nominal, two_decimals(sum))
    };
    let mut lines: Vec<Line> = sums.into_iter().map(line).collect();
    let sum: Decimal = lines.iter().map(|line| line.debit).sum();
    if let Some(last) = lines.last_mut() {
        last.debit += order.gross() - sum;
    }
    lines
}

/// `GET /journal/{ids}`: the response has one more level than other resources.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?.unwrap_or_default();
    let found: Vec<Value> = ids
        .iter()
        .filter_map(|id| account.journals.get(&JournalId::new(id)))
        .map(|journal| view(account, journal))
        .collect();
    if found.is_empty() {
        return Err(Problem::not_found("No journals found"));
    }
    Ok(Answer::of(json!({ "journals": found })))
}

fn view(account: &Account, journal: &Journal) -> Value {
    let posting = &journal.posting;
    let line = |line: &Line, amount: Decimal| {
        json!({
            "nominalCode": line.nominal,
            "change": {
                "value": posting.in_base_currency(amount).to_string(), "currency": account.base_currency(),
            },
            "transactionAmount": two_decimals(amount).to_string(),
            "taxCode": line.tax_code,
            "orderId": posting.order,
            "invoiceReference": posting.invoice_reference,
            "assignment": { "channelId": posting.channel },
        })
    };
    let debit = |entry: &Line| entry.sides().0.map(|amount| line(entry, amount));
    let credit = |entry: &Line| entry.sides().1.map(|amount| line(entry, amount));
    json!({
        "id": journal.id,
        "contactId": posting.contact,
        "journalTypeCode": posting.kind,
        "taxDate": account.local(posting.date),
        "dueDate": account.local(posting.date),
        "createdOn": account.local(journal.created_on),
        "createdByContactId": API_USER,
        "description": posting.description,
        "credits": posting.lines.iter().filter_map(credit).collect::<Vec<_>>(),
        "debits": posting.lines.iter().filter_map(debit).collect::<Vec<_>>(),
        "currencyId": account.currency(&posting.currency).map(|currency| currency.id),
        "exchangeRate": six_decimals(posting.rate).to_string(),
    })
}
