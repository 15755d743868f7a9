//! Who the caller is: the headers of every scheme, and the life of OAuth tokens.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use api_client_core::{HttpRequest, HttpResponse};
use api_mock_core::{Fault, FaultKind};
use async_trait::async_trait;
use brightpearl::{
    AccountCode, Client, Credentials, Error, ErrorKind, InstanceId, OrderId,
    client::{
        Clock, MemoryTokenStore, NotRetried, OAuthApp, SkippingClock, TokenStore, TokenStoreError, Tokens,
        Transport, TransportError,
    },
    order::NewOrderNote,
};
use brightpearl_mock::MockBrightpearl;

use crate::script::{Scripted, answer, lost, scripted, scripted_as};

const EXPIRED: &str = r#"{"response":"Authorization token expired"}"#;
const NOTHING: &str = r#"{"response":[]}"#;
const GRANTED: &str = r#"{"access_token":"second+/=","refresh_token":"refresh-2","api_domain":"euw1.brightpearlconnect.com","token_type":"Bearer","expires_in":537227}"#;

fn account() -> AccountCode {
    "acmeoutdoors".parse().unwrap()
}

fn app() -> OAuthApp {
    OAuthApp::new("acmedev_returns", "https://returns.example.test/connected")
        .dev_ref("acmedev")
        .client_secret("planted-client-secret")
}

fn tokens(expires_at: &str) -> Tokens {
    Tokens {
        access_token: "first+/=".into(),
        refresh_token: Some("refresh+/1=".into()),
        expires_at: expires_at.parse().unwrap(),
        installation_instance_id: Some(InstanceId::new(12)),
        api_domain: Some("euw1.brightpearlconnect.com".into()),
    }
}

async fn stored(tokens: Tokens) -> Arc<MemoryTokenStore> {
    let store = Arc::new(MemoryTokenStore::default());
    store.save(&account(), &tokens).await.unwrap();
    store
}

/// A client at 10:15:20 whose access token expires at this time.
async fn authorised(
    expires_at: &str,
    answers: impl IntoIterator<Item = Result<HttpResponse, TransportError>>,
) -> (Scripted, Arc<MemoryTokenStore>) {
    let store = stored(tokens(expires_at)).await;
    (scripted_as(Credentials::oauth(app(), store.clone()), answers), store)
}

const LATER: &str = "2026-05-11T10:15:20Z";

/// Which of the requests went to the token endpoint, and with which access token the others went.
fn story(it: &Scripted) -> Vec<String> {
    let one = |request: &HttpRequest| match request.headers.get("authorization") {
        Some(bearer) => bearer.to_owned(),
        None => request.url.clone(),
    };
    it.script.sent().iter().map(one).collect()
}

const TOKEN_URL: &str = "https://oauth.brightpearlapp.com/token/acmeoutdoors";

/// The vector of docs/evidence/brightpearl-platform.md#signed-tokens.
#[cfg(feature = "signed-tokens")]
#[test]
fn a_token_is_signed_as_brightpearl_does() {
    let signed =
        brightpearl::client::sign_token("tN4pQz7sYw2KdV9bLm1XcA==", "3f0c6a52-91d4-4b7e-8a1e-5d2b7c9e0f11");
    assert_eq!(signed, "4ZpbcYOyDarG8U4qRwJqdM6h0bxPMe7+6IvDekcAkn0=");
}

#[tokio::test]
async fn every_scheme_sends_its_headers_and_no_others() {
    let signed = "4ZpbcYOyDarG8U4qRwJqdM6h0bxPMe7+6IvDekcAkn0=";
    let app_ref = "acmedev_returns";
    for (credentials, expected) in [
        (Credentials::private_app(app_ref, "t1"), vec![("account-token", "t1")]),
        (Credentials::staff(app_ref, "t2"), vec![("staff-token", "t2")]),
        (
            Credentials::public_app("acmedev", app_ref, signed),
            vec![("dev-ref", "acmedev"), ("account-token", signed)],
        ),
        (Credentials::access_token(app_ref, "t4"), vec![("authorization", "Bearer t4")]),
        (
            Credentials::access_token(app_ref, "t4").with_dev_ref("acmedev"),
            vec![("dev-ref", "acmedev"), ("authorization", "Bearer t4")],
        ),
    ] {
        let it = scripted_as(credentials, [answer(200, NOTHING)]);
        it.client.channels().list().await.unwrap();
        let request = it.script.sent().remove(0);
        let sent: Vec<(&str, &str)> = request
            .headers
            .iter()
            .filter(|header| header.name.starts_with("brightpearl-") || header.name == "authorization")
            .map(|header| (header.name.trim_start_matches("brightpearl-"), header.value.as_str()))
            .collect();
        assert_eq!(sent[0], ("app-ref", app_ref));
        assert_eq!(sent[1..], expected);
    }
}

