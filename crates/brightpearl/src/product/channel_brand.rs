//! The brands of channels: what their documents look like (docs/evidence/brightpearl-orders.md#channel-brands).
//!
//! ```
//! use brightpearl::product::channel_brand;
//!
//! assert_eq!(channel_brand::list().to_string(), "GET /product-service/channel-brand/");
//! ```

use std::{collections::BTreeMap, fmt};

use api_client_core::{Endpoint, Idempotency, Method};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    IdSet, answer,
    ids::{ChannelBrandId, PostalAddressId, ShippingMethodId},
    request::Request,
};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/product-service/channel-brand/{channelBrandIds}", Idempotency::Read);

/// A brand that channels sell under. Only its id and name print: the rest names people and bank accounts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ChannelBrand {
    /// The brand: `channelBrandId` of a channel.
    pub channel_brand_id: ChannelBrandId,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_book_id: Option<PostalAddressId>,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The company behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    /// The company's registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_number: Option<String>,
    /// A telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
    /// An e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_address: Option<String>,
    /// The e-mail address of its accounts department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounting_email_address: Option<String>,
    /// The template of each kind of document, by the kind's code: `SCNTE` is the sales credit note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub templates: Option<BTreeMap<String, u64>>,
    /// Packing notes of their own, by shipping method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_templates: Option<BTreeMap<ShippingMethodId, u64>>,
    /// Its bank, unchanged: the fields are not fully documented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub financial_details: Option<BTreeMap<String, Value>>,
    /// Its logo, unchanged: the fields are not documented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<BTreeMap<String, Value>>,
}

impl fmt::Debug for ChannelBrand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelBrand({} {:?})", self.channel_brand_id, self.name)
    }
}

/// Requests all channel brands.
#[inline]
pub fn list() -> Request<Vec<ChannelBrand>> {
    Request::new(GET, &[], answer::payload).empty_when_absent()
}

/// Requests these channel brands.
#[inline]
pub fn get(ids: &IdSet<ChannelBrandId>) -> Request<Vec<ChannelBrand>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// The channel brands of an account: [`Client::channel_brands`](crate::Client::channel_brands).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct ChannelBrands<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl ChannelBrands<'_> {
    /// Lists all channel brands.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<ChannelBrand>, crate::Error> {
        self.0.send(&list()).await
    }

    /// Gets these channel brands; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<ChannelBrandId>) -> Result<Vec<ChannelBrand>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_people_nor_bank_accounts_print() {
        let brand: ChannelBrand = serde_json::from_str(
            r#"{"channelBrandId":1,"addressBookId":101,"name":"Acme Outdoors","telephone":"0113 555 0101",
                "emailAddress":"hello@acme.example","templates":{"SCNTE":14},"shippingTemplates":{"3":9},
                "financialDetails":{"bankName":"Bank of Example","bankAccountNumber":"00012345"}}"#,
        )
        .unwrap();
        assert_eq!(brand.shipping_templates.as_ref().unwrap()[&ShippingMethodId::new(3)], 9);
        assert_eq!(format!("{brand:?}"), r#"ChannelBrand(1 "Acme Outdoors")"#);
    }
}
