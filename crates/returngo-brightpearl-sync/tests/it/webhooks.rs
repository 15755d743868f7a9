use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use returngo::webhook::Receiver;
use returngo_brightpearl_sync::Synchronizer;

/// Synchronizes the RMA of each webhook of ReturnGO at `/returngo/SECRET`.
pub fn webhooks(secret: &str, synchronizer: Synchronizer) -> Router {
    let state = Arc::new((Receiver::new(secret), synchronizer));
    Router::new().route("/returngo/{secret}", post(receive)).with_state(state)
}

type Receiving = State<Arc<(Receiver, Synchronizer)>>;

async fn receive(
    State(state): Receiving,
    secret: Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let (receiver, synchronizer) = &*state;
    let delivery = match receiver.receive(&secret, &headers, &body) {
        Ok(delivery) => delivery,
        Err(rejection) => return StatusCode::from_u16(rejection.status()).unwrap_or(StatusCode::BAD_REQUEST),
    };
    let Some(rma) = delivery.notification.rma_id else { return StatusCode::OK };
    match synchronizer.sync(&rma).await {
        Ok(synced) => synced.reviews.iter().for_each(|review| println!("RMA {rma}: {}", review.message)),
        Err(error) if error.is_retryable() => return StatusCode::SERVICE_UNAVAILABLE,
        Err(error) => eprintln!("{error}: {}", error.source),
    }
    StatusCode::OK
}
