//! Reads and writes money in a build with `serde_json/arbitrary_precision` and `rust_decimal/serde-float`, which any
//! dependency of a program can turn on for all of it. The amounts have to be the same as without.
//!
//! Prints the body of a sales credit and of a payment, and fails if an amount changed.

use std::{error::Error, fs, path::Path};

use api_client_core::{HttpResponse, OffsetDateTime};
use brightpearl::{
    ContactId, OrderId, ProductId,
    accounting::{NewCustomerPayment, PaymentType, customer_payment},
    order::{NewCreditRow, NewSalesCredit, sales_credit},
};
use returngo::{Money, Rma, RmaId, rma};
use returngo_brightpearl_mapping::{ConnectionSettings, Plan, World, plan};
use rust_decimal::Decimal;
use serde_json::{Value, json};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    the_features_are_on()?;
    for fixture in ["rma_exchange", "rma_no_shipment", "rma_received", "rma_validated"] {
        rmas_read_numbers_and_texts(&root.join(format!("crates/returngo/fixtures/{fixture}.json")))?;
    }
    money_is_written_as_numbers()?;
    credits_are_written_as_texts()?;
    payments_are_written_as_numbers()?;
    plans_are_those_of_any_build(&root.join("crates/returngo-brightpearl-mapping"))?;
    settings_read_tolerances()
}

/// Without the features, the other checks would say nothing.
fn the_features_are_on() -> Outcome {
    let number: Value = serde_json::from_str("1.10")?;
    assert_eq!(number.to_string(), "1.10", "serde_json/arbitrary_precision is off");
    let written = serde_json::to_string(&"1.10".parse::<Decimal>()?)?;
    assert_eq!(written, "1.1", "rust_decimal/serde-float is off");
    Ok(())
}

/// An RMA reads as it does when its amounts are texts, and reads back as it was written.
fn rmas_read_numbers_and_texts(fixture: &Path) -> Outcome {
    let text = fs::read_to_string(fixture)?;
    let read = answered(&text)?;
    let mut answer: Value = serde_json::from_str(&text)?;
    amounts_as_texts(&mut answer);
    assert_eq!(answered(&answer.to_string())?, read, "{}", fixture.display());
    assert_eq!(serde_json::from_str::<Rma>(&serde_json::to_string(&read)?)?, read, "{}", fixture.display());
    assert_eq!(serde_json::from_value::<Rma>(serde_json::to_value(&read)?)?, read, "{}", fixture.display());
    Ok(())
}

fn answered(body: &str) -> Outcome<Rma> {
    let answer = HttpResponse { status: 200, headers: Default::default(), body: body.as_bytes().to_vec() };
    Ok(rma::get(&"4410021".parse::<RmaId>()?).read(&answer)?)
}

fn amounts_as_texts(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_amount = name.to_lowercase().contains("amount") || name.ends_with("Fee");
                match value {
                    Value::Number(number) if is_amount => *value = Value::String(number.to_string()),
                    value => amounts_as_texts(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(amounts_as_texts),
        _ => {}
    }
}

fn money_is_written_as_numbers() -> Outcome {
    for amount in ["33.3333", "0.1", "6.67", "-12.5", "9999999999.99"] {
        let text = format!(r#"{{"amount":{amount},"currency":"GBP"}}"#);
        let money: Money = serde_json::from_str(&text)?;
        assert_eq!(money.amount, amount.parse()?);
        assert_eq!(serde_json::to_string(&money)?, text);
    }
    Ok(())
}

fn credits_are_written_as_texts() -> Outcome {
    let row = |quantity: &str, net: &str, tax: &str| -> Outcome<NewCreditRow> {
        Ok(NewCreditRow::product(ProductId::new(2044), quantity.parse()?, "T20", net.parse()?, tax.parse()?))
    };
    let mut credit = NewSalesCredit::for_customer(ContactId::new(5012));
    credit.rows = vec![row("1", "33.3333", "6.67")?, row("3", "100.0000", "20.00")?];
    let request = sales_credit::create(&credit);
    println!("{request} {}", request.json().unwrap_or_default());
    assert_eq!(
        request.json(),
        Some(concat!(
            r#"{"customer":{"id":5012},"rows":["#,
            r#"{"productId":2044,"quantity":"1","taxCode":"T20","net":"33.3333","tax":"6.67"},"#,
            r#"{"productId":2044,"quantity":"3","taxCode":"T20","net":"100.0000","tax":"20.00"}]}"#
        ))
    );
    Ok(())
}

fn payments_are_written_as_numbers() -> Outcome {
    let payment: NewCustomerPayment = serde_json::from_value(json!({
        "transactionRef": "RGO-T778120", "paymentMethodCode": "1210", "paymentType": PaymentType::Payment,
        "orderId": OrderId::new(300955), "currencyIsoCode": "GBP", "amountPaid": "33.30",
        "paymentDate": "2031-03-31T00:00:00.000+01:00".parse::<OffsetDateTime>()?,
    }))?;
    let request = customer_payment::create(&payment);
    println!("{request} {}", request.json().unwrap_or_default());
    let body = request.json().unwrap_or_default();
    assert!(body.contains(r#""amountPaid":33.3,"#), "{body}");
    Ok(())
}

/// The plan for a committed snapshot is the one that the mapping's tests have committed, and it reads back.
fn plans_are_those_of_any_build(mapping: &Path) -> Outcome {
    let object = |name: &str| -> Outcome<serde_json::Map<String, Value>> {
        Ok(serde_json::from_str(&fs::read_to_string(mapping.join(format!("worlds/{name}.json")))?)?)
    };
    let mut world = object("defaults")?;
    world.extend(object("whole_line")?);
    let world = World::from_json(&Value::Object(world).to_string())?;
    assert_eq!(World::from_json(&serde_json::to_string(&world)?)?, world);

    let settings = r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210"}"#;
    let planned = plan(&world, &ConnectionSettings::from_json(settings)?);
    let written = serde_json::to_string_pretty(&planned)?;
    let snapshot = mapping.join("tests/it/snapshots/it__approval__a_whole_line_is_credited_exactly.snap");
    let snapshot = fs::read_to_string(snapshot)?;
    let committed = snapshot.splitn(3, "---\n").nth(2).unwrap_or_default();
    assert_eq!(written.trim(), committed.trim());
    assert_eq!(serde_json::from_str::<Plan>(&written)?, planned);
    Ok(())
}

fn settings_read_tolerances() -> Outcome {
    for tolerance in ["0.05", r#""0.05""#] {
        let settings = format!(
            r#"{{"account_id": "acmeoutdoors", "refund_method_code": "1210", "price_tolerance": {tolerance}}}"#
        );
        let settings = ConnectionSettings::from_json(&settings)?;
        assert_eq!(settings.price_tolerance, Some("0.05".parse()?));
        assert_eq!(serde_json::to_value(&settings)?["price_tolerance"], "0.05");
    }
    Ok(())
}
