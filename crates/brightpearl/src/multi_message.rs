//! Several writes in one request (docs/evidence/brightpearl-platform.md#multi-message), which uses one request
//! of the rate limit for up to ten writes.
//!
//! ```
//! use brightpearl::{MultiMessage, OrderId, multi_message::OnFail, order::{NewOrderNote, note, sales_credit}};
//!
//! let credit = OrderId::new(300955);
//! let mut messages = MultiMessage::sequential(OnFail::Stop);
//! messages.add("note", &note::create(credit, &NewOrderNote { text: "All received".into(), is_public: false }))?;
//! messages.add("close", &sales_credit::close(credit))?;
//! assert_eq!(messages.requests().count(), 1);
//! # Ok::<(), brightpearl::multi_message::InvalidMessage>(())
//! ```

use std::fmt;

use api_client_core::{Endpoint, HttpResponse, Idempotency, Method};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};
use serde_json::value::RawValue;

use crate::{answer, request::Request};

const SEND: Endpoint = Endpoint::new(Method::Post, "/multi-message", Idempotency::UnkeyedWrite);

/// The maximum number of messages of one request.
pub const MAX_MESSAGES: usize = 10;

/// How the messages after a failed one are handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum OnFail {
    /// They are not attempted.
    Stop,
    /// They are attempted.
    Continue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum ProcessingMode {
    Sequential,
    Parallel,
}

/// Writes to send together. They are independent: those that were applied stay applied when a later one fails,
/// and none can refer to the result of an earlier one.
#[derive(Debug, Clone)]
pub struct MultiMessage {
    mode: ProcessingMode,
    on_fail: OnFail,
    messages: Vec<Message>,
}

/// A write of a [`MultiMessage`].
#[derive(Clone)]
pub struct Message {
    label: String,
    request: Request<HttpResponse>,
}

/// A request that cannot be part of a [`MultiMessage`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidMessage {
    /// The label exists already. Outcomes are identified by their labels.
    LabelTwice(String),
    /// Brightpearl documents POST, PUT and DELETE only.
    NotAWrite {
        /// The message.
        label: String,
        /// Its method.
        method: Method,
    },
    /// The request is invalid.
    Unsendable {
        /// The message.
        label: String,
        /// Why.
        problem: String,
    },
}

impl fmt::Display for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LabelTwice(label) => {
                write!(f, "duplicate label `{label}`: use a unique label for each message")
            }
            Self::NotAWrite { label, method } => {
                write!(
                    f,
                    "`{label}` is a {method}, and a multi-message takes POST, PUT and DELETE: send it by itself"
                )
            }
            Self::Unsendable { label, problem } => write!(f, "invalid request `{label}`: {problem}"),
        }
    }
}

impl std::error::Error for InvalidMessage {}

impl MultiMessage {
    /// Creates a multi-message whose messages are processed one after the other.
    pub const fn sequential(on_fail: OnFail) -> Self {
        Self { mode: ProcessingMode::Sequential, on_fail, messages: Vec::new() }
    }

    /// Creates a multi-message whose messages are processed in parallel. Brightpearl cannot stop them after a
    /// failure.
    pub const fn parallel() -> Self {
        Self { mode: ProcessingMode::Parallel, on_fail: OnFail::Continue, messages: Vec::new() }
    }

    /// Adds a write with a unique label. More than Brightpearl accepts at once are split into several requests.
    ///
    /// # Errors
    /// When the label exists already, or the request cannot be part of a multi-message.
    pub fn add<T>(&mut self, label: impl Into<String>, request: &Request<T>) -> Result<(), InvalidMessage> {
        let label = label.into();
        let method = request.endpoint().method;
        if self.messages.iter().any(|message| message.label == label) {
            return Err(InvalidMessage::LabelTwice(label));
        }
        if !matches!(method, Method::Post | Method::Put | Method::Delete) {
            return Err(InvalidMessage::NotAWrite { label, method });
        }
        if let Some(problem) = request.problem() {
            return Err(InvalidMessage::Unsendable { label, problem: problem.to_owned() });
        }
        self.messages.push(Message { label, request: request.raw() });
        Ok(())
    }

