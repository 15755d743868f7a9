use brightpearl::CurrencyId;
use jiff::Timestamp;
use rust_decimal::Decimal;

/// An exchange rate that applies from a time on.
#[derive(Debug, Clone)]
pub(crate) struct StoredRate {
    pub(crate) currency: CurrencyId,
    /// The Unix epoch for the initial rate of the currency.
    pub(crate) active_from: Timestamp,
    pub(crate) rate: Decimal,
}
