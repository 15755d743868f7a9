//! Reads a Brightpearl account: `cargo run --example look_up -- statuses`, `… -- order 300871`,
//! `… -- --json order-search parentOrderId=300871`.

use std::{collections::BTreeSet, process::ExitCode};

use brightpearl::{Client, IdSet, OrderId, accounting::CustomerPaymentSearch, order::OrderSearch};
use clap::{Parser, ValueEnum};
use serde::Serialize;
use serde_json::Value;
use support::{
    output::{remark, run, say, table},
    systems::Brightpearl,
};

/// Reads a Brightpearl account.
///
/// Talks to the account that BRIGHTPEARL_DATACENTER (or BRIGHTPEARL_URL), BRIGHTPEARL_ACCOUNT,
/// BRIGHTPEARL_APP_REF and BRIGHTPEARL_TOKEN name, or to a mock when none of them is set.
#[derive(Parser)]
struct Arguments {
    /// Print JSON with the wire's own names instead of a table
    #[arg(long)]
    json: bool,
    /// What to read
    what: What,
    /// An id set such as 1,320-321; for searches filters such as parentOrderId=300871
    ids: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum What {
    Statuses,
    Channels,
    BankAccounts,
    PaymentMethods,
    TaxCodes,
    Currencies,
    Warehouses,
    Account,
    Webhooks,
    Order,
    SalesCredit,
    OrderSearch,
    GoodsIn,
    Payments,
    Product,
    OrderNotes,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run(look_up(&arguments)).await
}

async fn look_up(arguments: &Arguments) -> anyhow::Result<()> {
    let brightpearl = Brightpearl::from_environment().await?;
    if arguments.json {
        remark(brightpearl.introduction())?;
    } else {
        say(brightpearl.introduction())?;
    }
    let asked = Asked::read(arguments)?;
    let rows = read(&brightpearl.client, arguments.what, &asked).await?;
    let missing = asked.missing_from(arguments.what, &rows);
    if arguments.json {
        say(serde_json::to_string_pretty(&rows)?)?;
    } else {
        say(table(&rows, arguments.what.columns()))?;
    }
    if !missing.is_empty() {
        remark(format!("not found: {missing}"))?;
    }
    Ok(())
}

/// What the arguments after WHAT ask for.
#[derive(Default)]
struct Asked {
    ids: IdSet,
    filters: Vec<(String, String)>,
}

impl Asked {
    fn read(arguments: &Arguments) -> anyhow::Result<Self> {
        let mut asked = Self::default();
        if arguments.what.is_search() {
            for filter in &arguments.ids {
                let (name, value) = filter
                    .split_once('=')
                    .ok_or_else(|| anyhow::anyhow!("`{filter}` is not a filter: expected name=value"))?;
                asked.filters.push((name.to_owned(), value.to_owned()));
            }
        } else if !arguments.ids.is_empty() {
            asked.ids = arguments.ids.join(",").parse()?;
        } else if arguments.what.needs_ids() {
            anyhow::bail!("this needs ids: an id set such as 1,320-321");
        }
        Ok(asked)
    }

    fn missing_from(&self, what: What, rows: &[Value]) -> IdSet {
        let Some(pointer) = what.id_pointer() else { return IdSet::default() };
        let found: BTreeSet<u64> = rows.iter().filter_map(|row| row.pointer(pointer)?.as_u64()).collect();
        self.ids.iter().filter(|id| !found.contains(id)).collect()
    }
}

async fn read(client: &Client, what: What, asked: &Asked) -> anyhow::Result<Vec<Value>> {
    let ids = &asked.ids;
    let rows = match what {
        What::Statuses => values(client.order_statuses().list().await?)?,
        What::Channels => values(client.channels().list().await?)?,
        What::BankAccounts => values(client.bank_accounts().list().await?)?,
        What::PaymentMethods => values(client.payment_methods().list().await?)?,
        What::TaxCodes => values(client.tax_codes().list().await?)?,
        What::Currencies => values(client.currencies().list().await?)?,
        What::Warehouses => values(client.warehouses().list().await?)?,
        What::Account => values([client.account_configuration().await?])?,
        What::Webhooks => values(client.webhooks().list().await?)?,
        What::Order => values(client.orders().get_with_custom_fields(ids).await?)?,
        What::SalesCredit => values(client.sales_credits().get(ids).await?)?,
        What::GoodsIn => values(client.goods_in_notes().get(ids).await?.into_values())?,
        What::Product => values(client.products().get(ids).await?)?,
        What::OrderNotes => {
            let mut notes = Vec::new();
            for order in ids.iter() {
                notes.extend(values(client.order_notes().list(OrderId::new(order)).await?)?);
            }
            return Ok(notes);
        }
        What::OrderSearch => {
            let search = asked
                .filters
                .iter()
                .fold(OrderSearch::new(), |search, (name, value)| search.filter(name.clone(), value));
            values(client.orders().search(search).all().await?)?
        }
        What::Payments => {
            let search = asked.filters.iter().fold(CustomerPaymentSearch::new(), |search, (name, value)| {
                search.filter(name.clone(), value)
            });
            values(client.customer_payments().search(search).all().await?)?
        }
    };
    Ok(match what.id_pointer() {
        Some(pointer) if !ids.is_empty() => only(rows, pointer, ids),
        _ => rows,
    })
}

fn values<T: Serialize>(things: impl IntoIterator<Item = T>) -> anyhow::Result<Vec<Value>> {
    things.into_iter().map(|thing| Ok(serde_json::to_value(thing)?)).collect()
}

fn only(mut rows: Vec<Value>, pointer: &str, ids: &IdSet) -> Vec<Value> {
    rows.retain(|row| row.pointer(pointer).and_then(Value::as_u64).is_some_and(|id| ids.contains(id)));
    rows
}

impl What {
    fn is_search(self) -> bool {
        matches!(self, Self::OrderSearch | Self::Payments)
    }

