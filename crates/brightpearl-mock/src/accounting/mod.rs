//! `accounting-service`: payments, payment methods, nominal codes, tax codes, currencies.

pub(crate) mod currency;
pub(crate) mod customer_payment;
pub(crate) mod nominal_code;
pub(crate) mod payment_method;
pub(crate) mod tax_code;
