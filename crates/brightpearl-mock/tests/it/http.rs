//! Requests as a curl user would write them.

use brightpearl_mock::MockBrightpearl;
use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

/// An account and an HTTP client for it.
pub(crate) struct Http {
    pub(crate) mock: MockBrightpearl,
    client: reqwest::Client,
}

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The payload of a success.
    #[track_caller]
    pub(crate) fn response(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["response"].clone()
    }

    /// The id in the answer of a create.
    #[track_caller]
    pub(crate) fn id(&self) -> u64 {
        self.json()["response"].as_u64().unwrap_or_else(|| panic!("no id: {}", self.text))
    }

    /// The code of the first error.
    pub(crate) fn code(&self) -> String {
        self.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Http {
    pub(crate) async fn start() -> Self {
        Self::to(MockBrightpearl::start().await)
    }

    pub(crate) fn to(mock: MockBrightpearl) -> Self {
        Self { mock, client: reqwest::Client::new() }
    }

    /// The complete URL of a path below the account.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/public-api/{}/{path}", self.mock.url(), self.mock.account())
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.try_post(path, body).await.unwrap()
    }

    pub(crate) async fn try_post(&self, path: &str, body: Value) -> reqwest::Result<Answer> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// A POST whose body need not be JSON.
    pub(crate) async fn post_text(&self, path: &str, body: &'static str) -> Answer {
        read(self.request(Method::POST, path).body(body)).await.unwrap()
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await.unwrap()
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await.unwrap()
    }

    pub(crate) async fn options(&self, path: &str) -> Answer {
        self.send(Method::OPTIONS, path, None).await.unwrap()
    }

    /// Posts a form to a complete URL, without credentials.
    pub(crate) async fn form(&self, url: &str, form: &[(&str, &str)]) -> Answer {
        read(self.client.post(url).form(form)).await.unwrap()
    }

    /// Posts a form to a complete URL, with HTTP Basic credentials.
    pub(crate) async fn form_as(
        &self,
        url: &str,
        (user, password): (&str, &str),
        form: &[(&str, &str)],
    ) -> Answer {
        read(self.client.post(url).basic_auth(user, Some(password)).form(form)).await.unwrap()
    }

    /// A GET of a complete URL, without following redirects.
    pub(crate) async fn without_redirects(&self, url: &str) -> Answer {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        read(client.get(url)).await.unwrap()
    }

    /// A request to a control route.
    pub(crate) async fn control(&self, method: Method, route: &str, body: Value) -> Answer {
        let request = self.client.request(method, format!("{}/_mock/{route}", self.mock.url()));
        read(request.json(&body)).await.unwrap()
    }

    /// A GET with these headers and no others.
    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.client.get(self.url(path));
        read(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
            .await
            .unwrap()
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Result<Answer> {
        let request = self.request(method, path);
        read(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, self.url(path))
            .header("brightpearl-app-ref", self.mock.app_ref())
            .header("brightpearl-account-token", self.mock.token())
    }

    /// The credit of [`credit`](Self::credit) again, under the same key.
    pub(crate) async fn credit_once_more(&self) {
        let answer = self.post("order-service/sales-credit", credit("RGO-1")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// An empty credit on a sale of customer 5012.
    pub(crate) async fn credit_of(&self, sale: u64) -> u64 {
        let answer = self
            .post("order-service/sales-credit", json!({ "customer": { "id": 5012 }, "parentId": sale }))
            .await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.id()
    }

    /// A credit on the sale 300871: one shirt, and socks on two rows.
    pub(crate) async fn credit(&self) -> u64 {
        let answer = self.post("order-service/sales-credit", credit("RGO-1")).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.id()
    }
}

/// Sends a request and reads the complete answer.
pub(crate) async fn read(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let answer = request.send().await?;
    Ok(Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.text().await?,
    })
}

/// The body of a credit on the sale 300871: one shirt, and socks on two rows.
pub(crate) fn credit(external_ref: &str) -> Value {
    json!({
        "customer": { "id": 5012 },
        "ref": "RMA4410021",
        "parentId": 300871,
        "placedOn": "2026-05-04T10:15:00.000+01:00",
        "taxDate": "2026-05-04T00:00:00.000+01:00",
        "statusId": 27,
        "channelId": 9,
        "externalRef": external_ref,
        "installedIntegrationInstanceId": 41,
        "rows": [
            { "productId": 2044, "quantity": "1", "taxCode": "T20", "net": "33.3333", "tax": "6.67", "externalRef": "81000001" },
            { "productId": 2051, "quantity": 1, "taxCode": "T20", "net": 8.325, "tax": 1.665 },
            { "productId": 2051, "quantity": 1, "taxCode": "T20", "net": "8.325", "tax": "1.665" },
        ],
    })
}
