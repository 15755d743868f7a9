//! A person answers reviews: what each choice offers, what it writes, and when a decision is not applied.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write,
};

use proptest::prelude::*;
use returngo_brightpearl_mapping::{
    ConnectionSettings, Decision, Effect, Plan, Review, ReviewCode, World, explain,
    keys::{self, RowKey},
    plan,
    settings::PriceSource,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    model::Model,
    properties::{CASES, any_settings, receipts, receive, transactions},
    worlds::{settings, world},
};

/// The review with this id.
pub(crate) fn review(world: &World, settings: &ConnectionSettings, id: &str) -> Review {
    let plan = plan(world, settings);
    let found = plan.reviews.iter().find(|review| review.id == id).cloned();
    found.unwrap_or_else(|| panic!("{id} is not asked: {:#?}", plan.reviews))
}

/// The world with the review's choice decided by a person.
pub(crate) fn decided(mut world: World, review: &Review, choice: &str) -> World {
    world.decisions.extend(Decision::answering(review, choice, "dana"));
    world
}

pub(crate) fn changed(name: &str, change: impl FnOnce(&mut Value)) -> World {
    let mut value = serde_json::to_value(world(name)).unwrap();
    change(&mut value);
    World::from_json(&value.to_string()).unwrap()
}

/// What a plan writes, in a few words.
fn written(plan: &Plan) -> String {
    let mut text = String::new();
    for effect in &plan.effects {
        match effect {
            Effect::CreateSalesCredit { key, body } => {
                writeln!(text, "  {key}: warehouse {:?}", body.warehouse_id.map(|id| id.get())).unwrap();
                for row in &body.rows {
                    let (name, key) = (row.name.as_deref().unwrap_or_default(), row.external_ref.as_deref());
                    let (quantity, product) = (row.quantity, row.product_id.is_some());
                    let product = if product { "" } else { ", no product" };
                    let key = key.unwrap_or_default();
                    writeln!(text, "    {quantity} × {name}: {} + {} ({key}{product})", row.net, row.tax)
                        .unwrap();
                }
            }
            Effect::RecordPayment { key, body, .. } => {
                let (amount, currency) = (body.amount_paid, &body.currency_iso_code);
                let (method, date) = (&body.payment_method_code, body.payment_date);
                writeln!(text, "  {key}: {amount} {currency} under {method} at {date}").unwrap();
            }
            Effect::AddOrderRow { key, body, .. } => {
                let value = &body.row_value;
                writeln!(text, "  {key}: {} + {}", value.row_net.value, value.row_tax.value).unwrap();
            }
            Effect::SetOrderStatus { key, .. } | Effect::AddOrderNote { key, .. } => {
                writeln!(text, "  {key}").unwrap();
            }
            other => writeln!(text, "  {}", other.key()).unwrap(),
        }
    }
    for review in &plan.reviews {
        writeln!(text, "  asks {}: {}", review.id, review.message).unwrap();
    }
    for refund in &plan.state.refunds {
        writeln!(text, "  refund {}: {:?}", refund.transaction_id, refund.state).unwrap();
    }
    text
}

/// The review with its choices, and for each of these choices the plan after it and who decided.
fn story(world: &World, settings: &ConnectionSettings, id: &str, choices: &[&str]) -> String {
    let review = review(world, settings, id);
    let mut text = format!("{}: {}\n", review.id, review.message);
    for choice in &review.choices {
        writeln!(text, "- {} ({}): {}", choice.id, choice.label, choice.effect).unwrap();
    }
    for choice in choices {
        let world = decided(world.clone(), &review, choice);
        let plan = plan(&world, settings);
        write!(text, "\n{choice}:\n{}", written(&plan)).unwrap();
        let explanation = explain(&world, settings, &plan).to_string();
        let line = explanation.lines().find(|line| line.contains("was decided by dana"));
        writeln!(text, "  explained: {}", line.unwrap_or("not applied").trim()).unwrap();
    }
    text
}

