//! Order rows: their checks, and the component rows of bundles
//! (docs/evidence/brightpearl-orders.md#sales-credit-rows, docs/evidence/brightpearl-orders.md#order-rows).

use std::collections::BTreeMap;

use api_client_core::wire;
use brightpearl::{
    CurrencyCode, NominalCode, OrderId, OrderRowId, ProductId, TaxCode,
    accounting::TaxRate,
    order::{
        Composition, CurrencyValue, OrderRow, OrderTypeCode, Quantity, RowValue, TaxCalculator, row::Sequence,
    },
};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::computed::{compute, modified};
use crate::{
    decimals::two_decimals,
    gateway::{Answer, Call, Problem, placeholder_codes},
    records::StoredProduct,
    state::Account,
};

/// A new row, in the form of the body of a sales credit or sales order.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewRow {
    /// Set by the seed only.
    #[serde(skip)]
    pub(crate) id: Option<OrderRowId>,
    pub(crate) product_id: Option<ProductId>,
    pub(crate) name: Option<String>,
    #[serde(default, with = "wire::optional_decimal")]
    pub(crate) quantity: Option<Decimal>,
    pub(crate) tax_code: Option<TaxCode>,
    #[serde(default, with = "wire::optional_decimal")]
    pub(crate) net: Option<Decimal>,
    #[serde(default, with = "wire::optional_decimal")]
    pub(crate) tax: Option<Decimal>,
    pub(crate) nominal_code: Option<NominalCode>,
    pub(crate) external_ref: Option<String>,
}

/// `POST /order/{id}/row`: adds the component rows of a bundle too, and answers with the bundle's id only.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: RowBody = call.body()?;
    let id: OrderId = call.id(0)?;
    let order = account.order(id)?;
    if order.is_closed() {
        return Err(Problem::client(
            placeholder_codes::INVOICED,
            format!("Order {id} is invoiced: no row can be added"),
        ));
    }
    let (kind, currency) = (order.order_type_code.clone(), order.currency.order_currency_code.clone());
    let last = order.order_rows.values().map(|row| row.order_row_sequence.get()).max().unwrap_or_default();
    let row = CheckedRow::check(account, &kind, body.into(), RowDecimals::Two).map_err(combined)?;

    let rows = row.build(account, &currency, last);
    let new = rows.keys().next().copied();
    if let Some(order) = account.orders.get_mut(&id) {
        order.order_rows.extend(rows);
    }
    compute(account, id);
    modified(account, id, call.now);
    Ok(Answer::of(new))
}

/// The body of a row POST, which nests fields that are flat in a sales credit.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RowBody {
    product_id: Option<ProductId>,
    product_name: Option<String>,
    quantity: Option<MagnitudeBody>,
    row_value: Option<RowValueBody>,
    nominal_code: Option<NominalCode>,
    external_ref: Option<String>,
}

