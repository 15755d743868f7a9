use tokio::sync::{mpsc, oneshot};

/// Requests that may wait for a refresh. Further ones are answered with 503.
pub(super) const QUEUE: usize = 1024;

/// Requests a refresh.
#[derive(Debug)]
pub(super) struct RefreshHandle(mpsc::Sender<RefreshRequest>);

/// Receives whether the refresh succeeded.
pub(super) type RefreshRequest = oneshot::Sender<bool>;

/// The endpoints could not be reloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RefreshFailed;

impl RefreshHandle {
    /// A handle, and the receiver of its requests.
    pub(super) fn new() -> (Self, mpsc::Receiver<RefreshRequest>) {
        let (handle, requests) = mpsc::channel(QUEUE);
        (Self(handle), requests)
    }

    /// Returns after a refresh that began after this call.
    pub(super) async fn refresh(&self) -> Result<(), RefreshFailed> {
        let (request, succeeded) = oneshot::channel();
        self.0.try_send(request).map_err(|_| RefreshFailed)?;
        match succeeded.await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(RefreshFailed),
        }
    }
}
