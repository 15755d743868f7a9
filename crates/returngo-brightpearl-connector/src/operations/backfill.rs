//! Returns from before a connection was created: a dry run, and queueing them.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use returngo::{EventName, RmaFilter, RmaId, RmaSummary, client::Quota, rma::RmaOrder};
use returngo_brightpearl_mapping::{Effect, Plan, RefundState, Review, plan, reconcile::Days};
use returngo_brightpearl_sync::{describe, is_for_returngo};
use serde::Serialize;

use super::{Context, OperationError, UnreadableObject};
use crate::{
    connection::Connection,
    skipped::Skipped,
    store::{Cause, ConnectionId, Operation, QueueRequest, UnreadableKind},
    with_causes,
};

/// How many RMAs a dry run reads together.
const TOGETHER: usize = 100;

/// The returns of a period that one run queues.
#[derive(Debug, Clone)]
pub struct Portion {
    /// The connection.
    pub connection: ConnectionId,
    /// The period.
    pub period: Days,
    /// RMAs that the connection synchronizes already.
    pub known: usize,
    /// The others, the oldest first, as many as one run takes.
    pub rmas: Vec<RmaId>,
    /// How many remain for the next run.
    pub left: usize,
    /// Rows that cannot be read: they may belong to the period.
    pub unreadable: Vec<UnreadableObject>,
    /// The daily quota of calls to ReturnGO.
    pub calls_a_day: Option<u32>,
}

/// RMAs that were queued.
#[derive(Debug, Clone, Serialize)]
pub struct Backfilled {
    /// The connection.
    pub connection: ConnectionId,
    /// The period.
    pub period: Days,
    /// The RMAs.
    pub enqueued: Vec<RmaId>,
    /// RMAs that the connection synchronizes already.
    pub known: usize,
    /// How many remain for the next run.
    pub left: usize,
    /// Rows that cannot be read.
    pub unreadable: Vec<UnreadableObject>,
    /// The calls to ReturnGO that synchronizing them takes.
    pub returngo: CallsNeeded,
}

/// The writes of a backfill, as planned.
#[derive(Debug, Clone, Serialize)]
pub struct DryRun {
    /// The connection.
    pub connection: ConnectionId,
    /// The period.
    pub period: Days,
    /// RMAs that the connection synchronizes already.
    pub known: usize,
    /// How many remain for the next run.
    pub left: usize,
    /// Rows that cannot be read.
    pub unreadable: Vec<UnreadableObject>,
    /// The RMAs.
    pub rmas: Vec<Outlook>,
    /// The calls to ReturnGO that synchronizing them takes.
    pub returngo: CallsNeeded,
    /// Sums over all RMAs.
    #[serde(skip)]
    pub totals: Totals,
}

/// Calls to ReturnGO that are needed at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallsNeeded {
    /// How many.
    pub calls: usize,
    /// Of how many a day.
    pub calls_a_day: Option<u32>,
}

/// The planned writes for an RMA. Bodies of writes are left out, because they name shoppers.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Outlook {
    /// It was planned.
    #[serde(rename_all = "camelCase")]
    Planned {
        /// The RMA.
        rma_id: RmaId,
        /// The writes.
        writes: Vec<PlannedWrite>,
        /// Refunds that would be recorded.
        refunds_to_record: usize,
        /// The reviews that it would need.
        reviews: Vec<Review>,
    },
    /// It cannot be read.
    #[serde(rename_all = "camelCase")]
    Unreadable {
        /// The RMA.
        rma_id: RmaId,
        /// The reason.
        error: String,
    },
}

/// A planned write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedWrite {
    /// Its key.
    pub key: String,
    /// The write in words.
    pub what: String,
}

/// Sums over all RMAs of a dry run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// RMAs.
    pub rmas: usize,
    /// Sales credits that would be created.
    pub credits: usize,
    /// Refunds that would be recorded.
    pub payments: usize,
    /// Updates in ReturnGO, as far as they are known now.
    pub updates: usize,
    /// RMAs that would be updated in ReturnGO, and so read once more.
    pub updated: usize,
    /// RMAs that would need review.
    pub need_review: usize,
    /// RMAs that cannot be read.
    pub unreadable: usize,
}

impl Totals {
    fn add(&mut self, plan: &Plan) {
        let updates = plan.effects.iter().filter(|effect| is_for_returngo(effect)).count();
        self.credits +=
            plan.effects.iter().filter(|effect| matches!(effect, Effect::CreateSalesCredit { .. })).count();
        self.payments += refunds_to_record(plan);
        self.updates += updates;
        self.updated += usize::from(updates > 0);
        self.need_review += usize::from(!plan.reviews.is_empty());
    }

    /// One to read each RMA, one for each write, and one to read it after writing.
    const fn calls(&self) -> usize {
        self.rmas + self.updates + self.updated
    }
}

