//! The reviews about refunds, with the choices that answer them.

use brightpearl::{
    PaymentId,
    accounting::{CustomerPayment, NewCustomerPayment},
    order::Order,
};
use returngo::TransactionId;
use rust_decimal::Decimal;

use super::{
    context::RefundContext,
    credit_payments::{UnbackedPayment, is_open},
    keyed_transaction::KeyedTransaction,
    manual_payment::{self, ManualPayment, OrderRole},
};
use crate::{
    amounts,
    decisions::Decision,
    keys,
    review::{Choice, Review, ReviewCode},
    rma_facts::Calendar,
    world::AccountFacts,
};

/// The largest number of payments that a review about a refund lists.
const MAX_LISTED: usize = 3;

/// The answer to the review of a refund that may be recorded already.
pub(super) enum DuplicateAnswer {
    /// The payment records the refund.
    RecordedBy(PaymentId),
    /// The payments are other money.
    OtherMoney,
}

impl DuplicateAnswer {
    pub(super) fn read(choice: &str) -> Result<Self, String> {
        match choice.strip_prefix("payment:") {
            Some(id) => {
                id.parse().map(Self::RecordedBy).map_err(|_| format!("{id} is not the id of a payment"))
            }
            None => Ok(Self::OtherMoney),
        }
    }
}

/// The id of the review of a refund that may be recorded already.
pub(super) fn duplicate_id(refund: &TransactionId) -> String {
    format!("{}:{refund}", ReviewCode::PossibleDuplicate)
}

/// Asks whether a refund is recorded already: by one of these payments, or on its cancelled sale.
pub(super) fn possible_duplicate(
    refund: &KeyedTransaction<'_>,
    payments: &[ManualPayment<'_>],
    recorded: Option<&CustomerPayment>,
    is_sale_cancelled: bool,
    credit: &Order,
    rma: &returngo::RmaId,
) -> Review {
    let id = &refund.transaction.id;
    let listed = listed(payments, rma);
    let message = match (recorded, payments.is_empty()) {
        (Some(recorded), _) => format!(
            "Refund {id} is recorded as payment {} and may be recorded a second time: {listed}. If so, delete one of the \
             payments in Brightpearl.",
            recorded.payment_id
        ),
        (None, false) => format!(
            "Refund {id} may already be recorded: {listed}. If you record it by hand, do so on sales credit {} with the \
             reference {}.",
            credit.id, refund.key
        ),
        (None, true) if !is_sale_cancelled => format!(
            "Find out whether refund {id} is recorded. If you record it by hand, do so on sales credit {} with the reference \
             {}.",
            credit.id, refund.key
        ),
        (None, true) => format!(
            "The sales order of refund {id} is cancelled and may have been refunded there. If you record the refund by hand, do \
             so on sales credit {} with the reference {}.",
            credit.id, refund.key
        ),
    };
    let recorded_by = |manual: &ManualPayment<'_>| {
        let payment = manual.payment;
        let effect =
            format!("Counts refund {id} as recorded by payment {}; nothing is written.", payment.payment_id);
        Choice::new(
            format!("payment:{}", payment.payment_id),
            format!("Payment {} is this refund", payment.payment_id),
            effect,
        )
    };
    let of_payments = payments.iter().filter(|_| recorded.is_none()).map(recorded_by);
    let other = match recorded {
        Some(_) => Choice::new("record", "It is other money", "Writes nothing: the refund is recorded once."),
        None => Choice::new("record", "It is other money: record the refund", records(refund, credit)),
    };
    let mut facts: Vec<String> = payments
        .iter()
        .map(|manual| format!("{} {}", manual.payment.payment_id, manual_payment::comparable(manual.payment)))
        .collect();
    facts.sort();
    Review::about_transaction(ReviewCode::PossibleDuplicate, message, refund.transaction)
        .resting_on([
            ("amount", shown(refund, credit)),
            ("payments", facts.join(",")),
            ("sale", is_sale_cancelled.to_string()),
        ])
        .offering(of_payments.chain([other]))
}

/// What recording a refund on a credit writes.
fn records(refund: &KeyedTransaction<'_>, credit: &Order) -> String {
    let (id, on) = (&refund.transaction.id, credit.id);
    match refund.known_amount() {
        Some(_) => format!("Records refund {id} of {} on sales credit {on}.", shown(refund, credit)),
        None => format!(
            "Records refund {id} on sales credit {on}, once its amount in {} is decided.",
            credit.currency.order_currency_code
        ),
    }
}

/// Says that the payment is gone that a person named for the refund.
pub(super) fn naming_missing(question: Review, payment: PaymentId) -> Review {
    let message = format!(
        "Payment {payment}, which was decided to record the refund, is not there any more. {}",
        question.message
    );
    Review { message, ..question }
}