macro_rules! stories {
    ($($test:ident: $world:expr, $settings:tt, $id:literal, $choices:expr;)+) => {$(
        #[test]
        fn $test() {
            let settings = settings(json!($settings));
            insta::with_settings!({omit_expression => true}, {
                insta::assert_snapshot!(story(&$world, &settings, $id, &$choices));
            });
        }
    )+};
}

fn order_chosen_later() -> World {
    // The reader reads the chosen order as well.
    let mut found = world("order_not_found");
    found.orders = vec![];
    found
}

fn mismatched() -> World {
    changed("one_unit", |world| world["order"]["externalRef"] = "7000000000999".into())
}

fn unshipped() -> World {
    changed("one_unit", |world| world["order"]["shippingStatusCode"] = "SNS".into())
}

fn paid_more() -> World {
    changed("one_unit", |world| {
        world["order"]["orderRows"]["884002"]["quantity"]["magnitude"] = "1".into();
        world["rma"]["items"][0]["paidPrice"]["amount"] = json!(40);
        world["rma"]["items"][0]["paidTax"]["amount"] = json!(6.67);
    })
}

fn without_tax_included() -> World {
    changed("one_unit", |world| world["rma"]["items"][0]["taxIncluded"] = Value::Null)
}

fn unmatched() -> World {
    changed("one_unit", |world| {
        let item = &mut world["rma"]["items"][0];
        item["sku"] = "HAT-1 ".into();
        item["shopLineItemId"] = "81999".into();
    })
}

/// An order with a discount of 10.00 + 2.00 on goods of 139.98; ReturnGO says that this was paid for the three units.
fn discounted(paid: [f64; 3]) -> World {
    changed("approved", |world| {
        world["order"]["orderRows"]["884009"] = json!({
            "orderRowSequence": "90", "productId": 1000, "productName": "Spring sale", "quantity": {"magnitude": "1"},
            "rowValue": {"taxCode": "T20", "rowNet": {"value": "-10.0000"}, "rowTax": {"value": "-2.00"}},
            "nominalCode": "4000",
        });
        for (item, paid) in world["rma"]["items"].as_array_mut().unwrap().iter_mut().zip(paid) {
            item["paidPrice"]["amount"] = json!(paid);
        }
    })
}

fn fee_in_euros() -> World {
    changed("one_unit", |world| {
        world["rma"]["items"][0]["paidPrice"]["currency"] = "EUR".into();
        world["rma"]["items"][0]["paidTax"]["currency"] = "EUR".into();
        world["rma"]["items"][0]["restockingFee"] = json!(3);
    })
}

fn cancelled_and_unpaid() -> World {
    changed("cancelled_after_credit", |world| world["rma"]["transactions"] = json!([]))
}

fn refund_in_euros() -> World {
    changed("recorded", |world| {
        world["payments"] = json!([]);
        let refund = &mut world["rma"]["transactions"][0];
        refund["amount"] = json!({"amount": 14, "currency": "EUR"});
    })
}

fn locked() -> World {
    changed("refund_in_parts", |world| world["account"]["lockedUntil"] = "2031-12-31".into())
}

fn fees(kind: &str) -> Value {
    json!({"fees": {kind: {"nominal_code": "4040", "tax_code": "T20"}}})
}