    /// Returns the messages, in the order in which they were added.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Returns the requests with the messages, for a dry run.
    /// [`Client::multi_message`](crate::Client::multi_message) sends them.
    pub fn requests(&self) -> impl Iterator<Item = Request<MultiMessageAnswer>> {
        self.batches().map(|batch| self.request(batch))
    }

    /// How the messages after a failed one are handled.
    #[cfg(feature = "client")]
    pub(crate) const fn on_fail(&self) -> OnFail {
        self.on_fail
    }

    /// Returns the messages in batches of at most [`MAX_MESSAGES`]. No two batches differ by more than one, so
    /// that none has a single message, which at least one client avoids
    /// (docs/evidence/brightpearl-platform.md#multi-message).
    pub(crate) fn batches(&self) -> impl Iterator<Item = &[Message]> {
        let mut rest = self.messages.as_slice();
        let left = rest.len().div_ceil(MAX_MESSAGES);
        (1..=left).rev().map(move |left| {
            let (batch, after) = rest.split_at(rest.len().div_ceil(left));
            rest = after;
            batch
        })
    }

    #[inline]
    pub(crate) fn request(&self, batch: &[Message]) -> Request<MultiMessageAnswer> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            processing_mode: ProcessingMode,
            on_fail: OnFail,
            messages: &'a [Message],
        }
        Request::new(SEND, &[], answer::payload)
            .body(&Body { processing_mode: self.mode, on_fail: self.on_fail, messages: batch })
            .idempotency(idempotency(batch))
            .with_verification_hint("check each of its messages")
    }
}

/// Returns the idempotency of a batch: that of its least repeatable message.
fn idempotency(batch: &[Message]) -> Idempotency {
    use Idempotency::{KeyedWrite, RepeatableWrite, UnkeyedWrite};
    let all = |some: &[Idempotency]| {
        batch.iter().all(|message| some.contains(&message.request.endpoint().idempotency))
    };
    if all(&[RepeatableWrite]) {
        RepeatableWrite
    } else if all(&[RepeatableWrite, KeyedWrite]) {
        KeyedWrite
    } else {
        UnkeyedWrite
    }
}

impl Message {
    /// Returns the label.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the write.
    pub const fn request(&self) -> &Request<HttpResponse> {
        &self.request
    }
}

/// The body is not printed: it contains personal data.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.label, self.request)
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let body: Option<&RawValue> =
            self.request.json().map(serde_json::from_str).transpose().map_err(serde::ser::Error::custom)?;
        let mut message = serializer.serialize_struct("Message", 3 + usize::from(body.is_some()))?;
        message.serialize_field("label", &self.label)?;
        message.serialize_field("uri", &self.request.uri())?;
        message.serialize_field("httpMethod", self.request.endpoint().method.as_str())?;
        if let Some(body) = body {
            message.serialize_field("body", body)?;
        }
        message.end()
    }
}

/// Brightpearl's response: 200 if every message got 200, otherwise 207. Classify each message by its own
/// status.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MultiMessageAnswer {
    /// The messages that were attempted, in no particular order.
    #[serde(default)]
    pub processed_messages: Vec<ProcessedMessage>,
    /// The labels of those that were not, because one before them failed.
    #[serde(default)]
    pub unprocessed_messages: Vec<String>,
}

/// The result of one message.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProcessedMessage {
    /// Its label.
    pub label: String,
    /// The status that it would have got by itself.
    pub status_code: u16,
    /// The body that it would have got by itself.
    #[serde(default)]
    pub body: MessageBody,
}

/// A body inside the response: JSON written as a text.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct MessageBody {
    /// The JSON.
    #[serde(default)]
    pub content: String,
}

/// The body is not printed: it may contain personal data.
impl fmt::Debug for ProcessedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.label, self.status_code)
    }
}

