use serde::{Deserialize, Serialize};

/// The mock's unconfirmed assumptions about ReturnGO. Change a switch to check that your code also works the other
/// way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Switches {
    /// When all parcels of a return are received (validated), the RMA becomes received (validated)
    /// (docs/evidence/returngo.md#life-cycle).
    pub shipments_move_the_rma: bool,
    /// When all returned units are inspected, a received RMA becomes validated
    /// (docs/evidence/returngo.md#life-cycle).
    pub inspections_move_the_rma: bool,
    /// The name of the comment's text in `POST /rma/{id}/comment`: `htmlText`, or `comment`
    /// (docs/evidence/returngo.md#comments-on-an-rma).
    pub comment_field: String,
    /// A wrong API key is answered with the gateway's 403, not with the documented 401
    /// (docs/evidence/returngo.md#access-and-quota).
    pub wrong_key_is_forbidden: bool,
    /// Webhooks carry their data under `data`, not at the root (docs/evidence/returngo.md#webhooks).
    pub webhook_data_is_nested: bool,
    /// Webhooks name their RMA. Otherwise the receiver has to poll all RMAs (docs/evidence/returngo.md#webhooks).
    pub webhooks_name_the_rma: bool,
}

impl Switches {
    /// Returns the switches as they are by default, but for these changes.
    ///
    /// ```
    /// let switches = returngo_mock::Switches::with(|switches| switches.shipments_move_the_rma = false);
    /// assert_ne!(switches, returngo_mock::Switches::default());
    /// ```
    pub fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut switches = Self::default();
        change(&mut switches);
        switches
    }
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            shipments_move_the_rma: true,
            inspections_move_the_rma: true,
            comment_field: "htmlText".to_owned(),
            wrong_key_is_forbidden: false,
            webhook_data_is_nested: false,
            webhooks_name_the_rma: true,
        }
    }
}
