//! Sales orders: one return of an order is processed at a time, and sees the writes that were intended for the others.

use std::collections::{BTreeSet, HashMap, HashSet};

use brightpearl::OrderId;
use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_sync::IntendedCredit;
use serde::Serialize;

use super::{
    ConnectionId, EffectRecord, Lease, Store, StoreError, connection_queue, connections, effects,
    queue::LeaseRow,
    session::{Row, Session, json, unreadable},
};

/// A counter that grows whenever any sales order gets another holder. What is read afterwards shows everything that was
/// written before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Revision(pub i64);

/// A request to hold the sales order of a leased RMA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRequest {
    /// The lease.
    pub lease: Lease,
    /// The sales order.
    pub order: OrderId,
}

/// Whether a lease holds the sales order that it requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderHold {
    /// It does, and nothing was written for another return of the order since it was read.
    Ready,
    /// It does, but another return of the order may have been written since: read both systems again.
    Changed,
    /// Another return of the order is in progress.
    Taken {
        /// Its connection.
        connection: ConnectionId,
        /// Its RMA.
        rma: RmaId,
    },
    /// It is unknown whether a credit of another return of the order was written. Its RMA is pending and will look it up.
    Unclear {
        /// Its connection.
        connection: ConnectionId,
        /// Its RMA.
        rma: RmaId,
        /// When that RMA runs, unless it is in progress.
        run_at: Option<Timestamp>,
    },
    /// The lease was lost.
    LeaseLost,
}

impl Store {
    /// The current revision. Request it before both systems are read.
    pub async fn revision(&self) -> Result<Revision, StoreError> {
        revision(&mut self.asking().await?).await
    }

    /// Holds the sales orders of leased RMAs of one connection until their leases end. One return of an order is processed at
    /// a time, over all connections of the account and all processes. What was read after `read_at` shows what the others
    /// wrote. Answers in the same order.
    pub async fn hold_orders(
        &self,
        requests: &[OrderRequest],
        read_at: Revision,
    ) -> Result<Vec<OrderHold>, StoreError> {
        let mut session = self.writing().await?;
        let turns = take(&mut session, requests, read_at).await?;
        session.commit().await?;
        Ok(turns)
    }

    /// The credits intended for these sales orders, by any RMA of the connection's account, that were not rejected.
    pub async fn intended_credits(
        &self,
        connection: &ConnectionId,
        orders: &[OrderId],
    ) -> Result<Vec<IntendedCredit>, StoreError> {
        intended_credits(&mut self.reading().await?, connection, orders).await
    }

    /// The credits and payments of these RMAs that were intended or applied since this time and not rejected.
    pub async fn recent_writes(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
        since: Timestamp,
    ) -> Result<Vec<(RmaId, EffectRecord)>, StoreError> {
        recent_writes(&mut self.asking().await?, connection, rmas, since).await
    }
}

pub(super) async fn revision(session: &mut Session<'_>) -> Result<Revision, StoreError> {
    const REVISION: &str = "SELECT COALESCE(MAX(revision), 0) AS revision FROM original_order";
    let row = session.first(REVISION, &[]).await?;
    row.map_or(Ok(Revision::default()), |row| Ok(Revision(row.int("revision")?)))
}

