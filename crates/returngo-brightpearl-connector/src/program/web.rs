use std::sync::Arc;

use axum::{Router, extract::State, http::StatusCode, routing::get};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::{metrics, service::Service};

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
    Ok(Router::new()
        .route("/healthz", get(|| async { "alive" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(show_metrics))
        .with_state(Web { service, metrics }))
}

/// Ready is who can store a webhook.
async fn ready(State(web): State<Web>) -> Result<&'static str, (StatusCode, String)> {
    match web.service.ledger.ready().await {
        Ok(()) => Ok("ready"),
        Err(error) => Err((StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
}

async fn show_metrics(State(web): State<Web>) -> Result<String, (StatusCode, String)> {
    let now = web.service.clock.now();
    match web.service.ledger.status(now).await {
        Ok(status) => metrics::show_status(&status, now),
        Err(error) => return Err((StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
    Ok(web.metrics.render())
}
