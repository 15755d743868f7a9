//! One odd value at a time, everywhere in a world: what no rule needs changes nothing, and what a rule needs is read,
//! asked about, or refused by its name.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
};

use api_client_core::decode::DecodeError;
use api_mock_core::odd_values::{Field, OddValue, fields};
use returngo_brightpearl_mapping::{ConnectionSettings, Plan, Review, ReviewCode, World, plan};
use serde_json::{Map, Value, json};

use crate::worlds::{object, settings};

/// The most fields of a kind that are tried in a world.
const EACH: usize = 1;

/// Worlds that together have every kind of object; those of `returngo`'s fixtures are of another order.
const WORLDS: [&str; 10] = [
    "approved",
    "bundle_received",
    "recorded",
    "typed_in_by_hand",
    "two_credits_with_our_key",
    "contradictory",
    "two_parcels",
    "money_in_noted",
    "fixture:rma_exchange",
    "fixture:rma_validated",
];

/// The fields that a rule of the mapping, the check or the reconciliation depends on. Anything may come in every other.
const RULE_FIELDS: &[&str] = &[
    "account.baseCurrencyCode",
    "account.channels",
    "account.channels.*",
    "account.channels.*.id",
    "account.configuration",
    "account.nominalCodes",
    "account.nominalCodes.*",
    "account.nominalCodes.*.active",
    "account.nominalCodes.*.bank",
    "account.nominalCodes.*.code",
    "account.nominalCodes.*.id",
    "account.nominalCodes.*.currencyId",
    "account.configuration.cancelledOrderStatusId",
    "account.configuration.newSalesCreditStatusId",
    "account.orderStatuses",
    "account.orderStatuses.*",
    "account.orderStatuses.*.disabled",
    "account.orderStatuses.*.orderTypeCode",
    "account.orderStatuses.*.statusId",
    "account.paymentMethods",
    "account.paymentMethods.*",
    "account.paymentMethods.*.bankAccounts",
    "account.paymentMethods.*.bankAccounts.*",
    "account.paymentMethods.*.bankAccounts.*.bankAccountNominalCode",
    "account.paymentMethods.*.bankAccounts.*.currencyIsoCode",
    "account.paymentMethods.*.code",
    "account.paymentMethods.*.id",
    "account.paymentMethods.*.isActive",
    "account.taxCodes",
    "account.taxCodes.*",
    "account.taxCodes.*.code",
    "account.taxCodes.*.id",
    "account.taxCodes.*.rate",
    "account.warehouses.*",
    "account.warehouses.*.defaultLocationId",
    "account.warehouses.*.id",
    "goodsInNotes.*",
    "goodsInNotes.*.goodsMoved.*",
    "goodsInNotes.*.goodsMoved.*.batchGoodsNoteId",
    "goodsInNotes.*.goodsMoved.*.goodsNoteId",
    "goodsInNotes.*.goodsMoved.*.productId",
    "goodsInNotes.*.goodsMoved.*.purchaseOrderRowId",
    "goodsInNotes.*.goodsMoved.*.quantity",
    "goodsInNotes.*.goodsMoved.*.warehouseId",
    "goodsInNotes.*.goodsNoteId",
    "goodsInNotes.*.goodsNoteStatus",
    "goodsInNotes.*.orderId",
    "goodsInNotes.*.receivedOn",
    "goodsInNotes.*.transfer",
    "goodsMovements",
    "goodsMovements.*",
    "goodsMovements.*.batchId",
    "goodsMovements.*.destinationLocationId",
    "goodsMovements.*.goodsMovementId",
    "goodsMovements.*.goodsNoteId",
    "goodsMovements.*.goodsNoteTypeCode",
    "goodsMovements.*.isQuarantine",
    "goodsMovements.*.orderId",
    "goodsMovements.*.productId",
    "goodsMovements.*.quantity",
    "goodsMovements.*.updatedOn",
    "goodsMovements.*.warehouseId",
    "order",
    "order.closedOn",
    "order.currency",
    "order.currency.exchangeRate",
    "order.currency.fixedExchangeRate",
    "order.currency.orderCurrencyCode",
    "order.id",
    "order.installedIntegrationInstanceId",
    "order.invoices",
    "order.invoices.*",
    "order.invoices.*.invoiceReference",
    "order.invoices.*.taxDate",
    "order.orderRows",
    "order.orderRows.*",
    "order.orderRows.*.composition.bundleParent",
    "order.orderRows.*.externalRef",
    "order.orderRows.*.productId",
    "order.orderRows.*.productSku",
    "order.orderRows.*.quantity",
    "order.orderRows.*.quantity.magnitude",
    "order.orderRows.*.rowValue",
    "order.orderRows.*.rowValue.rowNet",
    "order.orderRows.*.rowValue.rowNet.value",
    "order.orderRows.*.rowValue.rowTax",
    "order.orderRows.*.rowValue.rowTax.value",
    "order.orderRows.*.rowValue.taxCode",
    "order.orderStatus",
    "order.orderStatus.orderStatusId",
    "order.orderTypeCode",
    "order.parentOrderId",
    "order.parties",
    "order.parties.customer",
    "order.parties.customer.contactId",
    "order.placedOn",
    "order.reference",
    "order.state",
    "order.state.tax",
    "order.totalValue.net",
    "order.totalValue.taxAmount",
    "order.totalValue.total",
    "orderNotes.*",
    "orderNotes.*.noteId",
    "orderNotes.*.orderId",
    "payments.*",
    "payments.*.amountPaid",
    "payments.*.createdOn",
    "payments.*.currencyCode",
    "payments.*.journalId",
    "payments.*.orderId",
    "payments.*.paymentDate",
    "payments.*.paymentId",
    "payments.*.paymentMethodCode",
    "payments.*.paymentType",
    "payments.*.transactionRef",
    "products",
    "products.*",
    "products.*.stockTracked",
    "rma",
    "rma.cancellationFee",
    "rma.createdAt",
    "rma.items.*",
    "rma.items.*.exchangeItems",
    "rma.items.*.itemValidationStatusResponse",
    "rma.items.*.itemValidationStatusResponse.isRestockable",
    "rma.items.*.itemValidationStatusResponse.isReturned",
    "rma.items.*.itemValidationStatusResponse.lastValidationDate",
    "rma.items.*.paidPrice.amount",
    "rma.items.*.paidPrice.shopAmount",
    "rma.items.*.paidPrice.shopCurrency",
    "rma.items.*.paidTax",
    "rma.items.*.paidTax.amount",
    "rma.items.*.paidTax.shopAmount",
    "rma.items.*.paidTax.shopCurrency",
    "rma.items.*.resolutionType",
    "rma.items.*.restockingFee",
    "rma.items.*.returnFee",
    "rma.items.*.returnMethod",
    "rma.items.*.returnMethod.name",
    "rma.items.*.returnMethod.type",
    "rma.items.*.returnedItemId",
    "rma.items.*.shipmentFee",
    "rma.items.*.shopLineItemId",
    "rma.orderDetails",
    "rma.orderDetails.orderId",
    "rma.orderDetails.order_name",
    "rma.rmaSummary",
    "rma.rmaSummary.events.*",
    "rma.rmaSummary.events.*.eventDate",
    "rma.rmaSummary.events.*.eventName",
    "rma.rmaSummary.order_name",
    "rma.rmaSummary.rmaId",
    "rma.rmaSummary.status",
    "rma.shipments.*",
    "rma.shipments.*.isOutbound",
    "rma.shipments.*.shipmentId",
    "rma.shipments.*.status",
    "rma.transactions.*",
    "rma.transactions.*.amount",
    "rma.transactions.*.amount.amount",
    "rma.transactions.*.amount.shopAmount",
    "rma.transactions.*.amount.shopCurrency",
    "rma.transactions.*.createdAt",
    "rma.transactions.*.externalReferenceType",
    "rma.transactions.*.id",
    "rma.transactions.*.processor",
    "rma.transactions.*.returnItemIds",
    "rma.transactions.*.returnItemIds.*",
    "rma.transactions.*.status",
    "rma.transactions.*.type",
];

