//! The kinds of objects that can be read, and their arguments.

use anyhow::{Context as _, bail, ensure};
use brightpearl::{CurrencyCode, IdSet};
use clap::ValueEnum;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    Account,
    AccountingPeriodLock,
    AccountingPeriods,
    BankAccounts,
    Bundles,
    ChannelBrands,
    Channels,
    Contact,
    ContactBalance,
    ContactSearch,
    Currencies,
    CustomFieldMetaData,
    CustomFields,
    ExchangeRates,
    GoodsIn,
    GoodsInSearch,
    GoodsMovements,
    Journal,
    JournalSearch,
    LocationSearch,
    Locations,
    NominalCodeSearch,
    NominalCodes,
    Order,
    OrderNoteSearch,
    OrderNotes,
    OrderSearch,
    OrderTypes,
    PaymentMethodSearch,
    PaymentMethods,
    PaymentTotals,
    Payments,
    PostalAddress,
    Product,
    ProductAvailability,
    ProductSearch,
    PurchaseCustomFieldMetaData,
    SalesCredit,
    SalesOrder,
    SalesOrderSearch,
    ShippingStatuses,
    Statuses,
    StockCorrections,
    StockStatuses,
    TaxCodes,
    WarehouseDefaults,
    WarehouseSearch,
    Warehouses,
    Webhooks,
}

/// The arguments of a kind of object.
enum Takes {
    Nothing,
    /// Ids, or none for all objects.
    IdsOrNone,
    Ids,
    /// Any number of `name=value` filters.
    Filters,
    WarehouseThenIdsOrNone,
    WarehouseThenIds,
    ContactAndCurrency,
}

/// The parsed arguments.
#[derive(Default)]
pub(crate) struct Asked {
    /// The warehouse or contact that the objects belong to.
    pub(crate) parent: u64,
    pub(crate) ids: IdSet<u64>,
    pub(crate) filters: Vec<(String, String)>,
    pub(crate) currency: Option<CurrencyCode>,
}

impl Asked {
    pub(crate) fn read(what: What, words: &[String]) -> anyhow::Result<Self> {
        let mut asked = Self::default();
        match (what.takes(), words) {
            (Takes::Nothing | Takes::IdsOrNone, []) => {}
            (Takes::Nothing, _) => bail!("no arguments expected: there is only one list"),
            (Takes::Filters, filters) => {
                asked.filters = filters.iter().map(|text| filter(text)).collect::<anyhow::Result<_>>()?;
            }
            (Takes::Ids, []) => bail!("missing ids: expected an id set such as 1,320-321"),
            (Takes::Ids | Takes::IdsOrNone, ids) => asked.ids = id_set(ids)?,
            (Takes::WarehouseThenIds, [] | [_]) => {
                bail!("missing arguments: expected a warehouse id and an id set, such as 2 1,320-321")
            }
            (Takes::WarehouseThenIdsOrNone, []) => {
                bail!("missing warehouse id: expected a warehouse id, optionally followed by an id set")
            }
            (Takes::WarehouseThenIdsOrNone, [warehouse]) => asked.parent = id(warehouse)?,
            (Takes::WarehouseThenIds | Takes::WarehouseThenIdsOrNone, [warehouse, ids @ ..]) => {
                asked.parent = id(warehouse)?;
                asked.ids = id_set(ids)?;
            }
            (Takes::ContactAndCurrency, [contact, currency]) => {
                asked.parent = id(contact)?;
                asked.currency = Some(CurrencyCode::new(currency));
            }
            (Takes::ContactAndCurrency, _) => {
                bail!("missing arguments: expected a contact id and a currency, such as 5012 GBP")
            }
        }
        Ok(asked)
    }
}

fn filter(text: &str) -> anyhow::Result<(String, String)> {
    let (name, value) =
        text.split_once('=').with_context(|| format!("`{text}` is not a filter: expected name=value"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The largest number of ids. Each request reads up to 200 ids, and an account allows 200 requests per minute.
const MOST_IDS: u64 = 10_000;

fn id_set(words: &[String]) -> anyhow::Result<IdSet<u64>> {
    let ids: IdSet<u64> = words.join(",").parse()?;
    ensure!(ids.len() <= MOST_IDS, "too many ids ({}): at most {MOST_IDS} are allowed", ids.len());
    Ok(ids)
}

fn id(word: &str) -> anyhow::Result<u64> {
    word.parse().ok().filter(|id| *id > 0).with_context(|| format!("`{word}` is not an id"))
}

impl What {
    fn takes(self) -> Takes {
        match self {
            Self::Account
            | Self::AccountingPeriodLock
            | Self::ExchangeRates
            | Self::OrderTypes
            | Self::ShippingStatuses
            | Self::StockStatuses => Takes::Nothing,
            Self::AccountingPeriods
            | Self::BankAccounts
            | Self::ChannelBrands
            | Self::Channels
            | Self::Currencies
            | Self::CustomFieldMetaData
            | Self::NominalCodes
            | Self::PaymentMethods
            | Self::PurchaseCustomFieldMetaData
            | Self::Statuses
            | Self::TaxCodes
            | Self::Warehouses
            | Self::Webhooks => Takes::IdsOrNone,
            Self::Bundles
            | Self::Contact
            | Self::CustomFields
            | Self::GoodsIn
            | Self::Journal
            | Self::Order
            | Self::OrderNotes
            | Self::PaymentTotals
            | Self::PostalAddress
            | Self::Product
            | Self::ProductAvailability
            | Self::SalesCredit
            | Self::SalesOrder => Takes::Ids,
            Self::ContactSearch
            | Self::GoodsInSearch
            | Self::GoodsMovements
            | Self::JournalSearch
            | Self::LocationSearch
            | Self::NominalCodeSearch
            | Self::OrderNoteSearch
            | Self::OrderSearch
            | Self::PaymentMethodSearch
            | Self::Payments
            | Self::ProductSearch
            | Self::SalesOrderSearch
            | Self::WarehouseSearch => Takes::Filters,
            Self::Locations => Takes::WarehouseThenIdsOrNone,
            Self::StockCorrections | Self::WarehouseDefaults => Takes::WarehouseThenIds,
            Self::ContactBalance => Takes::ContactAndCurrency,
        }
    }

    /// Returns the JSON pointer of the object's id.
    pub(crate) fn id_pointer(self) -> &'static str {
        match self {
            Self::Statuses => "/statusId",
            Self::ChannelBrands => "/channelBrandId",
            Self::Contact => "/contactId",
            Self::PaymentTotals => "/orderId",
            Self::PostalAddress => "/addressId",
            Self::ProductAvailability | Self::WarehouseDefaults => "/productId",
            Self::GoodsIn | Self::StockCorrections => "/goodsNoteId",
            _ => "/id",
        }
    }
}
