use brightpearl::OffsetDateTime;
use returngo_brightpearl_connector::store::{
    Actor, Admission, Answer, AuditEvent, Cause, Decided, EffectOutcome, Intent, JobOutcome, JobState, Lease,
    RmaAction, Store, WriteKind,
};
use returngo_brightpearl_mapping::{Decision, Review, ReviewCode};

use super::{at, connect, databases::Database, in_sync, lease_all, mark, name, on_both, rma};

on_both!(
    what_is_put_aside_waits_for_nobody,
    what_was_put_aside_is_not_asked_again_and_anything_else_is,
    what_is_no_longer_found_is_asked_again_when_it_comes_back,
    what_is_put_aside_while_it_is_worked_on_stays_so,
    a_failure_that_is_put_aside_may_happen_again,
    another_failure_than_the_one_that_was_put_aside_is_asked_about,
    what_changed_while_a_failure_waited_for_a_person_is_due_when_it_is_put_aside,
    what_waits_for_nobody_cannot_be_put_aside,
    what_is_settled_by_hand_is_known_until_it_is_reopened,
    what_begins_again_is_due_with_all_attempts_and_what_was_settled_stays_so,
    what_is_reopened_is_due_and_asked_again,
    an_answer_is_stored_with_its_facts_and_queues_the_rma,
    an_answer_to_a_review_that_changed_is_refused,
    an_answer_is_revoked_until_something_was_written_on_it,
    an_answer_that_waits_is_not_settled_with_the_other_reviews,
    a_payment_is_named_for_refunds_of_one_rma_only,
    an_answer_concerns_the_writes_of_its_own_transaction,
    a_write_that_is_forgotten_is_written_again,
    only_what_was_applied_is_forgotten,
);

fn decision(note: Option<&str>) -> RmaAction {
    RmaAction {
        connection: name("acme"),
        rma: rma(1),
        by: Actor::command_line("dana"),
        note: note.map(str::to_owned),
    }
}

fn question(text: &str) -> Review {
    Review::new(ReviewCode::OverRefund, text.to_owned())
}

fn asking(texts: &[&str]) -> JobOutcome {
    JobOutcome::Settled { reviews: texts.iter().map(|text| question(text)).collect(), credit: None }
}

async fn leased(store: &Store, now: i64) -> Lease {
    mark(store, "acme", &[1], now).await;
    lease_all(store, now).await.remove(0)
}

/// Looks at RMA 1 and ends so.
async fn ends(store: &Store, outcome: JobOutcome, now: i64) {
    let lease = leased(store, now).await;
    store.finish(&[(lease, outcome)], at(now)).await.unwrap();
}

/// What waits for a person, of RMA 1.
async fn requested(store: &Store) -> Vec<String> {
    let waiting = store.reviews(None).await.unwrap();
    waiting.into_iter().flat_map(|item| item.reviews).map(|review| review.message).collect()
}

async fn last_of_audit(store: &Store) -> (AuditEvent, String) {
    let last = store.audit(&name("acme"), &rma(1)).await.unwrap().pop().unwrap();
    (last.event, last.detail)
}

async fn what_is_put_aside_waits_for_nobody(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    ends(&store, asking(&["refund above the credit"]), 1).await;
    assert!(store.resolve_reviews(&decision(Some("paid by hand")), at(2)).await.unwrap());
    assert!(store.reviews(None).await.unwrap().is_empty());
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.state, work.run_at), (JobState::InSync, None));
    assert_eq!(work.resolved, [question("refund above the credit")]);
    let told = (AuditEvent::Resolved, "OverRefund, by dana: paid by hand".to_owned());
    assert_eq!(last_of_audit(&store).await, told);
}

async fn what_was_put_aside_is_not_asked_again_and_anything_else_is(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    ends(&store, asking(&["one"]), 1).await;
    store.resolve_reviews(&decision(None), at(2)).await.unwrap();
    ends(&store, asking(&["one"]), 3).await;
    assert!(requested(&store).await.is_empty());
    assert_eq!(last_of_audit(&store).await.1, "no credit; resolved before: one");

    ends(&store, asking(&["one", "two"]), 4).await;
    assert_eq!(requested(&store).await, ["two"]);
    store.resolve_reviews(&decision(None), at(5)).await.unwrap();
    ends(&store, asking(&["one", "two"]), 6).await;
    assert!(requested(&store).await.is_empty());
}

