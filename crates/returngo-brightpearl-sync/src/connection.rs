//! Reads both sides of a connection for the connection check.

use std::time::Duration;

use brightpearl::{
    client::Clock,
    integration::account_configuration,
    order::{OrderSearch, OrderSummary, OrderTypeCode},
    search::Period,
};
use jiff::{Timestamp, fmt::rfc2822};
use returngo::{RmaFilter, webhook};
use returngo_brightpearl_mapping::check::{
    BrightpearlSide, Clocks, Connection, ReadFailure, ReadResult, Receiver, RecentRmas, ReturngoSide,
};

use crate::{account::with_configuration, with_causes};

/// How far back credits of other programs are searched.
const RECENT_PERIOD: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The most recent credits that are read.
const MAX_CREDITS: u32 = 200;

/// The receivers for the deliveries of both systems.
#[derive(Debug, Clone, Default)]
pub struct Receivers {
    /// For Brightpearl; none without a receiver.
    pub brightpearl: Option<Receiver>,
    /// For ReturnGO; none without a receiver.
    pub returngo: Option<Receiver>,
}

/// Reads both sides of a connection. A part that cannot be read is returned as an error for the check to report.
pub async fn read_connection(
    brightpearl: &brightpearl::Client,
    returngo: &returngo::Client,
    receivers: Receivers,
    clock: &dyn Clock,
) -> Connection {
    Connection {
        brightpearl: brightpearl_side(brightpearl, receivers.brightpearl, clock).await,
        returngo: returngo_side(returngo, receivers.returngo, clock).await,
    }
}

async fn brightpearl_side(
    client: &brightpearl::Client,
    receiver: Option<Receiver>,
    clock: &dyn Clock,
) -> BrightpearlSide {
    let request = account_configuration::get();
    let answer = client.send_raw(&request).await;
    let clocks = answer.as_ref().ok().and_then(|answer| clocks(answer.headers.get("date")?, clock));
    let account = match answer.map(|answer| request.read(&answer)) {
        Ok(Ok(configuration)) => with_configuration(client, configuration).await.map_err(why_brightpearl),
        Ok(Err(unreadable)) => Err(ReadFailure::Failed(unreadable.to_string())),
        Err(error) => Err(why_brightpearl(error)),
    };
    let (webhooks, recent_credits) = match &account {
        Ok(_) => (
            client.webhooks().list().await.map_err(why_brightpearl),
            recent_credits(client, clock.now()).await.map_err(why_brightpearl),
        ),
        Err(unread) => (Err(unread.clone()), Err(unread.clone())),
    };
    BrightpearlSide {
        server: client.base().to_owned(),
        account_code: client.account().clone(),
        account,
        webhooks,
        receiver,
        recent_credits,
        clocks,
    }
}

async fn recent_credits(
    client: &brightpearl::Client,
    now: Timestamp,
) -> Result<Vec<OrderSummary>, brightpearl::Error> {
    let since = brightpearl::OffsetDateTime::utc(now.saturating_sub(RECENT_PERIOD).unwrap_or(Timestamp::MIN));
    let search = OrderSearch::new()
        .order_type(&OrderTypeCode::SalesCredit)
        .created_on(&Period::from(since))
        .sort("orderId.DESC")
        .page_size(MAX_CREDITS);
    let mut results = client.orders().search(search);
    let first = results.next_page().await?;
    Ok(first.map(|page| page.results().into_iter().flatten().collect()).unwrap_or_default())
}

async fn returngo_side(
    client: &returngo::Client,
    receiver: Option<Receiver>,
    clock: &dyn Clock,
) -> ReturngoSide {
    let request = webhook::list();
    let answer = client.send_raw(&request).await;
    let clocks = answer.as_ref().ok().and_then(|answer| clocks(answer.headers.get("date")?, clock));
    let webhooks = match answer {
        Ok(answer) => request.read(&answer).map_err(|unreadable| ReadFailure::Failed(unreadable.to_string())),
        Err(error) => Err(why_returngo(error)),
    };
    let recent_rmas: ReadResult<RecentRmas> = latest_rmas(client).await.map_err(why_returngo);
    ReturngoSide { shop: client.shop().to_owned(), recent_rmas, webhooks, receiver, clocks }
}

async fn latest_rmas(client: &returngo::Client) -> Result<RecentRmas, returngo::Error> {
    let first = client.rmas().list(RmaFilter::new()).next_page().await?;
    let mut recent = RecentRmas::default();
    for row in first.map(|page| page.results()).unwrap_or_default() {
        match row {
            Ok(summary) => recent.ids.push(summary.rma_id),
            Err(row) => recent.unreadable.push(row.to_string()),
        }
    }
    Ok(recent)
}

fn clocks(date: &str, clock: &dyn Clock) -> Option<Clocks> {
    let server_time = rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    Some(Clocks { here: clock.now(), there: server_time })
}

fn why_brightpearl(error: brightpearl::Error) -> ReadFailure {
    use brightpearl::ErrorKind::*;
    match error.kind() {
        TokenExpired => ReadFailure::TokenExpired,
        TokenInvalid => ReadFailure::TokenUnknown,
        Unauthorized => ReadFailure::NoAccess(with_causes(&error)),
        NotSent | AnswerLost | ServerFailed | Throttled => ReadFailure::Unreachable(with_causes(&error)),
        _ => ReadFailure::Failed(with_causes(&error)),
    }
}

fn why_returngo(error: returngo::Error) -> ReadFailure {
    use returngo::ErrorKind::*;
    match error.kind() {
        WrongKey => ReadFailure::TokenUnknown,
        WrongShop => ReadFailure::NoAccess(with_causes(&error)),
        QuotaSpent => ReadFailure::QuotaSpent(with_causes(&error)),
        NotSent | AnswerLost | ServerFailed | Throttled => ReadFailure::Unreachable(with_causes(&error)),
        _ => ReadFailure::Failed(with_causes(&error)),
    }
}
