use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    Client, Error, IdSet, OrderId,
    order::{Order, OrderSearch, OrderTypeCode},
};
use returngo::Rma;
use returngo_brightpearl_mapping::{
    CreditClaim, InFlight, World, chosen_order, keys,
    settings::{ConnectionSettings, OrderLookup},
};

use super::chunks::{ORDERS_A_SEARCH, short_enough};
use crate::{IntendedCredit, Journal, error::AroundError};

/// Adds the sales orders and the credits to the worlds, and the credits that other RMAs intend for these orders.
pub(super) async fn read(
    brightpearl: &Client,
    settings: &ConnectionSettings,
    journal: &dyn Journal,
    worlds: &mut [World],
) -> Result<(), AroundError> {
    // The journal is read before the searches: a credit that appears in between is then in both.
    let sales = sales(brightpearl, settings, worlds).await?;
    let intended = Intended::for_orders(&sales, journal).await?;
    let mut credits = credits(brightpearl, worlds, &sales).await?;
    for (sales, credits) in sales.iter().zip(&mut credits) {
        credits.extend(intended.of(sales).filter_map(|intended| intended.credit));
    }
    let ids: IdSet<OrderId> = sales.iter().chain(&credits).flatten().copied().collect();
    let orders: BTreeMap<OrderId, Order> = orders_and_credits(brightpearl, settings, &ids)
        .await?
        .into_iter()
        .map(|order| (order.id, order))
        .collect();
    for ((world, sales), credits) in worlds.iter_mut().zip(sales).zip(credits) {
        let mut found: Vec<Order> = sales.iter().filter_map(|id| orders.get(id).cloned()).collect();
        match found.len() {
            1 => world.order = found.pop(),
            _ => world.orders = found,
        }
        world.credits = credits.iter().filter_map(|id| orders.get(id).cloned()).collect();
        for intended in intended.of(&sales) {
            note(world, intended);
        }
    }
    Ok(())
}

/// An intended credit of another RMA counts as credited, unless it was written and no longer exists: an order is shown by its
/// id as soon as it exists.
fn note(world: &mut World, intended: &IntendedCredit) {
    let shown = |id: OrderId| world.credits.iter().any(|credit| credit.id == id);
    match intended.credit {
        Some(credit_id) if intended.adopted => {
            world.claims.push(CreditClaim { credit_id, rma_id: intended.rma.clone() });
        }
        Some(credit) if !shown(credit) => {}
        _ => world.in_flight.push(InFlight { rma_id: intended.rma.clone(), rows: intended.rows.clone() }),
    }
}

/// Intended credits by sales order.
struct Intended(BTreeMap<OrderId, Vec<IntendedCredit>>);

impl Intended {
    async fn for_orders(sales: &[BTreeSet<OrderId>], journal: &dyn Journal) -> Result<Self, AroundError> {
        let orders: BTreeSet<OrderId> = sales.iter().flatten().copied().collect();
        let orders: Vec<OrderId> = orders.into_iter().collect();
        let mut by_order: BTreeMap<OrderId, Vec<IntendedCredit>> = BTreeMap::new();
        for intended in
            journal.intended_credits(&orders).await.map_err(|error| AroundError::Journal(error.into()))?
        {
            by_order.entry(intended.order).or_default().push(intended);
        }
        Ok(Self(by_order))
    }

    fn of(&self, sales: &BTreeSet<OrderId>) -> impl Iterator<Item = &IntendedCredit> {
        sales.iter().filter_map(|order| self.0.get(order)).flatten()
    }
}

/// Custom fields are returned only on request, and needed only with a field map.
async fn orders_and_credits(
    brightpearl: &Client,
    settings: &ConnectionSettings,
    ids: &IdSet<OrderId>,
) -> Result<Vec<Order>, Error> {
    match settings.field_map {
        Some(_) => brightpearl.orders().get_with_custom_fields(ids).await,
        None => brightpearl.orders().get(ids).await,
    }
}

/// Finds the sales orders with each RMA's order number or id, as the settings say.
async fn sales(
    brightpearl: &Client,
    settings: &ConnectionSettings,
    worlds: &[World],
) -> Result<Vec<BTreeSet<OrderId>>, Error> {
    // An order that a person chose is the RMA's, whatever a search finds.
    let chosen = |world: &World| chosen_order(&world.rma, &world.decisions).into_iter().collect();
    let mut found: Vec<BTreeSet<OrderId>> = worlds.iter().map(chosen).collect();
    for lookup in &settings.order_lookup {
        let wanted: Vec<Vec<String>> = worlds
            .iter()
            .zip(&found)
            .map(|(world, found)| if found.is_empty() { references(*lookup, &world.rma) } else { Vec::new() })
            .collect();
        let by_reference = orders_with(brightpearl, *lookup, wanted.iter().flatten()).await?;
        for (found, wanted) in found.iter_mut().zip(&wanted) {
            found.extend(wanted.iter().filter_map(|reference| by_reference.get(reference)).flatten());
        }
        // That a filter takes several texts with commas between them is inferred
        // (docs/evidence/brightpearl-platform.md#search-filter-types): an order counts as missing only after a
        // search for it alone.
        for (found, wanted) in found.iter_mut().zip(&wanted) {
            if found.is_empty() {
                for reference in wanted {
                    found.extend(order_with(brightpearl, *lookup, reference).await?);
                }
            }
        }
    }
    Ok(found)
}

