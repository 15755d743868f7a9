//! The client: over the mock's real HTTP where the shop matters, over a scripted transport where single
//! answers do.

mod answers;
mod connecting;
mod lists;
mod lost_answers;
mod observer;
mod refusals;
mod resources;
mod retry_rules;
mod script;
mod secrets;
mod waiting;

use std::sync::Arc;

use returngo::{Client, ClientBuilder, Rma, RmaId, client::SkippingClock};
use returngo_mock::MockReturngo;

/// A client of the shop whose waits take no time.
fn builder(shop: &MockReturngo) -> ClientBuilder {
    let clock = SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap());
    Client::builder().url(shop.url()).api_key(shop.api_key()).shop(shop.shop()).clock(Arc::new(clock))
}

fn client(shop: &MockReturngo) -> Client {
    builder(shop).build().unwrap()
}

/// The seed's pending RMA.
fn id() -> RmaId {
    "4410021".parse().unwrap()
}

fn stored(shop: &MockReturngo) -> Rma {
    shop.rma(&id()).unwrap()
}
