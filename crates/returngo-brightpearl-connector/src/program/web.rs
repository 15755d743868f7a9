use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::{error::with_causes, ledger::LedgerError, metrics, service::Service};

/// Whoever asks gives up after ten seconds, as Prometheus does, and would learn nothing.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
struct Web {
    service: Arc<Service>,
    metrics: PrometheusHandle,
}

/// `/healthz`, `/readyz` and `/metrics`.
///
/// # Errors
/// When this process has a recorder of metrics already.
pub(super) fn routes(service: Arc<Service>) -> anyhow::Result<Router> {
    let metrics = PrometheusBuilder::new().install_recorder()?;
    metrics::describe();
    Ok(Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(show_metrics))
        .with_state(Web { service, metrics }))
}

/// Ready is who can store a webhook.
async fn ready(State(web): State<Web>) -> (StatusCode, String) {
    match in_time(web.service.ledger.ready()).await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
    }
}

/// What is counted is shown although the database fails: that is when somebody looks.
async fn show_metrics(State(web): State<Web>) -> impl IntoResponse {
    let now = web.service.clock.now();
    let ledger = &web.service.ledger;
    let (ready, status) = tokio::join!(in_time(ledger.ready()), in_time(ledger.status(now)));
    metrics::show_ready(ready.is_ok());
    if let Ok(status) = status {
        metrics::show_status(&status, now);
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], web.metrics.render())
}

/// What the ledger says, or why it says nothing.
async fn in_time<T>(answer: impl Future<Output = Result<T, LedgerError>>) -> Result<T, String> {
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(answer) => answer.map_err(|error| with_causes(&error)),
        Err(_) => Err("the database does not answer".to_owned()),
    }
}