/// Fields without which a rule has its documented meaning too: lists of a world are empty, a credit goes without what its
/// order does not say, and so on.
const MAY_BE_ABSENT: &[&str] = &[
    "account",
    "account.instanceId",
    "account.timeZone",
    "account.warehouses",
    "account.warehouses.*.quarantineLocationId",
    "credits",
    "goodsInNotes",
    "goodsInNotes.*.goodsMoved",
    "goodsInNotes.*.goodsMoved.*.destinationLocationId",
    "order.assignment",
    "order.assignment.current",
    "order.assignment.current.channelId",
    "order.externalRef",
    "order.orderRows.*.composition",
    "order.orderRows.*.composition.bundleChild",
    "order.orderRows.*.composition.parentOrderRowId",
    "order.orderRows.*.nominalCode",
    "order.orderRows.*.orderRowSequence",
    "order.orderRows.*.productName",
    "order.parties.delivery",
    "order.parties.delivery.addressFullName",
    "order.parties.delivery.addressLine1",
    "order.parties.delivery.addressLine3",
    "order.parties.delivery.countryIsoCode",
    "order.parties.delivery.email",
    "order.parties.delivery.postalCode",
    "order.priceListId",
    "order.priceModeCode",
    "order.stockStatusCode",
    "order.totalValue",
    "order.warehouseId",
    "orderNotes",
    "orderNotes.*.text",
    "payments",
    "rma.items",
    "rma.items.*.paidPrice.currency",
    "rma.items.*.paidTax.currency",
    "rma.transactions.*.amount.currency",
    "rma.items.*.paidPrice",
    "rma.items.*.shipmentId",
    "rma.items.*.sku",
    "rma.items.*.taxIncluded",
    "rma.rmaSummary.events",
    "rma.shipments",
    "rma.transactions",
    "rma.transactions.*.externalReferenceId",
    "rma.transactions.*.lastUpdated",
];

