//! Many ids at once: split, put back in order, and one bad id loses nothing but itself.

use std::sync::{Arc, Mutex};

use api_client_core::{HttpRequest, HttpResponse};
use async_trait::async_trait;
use brightpearl::{
    Client, Credentials, ErrorKind, IdSet, OrderId, ProductId,
    client::{SkippingClock, Transport, TransportError},
    order::sales_credit,
    warehouse::product_availability,
};
use brightpearl_mock::{MockBrightpearl, Switches};

use crate::script::{TOKEN, answer, client_builder, scripted};

const REFUSED: &str = r#"{"errors":[{"code":"WHSC-097","message":"This is a non stock tracked product."}]}"#;

/// An account with the credits up to `last`, which answers newest first and does not answer for `poison`.
#[derive(Debug)]
struct Credits {
    last: u64,
    poison: IdSet<u64>,
    longest_uri: usize,
    asked: Mutex<Vec<IdSet<u64>>>,
}

#[async_trait]
impl Transport for Credits {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let ids: IdSet<u64> = request.url.rsplit('/').next().unwrap().parse().unwrap();
        self.asked.lock().unwrap().push(ids.clone());
        if request.url.len() > self.longest_uri {
            return answer(414, "<html>414 Request-URI Too Large</html>");
        }
        if ids.iter().any(|id| self.poison.contains(id)) {
            return answer(400, REFUSED);
        }
        let mut there: Vec<String> = ids.iter().filter(|id| *id <= self.last).map(credit_json).collect();
        there.reverse();
        answer(200, &format!(r#"{{"response":[{}]}}"#, there.join(",")))
    }
}

fn credit_json(id: u64) -> String {
    format!(r#"{{"id":{id},"customer":{{"id":5012}}}}"#)
}

fn account(last: u64, poison: &[u64], longest_uri: usize) -> (Client, Arc<Credits>) {
    let poison = poison.iter().copied().collect();
    let credits = Arc::new(Credits { last, poison, longest_uri, asked: Mutex::default() });
    let client = Client::builder("acmeoutdoors")
        .datacenter("euw1")
        .credentials(Credentials::private_app("acmeoutdoors_returns", TOKEN))
        .transport(credits.clone())
        .clock(Arc::new(SkippingClock::at("2026-05-04T10:15:20Z".parse().unwrap())))
        .build()
        .unwrap();
    (client, credits)
}

fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<OrderId> {
    numbers.into_iter().map(OrderId::new).collect()
}

#[tokio::test]
async fn things_come_in_the_order_asked_and_missing_ones_are_named() {
    let (client, _) = account(400, &[], 8000);
    let told = client.get_each(&ids([320, 7, 999, 320, 1, 401]), sales_credit::get).await.unwrap();
    assert_eq!(told.found.iter().map(|credit| credit.id.get()).collect::<Vec<_>>(), [320, 7, 1]);
    assert_eq!(told.missing, ids([999, 401]));
    assert!(told.refused.is_empty());
}

#[tokio::test]
async fn a_bad_id_is_found_by_halving_and_the_others_are_there() {
    let (client, account) = account(1000, &[77, 140], 8000);
    let told = client.get_each(&ids(1..=200), sales_credit::get).await.unwrap();
    assert_eq!(told.found.len(), 198);
    let refused: Vec<u64> = told.refused.iter().map(|(id, _)| id.get()).collect();
    assert_eq!(refused, [77, 140]);
    assert!(told.refused.iter().all(|(_, error)| error.has_code("WHSC-097")));
    let asked = account.asked.lock().unwrap().len();
    assert!(asked <= 2 * 17, "{asked} requests");
}

#[tokio::test]
async fn a_uri_that_is_too_long_is_halved_until_it_is_not() {
    let sparse: Vec<u64> = (1..=120).map(|number| number * 10).collect();
    let (client, account) = account(2000, &[], 300);
    let credits =
        client.sales_credits().get(&sparse.iter().copied().map(OrderId::new).collect()).await.unwrap();
    assert_eq!(credits.len(), 120);
    assert!(account.asked.lock().unwrap().len() > 2);
}

#[tokio::test]
async fn a_request_that_is_wrong_for_every_id_is_given_up_soon() {
    let (client, account) = account(1000, &(1..=200).collect::<Vec<_>>(), 8000);
    let error = client.get_each(&ids(1..=200), sales_credit::get).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(account.asked.lock().unwrap().len() < 50);
}

#[tokio::test]
async fn a_credit_that_does_not_read_loses_nothing_but_itself() {
    let good = |ids: &str| answer(200, &format!(r#"{{"response":[{ids}]}}"#));
    let bad = r#"{"id":2,"customer":null}"#;
    let it = scripted([good(&format!("{bad},{}", credit_json(1))), good(&credit_json(1)), good(bad)]);
    let told = it.client.get_each(&ids([2, 1]), sales_credit::get).await.unwrap();
    assert_eq!(told.found[0].id.get(), 1);
    assert_eq!(told.refused[0].0, OrderId::new(2));
    assert_eq!(told.refused[0].1.kind(), ErrorKind::Undecodable);
}

#[tokio::test]
async fn credits_none_of_which_can_be_decoded_are_named_however_many_they_are() {
    let bad = || answer(200, r#"{"response":[{"id":"?"}]}"#);
    let it = scripted(std::iter::repeat_with(bad).take(39).collect::<Vec<_>>());
    let told = it.client.get_each(&ids(1..=20), sales_credit::get).await.unwrap();
    assert_eq!((told.found.len(), told.refused.len()), (0, 20));
}

#[tokio::test]
async fn a_page_that_is_no_json_is_no_fault_of_an_id() {
    let it = scripted(
        std::iter::repeat_with(|| answer(200, "<html>Maintenance</html>")).take(9).collect::<Vec<_>>(),
    );
    let error = it.client.get_each(&ids([1, 2]), sales_credit::get).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable);
}

#[tokio::test]
async fn a_failure_of_the_server_is_no_fault_of_an_id() {
    let it = scripted([answer(401, r#"{"response":"Invalid instance token: x"}"#)]);
    let error = it.client.get_each(&ids([1, 2]), sales_credit::get).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenInvalid);
}

#[tokio::test]
async fn untracked_products_are_named_where_they_refuse_the_whole_set() {
    let switches = Switches::with(|switches| switches.untracked_products_refuse_availability = true);
    let mock = MockBrightpearl::builder().switches(switches).start().await;
    let client = client_builder(&mock).build().unwrap();
    let products: Vec<ProductId> = [2060, 2044, 999_999].map(ProductId::new).to_vec();
    let told = client.get_each(&products, product_availability::get).await.unwrap();
    assert_eq!((told.found.len(), told.missing), (1, vec![ProductId::new(999_999)]));
    assert_eq!(told.refused[0].0, ProductId::new(2060));
}
