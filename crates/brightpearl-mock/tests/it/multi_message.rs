use brightpearl_mock::{Fault, FaultKind, MockBrightpearl, Switches};
use serde_json::{Value, json};

use crate::http::{Http, credit};

fn batch(mode: &str, on_fail: &str, messages: Vec<Value>) -> Value {
    json!({ "processingMode": mode, "onFail": on_fail, "messages": messages })
}

fn message(label: &str, uri: &str, body: Value) -> Value {
    json!({ "label": label, "uri": uri, "httpMethod": "POST", "body": body })
}

fn new_credit(label: &str) -> Value {
    message(label, "/order-service/sales-credit", credit(label))
}

fn note(label: &str, order: u64) -> Value {
    message(label, &format!("/order-service/order/{order}/note"), json!({ "text": label }))
}

/// Label, status and the part's own body, which comes as text.
fn parts(answer: &Value) -> Vec<(String, u64, Value)> {
    let part = |part: &Value| {
        let content = part["body"]["content"].as_str().unwrap();
        let content = serde_json::from_str(content).unwrap_or_else(|_| json!(content));
        (part["label"].as_str().unwrap().to_owned(), part["statusCode"].as_u64().unwrap(), content)
    };
    answer["response"]["processedMessages"].as_array().unwrap().iter().map(part).collect()
}

#[tokio::test]
async fn parts_go_through_the_resources_themselves_and_count_as_one_request() {
    let http = Http::start().await;
    let id = http.credit().await;
    let status = json!({ "label": "status", "uri": format!("/order-service/order/{id}/status"), "httpMethod": "PUT",
        "body": { "orderStatusId": 28 } });
    let answer = http
        .post("multi-message", batch("SEQUENTIAL", "STOP", vec![new_credit("RGO-2"), status, note("n", id)]))
        .await;
    assert_eq!((answer.status, answer.header("Message-Type")), (200, Some("post-multi-message")));
    assert_eq!(
        answer.header("Brightpearl-Requests-Remaining"),
        Some("198"),
        "one of the budget for all three"
    );
    let parts = parts(&answer.json());
    let shape: Vec<(&str, u64)> = parts.iter().map(|(label, status, _)| (label.as_str(), *status)).collect();
    assert_eq!(shape, [("RGO-2", 201), ("status", 200), ("n", 200)]);
    assert_eq!(parts[1].2, json!({}), "a PUT's body is {{}} as text too");
    let made = parts[0].2["response"].as_u64().unwrap();
    assert_eq!(http.get(&format!("order-service/order/{made}")).await.response()[0]["externalRef"], "RGO-2");
    assert_eq!(answer.json()["response"]["unprocessedMessages"], json!([]));
    let requests = http.mock.requests();
    assert_eq!((requests.of("post-multi-message"), requests.of("put-order-status")), (1, 0));
    assert_eq!((requests.parts_of("put-order-status"), requests.parts_of("post-order-note")), (1, 1));
}

#[tokio::test]
async fn a_failure_stops_the_rest_or_does_not_and_undoes_nothing() {
    let http = Http::start().await;
    let messages = |prefix: &str| {
        let label = |name: &str| format!("{prefix}-{name}");
        vec![note(&label("a"), 300871), note(&label("b"), 1), note(&label("c"), 300871)]
    };
    let stopped = http.post("multi-message", batch("SEQUENTIAL", "STOP", messages("stop"))).await;
    assert_eq!(stopped.status, 207);
    let shape: Vec<_> =
        parts(&stopped.json()).into_iter().map(|(label, status, _)| (label, status)).collect();
    assert_eq!(shape, [("stop-a".to_owned(), 200), ("stop-b".to_owned(), 400)]);
    assert_eq!(parts(&stopped.json())[1].2["errors"][0]["code"], "ORDC-003");
    assert_eq!(stopped.json()["response"]["unprocessedMessages"], json!(["stop-c"]));

    let all = http.post("multi-message", batch("SEQUENTIAL", "CONTINUE", messages("go"))).await;
    let labels: Vec<_> = parts(&all.json()).into_iter().map(|(label, ..)| label).collect();
    assert_eq!((all.status, labels), (207, vec!["go-a".into(), "go-b".into(), "go-c".into()]));

    let parallel = http.post("multi-message", batch("PARALLEL", "CONTINUE", messages("par"))).await;
    let labels: Vec<_> = parts(&parallel.json()).into_iter().map(|(label, ..)| label).collect();
    assert_eq!(labels, ["par-c", "par-b", "par-a"], "in another order than sent");
    assert_eq!(http.mock.notes_of(brightpearl::OrderId::new(300871)).len(), 5);
}

