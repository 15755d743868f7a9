//! Sending several writes in one request, and the outcome of each.

use std::collections::HashMap;

use api_client_core::{
    HttpResponse,
    client::{ApiPolicy, Disposition, Failure, FailureClass},
};

use super::{CallReport, Client, NotRetried, unsettled::key_of};
use crate::{
    Created, Error, ErrorKind,
    multi_message::{Message, MultiMessage, MultiMessageAnswer, OnFail, ProcessedMessage},
    request::{Idempotency, Request},
};

/// The outcome of a message.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum MessageOutcome {
    /// It was applied. The response is the one that it would have got by itself: decode it with
    /// [`Request::read`] of the added request.
    Done(HttpResponse),
    /// It was rejected, and nothing was applied.
    Refused(Error),
    /// It was not attempted: an earlier message failed, or nothing could be sent and the error says why.
    NotAttempted(Option<Error>),
    /// It may have been applied: there is no conclusive response. Check before sending it again.
    Unknown(Error),
}

impl MessageOutcome {
    /// Whether it was applied.
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// Returns the outcome of a message that was sent by itself or as a part.
    fn of(result: Result<HttpResponse, Error>) -> Self {
        match result {
            Ok(answer) => Self::Done(answer),
            Err(error) if error.may_have_been_applied() => Self::Unknown(error),
            Err(error) if matches!(error.kind(), ErrorKind::Refused | ErrorKind::NotFound) => {
                Self::Refused(error)
            }
            Err(error) => Self::NotAttempted(Some(error)),
        }
    }
}

impl Client {
    /// Sends messages together, in as many requests as necessary, and returns the outcome of each by its label,
    /// in the order in which they were added. Every label gets exactly one outcome.
    ///
    /// If Brightpearl rejects a request as a whole, or if it fails and its messages are repeatable, they are
    /// sent one by one: multi-messages once failed for hours while single calls worked
    /// (docs/evidence/brightpearl-platform.md#multi-message).
    pub async fn multi_message(&self, messages: &MultiMessage) -> Vec<(String, MessageOutcome)> {
        let mut outcomes: Vec<(String, MessageOutcome)> = Vec::new();
        let mut stopped: Option<MessageOutcome> = None;
        for batch in messages.batches() {
            let done = match &stopped {
                Some(outcome) => vec![outcome.clone(); batch.len()],
                None => self.send_batch(messages, batch).await,
            };
            stopped = stopped.or_else(|| why_stop(messages.on_fail(), &done));
            outcomes.extend(batch.iter().map(|message| message.label().to_owned()).zip(done));
        }
        outcomes
    }

    async fn send_batch(&self, messages: &MultiMessage, batch: &[Message]) -> Vec<MessageOutcome> {
        if batch.len() == 1 {
            return self.send_singly(batch, messages.on_fail()).await;
        }
        let request = messages.request(batch);
        match self.answer_of(&request).await {
            Ok((response, answer)) => self.tell_apart(batch, &response, answer),
            Err(error) if shows_that_single_calls_may_go(&error, &request) => {
                tracing::info!(
                    messages = batch.len(),
                    "multi-message failed; sending its messages one by one"
                );
                self.send_singly(batch, messages.on_fail()).await
            }
            Err(error) => vec![MessageOutcome::of(Err(error)); batch.len()],
        }
    }

    async fn answer_of(
        &self,
        request: &Request<MultiMessageAnswer>,
    ) -> Result<(HttpResponse, MultiMessageAnswer), Error> {
        let response = self.send(&request.raw()).await?;
        let answer = self.read(request, &response)?;
        Ok((response, answer))
    }

    async fn send_singly(&self, batch: &[Message], on_fail: OnFail) -> Vec<MessageOutcome> {
        let mut outcomes: Vec<MessageOutcome> = Vec::with_capacity(batch.len());
        for message in batch {
            let outcome = match why_stop(on_fail, &outcomes) {
                Some(stopped) => stopped,
                None => MessageOutcome::of(self.send(message.request()).await),
            };
            outcomes.push(outcome);
        }
        outcomes
    }

    /// Returns the outcomes of a batch in its own order.
    fn tell_apart(
        &self,
        batch: &[Message],
        response: &HttpResponse,
        answer: MultiMessageAnswer,
    ) -> Vec<MessageOutcome> {
        let MultiMessageAnswer { processed_messages, unprocessed_messages } = answer;
        let mut processed: HashMap<String, ProcessedMessage> =
            processed_messages.into_iter().map(|message| (message.label.clone(), message)).collect();
        batch
            .iter()
            .map(|message| match processed.remove(message.label()) {
                Some(part) => self.classify_part(message, response, part),
                None if unprocessed_messages.iter().any(|label| label == message.label()) => {
                    MessageOutcome::NotAttempted(None)
                }
                None => self.part_failed(message, None, FailureClass::AnswerLost),
            })
            .collect()
    }