/// Holds the requested sales order for each lease, unless another return of the order is in progress or unclear. All leases
/// are of one connection.
pub(super) async fn take(
    session: &mut Session<'_>,
    requests: &[OrderRequest],
    read_at: Revision,
) -> Result<Vec<OrderHold>, StoreError> {
    // Creates the rows to lock, so that of two simultaneous requests for a new order one comes first.
    const KNOW: &str = "
        INSERT INTO original_order (account, order_id, revision)
        SELECT $2, order_id, 0 FROM {input $1: order_id text} WHERE true ORDER BY order_id
        ON CONFLICT (account, order_id) DO NOTHING";
    const TAKE: &str = "
        INSERT INTO original_order (account, order_id, revision, connection, rma, attempt)
        SELECT $2, input.order_id, (SELECT COALESCE(MAX(revision), 0) + 1 FROM original_order),
            input.connection, input.rma, input.attempt
        FROM {input $1: connection text, rma text, attempt bigint, order_id text}
        WHERE true ORDER BY input.order_id
        ON CONFLICT (account, order_id) DO UPDATE SET revision = excluded.revision,
            connection = excluded.connection, rma = excluded.rma, attempt = excluded.attempt";
    let Some(first) = requests.first() else { return Ok(Vec::new()) };
    connection_queue::lock_all(
        session,
        &connection_queue::of_leases(requests.iter().map(|request| &request.lease)),
    )
    .await?;
    let account = connections::account_of(session, &first.lease.connection).await?;
    let held = held(session, requests).await?;
    let orders: BTreeSet<_> = requests.iter().map(|request| request.order).collect();
    let orders: Vec<_> = orders.into_iter().map(Order::of).collect();
    let orders = json(&orders)?;
    session.run(KNOW, &[(&orders).into(), (&account).into()]).await?;
    let holdings = holdings(session, &account, &orders).await?;
    let unclear = unclear(session, &account, &orders).await?;

    let mut turns = Vec::with_capacity(requests.len());
    let mut taken = Vec::new();
    for request in requests {
        let wanted = Wanted::of(request);
        let holding = holdings.get(&wanted.order_id);
        let turn = if held.contains(&(wanted.connection.clone(), wanted.rma.clone())) {
            turn(request, holding, &unclear, read_at)?
        } else {
            OrderHold::LeaseLost
        };
        let is_new = holding.is_none_or(|holding| !holding.is_of(&request.lease));
        if is_new && matches!(turn, OrderHold::Ready | OrderHold::Changed) {
            taken.push(wanted);
        }
        turns.push(turn);
    }
    session.run(TAKE, &[(&json(&taken)?).into(), (&account).into()]).await?;
    Ok(turns)
}

fn turn(
    request: &OrderRequest,
    holding: Option<&Holding>,
    unclear: &[Unclear],
    read_at: Revision,
) -> Result<OrderHold, StoreError> {
    let lease = &request.lease;
    if let Some(holding) = holding.filter(|holding| holding.is_live && !holding.is_of(lease)) {
        let (connection, rma) = holding.named()?;
        return Ok(OrderHold::Taken { connection, rma });
    }
    let order = request.order.to_string();
    let of_order = || unclear.iter().filter(|unclear| unclear.order == order);
    let own = of_order().filter(|unclear| unclear.is_of(lease)).map(Unclear::database).min();
    // Of two unclear returns, the one that was intended first is looked up first.
    let first = of_order()
        .filter(|other| other.is_pending && !other.is_of(lease))
        .filter(|other| own.is_none_or(|own| other.database() < own))
        .min_by_key(|other| other.database());
    if let Some(other) = first {
        let (connection, rma) = (parsed(&other.connection)?, parsed(&other.rma)?);
        return Ok(OrderHold::Unclear { connection, rma, run_at: other.run_at });
    }
    let is_as_read = |holding: &Holding| {
        holding.revision <= read_at.0 && (holding.holder.is_none() || holding.is_of(lease))
    };
    Ok(if holding.is_none_or(is_as_read) { OrderHold::Ready } else { OrderHold::Changed })
}

/// Releases the sales orders that these leases hold.
pub(super) async fn release(session: &mut Session<'_>, leases: &[LeaseRow]) -> Result<(), StoreError> {
    const HELD: &str = "
        SELECT original_order.account, original_order.order_id FROM original_order
        WHERE EXISTS (
            SELECT 1 FROM {input $1: connection text, rma text, attempt bigint}
            WHERE original_order.connection = input.connection AND original_order.rma = input.rma
                AND original_order.attempt = input.attempt
        ) ORDER BY original_order.account, original_order.order_id";
    const RELEASE: &str = "
        UPDATE original_order SET connection = NULL, rma = NULL, attempt = NULL,
            revision = (SELECT COALESCE(MAX(revision), 0) + 1 FROM original_order)
        FROM {input $1: account text, order_id text}
        WHERE original_order.account = input.account AND original_order.order_id = input.order_id";
    #[derive(Serialize)]
    struct Released {
        account: String,
        order_id: String,
    }
    let rows = session.lock_all(HELD, &[(&json(leases)?).into()]).await?;
    let released = rows
        .iter()
        .map(|row| Ok(Released { account: row.text("account")?, order_id: row.text("order_id")? }))
        .collect::<Result<Vec<_>, StoreError>>()?;
    if !released.is_empty() {
        session.run(RELEASE, &[(&json(&released)?).into()]).await?;
    }
    Ok(())
}

