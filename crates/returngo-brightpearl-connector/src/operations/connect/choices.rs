//! The choices that an account offers for the settings of a connection.

use brightpearl::{accounting::PaymentMethod, order::OrderTypeCode};
use returngo_brightpearl_mapping::world::AccountFacts;
use serde::Serialize;
use serde_json::{Value, json};

/// A choice for a setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// The choice, for people.
    pub label: String,
    /// The value of the setting; `None` leaves the setting out.
    pub value: Option<Value>,
}

impl Choice {
    fn new(label: impl Into<String>, value: Option<Value>) -> Self {
        Self { label: label.into(), value }
    }
}

/// Returns the payment methods for refunds: those with a bank account.
pub fn refund_methods(account: &AccountFacts) -> Vec<Choice> {
    let methods = account.payment_methods.iter();
    let usable = methods.filter(|method| method.is_active && !method.bank_accounts.is_empty());
    usable.map(|method| Choice::new(describe(method, account), Some(json!(method.code)))).collect()
}

/// Returns the payment methods for refunds to store credit: all, because vouchers have no bank account.
pub fn store_credit_methods(account: &AccountFacts) -> Vec<Choice> {
    let none = Choice::new("none: each refund needs review", None);
    let active = account.payment_methods.iter().filter(|method| method.is_active);
    let methods = active.map(|method| Choice::new(describe(method, account), Some(json!(method.code))));
    [none].into_iter().chain(methods).collect()
}

fn describe(method: &PaymentMethod, account: &AccountFacts) -> String {
    let accounts = method.bank_accounts.iter().map(|link| {
        let code = &link.bank_account_nominal_code;
        let name = account.nominal_codes.iter().find(|nominal| nominal.code == *code);
        let name = name.map(|nominal| format!(" {}", nominal.name)).unwrap_or_default();
        format!("{}: {code}{name}", link.currency_iso_code)
    });
    match accounts.collect::<Vec<_>>().as_slice() {
        [] => format!("{}, {}: no bank account, no journal", method.code, method.name),
        accounts => format!("{}, {} ({})", method.code, method.name, accounts.join("; ")),
    }
}

/// Returns the statuses that a sales credit can have.
pub fn statuses(account: &AccountFacts) -> Vec<Choice> {
    let default = Choice::new("the account's default", None);
    let usable = account
        .order_statuses
        .iter()
        .filter(|status| status.order_type_code == OrderTypeCode::SalesCredit && !status.disabled);
    let statuses = usable.map(|status| {
        Choice::new(format!("{}, {}", status.status_id, status.name), Some(json!(status.status_id)))
    });
    [default].into_iter().chain(statuses).collect()
}

/// Returns the channels that a sales credit can have.
pub fn channels(account: &AccountFacts) -> Vec<Choice> {
    let of_the_order = Choice::new("that of the order", None);
    let channels = account
        .channels
        .iter()
        .map(|channel| Choice::new(format!("{}, {}", channel.id, channel.name), Some(json!(channel.id))));
    [of_the_order].into_iter().chain(channels).collect()
}

/// Returns the events that can create the sales credit.
pub fn triggers() -> Vec<Choice> {
    vec![
        Choice::new("when the RMA is approved", None),
        Choice::new("when ReturnGO says that the parcel arrived", Some(json!("received"))),
        Choice::new("when ReturnGO says that the items were inspected", Some(json!("validated"))),
    ]
}
