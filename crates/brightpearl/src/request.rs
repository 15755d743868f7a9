//! Requests as values: what is sent, the effect of repeating it, and how its response is decoded.
//!
//! Each resource module has functions that build them, such as
//! [`order::sales_credit::create`](crate::order::sales_credit::create). Send one with
//! [`Client::send`](crate::Client::send), print it as a dry run, or inspect its parts. Paths are relative to
//! the account, as in a multi-message.
//!
//! ```
//! use brightpearl::{OrderId, order};
//!
//! let request = order::get(&OrderId::new(300871).into());
//! assert_eq!(request.to_string(), "GET /order-service/order/300871");
//! ```

// All of them are `#[inline]`: the code that writes a body and decodes a response is compiled where the request
// is made, and not for users of the models only.
pub use api_client_core::{
    Endpoint, Header, Headers, HttpRequest, HttpResponse, Idempotency, Method, Placeholder, ReadAnswer,
    Request,
};
