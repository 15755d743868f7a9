//! Processes that register, and what becomes of the work of those that do not report any more.

use jiff::SignedDuration;
use returngo_brightpearl_connector::store::{
    Admission, AuditEvent, EffectOutcome, Intent, JobOutcome, JobState, LEASE, Lease, LeaseRequest,
    OrderHold, OrderRequest, Process, Store, WorkerId, WriteKind,
};

use super::{at, connect, databases::Database, in_sync, mark, name, numbers, on_both, request, rma};

on_both!(
    a_process_that_registers_releases_what_an_earlier_one_of_its_name_held,
    a_process_is_unlike_every_other_that_ever_ran,
    processes_are_listed_with_what_they_hold,
    a_process_that_has_reported_since_keeps_what_it_holds,
    one_that_holds_work_and_was_never_registered_can_be_released,
    a_process_that_was_released_cannot_report_any_more,
    a_released_claim_is_fenced,
    what_was_marked_meanwhile_is_due_once_more_after_a_release,
    a_released_claim_gives_its_order_back,
    doubtful_effects_of_what_is_released_count_from_the_release,
);

async fn lease(store: &Store, worker: &WorkerId, limit: u32, now: i64) -> Vec<Lease> {
    let lease = LeaseRequest { worker: worker.clone(), ..request("", limit, now) };
    store.lease(&lease).await.unwrap()
}

async fn state(store: &Store, number: u32) -> JobState {
    store.work(&name("acme"), &rma(number)).await.unwrap().unwrap().state
}

async fn a_process_that_registers_releases_what_an_earlier_one_of_its_name_held(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2, 3], 0).await;
    let earlier = store.register("serve host", at(1)).await.unwrap();
    let other = store.register("serve elsewhere", at(1)).await.unwrap();
    let lost = lease(&store, &earlier, 2, 2).await;
    assert_eq!(numbers(&lost), ["1", "2"]);
    let kept = lease(&store, &other, 2, 2).await;
    assert_eq!(numbers(&kept), ["3"]);

    let later = store.register("serve host", at(50)).await.unwrap();
    assert_ne!(later, earlier);
    let work = store.work(&name("acme"), &rma(1)).await.unwrap().unwrap();
    assert_eq!((work.state, work.run_at, work.pending_since), (JobState::Pending, Some(at(50)), Some(at(0))));
    assert_eq!(work.worker, None);
    let last = store.audit(&name("acme"), &rma(1)).await.unwrap().pop().unwrap();
    assert_eq!((last.event, last.attempt), (AuditEvent::Released, Some(lost[0].attempt)));
    assert!(last.detail.contains(&earlier.to_string()), "{}", last.detail);

    let taken_over = lease(&store, &later, 9, 50).await;
    assert_eq!(numbers(&taken_over), ["1", "2"]);
    assert!(taken_over.iter().all(|lease| (lease.attempt, lease.abandoned) == (2, 1)), "{taken_over:?}");
    assert_eq!(store.finish(&[(kept[0].clone(), in_sync())], at(51)).await.unwrap(), 1);
}

async fn a_process_is_unlike_every_other_that_ever_ran(database: Database) {
    let store = database.open().await;
    let mut seen = Vec::new();
    for round in 0..3 {
        for host in ["serve one", "serve two"] {
            let worker = store.register(host, at(round)).await.unwrap();
            assert!(worker.0.starts_with(host), "{worker}");
            assert!(!seen.contains(&worker), "{worker} was there before");
            if round == 1 {
                store.release_process(&worker, None, at(round)).await.unwrap();
            }
            seen.push(worker);
        }
    }
    assert_eq!(store.processes().await.unwrap().len(), 2, "of each name the last one");
}

async fn processes_are_listed_with_what_they_hold(database: Database) {
    let store = database.open().await;
    assert!(store.processes().await.unwrap().is_empty());
    for connection in ["acme", "bravo"] {
        connect(&store, connection).await;
        mark(&store, connection, &[1, 2], 0).await;
    }
    let busy = store.register("busy", at(1)).await.unwrap();
    let idle = store.register("idle", at(2)).await.unwrap();
    for _ in 0..2 {
        lease(&store, &busy, 9, 3).await;
    }
    mark(&store, "acme", &[7], 4).await;
    let unregistered = WorkerId("unregistered".to_owned());
    lease(&store, &unregistered, 9, 5).await;
    assert!(store.report(&idle, at(12)).await.unwrap());

    let processes = store.processes().await.unwrap();
    let holds =
        |connections: &[(&str, u64)]| connections.iter().map(|(of, rmas)| (name(of), *rmas)).collect();
    let expected = [
        Process {
            worker: busy,
            reports: Some(0),
            report_at: Some(at(1)),
            holds: holds(&[("acme", 2), ("bravo", 2)]),
        },
        Process { worker: idle, reports: Some(1), report_at: Some(at(12)), holds: holds(&[]) },
        Process { worker: unregistered, reports: None, report_at: None, holds: holds(&[("acme", 1)]) },
    ];
    assert_eq!(processes, expected);
    let lease = SignedDuration::try_from(LEASE).unwrap();
    assert_eq!(processes[1].holds_until(), Some(at(12) + lease));
    assert_eq!(processes[2].holds_until(), None);
}