#[tokio::test]
async fn a_code_becomes_tokens() {
    let granted = r#"{"access_token":"qE3=","refresh_token":"u7X=","installation_instance_id":"12","api_domain":"euw1.brightpearlconnect.com","token_type":"Bearer","expires_in":604800}"#;
    let it = scripted([answer(200, granted)]);
    let app = app().transport(it.script.clone()).clock(Arc::new(it.clock.clone()));
    let tokens = app.exchange(&account(), "7d2c+/0f").await.unwrap();
    assert_eq!(
        (tokens.installation_instance_id, tokens.api_domain.as_deref(), tokens.expires_at.to_string()),
        (Some(InstanceId::new(12)), Some("euw1.brightpearlconnect.com"), LATER.to_owned())
    );
    let request = it.script.sent().remove(0);
    assert_eq!(request.url, TOKEN_URL);
    assert_eq!(request.headers.get("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(
        String::from_utf8(request.body.unwrap()).unwrap(),
        "grant_type=authorization_code&code=7d2c%2B%2F0f&redirect_uri=https%3A%2F%2Freturns.example.test%2Fconnected\
         &client_id=acmedev_returns&client_secret=planted-client-secret"
    );
    let written = serde_json::to_string(&tokens).unwrap();
    assert_eq!(serde_json::from_str::<Tokens>(&written).unwrap(), tokens);
}

#[tokio::test]
async fn a_code_whose_answer_was_lost_is_not_sent_twice() {
    let it = scripted([lost()]);
    let app = app().transport(it.script.clone()).clock(Arc::new(it.clock.clone()));
    let error = app.exchange(&account(), "7d2c").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert!(error.to_string().contains("authorise the app again"), "{error}");
}

#[tokio::test]
async fn an_access_token_is_replaced_shortly_before_it_expires() {
    let (it, store) = authorised("2026-05-04T10:20:00Z", [answer(200, GRANTED), answer(200, NOTHING)]).await;
    it.client.channels().list().await.unwrap();
    assert_eq!(story(&it), [TOKEN_URL, "Bearer second+/="]);
    let body = String::from_utf8(it.script.sent().remove(0).body.unwrap()).unwrap();
    assert_eq!(
        body,
        "grant_type=refresh_token&refresh_token=refresh%2B%2F1%3D&client_id=acmedev_returns\
         &client_secret=planted-client-secret"
    );
    let saved = store.load(&account()).await.unwrap().unwrap();
    assert_eq!(saved.refresh_token.as_deref(), Some("refresh-2"), "the newest is kept");
    assert_eq!(saved.installation_instance_id, Some(InstanceId::new(12)), "a refresh does not tell it again");

    let restarted = scripted_as(Credentials::oauth(app(), store), [answer(200, NOTHING)]);
    restarted.client.channels().list().await.unwrap();
    assert_eq!(story(&restarted), ["Bearer second+/="]);
}

#[tokio::test]
async fn a_refresh_that_hands_back_a_token_near_its_end_is_not_repeated_at_once() {
    let granted = r#"{"access_token":"second+/=","token_type":"Bearer","expires_in":200}"#;
    let answers = [answer(200, granted), answer(200, NOTHING), answer(200, NOTHING)];
    let (it, store) = authorised("2026-05-04T10:16:00Z", answers).await;
    it.client.channels().list().await.unwrap();
    it.client.channels().list().await.unwrap();
    assert_eq!(story(&it), [TOKEN_URL, "Bearer second+/=", "Bearer second+/="]);
    let saved = store.load(&account()).await.unwrap().unwrap();
    assert_eq!(saved.refresh_token.as_deref(), Some("refresh+/1="), "kept, since none came");
}

/// The refresh token that was sent may work no more: what comes instead must not be lost over anything beside it.
#[tokio::test]
async fn tokens_are_taken_whatever_else_the_answer_says() {
    let refreshed = async |granted: &str| {
        let answers = [answer(200, granted), answer(200, NOTHING)];
        let (it, store) = authorised("2026-05-04T10:16:00Z", answers).await;
        it.client.channels().list().await.unwrap();
        store.load(&account()).await.unwrap().unwrap().refresh_token
    };
    for beside in [
        r#""expires_in":"537227""#,
        r#""expires_in":537227.0"#,
        r#""expires_in":null"#,
        r#""expires_in":-1"#,
        r#""token_type":"Bearer""#,
        r#""expires_in":537227,"installation_instance_id":"""#,
        r#""expires_in":537227,"installation_instance_id":{},"api_domain":7"#,
    ] {
        let granted = format!(r#"{{"access_token":"second+/=","refresh_token":"refresh-2",{beside}}}"#);
        assert_eq!(refreshed(&granted).await.as_deref(), Some("refresh-2"), "{beside}");
    }
    let granted = r#"{"access_token":"second+/=","refresh_token":"","expires_in":537227}"#;
    assert_eq!(refreshed(granted).await.as_deref(), Some("refresh+/1="), "an empty text is no token");
}

#[tokio::test]
async fn an_expired_token_is_refreshed_once_and_the_call_repeated_whatever_it_is() {
    let answers = [answer(401, EXPIRED), answer(200, GRANTED), answer(200, r#"{"response":7}"#)];
    let (it, _) = authorised(LATER, answers).await;
    let note = NewOrderNote { text: "Refund noted".into(), is_public: false };
    assert_eq!(it.client.order_notes().create(OrderId::new(300955), &note).await.unwrap().get(), 7);
    assert_eq!(story(&it), ["Bearer first+/=", TOKEN_URL, "Bearer second+/="]);
    assert!(it.clock.waits().iter().all(std::time::Duration::is_zero));
}

#[tokio::test]
async fn a_new_token_that_is_refused_as_well_ends_it() {
    let (it, _) = authorised(LATER, [answer(401, EXPIRED), answer(200, GRANTED), answer(401, EXPIRED)]).await;
    let error = it.client.channels().list().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::TokenExpired, 2));
}

#[tokio::test]
async fn without_a_way_to_refresh_an_expired_token_is_reported() {
    let credentials = Credentials::access_token("acmedev_returns", "first+/=");
    let it = scripted_as(credentials, [answer(401, EXPIRED)]);
    let error = it.client.channels().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenExpired);
    assert!(error.to_string().contains("has expired"), "{error}");
}

#[tokio::test]
async fn an_invalid_token_is_not_refreshed() {
    // A token may hold any word.
    let body = r#"{"response":"Invalid instance token: first+/\u003d Authorization token expired"}"#;
    let (it, _) = authorised(LATER, [answer(401, body)]).await;
    let error = it.client.channels().list().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::TokenInvalid, 1));
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("invalid") && !shown.contains("first"), "{shown}");
}

