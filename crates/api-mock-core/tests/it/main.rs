//! The shared machinery, seen through a mock of a tiny API.

mod faults;
mod faces;
mod tally;
mod webhooks;