#[tokio::test]
async fn a_batch_that_cannot_be_understood_is_refused_whole() {
    let http = Http::start().await;
    let one = |label: &str| note(label, 300871);
    let get = json!({ "label": "a", "uri": "/order-service/order/300871", "httpMethod": "GET" });
    let patch = json!({ "label": "a", "uri": "/order-service/order/300871/custom-field", "httpMethod": "PATCH",
        "body": [{ "op": "add", "path": "/PCF_NOTE", "value": "x" }] });
    for wrong in [
        batch("PARALLEL", "STOP", vec![one("a")]),
        batch("SIDEWAYS", "STOP", vec![one("a")]),
        json!({ "messages": [one("a")] }),
        batch("SEQUENTIAL", "STOP", vec![]),
        batch("SEQUENTIAL", "STOP", (0..11).map(|number| one(&number.to_string())).collect()),
        batch("SEQUENTIAL", "STOP", vec![one("a"), one("a")]),
        batch("SEQUENTIAL", "STOP", vec![one("")]),
        batch("SEQUENTIAL", "STOP", vec![get]),
        batch("SEQUENTIAL", "STOP", vec![patch.clone()]),
    ] {
        assert_eq!(http.post("multi-message", wrong.clone()).await.status, 400, "{wrong}");
    }
    assert!(http.mock.notes_of(brightpearl::OrderId::new(300871)).is_empty());

    let switches = Switches::with(|switches| switches.multi_message_takes_patch = true);
    let lenient = Http::to(MockBrightpearl::builder().switches(switches).start().await);
    let patched = lenient.post("multi-message", batch("SEQUENTIAL", "STOP", vec![patch])).await;
    assert_eq!(
        (patched.status, &parts(&patched.json())[0].2),
        (200, &json!({ "response": { "PCF_NOTE": "x" } }))
    );
}

#[tokio::test]
#[should_panic(expected = "POST /order-service/ordr (in a batch)")]
async fn a_part_for_nowhere_is_404_by_itself_and_fails_the_test() {
    let http = Http::start().await;
    let nowhere =
        ["/order-service/ordr", "/multi-message", "public-api/acmeoutdoors/order-service/sales-credit"];
    let messages = nowhere.iter().map(|uri| message(uri, uri, json!({}))).collect();
    let answer = http.post("multi-message", batch("SEQUENTIAL", "CONTINUE", messages)).await;
    let statuses: Vec<u64> = parts(&answer.json()).into_iter().map(|(_, status, _)| status).collect();
    assert_eq!((answer.status, statuses), (207, vec![404, 404, 404]));
    assert_eq!(http.mock.requests().parts_of("unknown"), 3);
}

#[tokio::test]
async fn a_switch_makes_a_created_part_less_than_full_success() {
    let switches = Switches::with(|switches| switches.created_part_makes_207 = true);
    let http = Http::to(MockBrightpearl::builder().switches(switches).start().await);
    let created = http
        .post("multi-message", batch("SEQUENTIAL", "STOP", vec![new_credit("RGO-1"), note("n", 300871)]))
        .await;
    assert_eq!((created.status, parts(&created.json())[0].1), (207, 201));
    assert_eq!(created.json()["response"]["unprocessedMessages"], json!([]), "a 201 does not stop the rest");
    let again = http.post("multi-message", batch("SEQUENTIAL", "STOP", vec![new_credit("RGO-1")])).await;
    assert_eq!(again.status, 200, "the same key again is 200");
}

#[tokio::test]
async fn faults_strike_single_parts() {
    let http = Http::start().await;
    let faults = http.mock.faults();
    for (number, (kind, status, applied)) in [
        (FaultKind::Status500, 500, false),
        (FaultKind::Status503, 503, false),
        (FaultKind::Throttle, 503, false),
        (FaultKind::TokenExpired, 401, false),
        (FaultKind::Html502, 502, false),
        (FaultKind::DropBefore, 500, false),
        (FaultKind::DropAfterCommit, 500, true),
    ]
    .into_iter()
    .enumerate()
    {
        let (struck, spared) = (format!("RGO-{number}-a"), format!("RGO-{number}-b"));
        faults.add(Fault::on("post-sales-credit", kind));
        let before = http.mock.orders().len();
        let answer = http
            .post(
                "multi-message",
                batch("SEQUENTIAL", "CONTINUE", vec![new_credit(&struck), new_credit(&spared)]),
            )
            .await;
        let statuses: Vec<u64> = parts(&answer.json()).into_iter().map(|(_, status, _)| status).collect();
        assert_eq!((answer.status, statuses), (207, vec![status, 201]), "{kind}");
        assert_eq!(http.mock.orders().len(), before + 1 + usize::from(applied), "{kind}");
    }
    assert_eq!(faults.pending(), []);
}

#[tokio::test]
async fn the_answer_of_a_whole_batch_can_be_lost() {
    let http = Http::start().await;
    http.mock.faults().add(Fault::on("post-multi-message", FaultKind::DropAfterCommit));
    let body = batch("PARALLEL", "CONTINUE", vec![new_credit("RGO-1"), new_credit("RGO-2")]);
    http.try_post("multi-message", body.clone()).await.expect_err("the connection is cut");
    assert_eq!(http.mock.credits_of(brightpearl::OrderId::new(300871)).len(), 2);
    let again = http.post("multi-message", body).await;
    assert_eq!(again.status, 200);
    assert_eq!(
        http.mock.credits_of(brightpearl::OrderId::new(300871)).len(),
        2,
        "the keys hold in batches too"
    );
}
