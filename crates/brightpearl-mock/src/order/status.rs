//! Order statuses, and the status of an order (docs/evidence/brightpearl-orders.md#order-statuses).

use brightpearl::{
    OrderId, OrderStatusId,
    order::{OrderStatus, OrderStatusLabel, OrderTypeCode, ShippingStatusCode},
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    computed::{paid, touch},
    note::{self, NewNote},
};
use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    records::Event,
    state::Account,
};

/// `GET /order-status[/{ids}]`: grouped by type.
pub(crate) fn list(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?;
    let wanted = |id: OrderStatusId| ids.as_ref().is_none_or(|ids| ids.contains(id));
    let found: Vec<_> = account.order_statuses.iter().filter(|status| wanted(status.status_id)).collect();
    Answer::non_empty(found, "No order statuses found")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewStatusBody {
    name: Option<String>,
    order_type_code: Option<OrderTypeCode>,
    color: Option<String>,
    remind_after_days: Option<u32>,
    #[serde(default)]
    alert_emails: Vec<String>,
    #[serde(default)]
    email_content: String,
    #[serde(default)]
    batch_process: bool,
}

/// The maximum length of a status name.
const MAX_NAME: usize = 64;

/// `POST /order-status`. A name is unique among the statuses of its type.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: NewStatusBody = call.body()?;
    let refused = |message: String| Problem::client(placeholder_codes::ORDER_STATUS, message);
    let kind = body.order_type_code.filter(|kind| OrderTypeCode::KNOWN.contains(kind));
    let kind = kind.ok_or_else(|| refused("orderTypeCode is required".to_owned()))?;
    let name = body.name.filter(|name| (1..=MAX_NAME).contains(&name.chars().count()));
    let name = name.ok_or_else(|| refused(format!("name must have 1 to {MAX_NAME} characters")))?;
    let of_kind = |status: &&OrderStatus| status.order_type_code == kind;
    if account.order_statuses.iter().filter(of_kind).any(|status| status.name == name) {
        return Err(refused(format!("There is a status {name} for {kind} orders already")));
    }
    let status_id = OrderStatusId::new(account.next_ids.order_status.next());
    let place = account.order_statuses.iter().filter(of_kind).count() + 1;
    account.order_statuses.push(OrderStatus {
        status_id,
        name,
        order_type_code: kind,
        sort_order: i64::try_from(place * 10).ok(),
        disabled: false,
        visible: false,
        color: body.color,
        remind_after_days: Some(body.remind_after_days.unwrap_or_default()),
        alert_emails: body.alert_emails,
        email_content: Some(body.email_content),
        batch_process: body.batch_process,
        state: None,
    });
    Ok(Answer::of(status_id))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusBody {
    order_status_id: Option<OrderStatusId>,
    #[serde(default)]
    order_note: Option<NoteBody>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NoteBody {
    text: Option<String>,
    #[serde(default)]
    is_public: bool,
    file_id: Option<u64>,
}

/// `PUT /order/{id}/status`: sets the status and adds a note, or changes nothing.
pub(crate) fn set(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: StatusBody = call.body()?;
    let id: OrderId = call.id(0)?;
    let order = account.order(id)?;
    let wanted = body
        .order_status_id
        .ok_or_else(|| Problem::client(placeholder_codes::ORDER_STATUS, "orderStatusId is required"))?;
    let status = usable(account, wanted, &order.order_type_code)?;
    check_cancellation(account, id, wanted)?;

    let generated = || format!("Order status changed to {}", status.name.as_deref().unwrap_or_default());
    let given = body.order_note.unwrap_or_default();
    let note = NewNote {
        text: given.text.unwrap_or_else(generated),
        is_public: given.is_public,
        file_id: given.file_id,
        added_on: account.local(call.now),
    };
    apply(account, id, status, note, call.now);
    Ok(Answer::nothing())
}

/// Changes the status of an order as a program inside the account does: without the checks of the API.
///
/// # Errors
/// Orders of this type cannot have the status.
pub(crate) fn change(
    account: &mut Account,
    id: OrderId,
    status: OrderStatusId,
    text: &str,
    time: Timestamp,
) -> Result<(), Problem> {
    let status = usable(account, status, &account.order(id)?.order_type_code)?;
    let added_on = account.local(time);
    let note = NewNote { text: text.to_owned(), is_public: false, file_id: None, added_on };
    apply(account, id, status, note, time);
    Ok(())
}

fn apply(account: &mut Account, id: OrderId, status: OrderStatusLabel, note: NewNote, time: Timestamp) {
    if let Some(order) = account.orders.get_mut(&id) {
        order.order_status = status;
    }
    note::add(account, id, note);
    touch(account, id, time);
    account.raise(Event::order_status_modified(id));
}

/// Returns a status that orders of this type can have.
pub(crate) fn usable(
    account: &Account,
    id: OrderStatusId,
    kind: &OrderTypeCode,
) -> Result<OrderStatusLabel, Problem> {
    let status = account.status(id).filter(|status| status.order_type_code == *kind && !status.disabled);
    let status = status.ok_or_else(|| {
        Problem::client(
            placeholder_codes::ORDER_STATUS,
            format!("{id} is no status that {kind} orders can have"),
        )
    })?;
    Ok(OrderStatusLabel { order_status_id: id, name: Some(status.name.clone()) })
}

/// Checks a cancellation. A sale can be cancelled only if it is not invoiced, shipped or paid
/// (docs/evidence/brightpearl-orders.md#order-statuses).
fn check_cancellation(account: &Account, id: OrderId, wanted: OrderStatusId) -> Result<(), Problem> {
    let order = account.order(id)?;
    let cancels = order.order_type_code == OrderTypeCode::SalesOrder
        && account.configured("cancelledOrderStatusId") == Some(wanted);
    let is_shipped = order.shipping_status_code == Some(ShippingStatusCode::AllShipped);
    if cancels && (order.is_closed() || is_shipped || !paid(account, id).is_zero()) {
        let message = format!("Order {id} is invoiced, shipped or has payments: it cannot be cancelled");
        return Err(Problem::client(placeholder_codes::CANCELLATION, message));
    }
    Ok(())
}