/// The references that the order may have. Shops' connectors store the number with or without its `#`
/// (docs/evidence/brightpearl-orders.md#sales-orders).
fn references(lookup: OrderLookup, rma: &Rma) -> Vec<String> {
    let details = &rma.order_details;
    match lookup {
        OrderLookup::CustomerRef => details
            .order_name
            .iter()
            .flat_map(|name| {
                let bare = name.trim_start_matches('#');
                [format!("#{bare}"), bare.to_owned()]
            })
            .collect(),
        OrderLookup::ExternalRef => {
            let id = details.order_id.iter().map(|id| id.as_str().to_owned());
            id.chain(details.order_name.clone()).collect()
        }
    }
}

async fn orders_with(
    brightpearl: &Client,
    lookup: OrderLookup,
    references: impl Iterator<Item = &String>,
) -> Result<BTreeMap<String, Vec<OrderId>>, Error> {
    // A text with a comma would count as two.
    let together: BTreeSet<&String> = references.filter(|reference| !reference.contains(',')).collect();
    let together: Vec<&String> = together.into_iter().collect();
    let mut found: BTreeMap<String, Vec<OrderId>> = BTreeMap::new();
    for references in short_enough(&together) {
        let search = OrderSearch::new().order_type(&OrderTypeCode::SalesOrder);
        let search = match lookup {
            OrderLookup::CustomerRef => search.customer_refs(references),
            OrderLookup::ExternalRef => search.external_refs(references),
        };
        for order in brightpearl.orders().search(search).all().await? {
            let reference = match lookup {
                OrderLookup::CustomerRef => order.customer_ref,
                OrderLookup::ExternalRef => order.external_ref,
            };
            if let (Some(id), Some(reference)) = (order.order_id, reference) {
                found.entry(reference).or_default().push(id);
            }
        }
    }
    Ok(found)
}

async fn order_with(
    brightpearl: &Client,
    lookup: OrderLookup,
    reference: &str,
) -> Result<Vec<OrderId>, Error> {
    let search = OrderSearch::new().order_type(&OrderTypeCode::SalesOrder);
    let search = match lookup {
        OrderLookup::CustomerRef => search.customer_ref(reference),
        OrderLookup::ExternalRef => search.external_ref(reference),
    };
    let found = brightpearl.orders().search(search).all().await?;
    Ok(found.into_iter().filter_map(|order| order.order_id).collect())
}

/// Finds every credit of each RMA's sales, and every credit with the RMA's key, also if the order is not found or no longer
/// certain.
async fn credits(
    brightpearl: &Client,
    worlds: &[World],
    sales: &[BTreeSet<OrderId>],
) -> Result<Vec<BTreeSet<OrderId>>, Error> {
    let credits = OrderSearch::new().order_type(&OrderTypeCode::SalesCredit);
    let parents: BTreeSet<OrderId> =
        sales.iter().filter(|sales| sales.len() == 1).flatten().copied().collect();
    let keys: Vec<String> = worlds.iter().map(|world| keys::credit(world.rma.id())).collect();
    let mut by_parent: BTreeMap<OrderId, Vec<OrderId>> = BTreeMap::new();
    let mut by_key: BTreeMap<String, Vec<OrderId>> = BTreeMap::new();
    let parents: Vec<OrderId> = parents.into_iter().collect();
    let searches = parents
        .chunks(ORDERS_A_SEARCH)
        .map(|parents| credits.clone().parents(&parents.iter().copied().collect()))
        .chain(short_enough(&keys).map(|keys| credits.clone().external_refs(keys)));
    for search in searches {
        for credit in brightpearl.orders().search(search).all().await? {
            let Some(id) = credit.order_id else { continue };
            if let Some(parent) = credit.parent_order_id {
                by_parent.entry(parent).or_default().push(id);
            }
            if let Some(key) = credit.external_ref {
                by_key.entry(key).or_default().push(id);
            }
        }
    }
    let of = |sales: &BTreeSet<OrderId>, key: &String| {
        let of_sale = sales.iter().filter_map(|sale| by_parent.get(sale));
        of_sale.chain(by_key.get(key)).flatten().copied().collect()
    };
    Ok(sales.iter().zip(&keys).map(|(sales, key)| of(sales, key)).collect())
}
