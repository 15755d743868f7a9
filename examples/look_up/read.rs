//! Reads each kind of object with the client, and returns it as JSON.

use std::collections::BTreeSet;

use brightpearl::{
    Client, ContactId, Error, ErrorKind, IdSet, OrderId, WarehouseId,
    accounting::{CustomerPaymentSearch, JournalSearch, NominalCodeSearch, PaymentMethodSearch},
    contact::ContactSearch,
    integration::webhook,
    order::{CustomFieldsOf, OrderNoteSearch, OrderSearch, SalesOrderSearch},
    product::ProductSearch,
    warehouse::{GoodsInSearch, GoodsMovementSearch, LocationSearch, WarehouseSearch},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::what::{Asked, What};

/// The objects that were found, and the ids that were not found.
pub(crate) struct Found {
    pub(crate) rows: Vec<Value>,
    pub(crate) missing: IdSet<u64>,
}

/// Reads objects by id, or all objects without ids.
macro_rules! these_or_all {
    ($handle:expr, $ids:expr) => {{
        let handle = $handle;
        rows(if $ids.is_empty() { handle.list().await? } else { handle.get(&$ids.typed()).await? })?
    }};
}

macro_rules! all_that_match {
    ($handle:expr, $search:ty, $asked:expr) => {{
        let with_filter =
            |search: $search, (name, value): &(String, String)| search.filter(name.clone(), value);
        let search = $asked.filters.iter().fold(<$search>::new(), with_filter);
        rows($handle.search(search).all().await?)?
    }};
}

pub(crate) async fn read(client: &Client, what: What, asked: &Asked) -> anyhow::Result<Found> {
    let ids = &asked.ids;
    let warehouse = WarehouseId::new(asked.parent);
    let read = match what {
        What::OrderNotes => {
            return of_each_order(ids, async |order| client.order_notes().list(order).await).await;
        }
        What::CustomFields => {
            let one = async |order| client.order_custom_fields().get(order).await.map(|fields| [fields]);
            return of_each_order(ids, one).await;
        }

        What::Account => rows([client.account_configuration().await?])?,
        What::AccountingPeriodLock => rows(client.accounting_periods().lock().await?)?,
        What::ExchangeRates => rows(client.exchange_rates().list().await?)?,
        What::OrderTypes => rows(client.order_codes().types().await?)?,
        What::StockStatuses => rows(client.order_codes().stock_statuses().await?)?,
        What::ShippingStatuses => rows(client.order_codes().shipping_statuses().await?)?,

        What::AccountingPeriods => these_or_all!(client.accounting_periods(), ids),
        What::BankAccounts => rows(client.bank_accounts().list().await?)?,
        What::ChannelBrands => these_or_all!(client.channel_brands(), ids),
        What::Channels => these_or_all!(client.channels(), ids),
        What::Currencies => rows(client.currencies().list().await?)?,
        What::CustomFieldMetaData => custom_fields(client, CustomFieldsOf::Sale, ids).await?,
        What::PurchaseCustomFieldMetaData => custom_fields(client, CustomFieldsOf::Purchase, ids).await?,
        What::NominalCodes => these_or_all!(client.nominal_codes(), ids),
        What::PaymentMethods => these_or_all!(client.payment_methods(), ids),
        What::Statuses => these_or_all!(client.order_statuses(), ids),
        What::TaxCodes => these_or_all!(client.tax_codes(), ids),
        What::Warehouses => these_or_all!(client.warehouses(), ids),
        What::Webhooks if ids.is_empty() => rows(client.webhooks().list().await?)?,
        What::Webhooks => rows(client.send(&webhook::get(&ids.typed())).await?)?,

        What::Bundles => rows(client.bundles().get(&ids.typed()).await?)?,
        What::Contact => rows(client.contacts().get(&ids.typed()).await?)?,
        What::GoodsIn => rows(client.goods_in_notes().get(&ids.typed()).await?.into_values())?,
        What::Journal => rows(client.journals().get(&ids.typed()).await?)?,
        What::Order => rows(client.orders().get_with_custom_fields(&ids.typed()).await?)?,
        What::PaymentTotals => rows(client.sale_payment_totals().get(&ids.typed()).await?)?,
        What::PostalAddress => rows(client.postal_addresses().get(&ids.typed()).await?)?,
        What::Product => rows(client.products().get(&ids.typed()).await?)?,
        What::ProductAvailability => availability(client, ids).await?,
        What::SalesCredit => rows(client.sales_credits().get(&ids.typed()).await?)?,
        What::SalesOrder => rows(client.sales_orders().get(&ids.typed()).await?)?,

        What::Locations if ids.is_empty() => rows(client.locations().list(warehouse).await?)?,
        What::Locations => rows(client.locations().get(warehouse, &ids.typed()).await?)?,
        What::StockCorrections => rows(client.stock_corrections().get(warehouse, &ids.typed()).await?)?,
        What::WarehouseDefaults => {
            rows(client.warehouses().product_defaults(warehouse, &ids.typed()).await?)?
        }
        What::ContactBalance => balance(client, asked).await?,

        What::ContactSearch => all_that_match!(client.contacts(), ContactSearch, asked),
        What::GoodsInSearch => all_that_match!(client.goods_in_notes(), GoodsInSearch, asked),
        What::GoodsMovements => all_that_match!(client.goods_movements(), GoodsMovementSearch, asked),
        What::JournalSearch => all_that_match!(client.journals(), JournalSearch, asked),
        What::LocationSearch => all_that_match!(client.locations(), LocationSearch, asked),
        What::NominalCodeSearch => all_that_match!(client.nominal_codes(), NominalCodeSearch, asked),
        What::OrderNoteSearch => all_that_match!(client.order_notes(), OrderNoteSearch, asked),
        What::OrderSearch => all_that_match!(client.orders(), OrderSearch, asked),
        What::PaymentMethodSearch => all_that_match!(client.payment_methods(), PaymentMethodSearch, asked),
        What::Payments => all_that_match!(client.customer_payments(), CustomerPaymentSearch, asked),
        What::ProductSearch => all_that_match!(client.products(), ProductSearch, asked),
        What::SalesOrderSearch => all_that_match!(client.sales_orders(), SalesOrderSearch, asked),
        What::WarehouseSearch => all_that_match!(client.warehouses(), WarehouseSearch, asked),
    };
    Ok(if ids.is_empty() { all(read) } else { only(read, what.id_pointer(), ids) })
}

fn rows<T: Serialize>(things: impl IntoIterator<Item = T>) -> anyhow::Result<Vec<Value>> {
    things.into_iter().map(|thing| Ok(serde_json::to_value(thing)?)).collect()
}

fn all(rows: Vec<Value>) -> Found {
    Found { rows, missing: IdSet::default() }
}

/// Those of the rows that were asked for: lists without a GET by id hold others too.
fn only(mut rows: Vec<Value>, pointer: &str, ids: &IdSet<u64>) -> Found {
    let id = |row: &Value| row.pointer(pointer).and_then(Value::as_u64);
    rows.retain(|row| id(row).is_some_and(|id| ids.contains(id)));
    let found: BTreeSet<u64> = rows.iter().filter_map(id).collect();
    let missing = ids.iter().filter(|id| !found.contains(id)).collect();
    Found { rows, missing }
}

/// Reads objects that belong to orders, order by order.
async fn of_each_order<T: Serialize, Things: IntoIterator<Item = T>>(
    orders: &IdSet<u64>,
    read: impl AsyncFn(OrderId) -> Result<Things, Error>,
) -> anyhow::Result<Found> {
    let mut found = all(Vec::new());
    let mut missing = Vec::new();
    for order in orders.iter() {
        match read(OrderId::new(order)).await {
            Ok(things) => found.rows.extend(rows(things)?),
            Err(error) if error.kind() == ErrorKind::NotFound || error.has_code("ORDC-003") => {
                missing.push(order)
            }
            Err(error) => return Err(error.into()),
        }
    }
    found.missing = missing.into_iter().collect();
    Ok(found)
}

async fn custom_fields(client: &Client, of: CustomFieldsOf, ids: &IdSet<u64>) -> anyhow::Result<Vec<Value>> {
    let handle = client.order_custom_fields();
    rows(if ids.is_empty() { handle.list(of).await? } else { handle.get_fields(of, &ids.typed()).await? })
}

/// On the wire the product stands before its counts; in a list it stands among them.
async fn availability(client: &Client, ids: &IdSet<u64>) -> anyhow::Result<Vec<Value>> {
    let counted = client.product_availability().get(&ids.typed()).await?;
    let row = |(product, availability)| {
        let mut row = serde_json::to_value(availability)?;
        row["productId"] = json!(product);
        Ok(row)
    };
    counted.into_iter().map(row).collect()
}

async fn balance(client: &Client, asked: &Asked) -> anyhow::Result<Vec<Value>> {
    let Some(currency) = &asked.currency else { return Ok(Vec::new()) };
    let contact = ContactId::new(asked.parent);
    let balance = client.contact_balances().get(contact, currency).await?;
    rows([
        json!({ "contactId": contact, "currency": currency, "balance": balance.map(|balance| balance.to_string()) }),
    ])
}
