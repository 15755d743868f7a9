//! The routes of the API (docs/evidence/returngo.md#endpoints), one module for each resource, and the mock's control
//! routes.

mod control;
mod rma;
mod shipment;
mod transaction;
mod webhook;

use std::fmt::Display;

use api_mock_core::{Context, MockedApi, Refusal, Request, Response};
use serde::de::DeserializeOwned;

use crate::{Rejection, Shop};

/// A route with the parameters of its path.
enum Route<'r> {
    ListRmas,
    GetRma(&'r str),
    CommentRma(&'r str),
    SetRmaStatus(&'r str),
    UpdateShipment(&'r str),
    DeleteShipment(&'r str),
    TrackShipment,
    ListTransactions,
    UpdateTransaction(&'r str),
    ListWebhooks,
    CreateWebhook,
    UpdateWebhook(&'r str),
    DeleteWebhook(&'r str),
}

impl<'r> Route<'r> {
    fn of(method: &str, segments: &'r [impl AsRef<str>]) -> Option<Self> {
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        Some(match (method, segments.as_slice()) {
            ("GET", ["rmas"]) => Self::ListRmas,
            ("GET", ["rma", id]) => Self::GetRma(id),
            ("POST", ["rma", id, "comment"]) => Self::CommentRma(id),
            ("PUT", ["rma", id, "status"]) => Self::SetRmaStatus(id),
            ("PUT", ["shipment", id]) => Self::UpdateShipment(id),
            ("DELETE", ["shipment", id]) => Self::DeleteShipment(id),
            ("POST", ["shipment-tracker"]) => Self::TrackShipment,
            ("GET", ["transactions"]) => Self::ListTransactions,
            ("PUT", ["transaction", id]) => Self::UpdateTransaction(id),
            ("GET", ["webhooks"]) => Self::ListWebhooks,
            ("POST", ["webhook"]) => Self::CreateWebhook,
            ("PUT", ["webhook", id]) => Self::UpdateWebhook(id),
            ("DELETE", ["webhook", id]) => Self::DeleteWebhook(id),
            _ => return None,
        })
    }

    /// Returns the name for counts and faults.
    const fn name(&self) -> &'static str {
        match self {
            Self::ListRmas => "GET /rmas",
            Self::GetRma(_) => "GET /rma/{id}",
            Self::CommentRma(_) => "POST /rma/{id}/comment",
            Self::SetRmaStatus(_) => "PUT /rma/{id}/status",
            Self::UpdateShipment(_) => "PUT /shipment/{id}",
            Self::DeleteShipment(_) => "DELETE /shipment/{id}",
            Self::TrackShipment => "POST /shipment-tracker",
            Self::ListTransactions => "GET /transactions",
            Self::UpdateTransaction(_) => "PUT /transaction/{id}",
            Self::ListWebhooks => "GET /webhooks",
            Self::CreateWebhook => "POST /webhook",
            Self::UpdateWebhook(_) => "PUT /webhook/{id}",
            Self::DeleteWebhook(_) => "DELETE /webhook/{id}",
        }
    }
}

impl MockedApi for Shop {
    fn operation(&self, request: &Request) -> Option<String> {
        Route::of(&request.method, &request.segments()).map(|route| route.name().to_owned())
    }

    fn handle(&mut self, request: &Request, context: &mut Context) -> Response {
        let answer = self.authorize(request, context).and_then(|()| self.answer(request, context));
        self.gateway.sign(answer.unwrap_or_else(|rejected| rejected.response()))
    }

    fn refuse(&mut self, refusal: Refusal, _request: &Request, _context: &mut Context) -> Response {
        let (status, message) = match refusal {
            Refusal::Status500 => (500, "Internal server error"),
            Refusal::Status503 => (503, "Service Unavailable"),
            Refusal::Throttle => (429, "Too Many Requests"),
            Refusal::TokenExpired => (401, "Unauthorized"),
        };
        self.gateway.sign(Rejection::new(status, message).response())
    }

    fn control(&mut self, route: &str, request: &Request, context: &mut Context) -> Option<Response> {
        let answer = control::handle(self, route, request, context)?;
        Some(answer.unwrap_or_else(|rejected| rejected.response()))
    }

    fn reset(&mut self) {
        *self = Self::new(self.seed.clone());
    }

    fn introduction(&self) -> String {
        format!("api-key={} shop={}", self.seed.api_key, self.seed.shop)
    }
}

impl Shop {
    /// Checks key, shop and quota, in this order. A request without a valid key does not count towards the quota.
    fn authorize(&mut self, request: &Request, context: &Context) -> Result<(), Rejection> {
        if request.header("x-api-key") != Some(&self.seed.api_key) {
            return Err(if self.switches.wrong_key_is_forbidden {
                Rejection::new(403, "Forbidden")
            } else {
                Rejection::new(401, "Unauthorized")
            });
        }
        if request.header("x-shop-name") != Some(&self.seed.shop) {
            return Err(Rejection::new(403, "the shop is not accessible with this API key"));
        }
        self.usage.take(self.quota, context.now)
    }

    fn answer(&mut self, request: &Request, context: &mut Context) -> Result<Response, Rejection> {
        let segments = request.segments();
        match Route::of(&request.method, &segments) {
            None => Err(Rejection::new(404, "Not Found")),
            Some(Route::ListRmas) => rma::list(self, request),
            Some(Route::GetRma(id)) => rma::get(self, id, request),
            Some(Route::CommentRma(id)) => rma::comment(self, id, request, context),
            Some(Route::SetRmaStatus(id)) => rma::set_status(self, id, request, context),
            Some(Route::UpdateShipment(id)) => shipment::update(self, id, request, context),
            Some(Route::DeleteShipment(id)) => shipment::delete(self, id, context),
            Some(Route::TrackShipment) => shipment::track(self, request),
            Some(Route::ListTransactions) => transaction::list(self, request),
            Some(Route::UpdateTransaction(id)) => transaction::update(self, id, request, context),
            Some(Route::ListWebhooks) => Ok(webhook::list(self)),
            Some(Route::CreateWebhook) => webhook::create(self, request),
            Some(Route::UpdateWebhook(id)) => webhook::update(self, id, request),
            Some(Route::DeleteWebhook(id)) => webhook::delete(self, id),
        }
    }
}

/// Decodes the body of a write.
fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Rejection> {
    request.json().map_err(invalid_body)
}

fn invalid_body(error: impl Display) -> Rejection {
    Rejection::bad_request(format!("invalid body: {error}"))
}