#[tokio::test]
async fn what_the_token_endpoint_refuses_says_what_to_do() {
    for (body, code, advice) in [
        (r#"{"error":"invalid_client"}"#, "invalid_client", "invalid app reference or client secret"),
        (
            r#"{"error_description":"The auth token has either expired or does not exist","error":"invalid_grant"}"#,
            "invalid_grant",
            "ask the account's owner to authorise the app again",
        ),
        (
            r#"{"error_description":"Redirect uri does not match that used to request auth token","error":"invalid_grant"}"#,
            "invalid_grant",
            "use the same for both",
        ),
    ] {
        let (it, _) = authorised("2026-05-04T10:00:00Z", [answer(400, body)]).await;
        let error = it.client.channels().list().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.not_retried()),
            (ErrorKind::NoAccessToken, Some(NotRetried::NotPrepared))
        );
        assert!(!error.is_retryable() && !error.may_have_been_applied());
        let cause = std::error::Error::source(&error).unwrap().downcast_ref::<Error>().unwrap();
        assert!(cause.has_code(code), "{cause}");
        assert!(cause.to_string().contains(advice), "{cause}");
    }
}

const DEAD: &str =
    r#"{"error_description":"The auth token has either expired or does not exist","error":"invalid_grant"}"#;

#[tokio::test]
async fn a_refresh_token_that_was_refused_is_not_sent_again_until_the_store_holds_another() {
    let answers = [answer(400, DEAD), answer(200, GRANTED), answer(200, NOTHING)];
    let (it, store) = authorised("2026-05-04T10:00:00Z", answers).await;
    let first = it.client.channels().list().await.unwrap_err();
    let second = it.client.channels().list().await.unwrap_err();
    assert_eq!(story(&it), [TOKEN_URL], "asked once");
    for error in [&first, &second] {
        assert_eq!(error.kind(), ErrorKind::NoAccessToken);
        let cause = std::error::Error::source(error).unwrap().to_string();
        assert!(cause.contains("authorise the app again, and save the tokens"), "{cause}");
    }

    let authorised_again =
        Tokens { refresh_token: Some("refresh-9".into()), ..tokens("2026-05-04T10:00:00Z") };
    store.save(&account(), &authorised_again).await.unwrap();
    it.client.channels().list().await.unwrap();
    assert_eq!(story(&it), [TOKEN_URL, TOKEN_URL, "Bearer second+/="]);
    let body = String::from_utf8(it.script.sent()[1].body.clone().unwrap()).unwrap();
    assert!(body.contains("refresh_token=refresh-9"), "{body}");
}

