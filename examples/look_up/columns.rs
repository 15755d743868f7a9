//! The table columns of each kind of object.

use crate::what::What;

impl What {
    /// Returns a header and a JSON pointer for each column.
    pub(crate) fn columns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Statuses => &[
                ("id", "/statusId"),
                ("type", "/orderTypeCode"),
                ("name", "/name"),
                ("disabled", "/disabled"),
            ],
            Self::Channels => {
                &[("id", "/id"), ("name", "/name"), ("default warehouse", "/defaultWarehouseId")]
            }
            Self::BankAccounts => {
                &[("code", "/code"), ("name", "/name"), ("active", "/active"), ("currency id", "/currencyId")]
            }
            Self::PaymentMethods => &[
                ("code", "/code"),
                ("name", "/name"),
                ("active", "/isActive"),
                ("bank accounts", "/bankAccounts"),
            ],
            Self::TaxCodes => {
                &[("id", "/id"), ("code", "/code"), ("description", "/description"), ("rate %", "/rate")]
            }
            Self::Currencies => {
                &[("id", "/id"), ("code", "/code"), ("rate", "/exchangeRate"), ("base", "/isDefault")]
            }
            Self::Warehouses => &[("id", "/id"), ("name", "/name"), ("type", "/typeDescription")],
            Self::Account => &[
                ("time zone", "/timeZone"),
                ("base currency", "/baseCurrencyCode"),
                ("new credit status", "/newSalesCreditStatusId"),
                ("cancelled order status", "/cancelledOrderStatusId"),
            ],
            Self::Webhooks => &[("id", "/id"), ("event", "/subscribeTo"), ("quality", "/qualityOfService")],
            Self::Order => &[
                ("id", "/id"),
                ("type", "/orderTypeCode"),
                ("reference", "/reference"),
                ("status", "/orderStatus/name"),
                ("stock", "/stockStatusCode"),
                ("payment", "/orderPaymentStatus"),
                ("total", "/totalValue/total"),
                ("currency", "/currency/orderCurrencyCode"),
            ],
            Self::SalesCredit => &[
                ("id", "/id"),
                ("reference", "/ref"),
                ("parent", "/parentId"),
                ("status", "/statusId"),
                ("stock", "/stockStatusCode"),
                ("gross", "/total/gross"),
                ("currency", "/currency/code"),
            ],
            Self::OrderSearch => &[
                ("id", "/orderId"),
                ("type", "/orderTypeId"),
                ("reference", "/customerRef"),
                ("external reference", "/externalRef"),
                ("status", "/orderStatusId"),
                ("parent", "/parentOrderId"),
            ],
            Self::GoodsIn => &[
                ("id", "/goodsNoteId"),
                ("order", "/orderId"),
                ("received", "/receivedOn"),
                ("status", "/goodsNoteStatus"),
                ("reference", "/userBatchReference"),
            ],
            Self::Payments => &[
                ("id", "/paymentId"),
                ("order", "/orderId"),
                ("type", "/paymentType"),
                ("method", "/paymentMethodCode"),
                ("amount", "/amountPaid"),
                ("currency", "/currencyCode"),
                ("reference", "/transactionRef"),
                ("journal", "/journalId"),
            ],
            Self::Product => &[
                ("id", "/id"),
                ("SKU", "/identity/sku"),
                ("stock tracked", "/stock/stockTracked"),
                ("status", "/status"),
            ],
            Self::OrderNotes => {
                &[("id", "/noteId"), ("added", "/addedOn"), ("public", "/isPublic"), ("text", "/text")]
            }
            Self::SalesOrder => &[
                ("id", "/id"),
                ("reference", "/ref"),
                ("external reference", "/externalRef"),
                ("status", "/statusId"),
                ("stock", "/stockStatusCode"),
                ("payment", "/orderPaymentStatus"),
                ("gross", "/total/gross"),
                ("currency", "/currency/code"),
            ],
            Self::SalesOrderSearch => &[
                ("id", "/salesOrderId"),
                ("reference", "/customerRef"),
                ("external reference", "/externalRef"),
                ("status", "/orderStatusId"),
                ("stock", "/orderStockStatus"),
                ("payment", "/orderPaymentStatus"),
            ],
            Self::OrderNoteSearch => &[
                ("id", "/noteId"),
                ("order", "/orderId"),
                ("added", "/dateAdded"),
                ("public", "/isPublic"),
                ("text", "/noteText"),
            ],
            Self::OrderTypes | Self::StockStatuses | Self::ShippingStatuses => {
                &[("id", "/id"), ("code", "/code"), ("description", "/description")]
            }
            // Fields have no names in common: the whole map.
            Self::CustomFields => &[("custom fields", "")],
            Self::CustomFieldMetaData | Self::PurchaseCustomFieldMetaData => &[
                ("id", "/id"),
                ("code", "/code"),
                ("name", "/name"),
                ("type", "/customFieldType"),
                ("required", "/required"),
                ("options", "/options"),
            ],
            Self::PaymentTotals => &[
                ("order", "/orderId"),
                ("currency", "/paymentCurrency"),
                ("paid", "/amountPaid"),
                ("authorised", "/amountAuthorized"),
                ("captured", "/amountCaptured"),
            ],
            Self::PaymentMethodSearch => &[
                ("id", "/id"),
                ("code", "/code"),
                ("name", "/name"),
                ("active", "/active"),
                ("currency", "/currency"),
                ("bank account", "/bank_account"),
            ],
            Self::NominalCodes => &[
                ("id", "/id"),
                ("code", "/code"),
                ("name", "/name"),
                ("bank", "/bank"),
                ("active", "/active"),
                ("currency id", "/currencyId"),
            ],
            Self::NominalCodeSearch => &[
                ("code", "/code"),
                ("name", "/name"),
                ("bank", "/bank"),
                ("active", "/active"),
                ("currency id", "/currencyId"),
            ],
            Self::ExchangeRates => {
                &[("currency id", "/currencyId"), ("from", "/rateActiveFrom"), ("rate", "/rate")]
            }
            Self::AccountingPeriods => {
                &[("id", "/id"), ("from", "/startDate"), ("until", "/endDate"), ("closed", "/closedDate")]
            }
            Self::AccountingPeriodLock => &[("locked until", "/lockedUntil"), ("by", "/lockedBy")],
            Self::Journal => &[
                ("id", "/id"),
                ("type", "/journalTypeCode"),
                ("tax date", "/taxDate"),
                ("description", "/description"),
                ("debits", "/debits"),
                ("credits", "/credits"),
            ],
            Self::JournalSearch => &[
                ("journal", "/journalId"),
                ("type", "/journalType"),
                ("order", "/orderId"),
                ("account", "/nominalCode"),
                ("date", "/journalDate"),
                ("debit", "/journalDebit"),
                ("credit", "/journalCredit"),
            ],
            Self::ContactBalance => {
                &[("contact", "/contactId"), ("currency", "/currency"), ("balance", "/balance")]
            }
            Self::GoodsInSearch => &[
                ("batch", "/batchId"),
                ("order", "/purchaseOrderId"),
                ("product", "/productId"),
                ("location", "/locationId"),
                ("received", "/receivedQuantity"),
                ("on hand", "/onHand"),
                ("when", "/receivedDate"),
            ],
            Self::GoodsMovements => &[
                ("id", "/goodsMovementId"),
                ("type", "/goodsNoteTypeCode"),
                ("product", "/productId"),
                ("quantity", "/quantity"),
                ("location", "/destinationLocationId"),
                ("quarantine", "/isQuarantine"),
                ("batch", "/batchId"),
                ("order", "/orderId"),
                ("when", "/updatedOn"),
            ],
            Self::StockCorrections => &[
                ("note", "/goodsNoteId"),
                ("order", "/orderId"),
                ("reason", "/reason"),
                ("goods", "/goodsMoved"),
            ],
            Self::Locations | Self::LocationSearch => &[
                ("id", "/id"),
                ("warehouse", "/warehouseId"),
                ("aisle", "/groupingA"),
                ("bay", "/groupingB"),
                ("shelf", "/groupingC"),
                ("bin", "/groupingD"),
                ("barcode", "/barcode"),
            ],
            Self::WarehouseDefaults => &[
                ("product", "/productId"),
                ("default location", "/defaultLocationId"),
                ("overflow location", "/overflowLocationId"),
                ("reorder at", "/reorderLevel"),
                ("reorder", "/reorderQuantity"),
            ],
            Self::WarehouseSearch => &[("id", "/id"), ("name", "/name"), ("type", "/typeDescription")],
            Self::ProductAvailability => &[
                ("product", "/productId"),
                ("on hand", "/total/onHand"),
                ("allocated", "/total/allocated"),
                ("in stock", "/total/inStock"),
                ("in transit", "/total/inTransit"),
            ],
            Self::ProductSearch => &[
                ("id", "/productId"),
                ("SKU", "/SKU"),
                ("name", "/productName"),
                ("stock tracked", "/stockTracked"),
                ("status", "/productStatus"),
            ],
            Self::Bundles => &[("product", "/id"), ("bundles", "/bundles")],
            Self::ChannelBrands => {
                &[("id", "/channelBrandId"), ("name", "/name"), ("company", "/companyName")]
            }
            Self::Contact => &[
                ("id", "/contactId"),
                ("first name", "/firstName"),
                ("last name", "/lastName"),
                ("e-mail", "/communication/emails/PRI/email"),
                ("supplier", "/relationshipToAccount/isSupplier"),
                ("staff", "/relationshipToAccount/isStaff"),
            ],
            Self::ContactSearch => &[
                ("id", "/contactId"),
                ("first name", "/firstName"),
                ("last name", "/lastName"),
                ("e-mail", "/primaryEmail"),
                ("customer", "/isCustomer"),
            ],
            Self::PostalAddress => &[
                ("id", "/addressId"),
                ("contact", "/contactId"),
                ("street", "/addressLine1"),
                ("city", "/addressLine3"),
                ("postal code", "/postalCode"),
                ("country", "/countryIsoCode"),
            ],
        }
    }
}
