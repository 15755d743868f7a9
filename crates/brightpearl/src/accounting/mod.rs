//! `accounting-service`: payments, payment methods, bank accounts, journals, periods, tax codes, currencies.

pub mod accounting_period;
pub mod contact_balance;
pub mod currency;
pub mod customer_payment;
pub mod exchange_rate;
pub mod journal;
pub mod nominal_code;
pub mod payment_method;
pub mod sale_payment_total;
pub mod tax_code;

pub use accounting_period::{AccountingPeriod, AccountingPeriodLock, NewAccountingPeriod};
pub use currency::{Currency, CurrencyColumn, CurrencySearch};
pub use customer_payment::{
    CustomerPayment, CustomerPaymentColumn, CustomerPaymentSearch, NewCustomerPayment, PaymentType,
};
pub use exchange_rate::{ExchangeRate, NewExchangeRate};
pub use journal::{
    Journal, JournalAmount, JournalAssignment, JournalColumn, JournalLine, JournalRow, JournalSearch,
    JournalTypeCode, TaxReconciliation,
};
pub use nominal_code::{
    NominalAccount, NominalCodeColumn, NominalCodeRow, NominalCodeSearch, NominalCodeType,
};
pub use payment_method::{
    BankAccountLink, NewPaymentMethod, PaymentMethod, PaymentMethodColumn, PaymentMethodRow,
    PaymentMethodSearch,
};
pub use sale_payment_total::SalePaymentTotal;
pub use tax_code::TaxRate;
