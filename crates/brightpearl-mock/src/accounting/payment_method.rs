//! Payment methods (docs/evidence/brightpearl-accounting.md#payment-methods).

use std::collections::BTreeSet;

use brightpearl::{
    CurrencyCode, IntegrationId, NominalCode, PaymentMethodCode, PaymentMethodId,
    accounting::{BankAccountLink, PaymentMethod},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    search::{Column, Kind, Table, no_names},
    state::Account,
};

/// `GET /payment-method[/{ids}]`.
pub(crate) fn list(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?;
    let wanted = |method: &&PaymentMethod| {
        ids.as_ref().is_none_or(|ids| method.id.is_some_and(|id| ids.contains(id.get())))
    };
    let found: Vec<_> = account.payment_methods.iter().filter(wanted).collect();
    Answer::non_empty(found, "No payment methods found")
}

/// A row of the search: a method with one of its currencies, or without any. One row for each currency is an
/// assumption.
struct Row {
    method: PaymentMethod,
    bank_account: Option<BankAccountLink>,
}

const METHODS: Table<Row> = Table {
    columns: &[
        Column::new("id", Kind::IdSet, |row| json!(row.method.id)),
        Column::new("code", Kind::SearchText, |row| json!(row.method.code)),
        Column::new("name", Kind::SearchText, |row| json!(row.method.name)),
        Column::new("active", Kind::Boolean, |row| json!(row.method.is_active)),
        Column::new("currency", Kind::SearchText, |row| {
            json!(row.bank_account.as_ref().map(|account| &account.currency_iso_code))
        }),
        Column::new("bank_account", Kind::SearchText, |row| {
            json!(row.bank_account.as_ref().map(|account| &account.bank_account_nominal_code))
        }),
    ],
    sort: "code",
};

/// `GET /payment-method-search`: the columns `active` and `bank_account` have other names in the resource.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let mut rows = Vec::new();
    for method in &account.payment_methods {
        let row = |bank_account| Row { method: method.clone(), bank_account };
        if method.bank_accounts.is_empty() {
            rows.push(row(None));
        }
        rows.extend(method.bank_accounts.iter().cloned().map(Some).map(row));
    }
    METHODS.search(rows.iter(), call, &no_names)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MethodBody {
    name: Option<String>,
    code: Option<String>,
    #[serde(default)]
    is_active: bool,
    #[serde(default)]
    bank_accounts: Vec<BankAccountLink>,
    installed_integration_id: Option<IntegrationId>,
}

/// Returns the integration that a method belongs to, as the resource shows it: a text, `0` for none.
pub(crate) fn owner(integration: Option<IntegrationId>) -> String {
    integration.map_or_else(|| "0".to_owned(), |id| id.to_string())
}

/// The maximum length of a code.
const MAX_CODE: usize = 32;

/// `POST /payment-method`.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let method = check(account, call.body()?, None)?;
    let id = PaymentMethodId::new(account.next_ids.payment_method.next());
    account.payment_methods.push(with_id(method, id));
    Ok(Answer::of(id))
}

/// `PUT /payment-method/{id}`: replaces the whole method.
pub(crate) fn replace(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let id: PaymentMethodId = call.id(0)?;
    let place = account.payment_methods.iter().position(|method| method.id == Some(id));
    let method = check(account, call.body()?, Some(id))?;
    let stored = place.and_then(|place| account.payment_methods.get_mut(place));
    let stored = stored.ok_or_else(|| Problem::not_found(format!("Cannot find payment method: {id}")))?;
    *stored = with_id(method, id);
    Ok(Answer::nothing())
}

fn with_id(mut method: PaymentMethod, id: PaymentMethodId) -> PaymentMethod {
    method.id = Some(id);
    method.bank_accounts.iter_mut().for_each(|account| account.payment_method_id = Some(id));
    method
}

/// Checks a payment method. Name and code are unique, ignoring case. If there are bank accounts, one must be for the
/// base currency.
fn check(account: &Account, body: MethodBody, id: Option<PaymentMethodId>) -> Result<PaymentMethod, Problem> {
    let refused = |message: String| Problem::client(placeholder_codes::PAYMENT_METHOD, message);
    let name =
        body.name.filter(|name| !name.is_empty()).ok_or_else(|| refused("name is required".to_owned()))?;
    let code = body.code.filter(|code| (1..=MAX_CODE).contains(&code.chars().count()));
    let code =
        code.ok_or_else(|| refused(format!("code must have 1 to {MAX_CODE} characters")))?.to_uppercase();
    let mut others = account.payment_methods.iter().filter(|other| id.is_none() || other.id != id);
    if others.any(|other| other.name.eq_ignore_ascii_case(&name) || other.code.as_str() == code) {
        return Err(refused(format!("There is a payment method {name} or {code} already")));
    }
    let mut currencies = BTreeSet::new();
    for BankAccountLink { currency_iso_code: currency, bank_account_nominal_code: nominal, .. } in
        &body.bank_accounts
    {
        if account.nominal_codes.iter().all(|known| known.code != *nominal) {
            return Err(refused(format!("There is no nominal code {nominal}")));
        }
        if account.currency(currency).is_none() {
            return Err(refused(format!("The currency {currency} is not set up")));
        }
        if !currencies.insert(currency.as_str()) {
            return Err(refused(format!("{currency} has two bank accounts")));
        }
    }
    let base = account.base_currency();
    if !currencies.is_empty() && !currencies.contains(base.as_str()) {
        return Err(refused(format!("One of the bank accounts must be for {base}")));
    }
    Ok(PaymentMethod {
        id: None,
        name,
        code: PaymentMethodCode::new(code),
        is_active: body.is_active,
        bank_accounts: body.bank_accounts,
        installed_integration_id: Some(owner(body.installed_integration_id)),
    })
}

/// Returns the bank account that a payment posts to: the method's account for the payment's currency, or else for the
/// base currency (docs/evidence/brightpearl-accounting.md#payment-rules). None if there is no such method or account.
pub(crate) fn bank_account<'a>(
    account: &'a Account,
    code: &PaymentMethodCode,
    currency: &CurrencyCode,
) -> Option<&'a NominalCode> {
    let method = account.payment_method(code)?;
    method.bank_account(currency).or_else(|| method.bank_account(&account.base_currency()))
}
