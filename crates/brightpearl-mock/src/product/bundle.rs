//! Which bundles a product is in (docs/evidence/brightpearl-orders.md#bundles).

use brightpearl::ProductId;
use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem},
    product::Component,
    state::Account,
};

/// `GET /product/{ids}/bundle`: only products that are in one.
pub(crate) fn where_used(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?.unwrap_or_default();
    let uses = ids.iter().map(|id| tree(account, ProductId::new(id)));
    let found: Vec<Value> = uses.filter(|tree| tree.get("bundles").is_some()).collect();
    if found.is_empty() { Err(Problem::not_found("No Bundles Found")) } else { Ok(Answer::of(found)) }
}

/// A seed cannot hold a bundle that is in itself, so this ends.
fn tree(account: &Account, id: ProductId) -> Value {
    let holds = |component: &Component| component.product_id == id;
    let bundles = account.products.values().filter(|product| product.components.iter().any(holds));
    let bundles: Vec<Value> = bundles.map(|bundle| tree(account, bundle.id)).collect();
    if bundles.is_empty() { json!({ "id": id }) } else { json!({ "id": id, "bundles": bundles }) }
}
