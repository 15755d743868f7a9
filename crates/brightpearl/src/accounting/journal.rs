//! Journals: proof that accounting was made (docs/evidence/brightpearl-accounting.md#journals).
//!
//! Brightpearl posts them itself: `SC` when a credit is closed, `SR` when a refund is recorded under a method
//! that has a bank account, `SG` when returned goods come in. Posting by hand (`/journal-entry/`) is not
//! modelled: its fields are not documented.
//!
//! ```
//! use brightpearl::{OrderId, accounting::{JournalSearch, JournalTypeCode, journal}};
//!
//! let refunds = JournalSearch::new().order(&OrderId::new(300955)).journal_type(&JournalTypeCode::SalesReceipt);
//! let request = journal::search(&refunds);
//! let uri = "/accounting-service/journal-search?orderId=300955&journalType=SR";
//! assert_eq!(request.uri(), uri);
//! ```

use api_client_core::{
    CurrencyCode, Endpoint, HttpResponse, Idempotency, Method, OffsetDateTime, decode::DecodeError,
    open_enum, wire,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    IdSet, answer,
    ids::{
        ChannelId, ContactId, CurrencyId, JournalId, LeadSourceId, NominalCode, OrderId, ProjectId, TaxCode,
        TaxCodeId,
    },
    request::Request,
    search::{Page, Period, SearchQuery, searchable},
};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/accounting-service/journal/{journalIds}", Idempotency::Read);
const SEARCH: Endpoint = Endpoint::new(Method::Get, "/accounting-service/journal-search", Idempotency::Read);

open_enum! {
    /// What a journal is about.
    pub enum JournalTypeCode {
        /// A sales credit was raised.
        SalesCredit = "SC",
        /// Money from a customer, and a refund to one.
        SalesReceipt = "SR",
        /// Goods in on a customer return. Older accounts show `IA` or `JJ`.
        SalesCreditGoodsIn = "SG",
        /// An inventory correction or write-off.
        InventoryAdjustment = "IA",
        /// A sales invoice.
        SalesInvoice = "SI",
        /// Goods out.
        GoodsOut = "GO",
        /// Goods in on a purchase.
        PurchaseGoodsIn = "PG",
        /// A bank payment.
        BankPayment = "BP",
        /// A bank receipt.
        BankReceipt = "BR",
        /// A transfer between bank accounts.
        BankTransfer = "BT",
        /// Written by hand.
        Manual = "JJ",
        /// A landed cost.
        LandedCost = "LC",
    }
}

/// A journal with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Journal {
    /// The journal.
    pub id: JournalId,
    /// Whose it is.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// What it is about.
    pub journal_type_code: JournalTypeCode,
    /// The tax date.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub tax_date: Option<OffsetDateTime>,
    /// The due date.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub due_date: Option<OffsetDateTime>,
    /// When it was made.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub created_on: Option<OffsetDateTime>,
    /// Who made it.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub created_by_contact_id: Option<ContactId>,
    /// The tax return it is in. A journal in one cannot be edited.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub tax_reconciliation: Option<TaxReconciliation>,
    /// The description: a payment's `journalRef`.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The credit lines.
    #[serde(default, with = "wire::null_is_default")]
    pub credits: Vec<JournalLine>,
    /// The debit lines.
    #[serde(default, with = "wire::null_is_default")]
    pub debits: Vec<JournalLine>,
    /// The transaction's currency.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub currency_id: Option<CurrencyId>,
    /// Units of transaction currency for one of base currency.
    #[serde(default, with = "wire::optional_decimal", skip_serializing_if = "Option::is_none")]
    pub exchange_rate: Option<Decimal>,
}

impl Journal {
    /// Whether a line posts to this account. A refund's `SR` journal credits the bank account of its payment
    /// method (docs/evidence/brightpearl-accounting.md#refund-method-code-and-bank-account).
    pub fn posts_to(&self, account: &NominalCode) -> bool {
        self.credits.iter().chain(&self.debits).any(|line| line.nominal_code == *account)
    }
}

/// The tax return that a journal is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TaxReconciliation {
    /// When it was reconciled.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub date: Option<OffsetDateTime>,
    /// The tax period.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub tax_period_id: Option<u64>,
}

/// A line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct JournalLine {
    /// The account.
    pub nominal_code: NominalCode,
    /// The amount in base currency.
    pub change: JournalAmount,
    /// The amount in the transaction's currency.
    #[serde(default, with = "wire::optional_decimal", skip_serializing_if = "Option::is_none")]
    pub transaction_amount: Option<Decimal>,
    /// The tax code.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<TaxCode>,
    /// The order.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The invoice reference, such as `SC-12`.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub invoice_reference: Option<String>,
    /// Channel, project and lead source.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub assignment: Option<JournalAssignment>,
}

/// An amount in base currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JournalAmount {
    /// The amount.
    #[serde(with = "wire::decimal")]
    pub value: Decimal,
    /// The currency.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub currency: Option<CurrencyCode>,
}

/// What a journal line is assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct JournalAssignment {
    /// The sales channel.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// The project.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// The lead source.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub lead_source_id: Option<LeadSourceId>,
}