    /// Classifies a part as the response that it would have been by itself.
    fn classify_part(
        &self,
        message: &Message,
        outer: &HttpResponse,
        part: ProcessedMessage,
    ) -> MessageOutcome {
        let response = HttpResponse {
            status: part.status_code,
            headers: outer.headers.clone(),
            body: part.body.content.into_bytes(),
        };
        let class = match self.call_policy().classify(&response, self.shared.pipeline.clock.now()) {
            Disposition::Accepted => return MessageOutcome::Done(response),
            Disposition::Refused => FailureClass::Refused,
            Disposition::CredentialsExpired => FailureClass::CredentialsExpired,
            Disposition::Throttled { .. } => FailureClass::Throttled,
            Disposition::ServerFailed => FailureClass::ServerFailed,
            Disposition::ServerFailedPermanently => FailureClass::ServerFailedPermanently,
        };
        self.part_failed(message, Some(response), class)
    }

    fn part_failed(
        &self,
        message: &Message,
        response: Option<HttpResponse>,
        class: FailureClass,
    ) -> MessageOutcome {
        let reason = match class {
            FailureClass::Refused => NotRetried::Refused,
            _ if class.leaves_doubt() => NotRetried::MayHaveBeenApplied,
            _ => NotRetried::AttemptsUsedUp,
        };
        let report = CallReport::part(message.request().endpoint(), reason, class.leaves_doubt());
        let failure =
            Failure { report, response, transport: None, prepare_error: None, class, try_again_at: None };
        MessageOutcome::of(Err(self.failed(failure, message.request())))
    }
}

/// Returns the outcome of the following messages, if they are not sent.
fn why_stop(on_fail: OnFail, outcomes: &[MessageOutcome]) -> Option<MessageOutcome> {
    let unsendable = outcomes.iter().find(|outcome| matches!(outcome, MessageOutcome::NotAttempted(Some(_))));
    let failed = || on_fail == OnFail::Stop && outcomes.iter().any(|outcome| !outcome.is_done());
    unsendable.cloned().or_else(|| failed().then_some(MessageOutcome::NotAttempted(None)))
}

/// A rejection of the whole applied nothing. A failure may have applied something, which is harmless for
/// repeatable messages.
fn shows_that_single_calls_may_go<T>(error: &Error, request: &Request<T>) -> bool {
    match error.kind() {
        ErrorKind::Refused | ErrorKind::NotFound => true,
        ErrorKind::ServerFailed => request.endpoint().idempotency == Idempotency::RepeatableWrite,
        _ => false,
    }
}

/// Sends keyed creates together and returns the result of each; none for those without a key and for those that
/// were not attempted without a reason. The caller settles each by the key.
pub(crate) async fn create_together<Id>(
    client: &Client,
    creates: &[Option<Request<Created<Id>>>],
) -> Vec<Option<Result<Created<Id>, Error>>> {
    let mut messages = MultiMessage::sequential(OnFail::Continue);
    // Until the caller settles them: it may be dropped before.
    let mut in_progress = Vec::new();
    for (number, create) in creates.iter().enumerate() {
        let Some(create) = create else { continue };
        // An earlier write under the same key is looked up first, which a create by itself does.
        if key_of(create).is_some_and(|key| client.unsettled_since(&key).is_some()) {
            continue;
        }
        // A create that cannot be part of it is sent by itself, which returns the error.
        if messages.add(number.to_string(), create).is_ok() {
            in_progress.push(client.write_in_progress(create, None));
        }
    }
    let mut outcomes: HashMap<String, MessageOutcome> =
        client.multi_message(&messages).await.into_iter().collect();
    let since = client.uptime();
    let numbered = creates.iter().enumerate();
    let results = numbered
        .map(|(number, create)| first_result(client, create.as_ref()?, outcomes.remove(&number.to_string())?))
        .collect();
    in_progress.iter_mut().for_each(|write| write.lost(since));
    results
}

fn first_result<Id>(
    client: &Client,
    create: &Request<Created<Id>>,
    outcome: MessageOutcome,
) -> Option<Result<Created<Id>, Error>> {
    match outcome {
        MessageOutcome::Done(answer) => Some(client.read(create, &answer)),
        MessageOutcome::Refused(error) | MessageOutcome::Unknown(error) => Some(Err(error)),
        MessageOutcome::NotAttempted(reason) => reason.map(Err),
    }
}
