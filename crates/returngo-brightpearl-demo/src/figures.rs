//! The result of a demo.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::scenario::Scenario;

/// Requests per minute that Brightpearl allows an app (docs/evidence/brightpearl-platform.md#request-budget).
const REQUESTS_A_MINUTE: u64 = 200;

/// The result of a demo. All figures are counted in the mocks, except [`needs_review`](Self::needs_review), which the store
/// has.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// RMAs.
    pub rmas: u64,
    /// Sales credits with a key of the connector.
    pub credits: u64,
    /// Payments with a key of the connector.
    pub payments: u64,
    /// RMAs that ReturnGO shows as validated.
    pub rmas_validated: u64,
    /// Duplicate credits and payments.
    pub duplicates: u64,
    /// RMAs without a credit, or without the payment of a refund.
    pub lost: u64,
    /// RMAs that need review.
    pub needs_review: u64,
    /// Requests of the connector to Brightpearl, without those of the warehouse staff.
    pub brightpearl_requests: u64,
    /// Requests to Brightpearl until the last credit was created, per RMA.
    pub requests_per_approval: f64,
    /// The minimum time for [`brightpearl_requests`](Self::brightpearl_requests) under Brightpearl's limit, in minutes.
    pub throttle_windows: u64,
    /// The duration of the demo, in seconds.
    pub seconds: f64,
}

/// Figures that are counted while the demo runs.
#[derive(Debug, Default)]
pub(super) struct RunCounts {
    pub needs_review: u64,
    pub requests: u64,
    pub requests_up_to_last_credit: u64,
    pub seconds: f64,
}

impl Figures {
    pub(super) fn of(scenario: &Scenario, counts: &RunCounts) -> Self {
        let rmas = scenario.rmas.len() as u64;
        Self {
            rmas,
            credits: count(&scenario.brightpearl.credits_by_external_ref()),
            payments: count(&scenario.brightpearl.payments_by_reference()),
            rmas_validated: scenario.validated() as u64,
            duplicates: scenario.brightpearl.duplicates().count() as u64,
            lost: scenario.lost() as u64,
            needs_review: counts.needs_review,
            brightpearl_requests: counts.requests,
            requests_per_approval: counts.requests_up_to_last_credit as f64 / rmas.max(1) as f64,
            throttle_windows: counts.requests.div_ceil(REQUESTS_A_MINUTE),
            seconds: counts.seconds,
        }
    }
}

fn count<T>(by_key: &BTreeMap<String, Vec<T>>) -> u64 {
    by_key.values().map(|found| found.len() as u64).sum()
}
