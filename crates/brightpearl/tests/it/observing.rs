//! What operators see of calls, and what nobody ever sees.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use brightpearl::{
    Client, Credentials, IdSet, OrderId,
    client::{FinishedAttempt, MemoryTokenStore, OAuthApp, Observer, TokenStore, Tokens},
    order::{NewOrderNote, OrderSearch},
};
use tracing_subscriber::fmt::MakeWriter;

use crate::script::{TOKEN, answer, lost, scripted, scripted_as};

/// Everything that the log says, spans with their fields included.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

impl Log {
    /// Logs what this thread does from now on, down to traces.
    fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
            .with_writer(log.clone())
            .with_ansi(false)
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

const THROTTLED: &str =
    r#"{"response":"You have sent too many requests. Please wait before sending another request"}"#;

#[tokio::test]
async fn one_span_a_call_tells_how_it_went() {
    let (log, _guard) = Log::start();
    let it = scripted([lost(), answer(503, THROTTLED), answer(200, r#"{"response":[]}"#)]);
    it.client.orders().get(&OrderId::new(300_871).into()).await.unwrap();
    let text = log.text();
    let closed = text.lines().find(|line| line.contains("call{") && line.contains("close")).unwrap();
    for field in [
        r#"api="brightpearl""#,
        r#"method="GET""#,
        r#"path="/order-service/order/{orderIds}""#,
        "attempt=3",
        "status=200",
        r#"request_id="5d0b7f5e-0c34-4b4b-9a0e-2f2f3a7d1c55""#,
        "budget_left=150",
    ] {
        assert!(closed.contains(field), "{field} is not in {closed}");
    }
    let again: Vec<&str> =
        text.lines().filter(|line| line.contains("INFO") && line.contains("retrying the request")).collect();
    assert_eq!(again.len(), 2, "{text}");
    assert!(again[0].contains("failure=AnswerLost") && again[1].contains("failure=Throttled"), "{text}");
    assert!(again[1].contains("wait_ms=40500"), "{text}");
    assert!(!text.contains("300871"), "ids are not logged: {text}");
}

#[derive(Debug, Default)]
struct Metrics(Mutex<Vec<FinishedAttempt>>);

impl Observer for Metrics {
    fn attempt_finished(&self, attempt: &FinishedAttempt) {
        self.0.lock().unwrap().push(attempt.clone());
    }
}

#[tokio::test]
async fn an_observer_is_told_of_every_attempt() {
    let it = scripted([lost(), answer(503, THROTTLED), answer(200, r#"{"response":[]}"#)]);
    let metrics = Arc::new(Metrics::default());
    let client = Client::builder("acmeoutdoors")
        .datacenter("euw1")
        .credentials(Credentials::private_app("acmeoutdoors_returns", TOKEN))
        .transport(it.script.clone())
        .clock(Arc::new(it.clock.clone()))
        .observer(metrics.clone())
        .build()
        .unwrap();
    client.orders().get(&OrderId::new(300_871).into()).await.unwrap();
    let told = metrics.0.lock().unwrap();
    let seen: Vec<_> = told.iter().map(|attempt| (attempt.attempt, attempt.status)).collect();
    assert_eq!(seen, [(1, None), (2, Some(503)), (3, Some(200))]);
    for attempt in told.iter() {
        assert_eq!((attempt.api, attempt.method.as_str()), ("brightpearl", "GET"));
        assert_eq!(attempt.path_template, "/order-service/order/{orderIds}");
    }
    assert_eq!(told[0].waited, Duration::ZERO);
    assert_eq!(told[2].waited, Duration::from_millis(40_500));
}

const SECRETS: [&str; 4] = [TOKEN, "planted-access", "planted-refresh", "planted-client-secret"];
const SHOPPER: [&str; 4] = ["Ada Example", "ada@example.test", "7 Loom Road", "LS1 9ZZ"];

#[tokio::test]
async fn neither_secrets_nor_shoppers_show_anywhere() {
    let (log, _guard) = Log::start();
    let mut shown = String::new();
    let mut show = |texts: &[String]| shown.extend(texts.iter().map(String::as_str));

    let store = Arc::new(MemoryTokenStore::default());
    let tokens = Tokens {
        access_token: "planted-access-1".into(),
        refresh_token: Some("planted-refresh-1".into()),
        expires_at: "2026-05-11T10:15:20Z".parse().unwrap(),
        installation_instance_id: None,
        api_domain: None,
    };
    store.save(&"acmeoutdoors".parse().unwrap(), &tokens).await.unwrap();
    let app = OAuthApp::new("acmedev_returns", "https://returns.example.test/connected")
        .client_secret("planted-client-secret");
    let credentials = Credentials::oauth(app.clone(), store);
    let echo = "<html>planted-client-secret planted-refresh-1 planted-access-1</html>";
    let refusal = r#"{"error":"invalid_grant","error_description":"planted-refresh-1 is dead"}"#;
    for token_answer in [answer(400, refusal), answer(400, echo)] {
        let it = scripted_as(
            credentials.clone(),
            [answer(401, r#"{"response":"Authorization token expired"}"#), token_answer],
        );
        let error = it.client.channels().list().await.unwrap_err();
        let cause = std::error::Error::source(&error).unwrap();
        let excerpt = cause.downcast_ref::<brightpearl::Error>().and_then(|cause| cause.body_excerpt());
        show(&[format!("{error} {error:?} {cause} {cause:?} {excerpt:?}")]);
        show(&[format!("{:?} {:?} {:?}", it.client, it.script, it.script.sent())]);
    }
    show(&[format!("{app:?} {credentials:?} {tokens:?}")]);

    let order = include_str!("wire/order.json");
    let page = format!("<html>{}{TOKEN} is odd</html>", " ".repeat(180));
    let it = scripted([
        answer(200, &format!(r#"{{"response":[{order}]}}"#)),
        answer(200, &format!(r#"{{"response":[{}"#, &order[..order.len() - 2])),
        answer(400, &page),
        answer(200, &page),
        answer(500, ""),
    ]);
    let set: IdSet<OrderId> = "300955".parse().unwrap();
    let orders = it.client.orders().get(&set).await.unwrap();
    show(&[format!("{orders:?}")]);
    let cut = it.client.orders().get(&set).await.unwrap_err();
    let search = OrderSearch::new().filter("customerRef", "Ada Example");
    let refused = it.client.orders().search(search.clone()).all().await.unwrap_err();
    let odd = it.client.orders().search(search).all().await.unwrap_err();
    let note = NewOrderNote { text: "Ada Example rang from 7 Loom Road".into(), is_public: false };
    let lost = it.client.order_notes().create(OrderId::new(300_955), &note).await.unwrap_err();
    for error in [cut, refused, odd, lost] {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        show(&[format!("{error} {error:?} {source:?} {:?} {:?}", error.body_excerpt(), error.api_errors())]);
    }
    let request = brightpearl::order::note::create(OrderId::new(300_955), &note);
    show(&[format!("{request:?} {:?} {:?}", request.to_http("https://x.example.test"), it.script.sent())]);

    shown.push_str(&log.text());
    for planted in SECRETS.iter().chain(&SHOPPER) {
        assert!(!shown.contains(planted), "{planted} shows in {shown}");
    }
    for planted in SHOPPER {
        assert!(order.contains(planted), "{planted} is not planted");
    }
    assert!(!shown.contains(&TOKEN[..12]), "half a token shows");
}