    /// Resources whose GET refuses to mean "all".
    fn needs_ids(self) -> bool {
        matches!(self, Self::Order | Self::SalesCredit | Self::GoodsIn | Self::Product | Self::OrderNotes)
    }

    /// Where a row carries the id that was asked for.
    fn id_pointer(self) -> Option<&'static str> {
        match self {
            Self::Statuses => Some("/statusId"),
            Self::GoodsIn => Some("/goodsNoteId"),
            Self::Account | Self::OrderSearch | Self::Payments | Self::OrderNotes => None,
            _ => Some("/id"),
        }
    }

    fn columns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Statuses => &[
                ("id", "/statusId"),
                ("type", "/orderTypeCode"),
                ("name", "/name"),
                ("disabled", "/disabled"),
            ],
            Self::Channels => {
                &[("id", "/id"), ("name", "/name"), ("default warehouse", "/defaultWarehouseId")]
            }
            Self::BankAccounts => {
                &[("code", "/code"), ("name", "/name"), ("active", "/active"), ("currency id", "/currencyId")]
            }
            Self::PaymentMethods => &[
                ("code", "/code"),
                ("name", "/name"),
                ("active", "/isActive"),
                ("bank accounts", "/bankAccounts"),
            ],
            Self::TaxCodes => {
                &[("id", "/id"), ("code", "/code"), ("description", "/description"), ("rate %", "/rate")]
            }
            Self::Currencies => {
                &[("id", "/id"), ("code", "/code"), ("rate", "/exchangeRate"), ("base", "/isDefault")]
            }
            Self::Warehouses => &[("id", "/id"), ("name", "/name"), ("type", "/typeDescription")],
            Self::Account => &[
                ("time zone", "/timeZone"),
                ("base currency", "/baseCurrencyCode"),
                ("new credit status", "/newSalesCreditStatusId"),
                ("cancelled order status", "/cancelledOrderStatusId"),
            ],
            Self::Webhooks => &[("id", "/id"), ("event", "/subscribeTo"), ("quality", "/qualityOfService")],
            Self::Order => &[
                ("id", "/id"),
                ("type", "/orderTypeCode"),
                ("reference", "/reference"),
                ("status", "/orderStatus/name"),
                ("stock", "/stockStatusCode"),
                ("payment", "/orderPaymentStatus"),
                ("total", "/totalValue/total"),
                ("currency", "/currency/orderCurrencyCode"),
            ],
            Self::SalesCredit => &[
                ("id", "/id"),
                ("reference", "/ref"),
                ("parent", "/parentId"),
                ("status", "/statusId"),
                ("stock", "/stockStatusCode"),
                ("gross", "/total/gross"),
                ("currency", "/currency/code"),
            ],
            Self::OrderSearch => &[
                ("id", "/orderId"),
                ("type", "/orderTypeId"),
                ("reference", "/customerRef"),
                ("external reference", "/externalRef"),
                ("status", "/orderStatusId"),
                ("parent", "/parentOrderId"),
            ],
            Self::GoodsIn => &[
                ("id", "/goodsNoteId"),
                ("order", "/orderId"),
                ("received", "/receivedOn"),
                ("status", "/goodsNoteStatus"),
                ("reference", "/userBatchReference"),
            ],
            Self::Payments => &[
                ("id", "/paymentId"),
                ("order", "/orderId"),
                ("type", "/paymentType"),
                ("method", "/paymentMethodCode"),
                ("amount", "/amountPaid"),
                ("currency", "/currencyCode"),
                ("reference", "/transactionRef"),
                ("journal", "/journalId"),
            ],
            Self::Product => &[
                ("id", "/id"),
                ("SKU", "/identity/sku"),
                ("stock tracked", "/stock/stockTracked"),
                ("status", "/status"),
            ],
            Self::OrderNotes => {
                &[("id", "/noteId"), ("added", "/addedOn"), ("public", "/isPublic"), ("text", "/text")]
            }
        }
    }
}
