//! Sales credits: what a customer is owed for a return (docs/evidence/brightpearl-orders.md#sales-credits).

use api_client_core::{Endpoint, Idempotency, Method, OffsetDateTime, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    AllocationStatusCode, OrderPaymentStatus, OrderStockStatusCode, PriceModeCode, SaleBilling, SaleCurrency,
    SaleCustomer, SaleDelivery, SaleRow, SaleTotal, ShippingStatusCode,
};
#[cfg(feature = "client")]
use super::{OrderSearch, OrderTypeCode};
use crate::{
    IdSet,
    answer::{self, Created},
    ids::{
        ChannelId, ContactId, InstanceId, LeadSourceId, NominalCode, OrderId, OrderStatusId, PriceListId,
        ProductId, ProjectId, TaxCode, TeamId, WarehouseId,
    },
    request::Request,
};

const CREATE: Endpoint = Endpoint::new(Method::Post, "/order-service/sales-credit", Idempotency::KeyedWrite);
const GET: Endpoint = Endpoint::new(Method::Get, "/order-service/sales-credit/{orderIds}", Idempotency::Read);
const CLOSE: Endpoint =
    Endpoint::new(Method::Post, "/order-service/sales-credit/{orderId}/close", Idempotency::RepeatableWrite);

/// A sales credit to create, header and rows in one step.
///
/// `externalRef` and the instance id together are a unique key: creating the same pair again changes nothing
/// and returns the credit that is there.
///
/// ```
/// use brightpearl::{ContactId, OrderId, order::{NewCreditRow, NewSalesCredit, sales_credit}};
///
/// let credit = NewSalesCredit {
///     reference: Some("RMA4410021".into()),
///     parent_id: Some(OrderId::new(300871)),
///     external_ref: Some("RGO-4410021".into()),
///     rows: vec![NewCreditRow::product(brightpearl::ProductId::new(2044), 1.into(), "T20", "41.67".parse()?, "8.33".parse()?)],
///     ..NewSalesCredit::for_customer(ContactId::new(5012))
/// };
/// let request = sales_credit::create(&credit);
/// assert_eq!(request.to_string(), "POST /order-service/sales-credit");
/// # Ok::<(), rust_decimal::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSalesCredit {
    /// The customer; the only thing that is required.
    pub customer: SaleCustomer,
    /// Who is billed; the first contact of the customer's organisation when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<SaleBilling>,
    /// The customer reference, at most 64 characters.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// When it was placed; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_on: Option<OffsetDateTime>,
    /// The tax date; today when absent. Send the midnight of the account's zone: a bare date slips a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_date: Option<OffsetDateTime>,
    /// The sale that is credited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<OrderId>,
    /// The status; the account's default for new credits when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_id: Option<OrderStatusId>,
    /// Where the goods come back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse_id: Option<WarehouseId>,
    /// The sales channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// The caller's reference: half of the unique key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
    /// The caller's integration instance: the other half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_integration_instance_id: Option<InstanceId>,
    /// The member of staff who owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff_owner_id: Option<ContactId>,
    /// The project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// The lead source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_source_id: Option<LeadSourceId>,
    /// The team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// The price list; the customer's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_list_id: Option<PriceListId>,
    /// Whether prices include tax; the price list's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_mode_code: Option<PriceModeCode>,
    /// The currency and its rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<SaleCurrency>,
    /// Where and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<SaleDelivery>,
    /// The rows.
    #[serde(default)]
    pub rows: Vec<NewCreditRow>,
}

impl NewSalesCredit {
    /// An empty credit for a customer.
    pub fn for_customer(id: ContactId) -> Self {
        Self {
            customer: SaleCustomer { id, address: None },
            billing: None,
            reference: None,
            placed_on: None,
            tax_date: None,
            parent_id: None,
            status_id: None,
            warehouse_id: None,
            channel_id: None,
            external_ref: None,
            installed_integration_instance_id: None,
            staff_owner_id: None,
            project_id: None,
            lead_source_id: None,
            team_id: None,
            price_list_id: None,
            price_mode_code: None,
            currency: None,
            delivery: None,
            rows: Vec::new(),
        }
    }

    /// Whether Brightpearl itself rejects a duplicate.
    pub fn is_keyed(&self) -> bool {
        self.external_ref.is_some() && self.installed_integration_instance_id.is_some()
    }
}

