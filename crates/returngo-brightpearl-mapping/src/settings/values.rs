//! Readers of single settings, which accept the values that users and forms enter.

use std::{collections::BTreeMap, fmt, str::FromStr};

use api_client_core::wire::{Number, Text};
use brightpearl::CurrencyCode;
use returngo::TransactionType;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, de};

/// The largest length of a prefix, so that the RMA's number fits into a reference of 64 characters.
const LONGEST_PREFIX: usize = 32;

/// The payment method of a type of refund: one code, or one for each currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum TenderSetting {
    /// One code for all currencies.
    Always(String),
    /// A code for each currency.
    ByCurrency(BTreeMap<CurrencyCode, String>),
}

impl TenderSetting {
    /// Returns the code for refunds in this currency, if any.
    pub fn in_currency(&self, currency: &CurrencyCode) -> Option<&str> {
        match self {
            Self::Always(code) => Some(code),
            Self::ByCurrency(codes) => codes.get(currency).map(String::as_str),
        }
    }
}

impl<'de> Deserialize<'de> for TenderSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CodeOrCodes;
        impl<'de> de::Visitor<'de> for CodeOrCodes {
            type Value = TenderSetting;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a payment method's code, or an object of codes by currency such as {\"USD\": \"STRIPE_US\"}")
            }

            fn visit_str<E: de::Error>(self, code: &str) -> Result<TenderSetting, E> {
                checked_code(code).map(TenderSetting::Always)
            }

            fn visit_u64<E: de::Error>(self, code: u64) -> Result<TenderSetting, E> {
                self.visit_str(&code.to_string())
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<TenderSetting, A::Error> {
                let mut codes = BTreeMap::new();
                while let Some((currency, code)) = entries.next_entry::<CurrencyCode, Code>()? {
                    if !currency.is_well_formed() {
                        return Err(de::Error::custom(format_args!(
                            "`{currency}` is not a currency code; expected a code such as USD"
                        )));
                    }
                    codes.insert(currency, code.0);
                }
                Ok(TenderSetting::ByCurrency(codes))
            }
        }
        deserializer.deserialize_any(CodeOrCodes)
    }
}

struct Code(String);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        method_code(deserializer).map(Self)
    }
}

pub(super) fn method_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked_code(&Text::deserialize(deserializer)?.0)
}

fn checked_code<E: de::Error>(code: &str) -> Result<String, E> {
    if code.is_empty() || code.trim() != code {
        return Err(E::custom(format_args!(
            "invalid code {code:?}: expected the four digits of a bank account, such as 1210, or a payment method's code, \
             such as STRIPE_UK, without surrounding spaces"
        )));
    }
    Ok(code.to_owned())
}

/// Reads an optional id. Forms send an empty field as `""`.
pub(super) fn blank_is_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
{
    let text = Option::<Text>::deserialize(deserializer)?.map(|Text(text)| text);
    match text.as_deref().map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            de::Error::invalid_value(
                de::Unexpected::Str(text),
                &"an id (a positive integer), as listed by `look_up`",
            )
        }),
    }
}

pub(super) fn reference_prefix<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let prefix = Option::<Text>::deserialize(deserializer)?.map(|Text(text)| text).unwrap_or_default();
    let length = prefix.chars().count();
    if length > LONGEST_PREFIX {
        return Err(de::Error::custom(format_args!(
            "the prefix has {length} characters; the maximum is {LONGEST_PREFIX}, so that the RMA's number fits after it"
        )));
    }
    Ok(prefix)
}

pub(super) fn tolerance<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let tolerance = Option::<Number>::deserialize(deserializer)?.map(|Number(tolerance)| tolerance);
    match tolerance.filter(Decimal::is_sign_negative) {
        Some(negative) => Err(de::Error::custom(format_args!(
            "{negative} is negative; expected an amount such as \"0.01\""
        ))),
        None => Ok(tolerance),
    }
}

/// Rejects unknown and misspelled types of refunds, which would have no effect.
pub(super) fn tenders<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, TenderSetting>, D::Error> {
    let tenders = BTreeMap::<String, TenderSetting>::deserialize(deserializer)?;
    match tenders.keys().find_map(|kind| misspelling(kind)) {
        Some(problem) => Err(de::Error::custom(problem)),
        None => Ok(tenders),
    }
}

fn misspelling(kind: &str) -> Option<String> {
    const KNOWN: [TransactionType; 2] =
        [TransactionType::RefundToPaymentMethod, TransactionType::RefundToStoreCredit];
    let near = KNOWN.iter().find(|known| strsim::damerau_levenshtein(known.as_str(), kind) <= 3);
    match near {
        Some(known) if known.as_str() == kind => None,
        Some(known) => Some(format!("unknown refund type `{kind}`; did you mean `{known}`?")),
        None if kind.starts_with("Refund") => None,
        None => Some(format!(
            "unknown refund type `{kind}`; expected a type such as {} or {}",
            KNOWN[0], KNOWN[1]
        )),
    }
}
