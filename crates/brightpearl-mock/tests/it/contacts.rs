use serde_json::{Value, json};

use crate::http::Http;

async fn found(http: &Http, query: &str) -> Vec<Value> {
    http.get(query).await.response()["results"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_contact_is_made_after_its_addresses() {
    let http = Http::start().await;
    let address = json!({ "addressLine1": "3 Kiln Row", "addressLine3": "York", "postalCode": "YO1 9ZZ", "countryIsoCode": "GBR" });
    let address_id = http.post("contact-service/postal-address/", address.clone()).await.id();
    let contact = json!({ "firstName": "Eve", "lastName": "Example", "postAddressIds": { "DEF": address_id },
        "communication": { "emails": { "PRI": { "email": "eve@example.test" } }, "telephones": { "PRI": "0113 555 0101" } } });
    let id = http.post("contact-service/contact/", contact.clone()).await.id();
    let read =
        http.get(&format!("contact-service/contact/{id}?includeOptional=postalAddresses")).await.response()
            [0]
        .clone();
    assert_eq!(
        (&read["communication"]["emails"]["PRI"]["email"], &read["postAddressIds"]["DEF"]),
        (&json!("eve@example.test"), &json!(address_id))
    );
    assert_eq!(
        (&read["relationshipToAccount"]["isSupplier"], &read["postalAddresses"][0]["addressLine3"]),
        (&json!(false), &json!("York"))
    );
    let stored =
        http.get(&format!("contact-service/postal-address/{address_id}")).await.response()[0].clone();
    assert_eq!(
        (&stored["contactId"], &stored["countryIsoCode"], &stored["countryIsoCode2"]),
        (&json!(id), &json!("GBR"), &json!("GB"))
    );

    let credit = json!({ "customer": { "id": id }, "rows": [] });
    let credit = http.post("order-service/sales-credit", credit).await.id();
    let order = http.get(&format!("order-service/order/{credit}")).await.response()[0].clone();
    assert_eq!(
        (&order["parties"]["customer"]["addressLine1"], &order["parties"]["customer"]["email"]),
        (&json!("3 Kiln Row"), &json!("eve@example.test"))
    );

    for (change, value) in [
        ("firstName", json!("")),
        ("lastName", json!("x".repeat(33))),
        ("postAddressIds", json!({})),
        ("postAddressIds", json!({ "DEF": 1 })),
        ("postAddressIds", json!({ "DEF": address_id })),
    ] {
        let mut wrong = contact.clone();
        wrong[change] = value;
        assert_eq!(http.post("contact-service/contact", wrong.clone()).await.status, 400, "{wrong}");
    }
    assert_eq!(http.post("contact-service/postal-address", json!({ "addressLine2": "x" })).await.status, 400);
    let moved = json!({ "addressLine1": "4 Kiln Row" });
    assert_eq!(http.put(&format!("contact-service/postal-address/{address_id}"), moved).await.text, "{}");
    let second = http.post("contact-service/postal-address", address).await.id();
    let assign = json!([{ "postalAddressId": second, "type": "DEL" }]);
    assert_eq!(
        http.put(&format!("contact-service/contact/{id}/postal-address"), assign.clone()).await.text,
        "{}"
    );
    assert_eq!(
        http.put("contact-service/contact/5012/postal-address", assign).await.status,
        400,
        "it is another's"
    );
}

#[tokio::test]
async fn contacts_are_searched_and_an_email_need_not_be_ones_own() {
    let http = Http::start().await;
    let address =
        http.post("contact-service/postal-address", json!({ "addressLine1": "7 Loom Road" })).await.id();
    let twin = json!({ "firstName": "Ada", "lastName": "Second", "postAddressIds": { "DEF": address },
        "communication": { "emails": { "SEC": { "email": "ADA@example.test" } } } });
    let twin = http.post("contact-service/contact", twin).await.id();
    let primary =
        found(&http, "contact-service/contact-search?primaryEmail=ada@example.test&isCustomer=true").await;
    assert_eq!(primary.iter().map(|row| &row[0]).collect::<Vec<_>>(), [5012]);
    let any =
        found(&http, "contact-service/contact-search?allEmail=ada@example.test&columns=contactId").await;
    assert_eq!(any, [json!([5012]), json!([twin])], "contained, whatever the case");
    let suppliers =
        found(&http, "contact-service/contact-search?isSupplier=true&columns=contactId,isCustomer").await;
    assert_eq!(suppliers, [json!([5090, false])]);
    assert_eq!(
        http.get("contact-service/contact-search?sort=pri.ASC").await.status,
        400,
        "telephones do not sort"
    );
}

#[tokio::test]
async fn a_contact_is_patched_and_answered_as_an_object() {
    let http = Http::start().await;
    let path = "contact-service/contact/5012";
    let changes = json!([{ "op": "replace", "path": "/firstName", "value": "Adah" },
        { "op": "replace", "path": "/communication/emails/PRI/email", "value": "adah@example.test" }]);
    assert_eq!(http.patch(path, changes).await.response()["firstName"], "Adah");
    let read = http.get(path).await.response()[0].clone();
    assert_eq!(read["communication"]["emails"]["PRI"]["email"], "adah@example.test");
    let refused = http.patch(path, json!([{ "op": "add", "path": "/firstName", "value": "x" }])).await;
    assert_eq!((refused.status, refused.code().as_str()), (500, "CMNC-044"));
    assert_eq!(http.patch("contact-service/contact/1", json!([])).await.code(), "CMNC-404");
}

#[tokio::test]
async fn contacts_come_in_pages_when_asked() {
    let http = Http::start().await;
    let page = http.get("contact-service/contact/5012-5014?pageSize=2&sort=contactId.DESC").await.json();
    let ids: Vec<&Value> =
        page["response"].as_array().unwrap().iter().map(|contact| &contact["contactId"]).collect();
    assert_eq!(ids, [5014, 5013]);
    assert_eq!(
        (&page["pagination"]["morePagesAvailable"], &page["pagination"]["lastResult"]),
        (&json!(true), &json!(2))
    );
    assert_eq!(page["sorting"][0]["direction"], "DESC");
}

#[tokio::test]
async fn products_are_found_by_sku_and_by_the_bundle_they_are_in() {
    let http = Http::start().await;
    let by_sku = found(
        &http,
        "product-service/product-search?SKU=CS-MUG&columns=productId,SKU,stockTracked,productStatus",
    )
    .await;
    assert_eq!(by_sku, [json!([2071, "CS-MUG", true, "LIVE"])]);
    assert_eq!(
        http.get("product-service/product-search?salesChannelName=x").await.status,
        400,
        "not filterable"
    );
    let used = http.get("product-service/product/2044,2071/bundle").await.response();
    assert_eq!(used, json!([{ "id": 2071, "bundles": [{ "id": 2070 }] }]));
    assert_eq!(http.get("product-service/product/2044/bundle").await.code(), "CMNC-404");
    assert_eq!(http.get("product-service/channel-brand").await.response()[0]["channelBrandId"], 1);
    assert_eq!(http.get("product-service/channel-brand/2").await.code(), "CMNC-404");
}

#[tokio::test]
async fn contacts_and_products_have_custom_fields_of_their_own() {
    let text = |id: u64, code: &str| brightpearl_mock::SeedCustomField::text(id, code, code);
    let mock = brightpearl_mock::MockBrightpearl::builder().with(|seed| {
        seed.contact_custom_fields = vec![text(31, "PCF_VIP"), text(32, "PCF_SIZE")];
        seed.product_custom_fields = vec![text(41, "PCF_WASH")];
    });
    let http = Http::to(mock.start().await);
    for (thing, service, code) in
        [("contact/5012", "contact", "PCF_VIP"), ("product/2044", "product", "PCF_WASH")]
    {
        let path = format!("{service}-service/{thing}/custom-field");
        assert_eq!(http.get(&path).await.response(), json!({}));
        let set = json!([{ "op": "add", "path": format!("/{code}"), "value": "yes" }]);
        let patched = http.patch(&path, set.clone()).await;
        assert_eq!(
            (patched.header("Message-Type"), patched.response()),
            (Some("patch-custom-fields"), json!({ code: "yes" }))
        );
        assert_eq!(http.get(&path).await.response(), json!({ code: "yes" }));
        let read = http
            .get(&format!("{service}-service/{thing}?includeOptional=customFields,nullCustomFields"))
            .await
            .response()[0]
            .clone();
        assert_eq!(read["customFields"], json!({ code: "yes" }));
        let unset = if service == "contact" { json!(["PCF_SIZE"]) } else { json!([]) };
        assert_eq!(read["nullCustomFields"], unset);
        let other = json!([{ "op": "add", "path": "/PCF_NOTE", "value": "x" }]);
        assert_eq!(http.patch(&path, other).await.code(), "CMNC-043", "orders have that one");
        let nobody = path.replace("5012", "1").replace("2044", "1");
        assert_eq!(http.patch(&nobody, set).await.code(), "CMNC-404");
    }
}