#[derive(Deserialize)]
struct MagnitudeBody {
    #[serde(default, with = "wire::optional_decimal")]
    magnitude: Option<Decimal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RowValueBody {
    tax_code: Option<TaxCode>,
    row_net: Option<AmountBody>,
    row_tax: Option<AmountBody>,
}

#[derive(Deserialize)]
struct AmountBody {
    #[serde(default, with = "wire::optional_decimal")]
    value: Option<Decimal>,
}

impl From<RowBody> for NewRow {
    fn from(body: RowBody) -> Self {
        let (tax_code, net, tax) = match body.row_value {
            Some(RowValueBody { tax_code, row_net, row_tax }) => {
                (tax_code, row_net.and_then(|net| net.value), row_tax.and_then(|tax| tax.value))
            }
            None => (None, None, None),
        };
        Self {
            id: None,
            product_id: body.product_id,
            name: body.product_name,
            quantity: body.quantity.and_then(|quantity| quantity.magnitude),
            tax_code,
            net,
            tax,
            nominal_code: body.nominal_code,
            external_ref: body.external_ref,
        }
    }
}

/// The maximum number of decimals of net and tax: four in a sales credit, two in a row POST, as documented.
#[derive(Clone, Copy)]
pub(crate) enum RowDecimals {
    Two = 2,
    Four = 4,
}

/// A valid row.
pub(crate) struct CheckedRow {
    row: NewRow,
    product: Option<StoredProduct>,
    tax_rate: TaxRate,
    quantity: Decimal,
    net: Decimal,
    tax: Decimal,
}

impl CheckedRow {
    /// Checks a row and returns all errors.
    pub(crate) fn check(
        account: &Account,
        kind: &OrderTypeCode,
        row: NewRow,
        decimals: RowDecimals,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        // Product 1000 with a name is a free-text row too (docs/evidence/brightpearl-orders.md#order-rows).
        let named_product = row.product_id.filter(|id| *id != ProductId::FREE_TEXT && id.get() != 0);
        let product = named_product.and_then(|id| account.products.get(&id)).cloned();
        match (named_product, &product) {
            (Some(id), None) => problems
                .push(Problem::client(placeholder_codes::PRODUCT, format!("There is no product {id}"))),
            (None, _) if row.name.as_deref().unwrap_or_default().is_empty() => {
                problems.push(Problem::client("ORDC-026", "Product name is required"));
            }
            _ => {}
        }
        let is_purchase = matches!(kind, OrderTypeCode::PurchaseOrder | OrderTypeCode::PurchaseCredit);
        if is_purchase && product.as_ref().is_some_and(StoredProduct::is_bundle) {
            problems.push(Problem::client("ORDC-023", "A bundle cannot be purchased"));
        }
        let quantity = row.quantity.filter(|quantity| is_quantity(*quantity, product.as_ref()));
        if quantity.is_none() {
            problems.push(Problem::client("ORDC-024", "Invalid quantity"));
        }
        let tax_rate = row.tax_code.as_ref().and_then(|code| account.tax_rate(code)).cloned();
        if tax_rate.is_none() {
            let code = row.tax_code.as_ref().map_or("(none)", TaxCode::as_str);
            problems
                .push(Problem::client(placeholder_codes::TAX_CODE, format!("There is no tax code {code}")));
        }
        let amount =
            |amount: Option<Decimal>| amount.filter(|amount| amount.normalize().scale() <= decimals as u32);
        let (net, tax) = (amount(row.net), amount(row.tax));
        if net.is_none() || tax.is_none() {
            let message = format!("Net and tax are required, with at most {} decimals", decimals as u32);
            problems.push(Problem::client(placeholder_codes::AMOUNT, message));
        }
        match (tax_rate, quantity, net, tax) {
            (Some(tax_rate), Some(quantity), Some(net), Some(tax)) if problems.is_empty() => {
                Ok(Self { row, product, tax_rate, quantity, net, tax })
            }
            _ => Err(problems),
        }
    }

    /// Builds the row and the component rows of a bundle, with sequence numbers after `last`.
    pub(crate) fn build(
        self,
        account: &mut Account,
        currency: &CurrencyCode,
        last: u64,
    ) -> BTreeMap<OrderRowId, OrderRow> {
        let id = match self.row.id {
            Some(id) => {
                account.next_ids.row.reserve(id.get());
                id
            }
            None => OrderRowId::new(account.next_ids.row.next()),
        };
        let components = self.product.as_ref().map(|product| product.components.clone()).unwrap_or_default();
        let mut rows = BTreeMap::from([(id, self.parent(account, currency, last + 10))]);
        for (place, component) in (2..).zip(components) {
            let Some(product) = account.products.get(&component.product_id).cloned() else { continue };
            let row = self.component(
                account,
                &product,
                component.product_quantity,
                currency,
                id,
                last + 10 * place,
            );
            rows.insert(OrderRowId::new(account.next_ids.row.next()), row);
        }
        rows
    }