async fn a_process_that_has_reported_since_keeps_what_it_holds(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2], 0).await;
    let worker = store.register("serve host", at(1)).await.unwrap();
    let leases = lease(&store, &worker, 9, 2).await;
    for reports in 0..3 {
        assert!(store.report(&worker, at(10)).await.unwrap());
        assert_eq!(store.release_process(&worker, Some(reports), at(11)).await.unwrap(), 0);
        assert_eq!(state(&store, 1).await, JobState::InProgress);
    }
    assert_eq!(store.finish(&[(leases[0].clone(), in_sync())], at(12)).await.unwrap(), 1);
    assert_eq!(store.release_process(&worker, Some(3), at(60)).await.unwrap(), 1);
    assert_eq!((state(&store, 1).await, state(&store, 2).await), (JobState::InSync, JobState::Pending));
    assert!(store.processes().await.unwrap().is_empty());
    assert_eq!(store.release_process(&worker, Some(3), at(61)).await.unwrap(), 0, "only once");
}

async fn one_that_holds_work_and_was_never_registered_can_be_released(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1, 2], 0).await;
    let (one, two) = (WorkerId("one".to_owned()), WorkerId("two".to_owned()));
    lease(&store, &one, 1, 1).await;
    lease(&store, &two, 1, 1).await;
    assert_eq!(store.release_process(&one, None, at(60)).await.unwrap(), 1);
    assert_eq!((state(&store, 1).await, state(&store, 2).await), (JobState::Pending, JobState::InProgress));
}

async fn a_process_that_was_released_cannot_report_any_more(database: Database) {
    let store = database.open().await;
    let replaced = store.register("serve host", at(1)).await.unwrap();
    let silent = store.register("serve elsewhere", at(1)).await.unwrap();
    assert!(store.report(&replaced, at(2)).await.unwrap());
    let later = store.register("serve host", at(3)).await.unwrap();
    store.release_process(&silent, Some(0), at(50)).await.unwrap();
    for gone in [&replaced, &silent, &WorkerId("nobody".to_owned())] {
        assert!(!store.report(gone, at(51)).await.unwrap(), "{gone}");
    }
    assert!(store.report(&later, at(51)).await.unwrap());
}

async fn a_released_claim_is_fenced(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    let one = store.register("one", at(1)).await.unwrap();
    let lost = lease(&store, &one, 9, 1).await.remove(0);
    let intent = |lease: &Lease, key: &str| Intent {
        lease: lease.clone(),
        key: key.to_owned(),
        what: "a comment".to_owned(),
        known_until: at(40),
        kind: WriteKind::Other,
    };
    assert_eq!(
        store.intend(&[intent(&lost, "RGO-1")], at(2)).await.unwrap(),
        [Admission::Go { before: false }]
    );
    store.release_process(&one, Some(0), at(50)).await.unwrap();

    let applied = EffectOutcome::Applied { remote_id: None, already_existed: false };
    let assert_fenced = async |now: i64| {
        let before = store.work(&name("acme"), &rma(1)).await.unwrap();
        assert_eq!(store.intend(&[intent(&lost, "RGO-2")], at(now)).await.unwrap(), [Admission::LeaseLost]);
        store.record(&[(lost.clone(), "RGO-1".to_owned(), applied.clone())], at(now)).await.unwrap();
        let effects = store.effects(&name("acme"), &rma(1)).await.unwrap();
        assert_eq!((effects.len(), &effects[0].outcome), (1, &None));
        let request = OrderRequest { lease: lost.clone(), order: brightpearl::OrderId::new(300) };
        let turns = store.hold_orders(&[request], store.revision().await.unwrap()).await.unwrap();
        assert_eq!(turns, [OrderHold::LeaseLost]);
        let failed = JobOutcome::Failed { failure: "503".into(), again_at: None };
        for outcome in [in_sync(), failed, JobOutcome::Released, JobOutcome::OfAnotherShop] {
            assert_eq!(store.finish(&[(lost.clone(), outcome)], at(now)).await.unwrap(), 0);
        }
        assert_eq!(store.work(&name("acme"), &rma(1)).await.unwrap(), before);
    };
    assert_fenced(51).await;
    let two = store.register("two", at(52)).await.unwrap();
    let held = lease(&store, &two, 9, 52).await.remove(0);
    assert_eq!(held.attempt, lost.attempt + 1);
    assert_fenced(53).await;
    assert_eq!(store.finish(&[(held, in_sync())], at(54)).await.unwrap(), 1);
    assert_fenced(55).await;
}

