use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An ISO 4217 currency code, such as `GBP`, in upper case.
///
/// ```
/// use api_client_core::CurrencyCode;
///
/// let yen = CurrencyCode::new("jpy");
/// assert_eq!(yen.as_str(), "JPY");
/// assert_eq!(yen.decimals(), 0);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct CurrencyCode(String);

impl CurrencyCode {
    /// Creates a code; surrounding space is removed, and lower case becomes upper case.
    pub fn new(code: impl AsRef<str>) -> Self {
        Self(code.as_ref().trim().to_ascii_uppercase())
    }

    /// Returns the three letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this has the form of a currency code: three letters.
    pub fn is_well_formed(&self) -> bool {
        self.0.len() == 3 && self.0.bytes().all(|byte| byte.is_ascii_uppercase())
    }

    /// How many decimals the currency's minor unit has: 0 for yen, 3 for dinars, 2 for most (ISO 4217).
    pub fn decimals(&self) -> u32 {
        match self.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI"
            | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            "CLF" | "UYW" => 4,
            _ => 2,
        }
    }

    /// One minor unit: a penny, a cent, a yen, a fils.
    pub fn minor_unit(&self) -> Decimal {
        Decimal::new(1, self.decimals())
    }
}

impl From<String> for CurrencyCode {
    fn from(code: String) -> Self {
        Self::new(code)
    }
}

impl From<&str> for CurrencyCode {
    fn from(code: &str) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
