//! Finding products (docs/evidence/brightpearl-orders.md#product-search).
//!
//! ```
//! use brightpearl::product::{ProductSearch, ProductStatus, product_search};
//!
//! let request = product_search::search(&ProductSearch::new().sku("LS-M").status(&ProductStatus::Live));
//! assert_eq!(request.to_string(), "GET /product-service/product-search?SKU=LS-M&productStatus=LIVE");
//! ```

use api_client_core::{Endpoint, Idempotency, Method, OffsetDateTime};
use serde::{Deserialize, Serialize};

use super::ProductStatus;
use crate::{
    IdSet,
    ids::{BrandId, ChannelId, ContactId, ProductGroupId, ProductId, ProductTypeId},
    request::Request,
    search::{Page, Period, SearchQuery, searchable},
};

const SEARCH: Endpoint = Endpoint::new(Method::Get, "/product-service/product-search", Idempotency::Read);

/// A product as `product-search` lists it. Its categories are in the page's reference map
/// `productCategoryMembership`, by product id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProductSummary {
    /// The product.
    pub product_id: Option<ProductId>,
    /// Its name.
    pub product_name: Option<String>,
    /// Its SKU. Nothing keeps two products from sharing one, and many have an empty one.
    #[serde(rename = "SKU")]
    pub sku: Option<String>,
    /// Its barcode.
    pub barcode: Option<String>,
    /// Its EAN.
    #[serde(rename = "EAN")]
    pub ean: Option<String>,
    /// Its UPC.
    #[serde(rename = "UPC")]
    pub upc: Option<String>,
    /// Its ISBN.
    #[serde(rename = "ISBN")]
    pub isbn: Option<String>,
    /// Its manufacturer's part number.
    #[serde(rename = "MPN")]
    pub mpn: Option<String>,
    /// Whether its stock is counted.
    pub stock_tracked: Option<bool>,
    /// The channel whose name and texts these are; `Brightpearl` for the account's own.
    pub sales_channel_name: Option<String>,
    /// When it was created.
    pub created_on: Option<OffsetDateTime>,
    /// When it changed; null until it does.
    pub updated_on: Option<OffsetDateTime>,
    /// One of its categories.
    pub brightpearl_category_code: Option<u64>,
    /// The group of variants it belongs to; 0 or null for none.
    pub product_group_id: Option<ProductGroupId>,
    /// Its brand.
    pub brand_id: Option<BrandId>,
    /// Its type.
    pub product_type_id: Option<ProductTypeId>,
    /// Whether it is sold.
    pub product_status: Option<ProductStatus>,
    /// Its supplier.
    pub primary_supplier_id: Option<ContactId>,
}

searchable! {
    /// Finds products.
    pub struct ProductSearch for ProductSummary, at SEARCH {
        /// These products.
        ids(IdSet<ProductId>) = "productId",
        /// With this text in the name.
        name_contains(str) = "productName",
        /// With this SKU, exactly. Accept only one hit that is live.
        sku(str) = "SKU",
        /// With this barcode, exactly.
        barcode(str) = "barcode",
        /// With this EAN, exactly.
        ean(str) = "EAN",
        /// With this UPC, exactly.
        upc(str) = "UPC",
        /// With this ISBN, exactly.
        isbn(str) = "ISBN",
        /// With this manufacturer's part number, exactly.
        mpn(str) = "MPN",
        /// Whose stock is counted, or is not.
        stock_tracked(bool) = "stockTracked",
        /// Sold through this channel. There is no column of the name.
        channel(ChannelId) = "channelId",
        /// Created in this period.
        created_on(Period) = "createdOn",
        /// Changed in this period. Products that never changed have no such time: sweep `createdOn` too.
        updated_on(Period) = "updatedOn",
        /// In these categories.
        categories(IdSet<u64>) = "brightpearlCategoryCode",
        /// Of this group of variants.
        group(ProductGroupId) = "productGroupId",
        /// Of this brand.
        brand(BrandId) = "brandId",
        /// Of this type.
        product_type(ProductTypeId) = "productTypeId",
        /// Sold, discontinued or archived.
        status(ProductStatus) = "productStatus",
        /// From this supplier.
        primary_supplier(ContactId) = "primarySupplierId",
    }

    /// The columns of a product search, as [`ProductSearch::columns`] takes them.
    pub enum ProductColumn {
        ProductId = "productId",
        ProductName = "productName",
        Sku = "SKU",
        Barcode = "barcode",
        Ean = "EAN",
        Upc = "UPC",
        Isbn = "ISBN",
        Mpn = "MPN",
        StockTracked = "stockTracked",
        SalesChannelName = "salesChannelName",
        CreatedOn = "createdOn",
        UpdatedOn = "updatedOn",
        BrightpearlCategoryCode = "brightpearlCategoryCode",
        ProductGroupId = "productGroupId",
        BrandId = "brandId",
        ProductTypeId = "productTypeId",
        ProductStatus = "productStatus",
        PrimarySupplierId = "primarySupplierId",
    }

    always "productId";
}

/// Requests one page of a search.
#[inline]
pub fn search(search: &ProductSearch) -> Request<Page<ProductSummary>> {
    search.request()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sku_is_looked_up_by_its_own_name_and_encoded() {
        let search = ProductSearch::new().sku("LS/M & L#2+").status(&ProductStatus::Live);
        assert_eq!(
            super::search(&search).to_string(),
            "GET /product-service/product-search?SKU=LS/M%20%26%20L%232%2B&productStatus=LIVE"
        );
    }

    #[test]
    fn rows_keep_the_names_of_the_columns() {
        let row = r#"{"productId":2044,"productName":"Linen shirt M","SKU":"LS-M","EAN":null,"stockTracked":true,"productGroupId":0}"#;
        let product: ProductSummary = serde_json::from_str(row).unwrap();
        assert_eq!(product.sku.as_deref(), Some("LS-M"));
        let written = serde_json::to_value(&product).unwrap();
        assert_eq!(written["SKU"], "LS-M");
        assert!(written["MPN"].is_null() && written.get("sku").is_none());
    }
}