/// A kind as the list of rule fields has it: credits and orders are objects of one type.
fn listed(kind: &str) -> String {
    let order = ["credits.*", "orders.*"].iter().find_map(|list| kind.strip_prefix(list));
    order.map_or_else(|| kind.to_owned(), |rest| format!("order{rest}"))
}

fn is_rule(kind: &str) -> bool {
    RULE_FIELDS.contains(&kind) || MAY_BE_ABSENT.contains(&kind)
}

fn json_of(name: &str) -> Value {
    let mut world: Map<String, Value> = object("defaults");
    match name.strip_prefix("fixture:") {
        Some(fixture) => {
            let path = format!("{}/../returngo/fixtures/{fixture}.json", env!("CARGO_MANIFEST_DIR"));
            let rma = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            world.insert("rma".to_owned(), rma);
        }
        None => world.extend(object(name)),
    }
    Value::Object(world)
}

/// The way to a field as errors name it.
fn way_of(field: &Field) -> String {
    let in_brackets = |key: &String, at: usize| key.parse::<u64>().is_ok() && !is_by_id(&field.path[..at]);
    let parts = field.path.iter().enumerate().map(|(at, key)| {
        if in_brackets(key, at) {
            format!("[{key}]")
        } else if at == 0 {
            key.clone()
        } else {
            format!(".{key}")
        }
    });
    parts.collect()
}

/// Whether what is there is a map by id, and no list.
fn is_by_id(way: &[String]) -> bool {
    matches!(way.last().map(String::as_str), Some("orderRows" | "goodsInNotes" | "products"))
}

/// Why what an odd value did is not right, if it is not.
fn objection(field: &Field, odd: &OddValue, read: Result<Plan, DecodeError>, usual: &Plan) -> Option<String> {
    let kind = &*listed(&field.name);
    match read {
        Err(error) if !is_rule(kind) => Some(format!("no rule needs it, and it is refused: {error}")),
        Err(error) => {
            let way = way_of(field);
            let names_it = way.starts_with(error.path()) || error.path().starts_with(&way);
            (!names_it).then(|| format!("the error does not name it: {error}"))
        }
        Ok(plan) if plan == *usual => None,
        Ok(_) if !is_rule(kind) => Some("no rule needs it, and the plan is another".to_owned()),
        Ok(_) if odd.could_be_valid() || MAY_BE_ABSENT.contains(&kind) => None,
        Ok(plan) => {
            let is_new = |review: &&Review| !usual.reviews.contains(review);
            let asks = plan.reviews.iter().any(|review| is_new(&review));
            (!asks).then(|| format!("the plan is another, and nothing is asked: {:?}", plan.effects))
        }
    }
}

/// What is not right about a world with one odd value, by kind of field; and how many were tried.
fn objections_in(name: &str, settings: &ConnectionSettings) -> (usize, BTreeMap<String, BTreeSet<String>>) {
    let json = json_of(name);
    let usual = plan(&World::from_json(&json.to_string()).unwrap(), settings);
    let mut found = fields(&json);
    let odd_values = OddValue::all();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    found.retain(|field| {
        let seen = seen.entry(field.name.clone()).or_default();
        *seen += 1;
        *seen <= EACH
    });
    let mut objections: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for field in &found {
        for odd in &odd_values {
            let read = World::from_json(&field.replaced_in(&json, odd)).map(|world| plan(&world, settings));
            if let Some(objection) = objection(field, odd, read, &usual) {
                let objections = objections.entry(listed(&field.name)).or_default();
                objections.insert(format!("{odd} in {name}: {objection}"));
            }
        }
    }
    (found.len() * odd_values.len(), objections)
}