#[tokio::test]
async fn a_token_that_still_works_outlives_a_refused_refresh_token() {
    let answers = [answer(400, DEAD), answer(200, NOTHING), answer(200, NOTHING)];
    let (it, _) = authorised("2026-05-04T10:20:00Z", answers).await;
    it.client.channels().list().await.unwrap();
    it.clock.sleep(std::time::Duration::from_secs(90)).await;
    it.client.channels().list().await.unwrap();
    it.clock.sleep(std::time::Duration::from_secs(240)).await;
    let error = it.client.channels().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoAccessToken);
    assert_eq!(story(&it), [TOKEN_URL, "Bearer first+/=", "Bearer first+/="]);
}

/// The token endpoint, while another process refreshes with the same refresh token and is a little faster.
#[derive(Debug)]
struct Overtaken {
    store: Arc<MemoryTokenStore>,
}

#[async_trait]
impl Transport for Overtaken {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        if request.url == TOKEN_URL {
            let theirs = Tokens { access_token: "theirs".into(), ..tokens(LATER) };
            self.store.save(&account(), &theirs).await.unwrap();
            return answer(400, DEAD);
        }
        assert_eq!(request.headers.get("authorization"), Some("Bearer theirs"));
        answer(200, NOTHING)
    }
}

#[tokio::test]
async fn a_process_that_was_overtaken_goes_on_with_the_others_tokens() {
    let store = stored(tokens("2026-05-04T10:00:00Z")).await;
    let client = Client::builder("acmeoutdoors")
        .datacenter("euw1")
        .credentials(Credentials::oauth(app(), store.clone()))
        .transport(Arc::new(Overtaken { store }))
        .clock(Arc::new(SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap())))
        .build()
        .unwrap();
    client.channels().list().await.unwrap();
}

fn hosts(it: &Scripted) -> Vec<String> {
    let sent = it.script.sent();
    sent.iter().map(|request| request.url.split('/').nth(2).unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn the_client_goes_where_the_tokens_say_that_the_account_is() {
    let moved = GRANTED.replace("euw1", "use1");
    let answers = [
        answer(200, NOTHING),
        answer(401, EXPIRED),
        answer(200, &moved),
        answer(200, NOTHING),
        answer(200, NOTHING),
    ];
    let (it, store) = authorised(LATER, answers).await;
    for _ in 0..3 {
        it.client.channels().list().await.unwrap();
    }
    let (old, new) = ("euw1.brightpearlconnect.com", "use1.brightpearlconnect.com");
    assert_eq!(hosts(&it), [old, old, "oauth.brightpearlapp.com", new, new]);
    assert!(it.script.sent()[3].url.contains("/public-api/acmeoutdoors/product-service/channel"));

    let restarted = scripted_as(Credentials::oauth(app(), store), [answer(200, NOTHING)]);
    restarted.client.channels().list().await.unwrap();
    assert_eq!(hosts(&restarted), [new], "it was built for another data centre");
}

#[tokio::test]
async fn tokens_do_not_lead_away_from_brightpearl() {
    let granted = GRANTED.replace("euw1.brightpearlconnect.com", "tokens.example.test");
    let (it, _) = authorised("2026-05-04T10:00:00Z", [answer(200, &granted), answer(200, NOTHING)]).await;
    it.client.channels().list().await.unwrap();
    assert_eq!(hosts(&it)[1], "euw1.brightpearlconnect.com");
}

#[tokio::test]
async fn an_account_that_nobody_authorised_is_named() {
    let it = scripted_as(Credentials::oauth(app(), Arc::new(MemoryTokenStore::default())), []);
    let error = it.client.channels().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoAccessToken);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("no tokens are stored for acmeoutdoors"), "{cause}");
}

