//! Products, and the bundles that contain them (docs/evidence/brightpearl-orders.md#products,
//! docs/evidence/brightpearl-orders.md#bundles).

use std::collections::BTreeMap;

use brightpearl::{NominalCode, ProductId};
use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem, get_uris},
    records::{Component, StoredProduct},
    state::Account,
};

/// `GET /product/{ids}`.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?.unwrap_or_default();
    let optional = call.names("includeOptional");
    let found: Vec<Value> = ids
        .iter()
        .filter_map(|id| account.products.get(&ProductId::new(id)))
        .map(|product| {
            let mut view = view(account, product);
            if optional.contains(&"customFields") {
                view["customFields"] = json!(account.product_custom_fields.of(product.id));
            }
            if optional.contains(&"nullCustomFields") {
                view["nullCustomFields"] = json!(account.product_custom_fields.unset(product.id));
            }
            view
        })
        .collect();
    Answer::non_empty(found, "No Products Found")
}

/// `OPTIONS /product[/{ids}]`.
pub(crate) fn options(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    get_uris(call, "product", account.products.keys().copied())
}

fn view(account: &Account, product: &StoredProduct) -> Value {
    let warehouses: BTreeMap<String, Value> = account
        .warehouses
        .iter()
        .map(|stored| {
            let location = product.default_locations.get(&stored.warehouse.id).map_or(0, |location| location.get());
            let place = json!({
                "defaultLocationId": location, "overflowLocationId": 0, "reorderLevel": 0, "reorderQuantity": 0,
            });
            (stored.warehouse.id.to_string(), place)
        })
        .collect();
    let default_tax = account.configured("defaultTaxRateId");
    let tax_code = account.tax_codes.iter().find(|rate| Some(rate.id) == default_tax);
    json!({
        "id": product.id,
        "brandId": 1,
        "productTypeId": 1,
        "identity": { "sku": product.sku },
        "featured": false,
        "stock": {
            "stockTracked": product.stock_tracked,
            "weight": { "magnitude": 0.0 },
            "dimensions": { "length": 0.0, "height": 0.0, "width": 0.0, "volume": 0.0 },
        },
        "financialDetails": {
            "taxable": true,
            "taxCode": tax_code.map(|rate| json!({ "id": rate.id, "code": rate.code })),
        },
        "salesChannels": [{
            "salesChannelName": "Brightpearl",
            "productName": product.name,
            "productCondition": "new",
            "categories": [],
        }],
        "composition": {
            "bundle": product.is_bundle(),
            "bundleComponents": product.is_bundle().then_some(&product.components),
        },
        "warehouses": warehouses,
        "nominalCodeStock": "1001",
        "nominalCodePurchases": "5000",
        "nominalCodeSales": product.nominal_code_sales.clone().unwrap_or_else(|| NominalCode::new("4000")),
        "seasonIds": [],
        "status": "LIVE",
        "createdOn": product.created_on,
        "version": product.created_on.timestamp().as_millisecond(),
    })
}

/// `GET /product/{ids}/bundle`: only products that are in a bundle.
pub(crate) fn bundles_of(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?.unwrap_or_default();
    let uses = ids.iter().map(|id| bundle_tree(account, ProductId::new(id)));
    let found: Vec<Value> = uses.filter(|tree| tree.get("bundles").is_some()).collect();
    Answer::non_empty(found, "No Bundles Found")
}

/// Ends, because a seed with a bundle that contains itself is invalid.
fn bundle_tree(account: &Account, id: ProductId) -> Value {
    let holds = |component: &Component| component.product_id == id;
    let bundles = account.products.values().filter(|product| product.components.iter().any(holds));
    let bundles: Vec<Value> = bundles.map(|bundle| bundle_tree(account, bundle.id)).collect();
    if bundles.is_empty() { json!({ "id": id }) } else { json!({ "id": id, "bundles": bundles }) }
}
