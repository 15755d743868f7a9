//! A shop and a plain HTTP client for it.

use reqwest::Method;
use returngo_mock::MockReturngo;
use serde_json::{Value, json};

/// An answer: status, headers, body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.json().await.unwrap_or_default() }
    }

    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }
}

pub(crate) async fn call(shop: &MockReturngo, method: Method, path: &str, body: Option<Value>) -> Answer {
    let request = reqwest::Client::new()
        .request(method, format!("{}{path}", shop.url()))
        .header("x-api-key", shop.api_key())
        .header("x-shop-name", shop.shop());
    let request = if let Some(body) = body { request.json(&body) } else { request };
    Answer::of(request.send().await.unwrap()).await
}

pub(crate) async fn get(shop: &MockReturngo, path: &str) -> Answer {
    call(shop, Method::GET, path, None).await
}

pub(crate) async fn put(shop: &MockReturngo, path: &str, body: Value) -> Answer {
    call(shop, Method::PUT, path, Some(body)).await
}

pub(crate) async fn post(shop: &MockReturngo, path: &str, body: Value) -> Answer {
    call(shop, Method::POST, path, Some(body)).await
}

pub(crate) async fn delete(shop: &MockReturngo, path: &str) -> Answer {
    call(shop, Method::DELETE, path, None).await
}

pub(crate) async fn move_parcel(shop: &MockReturngo, status: &str) -> Answer {
    put(shop, "/shipment/9100200", json!({ "status": status })).await
}

#[test]
fn a_refund_fails_after_its_success_or_disappears_and_its_number_is_not_given_again() {
    let core = returngo_mock::MockCore::collecting(returngo_mock::Shop::new(returngo_mock::Seed::default()));
    let id = core.read(|shop| shop.rmas().next().unwrap().id().clone());
    let refund =
        || core.act(|shop, context| shop.refund(&id, returngo_mock::Refund::full(), context)).unwrap();
    let (first, second) = (refund(), refund());
    let failed = returngo::TransactionStatus::Failed;
    core.act(|shop, context| shop.set_transaction_status(&first.id, failed.clone(), context)).unwrap();
    core.act(|shop, context| shop.remove_transaction(&second.id, context)).unwrap();
    let third = refund();
    let left = core.read(|shop| shop.rmas().next().unwrap().transactions.clone());
    let shown: Vec<_> = left.iter().rev().take(2).map(|one| (&one.id, one.status == failed)).collect();
    assert_eq!(shown, [(&third.id, false), (&first.id, true)]);
    assert_ne!(third.id, second.id);
    assert!(core.act(|shop, context| shop.remove_transaction(&second.id, context)).is_err());
}