#[tokio::test]
async fn a_token_that_still_works_is_used_while_the_token_endpoint_is_down() {
    let down = (0..4).map(|_| answer(503, "<html>down</html>"));
    let answers = down.chain([answer(200, NOTHING), answer(200, NOTHING)]);
    let (it, _) = authorised("2026-05-04T10:20:00Z", answers).await;
    it.client.channels().list().await.unwrap();
    it.client.channels().list().await.unwrap();
    assert_eq!(story(&it)[4..], ["Bearer first+/=", "Bearer first+/="]);

    let down = (0..4).map(|_| answer(503, "<html>down</html>"));
    let (it, _) = authorised("2026-05-04T10:15:00Z", down).await;
    let error = it.client.channels().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent);
    assert!(error.is_retryable());
}

#[tokio::test]
async fn what_another_process_refreshed_is_taken_over() {
    let (it, store) =
        authorised(LATER, [answer(200, NOTHING), answer(401, EXPIRED), answer(200, NOTHING)]).await;
    it.client.channels().list().await.unwrap();
    let theirs = Tokens { access_token: "theirs".into(), ..tokens(LATER) };
    store.save(&account(), &theirs).await.unwrap();
    it.client.channels().list().await.unwrap();
    assert_eq!(story(&it), ["Bearer first+/=", "Bearer first+/=", "Bearer theirs"]);
}

#[derive(Default)]
struct Unwritable {
    kept: MemoryTokenStore,
    broken: AtomicBool,
}

#[async_trait]
impl TokenStore for Unwritable {
    async fn load(&self, account: &AccountCode) -> Result<Option<Tokens>, TokenStoreError> {
        self.kept.load(account).await
    }

    async fn save(&self, account: &AccountCode, tokens: &Tokens) -> Result<(), TokenStoreError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err("the disk is full".into());
        }
        self.kept.save(account, tokens).await
    }
}

#[tokio::test]
async fn no_call_goes_out_under_tokens_that_a_restart_would_lose() {
    let store = Arc::new(Unwritable::default());
    store.save(&account(), &tokens("2026-05-04T10:00:00Z")).await.unwrap();
    store.broken.store(true, Ordering::Relaxed);
    let it =
        scripted_as(Credentials::oauth(app(), store.clone()), [answer(200, GRANTED), answer(200, NOTHING)]);
    let error = it.client.channels().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoAccessToken);
    let cause = std::error::Error::source(&error).unwrap();
    assert!(cause.to_string().contains("cannot save"), "{cause}");
    assert_eq!(cause.source().unwrap().to_string(), "the disk is full");

    store.broken.store(false, Ordering::Relaxed);
    it.client.channels().list().await.unwrap();
    assert_eq!(story(&it), [TOKEN_URL, "Bearer second+/="], "refreshed once, saved at last");
    assert_eq!(store.load(&account()).await.unwrap().unwrap().access_token, "second+/=");
}

/// An account whose access token of yesterday is dead, though nobody was told.
#[derive(Debug, Default)]
struct Account {
    token_requests: AtomicU32,
    refused: AtomicU32,
}

#[async_trait]
impl Transport for Account {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        tokio::task::yield_now().await;
        if request.url == TOKEN_URL {
            self.token_requests.fetch_add(1, Ordering::Relaxed);
            return answer(200, GRANTED);
        }
        if request.headers.get("authorization") == Some("Bearer second+/=") {
            return answer(200, NOTHING);
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        answer(401, EXPIRED)
    }
}

