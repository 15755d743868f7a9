//! Ids and codes: one type for each kind, so that they cannot be confused.

api_client_core::numeric_id! {
    /// An order of any type: sales order, sales credit, purchase order, purchase credit.
    pub struct OrderId;
    /// A row of an order.
    pub struct OrderRowId;
    /// An order status of the account's own list.
    pub struct OrderStatusId;
    /// A note on an order.
    pub struct OrderNoteId;
    /// A contact: customer, supplier or staff.
    pub struct ContactId;
    /// A product; 1000 stands for a free-text row.
    pub struct ProductId;
    /// A sales channel (`departmentId` in searches).
    pub struct ChannelId;
    /// A warehouse.
    pub struct WarehouseId;
    /// A location inside a warehouse.
    pub struct LocationId;
    /// A goods-in note; also the batch of the stock it brought.
    pub struct GoodsInNoteId;
    /// A goods note of any kind, as goods movements refer to it.
    pub struct GoodsNoteId;
    /// A goods movement.
    pub struct GoodsMovementId;
    /// A customer payment.
    pub struct PaymentId;
    /// A payment method.
    pub struct PaymentMethodId;
    /// A nominal code's internal id; not its four digits.
    pub struct NominalCodeId;
    /// A tax code's internal id.
    pub struct TaxCodeId;
    /// A currency's internal id.
    pub struct CurrencyId;
    /// A journal.
    pub struct JournalId;
    /// A webhook subscription.
    pub struct WebhookId;
    /// A price list.
    pub struct PriceListId;
    /// A shipping method.
    pub struct ShippingMethodId;
    /// A project.
    pub struct ProjectId;
    /// A lead source.
    pub struct LeadSourceId;
    /// A team.
    pub struct TeamId;
    /// An installed integration instance: the caller, as Brightpearl knows it.
    pub struct InstanceId;
    /// An integration, which accounts install.
    pub struct IntegrationId;
    /// A postal address.
    pub struct PostalAddressId;
    /// A group of contacts.
    pub struct ContactGroupId;
    /// A custom field of the account.
    pub struct CustomFieldId;
    /// An option of a custom field that is chosen from several.
    pub struct CustomFieldOptionId;
    /// An accounting period.
    pub struct AccountingPeriodId;
    /// A brand of channels: what their documents look like.
    pub struct ChannelBrandId;
    /// A brand of products.
    pub struct BrandId;
    /// A collection within a brand of products.
    pub struct CollectionId;
    /// A type of products.
    pub struct ProductTypeId;
    /// A group of products that are variants of each other.
    pub struct ProductGroupId;
    /// A zone of a warehouse.
    pub struct ZoneId;
}

api_client_core::text_id! {
    /// An account of the chart of accounts, such as `1200`: four digits, leading zeroes kept.
    pub struct NominalCode;
    /// A tax code, such as `T20`.
    pub struct TaxCode;
    /// A payment method's code, such as `STRIPE_UK`. Brightpearl stores it in upper case; compare with
    /// [`PaymentMethodCode::is`].
    pub struct PaymentMethodCode;
}

impl ProductId {
    /// The product id of a free-text row in responses (docs/evidence/brightpearl-orders.md#sales-credit-rows).
    pub const FREE_TEXT: Self = Self::new(1000);

    /// Whether the id stands for no product: every account has two hidden products, 1000 and 1001
    /// (docs/evidence/brightpearl-orders.md#sales-credit-rows).
    pub const fn is_hidden(self) -> bool {
        matches!(self.get(), 0 | 1000 | 1001)
    }
}

impl PaymentMethodCode {
    /// Whether two codes name the same method: Brightpearl compares them without case
    /// (docs/evidence/brightpearl-accounting.md#payment-methods).
    pub fn is(&self, other: &Self) -> bool {
        self.as_str().eq_ignore_ascii_case(other.as_str())
    }
}
