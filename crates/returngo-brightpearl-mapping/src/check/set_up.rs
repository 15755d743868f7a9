//! The settings against the account's own set-up: statuses, channel, payment methods, accounts, warehouses.

use brightpearl::{CurrencyCode, NominalCode, OrderStatusId, TaxCode, WarehouseId, order::OrderTypeCode};
use returngo::TransactionType;

use super::{Finding, field_map};
use crate::{
    settings::{ConnectionSettings, Posting, TenderSetting},
    tender::{self, CodeKind, PostingTarget, Tender},
    world::{AccountFacts, UnreadableEntry, WarehouseFacts},
};

/// Checks settings against the account's own set-up: what a form can show while it is filled in.
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
    let mut findings = vec![books(account), instance(account)];
    findings.extend(account.unreadable.iter().map(unreadable));
    findings.extend(tenders(account, settings));
    findings.extend(statuses(account, settings));
    findings.push(channel(account, settings));
    findings.extend(postings(account, settings));
    findings.extend(warehouses(account, settings));
    findings.extend(field_map::check(account, settings));
    findings
}

/// Without the zone a tax date may slip by a day, without the base currency accounts cannot be told apart.
fn books(account: &AccountFacts) -> Finding {
    match (account.time_zone(), account.base_currency()) {
        (Some(_), Some(base)) => {
            let zone = account.time_zone_name().unwrap_or_default();
            Finding::pass("account", format!("books in {base}, time zone {zone}"))
        }
        (None, _) => Finding::failure(
            "account",
            "the time zone is not known",
            "read the account's configuration again; tax dates would slip by a day without it",
        ),
        (_, None) => Finding::failure(
            "account",
            "the base currency is not known",
            "read the account's configuration again",
        ),
    }
}

fn unreadable(entry: &UnreadableEntry) -> Finding {
    Finding::warning(
        "account",
        entry.to_string(),
        "correct the entry in Brightpearl; until then it counts as missing, and refunds that may need it wait for a person",
    )
}

fn instance(account: &AccountFacts) -> Finding {
    match account.instance_id {
        Some(id) => Finding::pass(
            "instance",
            format!("integration instance {id}: Brightpearl refuses a second credit for an RMA"),
        ),
        None => Finding::warning(
            "instance",
            "the caller has no integration instance, so Brightpearl cannot refuse a second credit for an RMA",
            "credits are looked up by their reference before and after instead; an app with an instance is safer",
        ),
    }
}

fn tenders(account: &AccountFacts, settings: &ConnectionSettings) -> Vec<Finding> {
    let Some(base) = account.base_currency() else {
        let advice = "read the account's configuration again";
        return vec![Finding::failure(
            "refund_method_code",
            "cannot be checked while the base currency is not known",
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
    let store_credit = TransactionType::RefundToStoreCredit;
    if !settings.tenders.contains_key(store_credit.as_str()) {
        let subject = format!("tenders.{store_credit}");
        findings.push(Finding::pass(subject, "not set: refunds to store credit wait for a person"));
    }
    findings
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
                    format!("give the method a bank account for {currency}, unless that is meant"),
                ),
                PostingTarget::Nowhere => Finding::warning(
                    subject,
                    format!(
                        "{message}, which has no bank account: refunds are marked as paid and no journal is made"
                    ),
                    "right for vouchers and store credit; give the method a bank account otherwise",
                ),
            }
        }
        Err(error) => {
            Finding::failure(subject, error.to_string(), "correct it: no refund can be recorded under it")
        }
    }
}

/// What becomes of refunds in the account's other currencies, unless `tenders` says otherwise.
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
            "give the method bank accounts for them, or name other methods under `tenders`, unless that is meant",
        ));
    }
    if !unresolved.is_empty() {
        findings.push(Finding::warning(
            SUBJECT,
            format!(
                "refunds in {} cannot be recorded under it and will wait for a person",
                unresolved.join(", ")
            ),
            "name methods for them under `tenders` if the shop sells in these currencies",
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
            status.map_or_else(|| "its default".to_owned(), |id| format!("status {id}, its default"));
        Finding::pass("sales_credit_status_id", format!("not set: the account gives new credits {status}"))
    });
    default.into_iter().chain(chosen).collect()
}

fn status(subject: &str, id: OrderStatusId, account: &AccountFacts) -> Finding {
    let advice = "choose one of the account's sales credit statuses that is in use";
    match account.order_statuses.iter().find(|status| status.status_id == id) {
        None => Finding::failure(subject, format!("there is no order status {id}"), advice),
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
            format!("there is no channel {id}"),
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
            format!("there is no nominal code {nominal_code}"),
            "choose one from the chart of accounts",
        ),
        (Some(nominal), _) if !nominal.active => Finding::failure(
            subject,
            format!("nominal code {nominal_code} ({}) is inactive", nominal.name),
            "choose one that is in use",
        ),
        (_, None) => Finding::failure(
            subject,
            format!("there is no tax code {}", quoted(tax_code)),
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

/// A warehouse whose quarantine is not known shows units as received and never as quarantined.
fn warehouses(account: &AccountFacts, settings: &ConnectionSettings) -> Vec<Finding> {
    let named = settings
        .warehouses
        .iter()
        .map(|(method, id)| warehouse(&format!("warehouses.{method}"), *id, account));
    let named: Vec<Finding> = named.collect();
    if settings.warehouses.contains_key("default") {
        return named;
    }
    // Without a default, parcels go to the order's own warehouse, which may be any.
    let others =
        account.warehouses.iter().filter(|facts| !settings.warehouses.values().any(|id| *id == facts.id));
    named.into_iter().chain(others.map(|facts| quarantine("warehouses", facts))).collect()
}

fn warehouse(subject: &str, id: WarehouseId, account: &AccountFacts) -> Finding {
    match account.warehouse(id) {
        Some(facts) => quarantine(subject, facts),
        None => Finding::failure(
            subject,
            format!("there is no warehouse {id}"),
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
            format!("the quarantine of warehouse {} is not known", facts.id),
            "read the account's warehouses again; what is received there shows as received, never as quarantined",
        ),
    }
}