/// A row of a credit to create. Positive amounts are owed to the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewCreditRow {
    /// The product that comes back; none for a free-text row, which waits for no stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The name; needed without a product, overrides its name with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many, positive; whole for stock-tracked products and bundles.
    #[serde(with = "wire::decimal")]
    pub quantity: Decimal,
    /// The tax code.
    pub tax_code: TaxCode,
    /// The whole row without tax, at most four decimals.
    #[serde(with = "wire::decimal")]
    pub net: Decimal,
    /// The whole row's tax; two decimals are stored.
    #[serde(with = "wire::decimal")]
    pub tax: Decimal,
    /// The nominal code; the contact's, product's or account's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nominal_code: Option<NominalCode>,
    /// The caller's reference of the row; comes back on `/order`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
}

impl NewCreditRow {
    /// A row for a product that comes back.
    pub fn product(
        product: ProductId,
        quantity: Decimal,
        tax_code: &str,
        net: Decimal,
        tax: Decimal,
    ) -> Self {
        Self { product_id: Some(product), ..Self::bare(quantity, tax_code, net, tax) }
    }

    /// A row for something that does not come back: a fee, an adjustment.
    pub fn free_text(name: impl Into<String>, tax_code: &str, net: Decimal, tax: Decimal) -> Self {
        Self { name: Some(name.into()), ..Self::bare(Decimal::ONE, tax_code, net, tax) }
    }

    fn bare(quantity: Decimal, tax_code: &str, net: Decimal, tax: Decimal) -> Self {
        let tax_code = TaxCode::new(tax_code);
        Self {
            product_id: None,
            name: None,
            quantity,
            tax_code,
            net,
            tax,
            nominal_code: None,
            external_ref: None,
        }
    }
}

/// A sales credit as its own resource shows it. Newer accounts may say how much is paid; the invoice reference
/// is never there: read it from [`order::get`](super::order::get).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SalesCredit {
    /// The credit.
    pub id: OrderId,
    /// The customer.
    pub customer: SaleCustomer,
    /// The customer again, for older callers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<ContactId>,
    /// Who is billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<SaleBilling>,
    /// The customer reference.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The creator's unique reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
    /// The integration instance that the external reference belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_integration_instance_id: Option<InstanceId>,
    /// When it was placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_on: Option<OffsetDateTime>,
    /// The tax date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_date: Option<OffsetDateTime>,
    /// The sale that is credited.
    #[serde(default, with = "wire::zero_is_none")]
    pub parent_id: Option<OrderId>,
    /// The status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_id: Option<OrderStatusId>,
    /// The warehouse.
    #[serde(default, with = "wire::zero_is_none")]
    pub warehouse_id: Option<WarehouseId>,
    /// The sales channel.
    #[serde(default, with = "wire::zero_is_none")]
    pub channel_id: Option<ChannelId>,
    /// The member of staff who owns it.
    #[serde(default, with = "wire::zero_is_none")]
    pub staff_owner_id: Option<ContactId>,
    /// The project.
    #[serde(default, with = "wire::zero_is_none")]
    pub project_id: Option<ProjectId>,
    /// The lead source.
    #[serde(default, with = "wire::zero_is_none")]
    pub lead_source_id: Option<LeadSourceId>,
    /// The team.
    #[serde(default, with = "wire::zero_is_none")]
    pub team_id: Option<TeamId>,
    /// The price list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_list_id: Option<PriceListId>,
    /// Whether prices include tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_mode_code: Option<PriceModeCode>,
    /// The currency and its rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<SaleCurrency>,
    /// Where and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<SaleDelivery>,
    /// The rows, in no particular order.
    #[serde(default, with = "wire::null_is_default")]
    pub rows: Vec<SaleRow>,
    /// The totals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<SaleTotal>,
    /// Whether the status is the account's cancelled one; only some accounts show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_canceled: Option<bool>,
    /// How much is refunded; only some accounts show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_payment_status: Option<OrderPaymentStatus>,
    /// How much has been received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock_status_code: Option<OrderStockStatusCode>,
    /// How much stock is allocated; only some accounts show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation_status_code: Option<AllocationStatusCode>,
    /// How much is shipped; only some accounts show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_status_code: Option<ShippingStatusCode>,
    /// Who created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<ContactId>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_on: Option<OffsetDateTime>,
    /// When it changed; absent until it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_on: Option<OffsetDateTime>,
}

/// Creates a credit. Keyed only when reference and instance are both given: with one of them, a credit that
/// is sent twice is made twice.
#[inline]
pub fn create(credit: &NewSalesCredit) -> Request<Created<OrderId>> {
    let request = Request::new(CREATE, &[], answer::created_or_existing)
        .body(credit)
        .with_verification_hint("search the credits for its externalRef");
    if credit.is_keyed() { request } else { request.idempotency(Idempotency::UnkeyedWrite) }
}

