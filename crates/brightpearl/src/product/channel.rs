//! Sales channels (docs/evidence/brightpearl-orders.md#channels).
//!
//! ```
//! use brightpearl::product::channel;
//!
//! assert_eq!(channel::list().to_string(), "GET /product-service/channel/");
//! ```

use std::collections::BTreeMap;

use api_client_core::{Endpoint, Idempotency, Method, wire};
use serde::{Deserialize, Serialize};

use crate::{
    IdSet, answer,
    ids::{ChannelBrandId, ChannelId, ContactGroupId, IntegrationId, PriceListId, WarehouseId},
    request::Request,
};

const GET: Endpoint = Endpoint::new(Method::Get, "/product-service/channel/{channelIds}", Idempotency::Read);

/// A sales channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// The channel: `channelId` on orders, `departmentId` in searches.
    pub id: ChannelId,
    /// Its name.
    #[serde(default, with = "wire::informational")]
    pub name: String,
    /// Its type.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub channel_type_id: Option<u64>,
    /// Its brand.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub channel_brand_id: Option<ChannelBrandId>,
    /// Where its orders ship from.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub default_warehouse_id: Option<WarehouseId>,
    /// The group its customers join.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub contact_group_id: Option<ContactGroupId>,
    /// Its price list.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub default_price_list_id: Option<PriceListId>,
    /// Its warehouses.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub warehouse_ids: Option<Vec<WarehouseId>>,
    /// Whether menus show it.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub show_in_channel_menu: Option<bool>,
    /// The integration that feeds it.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub integration_detail: Option<IntegrationDetail>,
}

/// The integration that feeds a channel: whose sales these are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct IntegrationDetail {
    /// The integration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_integration_id: Option<IntegrationId>,
    /// Its settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_set_id: Option<u64>,
    /// The kind of shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_code: Option<String>,
    /// The kind of integration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration_type_code: Option<String>,
    /// Whether it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// What else there is, unchanged.
    #[serde(flatten)]
    pub further: BTreeMap<String, serde_json::Value>,
}

/// Requests all channels.
#[inline]
pub fn list() -> Request<Vec<Channel>> {
    Request::new(GET, &[], answer::payload).empty_when_absent()
}

/// Requests these channels.
#[inline]
pub fn get(ids: &IdSet<ChannelId>) -> Request<Vec<Channel>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// The sales channels of an account: [`Client::channels`](crate::Client::channels).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Channels<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Channels<'_> {
    /// Lists all channels.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<Channel>, crate::Error> {
        self.0.send(&list()).await
    }

    /// Gets these channels; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<ChannelId>) -> Result<Vec<Channel>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }
}
