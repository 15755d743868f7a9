use brightpearl_mock::{Fault, FaultKind, MockBrightpearl, Switches};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::http::{Answer, Http};

const STATUSES: &str = "order-service/order-status";
const CALLBACK: &str = "https://returns.example.test/cb";
const APP: (&str, &str) = ("client_id", "acmeoutdoors_returns");
const SECRET: (&str, &str) = ("client_secret", "mock-client-secret");

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

async fn exchange(http: &Http, code: &str) -> Answer {
    let form =
        [("grant_type", "authorization_code"), ("code", code), APP, SECRET, ("redirect_uri", CALLBACK)];
    http.form(&http.mock.token_url(), &form).await
}

async fn refresh(http: &Http, token: &str) -> Answer {
    http.form(
        &http.mock.token_url(),
        &[("grant_type", "refresh_token"), ("refresh_token", token), APP, SECRET],
    )
    .await
}

async fn call(http: &Http, access_token: &str) -> Answer {
    let bearer = format!("Bearer {access_token}");
    let headers =
        [("brightpearl-app-ref", APP.1), ("brightpearl-dev-ref", "acmedev"), ("authorization", &bearer)];
    http.get_with(STATUSES, &headers).await
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap()
}

#[tokio::test]
async fn a_code_becomes_tokens_that_expire_and_are_refreshed() {
    let http = Http::start().await;
    http.mock.set_clock(at("2026-05-04T10:00:00Z"));
    let granted = exchange(&http, &http.mock.authorization_code(CALLBACK)).await;
    assert_eq!(granted.header("Brightpearl-Requests-Remaining"), None, "no budget here");
    let granted = granted.json();
    assert_eq!((&granted["token_type"], &granted["expires_in"]), (&json!("Bearer"), &json!(604800)));
    assert_eq!(granted["installation_instance_id"], "41", "an integer in a string");
    assert_eq!(granted["api_domain"], "euw1.brightpearlconnect.com");
    let access_token = text(&granted, "access_token");
    assert_eq!(call(&http, access_token).await.header("Brightpearl-Requests-Remaining"), Some("199"));

    http.mock.set_clock(at("2026-05-11T10:00:00Z"));
    let expired = call(&http, access_token).await;
    assert_eq!((expired.status, expired.json()), (401, json!({ "response": "Authorization token expired" })));
    let refreshed = refresh(&http, text(&granted, "refresh_token")).await.json();
    assert_eq!(refreshed.get("installation_instance_id"), None, "on the code grant only");
    assert_eq!(call(&http, text(&refreshed, "access_token")).await.status, 200);

    let old = refresh(&http, text(&granted, "refresh_token")).await;
    assert_eq!((old.status, old.json()["error"].clone()), (400, json!("invalid_grant")));
    assert_eq!(refresh(&http, text(&refreshed, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn switches_keep_old_refresh_tokens_and_hand_back_valid_access_tokens() {
    let switches = Switches::with(|switches| {
        switches.old_refresh_tokens_work = true;
        switches.refresh_returns_a_valid_token = true;
    });
    let http = Http::to(MockBrightpearl::builder().switches(switches).start().await);
    http.mock.set_clock(at("2026-05-04T10:00:00Z"));
    let granted = exchange(&http, &http.mock.authorization_code(CALLBACK)).await.json();
    http.mock.set_clock(at("2026-05-05T10:00:00Z"));
    for _ in 0..2 {
        let refreshed = refresh(&http, text(&granted, "refresh_token")).await.json();
        assert_eq!(refreshed["access_token"], granted["access_token"]);
        assert_eq!(refreshed["expires_in"], 604_800 - 86_400);
    }
}

#[tokio::test]
async fn the_token_end_point_refuses_in_oauths_own_shape() {
    let http = Http::start().await;
    let url = http.mock.token_url();
    let code = http.mock.authorization_code(CALLBACK);
    let dead = json!({ "error_description": "The auth token has either expired or does not exist", "error": "invalid_grant" });
    let client = json!({ "error": "invalid_client" });
    let redirect = json!({ "error_description": "Redirect uri does not match that used to request auth token", "error": "invalid_grant" });
    let grant = ("grant_type", "authorization_code");
    for (form, body) in [
        (vec![grant, ("code", "7d2c"), APP, SECRET, ("redirect_uri", CALLBACK)], dead.clone()),
        (vec![("grant_type", "refresh_token"), ("refresh_token", "u7X="), APP, SECRET], dead.clone()),
        (vec![grant, ("code", &code), APP, ("redirect_uri", CALLBACK)], client.clone()),
        (
            vec![grant, ("code", &code), APP, ("client_secret", "wrong"), ("redirect_uri", CALLBACK)],
            client.clone(),
        ),
        (
            vec![grant, ("code", &code), ("client_id", "somebody"), SECRET, ("redirect_uri", CALLBACK)],
            client.clone(),
        ),
        (
            vec![grant, ("code", &code), APP, SECRET, ("redirect_uri", "https://elsewhere.example.test/")],
            redirect,
        ),
        (vec![grant, ("code", &code), APP, SECRET, ("redirect_uri", CALLBACK)], dead),
        (
            vec![("grant_type", "client_credentials"), APP, SECRET],
            json!({ "error": "unsupported_grant_type" }),
        ),
    ] {
        let refused = http.form(&url, &form).await;
        assert_eq!((refused.status, refused.json()), (400, body), "{form:?}");
    }
    let other = url.replace("/acmeoutdoors", "/somebody");
    assert_eq!(http.form(&other, &[grant, APP, SECRET]).await.json(), client);

    let in_the_form = format!("{}/oauth/token", http.mock.url());
    let code = http.mock.authorization_code(CALLBACK);
    let form =
        [grant, ("code", &code), APP, SECRET, ("redirect_uri", CALLBACK), ("account_code", "acmeoutdoors")];
    assert_eq!(http.form(&in_the_form, &form).await.status, 200, "the other documented address");
    assert_eq!(http.mock.requests().of("post-oauth-token"), 10);
}

#[tokio::test]
async fn a_browser_is_sent_back_with_a_code_and_the_state() {
    let http = Http::start().await;
    let query = "response_type=code&client_id=acmeoutdoors_returns&state=9c%201f&redirect_uri=https%3A%2F%2Freturns.example.test%2Fcb";
    let consent =
        http.without_redirects(&format!("{}/authorize/acmeoutdoors?{query}", http.mock.url())).await;
    assert_eq!(consent.status, 302);
    let location = consent.header("Location").unwrap();
    let code = location.strip_prefix("https://returns.example.test/cb?code=").unwrap();
    let code = code.strip_suffix("&state=9c%201f").unwrap();
    assert_eq!(exchange(&http, code).await.status, 200);
}

#[tokio::test]
async fn an_access_token_can_be_asked_about() {
    let http = Http::start().await;
    http.mock.set_clock(at("2026-05-04T10:00:00Z"));
    let granted = exchange(&http, &http.mock.authorization_code(CALLBACK)).await.json();
    let url = format!("{}/acmeoutdoors/oauth/token/introspect", http.mock.url());
    let ask = async |token: &str| http.form_as(&url, (APP.1, SECRET.1), &[("token", token)]).await.json();
    assert_eq!(
        ask(text(&granted, "access_token")).await,
        json!({ "active": "true", "token_type": "Bearer", "exp": "1778493600" }),
        "all of it strings"
    );
    assert_eq!(ask(text(&granted, "refresh_token")).await, json!({ "active": "false" }));
    let nobody = http.form_as(&url, (APP.1, "wrong"), &[("token", "x")]).await;
    assert_eq!((nobody.status, nobody.json()), (400, json!({ "error": "invalid_client" })));
}

#[tokio::test]
async fn faults_strike_the_token_end_point_too() {
    let http = Http::start().await;
    let code = http.mock.authorization_code(CALLBACK);
    http.mock.faults().add(Fault::on("post-oauth-token", FaultKind::Status503));
    assert_eq!(exchange(&http, &code).await.status, 503);
    assert_eq!(exchange(&http, &code).await.status, 200, "the code was not used");
}

#[tokio::test]
async fn schemes_are_told_apart_and_do_not_mix() {
    let http = Http::start().await;
    let (app, token) = (("brightpearl-app-ref", APP.1), http.mock.token().to_owned());
    let developer = ("brightpearl-dev-ref", "acmedev");
    // base64(HMAC-SHA256("mock-developer-secret", "mock-account-token")).
    let signed = ("brightpearl-account-token", "GlNYe2xhtFGlUrlV+9gcFP2aNUErCK6joSNW7vH1nPs=");
    let plain = ("brightpearl-account-token", token.as_str());
    let staff = ("brightpearl-staff-token", token.as_str());
    assert_eq!(http.get_with(STATUSES, &[app, developer, signed]).await.status, 200);

    let nobody = "Not authenticated. You must provide a valid authentication token.".to_owned();
    let invalid = |token: &str| format!("Invalid instance token: {token}");
    for (headers, text) in [
        (vec![app, signed], invalid(signed.1)),
        (vec![app, developer, plain], invalid(&token)),
        (vec![app, ("brightpearl-dev-ref", "somebody"), signed], nobody.clone()),
        (vec![developer, signed], nobody.clone()),
        (vec![app, plain, staff], nobody.clone()),
        (vec![app, ("authorization", "Bearer qE3=")], invalid("qE3=")),
        (vec![app, ("authorization", "Basic qE3=")], nobody),
    ] {
        let refused = http.get_with(STATUSES, &headers).await;
        assert_eq!((refused.status, refused.json()), (401, json!({ "response": text })), "{headers:?}");
    }
}
