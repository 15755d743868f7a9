use api_mock_core::{Request, Response};
use returngo::{NewWebhook, Webhook, WebhookId};
use serde_json::json;

use super::body;
use crate::{Rejection, Shop};

/// `GET /webhooks`: a bare array.
pub(super) fn list(shop: &Shop) -> Response {
    let webhooks: Vec<&Webhook> = shop.webhooks.values().collect();
    Response::json(200, &webhooks)
}

/// `POST /webhook`: the URL is not checked, as in ReturnGO.
pub(super) fn create(shop: &mut Shop, request: &Request) -> Result<Response, Rejection> {
    Ok(Response::json(200, &shop.register(body(request)?)))
}

/// `PUT /webhook/{id}`.
pub(super) fn update(shop: &mut Shop, id: &str, request: &Request) -> Result<Response, Rejection> {
    let NewWebhook { url, event_name } = body(request)?;
    let stored =
        shop.webhooks.get_mut(&WebhookId::new(id)).ok_or_else(|| Rejection::not_found("webhook", id))?;
    stored.url = url;
    stored.event_name = event_name;
    Ok(Response::json(200, stored))
}

/// `DELETE /webhook/{id}`.
pub(super) fn delete(shop: &mut Shop, id: &str) -> Result<Response, Rejection> {
    shop.webhooks.remove(&WebhookId::new(id)).ok_or_else(|| Rejection::not_found("webhook", id))?;
    Ok(Response::json(200, &json!({})))
}
