//! Checks of the settings against the account: statuses, channel, payment methods, accounts and warehouses.

use std::collections::BTreeSet;

use brightpearl::{
    CurrencyCode, NominalCode, OrderStatusId, TaxCode, WarehouseId, accounting::PaymentMethod,
    order::OrderTypeCode,
};
use returngo::TransactionType;

use super::{Finding, field_map};
use crate::{
    settings::{ConnectionSettings, Posting, TenderSetting},
    tender::{self, CodeKind, PostingTarget, Tender},
    world::{AccountFacts, UnreadableEntry, WarehouseFacts},
};

/// Checks settings against the account. A form can show the findings while the settings are edited.
///
/// ```
/// use returngo_brightpearl_mapping::{AccountFacts, ConnectionSettings, check::{Mark, check_settings}};
///
/// let settings = ConnectionSettings::from_json(r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210"}"#)?;
/// let findings = check_settings(&AccountFacts::default(), &settings);
/// assert!(findings.iter().any(|finding| finding.mark == Mark::Failure && finding.subject == "refund_method_code"));
/// # Ok::<(), returngo_brightpearl_mapping::SettingsError>(())
/// ```
pub fn check_settings(account: &AccountFacts, settings: &ConnectionSettings) -> Vec<Finding> {
    let mut findings = vec![regional_settings(account), instance(account)];
    findings.extend(account.unreadable.iter().map(unreadable));
    findings.extend(tenders(account, settings));
    findings.extend(period_lock(account));
    findings.extend(statuses(account, settings));
    findings.push(channel(account, settings));
    findings.extend(postings(account, settings));
    findings.extend(warehouses(account, settings));
    findings.extend(field_map::check(account, settings));
    findings
}

/// Checks the time zone and base currency. Without the zone, a tax date can be off by one day. Without the base currency,
/// bank accounts cannot be resolved.
fn regional_settings(account: &AccountFacts) -> Finding {
    match (account.time_zone(), account.base_currency()) {
        (Some(_), Some(base)) => {
            let zone = account.time_zone_name().unwrap_or_default();
            Finding::pass("account", format!("base currency {base}, time zone {zone}"))
        }
        (None, _) => Finding::failure(
            "account",
            "the time zone is unknown",
            "read the account's configuration again; without the time zone, tax dates can be off by one day",
        ),
        (_, None) => Finding::failure(
            "account",
            "the base currency is unknown",
            "read the account's configuration again",
        ),
    }
}

fn unreadable(entry: &UnreadableEntry) -> Finding {
    Finding::warning(
        "account",
        entry.to_string(),
        "correct the entry in Brightpearl; until then, it is treated as missing, and refunds that may depend on it need review",
    )
}

fn instance(account: &AccountFacts) -> Finding {
    match account.instance_id {
        Some(id) => Finding::pass(
            "instance",
            format!("integration instance {id}: Brightpearl rejects a second credit for an RMA"),
        ),
        None => Finding::warning(
            "instance",
            "the app has no integration instance, so Brightpearl cannot reject a second credit for an RMA",
            "use an app with an instance; without one, credits are looked up by their reference before and after they are created",
        ),
    }
}

fn tenders(account: &AccountFacts, settings: &ConnectionSettings) -> Vec<Finding> {
    let Some(base) = account.base_currency() else {
        let advice = "read the account's configuration again";
        return vec![Finding::failure(
            "refund_method_code",
            "cannot be checked, because the base currency is unknown",
            advice,
        )];
    };
    let mut findings = vec![tender("refund_method_code", &settings.refund_method_code, &base, account)];
    findings.extend(other_currencies(&settings.refund_method_code, &base, account));
    for (kind, setting) in &settings.tenders {
        match setting {
            TenderSetting::Always(code) => {
                findings.push(tender(&format!("tenders.{kind}"), code, &base, account))
            }
            TenderSetting::ByCurrency(codes) => findings.extend(codes.iter().map(|(currency, code)| {
                tender(&format!("tenders.{kind}.{currency}"), code, currency, account)
            })),
        }
    }
    findings.extend(methods_of_apps(account, settings));
    let store_credit = TransactionType::RefundToStoreCredit;
    if !settings.tenders.contains_key(store_credit.as_str()) {
        let subject = format!("tenders.{store_credit}");
        findings.push(Finding::pass(subject, "not set: refunds to store credit need review"));
    }
    findings
}

