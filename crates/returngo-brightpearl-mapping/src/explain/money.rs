//! The explanation of refunds, adjustments and notes.

use brightpearl::{accounting::NewCustomerPayment, order::NewOrderRow};
use returngo::Transaction;
use rust_decimal::Decimal;

use super::ExplanationContext;
use crate::{
    amounts,
    decisions::SettledReviews,
    keys,
    plan::{Effect, RefundState},
    refund::{self, MoneyFlow},
    rma_facts,
    tender::{self, CodeKind, PostingTarget},
};

/// Explains the payment of a refund. `number` is the position of the effect in the plan.
pub(super) fn payment(
    case: &ExplanationContext<'_>,
    number: usize,
    body: &NewCustomerPayment,
) -> Vec<String> {
    let Some(transaction) = transaction_of(case, body.transaction_ref.as_deref()) else { return Vec::new() };
    let currency = &body.currency_iso_code;
    let amount = amounts::shown(body.amount_paid, currency);
    let paid = case.plan.state.credit.as_ref().map_or(Decimal::ZERO, |credit| credit.paid);
    let (planned, added) = planned_before(case, number);
    let total =
        case.plan.state.credit.as_ref().map_or(Decimal::ZERO, |credit| credit.gross).saturating_add(added);
    let after = paid.saturating_add(planned).saturating_add(body.amount_paid);
    vec![
        format!(
            "{amount}: {} {} of {} has the status {}",
            transaction.kind,
            transaction.id,
            amount_of(transaction),
            transaction.status
        ),
        tender(case, transaction, body),
        format!("{} of {} paid afterwards", amounts::shown(after, currency), amounts::shown(total, currency)),
    ]
}

/// Returns the payments and adjustments of earlier effects.
fn planned_before(case: &ExplanationContext<'_>, number: usize) -> (Decimal, Decimal) {
    let mut sums = (Decimal::ZERO, Decimal::ZERO);
    for effect in case.plan.effects.iter().take(number - 1) {
        match effect {
            Effect::RecordPayment { body, .. } => sums.0 = sums.0.saturating_add(body.amount_paid),
            Effect::AddOrderRow { body, .. } => sums.1 = sums.1.saturating_add(gross(body)),
            _ => {}
        }
    }
    sums
}

fn gross(row: &NewOrderRow) -> Decimal {
    row.row_value.row_net.value.saturating_add(row.row_value.row_tax.value)
}

fn tender(case: &ExplanationContext<'_>, transaction: &Transaction, body: &NewCustomerPayment) -> String {
    let currency = &body.currency_iso_code;
    let code = case.settings.tender(&transaction.kind, currency).unwrap_or_default();
    let setting = match case.settings.tenders.get(transaction.kind.as_str()) {
        Some(tender) if tender.in_currency(currency).is_some() => "tenders",
        _ => "refund_method_code",
    };
    let Ok(tender) = tender::resolve(code, currency, &case.world.account) else { return String::new() };
    let named = match tender.code_kind {
        CodeKind::MethodCode => format!("payment method {}", tender.method),
        CodeKind::BankAccount => format!("the bank account of payment method {}", tender.method),
    };
    let posts = match &tender.posting_target {
        PostingTarget::OwnAccount(bank) => format!("posted to {bank}"),
        PostingTarget::BaseCurrencyAccount(bank) => {
            format!(
                "posted to {bank}, the account for the base currency, because there is none for {currency}"
            )
        }
        PostingTarget::Nowhere => "not posted, because the method has no bank account".to_owned(),
    };
    format!("`{setting}` is {code}, {named}; {posts}")
}

/// Explains an adjustment row.
pub(super) fn adjustment(case: &ExplanationContext<'_>, row: &NewOrderRow) -> Vec<String> {
    let Some(credit) = &case.plan.state.credit else { return Vec::new() };
    vec![format!(
        "{} including tax, split by the rate of tax code {}: the excess of the refund over the credit (`adjustments`)",
        amounts::shown(gross(row), &credit.currency),
        row.row_value.tax_code
    )]
}

/// Explains a note.
pub(super) fn note(case: &ExplanationContext<'_>, key: &str) -> Vec<String> {
    let rma = case.world.rma.id();
    if keys::is_adopted(key) {
        return vec![
            "the credit has exactly the RMA's units, and no other RMA holds it (`existing_credit` is `adopt`)".to_owned(),
            "all other writes wait for this note: a credit belongs to one RMA only".to_owned(),
        ];
    }
    let transactions = rma_facts::transactions(&case.world.rma);
    let about = transactions.into_iter().find(|transaction| keys::note(rma, &transaction.id) == key);
    about
        .map(|transaction| match refund::money_flow(transaction) {
            MoneyFlow::MoneyIn => {
                format!("{} {}: a payment by the shopper, not a refund", transaction.kind, transaction.id)
            }
            _ => format!("{} {}: recorded manually (`refunds` is `note`)", transaction.kind, transaction.id),
        })
        .into_iter()
        .collect()
}

fn transaction_of<'w>(case: &ExplanationContext<'w>, key: Option<&str>) -> Option<&'w Transaction> {
    let rma = case.world.rma.id();
    let transactions = rma_facts::transactions(&case.world.rma);
    transactions.into_iter().find(|transaction| Some(keys::refund(rma, &transaction.id).as_str()) == key)
}

/// Lists the state of each transaction.
pub(super) fn transactions(case: &ExplanationContext<'_>) -> Vec<String> {
    let transactions = rma_facts::transactions(&case.world.rma);
    let states = transactions.iter().zip(&case.plan.state.refunds);
    let settled = SettledReviews::of(&case.world.decisions);
    states
        .map(|(transaction, status)| {
            let state = match status.state {
                _ if settled.transaction(&transaction.id) => {
                    "settled manually, so nothing is written for it".to_owned()
                }
                RefundState::NotSynchronized => {
                    "not synchronized: the return method of its units is skipped, or a person decided so"
                        .to_owned()
                }
                RefundState::Pending => pending(case, transaction),
                RefundState::Recorded => {
                    format!(
                        "recorded with the reference {}",
                        keys::refund(case.world.rma.id(), &transaction.id)
                    )
                }
                RefundState::NeedsReview => "needs review, see below".to_owned(),
                RefundState::NotARefund => "not a refund".to_owned(),
                RefundState::Failed => "no money was transferred".to_owned(),
            };
            format!(
                "{} {} of {}, {}: {state}",
                transaction.kind,
                transaction.id,
                amount_of(transaction),
                transaction.status
            )
        })
        .collect()
}

fn amount_of(transaction: &Transaction) -> String {
    let money = &transaction.amount;
    let paid = amounts::shown(money.amount, &money.currency);
    match money.shop_amount.zip(money.shop_currency.as_ref()) {
        Some((amount, currency)) if *currency != money.currency => {
            format!("{paid} ({} in the shop)", amounts::shown(amount, currency))
        }
        _ => paid,
    }
}

fn pending(case: &ExplanationContext<'_>, transaction: &Transaction) -> String {
    let key = keys::refund(case.world.rma.id(), &transaction.id);
    let is_planned = case.plan.effects.iter().any(|effect| effect.key().starts_with(&key));
    if is_planned {
        "recorded by this plan".to_owned()
    } else if refund::money_flow(transaction) == MoneyFlow::RefundRequested {
        "waiting for ReturnGO to report success".to_owned()
    } else {
        "waiting for the credit".to_owned()
    }
}
