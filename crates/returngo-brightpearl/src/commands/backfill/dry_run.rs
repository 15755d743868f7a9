//! What the older returns of a period would lead to.

use std::{collections::BTreeMap, fmt};

use returngo::RmaId;
use returngo_brightpearl_mapping::{Effect, Plan, RefundState, plan, reconcile::Days};
use serde_json::{Value, json};

use super::{Portion, share_of_a_day, tell_of_the_others};
use crate::{
    options::GlobalOptions,
    output::{print, print_json, print_table},
    terminal::Progress,
    unreadable,
};
use returngo_brightpearl_connector::{
    apply::{describe, is_for_returngo},
    connection::Connection,
    error::with_causes,
};

/// How many RMAs are looked at together.
const TOGETHER: usize = 100;

/// What would be done about an RMA, or why nobody can tell.
type Outlook = Result<Plan, String>;

pub(super) async fn run(
    options: &GlobalOptions,
    connection: &Connection,
    days: &Days,
    portion: Portion,
    calls_a_day: Option<u32>,
) -> anyhow::Result<()> {
    let outlooks = outlooks(connection, &portion.rmas).await?;
    let totals = Totals::of(&outlooks);
    if options.json {
        return print_json(&json!({
            "connection": connection.id.as_str(),
            "period": days,
            "known": portion.known,
            "left": portion.left,
            "unreadable": portion.unreadable.iter().map(unreadable::as_json).collect::<Vec<_>>(),
            "rmas": outlooks.iter().map(as_json).collect::<Vec<_>>(),
            "returngo": {"calls": totals.calls(), "callsADay": calls_a_day},
        }));
    }
    if outlooks.is_empty() {
        print("No RMA would be queued.")?;
        return tell_of_the_others(&portion);
    }
    let rows = outlooks.iter().map(|(rma, outlook)| [rma.to_string(), done(outlook), decided(outlook)]);
    print_table(["RMA", "what would be done first", "what a person would decide"], rows)?;
    print(format_args!("{totals}It takes {}.", share_of_a_day(totals.calls(), calls_a_day)))?;
    tell_of_the_others(&portion)
}

async fn outlooks(connection: &Connection, rmas: &[RmaId]) -> anyhow::Result<BTreeMap<RmaId, Outlook>> {
    let progress = Progress::steps("RMAs", rmas.len());
    let reader = connection.reader().await?;
    let mut outlooks = BTreeMap::new();
    for together in rmas.chunks(TOGETHER) {
        for (rma, world) in reader.worlds(together).await {
            let outlook = world.map_err(|error| with_causes(&error)).map(|mut world| {
                world.account = reader.account.clone();
                plan(&world, &connection.settings)
            });
            outlooks.insert(rma, outlook);
        }
        progress.done(outlooks.len());
    }
    Ok(outlooks)
}

/// What all of it comes to.
#[derive(Default)]
struct Totals {
    rmas: usize,
    credits: usize,
    payments: usize,
    updates: usize,
    /// RMAs that are written to, and so read once more.
    updated: usize,
    for_a_person: usize,
    unread: usize,
}

impl Totals {
    fn of(outlooks: &BTreeMap<RmaId, Outlook>) -> Self {
        let mut totals = Self { rmas: outlooks.len(), ..Self::default() };
        for outlook in outlooks.values() {
            match outlook {
                Ok(plan) => totals.add(plan),
                Err(_) => totals.unread += 1,
            }
        }
        totals
    }

    fn add(&mut self, plan: &Plan) {
        let updates = plan.effects.iter().filter(|effect| is_for_returngo(effect)).count();
        self.credits +=
            plan.effects.iter().filter(|effect| matches!(effect, Effect::CreateSalesCredit { .. })).count();
        self.payments += refunds_to_record(plan);
        self.updates += updates;
        self.updated += usize::from(updates > 0);
        self.for_a_person += usize::from(!plan.reviews.is_empty());
    }

    /// One to read each RMA, one for each write, and one to see what was written.
    const fn calls(&self) -> usize {
        self.rmas + self.updates + self.updated
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rmas, credits, payments, updates, for_a_person, unread, .. } = self;
        writeln!(f, "RMAs: {rmas}")?;
        writeln!(f, "  sales credits to be made: {credits}")?;
        writeln!(f, "  refunds to be recorded: {payments}")?;
        writeln!(f, "  updates of RMAs, as far as it can be told now: {updates}")?;
        writeln!(f, "  for a person: {for_a_person}")?;
        if *unread > 0 {
            writeln!(f, "  not read: {unread}")?;
        }
        Ok(())
    }
}

fn done(outlook: &Outlook) -> String {
    match outlook {
        Ok(plan) => plan.effects.iter().map(describe).collect::<Vec<_>>().join("\n"),
        Err(error) => format!("not read: {error}"),
    }
}

fn decided(outlook: &Outlook) -> String {
    let reviews = outlook.as_ref().map(|plan| plan.reviews.as_slice()).unwrap_or_default();
    reviews.iter().map(|review| format!("{}: {}", review.code, review.message)).collect::<Vec<_>>().join("\n")
}

/// Without what is written itself, which names shoppers: `plan` shows that of one RMA.
fn as_json((rma, outlook): (&RmaId, &Outlook)) -> Value {
    match outlook {
        Ok(plan) => json!({
            "rmaId": rma,
            "writes": plan.effects.iter().map(|effect| json!({"key": effect.key(), "what": describe(effect)})).collect::<Vec<_>>(),
            "refundsToRecord": refunds_to_record(plan),
            "reviews": plan.reviews,
        }),
        Err(error) => json!({"rmaId": rma, "error": error}),
    }
}

fn refunds_to_record(plan: &Plan) -> usize {
    plan.state.refunds.iter().filter(|refund| refund.state == RefundState::Pending).count()
}
