//! What an account offers to choose from, each choice with the value that goes into the settings.

use brightpearl::{accounting::PaymentMethod, order::OrderTypeCode};
use returngo_brightpearl_mapping::world::AccountFacts;
use serde_json::{Value, json};

/// Choices as a person reads them, and their values. No value leaves the setting out.
pub(super) struct Choices {
    pub shown: Vec<String>,
    pub values: Vec<Option<Value>>,
}

impl Choices {
    fn new(choices: impl IntoIterator<Item = (String, Option<Value>)>) -> Self {
        let (shown, values) = choices.into_iter().unzip();
        Self { shown, values }
    }
}

/// Payment methods with a bank account: money that is refunded leaves it.
pub(super) fn refund_methods(account: &AccountFacts) -> Choices {
    let methods = account.payment_methods.iter();
    let usable = methods.filter(|method| method.is_active && !method.bank_accounts.is_empty());
    Choices::new(usable.map(|method| (describe(method, account), Some(json!(method.code)))))
}

/// All payment methods; vouchers have no bank account.
pub(super) fn store_credit_methods(account: &AccountFacts) -> Choices {
    let ask = ("none: a person is asked each time".to_owned(), None);
    let active = account.payment_methods.iter().filter(|method| method.is_active);
    let methods = active.map(|method| (describe(method, account), Some(json!(method.code))));
    Choices::new([ask].into_iter().chain(methods))
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

/// Statuses that a sales credit can have.
pub(super) fn statuses(account: &AccountFacts) -> Choices {
    let default = ("the account's default".to_owned(), None);
    let usable = account
        .order_statuses
        .iter()
        .filter(|status| status.order_type_code == OrderTypeCode::SalesCredit && !status.disabled);
    let statuses = usable
        .map(|status| (format!("{}, {}", status.status_id, status.name), Some(json!(status.status_id))));
    Choices::new([default].into_iter().chain(statuses))
}

pub(super) fn channels(account: &AccountFacts) -> Choices {
    let of_the_order = ("that of the order".to_owned(), None);
    let channels = account
        .channels
        .iter()
        .map(|channel| (format!("{}, {}", channel.id, channel.name), Some(json!(channel.id))));
    Choices::new([of_the_order].into_iter().chain(channels))
}

pub(super) fn triggers() -> Choices {
    Choices::new([
        ("when the RMA is approved".to_owned(), None),
        ("when ReturnGO says that the parcel arrived".to_owned(), Some(json!("received"))),
        ("when ReturnGO says that the items were inspected".to_owned(), Some(json!("validated"))),
    ])
}
