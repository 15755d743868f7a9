//! `accounting-service`: payments, payment methods, journals, nominal codes, tax codes, currencies, periods.

pub(crate) mod accounting_period;
pub(crate) mod contact_balance;
pub(crate) mod currency;
pub(crate) mod customer_payment;
pub(crate) mod exchange_rate;
pub(crate) mod journal;
pub(crate) mod journal_search;
pub(crate) mod nominal_code;
pub(crate) mod payment_method;
pub(crate) mod sale_payment_total;
pub(crate) mod tax_code;

pub(crate) use accounting_period::StoredPeriod;
pub(crate) use exchange_rate::StoredRate;
pub(crate) use journal::Journal;
