use std::time::Duration;

/// Waits that double from attempt to attempt, up to a limit.
///
/// ```
/// use std::time::Duration;
/// use api_client_core::Backoff;
///
/// let backoff = Backoff::new(Duration::from_secs(30), Duration::from_secs(3600));
/// assert_eq!(backoff.wait_after(0), Duration::from_secs(30));
/// assert_eq!(backoff.wait_after(2), Duration::from_secs(120));
/// assert_eq!(backoff.wait_after(1_000), Duration::from_secs(3600));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

/// Past this many doublings every sensible limit is reached.
const MOST_DOUBLINGS: u32 = 16;

impl Backoff {
    /// Waits from `first` to `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest }
    }

    /// The wait after a failure that `earlier` failures preceded.
    pub fn wait_after(self, earlier: u32) -> Duration {
        self.first.saturating_mul(1 << earlier.min(MOST_DOUBLINGS)).min(self.longest)
    }

    /// The same wait, shortened at random by up to a half, so that clients that failed together do not retry together.
    #[cfg(feature = "client")]
    pub fn jittered_wait_after(self, earlier: u32) -> Duration {
        self.wait_after(earlier).mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}
