//! The tables of `docs/mapping.md`. A generated part stands between `<!-- generated: KIND WORLDS {SETTINGS} -->`
//! and `<!-- end -->`; every figure in it comes from a plan. Among the settings, `world` changes the world: a value for each
//! JSON pointer.

use brightpearl::order::NewCreditRow;
use returngo_brightpearl_mapping::{
    ConnectionSettings, Decision, Effect, Plan, World, explain, keys::RowKey, plan, settings::FieldMap,
};
use rust_decimal::Decimal;
use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};

use crate::{
    committed::{assert_committed, read},
    worlds::{settings, world},
};

const DOCUMENT: &str = "../../docs/mapping.md";
const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

#[test]
fn the_tables_of_the_document_are_those_of_the_plans() {
    let mut generated = String::new();
    let mut parts = 0;
    let document = read(DOCUMENT);
    let mut rest = document.as_str();
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (what, after) = after.split_once(" -->").unwrap();
        let (_, after) = after.split_once(END).unwrap();
        generated += &format!("{before}{BEGIN}{what} -->\n{}\n{END}", part(what).trim_end());
        rest = after;
        parts += 1;
    }
    assert!(parts >= 15, "{parts} generated parts");
    assert_committed(DOCUMENT, &(generated + rest));
}

#[test]
fn the_document_mentions_every_code() {
    let document = read(DOCUMENT);
    for (code, _) in codes::<returngo_brightpearl_mapping::ReviewCode>()
        .iter()
        .chain(&codes::<returngo_brightpearl_mapping::WarningCode>())
    {
        assert!(document.contains(&format!("`{code}`")), "{code}");
    }
}

fn part(what: &str) -> String {
    let (words, more) = match what.find('{') {
        Some(at) => (&what[..at], serde_json::from_str(&what[at..]).unwrap()),
        None => (what, json!({})),
    };
    let words: Vec<&str> = words.split_whitespace().collect();
    let (kind, worlds) = words.split_first().unwrap();
    match *kind {
        "shares" => shares(worlds),
        "rows" => rows(worlds[0], more),
        "effects" => effects(&planned(worlds[0], more)),
        "units" => units(&planned(worlds[0], more)),
        "questions" => questions(&planned(worlds[0], more)),
        "choices" => choices_of(&planned(worlds[0], more)),
        "decided" => rows_of(&decided(worlds[0], worlds[1], more)),
        "explanation" => explanation(worlds[0], more),
        "settings" => setting_table(),
        "fields" => FieldMap::fields().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", "),
        "reviews" => code_table::<returngo_brightpearl_mapping::ReviewCode>(),
        "warnings" => code_table::<returngo_brightpearl_mapping::WarningCode>(),
        other => panic!("{other} is no kind of generated part"),
    }
}

fn planned(name: &str, more: Value) -> Plan {
    let (world, settings) = given(name, more);
    plan(&world, &settings)
}

/// The world with its changes, and the settings.
fn given(name: &str, mut more: Value) -> (World, ConnectionSettings) {
    let changes = more.as_object_mut().and_then(|more| more.remove("world"));
    let mut changed = serde_json::to_value(world(name)).unwrap();
    for (pointer, value) in changes.iter().flat_map(|changes| changes.as_object().unwrap()) {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap_or_else(|| panic!("{name} has no {parent}"))[field] =
            value.clone();
    }
    (World::from_json(&changed.to_string()).unwrap(), settings(more))
}

fn credit_rows(plan: &Plan) -> Vec<NewCreditRow> {
    let credit = plan.effects.iter().find_map(|effect| match effect {
        Effect::CreateSalesCredit { body, .. } => Some(body.rows.clone()),
        _ => None,
    });
    credit.expect("the plan creates a credit")
}

/// Several returns of one row of the order, what they come to together, and the row itself.
fn shares(names: &[&str]) -> String {
    let mut table = "| | units | net | tax |\n|---|---|---|---|\n".to_owned();
    let (mut units, mut net, mut tax) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    let mut original = None;
    for (at, name) in names.iter().enumerate() {
        let row = credit_rows(&planned(name, json!({}))).remove(0);
        table +=
            &format!("| return {} | {} | {} | {} |\n", at + 1, row.quantity.normalize(), row.net, row.tax);
        (units, net, tax) = (units + row.quantity, net + row.net, tax + row.tax);
        let order_row = RowKey::parse(row.external_ref.as_deref().unwrap()).unwrap().order_row;
        original = world(name).order.unwrap().order_rows.get(&order_row).cloned();
    }
    let original = original.unwrap();
    let value = &original.row_value;
    let whole = (original.quantity.magnitude, value.row_net.value, value.row_tax.value);
    assert_eq!((units, net, tax), whole, "the returns come to the row exactly");
    table += &format!("| **together** | {} | **{net}** | **{tax}** |\n", units.normalize());
    table + &format!("| row of the order | {} | {} | {} |\n", whole.0.normalize(), whole.1, whole.2)
}

fn rows(name: &str, more: Value) -> String {
    rows_of(&given(name, more))
}

/// The world with its first review answered by this choice.
fn decided(name: &str, choice: &str, more: Value) -> (World, ConnectionSettings) {
    let (mut world, settings) = given(name, more);
    let review = plan(&world, &settings).reviews.remove(0);
    world.decisions.extend(Decision::answering(&review, choice, "dana"));
    (world, settings)
}

