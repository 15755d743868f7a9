//! Builders for RMAs of every status, with every fee, resolution and inspection.

mod item;
mod rma;

use returngo::{CurrencyCode, Money};
use rust_decimal::Decimal;

pub use self::{item::ItemBuilder, rma::RmaBuilder};

fn money(amount: Decimal, currency: &CurrencyCode) -> Money {
    Money {
        amount,
        currency: currency.clone(),
        shop_amount: Some(amount),
        shop_currency: Some(currency.clone()),
    }
}