/// Lists the returns of a period: those that the connection synchronizes already, and the portion that one run takes.
///
/// # Errors
/// The connection is unknown, or a system cannot be read.
pub async fn portion(
    context: &Context,
    id: &ConnectionId,
    period: Days,
    at_most: usize,
) -> Result<Portion, OperationError> {
    let connection = context.connection(id).await?;
    let configuration = context.registry.configuration(id).await?;
    let task = context.task("listing RMAs");
    let zone = connection.reader().await?.account.time_zone().unwrap_or(TimeZone::UTC);
    let mut skipped = Skipped::of(&connection.id);
    let (mut known, mut left, mut rmas) = (0, 0, Vec::new());
    let mut listed = connection.returngo.rmas().list(of_the_period(&period, &zone));
    while let Some(page) = listed.next_page().await? {
        for row in page.results() {
            let summary = match row {
                Ok(summary) if was_created_on(&summary, &period, &zone) => summary,
                Ok(_) => continue,
                Err(row) => {
                    skipped.add_row(UnreadableKind::RmaRow, &row);
                    continue;
                }
            };
            if is_known(context, &connection, &summary).await? {
                known += 1;
            } else if rmas.len() < at_most {
                rmas.push(summary.rma_id);
            } else {
                left += 1;
            }
        }
        task.describe(&format!("listing RMAs: {}", known + rmas.len() + left));
    }
    let unreadable = UnreadableObject::all(skipped.unreadable());
    skipped.store(&context.store, context.now()).await?;
    let calls_a_day = configuration.returngo.calls_a_day.or(Quota::default().per_day);
    Ok(Portion { connection: id.clone(), period, known, rmas, left, unreadable, calls_a_day })
}

/// Queues the RMAs of a portion.
///
/// # Errors
/// The connection is unknown.
pub async fn queue(context: &Context, portion: Portion) -> Result<Backfilled, OperationError> {
    let Portion { connection, period, known, rmas, left, unreadable, calls_a_day } = portion;
    let request = QueueRequest {
        by: context.actor.clone(),
        operation: Operation::Backfill,
        connection: connection.clone(),
        rmas: rmas.iter().map(|rma| (rma.clone(), Cause::User)).collect(),
        why: format!("backfill requested by {}", context.actor),
    };
    context.store.enqueue_requested(&request, context.now()).await?;
    let returngo = CallsNeeded { calls: rmas.len(), calls_a_day };
    Ok(Backfilled { connection, period, enqueued: rmas, known, left, unreadable, returngo })
}

/// Plans the writes for a portion. Reads every RMA, at one call to ReturnGO each, and writes nothing.
///
/// # Errors
/// The connection is unknown, or its account cannot be read.
pub async fn dry_run(context: &Context, portion: Portion) -> Result<DryRun, OperationError> {
    let Portion { connection: id, period, known, rmas, left, unreadable, calls_a_day } = portion;
    let connection = context.connection(&id).await?;
    let task = context.steps("RMAs", rmas.len());
    let reader = connection.reader().await?;
    let mut totals = Totals { rmas: rmas.len(), ..Totals::default() };
    let mut outlooks = BTreeMap::new();
    for together in rmas.chunks(TOGETHER) {
        for (rma, world) in reader.worlds(together).await {
            let outlook = match world {
                Ok(world) => {
                    let plan = plan(&world, &connection.settings);
                    totals.add(&plan);
                    Outlook::planned(rma.clone(), plan)
                }
                Err(error) => {
                    totals.unreadable += 1;
                    Outlook::Unreadable { rma_id: rma.clone(), error: with_causes(&error) }
                }
            };
            outlooks.insert(rma, outlook);
        }
        task.advance(outlooks.len());
    }
    let returngo = CallsNeeded { calls: totals.calls(), calls_a_day };
    let rmas = outlooks.into_values().collect();
    Ok(DryRun { connection: id, period, known, left, unreadable, rmas, returngo, totals })
}

impl Outlook {
    fn planned(rma_id: RmaId, plan: Plan) -> Self {
        let write = |effect: &Effect| PlannedWrite { key: effect.key().to_owned(), what: describe(effect) };
        Self::Planned {
            rma_id,
            writes: plan.effects.iter().map(write).collect(),
            refunds_to_record: refunds_to_record(&plan),
            reviews: plan.reviews,
        }
    }
}

fn refunds_to_record(plan: &Plan) -> usize {
    plan.state.refunds.iter().filter(|refund| refund.state == RefundState::Pending).count()
}

async fn is_known(
    context: &Context,
    connection: &Connection,
    summary: &RmaSummary,
) -> Result<bool, OperationError> {
    let known = context.store.work(&connection.id, &summary.rma_id).await?;
    Ok(known.is_some_and(|job| job.requested || job.credit.is_some() || !is_ignored(summary, connection)))
}

/// Whether an RMA is ignored until a user queues it, also if it is known.
fn is_ignored(summary: &RmaSummary, connection: &Connection) -> bool {
    let approved = summary.events.iter().filter(|event| event.event_name == EventName::Approved);
    let approved_at = approved.filter_map(|event| Some(event.event_date?.timestamp())).min();
    approved_at.zip(connection.synchronise_from).is_some_and(|(approved_at, from)| approved_at < from)
}

fn of_the_period(days: &Days, zone: &TimeZone) -> RmaFilter {
    let filter = RmaFilter::new().order(RmaOrder::OldestFirst);
    let filter = days.begin(zone).into_iter().fold(filter, RmaFilter::created_since);
    days.end(zone).into_iter().fold(filter, RmaFilter::created_before)
}

/// That both bounds of a list hold is unconfirmed (docs/evidence/returngo.md#paging-and-filters).
fn was_created_on(summary: &RmaSummary, days: &Days, zone: &TimeZone) -> bool {
    let created = summary.events.iter().filter_map(|event| Some(event.event_date?.timestamp())).min();
    created.is_none_or(|created| days.contains(created.to_zoned(zone.clone()).date()))
}
