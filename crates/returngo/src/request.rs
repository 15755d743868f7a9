//! Requests as values: what is sent, the effect of repeating it, and how its response is decoded.
//!
//! Each resource module has functions that build them, such as [`rma::get`](crate::rma::get). Send one with
//! [`Client::send`](crate::Client::send), print it as a dry run, or inspect its parts.
//!
//! ```
//! use returngo::{ShipmentId, ShipmentStatus, ShipmentUpdate, shipment};
//!
//! let received = ShipmentUpdate::to_status(ShipmentStatus::Received);
//! let request = shipment::update(&ShipmentId::new("9100200"), &received);
//! assert_eq!(request.to_string(), "PUT /shipment/9100200");
//! assert_eq!(request.json(), Some(r#"{"status":"Received"}"#));
//! ```

// All of them are `#[inline]`: the code that writes a body and decodes a response is compiled where the request
// is made, and not for users of the models only.
pub use api_client_core::{
    Endpoint, Header, Headers, HttpRequest, HttpResponse, Idempotency, Method, Placeholder, ReadAnswer,
    Request,
};
