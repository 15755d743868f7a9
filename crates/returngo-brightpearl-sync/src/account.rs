use brightpearl::{
    Client, Error, ErrorKind, WarehouseId,
    accounting::{AccountingPeriodLock, CurrencySearch, nominal_code, payment_method, tax_code},
    integration::AccountConfiguration,
    order::status,
    product::channel,
    search::UndecodableRow,
    warehouse::warehouse,
};
use jiff::civil::Date;
use returngo_brightpearl_mapping::world::{AccountFacts, AccountList, UnreadableEntry, WarehouseFacts};

use crate::with_causes;

/// Reads the configuration of an account. It rarely changes, so callers may cache it. Entries that cannot be decoded are left
/// out and listed in [`AccountFacts::unreadable`].
///
/// # Errors
/// When a part of the configuration cannot be read.
pub async fn account_facts(brightpearl: &Client) -> Result<AccountFacts, Error> {
    with_configuration(brightpearl, brightpearl.account_configuration().await?).await
}

/// Reads the rest, when the basic configuration is read already.
pub(crate) async fn with_configuration(
    brightpearl: &Client,
    configuration: AccountConfiguration,
) -> Result<AccountFacts, Error> {
    use AccountList::*;
    let mut facts = AccountFacts {
        instance_id: brightpearl.instance_id().await?,
        time_zone: configuration.time_zone().map(str::to_owned),
        base_currency_code: configuration.base_currency(),
        configuration,
        ..AccountFacts::default()
    };
    let unreadable = &mut facts.unreadable;
    facts.order_statuses = readable(OrderStatuses, brightpearl.list_each(&status::list()).await?, unreadable);
    facts.channels = readable(Channels, brightpearl.list_each(&channel::list()).await?, unreadable);
    let methods = brightpearl.list_each(&payment_method::list()).await?;
    facts.payment_methods = readable(PaymentMethods, methods, unreadable);
    let nominal_codes = brightpearl.list_each(&nominal_code::list()).await?;
    facts.nominal_codes = readable(NominalCodes, nominal_codes, unreadable);
    facts.tax_codes = readable(TaxCodes, brightpearl.list_each(&tax_code::list()).await?, unreadable);
    let currencies = brightpearl.currencies().search(CurrencySearch::new()).all_results().await?;
    facts.currencies = readable(Currencies, currencies, unreadable);
    for warehouse in readable(Warehouses, brightpearl.list_each(&warehouse::list()).await?, unreadable) {
        let (id, warehouses) = (warehouse.id, brightpearl.warehouses());
        facts.warehouses.push(WarehouseFacts {
            id,
            default_location_id: location(id, warehouses.default_location(id).await, unreadable)?,
            quarantine_location_id: location(id, warehouses.quarantine_location(id).await, unreadable)?,
        });
    }
    facts.locked_until = locked_until(brightpearl.accounting_periods().lock().await, unreadable)?;
    Ok(facts)
}

/// Returns the entries of a list that can be decoded, and notes the others.
fn readable<T>(
    list: AccountList,
    entries: Vec<Result<T, UndecodableRow>>,
    unreadable: &mut Vec<UnreadableEntry>,
) -> Vec<T> {
    let mut note = |entry: UndecodableRow| {
        let (entry, reason) = (entry.label(), entry.source.to_string());
        unreadable.push(UnreadableEntry { list: list.clone(), entry, reason });
    };
    entries.into_iter().filter_map(|entry| entry.map_err(&mut note).ok()).collect()
}

/// Returns the last locked day; none if there is no lock, the account refuses to show it, or it cannot be decoded.
fn locked_until(
    answer: Result<Option<AccountingPeriodLock>, Error>,
    unreadable: &mut Vec<UnreadableEntry>,
) -> Result<Option<Date>, Error> {
    match answer {
        Ok(lock) => Ok(lock.map(|lock| lock.locked_until)),
        Err(error) if matches!(error.status(), Some(403 | 404)) => Ok(None),
        Err(error) if error.kind() == ErrorKind::Undecodable => {
            unreadable.push(UnreadableEntry {
                list: AccountList::AccountingPeriodLock,
                entry: "the last locked day".to_owned(),
                reason: with_causes(&error),
            });
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Returns a location of a warehouse; none if it cannot be decoded.
fn location<T>(
    of: WarehouseId,
    answer: Result<T, Error>,
    unreadable: &mut Vec<UnreadableEntry>,
) -> Result<Option<T>, Error> {
    match answer {
        Err(error) if error.kind() == ErrorKind::Undecodable => {
            unreadable.push(UnreadableEntry {
                list: AccountList::Warehouses,
                entry: format!("a location of warehouse {of}"),
                reason: with_causes(&error),
            });
            Ok(None)
        }
        answer => answer.map(Some),
    }
}
