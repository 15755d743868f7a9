use brightpearl_mock::{BUILT_IN_SEED, MockBrightpearl, Seed};

async fn refusal(change: impl FnOnce(&mut Seed)) -> String {
    MockBrightpearl::builder().with(change).try_start().await.unwrap_err().to_string()
}

#[tokio::test]
async fn the_built_in_seed_is_an_account_and_hides_its_token() {
    let mock = MockBrightpearl::start().await;
    assert_eq!(mock.orders().len(), 4);
    assert!(!format!("{mock:?} {:?}", Seed::built_in()).contains("example.test"));
    assert!(!format!("{:?}", Seed::built_in()).contains(mock.token()));
}

#[tokio::test]
async fn a_seed_that_refers_to_what_it_lacks_is_refused_and_named() {
    let product = refusal(|seed| seed.products.retain(|product| product.id.get() != 2051)).await;
    assert!(product.contains("order 300871") && product.contains("product 2051"), "{product}");
    let component = refusal(|seed| seed.products.retain(|product| product.id.get() != 2071)).await;
    assert!(component.contains("2070") && component.contains("2071"), "{component}");
    let customer = refusal(|seed| seed.contacts.clear()).await;
    assert!(customer.contains("customer 5012"), "{customer}");
    let tax = refusal(|seed| seed.tax_codes.retain(|rate| rate.code.as_str() != "Z")).await;
    assert!(tax.contains("order 300873") && tax.contains("tax code Z"), "{tax}");
    let twice = refusal(|seed| seed.orders.extend(seed.orders.clone())).await;
    assert!(twice.contains("order 300871 exists twice"), "{twice}");
    let payment = refusal(|seed| seed.orders.truncate(1)).await;
    assert!(payment.contains("payment on order 300872"), "{payment}");
    let zone = refusal(|seed| drop(seed.configuration.insert("timeZone".into(), "Leeds".into()))).await;
    assert!(zone.contains("Leeds"), "{zone}");
}

#[test]
fn an_unknown_key_is_named() {
    let seed = BUILT_IN_SEED.replacen("\"channelId\"", "\"chanelId\"", 1);
    assert!(Seed::from_json(&seed).unwrap_err().to_string().contains("chanelId"));
}