    fn parent(&self, account: &Account, currency: &CurrencyCode, sequence: u64) -> OrderRow {
        let product = self.product.as_ref();
        let name = self.row.name.clone().or_else(|| product.map(|product| product.name.clone()));
        OrderRow {
            order_row_sequence: Sequence::new(sequence),
            product_id: product.map_or(ProductId::FREE_TEXT, |product| product.id),
            product_name: name.unwrap_or_default(),
            product_sku: product.and_then(|product| product.sku.clone()),
            quantity: Quantity { magnitude: scaled(self.quantity, 4) },
            item_cost: Some(CurrencyValue {
                currency_code: Some(account.base_currency()),
                value: scaled(product.map(|product| product.cost).unwrap_or_default(), 4),
            }),
            product_price: Some(amount(currency, Decimal::ZERO, 4)),
            discount_percentage: Some(scaled(Decimal::ZERO, 2)),
            row_value: self.row_value(currency, self.net, self.tax),
            nominal_code: self.nominal_code(account),
            product_options: None,
            composition: Composition {
                bundle_parent: product.is_some_and(StoredProduct::is_bundle),
                ..Composition::default()
            },
            external_ref: self.row.external_ref.clone(),
            cloned_from_id: None,
        }
    }

    /// Builds a component row. Its amounts are zero, because the bundle row has them.
    fn component(
        &self,
        account: &Account,
        product: &StoredProduct,
        per_bundle: u64,
        currency: &CurrencyCode,
        parent: OrderRowId,
        sequence: u64,
    ) -> OrderRow {
        OrderRow {
            product_id: product.id,
            product_name: product.name.clone(),
            product_sku: product.sku.clone(),
            quantity: Quantity { magnitude: scaled(self.quantity * Decimal::from(per_bundle), 4) },
            item_cost: Some(CurrencyValue {
                currency_code: Some(account.base_currency()),
                value: scaled(product.cost, 4),
            }),
            row_value: self.row_value(currency, Decimal::ZERO, Decimal::ZERO),
            composition: Composition {
                bundle_child: true,
                parent_order_row_id: Some(parent),
                bundle_parent: false,
            },
            external_ref: None,
            ..self.parent(account, currency, sequence)
        }
    }

    fn row_value(&self, currency: &CurrencyCode, net: Decimal, tax: Decimal) -> RowValue {
        RowValue {
            tax_rate: Some(scaled(self.tax_rate.percent(), 4)),
            tax_code: Some(self.tax_rate.code.clone()),
            tax_calculator: Some(TaxCalculator::Brightpearl),
            row_net: amount(currency, net, 4),
            row_tax: amount(currency, two_decimals(tax), 2),
            tax_class_id: Some(self.tax_rate.id.get()),
        }
    }

    /// Returns the nominal code of the row, of the product, or of the account.
    fn nominal_code(&self, account: &Account) -> Option<NominalCode> {
        let of_product = || self.product.as_ref()?.nominal_code_sales.clone();
        let of_account = || account.configuration.get("salesNominalCode").map(NominalCode::new);
        self.row.nominal_code.clone().or_else(of_product).or_else(of_account)
    }
}

/// Whether a quantity is valid: positive, whole for stock-tracked products and bundles, else with at most four
/// decimals.
fn is_quantity(quantity: Decimal, product: Option<&StoredProduct>) -> bool {
    let whole = product.is_some_and(|product| product.stock_tracked || product.is_bundle());
    let decimals = if whole { 0 } else { 4 };
    quantity > Decimal::ZERO && quantity.normalize().scale() <= decimals
}

fn amount(currency: &CurrencyCode, value: Decimal, decimals: u32) -> CurrencyValue {
    CurrencyValue { currency_code: Some(currency.clone()), value: scaled(value, decimals) }
}

pub(super) fn scaled(mut value: Decimal, decimals: u32) -> Decimal {
    value.rescale(decimals);
    value
}

/// Combines the errors of a row into one answer.
pub(super) fn combined(problems: Vec<Problem>) -> Problem {
    Problem::all(problems).err().unwrap_or_else(|| Problem::internal(None))
}
