//! A notification that is never lost: one that is sent while a receiver is busy is received when it waits again.

use tokio::sync::watch;

/// Notifies all receivers.
#[derive(Debug, Default)]
pub struct Notifier(watch::Sender<()>);

/// Receives notifications.
#[derive(Debug)]
pub struct Notified(watch::Receiver<()>);

impl Notifier {
    /// Notifies all receivers that something may be ready to process.
    pub fn notify(&self) {
        self.0.send_modify(|()| ());
    }

    /// A receiver of every notification from now on.
    pub fn subscribe(&self) -> Notified {
        Notified(self.0.subscribe())
    }
}

impl Notified {
    /// Waits for a notification since the last one that was received.
    pub async fn notified(&mut self) {
        if self.0.changed().await.is_err() {
            // The notifier is gone.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_notification_of_busy_receivers_is_received_by_each_once() {
        let notifier = Notifier::default();
        let mut receivers = [notifier.subscribe(), notifier.subscribe(), notifier.subscribe()];
        notifier.notify();
        notifier.notify();
        for receiver in &mut receivers {
            receiver.notified().await;
            assert!(!receiver.0.has_changed().unwrap());
        }
    }
}
