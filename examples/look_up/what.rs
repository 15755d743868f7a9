//! What can be read, and what has to be said for it.

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

/// What has to follow the name of a thing.
enum Takes {
    Nothing,
    /// Ids, or nothing for all.
    IdsOrNone,
    Ids,
    /// `name=value`, as often as wanted.
    Filters,
    WarehouseThenIdsOrNone,
    WarehouseThenIds,
    ContactAndCurrency,
}

/// What the arguments after the name of a thing ask for.
#[derive(Default)]
pub(crate) struct Asked {
    /// The warehouse or contact that the things belong to.
    pub(crate) parent: u64,
    pub(crate) ids: IdSet,
    pub(crate) filters: Vec<(String, String)>,
    pub(crate) currency: Option<CurrencyCode>,
}

impl Asked {
    pub(crate) fn read(what: What, words: &[String]) -> anyhow::Result<Self> {
        let mut asked = Self::default();
        match (what.takes(), words) {
            (Takes::Nothing | Takes::IdsOrNone, []) => {}
            (Takes::Nothing, _) => bail!("nothing follows this: there is only one list"),
            (Takes::Filters, filters) => {
                asked.filters = filters.iter().map(|text| filter(text)).collect::<anyhow::Result<_>>()?;
            }
            (Takes::Ids, []) => bail!("this needs ids: an id set such as 1,320-321"),
            (Takes::Ids | Takes::IdsOrNone, ids) => asked.ids = id_set(ids)?,
            (Takes::WarehouseThenIds, [] | [_]) => {
                bail!("this needs a warehouse id, then an id set: 2 1,320-321")
            }
            (Takes::WarehouseThenIdsOrNone, []) => {
                bail!("this needs a warehouse id, and takes an id set after it")
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
            (Takes::ContactAndCurrency, _) => bail!("this needs a contact id and a currency: 5012 GBP"),
        }
        Ok(asked)
    }
}

fn filter(text: &str) -> anyhow::Result<(String, String)> {
    let (name, value) =
        text.split_once('=').with_context(|| format!("`{text}` is not a filter: expected name=value"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Every 200 ids are a request, and an account has 200 requests a minute.
const MOST_IDS: u64 = 10_000;

fn id_set(words: &[String]) -> anyhow::Result<IdSet> {
    let ids: IdSet = words.join(",").parse()?;
    ensure!(ids.len() <= MOST_IDS, "these are {} ids: ask for at most {MOST_IDS} at once", ids.len());
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

    /// Where a row carries the id that was asked for.
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
