//! Webhooks: one background task sends them over HTTP in the order in which they were raised, or a caller collects
//! them and delivers them itself.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::sync::{mpsc, watch};

use crate::{Faults, faults::Fate};

/// A webhook to send.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The full event name, such as `goods-in-note.created`; webhook faults match it.
    pub event: String,
    /// The HTTP method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body; empty when there is none.
    pub body: String,
    /// When and how often it is sent again.
    pub retry: RetryRule,
}

/// When a delivery is sent again.
#[derive(Debug, Clone, Copy)]
pub struct RetryRule {
    /// Whether an answer of this status is to be followed by another attempt; none when no answer came.
    pub retries: fn(Option<u16>) -> bool,
    /// How long to wait before each further attempt, in real time. When it is used up, the webhook is lost.
    pub waits: &'static [Duration],
}

/// One attempt to deliver a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The full event name.
    pub event: String,
    /// Where it went.
    pub url: String,
    /// What the receiver answered; none when no answer came.
    pub status: Option<u16>,
}

/// How long the receiver may take to answer. Not documented for either system
/// (docs/evidence/brightpearl-platform.md#assumptions).
const RECEIVER_TIMEOUT: Duration = Duration::from_secs(10);

/// After this quiet, webhooks that are held to be reordered are sent.
const REORDER_PATIENCE: Duration = Duration::from_secs(1);

/// What becomes of deliveries.
#[derive(Debug)]
pub(crate) enum Courier {
    /// They are sent over HTTP.
    Sending(Sending),
    /// They are kept until they are taken; nothing is sent.
    Collecting(Collecting),
}

/// Hands deliveries to the background task and knows how many are not settled.
#[derive(Debug)]
pub(crate) struct Sending {
    queue: mpsc::UnboundedSender<Parcel>,
    progress: Arc<Progress>,
}

#[derive(Debug, Default)]
pub(crate) struct Collecting {
    collected: Mutex<Vec<Delivery>>,
    /// Never anything but 0: what is collected is the caller's.
    unsettled: watch::Sender<u64>,
}

impl Collecting {
    fn list(&self) -> MutexGuard<'_, Vec<Delivery>> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Progress {
    /// Deliveries that are queued, under way, or waiting for another attempt.
    unsettled: watch::Sender<u64>,
    /// Counts resets: what was raised before one is not sent after it.
    era: AtomicU64,
    attempts: Mutex<Vec<Attempt>>,
}

#[derive(Debug)]
struct Parcel {
    delivery: Delivery,
    era: u64,
    attempt: usize,
    hold: Hold,
}

/// What a webhook waits for before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    No,
    /// This many more that are held; then all are sent last first.
    ForMore(u32),
    /// The next one to be sent.
    ForNext,
}

impl Courier {
    pub(crate) fn start() -> Self {
        Self::Sending(Sending::start())
    }

    pub(crate) fn collecting() -> Self {
        Self::Collecting(Collecting::default())
    }

    /// Sends or keeps deliveries in order, as the faults allow. What is only collected has no order to reverse: a
    /// caller that delivers it chooses one.
    pub(crate) fn send(&self, deliveries: Vec<Delivery>, faults: &Faults) {
        match self {
            Self::Sending(sending) => sending.send(deliveries, faults),
            Self::Collecting(collecting) => {
                for delivery in deliveries {
                    match faults.fate_of_webhook(&delivery.event) {
                        Fate::Lost => {}
                        Fate::SentTwice => collecting.list().extend([delivery.clone(), delivery]),
                        Fate::HeldFor(_) | Fate::Overtaken | Fate::Sent => collecting.list().push(delivery),
                    }
                }
            }
        }
    }

    /// What was collected since the last time; always empty where deliveries are sent.
    pub(crate) fn take(&self) -> Vec<Delivery> {
        match self {
            Self::Sending(_) => Vec::new(),
            Self::Collecting(collecting) => std::mem::take(&mut *collecting.list()),
        }
    }

    pub(crate) fn forget(&self) {
        match self {
            Self::Sending(sending) => sending.forget(),
            Self::Collecting(collecting) => collecting.list().clear(),
        }
    }

    pub(crate) fn attempts(&self) -> Vec<Attempt> {
        match self {
            Self::Sending(sending) => sending.progress.attempts().clone(),
            Self::Collecting(_) => Vec::new(),
        }
    }

    pub(crate) fn unsettled(&self) -> watch::Receiver<u64> {
        match self {
            Self::Sending(sending) => sending.progress.unsettled.subscribe(),
            Self::Collecting(collecting) => collecting.unsettled.subscribe(),
        }
    }
}