async fn what_was_marked_meanwhile_is_due_once_more_after_a_release(database: Database) {
    let store = database.open().await;
    connect(&store, "acme").await;
    mark(&store, "acme", &[1], 0).await;
    let one = store.register("one", at(1)).await.unwrap();
    lease(&store, &one, 9, 1).await;
    mark(&store, "acme", &[1], 2).await;
    store.release_process(&one, None, at(50)).await.unwrap();
    let held = lease(&store, &one, 9, 50).await.remove(0);
    assert_eq!(held.enqueued, 2);
    store.finish(&[(held, in_sync())], at(51)).await.unwrap();
    assert_eq!(state(&store, 1).await, JobState::InSync);
}

/// Two processes, each with an RMA in progress.
async fn two_at_work(store: &Store) -> ([WorkerId; 2], [Lease; 2]) {
    connect(store, "acme").await;
    mark(store, "acme", &[1, 2], 0).await;
    let one = store.register("one", at(1)).await.unwrap();
    let two = store.register("two", at(1)).await.unwrap();
    let first = lease(store, &one, 1, 1).await.remove(0);
    let second = lease(store, &two, 1, 1).await.remove(0);
    ([one, two], [first, second])
}

async fn a_released_claim_gives_its_order_back(database: Database) {
    let store = database.open().await;
    let ([one, _], [lost, waiting]) = two_at_work(&store).await;
    let take = async |lease: &Lease| {
        let request = OrderRequest { lease: lease.clone(), order: brightpearl::OrderId::new(300) };
        let read_at = store.revision().await.unwrap();
        store.hold_orders(&[request], read_at).await.unwrap().remove(0)
    };
    assert_eq!(take(&lost).await, OrderHold::Ready);
    assert_eq!(take(&waiting).await, OrderHold::Taken { connection: name("acme"), rma: rma(1) });
    store.release_process(&one, None, at(50)).await.unwrap();
    assert_eq!(
        take(&waiting).await,
        OrderHold::Changed,
        "what it wrote may have been read before it was there"
    );
    assert_eq!(take(&waiting).await, OrderHold::Ready);
}

async fn doubtful_effects_of_what_is_released_count_from_the_release(database: Database) {
    let store = database.open().await;
    let ([one, two], [lost, others]) = two_at_work(&store).await;
    let intent = |lease: &Lease, key: &str, known_until: i64| Intent {
        lease: lease.clone(),
        key: key.to_owned(),
        what: "a row".to_owned(),
        known_until: at(known_until),
        kind: WriteKind::Other,
    };
    for key in ["open", "unknown", "applied", "refused"] {
        store.intend(&[intent(&lost, key, 0)], at(10)).await.unwrap();
    }
    store.intend(&[intent(&others, "open", 0)], at(10)).await.unwrap();
    let outcomes = [
        ("unknown", EffectOutcome::Unknown { error: "no answer".to_owned() }),
        ("applied", EffectOutcome::Applied { remote_id: Some("955".to_owned()), already_existed: false }),
        ("refused", EffectOutcome::Refused { error: "ORDC-001".to_owned() }),
    ];
    for (key, outcome) in outcomes {
        store.record(&[(lost.clone(), key.to_owned(), outcome)], at(11)).await.unwrap();
    }
    store.release_process(&one, None, at(500)).await.unwrap();

    let known = store.effects(&name("acme"), &rma(1)).await.unwrap();
    let since = |key: &str| {
        let effect = known.iter().find(|effect| effect.key == key).unwrap();
        (effect.intended_at, effect.doubtful_since())
    };
    assert_eq!(since("open"), (at(500), Some(at(500))));
    assert_eq!(since("unknown"), (at(10), Some(at(11))));
    assert_eq!(since("applied"), (at(10), None));
    assert_eq!(since("refused"), (at(10), None));
    let of_others = store.effects(&name("acme"), &rma(2)).await.unwrap();
    assert_eq!(of_others[0].doubtful_since(), Some(at(10)), "its process goes on");

    let next = lease(&store, &two, 1, 501).await.remove(0);
    let admitted = async |known_until: i64| {
        store.intend(&[intent(&next, "open", known_until)], at(900)).await.unwrap().remove(0)
    };
    assert!(matches!(admitted(499).await, Admission::TooSoon(record) if record.intended_at == at(500)));
    assert_eq!(admitted(500).await, Admission::Go { before: true });
}
