//! Which bundles a product is in (docs/evidence/brightpearl-orders.md#bundles).
//!
//! This is where a product is *used*. What a bundle is made of stands in
//! [`Product::composition`](super::Product::composition).
//!
//! ```
//! use brightpearl::{ProductId, product::bundle};
//!
//! let request = bundle::get(&ProductId::new(6100).into());
//! assert_eq!(request.to_string(), "GET /product-service/product/6100/bundle");
//! ```

use api_client_core::{Endpoint, Idempotency, Method};
use serde::{Deserialize, Serialize};

use crate::{IdSet, answer, ids::ProductId, request::Request};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/product-service/product/{productIds}/bundle", Idempotency::Read);

/// A product, and the bundles it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BundleUse {
    /// The product.
    pub id: ProductId,
    /// The bundles it is in, and the bundles that those are in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bundles: Vec<BundleUse>,
}

impl BundleUse {
    /// Every bundle that holds the product, directly or inside another.
    pub fn all_bundles(&self) -> Vec<ProductId> {
        self.bundles.iter().flat_map(|bundle| [vec![bundle.id], bundle.all_bundles()].concat()).collect()
    }
}

/// Requests the bundles that these products are in; a product that is in none is left out.
#[inline]
pub fn get(products: &IdSet<ProductId>) -> Request<Vec<BundleUse>> {
    Request::new(GET, &[products], answer::payload).empty_when_absent()
}

/// The bundles that products are in: [`Client::bundles`](crate::Client::bundles).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Bundles<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Bundles<'_> {
    /// Gets the bundles that these products are in; a product that is in none is left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, products: &IdSet<ProductId>) -> Result<Vec<BundleUse>, crate::Error> {
        self.0.in_chunks(products, get).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles_in_bundles_count() {
        let wire = r#"{"id":6100,"bundles":[{"id":6210},{"id":6305,"bundles":[{"id":6420}]}]}"#;
        let product: BundleUse = serde_json::from_str(wire).unwrap();
        assert_eq!(product.all_bundles(), [6210, 6305, 6420].map(ProductId::new));
        assert_eq!(serde_json::to_string(&product).unwrap(), wire);
    }
}
