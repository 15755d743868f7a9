//! Keys and shoppers never print.

use returngo::{Client, ErrorKind};

use super::{
    id,
    script::{KEY, answer, scripted},
};
use crate::fixtures;

#[tokio::test]
async fn no_debug_and_no_error_shows_the_key() {
    let builder = Client::builder().api_key(KEY).shop("acmeoutdoors.example.test");
    assert!(!format!("{builder:?}").contains(KEY));
    for body in
        [format!(r#"{{"message":"unknown key {KEY}"}}"#), format!("<html>your key {KEY} is odd</html>")]
    {
        let it = scripted([answer(401, &body)]);
        let error = it.client.rmas().get(&id()).await.unwrap_err();
        let shown = format!(
            "{error} {error:?} {error:#} {:?} {:?} {:?} {:?} {:?}",
            it.client,
            it.script,
            it.script.sent(),
            error.message(),
            error.body_excerpt()
        );
        assert!(shown.contains("acmeoutdoors.example.test"), "the client still says which shop");
        assert!(!shown.contains(KEY), "{shown}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_read_shows_no_shopper() {
    let broken = fixtures::RMA_RECEIVED.replace("\"isOutbound\": false", "\"isOutbound\": {}");
    let it = scripted([answer(200, &broken)]);
    let error = it.client.rmas().get(&id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    for planted in ["Pat Example", "pat@example.test", "1 Test Road"] {
        assert!(broken.contains(planted));
        assert!(!format!("{error:?}").contains(planted));
    }
}

#[test]
fn unusable_settings_are_named() {
    let build = |key: &str, shop: &str, url: &str| {
        Client::builder().api_key(key).shop(shop).url(url).build().unwrap_err()
    };
    let url = "https://api.returngo.ai";
    for (error, expected) in [
        (Client::builder().shop("s").build().unwrap_err(), "no API key was given"),
        (Client::builder().api_key("k").build().unwrap_err(), "no shop was given"),
        (build("", "s", url), "the API key is empty"),
        (build("k ", "s", url), "the API key has spaces around it"),
        (build("k", "s\n", url), "the shop has spaces around it"),
        (build("k", "s", "api.returngo.ai"), "`api.returngo.ai` is not a URL"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(expected), "{error}");
    }
}
