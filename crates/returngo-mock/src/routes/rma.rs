use std::cmp::Ordering;

use api_mock_core::{Context, Request, Response};
use returngo::{CommentType, OffsetDateTime, Rma, RmaId, RmaStatus};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::body;
use crate::{
    Rejection, Shop,
    paging::{Between, OneOf, check_parameters, page},
    shop::{timeline, transitions},
    wire,
};

/// `GET /rmas`: summaries only, newest first by default (unconfirmed).
pub(super) fn list(shop: &Shop, request: &Request) -> Result<Response, Rejection> {
    check_parameters(
        request,
        &[
            "pagesize",
            "cursor",
            "sort_by",
            "rma_created_at",
            "rma_updated_at",
            "status",
            "order_name",
            "tracking_numbers",
        ],
    )?;
    let statuses = OneOf::read(request, "status");
    let order_names = OneOf::read(request, "order_name");
    let tracking_numbers = OneOf::read(request, "tracking_numbers");
    let created = Between::read(request, "rma_created_at")?;
    let updated = Between::read(request, "rma_updated_at")?;
    let mut rmas: Vec<&Rma> = shop
        .rmas
        .values()
        .rev()
        .filter(|rma| {
            statuses.allows(rma.status().as_str())
                && order_names.allows(rma.rma_summary.order_name.as_deref().unwrap_or_default())
                && tracking_numbers
                    .allows_any(rma.shipments.iter().filter_map(|s| s.tracking_number.as_deref()))
                && created.holds(rma.created_at)
                && updated.holds(rma.last_updated)
        })
        .collect();
    if let Some(order) = request.query("sort_by") {
        let order = SortBy::read(order)?;
        rmas.sort_by(|left, right| order.compare(left, right));
    }
    let (rmas, next_cursor) = page(request, rmas, |rma| format!("returns.id:{}", rma.id()))?;
    let rmas: Vec<Value> = rmas.iter().map(|rma| wire::value(&rma.rma_summary)).collect();
    Ok(Response::json(200, &json!({ "rmas": rmas, "next_cursor": next_cursor })))
}

/// Sort columns as `+column` or `-column`. A `+` that is not sent as `%2B` arrives as a space.
struct SortBy(Vec<(bool, Column)>);

type Column = fn(&Rma) -> Option<OffsetDateTime>;

impl SortBy {
    fn read(text: &str) -> Result<Self, Rejection> {
        let columns = text.split(',').map(|part| {
            let (descending, name) = match part.split_at_checked(1) {
                Some(("+", name)) => (false, name),
                Some(("-", name)) => (true, name),
                _ => {
                    return Err(Rejection::bad_request(format!(
                        "sort_by: `{part}` begins neither with + nor with -"
                    )));
                }
            };
            let column: Column = match name {
                "rma_created_at" => |rma| rma.created_at,
                "rma_updated_at" => |rma| rma.last_updated,
                _ => return Err(Rejection::bad_request(format!("sort_by: unknown column {name}"))),
            };
            Ok((descending, column))
        });
        columns.collect::<Result<_, _>>().map(Self)
    }

    fn compare(&self, left: &Rma, right: &Rma) -> Ordering {
        self.0.iter().fold(Ordering::Equal, |order, (descending, column)| {
            let by_column = column(left).cmp(&column(right));
            order.then(if *descending { by_column.reverse() } else { by_column })
        })
    }
}

/// `GET /rma/{id}`: photos and videos only on request.
pub(super) fn get(shop: &Shop, id: &str, request: &Request) -> Result<Response, Rejection> {
    let mut rma = shop.rma(&rma_id(id)?)?.clone();
    if request.query("includeMedia") != Some("true") {
        let questions = rma.items.iter_mut().flat_map(|item| &mut item.follow_up_questions);
        questions.for_each(|question| question.answer.media_answer.clear());
    }
    Ok(Response::json(200, &wire::rma(&rma)))
}

/// `POST /rma/{id}/comment`: the name of the text field is unconfirmed, see
/// [`Switches::comment_field`](crate::Switches).
pub(super) fn comment(
    shop: &mut Shop,
    id: &str,
    request: &Request,
    context: &mut Context,
) -> Result<Response, Rejection> {
    let fields: Map<String, Value> = body(request)?;
    let field = shop.switches.comment_field.as_str();
    let text = fields.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let html = text.ok_or_else(|| Rejection::bad_request(format!("{field} is required")))?.to_owned();
    let now = context.now;
    let comment = shop.change(&rma_id(id)?, context, |rma| {
        Ok(timeline::add(rma, CommentType::Merchant, timeline::API, html, now))
    })?;
    Ok(Response::json(200, &comment))
}

/// `PUT /rma/{id}/status`: body and answer are unconfirmed.
pub(super) fn set_status(
    shop: &mut Shop,
    id: &str,
    request: &Request,
    context: &mut Context,
) -> Result<Response, Rejection> {
    #[derive(Deserialize)]
    struct NewStatus {
        status: RmaStatus,
    }
    let NewStatus { status } = body(request)?;
    if !RmaStatus::KNOWN.contains(&status) {
        return Err(Rejection::bad_request(format!("unknown status {status}")));
    }
    let (id, now) = (rma_id(id)?, context.now);
    shop.change(&id, context, |rma| transitions::set_rma_status(rma, status, now))?;
    Ok(Response::json(200, &wire::value(&shop.rma(&id)?.rma_summary)))
}

/// The path takes digits only, although the dashboard shows `RMA1234`.
fn rma_id(text: &str) -> Result<RmaId, Rejection> {
    let id = text.parse().ok().filter(|id: &RmaId| id.as_str() == text);
    id.ok_or_else(|| Rejection::bad_request("invalid rmaId"))
}
