//! `order-service`: orders of all types, rows, statuses, notes, custom fields.
#![allow(clippy::module_inception, reason = "the folder is Brightpearl's service, the file its resource")]

mod candidates;
mod close;
pub(crate) mod code_list;
mod computed;
mod creation;
pub(crate) mod note;
pub(crate) mod order;
pub(crate) mod order_patch;
pub(crate) mod order_post;
pub(crate) mod order_search;
pub(crate) mod row;
pub(crate) mod row_change;
pub(crate) mod row_replacement;
pub(crate) mod sales_order_search;
pub(crate) mod status;
pub(crate) mod typed_order;

pub(crate) use close::uninvoice;
pub(crate) use computed::{compute, is_received_row, modified, paid, received_on_row, received_or_paid};
pub(crate) use creation::{NewCurrency, NewOrder, NewParty, create};
pub(crate) use row::NewRow;

/// Returns an id, or 0 for none.
fn id_or_zero(id: Option<impl serde::Serialize>) -> serde_json::Value {
    id.map_or_else(|| serde_json::json!(0), |id| serde_json::json!(id))
}
