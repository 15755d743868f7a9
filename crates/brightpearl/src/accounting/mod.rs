//! `accounting-service`: payments, payment methods, bank accounts, tax codes, currencies.

pub mod currency;
pub mod customer_payment;
pub mod nominal_code;
pub mod payment_method;
pub mod tax_code;

pub use currency::{Currency, CurrencySearch};
pub use customer_payment::{CustomerPayment, CustomerPaymentSearch, NewCustomerPayment, PaymentType};
pub use nominal_code::{NominalAccount, NominalCodeType};
pub use payment_method::{BankAccountLink, PaymentMethod};
pub use tax_code::TaxRate;
