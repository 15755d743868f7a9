//! How many units of a product can be sold, and where (docs/evidence/brightpearl-warehouse.md#product-availability).
//!
//! Units in quarantine are presumably in none of these numbers: receiving into it changes nothing here,
//! releasing does.
//!
//! ```
//! use brightpearl::{ProductId, warehouse::product_availability};
//!
//! let request = product_availability::get(&ProductId::new(1523).into());
//! assert_eq!(request.to_string(), "GET /warehouse-service/product-availability/1523");
//! ```

use std::collections::BTreeMap;

use api_client_core::{Endpoint, Idempotency, Method};
use serde::{Deserialize, Serialize};

use crate::{
    IdSet, answer,
    ids::{ProductId, WarehouseId},
    request::Request,
};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/warehouse-service/product-availability/{productIds}", Idempotency::Read);

/// Brightpearl's refusal of a set that holds products whose stock is not counted.
#[cfg(feature = "client")]
const NOT_STOCK_TRACKED: &str = "WHSC-097";

/// The availability of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProductAvailability {
    /// In all warehouses together.
    pub total: StockCounts,
    /// Warehouse by warehouse.
    #[serde(default)]
    pub warehouses: BTreeMap<WarehouseId, StockCounts>,
    /// Optional sections that were asked for; their shapes are not documented.
    #[serde(flatten)]
    pub sections: BTreeMap<String, serde_json::Value>,
}

/// How many units there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StockCounts {
    /// Those on hand and those allocated.
    pub in_stock: i64,
    /// Free to be sold. Below zero where more was promised than is there.
    pub on_hand: i64,
    /// Allocated to orders.
    pub allocated: i64,
    /// On the way between warehouses; absent in old responses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_transit: Option<i64>,
    /// Optional sections that were asked for; their shapes are not documented.
    #[serde(flatten)]
    pub sections: BTreeMap<String, serde_json::Value>,
}

/// A section of the response that comes only when asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AvailabilitySection {
    /// The units in each location.
    BreakDownByLocation,
    /// The orders that units are allocated to.
    AllocatedOrders,
    /// The transfers that units are allocated to.
    AllocatedTransfers,
    /// The units that are on order.
    OnOrder,
}

impl AvailabilitySection {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BreakDownByLocation => "breakDownByLocation",
            Self::AllocatedOrders => "allocatedOrders",
            Self::AllocatedTransfers => "allocatedTransfers",
            Self::OnOrder => "onOrder",
        }
    }
}

/// Requests the availability of these products. Those whose stock is not counted are left out, but a set of such
/// products only is rejected with `WHSC-097`, and on some accounts one of them spoils the set; an empty set is
/// rejected with `WHSC-020`.
#[inline]
pub fn get(products: &IdSet<ProductId>) -> Request<BTreeMap<ProductId, ProductAvailability>> {
    Request::new(GET, &[products], answer::payload).empty_when_absent()
}

/// As [`get`], with optional sections.
#[inline]
pub fn get_with(
    products: &IdSet<ProductId>,
    sections: &[AvailabilitySection],
) -> Request<BTreeMap<ProductId, ProductAvailability>> {
    let names: Vec<&str> = sections.iter().map(|section| section.as_str()).collect();
    get(products).query("includeOptional", names.join(","))
}

/// The availability of products: [`Client::product_availability`](crate::Client::product_availability).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct ProductAvailabilities<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl ProductAvailabilities<'_> {
    /// Gets the availability of these products. Those whose stock is not tracked are left out, whether
    /// Brightpearl leaves them out or rejects the whole set for them: a rejected set is halved until the
    /// product is alone.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(
        &self,
        products: &IdSet<ProductId>,
    ) -> Result<BTreeMap<ProductId, ProductAvailability>, crate::Error> {
        let mut found = BTreeMap::new();
        let mut sets = crate::client::IdSetQueue::of(products);
        while let Some(set) = sets.next() {
            match self.0.send(&get(&set)).await {
                Ok(available) => found.extend(available),
                Err(error) if error.has_code(NOT_STOCK_TRACKED) => {
                    sets.halve(&set);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_asked_for_by_name_and_kept_as_they_come() {
        let ids: IdSet<ProductId> = "1523,1788".parse().unwrap();
        let sections = [AvailabilitySection::BreakDownByLocation, AvailabilitySection::OnOrder];
        assert_eq!(
            get_with(&ids, &sections).to_string(),
            "GET /warehouse-service/product-availability/1523,1788?includeOptional=breakDownByLocation,onOrder"
        );
        let wire = concat!(
            r#"{"total":{"inStock":60,"onHand":48,"allocated":12,"inTransit":0},"#,
            r#""warehouses":{"2":{"inStock":60,"onHand":48,"allocated":12,"byLocation":{"7":48}}},"onOrder":5}"#
        );
        let availability: ProductAvailability = serde_json::from_str(wire).unwrap();
        assert_eq!(availability.warehouses[&WarehouseId::new(2)].on_hand, 48);
        assert_eq!(serde_json::to_string(&availability).unwrap(), wire);
    }
}