#[tokio::test]
async fn eight_tasks_refresh_once() {
    let transport = Arc::new(Account::default());
    let client = Client::builder("acmeoutdoors")
        .api_domain("euw1.brightpearlconnect.com")
        .credentials(Credentials::oauth(app(), stored(tokens(LATER)).await))
        .transport(transport.clone())
        .clock(Arc::new(SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap())))
        .build()
        .unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.channels().list().await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(transport.refused.load(Ordering::Relaxed), 8, "all went out with the old token");
    assert_eq!(transport.token_requests.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_app_is_authorised_calls_and_refreshes_over_http() {
    let secret = "a+client/secret=";
    let mock = MockBrightpearl::builder().with(|seed| seed.client_secret = Some(secret.into())).start().await;
    let redirect_uri = "https://returns.example.test/connected";
    let app = OAuthApp::new(mock.app_ref(), redirect_uri).client_secret(secret).server(mock.url());
    let tokens = app.exchange(&account(), &mock.authorization_code(redirect_uri)).await.unwrap();
    assert_eq!(tokens.installation_instance_id, Some(mock.instance_id()));

    let store = stored(tokens.clone()).await;
    let client = Client::builder(mock.account())
        .url(mock.url())
        .credentials(Credentials::oauth(app, store.clone()))
        .build()
        .unwrap();
    mock.faults().add(Fault::on_any(FaultKind::TokenExpired));
    assert!(!client.channels().list().await.unwrap().is_empty());
    assert_eq!(mock.requests().of("post-oauth-token"), 2);
    assert_eq!(client.instance_id().await.unwrap(), Some(mock.instance_id()));
    assert_ne!(store.load(&account()).await.unwrap(), Some(tokens));
}

#[tokio::test]
async fn a_refresh_token_that_another_client_has_used_up_is_asked_once_over_http() {
    let mock = MockBrightpearl::builder().with(|seed| seed.client_secret = None).start().await;
    let redirect_uri = "https://returns.example.test/connected";
    let app = OAuthApp::new(mock.app_ref(), redirect_uri).server(mock.url());
    let tokens = app.exchange(&account(), &mock.authorization_code(redirect_uri)).await.unwrap();
    let client = |store| {
        Client::builder(mock.account())
            .url(mock.url())
            .credentials(Credentials::oauth(app.clone(), store))
            .build()
            .unwrap()
    };
    // Two that do not share a store: the second is left with a refresh token that was used.
    let expired = Tokens { expires_at: "2020-01-01T00:00:00Z".parse().unwrap(), ..tokens };
    client(stored(expired.clone()).await).channels().list().await.unwrap();
    let store = stored(expired).await;
    let second = client(store.clone());
    for _ in 0..3 {
        assert_eq!(second.channels().list().await.unwrap_err().kind(), ErrorKind::NoAccessToken);
    }
    assert_eq!(mock.requests().of("post-oauth-token"), 3, "exchanged, refreshed, refused");

    let again = app.exchange(&account(), &mock.authorization_code(redirect_uri)).await.unwrap();
    store.save(&account(), &again).await.unwrap();
    second.channels().list().await.unwrap();
}

#[test]
fn tokens_go_to_brightpearl_alone() {
    let build = |host: &str| {
        Client::builder("acmeoutdoors")
            .api_domain(host)
            .credentials(Credentials::access_token("acmedev_returns", "t"))
            .build()
    };
    for host in ["euw1.brightpearlconnect.com", "ws-eu1.brightpearl.com"] {
        build(host).unwrap();
    }
    for host in [
        "",
        ".brightpearl.com",
        "brightpearl.com.example.test",
        "euw1.brightpearlconnect.com.example.test",
        "example.test/.brightpearl.com",
        "example.test#.brightpearl.com",
        "user@x.brightpearl.com",
        "https://euw1.brightpearlconnect.com",
        "notbrightpearl.com",
    ] {
        let error = build(host).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{host}");
        assert!(error.to_string().contains("not a host of Brightpearl's API"), "{error}");
    }
}

#[test]
fn nothing_of_an_authorisation_prints() {
    let credentials = Credentials::oauth(app(), Arc::new(MemoryTokenStore::default()));
    let shown = format!("{:?} {:?} {credentials:?}", app(), tokens(LATER));
    for secret in ["planted-client-secret", "first+", "refresh+/1"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