impl Sending {
    /// Starts the task on a thread of its own: it then works under any runtime of the test, also one whose
    /// time is paused.
    fn start() -> Self {
        let (queue, parcels) = mpsc::unbounded_channel();
        let progress = Arc::new(Progress {
            unsettled: watch::Sender::new(0),
            era: AtomicU64::new(0),
            attempts: Mutex::default(),
        });
        let worker = Worker {
            progress: Arc::clone(&progress),
            retries: queue.downgrade(),
            client: reqwest::Client::new(),
        };
        thread::spawn(move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(worker.run(parcels)),
            Err(error) => tracing::error!(%error, "webhooks cannot be sent: no runtime"),
        });
        Self { queue, progress }
    }

    /// Queues deliveries in order, as the faults allow.
    fn send(&self, deliveries: Vec<Delivery>, faults: &Faults) {
        for delivery in deliveries {
            match faults.fate_of_webhook(&delivery.event) {
                Fate::Lost => {}
                Fate::SentTwice => {
                    self.queue(delivery.clone(), Hold::No);
                    self.queue(delivery, Hold::No);
                }
                Fate::HeldFor(more) => self.queue(delivery, Hold::ForMore(more)),
                Fate::Overtaken => self.queue(delivery, Hold::ForNext),
                Fate::Sent => self.queue(delivery, Hold::No),
            }
        }
    }

    fn queue(&self, delivery: Delivery, hold: Hold) {
        let era = self.progress.era.load(Ordering::Acquire);
        self.progress.unsettled.send_modify(|count| *count += 1);
        if self.queue.send(Parcel { delivery, era, attempt: 0, hold }).is_err() {
            self.progress.settle();
        }
    }

    fn forget(&self) {
        self.progress.era.fetch_add(1, Ordering::AcqRel);
        self.progress.attempts().clear();
    }
}

impl Progress {
    fn settle(&self) {
        self.unsettled.send_modify(|count| *count = count.saturating_sub(1));
    }

    fn attempts(&self) -> MutexGuard<'_, Vec<Attempt>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Worker {
    progress: Arc<Progress>,
    /// Weak, so that the task ends with the mock.
    retries: mpsc::WeakUnboundedSender<Parcel>,
    client: reqwest::Client,
}

impl Worker {
    async fn run(self, mut parcels: mpsc::UnboundedReceiver<Parcel>) {
        let (mut held, mut overtaken) = (Vec::new(), Vec::new());
        loop {
            let nothing_waits = held.is_empty() && overtaken.is_empty();
            let next = if nothing_waits { Ok(parcels.recv().await) } else { patiently(parcels.recv()).await };
            match next {
                Ok(None) => return,
                Err(_) => {
                    self.send_last_first(&mut held).await;
                    self.send_last_first(&mut overtaken).await;
                }
                Ok(Some(parcel)) => match parcel.hold {
                    Hold::No => {
                        self.attempt(parcel).await;
                        self.send_last_first(&mut overtaken).await;
                    }
                    Hold::ForNext => overtaken.push(parcel),
                    Hold::ForMore(more) => {
                        held.push(parcel);
                        if more == 0 {
                            self.send_last_first(&mut held).await;
                        }
                    }
                },
            }
        }
    }

    async fn send_last_first(&self, held: &mut Vec<Parcel>) {
        while let Some(parcel) = held.pop() {
            self.attempt(parcel).await;
        }
    }

    async fn attempt(&self, parcel: Parcel) {
        if parcel.era != self.progress.era.load(Ordering::Acquire) {
            return self.progress.settle();
        }
        let Delivery { event, url, retry, .. } = &parcel.delivery;
        let status = self.post(&parcel.delivery).await;
        tracing::debug!(%event, ?status, attempt = parcel.attempt + 1, "webhook sent");
        self.progress.attempts().push(Attempt { event: event.clone(), url: url.clone(), status });
        match retry.waits.get(parcel.attempt) {
            Some(&wait) if (retry.retries)(status) => self.send_again_after(wait, parcel),
            _ => self.progress.settle(),
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
                tracing::debug!(error = %error.without_url(), "no answer to a webhook");
                None
            }
        }
    }

    fn send_again_after(&self, wait: Duration, mut parcel: Parcel) {
        parcel.attempt += 1;
        parcel.hold = Hold::No;
        let (queue, progress) = (self.retries.clone(), Arc::clone(&self.progress));
        tokio::spawn(async move {
            pause(wait).await;
            if queue.upgrade().is_none_or(|queue| queue.send(parcel).is_err()) {
                progress.settle();
            }
        });
    }
}

#[allow(clippy::disallowed_methods, reason = "retries run in real time, whatever the mock's clock shows")]
async fn pause(wait: Duration) {
    tokio::time::sleep(wait).await;
}

async fn patiently<T>(next: impl Future<Output = T>) -> Result<T, tokio::time::error::Elapsed> {
    tokio::time::timeout(REORDER_PATIENCE, next).await
}
