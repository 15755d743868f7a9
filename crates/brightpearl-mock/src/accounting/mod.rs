//! `accounting-service`: payments, payment methods, journals, nominal codes, tax codes, currencies, periods.

pub(crate) mod accounting_period;
pub(crate) mod balances;
pub(crate) mod chart_of_accounts;
pub(crate) mod currency;
pub(crate) mod customer_payment;
pub(crate) mod journal;
pub(crate) mod journal_search;
pub(crate) mod payment_method;