stories! {
    order_not_found: order_chosen_later(), {}, "OrderNotFound", ["order:300871", "order:abc", "order"];
    order_ambiguous: world("order_ambiguous"), {}, "OrderAmbiguous", ["order:300899", "order:300871", "order:5"];
    order_mismatch: mismatched(), {}, "OrderMismatch", ["order:300871"];
    order_cancelled: world("order_cancelled"), {}, "OrderCancelled", ["credit"];
    nothing_shipped: unshipped(), {}, "NothingShipped", ["credit"];
    exceeds_order: paid_more(), {"price_source": "returngo"}, "ExceedsOrder:884002", ["credit"];
    foreign_credit: world("foreign_credit_exact"), {}, "ForeignCredit", ["adopt:300960", "create", "adopt:5"];
    unmatched_item: unmatched(), {}, "UnmatchedItem:5600013", ["row:884001", "paid-price", "row:884003", "row:1"];
    already_credited: world("already_credited"), {}, "AlreadyCredited:5600011", ["on-credit"];
    order_discount: discounted([40.0, 40.0, 9.99]), {}, "OrderDiscount", ["spread", "ignore", "paid-price"];
    fee_for_the_rma_or_each: world("fees_unclear"), {"fees": {"return": {"nominal_code": "4040", "tax_code": "T20"}}},
        "FeeUnclear:return", ["once", "each", "none"];
    cancellation_fee: world("cancellation_fee"), {}, "FeeUnclear:cancellation", ["none"];
    fee_in_another_currency: fee_in_euros(), {"fees": {"restocking": {"nominal_code": "4040", "tax_code": "T20"}}},
        "FeeUnclear:restocking", ["amount:2.50", "none", "amount:0", "amount:2.505"];
    fee_without_account: world("fees_unclear"), {"fees": {"shipment": {"nominal_code": "4040", "tax_code": "T20"}}},
        "FeeUnclear:return", ["once"];
    several_warehouses: world("several_warehouses"), {"warehouses": {"Courier": 4, "default": 2}},
        "SeveralWarehouses", ["warehouse:4"];
    currency_differs: world("paid_in_euros"), {"price_source": "returngo"}, "CurrencyDiffers:5600013",
        ["amount:9.00", "amount:500", "amount:-1"];
    refund_currency: refund_in_euros(), {}, "RefundCurrency:778120", ["amount:12.00", "amount:5000"];
    possible_duplicate: world("typed_in_by_hand"), {}, "PossibleDuplicate:778120", ["payment:551207", "record"];
    over_refund: world("refund_too_large"), {}, "OverRefund:778121", ["codes:4905:T20", "record", "codes:4905:NONE"];
    recorded_differently: world("recorded_differently"), {}, "RecordedDifferently:778120", ["keep"];
    request_cancelled: cancelled_and_unpaid(), {}, "RequestCancelled", ["status:30", "keep", "status:x"];
    request_cancelled_with_a_refund: world("cancelled_after_credit"), {"cancelled_status_id": 30}, "RequestCancelled", ["keep"];
    credit_impossible: world("rejected"), {}, "CreditImpossible:778120", ["note", "not-ours"];
    period_locked: locked(), {}, "PeriodLocked:778121", ["open-day"];
    tax_unclear: without_tax_included(), {"price_source": "returngo"}, "TaxUnclear:5600013",
        ["amount:9.00", "amount:500", "amount:0"];
    fee_not_configured: world("fees"), {"fees": {"restocking": {"nominal_code": "4040", "tax_code": "T20"}}},
        "FeeNotConfigured:shipment", ["codes:4041:Z", "none", "codes:4041", "codes:4041:NONE"];
    tender_missing: world("store_credit"), {}, "TenderMissing:778120",
        ["method:STORE_CREDIT", "method:STRIPE_US", "method:NONE"];
    unknown_transaction: world("transactions_of_all_kinds"), {}, "UnknownTransaction:778124", ["note", "not-ours"];
    unknown_type_of_refund: world("transactions_of_all_kinds"), {}, "UnknownTransaction:778125", ["note", "not-ours"];
    more_units_than_credited: world("received_too_much"), {}, "UnexpectedGoods:5600011", ["settled"];
    goods_of_another_product: world("received_too_much"), {}, "UnexpectedGoods", ["settled"];
    goods_for_a_closed_request: world("goods_for_cancelled"), {"cancelled_status_id": 30},
        "GoodsForClosedRequest:5600011", ["settled"];
    credit_lacks_item: world("changed"), {}, "CreditLacksItem:5600015", ["settled"];
    credit_has_more: world("changed"), {}, "CreditHasMore:5600011", ["settled"];
    no_journal: world("no_journal"), {"tenders": {"RefundToStoreCredit": "STORE_CREDIT"}}, "NoJournal:778120", ["settled"];
}

