//! Webhook deliveries: a background task sends them over HTTP in order, or the caller collects and delivers them.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::sync::{mpsc, watch};

use crate::{Faults, faults::DeliveryMode};

/// A webhook to send.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The full event name, such as `goods-in-note.created`. Webhook faults match it.
    pub event: String,
    /// The HTTP method.
    pub method: String,
    /// The complete URL.
    pub url: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body; empty when there is none.
    pub body: String,
    /// When and how often it is retried.
    pub retry: RetryRule,
}

/// When a delivery is retried.
#[derive(Debug, Clone, Copy)]
pub struct RetryRule {
    /// Whether to retry after an answer with this status. None is no answer.
    pub retries: fn(Option<u16>) -> bool,
    /// The wait before each retry, in real time. After the last one the webhook is lost.
    pub waits: &'static [Duration],
}

/// One attempt to deliver a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The full event name.
    pub event: String,
    /// The URL that it was sent to.
    pub url: String,
    /// The status of the receiver's answer. None is no answer.
    pub status: Option<u16>,
}

/// The time that a receiver has to answer. Not documented for either system
/// (docs/evidence/brightpearl-platform.md#assumptions).
const RECEIVER_TIMEOUT: Duration = Duration::from_secs(10);

/// Webhooks that are held for reordering are sent after this time without another webhook.
const REORDER_TIMEOUT: Duration = Duration::from_secs(1);

/// Where deliveries go.
#[derive(Debug)]
pub(crate) enum WebhookSender {
    /// Over HTTP.
    Http(HttpSender),
    /// Into a list, for the caller.
    Collecting(Collector),
}

/// Queues deliveries for the background task and counts the unsettled ones.
#[derive(Debug)]
pub(crate) struct HttpSender {
    queue: mpsc::UnboundedSender<QueuedDelivery>,
    state: Arc<SenderState>,
}

#[derive(Debug, Default)]
pub(crate) struct Collector {
    collected: Mutex<Vec<Delivery>>,
    /// Always 0: a collected delivery is the caller's.
    unsettled: watch::Sender<u64>,
}

impl Collector {
    fn list(&self) -> MutexGuard<'_, Vec<Delivery>> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct SenderState {
    /// Deliveries that are queued, in progress, or waiting for a retry.
    unsettled: watch::Sender<u64>,
    /// The number of resets. A delivery from before a reset is not sent after it.
    generation: AtomicU64,
    attempts: Mutex<Vec<Attempt>>,
}

#[derive(Debug)]
struct QueuedDelivery {
    delivery: Delivery,
    generation: u64,
    attempt: usize,
    hold: Hold,
}

/// What a webhook waits for before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    No,
    /// Until this many more are held, then all are sent in reverse order.
    ForMore(u32),
    /// Until the next one is sent.
    ForNext,
}

impl WebhookSender {
    pub(crate) fn start() -> Self {
        Self::Http(HttpSender::start())
    }

    pub(crate) fn collecting() -> Self {
        Self::Collecting(Collector::default())
    }

    /// Sends or collects deliveries in order, as the faults allow. Faults that reorder do not apply to collected
    /// deliveries, because the caller decides in which order they arrive.
    pub(crate) fn send(&self, deliveries: Vec<Delivery>, faults: &Faults) {
        match self {
            Self::Http(sender) => sender.send(deliveries, faults),
            Self::Collecting(collector) => {
                for delivery in deliveries {
                    match faults.delivery_mode(&delivery.event) {
                        DeliveryMode::Never => {}
                        DeliveryMode::Twice => collector.list().extend([delivery.clone(), delivery]),
                        DeliveryMode::AfterMore(_) | DeliveryMode::AfterNext | DeliveryMode::Once => {
                            collector.list().push(delivery)
                        }
                    }
                }
            }
        }
    }

    /// Returns the deliveries that were collected since the last call. Always empty for HTTP.
    pub(crate) fn take(&self) -> Vec<Delivery> {
        match self {
            Self::Http(_) => Vec::new(),
            Self::Collecting(collector) => std::mem::take(&mut *collector.list()),
        }
    }

    pub(crate) fn forget(&self) {
        match self {
            Self::Http(sender) => sender.forget(),
            Self::Collecting(collector) => collector.list().clear(),
        }
    }

    pub(crate) fn attempts(&self) -> Vec<Attempt> {
        match self {
            Self::Http(sender) => sender.state.attempts().clone(),
            Self::Collecting(_) => Vec::new(),
        }
    }

    pub(crate) fn unsettled(&self) -> watch::Receiver<u64> {
        match self {
            Self::Http(sender) => sender.state.unsettled.subscribe(),
            Self::Collecting(collector) => collector.unsettled.subscribe(),
        }
    }
}

