use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::{
    failpoints::{Failpoint, Failpoints},
    notifier::Notifier,
    repeated_error::RepeatedError,
    store::{Delivery, Store},
};

/// Deliveries that wait to be stored; beyond it senders are asked to come again.
const QUEUE: usize = 4096;

/// Deliveries in one transaction.
const TOGETHER: usize = 512;

/// The way into the inbox. Deliveries that arrive while others are being stored are stored together: one
/// transaction, one wait for the disk.
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
    /// A way into the inbox of this store, which calls `wake` when something is in it. It stores until the last
    /// clone is dropped and everything is stored.
    pub fn new(store: Arc<Store>, failpoints: Arc<dyn Failpoints>, wake: Arc<Notifier>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(store_all(store, failpoints, wake, waiting));
        Self(queue)
    }

    /// Comes back when nothing is stored any more, although there are those who could ask for it.
    pub fn broken(&self) -> impl Future<Output = ()> + Send + 'static {
        let queue = self.0.clone();
        async move { queue.closed().await }
    }

    /// Stores a delivery; it is durable when this returns.
    ///
    /// # Errors
    /// When it could not be stored, or too many wait.
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
    wake: Arc<Notifier>,
    mut waiting: mpsc::Receiver<Waiting>,
) {
    let trouble = RepeatedError::new("webhooks cannot be stored, so their senders are asked to come again");
    let mut together = Vec::with_capacity(TOGETHER);
    while waiting.recv_many(&mut together, TOGETHER).await > 0 {
        let (deliveries, answers): (Vec<Delivery>, Vec<_>) =
            together.drain(..).map(|waiting| (waiting.delivery, waiting.stored)).unzip();
        let stored = match store.receive(&deliveries).await {
            Ok(()) => {
                trouble.over();
                true
            }
            Err(error) => {
                trouble.met(&error);
                false
            }
        };
        if stored {
            failpoints.reached(Failpoint::DeliveriesStored);
            wake.call();
        }
        for answer in answers {
            // A sender that has gone away comes again.
            let _ = answer.send(stored);
        }
    }
}