/// Warns of payment methods that belong to an installed app. A refund under them may move money
/// (docs/evidence/brightpearl-accounting.md#payment-methods).
fn methods_of_apps(account: &AccountFacts, settings: &ConnectionSettings) -> Vec<Finding> {
    let codes = settings.tenders.values().flat_map(|tender| match tender {
        TenderSetting::Always(code) => vec![code.as_str()],
        TenderSetting::ByCurrency(codes) => codes.values().map(String::as_str).collect(),
    });
    let codes = [settings.refund_method_code.as_str()].into_iter().chain(codes);
    let currencies: Vec<CurrencyCode> = account
        .base_currency()
        .into_iter()
        .chain(account.currencies.iter().map(|currency| currency.code.clone()))
        .collect();
    let tenders = codes.flat_map(|code| {
        currencies.iter().filter_map(move |currency| tender::resolve(code, currency, account).ok())
    });
    let methods: BTreeSet<String> = tenders.map(|tender| tender.method.to_string()).collect();
    let is_of_app = |method: &PaymentMethod| {
        let app = method.installed_integration_id.as_deref().map(str::trim).unwrap_or_default();
        !matches!(app, "" | "0") && methods.contains(method.code.as_str())
    };
    let found = account.payment_methods.iter().filter(|method| is_of_app(method));
    let warning = |method: &PaymentMethod| {
        Finding::warning(
            format!("payment method {}", method.code),
            format!("{} belongs to an installed app: a refund under it may move money again", method.name),
            "use a method that only records, unless the app's vendor confirms that payments by API are only recorded",
        )
    };
    found.map(warning).collect()
}

/// Tells the lock of the accounting periods.
fn period_lock(account: &AccountFacts) -> Option<Finding> {
    let until = account.locked_until?;
    Some(Finding::pass(
        "accounting periods",
        format!("locked until {until}: refunds that are dated by then need review (`PeriodLocked`)"),
    ))
}

fn tender(subject: &str, code: &str, currency: &CurrencyCode, account: &AccountFacts) -> Finding {
    match tender::resolve(code, currency, account) {
        Ok(tender) => {
            let message =
                format!("{} pays refunds in {currency} through {}", described(code, &tender), tender.method);
            match &tender.posting_target {
                PostingTarget::OwnAccount(bank) => Finding::pass(
                    subject,
                    format!("{message}, posted to bank account {}", named(bank, account)),
                ),
                PostingTarget::BaseCurrencyAccount(bank) => Finding::warning(
                    subject,
                    format!("{message}, posted to the base currency's bank account {}", named(bank, account)),
                    format!("add a bank account for {currency} to the method, unless this is intended"),
                ),
                PostingTarget::Nowhere => Finding::warning(
                    subject,
                    format!(
                        "{message}, which has no bank account: refunds are marked as paid without a journal"
                    ),
                    "this is correct for vouchers and store credit; otherwise, add a bank account to the method",
                ),
            }
        }
        Err(error) => Finding::failure(
            subject,
            error.to_string(),
            "correct the setting; refunds cannot be recorded with it",
        ),
    }
}

/// Checks refunds in the account's other currencies, as far as `tenders` does not configure them.
fn other_currencies(code: &str, base: &CurrencyCode, account: &AccountFacts) -> Vec<Finding> {
    const SUBJECT: &str = "refund_method_code";
    let (mut own, mut through_base, mut unresolved) = (Vec::new(), Vec::new(), Vec::new());
    for currency in account.currencies.iter().map(|currency| &currency.code).filter(|code| *code != base) {
        match tender::resolve(code, currency, account).map(|tender| tender.posting_target) {
            Ok(PostingTarget::OwnAccount(bank)) => {
                own.push(format!("{currency} to {}", named(&bank, account)))
            }
            Ok(PostingTarget::BaseCurrencyAccount(_)) => through_base.push(currency.to_string()),
            Ok(PostingTarget::Nowhere) => {}
            Err(_) => unresolved.push(currency.to_string()),
        }
    }
    let mut findings = Vec::new();
    if !own.is_empty() {
        findings.push(Finding::pass(SUBJECT, format!("refunds in other currencies: {}", own.join(", "))));
    }
    if !through_base.is_empty() {
        findings.push(Finding::warning(
            SUBJECT,
            format!("refunds in {} are posted to the base currency's bank account", through_base.join(", ")),
            "add bank accounts for these currencies to the method, or configure other methods in `tenders`, unless this is intended",
        ));
    }
    if !unresolved.is_empty() {
        findings.push(Finding::warning(
            SUBJECT,
            format!(
                "refunds in {} cannot be recorded with this method and need review",
                unresolved.join(", ")
            ),
            "if the shop sells in these currencies, configure methods for them in `tenders`",
        ));
    }
    findings
}

fn described(code: &str, tender: &Tender) -> String {
    match tender.code_kind {
        CodeKind::MethodCode => format!("payment method {}", tender.name),
        CodeKind::BankAccount => format!("bank account {code} ({})", tender.name),
    }
}

fn named(code: &NominalCode, account: &AccountFacts) -> String {
    match account.nominal_codes.iter().find(|nominal| nominal.code == *code) {
        Some(nominal) => format!("{code} {}", nominal.name),
        None => code.to_string(),
    }
}

