//! Tokens and shoppers never print.

use brightpearl::{
    ErrorKind, Patch, PostalAddressId,
    contact::{self, Contact, ContactSearch, NewContact},
    integration::NewWebhook,
    order::SalesOrder,
};

use crate::script::{TOKEN, answer, scripted};

#[tokio::test]
async fn no_debug_and_no_error_shows_the_token() {
    let body = format!(r#"{{"response":"Invalid instance token: {TOKEN}"}}"#);
    let strange = format!("<html>your token {TOKEN} is odd</html>");
    let service =
        format!(r#"{{"errors":[{{"code":"GWYB-006","message":"Unable to authenticate {TOKEN}"}}]}}"#);
    for body in [body, strange, service] {
        let it = scripted([answer(401, &body)]);
        let error = it.client.channels().list().await.unwrap_err();
        let shown = format!(
            "{error} {error:?} {error:#} {:?} {:?} {:?} {:?} {:?}",
            it.client,
            it.script,
            it.script.sent(),
            error.api_errors(),
            error.body_excerpt()
        );
        assert!(!shown.contains(TOKEN), "{shown}");
    }
}

#[tokio::test]
async fn no_debug_of_an_order_shows_the_shopper() {
    let order = include_str!("wire/order.json");
    let it = scripted([answer(200, &format!(r#"{{"response":[{order}]}}"#))]);
    let orders = it.client.orders().get(&"300955".parse().unwrap()).await.unwrap();
    let shown = format!("{orders:?}");
    for planted in ["Ada Example", "ada@example.test", "7 Loom Road", "LS1 9ZZ"] {
        assert!(order.contains(planted), "{planted} is not planted");
        assert!(!shown.contains(planted), "{planted}");
    }
}

#[test]
fn a_webhooks_uri_holds_a_secret() {
    let webhook = NewWebhook::post("goods-in-note.created", "https://rx.example.test/hook?k=planted-secret");
    assert!(!format!("{webhook:?}").contains("planted-secret"));
}

#[test]
fn unusable_settings_are_named() {
    let build = |account: &str, app_ref: &str, token: &str| {
        brightpearl::Client::builder(account)
            .datacenter("euw1")
            .credentials(brightpearl::Credentials::private_app(app_ref, token))
            .build()
            .unwrap_err()
    };
    for (error, expected) in [
        (build("1008", "acmeoutdoors_returns", "t"), "it is a number"),
        (build(" acmeoutdoors", "acmeoutdoors_returns", "t"), "spaces around it"),
        (build("acmeoutdoors", "acmeoutdoors_returns ", "t"), "the app reference has spaces around it"),
        (build("acmeoutdoors", "acmeoutdoors_returns", ""), "the token is empty"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn no_debug_of_a_person_shows_them() {
    let contact: Contact = serde_json::from_str(include_str!("wire/contact.json")).unwrap();
    let sale: SalesOrder = serde_json::from_str(include_str!("wire/sales-order.json")).unwrap();
    let changes = Patch::new().replace("/firstName", "Ada").add("/PCF_NOTE", "for Ada Example");
    let request = contact::contact::patch(contact.contact_id, &changes);
    let search = ContactSearch::new().any_email_contains("ada@example.test");
    let new = NewContact::customer("Ada", "Example", PostalAddressId::new(7101)).email("ada@example.test");
    let shown = format!("{contact:?} {contact:#?} {sale:?} {changes:?} {request:?} {search:?} {new:?}");
    for planted in
        ["Ada", "Example", "example.test", "Loom", "LS1 9ZZ", "0113", "07700", "GB123456789", "EXAMPLE01"]
    {
        assert!(!shown.contains(planted), "{planted} in {shown}");
    }
}