async fn what_is_no_longer_found_is_asked_again_when_it_comes_back(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    ends(&store, asking(&["one"]), 1).await;
    store.resolve_reviews(&decision(None), at(2)).await.unwrap();
    ends(&store, in_sync(), 3).await;
    ends(&store, asking(&["one"]), 4).await;
    assert_eq!(requested(&store).await, ["one"]);
}

async fn what_is_put_aside_while_it_is_worked_on_stays_so(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    ends(&store, asking(&["one"]), 1).await;
    let lease = leased(&store, 2).await;
    assert!(store.resolve_reviews(&decision(None), at(3)).await.unwrap());
    // Its worker has planned without knowing of the decision: it writes nothing more.
    let intent = Intent {
        lease: lease.clone(),
        key: "RGO-1-778120".to_owned(),
        what: "a refund".to_owned(),
        known_until: at(2),
        kind: WriteKind::Payment,
    };
    assert_eq!(store.intend(&[intent], at(4)).await.unwrap(), [Admission::LeaseLost]);
    assert_eq!(store.finish(&[(lease, asking(&["one"]))], at(4)).await.unwrap(), 0);
    let again = leased(&store, 4).await;
    assert_eq!(store.finish(&[(again, asking(&["one"]))], at(5)).await.unwrap(), 1);
    assert!(requested(&store).await.is_empty());
}

fn failed(error: &str) -> JobOutcome {
    JobOutcome::Failed { failure: error.into(), again_at: None }
}

async fn a_failure_that_is_put_aside_may_happen_again(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    ends(&store, failed("the credit is gone"), 1).await;
    assert!(store.resolve_reviews(&decision(Some("it is to be gone")), at(2)).await.unwrap());
    let lease = leased(&store, 3).await;
    assert_eq!(lease.failures, 0);
    store.finish(&[(lease, failed("the credit is gone"))], at(4)).await.unwrap();
    assert!(store.reviews(None).await.unwrap().is_empty());
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.state, work.run_at, work.failures), (JobState::InSync, None, 0));
    assert_eq!(work.resolved_error.as_deref(), Some("the credit is gone"));
    let told = (AuditEvent::Failed, "the credit is gone; resolved before".to_owned());
    assert_eq!(last_of_audit(&store).await, told);
}

async fn another_failure_than_the_one_that_was_put_aside_is_asked_about(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    ends(&store, failed("the credit is gone"), 1).await;
    store.resolve_reviews(&decision(None), at(2)).await.unwrap();
    ends(&store, failed("the books are locked"), 3).await;
    assert_eq!(store.reviews(None).await.unwrap()[0].last_error.as_deref(), Some("the books are locked"));

    ends(&store, in_sync(), 4).await;
    ends(&store, failed("the credit is gone"), 5).await;
    assert_eq!(store.reviews(None).await.unwrap().len(), 1, "it was well in between");
}

async fn what_changed_while_a_failure_waited_for_a_person_is_due_when_it_is_put_aside(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    ends(&store, failed("the credit is gone"), 1).await;
    for sweep in [2, 3] {
        let enqueued = store
            .enqueue_found(&name("acme"), &[rma(1)], Cause::Returngo, "a sweep", at(sweep))
            .await
            .unwrap();
        assert_eq!((enqueued, lease_all(&store, sweep).await), (0, Vec::new()));
    }
    assert!(store.resolve_reviews(&decision(None), at(4)).await.unwrap());
    assert!(store.reviews(None).await.unwrap().is_empty());
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.state, work.run_at, work.pending_since), (JobState::Pending, Some(at(4)), Some(at(2))));
    assert_eq!(last_of_audit(&store).await.0, AuditEvent::Queued);
    let lease = lease_all(&store, 4).await.remove(0);
    assert_eq!(lease.failures, 0);
    store.finish(&[(lease, failed("the credit is gone"))], at(5)).await.unwrap();
    assert!(store.reviews(None).await.unwrap().is_empty(), "it may go on failing in the same way");

    ends(&store, failed("the books are locked"), 6).await;
    assert!(store.resolve_reviews(&decision(None), at(7)).await.unwrap());
    assert!(lease_all(&store, 7).await.is_empty(), "nothing changed since that attempt");
}

