//! A request is a value: what is sent, what repeating it would do, and how its answer reads.
//!
//! Each resource module has functions that build them, such as
//! [`order::sales_credit::create`](crate::order::sales_credit::create). Send one with
//! [`Client::send`](crate::Client::send), print it as a dry run, or look at its parts. Paths are those below the
//! account, as a multi-message wants them.
//!
//! ```
//! use brightpearl::{OrderId, order};
//!
//! let request = order::get(&OrderId::new(300871).into());
//! assert_eq!(request.to_string(), "GET /order-service/order/300871");
//! ```

// All of them are `#[inline]`: the code that writes a body and reads an answer is then compiled where the request
// is made, and not for everybody who wants the models.
pub use api_client_core::{Endpoint, Idempotency, Method, Placeholder, Request};
