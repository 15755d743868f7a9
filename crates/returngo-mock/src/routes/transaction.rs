use api_mock_core::{Context, Request, Response};
use returngo::{ExternalReferenceType, Rma, Transaction, TransactionId, TransactionStatus};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body;
use crate::{
    Rejection, Shop,
    paging::{Between, OneOf, check_parameters, page},
    shop::timeline::time,
    wire,
};

/// `GET /transactions`: oldest first (unconfirmed). The rows name neither the RMA nor the order.
pub(super) fn list(shop: &Shop, request: &Request) -> Result<Response, Rejection> {
    check_parameters(
        request,
        &[
            "pagesize",
            "cursor",
            "created_at",
            "updated_at",
            "rma_ids",
            "order_ids",
            "statuses",
            "types",
            "processors",
            "ids",
        ],
    )?;
    let rma_ids = OneOf::read(request, "rma_ids");
    let order_ids = OneOf::read(request, "order_ids");
    let of_order = |rma: &&Rma| {
        let order = rma.order_details.order_id.as_ref();
        rma_ids.allows(rma.id().as_str()) && order_ids.allows(order.map_or("", |id| id.as_str()))
    };
    let statuses = OneOf::read(request, "statuses");
    let types = OneOf::read(request, "types");
    let processors = OneOf::read(request, "processors");
    let ids = OneOf::read(request, "ids");
    let created = Between::read(request, "created_at")?;
    let updated = Between::read(request, "updated_at")?;
    let mut transactions: Vec<&Transaction> = shop
        .rmas
        .values()
        .filter(of_order)
        .flat_map(|rma| &rma.transactions)
        .filter(|transaction| {
            statuses.allows(transaction.status.as_str())
                && types.allows(transaction.kind.as_str())
                && processors
                    .allows(transaction.processor.as_ref().map_or("", |processor| processor.as_str()))
                && ids.allows(transaction.id.as_str())
                && created.holds(Some(transaction.created_at))
                && updated.holds(Some(transaction.settled_at()))
        })
        .collect();
    transactions.sort_by(|left, right| left.id.cmp(&right.id));
    let (transactions, next_cursor) = page(request, transactions, |transaction| transaction.id.to_string())?;
    let transactions: Vec<Value> = transactions.into_iter().map(wire::transaction).collect();
    Ok(Response::json(200, &json!({ "transactions": transactions, "next_cursor": next_cursor })))
}

/// The body of `PUT /transaction/{id}`, assumed to have the names that are read (unconfirmed).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TransactionBody {
    status: TransactionStatus,
    external_reference_id: Option<String>,
    external_reference_type: Option<ExternalReferenceType>,
}

/// `PUT /transaction/{id}`: reports the result of a transaction that another system made.
pub(super) fn update(
    shop: &mut Shop,
    id: &str,
    request: &Request,
    context: &mut Context,
) -> Result<Response, Rejection> {
    let update: TransactionBody = body(request)?;
    if !TransactionStatus::KNOWN.contains(&update.status) {
        return Err(Rejection::bad_request(format!("unknown status {}", update.status)));
    }
    let (id, now) = (TransactionId::new(id), context.now);
    let rma = shop.rma_of_transaction(&id)?;
    let updated = shop.change(&rma, context, |rma| {
        let transaction = rma
            .transactions
            .iter_mut()
            .find(|transaction| transaction.id == id)
            .ok_or_else(|| Rejection::not_found("transaction", &id))?;
        transaction.status = update.status;
        if update.external_reference_id.is_some() {
            transaction.external_reference_id = update.external_reference_id;
            transaction.external_reference_type = update.external_reference_type;
        }
        transaction.last_updated = Some(time(now));
        Ok(transaction.clone())
    })?;
    Ok(Response::json(200, &wire::transaction(&updated)))
}
