//! `product-search` (docs/evidence/brightpearl-orders.md#product-search).

use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem},
    records::StoredProduct,
    search::{Column, Kind, Table, no_names},
    state::Account,
};

type ProductColumn = Column<StoredProduct>;

/// The columns in Brightpearl's order, with `SKU` in capitals. Columns that the mock does not support are null.
const PRODUCTS: Table<StoredProduct> = Table {
    columns: &[
        // The categories of products, which the mock does not have.
        ProductColumn::new("productId", Kind::IdSet, |product| json!(product.id))
            .named_by("productCategoryMembership"),
        ProductColumn::new("productName", Kind::SearchText, |product| json!(product.name)),
        ProductColumn::new("SKU", Kind::Text, |product| json!(product.sku)),
        ProductColumn::new("barcode", Kind::Text, |_| Value::Null),
        ProductColumn::new("EAN", Kind::Text, |_| Value::Null),
        ProductColumn::new("UPC", Kind::Text, |_| Value::Null),
        ProductColumn::new("ISBN", Kind::Text, |_| Value::Null),
        ProductColumn::new("MPN", Kind::Text, |_| Value::Null),
        ProductColumn::new("stockTracked", Kind::Boolean, |product| json!(product.stock_tracked)),
        ProductColumn::new("salesChannelName", Kind::Text, |_| json!("Brightpearl")).unfilterable(),
        ProductColumn::new("createdOn", Kind::Period, |product| json!(product.created_on)),
        ProductColumn::new("updatedOn", Kind::Period, |_| Value::Null),
        ProductColumn::new("brightpearlCategoryCode", Kind::IdSet, |_| Value::Null).unsortable(),
        ProductColumn::new("productGroupId", Kind::Integer, |_| Value::Null),
        ProductColumn::new("brandId", Kind::IdSet, |_| json!(1)),
        ProductColumn::new("productTypeId", Kind::IdSet, |_| json!(1)),
        ProductColumn::new("productStatus", Kind::Text, |_| json!("LIVE")),
        ProductColumn::new("primarySupplierId", Kind::IdSet, |_| Value::Null),
    ],
    sort: "productId",
};

/// `GET /product-search`.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    PRODUCTS.search(account.products.values(), call, &no_names)
}
