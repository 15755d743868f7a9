use super::{
    at, connect, databases::Database, in_sync, lease_all, mark, name, on_both, rma, take_over, worker_ended,
};
use returngo_brightpearl_connector::store::{
    Admission, AuditEvent, EffectOutcome, Intent, Lease, Store, WriteKind,
};

on_both!(
    an_intent_is_remembered_with_what_became_of_it,
    what_was_applied_is_not_written_again,
    what_nobody_answered_for_was_intended_before,
    what_may_still_appear_waits_for_a_later_look,
    what_was_refused_may_be_tried_again,
    a_lost_claim_may_write_nothing,
    a_lost_claim_records_nothing,
    what_was_applied_is_never_unsaid,
    many_are_answered_in_their_order,
);

const FIRST: Admission = Admission::Go { before: false };
const AGAIN: Admission = Admission::Go { before: true };

fn intent(lease: &Lease, key: &str) -> Intent {
    let what = format!("credit of 20.00 EUR, {key}");
    Intent { lease: lease.clone(), key: key.to_owned(), what, known_until: at(0), kind: WriteKind::Other }
}

fn applied(id: &str) -> EffectOutcome {
    EffectOutcome::Applied { remote_id: Some(id.to_owned()), already_existed: false }
}

fn unknown() -> EffectOutcome {
    EffectOutcome::Unknown { error: "no answer".to_owned() }
}

async fn leased(store: &Store) -> Lease {
    connect(store, "acme").await;
    mark(store, "acme", &[1], 0).await;
    lease_all(store, 1).await.remove(0)
}

async fn admitted(store: &Store, lease: &Lease, key: &str, now: i64) -> Admission {
    admitted_after_a_look(store, lease, key, now, now).await
}

/// The systems were looked at for what was sent until then.
async fn admitted_after_a_look(
    store: &Store,
    lease: &Lease,
    key: &str,
    known_until: i64,
    now: i64,
) -> Admission {
    let intent = Intent { known_until: at(known_until), ..intent(lease, key) };
    store.intend(&[intent], at(now)).await.unwrap().remove(0)
}

async fn record(store: &Store, lease: &Lease, key: &str, outcome: EffectOutcome, now: i64) {
    store.record(&[(lease.clone(), key.to_owned(), outcome)], at(now)).await.unwrap();
}

async fn an_intent_is_remembered_with_what_became_of_it(database: Database) {
    let store = database.open().await;
    let lease = leased(&store).await;
    assert_eq!(admitted(&store, &lease, "RGO-1", 2).await, FIRST);
    let intended = store.effects(&name("acme"), &rma(1)).await.unwrap().remove(0);
    assert_eq!((intended.outcome.as_ref(), intended.intended_at), (None, at(2)));
    assert_eq!(intended.what, "credit of 20.00 EUR, RGO-1");

    record(&store, &lease, "RGO-1", applied("300871"), 3).await;
    let recorded = store.effects(&name("acme"), &rma(1)).await.unwrap().remove(0);
    assert_eq!((recorded.outcome, recorded.recorded_at), (Some(applied("300871")), Some(at(3))));
    let audit = store.audit(&name("acme"), &rma(1)).await.unwrap();
    let events: Vec<_> = audit.iter().map(|entry| entry.event).collect();
    assert_eq!(events, [AuditEvent::Queued, AuditEvent::Started, AuditEvent::Intended, AuditEvent::Applied]);
    assert_eq!(audit[3].detail, "RGO-1 as 300871");
    assert_eq!(audit[3].attempt, Some(lease.attempt));
}

async fn what_was_applied_is_not_written_again(database: Database) {
    let store = database.open().await;
    let lease = leased(&store).await;
    admitted(&store, &lease, "RGO-1", 2).await;
    record(&store, &lease, "RGO-1", applied("300871"), 3).await;
    store.finish(&[(lease, in_sync())], at(4)).await.unwrap();
    mark(&store, "acme", &[1], 5).await;
    let next = lease_all(&store, 6).await.remove(0);
    let known = store.effects(&name("acme"), &rma(1)).await.unwrap().remove(0);
    assert_eq!(admitted(&store, &next, "RGO-1", 7).await, Admission::AlreadyApplied(known.clone()));
    assert_eq!(store.effects(&name("acme"), &rma(1)).await.unwrap(), [known]);
}

async fn what_nobody_answered_for_was_intended_before(database: Database) {
    let store = database.open().await;
    let lease = leased(&store).await;
    admitted(&store, &lease, "RGO-1", 2).await;
    admitted(&store, &lease, "RGO-2", 2).await;
    record(&store, &lease, "RGO-2", unknown(), 3).await;
    let next = take_over(&store, 100).await.remove(0);
    assert_eq!(admitted(&store, &next, "RGO-1", 101).await, AGAIN);
    assert_eq!(admitted(&store, &next, "RGO-2", 101).await, AGAIN);
    assert_eq!(admitted(&store, &next, "RGO-3", 101).await, FIRST);
}