fn rows_of((world, settings): &(World, ConnectionSettings)) -> String {
    let currency = world.order.as_ref().unwrap().currency.order_currency_code.clone();
    let mut table =
        "| row of the credit | quantity | net | tax | nominal code | tax code |\n|---|---|---|---|---|---|\n"
            .to_owned();
    let rows = credit_rows(&plan(world, settings));
    for row in &rows {
        table += &format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            row.name.as_deref().unwrap_or_default(),
            row.quantity.normalize(),
            row.net,
            row.tax,
            row.nominal_code.as_ref().map_or("", |code| code.as_str()),
            row.tax_code
        );
    }
    let total: Decimal = rows.iter().map(|row| row.net + row.tax).sum();
    table + &format!("\nTogether {} {currency}.\n", total.normalize())
}

fn effects(plan: &Plan) -> String {
    let mut table = "| what is written | key |\n|---|---|\n".to_owned();
    for effect in &plan.effects {
        let what = match effect {
            Effect::CreateSalesCredit { .. } => "the sales credit".to_owned(),
            Effect::AddOrderRow { order_id, body, .. } => format!(
                "a row on credit {order_id}: net {}, tax {}, {}",
                body.row_value.row_net.value,
                body.row_value.row_tax.value,
                body.nominal_code.as_ref().unwrap()
            ),
            Effect::RecordPayment { order_id, body, .. } => format!(
                "a payment on credit {order_id}: {} {} under {}",
                body.amount_paid, body.currency_iso_code, body.payment_method_code
            ),
            Effect::AddOrderNote { order_id, body, .. } => {
                format!("a note on order {order_id}: {}", body.text)
            }
            Effect::CloseSalesCredit { order_id, .. } => format!("credit {order_id} is closed"),
            Effect::SetOrderStatus { order_id, body, .. } => {
                format!("credit {order_id} gets status {}", body.order_status_id)
            }
            Effect::UpdateShipment { shipment_id, body, .. } => {
                format!("return shipment {shipment_id} becomes {}", body.status.as_ref().unwrap())
            }
            Effect::SetRmaStatus { body, .. } => format!("the RMA becomes {}", body.status),
            Effect::AddRmaComment { body, .. } => format!("a comment on the RMA: {}", body.html_text),
            other => panic!("{other:?} has no line"),
        };
        table += &format!("| {what} | `{}` |\n", effect.key());
    }
    table
}

fn units(plan: &Plan) -> String {
    let mut table = "| unit | state |\n|---|---|\n".to_owned();
    for unit in &plan.state.units {
        let state = serde_json::to_value(unit.state).unwrap();
        table += &format!("| {} | {} |\n", unit.returned_item_id, state.as_str().unwrap());
    }
    table
}

fn questions(plan: &Plan) -> String {
    assert!(!plan.reviews.is_empty());
    plan.reviews
        .iter()
        .map(|review| format!("> `{}`: {}\n", review.code, review.message))
        .collect::<Vec<_>>()
        .join(">\n")
}

/// The choices of the plan's first review.
fn choices_of(plan: &Plan) -> String {
    let rows = plan.reviews[0].choices.iter().map(|choice| {
        let id = if choice.is_typed_in() { format!("{}:VALUE", choice.id) } else { choice.id.clone() };
        format!("| `{id}` | {} | {} |\n", choice.label, choice.effect)
    });
    format!("| choice | label | effect |\n|---|---|---|\n{}", rows.collect::<String>())
}

fn explanation(name: &str, more: Value) -> String {
    let (world, settings) = (world(name), settings(more));
    format!("```text\n{}```\n", explain(&world, &settings, &plan(&world, &settings)))
}

fn setting_table() -> String {
    let schema = ConnectionSettings::json_schema();
    let required = schema["required"].as_array().unwrap();
    let written = serde_json::to_value(settings(json!({}))).unwrap();
    let mut table = "| setting | meaning | default |\n|---|---|---|\n".to_owned();
    for (name, property) in schema["properties"].as_object().unwrap() {
        let default = if required.contains(&json!(name)) {
            "required".to_owned()
        } else {
            written.get(name).map_or_else(|| "none".to_owned(), |value| format!("`{value}`"))
        };
        let choices = choices(&schema, property);
        table += &format!(
            "| `{name}` | {}{choices} | {default} |\n",
            one_line(property["description"].as_str().unwrap())
        );
    }
    table
}

/// The values of a setting that is one of several.
fn choices(schema: &Value, property: &Value) -> String {
    let reference =
        property["$ref"].as_str().or_else(|| property["items"]["$ref"].as_str()).unwrap_or_default();
    let kind = reference.strip_prefix("#/$defs/").map_or(&Value::Null, |name| &schema["$defs"][name]);
    let Some(variants) = kind["oneOf"].as_array() else { return String::new() };
    let choices = variants.iter().map(|variant| {
        format!(
            "`{}`: {}",
            variant["const"].as_str().unwrap(),
            one_line(variant["description"].as_str().unwrap())
        )
    });
    format!(" {}", choices.collect::<Vec<_>>().join(" "))
}

/// Text of a doc comment: in a table there are no line breaks, and links have no address.
fn one_line(text: &str) -> String {
    text.replace('\n', " ").replace("[`ConnectionSettings::", "[`").replace("[`", "`").replace("`]", "`")
}

fn codes<C: JsonSchema>() -> Vec<(String, String)> {
    let schema = schema_for!(C).to_value();
    let variants = schema["oneOf"].as_array().unwrap().iter();
    variants
        .map(|variant| {
            let text = |name: &str| variant[name].as_str().unwrap().to_owned();
            (text("const"), one_line(&text("description")))
        })
        .collect()
}

fn code_table<C: JsonSchema>() -> String {
    let rows = codes::<C>().into_iter().map(|(code, why)| format!("| `{code}` | {why} |\n"));
    format!("| code | why |\n|---|---|\n{}", rows.collect::<String>())
}
