//! `connect` for an app that the account's owner authorised by OAuth.

use api_mock_core::{Fault, FaultKind};
use brightpearl::client::{OAuthApp, Tokens};

use super::shop::{Done, RMA, Shop};

const REDIRECT_URI: &str = "https://returns.example.test/connected";
const CLIENT_SECRET: &str = "mock-client-secret";
const SETTINGS: [&str; 6] = ["connect", "acme", "--refund-method", "1210", "--status", "27"];

/// Tokens as the account's owner hands them out.
async fn authorise(shop: &Shop) -> Tokens {
    let app = OAuthApp::new(shop.brightpearl.app_ref(), REDIRECT_URI)
        .client_secret(CLIENT_SECRET)
        .server(shop.brightpearl.url());
    let code = shop.brightpearl.authorization_code(REDIRECT_URI);
    app.exchange(&shop.brightpearl.account().parse().unwrap(), &code).await.unwrap()
}

fn connect(shop: &Shop, tokens: &Tokens, variables: &[(&str, &str)], more: &[&str]) -> Done {
    let refresh_token = tokens.refresh_token.as_deref().unwrap();
    let mut all = vec![
        ("BRIGHTPEARL_TOKEN", ""),
        ("BRIGHTPEARL_ACCESS_TOKEN", tokens.access_token.as_str()),
        ("BRIGHTPEARL_REFRESH_TOKEN", refresh_token),
        ("BRIGHTPEARL_CLIENT_SECRET", CLIENT_SECRET),
    ];
    all.extend(variables);
    shop.run_with(&[&SETTINGS[..], more].concat(), &all)
}

fn refreshes(shop: &Shop) -> u64 {
    shop.brightpearl.requests().of("post-oauth-token") - 1
}

/// Nothing of these tokens, of those that the mock made of them, or the client secret is there to be read.
fn assert_nothing_secret(text: &str, tokens: &Tokens) {
    let refresh_token = tokens.refresh_token.as_deref().unwrap();
    for secret in [&tokens.access_token, refresh_token, CLIENT_SECRET, "mock+access", "mock+refresh"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_refreshed_when_they_are_stored_and_later() {
    let shop = Shop::new().await;
    let tokens = authorise(&shop).await;
    let made = connect(&shop, &tokens, &[], &["--json"]);
    assert_nothing_secret(&format!("{}{}", made.stdout, made.stderr), &tokens);
    assert_eq!(made.json()["stored"], true);
    assert_eq!(refreshes(&shop), 1, "the refresh token was tried although the access token works");

    shop.run(&["check", "acme"]).succeeds();
    assert_eq!(refreshes(&shop), 1, "what was refreshed is stored");
    shop.approve(RMA);
    for times in 2..4 {
        shop.brightpearl.faults().add(Fault::on_any(FaultKind::TokenExpired));
        let synchronized = shop.run(&["sync", RMA]);
        assert_nothing_secret(&format!("{}{}", synchronized.stdout, synchronized.stderr), &tokens);
        synchronized.succeeds();
        assert_eq!(refreshes(&shop), times, "each refresh token is taken once");
    }
    assert_eq!(shop.credits_of(RMA), 1);

    let other = shop.run(&["connect", "acme", "--channel", "9"]);
    assert_nothing_secret(&format!("{}{}", other.stdout, other.stderr), &tokens);
    other.succeeds();
    shop.run(&["check", "acme"]).succeeds();
    assert_eq!(refreshes(&shop), 3, "a change of the settings keeps the tokens");
    assert_nothing_secret(&shop.run(&["settings", "show", "acme"]).succeeds(), &tokens);
    assert_nothing_secret(&shop.run(&["settings", "export", "acme"]).succeeds(), &tokens);
    for file in std::fs::read_dir(shop.folder()).unwrap() {
        let stored = std::fs::read(file.unwrap().path()).unwrap();
        assert_nothing_secret(&String::from_utf8_lossy(&stored), &tokens);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_refresh_token_is_found_although_the_access_token_works() {
    let shop = Shop::new().await;
    let tokens = authorise(&shop).await;
    for (variable, code) in
        [("BRIGHTPEARL_REFRESH_TOKEN", "invalid_grant"), ("BRIGHTPEARL_CLIENT_SECRET", "invalid_client")]
    {
        let refused = connect(&shop, &tokens, &[(variable, "planted-secret")], &[]);
        let said = format!("{}{}", refused.stdout, refused.stderr);
        assert_eq!(refused.code, Some(1), "{said}");
        assert!(said.contains(code) && said.contains("--anyway"), "{said}");
        assert!(said.contains("authorize the app again"), "{said}");
        assert!(!said.contains("planted-secret"), "{said}");
        assert_nothing_secret(&said, &tokens);
        assert_eq!(shop.run(&["status", "--json"]).json(), serde_json::json!([]));
    }
    connect(&shop, &tokens, &[], &[]).succeeds();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_tokens_replace_those_of_a_connection() {
    let shop = Shop::connected().await;
    let tokens = authorise(&shop).await;
    let changed = connect(&shop, &tokens, &[], &[]);
    assert_nothing_secret(&format!("{}{}", changed.stdout, changed.stderr), &tokens);
    changed.succeeds();
    shop.run(&["check", "acme"]).succeeds();
    assert_eq!(refreshes(&shop), 1);

    // The owner authorises the app again.
    let again = authorise(&shop).await;
    connect(&shop, &again, &[], &[]).succeeds();
    assert_eq!(refreshes(&shop), 3, "one of them is the exchange");
    shop.brightpearl.faults().add(Fault::on_any(FaultKind::TokenExpired));
    shop.run(&["check", "acme"]).succeeds();
    assert_eq!(refreshes(&shop), 4);
}
