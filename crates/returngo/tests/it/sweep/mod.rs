//! Seeing every change by looking, within the calls of a day.

mod day;
mod decisions;
mod direct;
mod driver;
mod handing_over;
mod recalling;
