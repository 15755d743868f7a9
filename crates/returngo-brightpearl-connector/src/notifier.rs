//! Calling those who wait for something to do, so that no call is lost: one that comes while somebody is busy is
//! heard when they listen again.

use tokio::sync::watch;

/// Calls everybody who listens.
#[derive(Debug, Default)]
pub struct Notifier(watch::Sender<()>);

/// Hears calls.
#[derive(Debug)]
pub struct Listener(watch::Receiver<()>);

impl Notifier {
    /// Tells everybody that there may be something to do.
    pub fn call(&self) {
        self.0.send_modify(|()| ());
    }

    /// Hears every call from now on.
    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

impl Listener {
    /// Waits for a call since the last one that was heard.
    pub async fn notified(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody is left who could call.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_to_somebody_busy_is_heard_by_each_once() {
        let wake = Notifier::default();
        let mut listeners = [wake.listen(), wake.listen(), wake.listen()];
        wake.call();
        wake.call();
        for listener in &mut listeners {
            listener.notified().await;
            assert!(!listener.0.has_changed().unwrap());
        }
    }
}