#[test]
fn a_decision_on_other_facts_is_not_applied_and_the_review_says_what_changed() {
    let (asked, settings) = (world("fees_unclear"), settings(fees("return")));
    let before = review(&asked, &settings, "FeeUnclear:return");
    let raised = changed("fees_unclear", |world| {
        world["rma"]["items"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .for_each(|item| item["returnFee"] = json!(6));
    });
    let plan = plan(&decided(raised, &before, "once"), &settings);
    assert!(plan.is_empty(), "{:#?}", plan.effects);
    let says = &plan.reviews[0].message;
    assert!(
        says.ends_with(
            "The decision of dana (once) was not applied: since then, these facts have changed: fee."
        ),
        "{says}"
    );
}

#[test]
fn a_choice_that_is_not_offered_is_not_applied() {
    let (asked, settings) = (world("fees_unclear"), settings(fees("return")));
    let review = review(&asked, &settings, "FeeUnclear:return");
    for choice in ["twice", "once:2", "", "settled "] {
        let plan = plan(&decided(asked.clone(), &review, choice), &settings);
        assert!(plan.is_empty());
        assert_eq!(plan.reviews[0].code, ReviewCode::FeeUnclear);
        assert!(
            plan.reviews[0].message.contains("does not offer this choice"),
            "{}",
            plan.reviews[0].message
        );
    }
}

#[test]
fn the_latest_of_several_decisions_counts_in_any_order() {
    let (asked, settings) = (world("fees_unclear"), settings(fees("return")));
    let review = review(&asked, &settings, "FeeUnclear:return");
    let mut both = decided(decided(asked, &review, "once"), &review, "none");
    both.decisions[0].at = Some("2031-04-02T10:00:00+00:00".parse().unwrap());
    both.decisions[1].at = Some("2031-04-01T10:00:00+00:00".parse().unwrap());
    let planned = plan(&both, &settings);
    both.decisions.reverse();
    assert_eq!(planned, plan(&both, &settings));
    assert!(written(&planned).contains("RGO-F-return"));
}

#[test]
fn every_review_can_be_settled_by_hand() {
    let review = review(&world("order_not_found"), &settings(json!({})), "OrderNotFound");
    assert_eq!(review.choices.last().map(|choice| choice.id.as_str()), Some("settled"));
}

#[test]
fn one_payment_may_record_several_refunds_up_to_its_amount() {
    let settings = settings(json!({}));
    for (amount, expected) in [("49.99", "recorded"), ("45.00", "asked")] {
        let asked = changed("typed_in_by_hand", |world| {
            world["payments"][0]["amountPaid"] = amount.into();
            world["rma"]["transactions"].as_array_mut().unwrap().remove(1);
        });
        let reviews = plan(&asked, &settings).reviews;
        assert_eq!(reviews.len(), 2, "{reviews:#?}");
        // Named for one of them, what is left of it may be the other.
        let one = plan(&decided(asked.clone(), &reviews[0], "payment:551207"), &settings);
        assert_eq!((one.effects.len(), one.reviews.len()), (0, 1), "{one:#?}");
        let named = reviews.iter().fold(asked, |world, review| decided(world, review, "payment:551207"));
        let planned = plan(&named, &settings);
        assert!(planned.is_empty(), "neither is recorded again: {:#?}", planned.effects);
        assert_eq!(planned.reviews.is_empty(), expected == "recorded", "{:#?}", planned.reviews);
        if let Some(review) = planned.reviews.first() {
            assert!(review.message.contains("too small for all refunds"), "{}", review.message);
        }
    }
}

#[test]
fn an_amount_is_decided_for_each_unit_apart() {
    let settings = settings(json!({"price_source": "returngo"}));
    let asked = changed("approved", |world| {
        for item in world["rma"]["items"].as_array_mut().unwrap() {
            item.as_object_mut().unwrap().remove("paidPrice");
        }
    });
    let ids: Vec<String> = plan(&asked, &settings).reviews.into_iter().map(|review| review.id).collect();
    assert_eq!(ids, ["TaxUnclear:5600011", "TaxUnclear:5600012", "TaxUnclear:5600013"]);
    let first = review(&asked, &settings, &ids[0]);
    let planned = plan(&decided(asked.clone(), &first, "amount:9.50"), &settings);
    assert!(written(&planned).contains("1 × Linen shirt M: 7.9200 + 1.58"), "{}", written(&planned));
    // An amount that turns out too high is asked about with the same facts, so one more answer is enough.
    let high = plan(&decided(asked.clone(), &first, "amount:500"), &settings);
    let again = high.reviews.iter().find(|review| review.id == ids[0]).unwrap();
    assert_eq!(again.digest, first.digest);
}

#[test]
fn a_credit_that_refunds_closed_still_gets_the_complete_status() {
    let settings = settings(json!({"close_credit": "when_refunded", "complete_status_id": 31}));
    let closed =
        |finished: bool| changed("everything_done_and_closed", |world| world["finished"] = finished.into());
    assert_eq!(plan(&closed(true), &settings), plan(&closed(false), &settings));
    assert!(written(&plan(&closed(true), &settings)).contains("status-31"));
    let open = changed("everything_done", |world| world["finished"] = true.into());
    assert!(!written(&plan(&open, &settings)).contains("close"), "a person un-invoiced it");
}

#[test]
fn an_adjustment_is_posted_under_codes_of_the_account_only() {
    let (asked, settings) = (world("refund_too_large"), settings(json!({})));
    let review = review(&asked, &settings, "OverRefund:778121");
    let plan = plan(&decided(asked, &review, "codes:9999:T20"), &settings);
    let message = &plan.reviews[0].message;
    assert!(message.contains("the account has no nominal code 9999"), "{message}");
}

#[test]
fn the_unit_price_is_less_its_share_of_the_discount_whatever_the_price_source() {
    let paid = [36.57, 36.57, 9.13];
    for source in ["brightpearl", "returngo"] {
        let plan = plan(&discounted(paid), &settings(json!({"price_source": source})));
        assert_eq!((plan.reviews.as_slice(), plan.warnings.as_slice()), (&[][..], &[][..]), "{source}");
    }
}

/// Worlds with reviews of many kinds. Nobody else credited their order.
const ASKING: [&str; 16] = [
    "approved",
    "cancellation_fee",
    "cancelled_after_credit",
    "fees",
    "fees_unclear",
    "no_shipment",
    "order_cancelled",
    "paid_in_euros",
    "price_drift",
    "received_in_part",
    "recorded_differently",
    "refund_in_dollars",
    "refund_too_large",
    "several_warehouses",
    "typed_in_by_hand",
    "unmatched",
];

/// Values of choices that are typed in, sensible and not.
const TYPED_IN: [&str; 9] =
    ["0.01", "9.99", "40", "100000", "4905:T20", "STORE_CREDIT", "300871", "30", "-5"];

/// Decides every open review in a way that depends on `picks`.
fn decide(model: &mut Model, settings: &ConnectionSettings, picks: &mut impl Iterator<Item = usize>) {
    for review in plan(&model.world, settings).reviews {
        let pick = picks.next().unwrap_or_default();
        let choice = &review.choices[pick % review.choices.len()];
        let typed_in = TYPED_IN[pick / 7 % TYPED_IN.len()];
        let choice =
            if choice.is_typed_in() { format!("{}:{typed_in}", choice.id) } else { choice.id.clone() };
        let decisions = review.ids().into_iter().map(|id| Decision {
            review: id,
            digest: Some(review.digest.clone()),
            choice: choice.clone(),
            by: None,
            at: None,
            note: None,
        });
        model.world.decisions.extend(decisions);
    }
}

/// What may never be, whatever a person decides: more credited than the order has, of a row or in all, or a key twice.
fn check(model: &Model, settings: &ConnectionSettings) -> Result<(), TestCaseError> {
    let order = model.world.order.as_ref().unwrap();
    let slack = |units: Decimal| match settings.price_source {
        PriceSource::Brightpearl => Decimal::ZERO,
        PriceSource::Returngo => units * order.currency.order_currency_code.minor_unit(),
    };
    let mut of_rows: BTreeMap<_, (Decimal, Decimal, Decimal)> = BTreeMap::new();
    let (mut all, mut units) = (Decimal::ZERO, Decimal::ZERO);
    for row in model.world.credits.iter().flat_map(|credit| credit.order_rows.values()) {
        let reference = row.external_ref.as_deref().unwrap_or_default();
        let value = &row.row_value;
        let is_adjustment = row.product_name.starts_with("Refund adjustment");
        if !reference.starts_with("RGO-F-") && !is_adjustment && !row.composition.bundle_child {
            all += value.row_net.value + value.row_tax.value;
        }
        if let Some(key) = RowKey::parse(reference).filter(|key| key.order_row.get() != 0) {
            let (quantity, net, tax) = of_rows.entry(key.order_row).or_default();
            *quantity += row.quantity.magnitude;
            *net += value.row_net.value;
            *tax += value.row_tax.value;
            units += row.quantity.magnitude;
        }
    }
    for (id, (quantity, net, tax)) in of_rows {
        let row = &order.order_rows[&id];
        let value = &row.row_value;
        prop_assert!(quantity <= row.quantity.magnitude, "{quantity} of row {id}");
        prop_assert!(net <= value.row_net.value.round_dp(4) + slack(quantity), "net {net} of row {id}");
        prop_assert!(tax <= value.row_tax.value.round_dp(2) + slack(quantity), "tax {tax} of row {id}");
    }
    let total = order.total_value.as_ref().map_or_else(
        || {
            order
                .order_rows
                .values()
                .map(|row| row.row_value.row_net.value + row.row_value.row_tax.value)
                .sum()
        },
        |total| total.total,
    );
    prop_assert!(all.round_dp(2) <= total.round_dp(2) + slack(units + Decimal::ONE), "{all} of {total}");
    let distinct: HashSet<_> = model.keys.iter().collect();
    prop_assert_eq!(distinct.len(), model.keys.len(), "{:?}", model.keys);
    let payments = model.world.payments.iter().filter_map(|payment| payment.transaction_ref.as_deref());
    let ours: Vec<&str> = payments.filter(|key| keys::rma_of_refund(key).is_some()).collect();
    let written = ours.iter().filter(|key| model.keys.iter().any(|written| written == *key)).count();
    let of_refunds = model.keys.iter().filter(|key| ours.contains(&key.as_str())).count();
    prop_assert_eq!(written, of_refunds, "{:?}", ours);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn no_decision_widens_what_may_be_written(
        name in prop::sample::select(&ASKING[..]),
        refunds in prop::option::of(transactions()),
        discount in prop::option::of(1..10_000_i64),
        receipts in receipts(),
        settings in any_settings(),
        picks in prop::collection::vec(any::<u16>(), 0..40),
    ) {
        let mut picks = picks.into_iter().map(usize::from);
        let mut value = serde_json::to_value(world(name)).unwrap();
        if let Some(refunds) = refunds {
            value["rma"]["transactions"] = Value::Array(refunds);
        }
        // An order that was credited before has no discount that came later.
        let is_uncredited = value["credits"].as_array().is_none_or(Vec::is_empty);
        if let Some(cents) = discount.filter(|_| is_uncredited) {
            let (net, tax) = (Decimal::new(-cents, 2), Decimal::new(-cents / 5, 2));
            value["order"]["orderRows"]["884009"] = json!({
                "orderRowSequence": "90", "productId": 1000, "productName": "Sale", "quantity": {"magnitude": "1"},
                "rowValue": {"taxCode": "T20", "rowNet": {"value": net.to_string()}, "rowTax": {"value": tax.to_string()}},
            });
        }
        let mut model = Model::of(World::from_json(&value.to_string()).unwrap());
        let mut receipts = receipts.into_iter().enumerate();
        for _ in 0..4 {
            decide(&mut model, &settings, &mut picks);
            model.settle(&settings);
            check(&model, &settings)?;
            if let Some((at, receipt)) = receipts.next() {
                receive(&mut model, at, receipt);
            }
        }
    }
}
