use jiff::Timestamp;

/// The request limit for each minute of the UTC clock (docs/evidence/brightpearl-platform.md#request-budget).
#[derive(Debug)]
pub(crate) struct Throttle {
    limit: Option<u32>,
    minute: i64,
    used: u32,
}

/// The state of the request limit after a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// The remaining requests. None if the throttle is disabled.
    pub(crate) remaining: Option<u32>,
    /// Milliseconds until the next minute.
    pub(crate) period_ms: i64,
    /// Whether this request exceeds the limit.
    pub(crate) exceeded: bool,
}

const MINUTE_MS: i64 = 60_000;

impl Default for Throttle {
    fn default() -> Self {
        Self { limit: Some(200), minute: i64::MIN, used: 0 }
    }
}

impl Throttle {
    /// Sets the limit and restarts the count. None disables the throttle.
    pub(crate) const fn set_limit(&mut self, limit: Option<u32>) {
        self.limit = limit;
        self.used = 0;
    }

    /// Counts a request.
    pub(crate) fn count(&mut self, now: Timestamp) -> Window {
        let ms = now.as_millisecond();
        let minute = ms.div_euclid(MINUTE_MS);
        if minute != self.minute {
            self.minute = minute;
            self.used = 0;
        }
        self.used = self.used.saturating_add(1);
        let period_ms = MINUTE_MS - ms.rem_euclid(MINUTE_MS);
        match self.limit {
            None => Window { remaining: None, period_ms, exceeded: false },
            Some(limit) => Window {
                remaining: Some(limit.saturating_sub(self.used)),
                period_ms,
                exceeded: self.used > limit,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_the_minute_of_the_utc_clock() {
        let mut throttle = Throttle::default();
        throttle.set_limit(Some(2));
        let mut count = |time: &str| {
            let window = throttle.count(time.parse().unwrap());
            (window.remaining, window.period_ms, window.exceeded)
        };
        assert_eq!(count("2026-05-04T10:15:59.500Z"), (Some(1), 500, false));
        assert_eq!(count("2026-05-04T10:15:59.900Z"), (Some(0), 100, false));
        assert_eq!(count("2026-05-04T10:15:59.999Z"), (Some(0), 1, true));
        assert_eq!(count("2026-05-04T10:16:00Z"), (Some(1), 60_000, false));
    }
}