/// Requests credits by id; those that do not exist are left out (207 or an empty 200).
#[inline]
pub fn get(ids: &IdSet<OrderId>) -> Request<Vec<SalesCredit>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// Closes a credit: accounting invoices it, nothing on it can change afterwards. The response may come before
/// accounting is done: poll [`Order::invoice_reference`](super::Order::invoice_reference). Closing a pending
/// credit again is allowed, closing an invoiced one is rejected.
#[inline]
pub fn close(credit: OrderId) -> Request<()> {
    #[derive(Serialize)]
    struct Nothing {}
    Request::new(CLOSE, &[&credit], answer::nothing).body(&Nothing {})
}

/// The sales credits of an account: [`Client::sales_credits`](crate::Client::sales_credits).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct SalesCredits<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl SalesCredits<'_> {
    /// Creates a credit, once.
    ///
    /// A credit with an external reference and no instance id gets the caller's own, so that Brightpearl itself
    /// rejects a duplicate. If the caller has none, the reference is looked up before and after; after a lost
    /// response without a result it stays [`Ambiguous`](crate::ErrorKind::Ambiguous), because the credit may
    /// still appear.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, credit: &NewSalesCredit) -> Result<Created<OrderId>, crate::Error> {
        let mut credit = std::borrow::Cow::Borrowed(credit);
        if credit.external_ref.is_some() && credit.installed_integration_instance_id.is_none() {
            credit.to_mut().installed_integration_instance_id = self.0.instance_id().await?;
        }
        if !credit.is_keyed()
            && let Some(id) = self.find(&credit).await?
        {
            return Ok(Created { id, already_existed: true });
        }
        crate::client::create_once(self.0, &create(&credit), || self.find(&credit)).await
    }

    /// Creates credits, each once, ten per request: the results are in the order of the credits. Uncertain ones
    /// are looked up by their key, as [`SalesCredits::create`] does. Credits without an external reference are
    /// sent one by one.
    pub async fn create_many(
        &self,
        credits: &[NewSalesCredit],
    ) -> Vec<Result<Created<OrderId>, crate::Error>> {
        let credits = match self.with_instance(credits).await {
            Ok(credits) => credits,
            Err(error) => return credits.iter().map(|_| Err(error.clone())).collect(),
        };
        let together: Vec<_> =
            credits.iter().map(|credit| credit.is_keyed().then(|| create(credit))).collect();
        let first = crate::client::create_together(self.0, &together).await;
        let since = self.0.uptime();
        let mut results = Vec::with_capacity(credits.len());
        for (credit, first) in credits.iter().zip(first) {
            results.push(match first {
                Some(first) => {
                    crate::client::settle(self.0, &create(credit), || self.find(credit), first, since).await
                }
                None => self.create(credit).await,
            });
        }
        results
    }

    /// Gets the credits with the caller's own instance id where they have an external reference and none.
    async fn with_instance(&self, credits: &[NewSalesCredit]) -> Result<Vec<NewSalesCredit>, crate::Error> {
        let mut credits = credits.to_vec();
        let lacks = |credit: &&mut NewSalesCredit| {
            credit.external_ref.is_some() && credit.installed_integration_instance_id.is_none()
        };
        for credit in credits.iter_mut().filter(lacks) {
            credit.installed_integration_instance_id = self.0.instance_id().await?;
        }
        Ok(credits)
    }

    /// Gets credits by id; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<OrderId>) -> Result<Vec<SalesCredit>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }

    /// Closes a credit; see [`close`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn close(&self, credit: OrderId) -> Result<(), crate::Error> {
        self.0.send(&close(credit)).await
    }

    /// Gets the credit that the key of this one already names. Without an instance id the reference alone is the
    /// key.
    async fn find(&self, credit: &NewSalesCredit) -> Result<Option<OrderId>, crate::Error> {
        let Some(reference) = &credit.external_ref else { return Ok(None) };
        let mut search =
            OrderSearch::new().order_type(&OrderTypeCode::SalesCredit).filter("externalRef", reference);
        if let Some(instance) = credit.installed_integration_instance_id {
            search = search.instance(&instance);
        }
        let found = self.0.orders().search(search).all().await?;
        Ok(found
            .into_iter()
            .filter(|order| order.external_ref.as_ref() == Some(reference))
            .find_map(|order| order.order_id))
    }
}
