use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{Client, Error, IdSet, ProductId, order::Order};
use returngo_brightpearl_mapping::{World, world::ProductFacts};
use tokio::sync::Mutex;

/// Facts of products. Whether a product's stock is tracked rarely changes, so they are read once.
#[derive(Debug, Default)]
pub(crate) struct ProductCache(Mutex<BTreeMap<ProductId, ProductFacts>>);

/// Adds the facts of their products to worlds that have their orders.
pub(super) async fn read(
    brightpearl: &Client,
    cache: &ProductCache,
    worlds: &mut [World],
) -> Result<(), Error> {
    let wanted: Vec<BTreeSet<ProductId>> = worlds.iter().map(products_of).collect();
    let mut known = cache.0.lock().await;
    let unknown: IdSet<ProductId> =
        wanted.iter().flatten().filter(|id| !known.contains_key(id)).copied().collect();
    for product in brightpearl.products().get(&unknown).await? {
        if let Some(stock_tracked) = product.stock.stock_tracked {
            known.insert(product.id, ProductFacts { stock_tracked });
        }
    }
    for (world, wanted) in worlds.iter_mut().zip(wanted) {
        world.products = wanted.into_iter().filter_map(|id| Some((id, *known.get(&id)?))).collect();
    }
    Ok(())
}

fn products_of(world: &World) -> BTreeSet<ProductId> {
    let on = |order: &Order| order.order_rows.values().filter_map(|row| row.product()).collect::<Vec<_>>();
    world.order.iter().chain(&world.orders).chain(&world.credits).flat_map(on).collect()
}