#[test]
fn one_odd_value_is_read_asked_about_or_refused_by_its_name() {
    let settings = settings(json!({"fees": {"restocking": {"nominal_code": "4040", "tax_code": "T20"}}}));
    let outcomes: Vec<_> = thread::scope(|scope| {
        let worlds = WORLDS.map(|name| {
            let settings = &settings;
            scope.spawn(move || objections_in(name, settings))
        });
        worlds.map(|world| world.join().unwrap()).into()
    });
    println!("{} values tried", outcomes.iter().map(|(tried, _)| tried).sum::<usize>());
    let objections: Vec<_> = outcomes.iter().flat_map(|(_, objections)| objections).collect();
    assert!(objections.is_empty(), "{objections:#?}");
}

#[test]
fn a_unit_whose_price_or_tax_is_unclear_waits_where_the_price_is_returngos() {
    let settings = settings(json!({"price_source": "returngo"}));
    for (field, said) in [
        ("paidPrice", "price that was paid"),
        ("paidTax", "tax that was paid"),
        ("taxIncluded", "includes tax"),
    ] {
        let mut world = json_of("approved");
        world["rma"]["items"][0][field] = Value::Null;
        let plan = plan(&World::from_json(&world.to_string()).unwrap(), &settings);
        let review = plan.reviews.iter().find(|review| review.code == ReviewCode::TaxUnclear).unwrap();
        assert!(review.message.contains(said) && review.choices[0].id == "amount", "{review:#?}");
        assert_eq!(
            (plan.reviews.len(), plan.effects.len()),
            (1, 1),
            "the other units are credited: {plan:#?}"
        );
    }
}

#[test]
fn a_captured_answer_may_begin_with_a_byte_order_mark() {
    let text = json_of("approved").to_string();
    assert_eq!(World::from_json(&format!("\u{feff}{text}")), World::from_json(&text));
}

#[test]
fn a_unit_without_a_price_is_not_put_on_one_of_several_rows_that_cost_differently() {
    for field in ["paidPrice", "taxIncluded"] {
        let mut world = json_of("same_sku_two_prices");
        for item in world["rma"]["items"].as_array_mut().unwrap() {
            item[field] = Value::Null;
            item.as_object_mut().unwrap().remove("shopLineItemId");
        }
        let plan = plan(&World::from_json(&world.to_string()).unwrap(), &settings(json!({})));
        assert!(plan.effects.is_empty(), "{plan:#?}");
        assert!(plan.reviews.iter().all(|review| review.code == ReviewCode::TaxUnclear), "{plan:#?}");
    }
}

#[test]
fn a_unit_whose_return_method_has_no_name_waits_where_settings_go_by_it() {
    let mut world = json_of("one_unit");
    world["rma"]["items"][0]["returnMethod"]["name"] = Value::Null;
    let world = World::from_json(&world.to_string()).unwrap();
    assert!(plan(&world, &settings(json!({}))).reviews.is_empty());
    for goes_by_name in
        [json!({"return_methods": {"skip": ["Return to store"]}}), json!({"warehouses": {"Courier": 4}})]
    {
        let plan = plan(&world, &settings(goes_by_name));
        assert!(plan.effects.is_empty() && plan.reviews[0].message.contains("return method"), "{plan:#?}");
    }
}

#[test]
fn an_approval_without_a_date_is_refused_by_its_name() {
    let mut world = json_of("approved");
    world["rma"]["rmaSummary"]["events"] = json!([{"eventName": "RMA_APPROVED", "eventDate": ""}]);
    let error = World::from_json(&world.to_string()).unwrap_err();
    assert!(
        error.to_string().contains("rma.rmaSummary.events") && error.to_string().contains("RMA_APPROVED"),
        "{error}"
    );
}

#[test]
fn a_status_of_the_configuration_is_read_in_any_form_or_refused() {
    for (form, read) in
        [(json!(5.0), Some(5)), (json!("5.0"), Some(5)), (json!(""), None), (Value::Null, None)]
    {
        let mut world = json_of("approved");
        world["account"]["configuration"]["cancelledOrderStatusId"] = form;
        let world = World::from_json(&world.to_string()).unwrap();
        assert_eq!(world.account.configuration.cancelled_order_status().map(|status| status.get()), read);
    }
    for odd in [json!([5]), json!("five"), json!({})] {
        let mut world = json_of("approved");
        world["account"]["configuration"]["cancelledOrderStatusId"] = odd;
        assert!(
            World::from_json(&world.to_string()).unwrap_err().to_string().contains("cancelledOrderStatusId")
        );
    }
}
