//! In the end: every return is in sync, or waits for a person (rule 6).

use returngo::{RmaStatus, TransactionStatus};
use returngo_brightpearl_connector::store::{EffectOutcome, Job, JobState, Store};

use super::{Checked, facts::Facts, hold, keys};
use crate::world::World;

pub(crate) async fn check(world: &World, store: &Store) -> Checked {
    let facts = Facts::of(world);
    for returned in &world.setup.rmas {
        let id = &returned.id;
        let Some(rma) = world.rma(returned.shop, id) else { continue };
        // A shop that never answers shows nothing; returns of the other shops must not wait for it.
        if rma.approved_at().is_none() || world.oddities.hangs(Some(returned.shop)) {
            continue;
        }
        let connections = world.setup.connections.iter().filter(|connected| connected.shop == returned.shop);
        let (mut items, mut is_settled, mut is_deleted) = (Vec::new(), false, false);
        for connected in connections {
            let connection = connected.id.parse().unwrap();
            let settled = store.decisions(&connection, std::slice::from_ref(id)).await.unwrap();
            is_settled |= !settled.is_empty();
            // Only people delete credits, and nothing tells of it.
            let written = store.effects(&connection, id).await.unwrap();
            let credit = written.iter().find(|effect| effect.key == format!("RGO-{id}"));
            let was_made =
                credit.is_some_and(|credit| matches!(credit.outcome, Some(EffectOutcome::Applied { .. })));
            is_deleted |=
                was_made && facts.credits.iter().all(|credit| credit.rma() != Some(&id.to_string()));
            items.extend(store.work(&connection, id).await.unwrap());
        }
        hold!("6", !items.is_empty(), "RMA {id} was never looked at");
        for item in &items {
            for review in item.reviews.iter().chain(&item.resolved) {
                world.happened(format!("{} is asked", review.code));
            }
            check_item(item)?;
        }
        let asks = |item: &Job| item.state == JobState::NeedsReview;
        let decided = |item: &Job| !item.resolved.is_empty() || item.resolved_error.is_some();
        if rma.status() == &RmaStatus::Canceled
            || is_settled
            || is_deleted
            || items.iter().any(|item| asks(item) || decided(item))
        {
            continue;
        }
        // A person was told of a row that could not be read; which return it was about is unknown.
        if is_person_told(world, returned.shop, store).await {
            continue;
        }
        let waits = connection_waits(world, returned.shop, rma.status());
        if !waits {
            check_synchronized(&facts, &rma)?;
        }
    }
    let answers = |connection: &str| {
        let mut connections = world.setup.connections.iter();
        connections.any(|connected| connected.id == connection && !world.oddities.hangs(Some(connected.shop)))
    };
    let status = store.status().await.unwrap();
    for status in status.into_iter().filter(|status| answers(status.connection.as_str())) {
        hold!("6", status.waiting_deliveries == 0, "{} webhooks wait", status.waiting_deliveries);
    }
    Ok(())
}

async fn is_person_told(world: &World, shop: usize, store: &Store) -> bool {
    if !world.oddities.are_answers_odd() {
        return false;
    }
    let told = store.unreadable(None).await.unwrap();
    let connections = world.setup.connections.iter().filter(|connected| connected.shop == shop);
    connections.into_iter().any(|connected| told.iter().any(|one| one.connection.as_str() == connected.id))
}

fn check_item(item: &Job) -> Checked {
    let (rma, of, state) = (&item.rma, &item.connection, item.state);
    let rests = matches!(state, JobState::InSync | JobState::NeedsReview | JobState::OfAnotherShop);
    hold!(
        "6",
        rests,
        "RMA {rma} of {of} is {state:?} at the end, due at {:?}: {:?}",
        item.run_at,
        item.last_error
    );
    Ok(())
}

/// The credit is made later than at the approval.
fn connection_waits(world: &World, shop: usize, status: &RmaStatus) -> bool {
    let mut connections = world.setup.connections.iter().filter(|connected| connected.shop == shop);
    connections.any(|connected| connected.settings.trigger == "received") && *status == RmaStatus::Approved
}

fn check_synchronized(facts: &Facts, rma: &returngo::Rma) -> Checked {
    let id = rma.id().to_string();
    let credit = facts.credits.iter().find(|credit| credit.rma() == Some(&id));
    let paid_under_key = |key: &(String, String)| {
        let references = facts.payments.iter().filter_map(|payment| payment.transaction_ref.as_deref());
        references.filter_map(keys::refund).any(|paid| paid == *key)
    };
    // A credit that was adopted shows in its payments.
    let has_payments = facts.payments.iter().any(|payment| {
        payment.transaction_ref.as_deref().and_then(keys::refund).is_some_and(|(of, _)| of == id)
    });
    let adopts = facts.credits.iter().any(|credit| credit.keyed_by.is_none());
    hold!("6", credit.is_some() || has_payments || adopts, "RMA {id} is in sync, and has no credit");
    for transaction in &rma.transactions {
        let key = (id.clone(), transaction.id.to_string());
        let happened = transaction.status == TransactionStatus::Success && transaction.is_refund();
        hold!(
            "6",
            !happened || paid_under_key(&key),
            "RMA {id} is in sync, and refund {} is not recorded",
            transaction.id
        );
        hold!(
            "6",
            happened || !paid_under_key(&key),
            "RMA {id} is in sync, and refund {}, which is {}, is recorded",
            transaction.id,
            transaction.status
        );
    }
    Ok(())
}