/// The credits that RMAs of the connection's account intended for these orders and that were not rejected.
pub(super) async fn intended_credits(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    orders: &[OrderId],
) -> Result<Vec<IntendedCredit>, StoreError> {
    const INTENDED: &str = "
        SELECT rma, kind, original_order, credit_rows, adopts, remote_id FROM effect
        WHERE account = $2 AND original_order IN (SELECT input.order_id FROM {input $1: order_id text})
            AND (outcome IS NULL OR outcome <> 'refused')
        ORDER BY rma, key";
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let account = connections::account_of(session, connection).await?;
    let orders: Vec<_> = orders.iter().map(|order| Order::of(*order)).collect();
    let rows = session.all(INTENDED, &[(&json(&orders)?).into(), (&account).into()]).await?;
    rows.iter().map(intended).collect()
}

fn intended(row: &Row) -> Result<IntendedCredit, StoreError> {
    let adopts = row.text_if_any("adopts")?;
    let adopted = adopts.is_some();
    let credit = adopts.or(row.text_if_any("remote_id")?);
    let rows = row.text_if_any("credit_rows")?;
    let rows = rows.map(|rows| serde_json::from_str(&rows)).transpose();
    Ok(IntendedCredit {
        rma: row.parsed("rma")?,
        order: row.parsed("original_order")?,
        rows: rows.map_err(|error| unreadable("credit_rows", error))?.unwrap_or_default(),
        credit: credit.map(|credit| parsed(&credit)).transpose()?,
        adopted,
    })
}

#[derive(Serialize)]
struct RmaArg {
    rma: String,
}

/// The credits and payments that these RMAs intended since this time and that were not rejected.
pub(super) async fn recent_writes(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rmas: &[returngo::RmaId],
    since: Timestamp,
) -> Result<Vec<(returngo::RmaId, EffectRecord)>, StoreError> {
    const RECENT: &str = "
        SELECT effect.* FROM effect WHERE connection = $2 AND kind IN ('credit', 'payment')
            AND effect.rma IN (SELECT input.rma FROM {input $1: rma text})
            AND COALESCE(recorded_at, intended_at) > $3 AND (outcome IS NULL OR outcome <> 'refused')
        ORDER BY rma, key";
    let rmas: Vec<_> = rmas.iter().map(|rma| RmaArg { rma: rma.to_string() }).collect();
    let rmas = json(&rmas)?;
    let parameters = [(&rmas).into(), connection.as_str().into(), since.into()];
    let rows = session.all(RECENT, &parameters).await?;
    rows.iter().map(|row| Ok((row.parsed("rma")?, effects::record(row)?))).collect()
}

#[derive(Serialize)]
struct Wanted {
    connection: String,
    rma: String,
    attempt: i64,
    order_id: String,
}

impl Wanted {
    fn of(request: &OrderRequest) -> Self {
        Self {
            connection: request.lease.connection.to_string(),
            rma: request.lease.rma.to_string(),
            attempt: request.lease.attempt,
            order_id: request.order.to_string(),
        }
    }
}

#[derive(Serialize)]
struct Order {
    order_id: String,
}

impl Order {
    fn of(order: OrderId) -> Self {
        Self { order_id: order.to_string() }
    }
}

/// The leases that are still held, by connection and RMA.
async fn held(
    session: &mut Session<'_>,
    requests: &[OrderRequest],
) -> Result<HashSet<(String, String)>, StoreError> {
    const HELD: &str = "
        SELECT job.connection, job.rma
        FROM job JOIN {input $1: connection text, rma text, attempt bigint}
            ON job.connection = input.connection AND job.rma = input.rma AND job.attempt = input.attempt
        WHERE state = 'in-progress'";
    let leases: Vec<_> = requests.iter().map(|request| LeaseRow::of(&request.lease)).collect();
    let rows = session.all(HELD, &[(&json(&leases)?).into()]).await?;
    rows.iter().map(|row| Ok((row.text("connection")?, row.text("rma")?))).collect()
}