impl HttpSender {
    /// Starts the task on a thread of its own, so that it works with any runtime of a test, even with paused time.
    fn start() -> Self {
        let (queue, deliveries) = mpsc::unbounded_channel();
        let state = Arc::new(SenderState {
            unsettled: watch::Sender::new(0),
            generation: AtomicU64::new(0),
            attempts: Mutex::default(),
        });
        let worker =
            Worker { state: Arc::clone(&state), retries: queue.downgrade(), client: reqwest::Client::new() };
        thread::spawn(move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(worker.run(deliveries)),
            Err(error) => tracing::error!(%error, "cannot start the webhook sender"),
        });
        Self { queue, state }
    }

    /// Queues deliveries in order, as the faults allow.
    fn send(&self, deliveries: Vec<Delivery>, faults: &Faults) {
        for delivery in deliveries {
            match faults.delivery_mode(&delivery.event) {
                DeliveryMode::Never => {}
                DeliveryMode::Twice => {
                    self.queue(delivery.clone(), Hold::No);
                    self.queue(delivery, Hold::No);
                }
                DeliveryMode::AfterMore(more) => self.queue(delivery, Hold::ForMore(more)),
                DeliveryMode::AfterNext => self.queue(delivery, Hold::ForNext),
                DeliveryMode::Once => self.queue(delivery, Hold::No),
            }
        }
    }

    fn queue(&self, delivery: Delivery, hold: Hold) {
        let generation = self.state.generation.load(Ordering::Acquire);
        self.state.unsettled.send_modify(|count| *count += 1);
        if self.queue.send(QueuedDelivery { delivery, generation, attempt: 0, hold }).is_err() {
            self.state.settle();
        }
    }

    fn forget(&self) {
        self.state.generation.fetch_add(1, Ordering::AcqRel);
        self.state.attempts().clear();
    }
}

impl SenderState {
    fn settle(&self) {
        self.unsettled.send_modify(|count| *count = count.saturating_sub(1));
    }

    fn attempts(&self) -> MutexGuard<'_, Vec<Attempt>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Worker {
    state: Arc<SenderState>,
    /// Weak, so that the task ends when the mock is dropped.
    retries: mpsc::WeakUnboundedSender<QueuedDelivery>,
    client: reqwest::Client,
}

impl Worker {
    async fn run(self, mut deliveries: mpsc::UnboundedReceiver<QueuedDelivery>) {
        let (mut held, mut overtaken) = (Vec::new(), Vec::new());
        loop {
            let nothing_waits = held.is_empty() && overtaken.is_empty();
            let next = if nothing_waits {
                Ok(deliveries.recv().await)
            } else {
                with_reorder_timeout(deliveries.recv()).await
            };
            match next {
                Ok(None) => return,
                Err(_) => {
                    self.send_last_first(&mut held).await;
                    self.send_last_first(&mut overtaken).await;
                }
                Ok(Some(queued)) => match queued.hold {
                    Hold::No => {
                        self.attempt(queued).await;
                        self.send_last_first(&mut overtaken).await;
                    }
                    Hold::ForNext => overtaken.push(queued),
                    Hold::ForMore(more) => {
                        held.push(queued);
                        if more == 0 {
                            self.send_last_first(&mut held).await;
                        }
                    }
                },
            }
        }
    }

    async fn send_last_first(&self, held: &mut Vec<QueuedDelivery>) {
        while let Some(queued) = held.pop() {
            self.attempt(queued).await;
        }
    }

    async fn attempt(&self, queued: QueuedDelivery) {
        if queued.generation != self.state.generation.load(Ordering::Acquire) {
            return self.state.settle();
        }
        let Delivery { event, url, retry, .. } = &queued.delivery;
        let status = self.post(&queued.delivery).await;
        tracing::debug!(%event, ?status, attempt = queued.attempt + 1, "webhook sent");
        self.state.attempts().push(Attempt { event: event.clone(), url: url.clone(), status });
        match retry.waits.get(queued.attempt) {
            Some(&wait) if (retry.retries)(status) => self.send_again_after(wait, queued),
            _ => self.state.settle(),
        }
    }

    async fn post(&self, delivery: &Delivery) -> Option<u16> {
        let method = delivery.method.parse().unwrap_or(reqwest::Method::POST);
        let mut request = self.client.request(method, &delivery.url).timeout(RECEIVER_TIMEOUT);
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        if !delivery.body.is_empty() {
            request = request.body(delivery.body.clone());
        }
        match request.send().await {
            Ok(answer) => Some(answer.status().as_u16()),
            Err(error) => {
                tracing::debug!(error = %error.without_url(), "webhook not answered");
                None
            }
        }
    }

    fn send_again_after(&self, wait: Duration, mut queued: QueuedDelivery) {
        queued.attempt += 1;
        queued.hold = Hold::No;
        let (queue, state) = (self.retries.clone(), Arc::clone(&self.state));
        tokio::spawn(async move {
            pause(wait).await;
            if queue.upgrade().is_none_or(|queue| queue.send(queued).is_err()) {
                state.settle();
            }
        });
    }
}

#[allow(clippy::disallowed_methods, reason = "retries wait in real time, independent of the mock's clock")]
async fn pause(wait: Duration) {
    tokio::time::sleep(wait).await;
}

async fn with_reorder_timeout<T>(next: impl Future<Output = T>) -> Result<T, tokio::time::error::Elapsed> {
    tokio::time::timeout(REORDER_TIMEOUT, next).await
}