async fn what_waits_for_nobody_cannot_be_put_aside(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    assert!(!store.resolve_reviews(&decision(None), at(1)).await.unwrap());
    ends(&store, in_sync(), 2).await;
    assert!(!store.resolve_reviews(&decision(None), at(3)).await.unwrap());
    assert_eq!(last_of_audit(&store).await.0, AuditEvent::Settled);
}

async fn what_is_settled_by_hand_is_known_until_it_is_reopened(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let settled = async || store.decisions(&name("acme"), &[rma(1), rma(2)]).await.unwrap();
    ends(&store, asking(&["refund above the credit"]), 1).await;
    assert!(settled().await.is_empty());
    assert!(store.resolve_reviews(&decision(Some("paid by hand")), at(2)).await.unwrap());
    let by_hand = |note: Option<&str>, decided_at: i64| {
        let Review { id: review, digest, .. } = question("refund above the credit");
        let note = note.map(str::to_owned);
        let at = Some(OffsetDateTime::utc(at(decided_at)));
        let (by, choice) = (Some("dana".to_owned()), "settled".to_owned());
        (rma(1), Decision { review, digest: Some(digest), choice, by, at, note })
    };
    assert_eq!(settled().await, [by_hand(Some("paid by hand"), 2)]);
    assert!(store.decisions(&name("acme"), &[rma(2)]).await.unwrap().is_empty());

    ends(&store, in_sync(), 3).await;
    assert_eq!(settled().await.len(), 1, "it stays settled when it is not asked any more");
    ends(&store, asking(&["refund above the credit"]), 4).await;
    assert!(store.resolve_reviews(&decision(None), at(5)).await.unwrap());
    assert_eq!(settled().await, [by_hand(None, 5)], "the later decision counts");
    assert!(store.reopen(&decision(None), at(6)).await.unwrap());
    assert!(settled().await.is_empty());
}

async fn what_begins_again_is_due_with_all_attempts_and_what_was_settled_stays_so(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    assert!(!store.retry(&decision(None), at(0)).await.unwrap());
    ends(&store, asking(&["one"]), 1).await;
    store.resolve_reviews(&decision(None), at(2)).await.unwrap();
    ends(&store, JobOutcome::Failed { failure: "no answer".into(), again_at: Some(at(9000)) }, 3).await;
    assert!(store.retry(&decision(Some("fixed in Brightpearl")), at(4)).await.unwrap());
    let told = (AuditEvent::Retried, "by dana: fixed in Brightpearl".to_owned());
    assert_eq!(last_of_audit(&store).await, told);
    let lease = lease_all(&store, 4).await.remove(0);
    assert_eq!(lease.failures, 0);
    store.finish(&[(lease, asking(&["one", "two"]))], at(5)).await.unwrap();
    assert_eq!(requested(&store).await, ["two"]);
}

