//! A tiny API: `POST /tally` increments a count and raises `tally.changed`, `GET /tally` returns the count.

use std::time::Duration;

use api_mock_core::{
    Context, Delivery, MockCore, MockedApi, Refusal, Request, Response, RetryRule, WiremockAdapter,
};

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) webhook: Option<String>,
}

const RETRY: RetryRule = RetryRule {
    retries: |status| status.is_none_or(|status| status >= 500),
    waits: &[Duration::from_millis(10), Duration::from_millis(10)],
};

impl MockedApi for Tally {
    fn operation(&self, request: &Request) -> Option<String> {
        (request.path == "/tally").then(|| format!("{} /tally", request.method))
    }

    fn handle(&mut self, request: &Request, context: &mut Context) -> Response {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/tally") => Response::json(200, &self.count),
            ("POST", "/tally") => {
                self.count += 1;
                context.deliveries_to(self);
                Response::json(201, &self.count)
            }
            _ => Response::json(404, &"nothing here"),
        }
    }

    fn refuse(&mut self, refusal: Refusal, _request: &Request, _context: &mut Context) -> Response {
        let status = match refusal {
            Refusal::Status500 => 500,
            Refusal::Status503 => 503,
            Refusal::Throttle => 429,
            Refusal::TokenExpired => 401,
        };
        Response::json(status, &format!("{refusal:?}"))
    }

    fn control(&mut self, route: &str, _request: &Request, _context: &mut Context) -> Option<Response> {
        (route == "double").then(|| {
            self.count *= 2;
            Response::json(200, &self.count)
        })
    }

    fn reset(&mut self) {
        self.count = 0;
    }

    fn introduction(&self) -> String {
        "tally".to_owned()
    }
}

trait Tell {
    fn deliveries_to(&mut self, tally: &Tally);
}

impl Tell for Context {
    fn deliveries_to(&mut self, tally: &Tally) {
        let Some(url) = &tally.webhook else { return };
        self.deliver(Delivery {
            event: "tally.changed".to_owned(),
            method: "POST".to_owned(),
            url: url.clone(),
            headers: vec![("Content-Type".to_owned(), "text/plain".to_owned())],
            body: tally.count.to_string(),
            retry: RETRY,
        });
    }
}

pub(crate) async fn start() -> WiremockAdapter<Tally> {
    WiremockAdapter::start(MockCore::new(Tally::default())).await
}

pub(crate) async fn post(url: &str, path: &str) -> reqwest::Result<reqwest::Response> {
    reqwest::Client::new().post(format!("{url}{path}")).send().await
}

pub(crate) async fn count(url: &str) -> u64 {
    reqwest::get(format!("{url}/tally")).await.unwrap().json().await.unwrap()
}
