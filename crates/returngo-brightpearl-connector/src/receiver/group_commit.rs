use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::{
    failpoints::{Failpoint, Failpoints},
    notifier::Notifier,
    repeated_error::RepeatedError,
    store::{Delivery, Store},
};

/// Deliveries that wait to be stored. Further ones are answered with 503, which asks the sender to retry.
const QUEUE: usize = 4096;

/// Deliveries in one transaction.
const TOGETHER: usize = 512;

/// Writes to the inbox. Deliveries that arrive while others are being stored are stored together, in one transaction.
#[derive(Debug, Clone)]
pub struct Inbox(mpsc::Sender<Waiting>);

#[derive(Debug)]
struct Waiting {
    delivery: Delivery,
    stored: oneshot::Sender<bool>,
}

/// A delivery could not be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotStored;

impl Inbox {
    /// A writer to the inbox of this store. It notifies `notifier` after each transaction, and runs until its last clone is
    /// dropped and everything is stored.
    pub fn new(store: Arc<Store>, failpoints: Arc<dyn Failpoints>, notifier: Arc<Notifier>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(store_all(store, failpoints, notifier, waiting));
        Self(queue)
    }

    /// Completes when the writer has stopped although clones of it still exist.
    pub fn broken(&self) -> impl Future<Output = ()> + Send + 'static {
        let queue = self.0.clone();
        async move { queue.closed().await }
    }

    /// Stores a delivery. It is durable when this returns.
    ///
    /// # Errors
    /// When it cannot be stored, or the queue is full.
    pub async fn put(&self, delivery: Delivery) -> Result<(), NotStored> {
        let (stored, answer) = oneshot::channel();
        self.0.try_send(Waiting { delivery, stored }).map_err(|_| NotStored)?;
        match answer.await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(NotStored),
        }
    }
}

async fn store_all(
    store: Arc<Store>,
    failpoints: Arc<dyn Failpoints>,
    notifier: Arc<Notifier>,
    mut waiting: mpsc::Receiver<Waiting>,
) {
    let failure = RepeatedError::new("cannot store webhooks; they are answered with 503");
    let mut together = Vec::with_capacity(TOGETHER);
    while waiting.recv_many(&mut together, TOGETHER).await > 0 {
        let (deliveries, answers): (Vec<Delivery>, Vec<_>) =
            together.drain(..).map(|waiting| (waiting.delivery, waiting.stored)).unzip();
        let stored = match store.receive(&deliveries).await {
            Ok(()) => {
                failure.cleared();
                true
            }
            Err(error) => {
                failure.occurred(&error);
                false
            }
        };
        if stored {
            failpoints.reached(Failpoint::DeliveriesStored);
            notifier.notify();
        }
        for answer in answers {
            // A sender that has disconnected retries.
            let _ = answer.send(stored);
        }
    }
}