async fn what_is_reopened_is_due_and_asked_again(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    assert!(!store.reopen(&decision(None), at(0)).await.unwrap());
    ends(&store, asking(&["one"]), 1).await;
    assert!(!store.reopen(&decision(None), at(2)).await.unwrap(), "nothing was settled");
    assert!(lease_all(&store, 2).await.is_empty());
    store.resolve_reviews(&decision(None), at(3)).await.unwrap();
    assert!(store.reopen(&decision(Some("not paid after all")), at(4)).await.unwrap());
    let told = (AuditEvent::Reopened, "by dana: not paid after all".to_owned());
    assert_eq!(last_of_audit(&store).await, told);
    let lease = lease_all(&store, 4).await.remove(0);
    store.finish(&[(lease, asking(&["one"]))], at(5)).await.unwrap();
    assert_eq!(requested(&store).await, ["one"]);

    ends(&store, failed("the credit is gone"), 6).await;
    assert!(store.resolve_reviews(&decision(None), at(7)).await.unwrap());
    assert!(store.reopen(&decision(None), at(8)).await.unwrap(), "a failure too");
    let lease = lease_all(&store, 8).await.remove(0);
    store.finish(&[(lease, failed("the credit is gone"))], at(9)).await.unwrap();
    assert_eq!(store.reviews(None).await.unwrap().len(), 1);
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

async fn written(store: &Store, writes: &[(&str, EffectOutcome)]) {
    let lease = leased(store, 1).await;
    for (key, outcome) in writes {
        let (key, what) = ((*key).to_owned(), "sales credit".to_owned());
        let intent = Intent {
            lease: lease.clone(),
            key: key.clone(),
            what,
            known_until: at(2),
            kind: WriteKind::Other,
        };
        store.intend(&[intent], at(2)).await.unwrap();
        store.record(&[(lease.clone(), key, outcome.clone())], at(3)).await.unwrap();
    }
    store.finish(&[(lease, in_sync())], at(4)).await.unwrap();
}

async fn a_write_that_is_forgotten_is_written_again(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let applied = EffectOutcome::Applied { remote_id: Some("300955".to_owned()), already_existed: false };
    written(&store, &[("RGO-1", applied.clone())]).await;
    let forgotten =
        store.reset_effects(&decision(Some("deleted on purpose")), &keys(&["RGO-1"]), at(5)).await.unwrap();
    assert_eq!(forgotten.unwrap().remove(0).outcome, Some(applied));
    assert!(store.effects(&name("acme"), &rma(1)).await.unwrap().is_empty());
    let (event, detail) = last_of_audit(&store).await;
    assert_eq!(event, AuditEvent::Reset);
    assert!(detail.contains("RGO-1") && detail.contains("300955"), "{detail}");
    assert!(detail.ends_with("by dana: deleted on purpose"), "{detail}");

    let lease = lease_all(&store, 5).await.remove(0);
    let what = "sales credit".to_owned();
    let again = Intent { lease, key: "RGO-1".to_owned(), what, known_until: at(5), kind: WriteKind::Other };
    assert_eq!(store.intend(&[again], at(6)).await.unwrap(), [Admission::Go { before: false }]);
}

async fn only_what_was_applied_is_forgotten(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let applied = EffectOutcome::Applied { remote_id: None, already_existed: false };
    let unknown = EffectOutcome::Unknown { error: "no answer".to_owned() };
    written(&store, &[("RGO-1", unknown), ("RGO-1-0", applied)]).await;
    for requested in [&["RGO-1"][..], &["RGO-2"], &["RGO-1-0", "RGO-1"]] {
        assert_eq!(store.reset_effects(&decision(None), &keys(requested), at(5)).await.unwrap(), None);
    }
    assert_eq!(store.effects(&name("acme"), &rma(1)).await.unwrap().len(), 2, "all or none");
    assert!(lease_all(&store, 9000).await.is_empty(), "nothing is due because of it");
}

fn answer(digest: &str, choice: &str) -> Answer {
    let review = question("refund above the credit").id;
    Answer { review, digest: digest.to_owned(), choice: choice.to_owned() }
}

async fn an_answer_is_stored_with_its_facts_and_queues_the_rma(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let digest = question("refund above the credit").digest;
    ends(&store, asking(&["refund above the credit"]), 1).await;
    let choices = ["record", "codes:4905:T20"];
    for (second, choice) in (2..).zip(choices) {
        let decided = store.decide(&decision(Some("as agreed")), &answer(&digest, choice), at(second)).await;
        assert_eq!(decided.unwrap(), Decided::Yes);
    }
    let stored = store.decisions(&name("acme"), &[rma(1)]).await.unwrap();
    let [(_, stored)] = stored.as_slice() else { panic!("the later answer replaces the first: {stored:?}") };
    assert_eq!((stored.choice.as_str(), stored.digest.as_deref()), ("codes:4905:T20", Some(digest.as_str())));
    assert_eq!((stored.by.as_deref(), stored.note.as_deref()), (Some("dana"), Some("as agreed")));
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.state, work.failures), (JobState::Pending, 0));
    let told = format!("{}: codes:4905:T20, by dana: as agreed", stored.review);
    assert_eq!(last_of_audit(&store).await, (AuditEvent::Decided, told));
}

async fn an_answer_to_a_review_that_changed_is_refused(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let digest = question("refund above the credit").digest;
    let decide =
        async |digest: &str| store.decide(&decision(None), &answer(digest, "record"), at(5)).await.unwrap();
    assert_eq!(decide(&digest).await, Decided::ReviewChanged, "the RMA is unknown");
    ends(&store, asking(&["refund far above the credit"]), 1).await;
    assert_eq!(decide(&digest).await, Decided::ReviewChanged, "other facts");
    ends(&store, in_sync(), 2).await;
    assert_eq!(decide(&digest).await, Decided::ReviewChanged, "no review");
    assert!(store.decisions(&name("acme"), &[rma(1)]).await.unwrap().is_empty());
}

