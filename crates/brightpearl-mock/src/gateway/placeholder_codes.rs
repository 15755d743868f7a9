//! Error codes that nobody has seen. Brightpearl refuses these things, but with which code is not known
//! (docs/evidence/brightpearl-orders.md#order-error-codes,
//! docs/evidence/brightpearl-accounting.md#accounting-conventions): the `9xx` are made up here, and no client
//! should know them.

/// A search filter or sort column that does not exist, or a parameter that comes twice.
pub(crate) const SEARCH_PARAMETER: &str = "CMNC-901";
/// A multi-message that cannot be understood as a whole.
pub(crate) const BATCH: &str = "CMNC-902";
/// A customer that does not exist, or is a supplier.
pub(crate) const CUSTOMER: &str = "ORDC-901";
/// A product that does not exist.
pub(crate) const PRODUCT: &str = "ORDC-902";
/// A tax code that is missing or does not exist.
pub(crate) const TAX_CODE: &str = "ORDC-903";
/// An order status that does not exist, is disabled, or belongs to another order type.
pub(crate) const ORDER_STATUS: &str = "ORDC-904";
/// The order is invoiced already.
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
/// A payment method that is incomplete, or that there is already.
pub(crate) const PAYMENT_METHOD: &str = "ACCC-904";
/// A date at which the books are closed, or a period that is none.
pub(crate) const ACCOUNTING_PERIOD: &str = "ACCC-902";
/// An exchange rate that is missing or wrong.
pub(crate) const EXCHANGE_RATE: &str = "ACCC-903";
/// A transaction reference that this payment method has already.
pub(crate) const DUPLICATE_PAYMENT: &str = "ACCB-901";
/// A field of a goods-in note, release or correction that is missing or wrong.
pub(crate) const GOODS: &str = "WHSC-901";
/// More than the row has left to receive.
pub(crate) const OVER_RECEIPT: &str = "WHSB-901";
/// A batch reference that another goods-in note has.
pub(crate) const DUPLICATE_BATCH: &str = "WHSB-902";
/// A credit must be received in one go.
pub(crate) const PARTIAL_RECEIPT: &str = "WHSB-903";
/// More than the location holds.
pub(crate) const NOT_ENOUGH_STOCK: &str = "WHSB-904";
/// An integration instance without a name.
pub(crate) const INSTANCE: &str = "INTC-902";
/// A field of a webhook that is missing or wrong.
pub(crate) const WEBHOOK: &str = "INTC-901";