async fn what_may_still_appear_waits_for_a_later_look(database: Database) {
    let store = database.open().await;
    let lease = leased(&store).await;
    for key in ["RGO-1", "RGO-2", "RGO-3"] {
        admitted(&store, &lease, key, 2).await;
    }
    record(&store, &lease, "RGO-2", unknown(), 3).await;
    let refused = EffectOutcome::Refused { error: "ORDC-001".to_owned() };
    record(&store, &lease, "RGO-3", refused, 3).await;
    let next = take_over(&store, 100).await.remove(0);
    let known = store.effects(&name("acme"), &rma(1)).await.unwrap();
    let too_soon = |key: &str| {
        let record = known.iter().find(|effect| effect.key == key).unwrap();
        Admission::TooSoon(record.clone())
    };
    // What its process had not heard of may have been sent until that one was released.
    assert_eq!(admitted_after_a_look(&store, &next, "RGO-1", 99, 101).await, too_soon("RGO-1"));
    assert_eq!(admitted_after_a_look(&store, &next, "RGO-2", 2, 101).await, too_soon("RGO-2"));
    assert_eq!(store.effects(&name("acme"), &rma(1)).await.unwrap(), known, "nothing is intended");
    assert_eq!(admitted_after_a_look(&store, &next, "RGO-1", 100, 103).await, AGAIN);
    assert_eq!(admitted_after_a_look(&store, &next, "RGO-2", 3, 103).await, AGAIN);
    assert_eq!(admitted_after_a_look(&store, &next, "RGO-3", 0, 103).await, FIRST);
}

async fn what_was_refused_may_be_tried_again(database: Database) {
    let store = database.open().await;
    let lease = leased(&store).await;
    admitted(&store, &lease, "RGO-1", 2).await;
    record(&store, &lease, "RGO-1", EffectOutcome::Refused { error: "ORDC-001".to_owned() }, 3).await;
    assert_eq!(admitted(&store, &lease, "RGO-1", 4).await, FIRST);
    assert_eq!(store.effects(&name("acme"), &rma(1)).await.unwrap()[0].outcome, None);
}

async fn a_lost_claim_may_write_nothing(database: Database) {
    let store = database.open().await;
    let lease = leased(&store).await;
    assert_eq!(admitted(&store, &lease, "RGO-1", 60).await, FIRST);
    worker_ended(&store, 61).await;
    assert_eq!(admitted(&store, &lease, "RGO-2", 61).await, Admission::LeaseLost);
    let next = lease_all(&store, 61).await.remove(0);
    assert_eq!(admitted(&store, &lease, "RGO-2", 62).await, Admission::LeaseLost);
    assert_eq!(admitted(&store, &next, "RGO-2", 62).await, FIRST);
    store.finish(&[(next.clone(), in_sync())], at(63)).await.unwrap();
    assert_eq!(admitted(&store, &next, "RGO-3", 64).await, Admission::LeaseLost);
    assert_eq!(store.effects(&name("acme"), &rma(1)).await.unwrap().len(), 2);
}

async fn a_lost_claim_records_nothing(database: Database) {
    let store = database.open().await;
    let lease = leased(&store).await;
    admitted(&store, &lease, "RGO-1", 2).await;
    let next = take_over(&store, 100).await.remove(0);
    record(&store, &lease, "RGO-1", applied("300871"), 101).await;
    assert_eq!(store.effects(&name("acme"), &rma(1)).await.unwrap()[0].outcome, None);
    admitted(&store, &next, "RGO-1", 102).await;
    record(&store, &lease, "RGO-1", applied("300871"), 103).await;
    assert_eq!(store.effects(&name("acme"), &rma(1)).await.unwrap()[0].outcome, None);
    record(&store, &next, "RGO-1", applied("300872"), 104).await;
    let outcome = store.effects(&name("acme"), &rma(1)).await.unwrap().remove(0).outcome;
    assert_eq!(outcome, Some(applied("300872")));
}

async fn what_was_applied_is_never_unsaid(database: Database) {
    let store = database.open().await;
    let lease = leased(&store).await;
    admitted(&store, &lease, "RGO-1", 2).await;
    record(&store, &lease, "RGO-1", applied("300871"), 3).await;
    record(&store, &lease, "RGO-1", unknown(), 4).await;
    let outcome = store.effects(&name("acme"), &rma(1)).await.unwrap().remove(0).outcome;
    assert_eq!(outcome, Some(applied("300871")));
}

async fn many_are_answered_in_their_order(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &(1..=500).collect::<Vec<_>>(), 0).await;
    let leases = lease_all(&store, 1).await;
    let lost = Lease { attempt: 99, ..leases[7].clone() };
    let mut intents: Vec<_> = leases.iter().map(|lease| intent(lease, "RGO")).collect();
    intents.insert(250, intent(&lost, "RGO"));
    let admissions = store.intend(&intents, at(2)).await.unwrap();
    assert_eq!(admissions.len(), 501);
    for (number, admission) in admissions.iter().enumerate() {
        assert_eq!(admission, if number == 250 { &Admission::LeaseLost } else { &FIRST });
    }
    let outcomes: Vec<_> = leases
        .iter()
        .map(|lease| (lease.clone(), "RGO".to_owned(), applied(&lease.rma.to_string())))
        .collect();
    store.record(&outcomes, at(3)).await.unwrap();
    let effect = store.effects(&name("acme"), &rma(500)).await.unwrap().remove(0);
    assert_eq!(effect.outcome, Some(applied("500")));
}
