use std::collections::BTreeMap;

use serde::Serialize;

use super::Scene;

/// Requests that Brightpearl takes from an app in a minute (docs/evidence/brightpearl-platform.md#request-budget).
const REQUESTS_A_MINUTE: u64 = 200;

/// What a demo came to. All of it is counted from the mocks' state but for what waits for a person, which the
/// store knows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// RMAs.
    pub rmas: u64,
    /// Sales credits that bear a key of the connector.
    pub credits: u64,
    /// Payments that bear one.
    pub payments: u64,
    /// RMAs that ReturnGO shows as validated.
    pub rmas_validated: u64,
    /// Credits and payments that are there once too often.
    pub duplicates: u64,
    /// RMAs without a credit, or without the payment of a refund.
    pub lost: u64,
    /// RMAs that wait for a person.
    pub needs_review: u64,
    /// Requests to Brightpearl, without those of the people in the warehouse.
    pub brightpearl_requests: u64,
    /// Requests to Brightpearl up to the last credit, by RMA.
    pub requests_per_approval: f64,
    /// Minutes that so many requests take at least under Brightpearl's limit.
    pub throttle_windows: u64,
    /// How long it took.
    pub seconds: f64,
}

/// What is counted along the way.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub needs_review: u64,
    pub requests: u64,
    pub requests_up_to_last_credit: u64,
    pub seconds: f64,
}

impl Figures {
    pub(super) fn of(scene: &Scene, counted: &Counted) -> Self {
        let rmas = scene.rmas.len() as u64;
        Self {
            rmas,
            credits: count(&scene.brightpearl.credits_by_external_ref()),
            payments: count(&scene.brightpearl.payments_by_reference()),
            rmas_validated: scene.validated() as u64,
            duplicates: scene.brightpearl.duplicates().count() as u64,
            lost: scene.lost() as u64,
            needs_review: counted.needs_review,
            brightpearl_requests: counted.requests,
            requests_per_approval: counted.requests_up_to_last_credit as f64 / rmas.max(1) as f64,
            throttle_windows: counted.requests.div_ceil(REQUESTS_A_MINUTE),
            seconds: counted.seconds,
        }
    }
}

fn count<T>(by_key: &BTreeMap<String, Vec<T>>) -> u64 {
    by_key.values().map(|found| found.len() as u64).sum()
}
