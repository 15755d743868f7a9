//! A request is a value: what is sent, what repeating it would do, and how its answer reads.
//!
//! Each resource module has functions that build them, such as [`rma::get`](crate::rma::get). Send one with
//! [`Client::send`](crate::Client::send), print it as a dry run, or look at its parts.
//!
//! ```
//! use returngo::{ShipmentId, ShipmentStatus, ShipmentUpdate, shipment};
//!
//! let received = ShipmentUpdate::to_status(ShipmentStatus::Received);
//! let request = shipment::update(&ShipmentId::new("9100200"), &received);
//! assert_eq!(request.to_string(), "PUT /shipment/9100200");
//! assert_eq!(request.json(), Some(r#"{"status":"Received"}"#));
//! ```

// All of them are `#[inline]`: the code that writes a body and reads an answer is then compiled where the request
// is made, and not for everybody who wants the models.
pub use api_client_core::{Endpoint, Idempotency, Method, Placeholder, Request};