fn statuses(account: &AccountFacts, settings: &ConnectionSettings) -> Vec<Finding> {
    let named = [
        ("sales_credit_status_id", settings.sales_credit_status_id),
        ("complete_status_id", settings.complete_status_id),
        ("cancelled_status_id", settings.cancelled_status_id),
    ];
    let chosen = named.into_iter().filter_map(|(subject, id)| Some(status(subject, id?, account)));
    let default = settings.sales_credit_status_id.is_none().then(|| {
        let status = account.configuration.new_sales_credit_status();
        let status =
            status.map_or_else(|| "their default status".to_owned(), |id| format!("status {id} by default"));
        Finding::pass("sales_credit_status_id", format!("not set: new credits get {status}"))
    });
    default.into_iter().chain(chosen).collect()
}

fn status(subject: &str, id: OrderStatusId, account: &AccountFacts) -> Finding {
    let advice = "choose an active sales credit status of the account";
    match account.order_statuses.iter().find(|status| status.status_id == id) {
        None => Finding::failure(subject, format!("order status {id} does not exist"), advice),
        Some(status) if status.order_type_code != OrderTypeCode::SalesCredit => Finding::failure(
            subject,
            format!(
                "status {id} ({}) is for orders of type {}, not for sales credits",
                status.name, status.order_type_code
            ),
            advice,
        ),
        Some(status) if status.disabled => {
            Finding::failure(subject, format!("status {id} ({}) is disabled", status.name), advice)
        }
        Some(status) => Finding::pass(subject, format!("status {id} ({})", status.name)),
    }
}

fn channel(account: &AccountFacts, settings: &ConnectionSettings) -> Finding {
    const SUBJECT: &str = "sales_credit_channel_id";
    let Some(id) = settings.sales_credit_channel_id else {
        return Finding::pass(SUBJECT, "not set: credits get the channel of the original order");
    };
    match account.channels.iter().find(|channel| channel.id == id) {
        Some(channel) => Finding::pass(SUBJECT, format!("channel {id} ({})", channel.name)),
        None => Finding::failure(
            SUBJECT,
            format!("channel {id} does not exist"),
            "choose one of the account's channels",
        ),
    }
}

fn postings(account: &AccountFacts, settings: &ConnectionSettings) -> Vec<Finding> {
    let named = [
        ("fees.restocking", &settings.fees.restocking),
        ("fees.return", &settings.fees.returning),
        ("fees.shipment", &settings.fees.shipment),
        ("adjustments", &settings.adjustments),
    ];
    named
        .into_iter()
        .filter_map(|(subject, posting)| Some(self::posting(subject, posting.as_ref()?, account)))
        .collect()
}

fn posting(subject: &str, posting: &Posting, account: &AccountFacts) -> Finding {
    let Posting { nominal_code, tax_code } = posting;
    let nominal = account.nominal_codes.iter().find(|nominal| nominal.code == *nominal_code);
    match (nominal, account.tax_code(tax_code)) {
        (None, _) => Finding::failure(
            subject,
            format!("nominal code {nominal_code} does not exist"),
            "choose a nominal code from the chart of accounts",
        ),
        (Some(nominal), _) if !nominal.active => Finding::failure(
            subject,
            format!("nominal code {nominal_code} ({}) is inactive", nominal.name),
            "choose an active nominal code",
        ),
        (_, None) => Finding::failure(
            subject,
            format!("tax code {} does not exist", quoted(tax_code)),
            "choose one of the account's tax codes",
        ),
        (Some(nominal), Some(rate)) => Finding::pass(
            subject,
            format!(
                "posted to {nominal_code} ({}) with tax code {tax_code} at {} %",
                nominal.name,
                rate.percent().normalize()
            ),
        ),
    }
}

fn quoted(code: &TaxCode) -> String {
    format!("`{code}`")
}

/// Checks the warehouses. If the quarantine of a warehouse is unknown, its units show as received, never as quarantined.
fn warehouses(account: &AccountFacts, settings: &ConnectionSettings) -> Vec<Finding> {
    let named = settings
        .warehouses
        .iter()
        .map(|(method, id)| warehouse(&format!("warehouses.{method}"), *id, account));
    let named: Vec<Finding> = named.collect();
    if settings.warehouses.contains_key("default") {
        return named;
    }
    // Without a default, parcels go to the order's own warehouse, which may be any of the account's.
    let others =
        account.warehouses.iter().filter(|facts| !settings.warehouses.values().any(|id| *id == facts.id));
    named.into_iter().chain(others.map(|facts| quarantine("warehouses", facts))).collect()
}

fn warehouse(subject: &str, id: WarehouseId, account: &AccountFacts) -> Finding {
    match account.warehouse(id) {
        Some(facts) => quarantine(subject, facts),
        None => Finding::failure(
            subject,
            format!("warehouse {id} does not exist"),
            "choose one of the account's warehouses",
        ),
    }
}

fn quarantine(subject: &str, facts: &WarehouseFacts) -> Finding {
    match facts.quarantine_location_id {
        Some(location) => {
            Finding::pass(subject, format!("warehouse {}, quarantine at location {location}", facts.id))
        }
        None => Finding::warning(
            subject,
            format!("the quarantine location of warehouse {} is unknown", facts.id),
            "read the account's warehouses again; until then, goods received there show as received, never as quarantined",
        ),
    }
}