/// The holder of a sales order.
struct Holding {
    revision: i64,
    holder: Option<(String, String, i64)>,
    /// Whether the holder's lease is still held.
    is_live: bool,
}

impl Holding {
    fn is_of(&self, lease: &Lease) -> bool {
        self.holder.as_ref().is_some_and(|(connection, rma, attempt)| {
            *connection == lease.connection.as_str()
                && *rma == lease.rma.to_string()
                && *attempt == lease.attempt
        })
    }

    fn named(&self) -> Result<(ConnectionId, returngo::RmaId), StoreError> {
        let (connection, rma) =
            self.holder.as_ref().map_or(("", ""), |(connection, rma, _)| (connection, rma));
        Ok((parsed(connection)?, parsed(rma)?))
    }
}

async fn holdings(
    session: &mut Session<'_>,
    account: &str,
    orders: &str,
) -> Result<HashMap<String, Holding>, StoreError> {
    const HOLDINGS: &str = "
        SELECT order_id, revision, connection, rma, attempt, (
            SELECT COUNT(*) FROM job WHERE job.connection = original_order.connection
                AND job.rma = original_order.rma AND job.attempt = original_order.attempt
                AND job.state = 'in-progress'
        ) AS live
        FROM original_order
        WHERE account = $2 AND order_id IN (SELECT input.order_id FROM {input $1: order_id text})
        ORDER BY order_id";
    let mut holdings = HashMap::new();
    for row in session.lock_all(HOLDINGS, &[orders.into(), account.into()]).await? {
        let holder = row.text_if_any("connection")?.zip(row.text_if_any("rma")?);
        let holder = holder.zip(row.int_if_any("attempt")?);
        let holding = Holding {
            revision: row.int("revision")?,
            holder: holder.map(|((connection, rma), attempt)| (connection, rma, attempt)),
            is_live: row.int("live")? > 0,
        };
        holdings.insert(row.text("order_id")?, holding);
    }
    Ok(holdings)
}

/// A credit of which it is unknown whether it was written.
struct Unclear {
    connection: String,
    rma: String,
    order: String,
    intended_at: i64,
    /// Whether its RMA is pending or in progress, so that it will be looked up.
    is_pending: bool,
    run_at: Option<Timestamp>,
}

impl Unclear {
    fn is_of(&self, lease: &Lease) -> bool {
        self.connection == lease.connection.as_str() && self.rma == lease.rma.to_string()
    }

    fn database(&self) -> (i64, &str, &str) {
        (self.intended_at, &self.connection, &self.rma)
    }
}

async fn unclear(session: &mut Session<'_>, account: &str, orders: &str) -> Result<Vec<Unclear>, StoreError> {
    const UNCLEAR: &str = "
        SELECT effect.connection, effect.rma, effect.original_order, effect.intended_at, job.run_at,
            CASE WHEN job.state IN ('pending', 'in-progress') AND configuration IS NOT NULL AND blocked = 0
                THEN 1 ELSE 0 END AS pending
        FROM effect
            JOIN job ON job.connection = effect.connection AND job.rma = effect.rma
            JOIN connection ON connection.id = effect.connection
        WHERE effect.account = $2
            AND effect.original_order IN (SELECT input.order_id FROM {input $1: order_id text})
            AND (outcome IS NULL OR outcome = 'unknown')";
    let rows = session.all(UNCLEAR, &[orders.into(), account.into()]).await?;
    let unclear = |row: &Row| {
        Ok(Unclear {
            connection: row.text("connection")?,
            rma: row.text("rma")?,
            order: row.text("original_order")?,
            intended_at: row.int("intended_at")?,
            is_pending: row.int("pending")? == 1,
            run_at: row.time_if_any("run_at")?,
        })
    };
    rows.iter().map(unclear).collect()
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error: T::Err| unreadable("original_order", error))
}
