//! Where returns meet: nothing is credited, refunded or claimed twice across RMAs, shops, connections and processes.

mod credits;
mod processes;
mod refunds;
mod shops;
mod site;