impl fmt::Debug for MessageBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageBody({} bytes)", self.content.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        OrderId, WebhookId,
        integration::webhook,
        order::{self, NewOrderNote, note},
    };
    use proptest::prelude::*;

    const CREDIT: OrderId = OrderId::new(300_955);

    fn of(count: usize) -> MultiMessage {
        let mut messages = MultiMessage::parallel();
        for number in 0..count {
            messages.add(number.to_string(), &webhook::delete(WebhookId::new(731))).unwrap();
        }
        messages
    }

    #[test]
    fn it_is_written_as_brightpearl_wants_it() {
        let mut messages = MultiMessage::sequential(OnFail::Stop);
        let note = NewOrderNote { text: "Parcel opened".into(), is_public: false };
        messages.add("note", &note::create(CREDIT, &note)).unwrap();
        messages.add("hook", &webhook::delete(WebhookId::new(731))).unwrap();
        let request = messages.requests().next().unwrap();
        assert_eq!(request.to_string(), "POST /multi-message");
        let body: serde_json::Value = serde_json::from_str(request.json().unwrap()).unwrap();
        assert_eq!(
            body,
            serde_json::json!({"processingMode": "SEQUENTIAL", "onFail": "STOP", "messages": [
                {"label": "note", "uri": "/order-service/order/300955/note", "httpMethod": "POST",
                 "body": {"text": "Parcel opened", "isPublic": false}},
                {"label": "hook", "uri": "/integration-service/webhook/731", "httpMethod": "DELETE"},
            ]})
        );
    }

    #[test]
    fn reads_patches_and_second_labels_are_refused() {
        let mut messages = of(1);
        assert_eq!(
            messages.add("0", &webhook::delete(WebhookId::new(731))),
            Err(InvalidMessage::LabelTwice("0".into()))
        );
        let error = messages.add("read", &order::get(&CREDIT.into())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`read` is a GET, and a multi-message takes POST, PUT and DELETE: send it by itself"
        );
        assert_eq!(messages.messages().len(), 1);
    }

    #[test]
    fn a_batch_is_as_repeatable_as_its_least_repeatable_message() {
        let mut messages = of(2);
        let repeatable = |messages: &MultiMessage| messages.requests().next().unwrap().endpoint().idempotency;
        assert_eq!(repeatable(&messages), Idempotency::RepeatableWrite);
        let note = NewOrderNote { text: "Parcel opened".into(), is_public: false };
        messages.add("note", &note::create(CREDIT, &note)).unwrap();
        assert_eq!(repeatable(&messages), Idempotency::UnkeyedWrite);
    }

    #[test]
    fn bodies_are_texts_inside_the_answer() {
        let answer: MultiMessageAnswer = serde_json::from_str(
            r#"{"processedMessages":[{"label":"row-1","statusCode":200,"body":{"content":"{\"response\":90331}"}},
            {"label":"row-2","statusCode":200}],"unprocessedMessages":["row-3"]}"#,
        )
        .unwrap();
        assert_eq!(answer.processed_messages[0].body.content, r#"{"response":90331}"#);
        assert_eq!(answer.processed_messages[1].body, MessageBody::default());
        assert!(!format!("{answer:?}").contains("90331"));
    }

    proptest! {
        #[test]
        fn splitting_keeps_every_message_once_and_leaves_none_alone(count in 0usize..200) {
            let messages = of(count);
            let batches: Vec<&[Message]> = messages.batches().collect();
            let labels: Vec<&str> = batches.iter().flat_map(|batch| batch.iter().map(Message::label)).collect();
            prop_assert_eq!(labels, messages.messages().iter().map(Message::label).collect::<Vec<_>>());
            prop_assert!(batches.iter().all(|batch| batch.len() <= MAX_MESSAGES));
            prop_assert!(count == 1 || batches.iter().all(|batch| batch.len() >= 2));
            prop_assert_eq!(batches.len(), count.div_ceil(MAX_MESSAGES));
        }
    }
}