async fn an_answer_is_revoked_until_something_was_written_on_it(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let digest = question("refund above the credit").digest;
    let decide = async |second: i64| {
        ends(&store, asking(&["refund above the credit"]), second).await;
        store.decide(&decision(None), &answer(&digest, "record"), at(second)).await.unwrap();
    };
    let stored = async || store.decisions(&name("acme"), &[rma(1)]).await.unwrap().len();
    decide(1).await;
    // A worker has planned with the answer when it is revoked: it may not write any more.
    let planned = leased(&store, 2).await;
    assert!(store.reopen(&decision(None), at(3)).await.unwrap());
    assert_eq!(stored().await, 0);
    let intent = |lease| Intent {
        lease,
        key: "RGO-1-77".to_owned(),
        what: "a payment".to_owned(),
        known_until: at(0),
        kind: WriteKind::Payment,
    };
    assert_eq!(store.intend(&[intent(planned)], at(3)).await.unwrap(), [Admission::LeaseLost]);

    decide(4).await;
    let lease = leased(&store, 5).await;
    assert_eq!(store.intend(&[intent(lease)], at(6)).await.unwrap(), [Admission::Go { before: false }]);
    store.reopen(&decision(None), at(7)).await.unwrap();
    assert_eq!(stored().await, 1, "it is kept with what was written");
}

async fn an_answer_that_waits_is_not_settled_with_the_other_reviews(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    let answered = question("refund above the credit");
    let other = Review::new(ReviewCode::TenderMissing, "no payment method".to_owned());
    let reviews = vec![answered.clone(), other.clone()];
    ends(&store, JobOutcome::Settled { reviews, credit: None }, 1).await;
    store.decide(&decision(None), &answer(&answered.digest, "record"), at(2)).await.unwrap();
    assert!(store.resolve_reviews(&decision(Some("paid by hand")), at(3)).await.unwrap());
    let stored = store.decisions(&name("acme"), &[rma(1)]).await.unwrap();
    let stored: Vec<_> = stored.iter().map(|(_, one)| (one.review.as_str(), one.choice.as_str())).collect();
    assert_eq!(stored, [(answered.id.as_str(), "record"), (other.id.as_str(), "settled")]);
    assert!(!store.resolve_reviews(&decision(None), at(4)).await.unwrap(), "nothing is left to settle");
}

async fn a_payment_is_named_for_refunds_of_one_rma_only(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2], 1).await;
    for lease in lease_all(&store, 1).await {
        store.finish(&[(lease, asking(&["refund above the credit"]))], at(1)).await.unwrap();
    }
    let digest = question("refund above the credit").digest;
    let decide = async |number: u32, choice: &str| {
        let action = RmaAction { rma: rma(number), ..decision(None) };
        store.decide(&action, &answer(&digest, choice), at(2)).await.unwrap()
    };
    assert_eq!(decide(1, "payment:551207").await, Decided::Yes);
    assert_eq!(decide(2, "payment:551207").await, Decided::PaymentTaken(rma(1)));
    assert_eq!(decide(1, "payment:551207").await, Decided::Yes, "its own");
    assert_eq!(decide(2, "payment:551208").await, Decided::Yes);
    assert_eq!(decide(2, "record").await, Decided::Yes);
}

async fn an_answer_concerns_the_writes_of_its_own_transaction(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    ends(&store, asking(&["refund above the credit"]), 1).await;
    let mut about = answer(&question("refund above the credit").digest, "record");
    store.decide(&decision(None), &about, at(2)).await.unwrap();
    let stored = store.decisions(&name("acme"), &[rma(1)]).await.unwrap().remove(0).1;
    about.review = "OverRefund:77".to_owned();
    let decided = Decision { review: about.review, ..stored };
    for (key, concerns) in
        [("RGO-1-77", true), ("RGO-1-77-row", true), ("RGO-1-778", false), ("RGO-1", false)]
    {
        assert_eq!(decided.concerns(&rma(1), key), concerns, "{key}");
    }
}
