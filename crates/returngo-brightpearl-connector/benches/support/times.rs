use std::time::Duration;

/// Formats the median, the 99th percentile and the maximum.
pub(crate) fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let of = |percent: usize| {
        times.get((times.len().saturating_sub(1)) * percent / 100).copied().unwrap_or_default()
    };
    format!("p50 {:.2?}, p99 {:.2?}, max {:.2?}", of(50), of(99), of(100))
}
