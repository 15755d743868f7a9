//! Inspections of returned units (docs/evidence/returngo.md#inspections). ReturnGO has no known endpoint for them.

use api_mock_core::Context;
use jiff::Timestamp;
use returngo::{CommentType, ReturnedItemId, Rma, RmaId, RmaStatus, Validation, ValidationResponse};
use serde::{Deserialize, Serialize};

use super::{
    Shop,
    timeline::{self, time},
};
use crate::Rejection;

/// The result of an inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "found", content = "reason")]
pub enum Inspection {
    /// The unit was received and can be sold again.
    Restockable,
    /// The unit was received and cannot be sold again, for this reason.
    NotRestockable(String),
    /// The unit was not received, for this reason.
    NotReturned(String),
}

impl Inspection {
    /// Builds the response of the API for an inspection at this time.
    pub(crate) fn response(&self, at: Timestamp) -> ValidationResponse {
        let (non_restockable_reason, non_returned_reason) = match self {
            Self::Restockable => (None, None),
            Self::NotRestockable(reason) => (Some(reason.clone()), None),
            Self::NotReturned(reason) => (None, Some(reason.clone())),
        };
        ValidationResponse {
            is_returned: non_returned_reason.is_none(),
            is_restockable: *self == Self::Restockable,
            non_returned_reason,
            non_restockable_reason,
            last_validation_date: Some(time(at).to_string()),
            last_validated_by: Some(timeline::STAFF.to_owned()),
            ..ValidationResponse::default()
        }
    }
}

impl Shop {
    /// Inspects these units, or all returned units. No webhook is sent, and `lastUpdated` does not change.
    ///
    /// # Errors
    /// There is no such RMA, it has not arrived, or it does not have the item.
    pub fn inspect(
        &mut self,
        id: &RmaId,
        units: Option<&[ReturnedItemId]>,
        inspection: &Inspection,
        context: &mut Context,
    ) -> Result<Rma, Rejection> {
        let (now, moves) = (context.now, self.switches.inspections_move_the_rma);
        self.change(id, context, |rma| {
            if !matches!(rma.status(), RmaStatus::Received | RmaStatus::Validated | RmaStatus::Done) {
                let status = rma.status();
                return Err(Rejection::bad_request(format!(
                    "RMA {id} is {status}: nothing is there to inspect"
                )));
            }
            let of = rma.items.iter_mut().filter(|item| match units {
                Some(units) => units.contains(&item.returned_item_id),
                None => item.comes_back(),
            });
            let mut inspected = 0;
            for item in of {
                item.item_validation_status_response = inspection.response(now);
                inspected += 1;
            }
            if inspected == 0 {
                return Err(Rejection::bad_request(format!("RMA {id} has no such item to inspect")));
            }
            timeline::add(rma, CommentType::System, timeline::STAFF, "Items <strong>VALIDATED</strong>", now);
            let pending =
                rma.items.iter().any(|item| item.comes_back() && item.validation() == Validation::Pending);
            if moves && !pending && *rma.status() == RmaStatus::Received {
                rma.rma_summary.status = RmaStatus::Validated;
            }
            Ok(rma.clone())
        })
    }
}
