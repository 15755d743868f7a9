//! Placeholders for unknown error codes. Brightpearl rejects these requests, but its codes are not known
//! (docs/evidence/brightpearl-orders.md#order-error-codes,
//! docs/evidence/brightpearl-accounting.md#accounting-conventions). The `9xx` codes are invented; clients must not
//! depend on them.

/// An unknown search filter or sort column, or a repeated parameter.
pub(crate) const SEARCH_PARAMETER: &str = "CMNC-901";
/// An invalid multi-message.
pub(crate) const BATCH: &str = "CMNC-902";
/// A customer that does not exist or is a supplier.
pub(crate) const CUSTOMER: &str = "ORDC-901";
/// A product that does not exist.
pub(crate) const PRODUCT: &str = "ORDC-902";
/// A tax code that is missing or does not exist.
pub(crate) const TAX_CODE: &str = "ORDC-903";
/// An order status that does not exist, is disabled, or belongs to another order type.
pub(crate) const ORDER_STATUS: &str = "ORDC-904";
/// The order is already invoiced.
pub(crate) const INVOICED: &str = "ORDC-905";
/// An amount that is missing or has too many decimals.
pub(crate) const AMOUNT: &str = "ORDC-906";
/// A parent order, warehouse, channel, currency or the like that does not exist.
pub(crate) const REFERENCE: &str = "ORDC-907";
/// A text that is missing or too long.
pub(crate) const TEXT: &str = "ORDC-908";
/// A sale that cannot be cancelled.
pub(crate) const CANCELLATION: &str = "ORDC-909";
/// A row that cannot be removed.
pub(crate) const ROW: &str = "ORDC-910";
/// A field of a contact or postal address that is missing or wrong.
pub(crate) const CONTACT: &str = "CTCC-901";
/// A field of a payment that is missing or wrong.
pub(crate) const PAYMENT: &str = "ACCC-901";
/// A payment method that is incomplete or already exists.
pub(crate) const PAYMENT_METHOD: &str = "ACCC-904";
/// A date in a closed accounting period, or an invalid period.
pub(crate) const ACCOUNTING_PERIOD: &str = "ACCC-902";
/// An exchange rate that is missing or wrong.
pub(crate) const EXCHANGE_RATE: &str = "ACCC-903";
/// A transaction reference that already exists for this payment method.
pub(crate) const DUPLICATE_PAYMENT: &str = "ACCB-901";
/// A field of a goods-in note, release or correction that is missing or wrong.
pub(crate) const GOODS: &str = "WHSC-901";
/// A quantity above the row's remaining quantity.
pub(crate) const OVER_RECEIPT: &str = "WHSB-901";
/// A batch reference of another goods-in note.
pub(crate) const DUPLICATE_BATCH: &str = "WHSB-902";
/// A partial receipt of a sales credit.
pub(crate) const PARTIAL_RECEIPT: &str = "WHSB-903";
/// A quantity above the stock of the location.
pub(crate) const NOT_ENOUGH_STOCK: &str = "WHSB-904";
/// An integration instance without a name.
pub(crate) const INSTANCE: &str = "INTC-902";
/// A field of a webhook that is missing or wrong.
pub(crate) const WEBHOOK: &str = "INTC-901";