/// A line of a journal, as `journal-search` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct JournalRow {
    /// The journal.
    pub journal_id: Option<JournalId>,
    /// What it is about.
    pub journal_type: Option<JournalTypeCode>,
    /// The order.
    pub order_id: Option<OrderId>,
    /// The invoice reference.
    pub invoice_reference: Option<String>,
    /// The sales channel.
    pub channel_id: Option<ChannelId>,
    /// The account.
    pub nominal_code: Option<NominalCode>,
    /// The tax date.
    pub journal_date: Option<OffsetDateTime>,
    /// Debited, in base currency.
    #[serde(default, with = "wire::optional_decimal")]
    pub journal_debit: Option<Decimal>,
    /// Credited, in base currency.
    #[serde(default, with = "wire::optional_decimal")]
    pub journal_credit: Option<Decimal>,
    /// The reference; a number on some accounts, kept unchanged.
    pub journal_ref: Option<serde_json::Value>,
    /// The transaction's currency.
    pub currency_id: Option<CurrencyId>,
    /// Units of transaction currency for one of base currency.
    #[serde(default, with = "wire::optional_decimal")]
    pub exchange_rate: Option<Decimal>,
    /// Debited, in the transaction's currency.
    #[serde(default, with = "wire::optional_decimal")]
    pub transaction_debit: Option<Decimal>,
    /// Credited, in the transaction's currency.
    #[serde(default, with = "wire::optional_decimal")]
    pub transaction_credit: Option<Decimal>,
    /// The project.
    pub project_id: Option<ProjectId>,
    /// The lead source.
    pub lead_source_id: Option<LeadSourceId>,
    /// Whose it is.
    pub contact_id: Option<ContactId>,
    /// The due date.
    pub journal_due_date: Option<OffsetDateTime>,
    /// When it was made.
    pub journal_date_entered: Option<OffsetDateTime>,
    /// Who made it.
    pub created_contact_id: Option<ContactId>,
    /// The tax code.
    pub tax_code_id: Option<TaxCodeId>,
    /// When its tax return was made.
    pub tax_reconciliation_date: Option<OffsetDateTime>,
    /// The tax period.
    pub tax_period_id: Option<u64>,
    /// The line.
    pub journal_row_id: Option<u64>,
}

searchable! {
    /// Finds lines of journals: one row a line.
    pub struct JournalSearch for JournalRow, at SEARCH {
        /// Of these journals.
        ids(IdSet<JournalId>) = "journalId",
        /// Of journals about this.
        journal_type(JournalTypeCode) = "journalType",
        /// Naming this order.
        order(OrderId) = "orderId",
        /// With this invoice reference.
        invoice_reference(str) = "invoiceReference",
        /// Posting to this account.
        nominal_code(NominalCode) = "nominalCode",
        /// Of this contact.
        contact(ContactId) = "contactId",
        /// Of this channel.
        channel(ChannelId) = "channelId",
        /// With a tax date in this period.
        journal_date(Period) = "journalDate",
        /// Made in this period.
        entered(Period) = "journalDateEntered",
    }

    /// The columns of a search of journal lines, as [`JournalSearch::columns`] takes them.
    pub enum JournalColumn {
        JournalId = "journalId",
        JournalType = "journalType",
        OrderId = "orderId",
        InvoiceReference = "invoiceReference",
        ChannelId = "channelId",
        NominalCode = "nominalCode",
        JournalDate = "journalDate",
        JournalDebit = "journalDebit",
        JournalCredit = "journalCredit",
        JournalRef = "journalRef",
        CurrencyId = "currencyId",
        ExchangeRate = "exchangeRate",
        TransactionDebit = "transactionDebit",
        TransactionCredit = "transactionCredit",
        ProjectId = "projectId",
        LeadSourceId = "leadSourceId",
        ContactId = "contactId",
        JournalDueDate = "journalDueDate",
        JournalDateEntered = "journalDateEntered",
        CreatedContactId = "createdContactId",
        TaxCodeId = "taxCodeId",
        TaxReconciliationDate = "taxReconciliationDate",
        TaxPeriodId = "taxPeriodId",
        JournalRowId = "journalRowId",
    }
}

/// Requests journals by id.
#[inline]
pub fn get(ids: &IdSet<JournalId>) -> Request<Vec<Journal>> {
    Request::new(GET, &[ids], read).empty_when_absent()
}

/// The journals stand one level deeper than other resources do.
fn read(answer: &HttpResponse) -> Result<Vec<Journal>, DecodeError> {
    #[derive(Deserialize)]
    struct Payload {
        journals: Vec<Journal>,
    }
    answer::payload::<Payload>(answer).map(|payload| payload.journals)
}

/// Requests one page of journal lines.
#[inline]
pub fn search(search: &JournalSearch) -> Request<Page<JournalRow>> {
    search.request()
}

/// The journals of an account: [`Client::journals`](crate::Client::journals).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Journals<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Journals<'_> {
    /// Gets journals by id; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<JournalId>) -> Result<Vec<Journal>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }

    /// Searches for journal lines.
    pub fn search(&self, search: JournalSearch) -> crate::client::Results<JournalSearch> {
        crate::client::Results::new(self.0, search)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_of_a_refund_names_its_bank_account() {
        let answer = HttpResponse {
            status: 200,
            headers: Default::default(),
            body: br#"{"response":{"journals":[{"id":902114,"contactId":5012,"journalTypeCode":"SR",
                "credits":[{"nominalCode":"1210","change":{"value":"83.90"},"transactionAmount":"83.90","orderId":418820}],
                "debits":[{"nominalCode":"1100","change":{"value":"83.90"},"transactionAmount":"83.90","taxCode":"T9"}],
                "currencyId":1,"exchangeRate":"1.000000"}]}}"#
                .to_vec(),
        };
        let journals = get(&JournalId::new(902114).into()).read(&answer).unwrap();
        let [journal] = journals.as_slice() else { panic!("{journals:?}") };
        assert_eq!(journal.journal_type_code, JournalTypeCode::SalesReceipt);
        assert!(journal.posts_to(&NominalCode::new("1210")) && !journal.posts_to(&NominalCode::new("1200")));
    }
}
