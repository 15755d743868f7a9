//! What the configured refund method code stands for.

use returngo_brightpearl_mapping::{
    tender::{CodeKind, PostingTarget, TenderError, resolve},
    world::{AccountList, UnreadableEntry},
};

use crate::worlds::account;

#[test]
fn a_code_is_a_method_or_the_bank_account_that_one_method_posts_to() {
    let account = account("approved");
    for (code, currency, method, code_kind, posting_target) in [
        ("STRIPE_UK", "GBP", "STRIPE_UK", CodeKind::MethodCode, PostingTarget::OwnAccount(nominal("1210"))),
        ("stripe_uk", "GBP", "STRIPE_UK", CodeKind::MethodCode, PostingTarget::OwnAccount(nominal("1210"))),
        ("1210", "GBP", "STRIPE_UK", CodeKind::BankAccount, PostingTarget::OwnAccount(nominal("1210"))),
        (
            "1210",
            "USD",
            "STRIPE_UK",
            CodeKind::BankAccount,
            PostingTarget::BaseCurrencyAccount(nominal("1210")),
        ),
        ("1200", "GBP", "BANK", CodeKind::BankAccount, PostingTarget::OwnAccount(nominal("1200"))),
        ("BANK", "USD", "BANK", CodeKind::MethodCode, PostingTarget::OwnAccount(nominal("1220"))),
        ("STORE_CREDIT", "JPY", "STORE_CREDIT", CodeKind::MethodCode, PostingTarget::Nowhere),
    ] {
        let tender = resolve(code, &currency.into(), &account).unwrap();
        assert_eq!((tender.method.as_str(), tender.code_kind), (method, code_kind), "{code} {currency}");
        assert_eq!(tender.posting_target, posting_target, "{code} {currency}");
    }
}

fn nominal(code: &str) -> brightpearl::NominalCode {
    brightpearl::NominalCode::new(code)
}

#[test]
fn a_code_that_would_lose_the_accounting_is_refused_with_advice() {
    let mut account = account("approved");
    account.currencies =
        serde_json::from_str(r#"[{"id": 1, "code": "GBP"}, {"id": 2, "code": "USD"}]"#).unwrap();
    let mut second = account.payment_methods[0].clone();
    second.code = brightpearl::PaymentMethodCode::new("ADYEN");
    account.payment_methods.push(second);
    account.payment_methods[1].bank_accounts.remove(0);
    for (code, currency, expected) in [
        ("9999", "GBP", "`9999` is neither"),
        ("1100", "GBP", "account 1100 (Debtors) is not a bank account"),
        ("1290", "GBP", "bank account 1290 (Old bank account) is inactive"),
        ("OLD_GATEWAY", "GBP", "payment method Old gateway (`OLD_GATEWAY`) is inactive"),
        ("1220", "GBP", "bank account 1220 (Dollar account) is not held in GBP"),
        ("1200", "GBP", "no active payment method posts to bank account 1200"),
        ("1210", "GBP", "several payment methods post to bank account 1210: ADYEN, STRIPE_UK"),
        ("BANK", "JPY", "payment method Bank transfer (`BANK`) has no bank account for JPY or GBP"),
    ] {
        let error = resolve(code, &currency.into(), &account).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{code} {currency}: {error}");
    }
}

#[test]
fn a_method_in_the_refunds_own_currency_comes_before_one_in_another() {
    let mut account = account("approved");
    let mut dollars = account.payment_methods[0].clone();
    dollars.code = brightpearl::PaymentMethodCode::new("STRIPE_US");
    dollars.bank_accounts[0].currency_iso_code = "USD".into();
    account.payment_methods.push(dollars);
    for (currency, method) in [("GBP", "STRIPE_UK"), ("USD", "STRIPE_US")] {
        assert_eq!(resolve("1210", &currency.into(), &account).unwrap().method.as_str(), method);
    }
    let error = resolve("1210", &"JPY".into(), &account).unwrap_err();
    assert!(matches!(error, TenderError::SeveralMethods { .. }), "{error}");
}

#[test]
fn an_entry_that_cannot_be_read_is_asked_about_where_it_might_be_the_one_that_matters() {
    let mut whole = account("approved");
    whole.currencies =
        serde_json::from_str(r#"[{"id": 1, "code": "GBP"}, {"id": 2, "code": "USD"}]"#).unwrap();
    let without = |list: AccountList| {
        let mut account = whole.clone();
        match &list {
            AccountList::NominalCodes => account.nominal_codes.retain(|known| known.code.as_str() != "1210"),
            AccountList::Currencies => account.currencies.clear(),
            _ => {}
        }
        let (entry, reason) = ("row 3 (id 7)".to_owned(), "at `code`: invalid type".to_owned());
        account.unreadable = vec![UnreadableEntry { list, entry, reason }];
        account
    };
    // The code of a method that can be read is what it says, whatever else cannot be read.
    for list in AccountList::KNOWN {
        assert!(resolve("STRIPE_UK", &"GBP".into(), &without(list.clone())).is_ok(), "{list}");
    }
    // The code of a bank account: another method may post to it, or it may be held in another currency.
    for (list, code) in [
        (AccountList::PaymentMethods, "1210"),
        (AccountList::PaymentMethods, "UNREAD"),
        (AccountList::NominalCodes, "1210"),
        (AccountList::Currencies, "1220"),
    ] {
        let error = resolve(code, &"GBP".into(), &without(list.clone())).unwrap_err();
        assert!(matches!(error, TenderError::UnreadableEntry { .. }), "{list} {code}: {error}");
        assert!(error.to_string().contains("row 3 (id 7) cannot be decoded: at `code`"), "{error}");
    }
    for list in [AccountList::TaxCodes, AccountList::Channels, AccountList::OrderStatuses] {
        assert!(resolve("1210", &"GBP".into(), &without(list.clone())).is_ok(), "{list}");
    }
}
