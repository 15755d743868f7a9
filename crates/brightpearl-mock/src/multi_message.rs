//! Multi-messages: several writes in one request, each with a result of its own
//! (docs/evidence/brightpearl-platform.md#multi-message).

use std::{borrow::Cow, collections::BTreeSet};

use api_mock_core::{FaultKind, Part, Request};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem, error_body, placeholder_codes, refusal_body},
    router::{self, Route},
    state::Account,
};

/// `POST /multi-message` is dispatched before the [table of routes](router::ROUTES), because its messages go through
/// that table: a message cannot be a multi-message itself.
const ROUTE: Route =
    Route { method: "POST", path: "multi-message", message_type: "post-multi-message", handler: post };

/// The route of a multi-message, if this is one.
pub(crate) fn route(method: &str, segments: &[Cow<'_, str>]) -> Option<&'static Route> {
    (method == ROUTE.method && matches!(segments, [only] if only == ROUTE.path)).then_some(&ROUTE)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchBody {
    processing_mode: Option<String>,
    on_fail: Option<String>,
    #[serde(default)]
    messages: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(default)]
    label: String,
    #[serde(default)]
    uri: String,
    #[serde(default)]
    http_method: String,
    body: Option<Value>,
}

/// The maximum number of messages in a batch.
const MAX_MESSAGES: usize = 10;

/// The result of a message: its status and its body as text.
struct MessageResult {
    status: u16,
    content: String,
}

impl MessageResult {
    const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

/// `POST /multi-message`: earlier messages stay processed when a later one fails.
fn post(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let batch: BatchBody = call.body()?;
    check(account, &batch)?;
    let stops = batch.on_fail.as_deref() == Some("STOP");
    let in_parallel = batch.processing_mode.as_deref() == Some("PARALLEL");
    let created_is_partial = account.switches.created_part_makes_207;

    let mut processed: Vec<Value> = Vec::new();
    let mut unprocessed: Vec<String> = Vec::new();
    let (mut stopped, mut partial) = (false, false);
    for message in batch.messages {
        if stopped {
            unprocessed.push(message.label);
            continue;
        }
        let result = process(account, call, &message);
        stopped = stops && !result.is_success();
        partial |= !result.is_success() || (created_is_partial && result.status != 200);
        processed.push(json!({
            "label": message.label,
            "statusCode": result.status,
            "body": { "content": result.content },
        }));
    }
    if in_parallel {
        // Reversed, because clients must not depend on the order of parallel messages.
        processed.reverse();
    }
    let answer = json!({ "processedMessages": processed, "unprocessedMessages": unprocessed });
    Ok(Answer::of(answer).status(if partial { 207 } else { 200 }))
}

/// Rejects an invalid batch as a whole.
fn check(account: &Account, batch: &BatchBody) -> Result<(), Problem> {
    let refused = |message: String| Err(Problem::client(placeholder_codes::BATCH, message));
    let mode = batch.processing_mode.as_deref().unwrap_or_default();
    let on_fail = batch.on_fail.as_deref().unwrap_or_default();
    match (mode, on_fail) {
        ("SEQUENTIAL", "STOP" | "CONTINUE") | ("PARALLEL", "CONTINUE") => {}
        ("PARALLEL", "STOP") => return refused("PARALLEL does not go with STOP".to_owned()),
        _ => return refused(format!("processingMode {mode} with onFail {on_fail} is not known")),
    }
    if batch.messages.is_empty() || batch.messages.len() > MAX_MESSAGES {
        let count = batch.messages.len();
        return refused(format!("A batch has 1 to {MAX_MESSAGES} messages, this one has {count}"));
    }
    let mut labels = BTreeSet::new();
    for message in &batch.messages {
        let Message { label, http_method, .. } = message;
        if label.is_empty() || !labels.insert(label.as_str()) {
            return refused(format!("Every message needs a label of its own, not `{label}`"));
        }
        let is_taken = match http_method.as_str() {
            "POST" | "PUT" | "DELETE" => true,
            "PATCH" => account.switches.multi_message_takes_patch,
            _ => false,
        };
        if !is_taken {
            return refused(format!("httpMethod {http_method} is not one of POST, PUT, DELETE"));
        }
    }
    Ok(())
}

/// Processes one message with the handler of the corresponding request. A fault on its message type applies here too.
fn process(account: &mut Account, call: &Call<'_>, message: &Message) -> MessageResult {
    let request = request(message);
    let route = router::route(&request.method, &request.segments());
    account.parts.push(Part {
        operation: route.as_ref().map(|(route, _)| route.message_type.to_owned()),
        shown: format!("{} {}", message.http_method, message.uri),
    });
    let Some((route, parameters)) = route else {
        return refused(&Problem::not_found(format!("Cannot find the resource {}", message.uri)));
    };
    let fault = call.faults.take_for_part(route.message_type);
    match fault {
        Some(FaultKind::DropBefore) => return lost(),
        Some(FaultKind::Html502) => return MessageResult { status: 502, content: BAD_GATEWAY.to_owned() },
        Some(kind) => {
            if let Some((status, content)) = kind.refusal().map(refusal_body) {
                return MessageResult { status, content };
            }
        }
        None => {}
    }
    let part = Call { request: &request, parameters, ..*call };
    let result = (route.handler)(account, &part);
    match (fault, result) {
        (Some(FaultKind::DropAfterCommit), _) => lost(),
        (_, Ok(answer)) => MessageResult { status: answer.status, content: answer.body.to_string() },
        (_, Err(problem)) => refused(&problem.under(call.switches)),
    }
}

fn request(message: &Message) -> Request {
    let (path, query) = match message.uri.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (message.uri.as_str(), None),
    };
    Request {
        body: message.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default(),
        ..Request::new(&message.http_method, path, query)
    }
}

fn refused(problem: &Problem) -> MessageResult {
    MessageResult { status: problem.status, content: error_body(problem) }
}

/// The result of a message whose answer is lost: an internal error, whether it was processed or not.
fn lost() -> MessageResult {
    refused(&Problem::internal(None))
}

const BAD_GATEWAY: &str = "<html><body><h1>502 Bad Gateway</h1></body></html>";