/// Lists the payments that may record a refund.
fn listed(payments: &[ManualPayment<'_>], rma: &returngo::RmaId) -> String {
    let first = payments.iter().take(MAX_LISTED).map(|manual| described(*manual, rma));
    let more = payments.len().saturating_sub(MAX_LISTED);
    let more = (more > 0).then(|| format!("{more} more"));
    first.chain(more).collect::<Vec<_>>().join("; ")
}

fn described(manual: ManualPayment<'_>, rma: &returngo::RmaId) -> String {
    let payment = manual.payment;
    let order = match manual.role {
        OrderRole::Credit => "sales credit",
        OrderRole::Sale => "sales order",
    };
    let reference = manual_payment::reference(payment);
    let reference = match reference.filter(|key| keys::rma_of_refund(key).as_ref() == Some(rma)) {
        Some(key) => format!("with the reference {key}, a transaction that ReturnGO does not list"),
        None => "without a reference of this RMA".to_owned(),
    };
    format!(
        "payment {} of {} on {order}{} {reference}",
        payment.payment_id,
        amounts::shown(payment.amount(), &payment.currency_code),
        payment.order_id.map(|order| format!(" {order}")).unwrap_or_default()
    )
}

fn shown(refund: &KeyedTransaction<'_>, credit: &Order) -> String {
    let money = &refund.transaction.amount;
    match refund.known_amount() {
        Some(amount) => amounts::shown(amount, &credit.currency.order_currency_code),
        None => amounts::shown(money.amount.abs(), &money.currency),
    }
}

/// Asks about a payment with the key of a refund that it does not record as ReturnGO reports it.
pub(super) fn recorded_differently(review: Review, facts: String) -> Review {
    let effect = "Leaves the payment as it is and counts the transaction as recorded.";
    review.resting_on([("payment", facts)]).offering([Choice::new(
        "keep",
        "Brightpearl is right: leave it",
        effect,
    )])
}

/// The facts of a payment without a successful refund.
pub(super) fn unbacked_facts(unbacked: UnbackedPayment<'_>, status: &str) -> String {
    let payment = unbacked.payment;
    format!(
        "{} {} {} {status}",
        payment.payment_id,
        manual_payment::comparable(payment),
        payment.currency_code
    )
}

/// The answer to the review of a transaction that gets no credit, or has an unknown type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoCreditAnswer {
    Note,
    NotOurs,
}

impl NoCreditAnswer {
    pub(super) fn read(choice: &str) -> Result<Self, String> {
        Ok(if choice == Decision::NOTED { Self::Note } else { Self::NotOurs })
    }
}

/// Asks what to do with a transaction that is not recorded on a credit.
pub(super) fn without_credit(
    code: ReviewCode,
    message: String,
    keyed: &KeyedTransaction<'_>,
    context: &RefundContext<'_>,
) -> Review {
    let transaction = keyed.transaction;
    let order = context.order_to_note_on();
    let note = order.map(|order| {
        let effect = format!(
            "Adds a note about transaction {} to order {order}; no payment is recorded.",
            transaction.id
        );
        Choice::new(Decision::NOTED, "Note it on the order", effect)
    });
    let not_ours = Choice::new(
        "not-ours",
        "It does not concern Brightpearl",
        "Writes nothing and counts the transaction as not synchronized.",
    );
    Review::about_transaction(code, message, transaction)
        .resting_on([
            ("amount", amounts::shown(transaction.amount.amount, &transaction.amount.currency)),
            ("status", transaction.status.to_string()),
            ("order", order.map(|order| order.to_string()).unwrap_or_default()),
        ])
        .offering(note.into_iter().chain([not_ours]))
}

/// Offers the account's payment methods for a refund that has none.
pub(super) fn offering_methods(
    review: Review,
    refund: &KeyedTransaction<'_>,
    account: &AccountFacts,
) -> Review {
    let effect = |method: &str| {
        format!("Records refund {} under payment method {method}, this time only.", refund.transaction.id)
    };
    let active = account.payment_methods.iter().filter(|method| method.is_active);
    let methods: Vec<Choice> = active
        .map(|method| {
            let label = format!("Use {} ({})", method.code, method.name);
            Choice::new(format!("method:{}", method.code), label, effect(method.code.as_str()))
        })
        .collect();
    let kind = refund.transaction.kind.to_string();
    review.resting_on([("kind", kind)]).offering(methods)
}

/// Asks about a refund that would raise the payments above the credit's total by this amount.
pub(super) fn over_refund(
    message: String,
    refund: &KeyedTransaction<'_>,
    credit: &Order,
    excess: Decimal,
    can_adjust: bool,
) -> Review {
    let currency = &credit.currency.order_currency_code;
    let over = amounts::shown(excess, currency);
    let adjust = (can_adjust && is_open(credit)).then(|| {
        Choice::new(
            "codes",
            "Add an adjustment row under these codes: NOMINAL:TAX",
            format!("Adds a row of {over} to sales credit {}, then records the refund.", credit.id),
        )
    });
    let record = Choice::new(
        "record",
        "Record it without a row",
        format!(
            "Records the refund; sales credit {} then shows {over} more than its total as paid.",
            credit.id
        ),
    );
    Review::about_transaction(ReviewCode::OverRefund, message, refund.transaction)
        .resting_on([("amount", shown(refund, credit)), ("excess", over)])
        .offering(adjust.into_iter().chain([record]))
}

/// Asks about a payment that would be dated in a locked accounting period. `None` if it is not.
pub(super) fn period_locked(
    refund: &KeyedTransaction<'_>,
    body: &NewCustomerPayment,
    account: &AccountFacts,
) -> Option<Review> {
    let locked_until = account.locked_until?;
    let date = body.payment_date.date();
    if date > locked_until {
        return None;
    }
    let first_open = first_open_day(account)?;
    let message = format!(
        "Refund {} is dated {date}, but the account's accounting periods are locked until {locked_until}: Brightpearl would \
         post nothing for the payment. Move the lock in Brightpearl, or record the refund by hand with the reference {}.",
        refund.transaction.id, refund.key
    );
    let effect = format!("Records the refund with the payment date {}.", first_open.date());
    let choice = Choice::new("open-day", "Date it on the first open day", effect);
    Some(
        Review::about_transaction(ReviewCode::PeriodLocked, message, refund.transaction)
            .resting_on([("date", date.to_string()), ("lock", locked_until.to_string())])
            .offering([choice]),
    )
}

/// Returns the start of the first day after the period lock.
pub(super) fn first_open_day(account: &AccountFacts) -> Option<brightpearl::OffsetDateTime> {
    Calendar::of(account).start_of(account.locked_until?.tomorrow().ok()?)
}
