//! Product availability (docs/evidence/brightpearl-warehouse.md#product-availability). That goods in quarantine are
//! not counted is an assumption.

use std::collections::BTreeMap;

use brightpearl::ProductId;
use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem},
    state::Account,
};

/// `GET /product-availability/{ids}`: a map by product id.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids =
        call.ids(0)?.ok_or_else(|| Problem::client("WHSC-020", "At least one product ID is required"))?;
    let known: Vec<ProductId> =
        ids.iter().map(ProductId::new).filter(|id| account.products.contains_key(id)).collect();
    let (tracked, untracked): (Vec<_>, Vec<_>) =
        known.into_iter().partition(|id| account.is_stock_tracked(*id));
    let poisoned = account.switches.untracked_products_refuse_availability;
    match (tracked.as_slice(), untracked.as_slice()) {
        ([], []) => Err(Problem::not_found("No products found")),
        ([], [_]) => Err(Problem::client("WHSC-097", "This is a non stock tracked product.")),
        ([], _) => Err(Problem::client("WHSC-097", "These are non stock tracked products.")),
        (_, [_, ..]) if poisoned => Err(Problem::client("WHSC-097", "These are non stock tracked products.")),
        _ => {
            let found = tracked.into_iter().map(|id| (id.to_string(), availability(account, id)));
            Ok(Answer::of(found.collect::<BTreeMap<_, _>>()))
        }
    }
}

fn availability(account: &Account, product: ProductId) -> Value {
    let on_hand = account.stock.on_hand(product);
    let counts = |units: i64| json!({ "inStock": units, "onHand": units, "allocated": 0, "inTransit": 0 });
    let warehouses: BTreeMap<String, Value> =
        on_hand.iter().map(|(id, units)| (id.to_string(), counts(*units))).collect();
    json!({ "total": counts(on_hand.values().sum()), "warehouses": warehouses })
}
