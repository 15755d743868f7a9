use std::sync::Arc;

use brightpearl::Client;
use jiff::{SignedDuration, Timestamp};
use returngo_brightpearl::{AccountFacts, world::WarehouseFacts};
use tokio::sync::Mutex;

use crate::connection::Connection;

/// How long the account's set-up is taken as read: statuses, channels and bank accounts change by hand, and
/// rarely.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(30);

/// The account's set-up as it was read last.
#[derive(Debug, Default)]
pub(crate) struct AccountCache(Mutex<Option<(Timestamp, Arc<AccountFacts>)>>);

impl Connection {
    /// The account's set-up, read anew when it is older than half an hour.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn account(&self) -> Result<Arc<AccountFacts>, brightpearl::Error> {
        let now = self.clock.now();
        let mut kept = self.account.0.lock().await;
        if let Some((read_at, facts)) = &*kept
            && now.duration_since(*read_at) < KEPT_FOR
        {
            return Ok(Arc::clone(facts));
        }
        let facts = Arc::new(read(&self.brightpearl).await?);
        *kept = Some((now, Arc::clone(&facts)));
        Ok(facts)
    }

    /// Lets the next look at the account's set-up read it anew.
    pub async fn forget_account(&self) {
        *self.account.0.lock().await = None;
    }
}

async fn read(brightpearl: &Client) -> Result<AccountFacts, brightpearl::Error> {
    let configuration = brightpearl.account_configuration().await?;
    let mut warehouses = Vec::new();
    for warehouse in brightpearl.warehouses().list().await? {
        warehouses.push(WarehouseFacts {
            id: warehouse.id,
            default_location_id: Some(brightpearl.warehouses().default_location(warehouse.id).await?),
            quarantine_location_id: Some(brightpearl.warehouses().quarantine_location(warehouse.id).await?),
        });
    }
    Ok(AccountFacts {
        instance_id: brightpearl.instance_id().await?,
        time_zone: configuration.time_zone().map(str::to_owned),
        base_currency_code: configuration.base_currency(),
        order_statuses: brightpearl.order_statuses().list().await?,
        channels: brightpearl.channels().list().await?,
        payment_methods: brightpearl.payment_methods().list().await?,
        nominal_codes: brightpearl.nominal_codes().list().await?,
        tax_codes: brightpearl.tax_codes().list().await?,
        currencies: brightpearl.currencies().list().await?,
        warehouses,
        configuration,
    })
}
