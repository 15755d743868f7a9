//! `/healthz`, `/readyz` and `/metrics`.

use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::sync::Mutex;

use returngo_brightpearl_connector::{metrics, service::Service, store::StoreError, with_causes};

/// Shorter than the ten seconds after which Prometheus gives up.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How long counts of the connections are reused: counting them reads all connections.
const SHOWN_FOR: SignedDuration = SignedDuration::from_secs(15);

#[derive(Debug, Clone)]
struct Web {
    service: Arc<Service>,
    metrics: PrometheusHandle,
    /// When the connections were last counted. The lock is held while counting.
    counted_at: Arc<Mutex<Option<Timestamp>>>,
}

/// Returns the routes.
///
/// # Errors
/// This process has a metrics recorder already.
pub(super) fn routes(service: Arc<Service>) -> anyhow::Result<Router> {
    let metrics = PrometheusBuilder::new().install_recorder()?;
    metrics::describe();
    Ok(Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(show_metrics))
        .with_state(Web { service, metrics, counted_at: Arc::default() }))
}

/// Answers 200 if a webhook can be stored.
async fn ready(State(web): State<Web>) -> (StatusCode, String) {
    match in_time(web.service.store.ready()).await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
    }
}

/// Shows counters even if the database fails, because that is when operators look at them.
async fn show_metrics(State(web): State<Web>) -> impl IntoResponse {
    let (ready, _) = tokio::join!(in_time(web.service.store.ready()), in_time(web.count_connections()));
    metrics::show_ready(ready.is_ok());
    metrics::show_unreadable_values();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], web.metrics.render())
}

impl Web {
    /// Counts the connections, unless that was done lately.
    async fn count_connections(&self) -> Result<(), StoreError> {
        let now = self.service.clock.now();
        let mut counted_at = self.counted_at.lock().await;
        if counted_at.is_none_or(|at| is_over(at, now)) {
            metrics::show_status(&self.service.store.status().await?, now);
            *counted_at = Some(now);
        }
        Ok(())
    }
}

/// Returns whether a count is outdated. It is too if the clock was set back since.
fn is_over(counted_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(counted_at).abs() >= SHOWN_FOR
}

/// Returns the answer of the store, or the reason why there is none.
async fn in_time<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, String> {
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(answer) => answer.map_err(|error| with_causes(&error)),
        Err(_) => Err("the database does not respond".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_old_after_a_while_and_after_the_clock_was_set_back() {
        let now: Timestamp = "2026-05-18T09:30:00Z".parse().unwrap();
        for (seconds, over) in [(0, false), (14, false), (15, true), (-3600, true)] {
            assert_eq!(is_over(now, now + SignedDuration::from_secs(seconds)), over, "{seconds}");
        }
    }
}
