use brightpearl::{Client, Error, integration::AccountConfiguration};
use returngo_brightpearl::world::{AccountFacts, WarehouseFacts};

/// Reads the set-up of an account. It seldom changes: read it once and keep it for a while.
///
/// # Errors
/// When a part of it cannot be read.
pub async fn account_facts(brightpearl: &Client) -> Result<AccountFacts, Error> {
    with_configuration(brightpearl, brightpearl.account_configuration().await?).await
}

/// The rest of the set-up, where the configuration is there already.
pub(crate) async fn with_configuration(
    brightpearl: &Client,
    configuration: AccountConfiguration,
) -> Result<AccountFacts, Error> {
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
        warehouses: warehouses(brightpearl).await?,
        configuration,
    })
}

async fn warehouses(brightpearl: &Client) -> Result<Vec<WarehouseFacts>, Error> {
    let mut facts = Vec::new();
    for warehouse in brightpearl.warehouses().list().await? {
        facts.push(WarehouseFacts {
            id: warehouse.id,
            default_location_id: Some(brightpearl.warehouses().default_location(warehouse.id).await?),
            quarantine_location_id: Some(brightpearl.warehouses().quarantine_location(warehouse.id).await?),
        });
    }
    Ok(facts)
}
