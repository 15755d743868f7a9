//! The connection check: whether returns can go through with these settings on this account, finding by
//! finding, before the first one does.

use std::fmt;

use brightpearl::{CurrencyCode, NominalCode, OrderStatusId, TaxCode, WarehouseId, order::OrderTypeCode};
use serde::Serialize;

use crate::{
    settings::{ConnectionSettings, Posting, TenderSetting},
    tender::{self, NamedBy, PostsTo, Tender},
    world::AccountFacts,
};

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it turned out.
    pub mark: Mark,
    /// What was checked: a setting's name, or a fact of the account.
    pub subject: String,
    /// What was found.
    pub message: String,
    /// What to do about it; none when nothing is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// How a check turned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mark {
    /// It is as it has to be.
    Pass,
    /// Returns go through; somebody should look.
    Warning,
    /// Returns would fail, or go wrong.
    Failure,
}

impl Finding {
    fn pass(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self { mark: Mark::Pass, subject: subject.into(), message: message.into(), advice: None }
    }

    fn warning(subject: impl Into<String>, message: impl Into<String>, advice: impl Into<String>) -> Self {
        let advice = Some(advice.into());
        Self { mark: Mark::Warning, subject: subject.into(), message: message.into(), advice }
    }

    fn failure(subject: impl Into<String>, message: impl Into<String>, advice: impl Into<String>) -> Self {
        let advice = Some(advice.into());
        Self { mark: Mark::Failure, subject: subject.into(), message: message.into(), advice }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.mark {
            Mark::Pass => "✓",
            Mark::Warning => "!",
            Mark::Failure => "✗",
        };
        write!(f, "{mark} {}: {}", self.subject, self.message)?;
        match &self.advice {
            Some(advice) => write!(f, " → {advice}"),
            None => Ok(()),
        }
    }
}

/// Checks settings against the account's own set-up.
///
/// ```
/// use returngo_brightpearl::{AccountFacts, ConnectionSettings, check::{Mark, check}};
///
/// let settings = ConnectionSettings::from_json(r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210"}"#)?;
/// let findings = check(&AccountFacts::default(), &settings);
/// assert!(findings.iter().any(|finding| finding.mark == Mark::Failure && finding.subject == "refund_method_code"));
/// # Ok::<(), returngo_brightpearl::SettingsError>(())
/// ```
pub fn check(account: &AccountFacts, settings: &ConnectionSettings) -> Vec<Finding> {
    let mut findings = vec![books(account), instance(account)];
    findings.extend(tenders(account, settings));
    findings.extend(statuses(account, settings));
    findings.push(channel(account, settings));
    findings.extend(postings(account, settings));
    findings.extend(warehouses(account, settings));
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
    findings
}

fn tender(subject: &str, code: &str, currency: &CurrencyCode, account: &AccountFacts) -> Finding {
    match tender::resolve(code, currency, account) {
        Ok(tender) => {
            let message =
                format!("{} pays refunds in {currency} through {}", described(code, &tender), tender.method);
            match &tender.posts_to {
                PostsTo::OwnAccount(bank) => Finding::pass(
                    subject,
                    format!("{message}, posted to bank account {}", named(bank, account)),
                ),
                PostsTo::BaseCurrencyAccount(bank) => Finding::warning(
                    subject,
                    format!("{message}, posted to the base currency's bank account {}", named(bank, account)),
                    format!("give the method a bank account for {currency}, unless that is meant"),
                ),
                PostsTo::Nowhere => Finding::warning(
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

fn described(code: &str, tender: &Tender) -> String {
    match tender.named_by {
        NamedBy::MethodCode => format!("payment method {}", tender.name),
        NamedBy::BankAccount => format!("bank account {code} ({})", tender.name),
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
    settings
        .warehouses
        .iter()
        .map(|(method, id)| warehouse(&format!("warehouses.{method}"), *id, account))
        .collect()
}

fn warehouse(subject: &str, id: WarehouseId, account: &AccountFacts) -> Finding {
    match account.warehouse(id) {
        None => Finding::failure(
            subject,
            format!("there is no warehouse {id}"),
            "choose one of the account's warehouses",
        ),
        Some(facts) => match facts.quarantine_location_id {
            Some(location) => {
                Finding::pass(subject, format!("warehouse {id}, quarantine at location {location}"))
            }
            None => Finding::warning(
                subject,
                format!("the quarantine of warehouse {id} is not known"),
                "read the account's warehouses again; what is received there shows as received, never as quarantined",
            ),
        },
    }
}
