//! Sales orders: one return of an order is worked on at a time, and each sees what the others intended.

use brightpearl::{OrderId, OrderRowId};
use returngo_brightpearl_connector::store::{
    Actor, Admission, Cause, Counterparts, EffectOutcome, Intent, JobOutcome, Lease, LeaseRequest, OrderHold,
    OrderRequest, Revision, Store, WriteKind,
};
use returngo_brightpearl_mapping::InFlightRow;
use returngo_brightpearl_sync::IntendedCredit;
use rust_decimal::Decimal;

use super::{at, connect, databases::Database, in_sync, name, on_both, request, rma, worker_ended};

on_both!(
    one_return_of_an_order_is_worked_on_at_a_time_over_connections_of_one_account,
    an_order_that_somebody_had_since_it_was_read_has_changed,
    an_order_whose_holder_is_gone_has_changed,
    an_order_is_given_back_however_its_rma_ends,
    nobody_takes_an_order_under_a_claim_that_is_lost,
    several_orders_are_taken_at_once_and_answered_in_their_order,
    two_processes_that_ask_at_once_do_not_both_get_an_order,
    an_order_is_unclear_while_a_pending_rma_may_have_credited_it,
    an_rma_that_waits_for_a_person_makes_nothing_unclear,
    of_two_that_are_unclear_the_first_finds_out_first,
    what_is_intended_for_an_order_is_shown_to_all_its_returns,
    a_settled_rma_clears_what_was_doubtful,
    credits_and_payments_of_late_are_known,
);

const UK: &str = "uk";
const DE: &str = "de";
/// A connection of another account.
const SANDBOX: &str = "sandbox";

/// Two shops on one account, and a shop on another one.
async fn connected(database: &Database) -> std::sync::Arc<Store> {
    let store = database.open().await;
    for (connection, account) in [(UK, "acmeoutdoors"), (DE, "acmeoutdoors"), (SANDBOX, "acmesandbox")] {
        let counterparts = Counterparts::new(account, &format!("{connection}.example"));
        store.bind(&name(connection), &counterparts).await.unwrap();
        connect(&store, connection).await;
    }
    store
}

/// Marks an RMA and claims it; of its connection nothing else is due.
async fn leased(store: &Store, connection: &str, number: u32, now: i64) -> Lease {
    let cause = Cause::Returngo;
    store.enqueue(&name(connection), &[rma(number)], cause, "a test", at(now)).await.unwrap();
    let only = LeaseRequest { only: Some(name(connection)), ..request("worker", 9, now) };
    let mut leases = store.lease(&only).await.unwrap();
    assert_eq!(leases.iter().map(|lease| &lease.rma).collect::<Vec<_>>(), [&rma(number)]);
    leases.remove(0)
}

fn order_request(lease: &Lease, order: u64) -> OrderRequest {
    OrderRequest { lease: lease.clone(), order: OrderId::new(order) }
}

/// Asks for an order that was read at this revision.
async fn take_read_at(store: &Store, lease: &Lease, order: u64, read_at: Revision) -> OrderHold {
    let mut turns = store.hold_orders(&[order_request(lease, order)], read_at).await.unwrap();
    assert_eq!(turns.len(), 1);
    // When the other is tried next is another matter.
    match turns.remove(0) {
        OrderHold::Unclear { connection, rma, .. } => OrderHold::Unclear { connection, rma, run_at: None },
        turn => turn,
    }
}

/// Asks for an order that has just been read.
async fn take(store: &Store, lease: &Lease, order: u64) -> OrderHold {
    take_read_at(store, lease, order, store.revision().await.unwrap()).await
}

async fn finish(store: &Store, lease: &Lease, outcome: JobOutcome, now: i64) {
    assert_eq!(store.finish(&[(lease.clone(), outcome)], at(now)).await.unwrap(), 1);
}

fn taken_by(connection: &str, number: u32) -> OrderHold {
    OrderHold::Taken { connection: name(connection), rma: rma(number) }
}

fn unclear_because_of(connection: &str, number: u32) -> OrderHold {
    OrderHold::Unclear { connection: name(connection), rma: rma(number), run_at: None }
}

fn row(order_row: u64) -> InFlightRow {
    InFlightRow {
        order_row_id: OrderRowId::new(order_row),
        quantity: Decimal::ONE,
        net: Decimal::new(1667, 2),
        tax: Decimal::new(333, 2),
    }
}

fn credit_of(order: u64, rows: &[u64]) -> WriteKind {
    WriteKind::Credit { order: OrderId::new(order), rows: rows.iter().map(|id| row(*id)).collect() }
}

async fn intend(store: &Store, lease: &Lease, key: &str, kind: WriteKind, now: i64) {
    let intent = Intent {
        lease: lease.clone(),
        key: key.to_owned(),
        what: "a write".to_owned(),
        known_until: at(now),
        kind,
    };
    let admitted = store.intend(&[intent], at(now)).await.unwrap();
    assert!(matches!(admitted[..], [Admission::Go { .. }]), "{admitted:?}");
}

async fn record(store: &Store, lease: &Lease, key: &str, outcome: EffectOutcome, now: i64) {
    store.record(&[(lease.clone(), key.to_owned(), outcome)], at(now)).await.unwrap();
}

fn applied(id: &str) -> EffectOutcome {
    EffectOutcome::Applied { remote_id: Some(id.to_owned()), already_existed: false }
}

fn unknown() -> EffectOutcome {
    EffectOutcome::Unknown { error: "no answer".to_owned() }
}

fn refused() -> EffectOutcome {
    EffectOutcome::Refused { error: "ORDC-001".to_owned() }
}

/// Tried again so late that nothing here claims it by itself.
fn later() -> JobOutcome {
    JobOutcome::Postponed { why: "it may still appear".to_owned(), until: at(1_000_000) }
}

fn for_a_person() -> JobOutcome {
    JobOutcome::Failed { failure: "refused".into(), again_at: None }
}

async fn one_return_of_an_order_is_worked_on_at_a_time_over_connections_of_one_account(database: Database) {
    let store = connected(&database).await;
    let first = leased(&store, UK, 1, 1).await;
    let of_same_shop = leased(&store, UK, 2, 1).await;
    let of_other_shop = leased(&store, DE, 3, 1).await;
    let of_other_account = leased(&store, SANDBOX, 4, 1).await;
    assert_eq!(take(&store, &first, 300).await, OrderHold::Ready);
    for waiting in [&of_same_shop, &of_other_shop] {
        assert_eq!(take(&store, waiting, 300).await, taken_by(UK, 1));
    }
    assert_eq!(take(&store, &of_other_account, 300).await, OrderHold::Ready);
    assert_eq!(take(&store, &of_other_shop, 301).await, OrderHold::Ready, "another order");
    assert_eq!(take(&store, &of_same_shop, 301).await, taken_by(DE, 3));
    assert_eq!(take(&store, &first, 300).await, OrderHold::Ready, "it has it already");

    finish(&store, &first, in_sync(), 2).await;
    assert_eq!(take(&store, &of_same_shop, 300).await, OrderHold::Ready);
    assert_eq!(take(&store, &of_other_shop, 300).await, taken_by(UK, 2));
    finish(&store, &of_same_shop, in_sync(), 3).await;
    assert_eq!(take(&store, &of_other_shop, 300).await, OrderHold::Ready);
}

async fn an_order_that_somebody_had_since_it_was_read_has_changed(database: Database) {
    let store = connected(&database).await;
    let first = leased(&store, UK, 1, 1).await;
    let second = leased(&store, DE, 2, 1).await;
    let third = leased(&store, UK, 3, 1).await;
    let before = store.revision().await.unwrap();
    assert_eq!(take_read_at(&store, &first, 300, before).await, OrderHold::Ready);
    let meanwhile = store.revision().await.unwrap();
    assert!(meanwhile > before, "{meanwhile:?}");
    finish(&store, &first, in_sync(), 2).await;
    let after = store.revision().await.unwrap();
    assert!(after > meanwhile, "{after:?}");

    // What was read while the first one had the order may not show what that one wrote.
    assert_eq!(take_read_at(&store, &second, 300, meanwhile).await, OrderHold::Changed);
    assert_eq!(take(&store, &third, 300).await, taken_by(DE, 2), "it has the order while it reads again");
    assert_eq!(take_read_at(&store, &second, 300, meanwhile).await, OrderHold::Changed, "not read again yet");
    assert_eq!(take(&store, &second, 300).await, OrderHold::Ready);
    finish(&store, &second, in_sync(), 3).await;

    for read_at in [before, after] {
        assert_eq!(take_read_at(&store, &third, 300, read_at).await, OrderHold::Changed, "{read_at:?}");
    }
    assert_eq!(take(&store, &third, 300).await, OrderHold::Ready);
    assert_eq!(take_read_at(&store, &third, 301, before).await, OrderHold::Ready, "nobody ever had this one");
}

async fn an_order_whose_holder_is_gone_has_changed(database: Database) {
    let store = connected(&database).await;
    let lost = leased(&store, UK, 1, 1).await;
    assert_eq!(take(&store, &lost, 300).await, OrderHold::Ready);
    worker_ended(&store, 60).await;
    let other = leased(&store, DE, 2, 61).await;
    assert_eq!(take(&store, &other, 300).await, OrderHold::Changed);
    assert_eq!(take(&store, &other, 300).await, OrderHold::Ready);
    let again = leased(&store, UK, 1, 62).await;
    assert_eq!(take(&store, &again, 300).await, taken_by(DE, 2));

    // The next attempt on the same RMA reads again, too: the one before may have written meanwhile.
    finish(&store, &other, in_sync(), 63).await;
    assert_eq!(take(&store, &again, 300).await, OrderHold::Ready);
    worker_ended(&store, 120).await;
    let once_more = leased(&store, UK, 1, 121).await;
    assert_eq!(take(&store, &once_more, 300).await, OrderHold::Changed);
    assert_eq!(take(&store, &once_more, 300).await, OrderHold::Ready);

    // A removed connection has nothing any more.
    store.remove_connection(&name(UK), &Actor::command_line("dana"), at(130)).await.unwrap();
    let other = leased(&store, DE, 2, 131).await;
    assert_eq!(take(&store, &other, 300).await, OrderHold::Changed);
}

async fn an_order_is_given_back_however_its_rma_ends(database: Database) {
    let store = connected(&database).await;
    let failed = JobOutcome::Failed { failure: "503".into(), again_at: Some(at(1_000_000)) };
    let ends = [in_sync(), failed, for_a_person(), later(), JobOutcome::OfAnotherShop, JobOutcome::Released];
    for (number, end) in (1..).zip(ends) {
        let now = 100 * i64::from(number);
        let holder = leased(&store, UK, number, now).await;
        let waiting = leased(&store, DE, number, now).await;
        assert_eq!(take(&store, &holder, 300).await, OrderHold::Ready);
        assert_eq!(take(&store, &waiting, 300).await, taken_by(UK, number));
        let before = store.revision().await.unwrap();
        finish(&store, &holder, end.clone(), now + 1).await;
        assert!(store.revision().await.unwrap() > before, "{end:?}");
        assert_eq!(take(&store, &waiting, 300).await, OrderHold::Ready, "{end:?}");
        finish(&store, &waiting, in_sync(), now + 1).await;
    }
}

async fn nobody_takes_an_order_under_a_claim_that_is_lost(database: Database) {
    let store = connected(&database).await;
    let lost = leased(&store, UK, 1, 1).await;
    worker_ended(&store, 60).await;
    assert_eq!(take(&store, &lost, 300).await, OrderHold::LeaseLost);
    let held = leased(&store, UK, 1, 61).await;
    assert_eq!(take(&store, &lost, 300).await, OrderHold::LeaseLost);
    finish(&store, &held, in_sync(), 62).await;
    assert_eq!(take(&store, &held, 300).await, OrderHold::LeaseLost);
    let other = leased(&store, DE, 2, 63).await;
    assert_eq!(
        take_read_at(&store, &other, 300, Revision::default()).await,
        OrderHold::Ready,
        "nobody had it"
    );
}

async fn several_orders_are_taken_at_once_and_answered_in_their_order(database: Database) {
    let store = connected(&database).await;
    assert!(store.hold_orders(&[], Revision::default()).await.unwrap().is_empty());
    let other = leased(&store, DE, 9, 1).await;
    assert_eq!(take(&store, &other, 302).await, OrderHold::Ready);
    let leases = [leased(&store, UK, 1, 1).await, leased(&store, UK, 2, 1).await];
    let [third, lost] = [leased(&store, UK, 3, 1).await, leased(&store, UK, 4, 1).await];
    finish(&store, &lost, in_sync(), 2).await;
    let requests = [
        order_request(&leases[1], 305),
        order_request(&third, 302),
        order_request(&lost, 303),
        order_request(&leases[0], 301),
    ];
    let turns = store.hold_orders(&requests, store.revision().await.unwrap()).await.unwrap();
    assert_eq!(turns, [OrderHold::Ready, taken_by(DE, 9), OrderHold::LeaseLost, OrderHold::Ready]);
    for (order, turn) in [(305, taken_by(UK, 2)), (301, taken_by(UK, 1)), (303, OrderHold::Ready)] {
        assert_eq!(take(&store, &other, order).await, turn, "{order}");
    }
}

async fn two_processes_that_ask_at_once_do_not_both_get_an_order(database: Database) {
    let store = connected(&database).await;
    let another = database.open().await;
    for round in 0..20 {
        let leases = [leased(&store, UK, 1, round).await, leased(&store, DE, 2, round).await];
        let order = 300 + u64::try_from(round).unwrap() % 10;
        let read_at = store.revision().await.unwrap();
        let requests = leases.each_ref().map(|lease| [order_request(lease, order)]);
        let (one, two) = tokio::join!(
            store.hold_orders(&requests[0], read_at),
            another.hold_orders(&requests[1], read_at)
        );
        let turns = [one.unwrap().remove(0), two.unwrap().remove(0)];
        let expected = [[OrderHold::Ready, taken_by(UK, 1)], [taken_by(DE, 2), OrderHold::Ready]];
        assert!(expected.contains(&turns), "round {round}: {turns:?}");
        for lease in &leases {
            finish(&store, lease, in_sync(), round).await;
        }
    }
}

async fn an_order_is_unclear_while_a_pending_rma_may_have_credited_it(database: Database) {
    let store = connected(&database).await;
    for (number, outcome) in (1..).zip([None, Some(unknown()), Some(refused()), Some(applied("955"))]) {
        let (order, now) = (300 + u64::from(number), 100 * i64::from(number));
        let doubtful = matches!(outcome, None | Some(EffectOutcome::Unknown { .. }));
        let first = leased(&store, UK, number, now + 1).await;
        assert_eq!(take(&store, &first, order).await, OrderHold::Ready);
        intend(&store, &first, "RGO", credit_of(order, &[1]), now + 2).await;
        if let Some(outcome) = outcome.clone() {
            record(&store, &first, "RGO", outcome, now + 3).await;
        }
        finish(&store, &first, later(), now + 4).await;
        let unless_doubtful = |of: u32| if doubtful { unclear_because_of(UK, of) } else { OrderHold::Ready };
        let others =
            [leased(&store, DE, number, now + 5).await, leased(&store, UK, 10 + number, now + 5).await];
        for other in &others {
            assert_eq!(take(&store, other, order).await, unless_doubtful(number), "{outcome:?}");
            finish(&store, other, in_sync(), now + 6).await;
        }
        let of_other_account = leased(&store, SANDBOX, number, now + 5).await;
        assert_eq!(take(&store, &of_other_account, order).await, OrderHold::Ready, "{outcome:?}");
        let of_other_order = leased(&store, DE, number, now + 7).await;
        assert_eq!(take(&store, &of_other_order, 900 + order).await, OrderHold::Ready, "{outcome:?}");
        finish(&store, &of_other_order, in_sync(), now + 7).await;

        // The RMA itself finds out.
        let again = leased(&store, UK, number, now + 8).await;
        assert_eq!(take(&store, &again, order).await, OrderHold::Ready, "{outcome:?}");
        let credit = Some(OrderId::new(955));
        finish(&store, &again, JobOutcome::Settled { reviews: Vec::new(), credit }, now + 9).await;
        let other = leased(&store, DE, number, now + 10).await;
        assert_eq!(take(&store, &other, order).await, OrderHold::Ready, "{outcome:?}");
        finish(&store, &other, in_sync(), now + 10).await;
    }
}

async fn an_rma_that_waits_for_a_person_makes_nothing_unclear(database: Database) {
    let store = connected(&database).await;
    let first = leased(&store, UK, 1, 1).await;
    intend(&store, &first, "RGO", credit_of(300, &[1]), 2).await;
    let other = leased(&store, DE, 2, 2).await;
    assert_eq!(take(&store, &other, 300).await, unclear_because_of(UK, 1), "it is in progress");
    finish(&store, &first, for_a_person(), 3).await;
    assert_eq!(take(&store, &other, 300).await, OrderHold::Ready, "nobody finds out unless a person acts");
    finish(&store, &other, in_sync(), 4).await;

    let again = leased(&store, UK, 1, 5).await;
    let other = leased(&store, DE, 2, 5).await;
    assert_eq!(take(&store, &other, 300).await, unclear_because_of(UK, 1), "it is pending again");
    finish(&store, &again, later(), 6).await;
    assert_eq!(take(&store, &other, 300).await, unclear_because_of(UK, 1));
    store.remove_connection(&name(UK), &Actor::command_line("dana"), at(7)).await.unwrap();
    assert_eq!(
        take(&store, &other, 300).await,
        OrderHold::Ready,
        "nothing of a removed connection is worked on"
    );
}

async fn of_two_that_are_unclear_the_first_finds_out_first(database: Database) {
    let store = connected(&database).await;
    let second = leased(&store, UK, 1, 1).await;
    let first = leased(&store, DE, 2, 1).await;
    intend(&store, &first, "RGO", credit_of(300, &[1]), 2).await;
    intend(&store, &second, "RGO", credit_of(300, &[2]), 3).await;
    assert_eq!(take(&store, &second, 300).await, unclear_because_of(DE, 2));
    assert_eq!(take(&store, &first, 300).await, OrderHold::Ready);
    assert_eq!(take(&store, &second, 300).await, taken_by(DE, 2));
    let third = leased(&store, UK, 3, 4).await;
    finish(&store, &first, in_sync(), 5).await;
    assert_eq!(take(&store, &third, 300).await, unclear_because_of(UK, 1));
    assert_eq!(take(&store, &second, 300).await, OrderHold::Ready);
    finish(&store, &second, in_sync(), 6).await;
    assert_eq!(take(&store, &third, 300).await, OrderHold::Ready);
}

async fn what_is_intended_for_an_order_is_shown_to_all_its_returns(database: Database) {
    let store = connected(&database).await;
    let intended = async |connection: &str, orders: &[u64]| {
        let orders: Vec<_> = orders.iter().copied().map(OrderId::new).collect();
        store.intended_credits(&name(connection), &orders).await.unwrap()
    };
    let credit = |number: u32, order: u64, rows: &[u64], credit: Option<u64>| IntendedCredit {
        rma: rma(number),
        order: OrderId::new(order),
        rows: rows.iter().map(|id| row(*id)).collect(),
        credit: credit.map(OrderId::new),
        adopted: false,
    };
    assert!(intended(UK, &[]).await.is_empty());
    assert!(intended(UK, &[300]).await.is_empty());
    let [one, two, three, four] = [
        leased(&store, UK, 1, 1).await,
        leased(&store, DE, 2, 1).await,
        leased(&store, UK, 3, 1).await,
        leased(&store, SANDBOX, 4, 1).await,
    ];
    intend(&store, &one, "RGO-1", credit_of(300, &[11, 12]), 2).await;
    intend(&store, &one, "RGO-1-payment", WriteKind::Payment, 2).await;
    intend(&store, &one, "RGO-1-note", WriteKind::Other, 2).await;
    intend(&store, &two, "RGO-2", credit_of(301, &[13]), 2).await;
    intend(&store, &four, "RGO-4", credit_of(300, &[14]), 2).await;
    let adoption = WriteKind::Adoption { order: OrderId::new(300), credit: OrderId::new(777) };
    intend(&store, &three, "RGO-3-adopted", adoption, 2).await;
    let adopted = IntendedCredit { adopted: true, ..credit(3, 300, &[], Some(777)) };

    for connection in [UK, DE] {
        assert_eq!(intended(connection, &[300]).await, [credit(1, 300, &[11, 12], None), adopted.clone()]);
    }
    let both = [credit(1, 300, &[11, 12], None), credit(2, 301, &[13], None), adopted.clone()];
    assert_eq!(intended(UK, &[301, 300, 300, 999]).await, both);
    assert_eq!(intended(SANDBOX, &[300, 301]).await, [credit(4, 300, &[14], None)]);

    record(&store, &one, "RGO-1", applied("955"), 3).await;
    record(&store, &two, "RGO-2", unknown(), 3).await;
    record(&store, &three, "RGO-3-adopted", applied("12"), 3).await;
    let known = [credit(1, 300, &[11, 12], Some(955)), credit(2, 301, &[13], None), adopted.clone()];
    assert_eq!(intended(DE, &[300, 301]).await, known, "the id of a claim's note is not the credit's");
    finish(&store, &one, in_sync(), 4).await;
    store.remove_connection(&name(UK), &Actor::command_line("dana"), at(5)).await.unwrap();
    assert_eq!(intended(DE, &[300, 301]).await, known, "what was written stays so");

    record(&store, &two, "RGO-2", refused(), 6).await;
    assert_eq!(intended(DE, &[301]).await, [], "nothing is there of what was refused");
    intend(&store, &two, "RGO-2", credit_of(301, &[15]), 7).await;
    assert_eq!(intended(DE, &[301]).await, [credit(2, 301, &[15], None)], "it is as it was intended last");
}

async fn a_settled_rma_clears_what_was_doubtful(database: Database) {
    let store = connected(&database).await;
    let settled =
        |credit: Option<u64>| JobOutcome::Settled { reviews: Vec::new(), credit: credit.map(OrderId::new) };
    let not_found = EffectOutcome::Refused { error: "it was not found later".to_owned() };
    let cases = [
        (None, Some(955), applied("955")),
        (Some(unknown()), Some(955), applied("955")),
        (None, None, not_found.clone()),
        (Some(unknown()), None, not_found),
        (Some(refused()), Some(955), refused()),
        (Some(applied("955")), None, applied("955")),
    ];
    for (number, (recorded, credit, expected)) in (1..).zip(cases) {
        let (order, now) = (300 + u64::from(number), 100 * i64::from(number));
        let lease = leased(&store, UK, number, now + 1).await;
        intend(&store, &lease, "RGO", credit_of(order, &[1]), now + 2).await;
        intend(&store, &lease, "RGO-payment", WriteKind::Payment, now + 2).await;
        intend(&store, &lease, "RGO-note", WriteKind::Other, now + 2).await;
        if let Some(recorded) = recorded {
            record(&store, &lease, "RGO", recorded, now + 3).await;
        }
        finish(&store, &lease, later(), now + 4).await;
        let outcome = async |key: &str| {
            let effects = store.effects(&name(UK), &rma(number)).await.unwrap();
            effects.into_iter().find(|effect| effect.key == key).unwrap().outcome
        };
        let before = outcome("RGO").await;
        let again = leased(&store, UK, number, now + 5).await;
        finish(&store, &again, JobOutcome::Released, now + 6).await;
        assert_eq!(outcome("RGO").await, before, "nobody has looked");

        let again = leased(&store, UK, number, now + 7).await;
        finish(&store, &again, settled(credit), now + 8).await;
        assert_eq!(outcome("RGO").await, Some(expected.clone()), "case {number}");
        assert_eq!((outcome("RGO-payment").await, outcome("RGO-note").await), (None, None));
        let other = leased(&store, DE, number, now + 9).await;
        assert_eq!(take(&store, &other, order).await, OrderHold::Ready, "case {number}");
        finish(&store, &other, in_sync(), now + 10).await;
        let intended = store.intended_credits(&name(DE), &[OrderId::new(order)]).await.unwrap();
        let expected: Vec<_> =
            matches!(expected, EffectOutcome::Applied { .. }).then_some(955).into_iter().collect();
        let credits: Vec<_> = intended.iter().filter_map(|intended| intended.credit).collect();
        assert_eq!(credits, expected.into_iter().map(OrderId::new).collect::<Vec<_>>(), "case {number}");
    }
    let lost = leased(&store, UK, 99, 9020).await;
    intend(&store, &lost, "RGO", credit_of(399, &[1]), 9021).await;
    worker_ended(&store, 9080).await;
    assert_eq!(store.finish(&[(lost, settled(None))], at(9081)).await.unwrap(), 0);
    assert_eq!(store.effects(&name(UK), &rma(99)).await.unwrap()[0].outcome, None, "its claim was lost");
}

async fn credits_and_payments_of_late_are_known(database: Database) {
    let store = connected(&database).await;
    let lease = leased(&store, UK, 1, 1).await;
    let adoption = WriteKind::Adoption { order: OrderId::new(300), credit: OrderId::new(777) };
    for (key, kind) in [
        ("credit", credit_of(300, &[1])),
        ("payment", WriteKind::Payment),
        ("adoption", adoption),
        ("other", WriteKind::Other),
        ("refused", WriteKind::Payment),
        ("unknown", WriteKind::Payment),
    ] {
        intend(&store, &lease, key, kind, 10).await;
    }
    record(&store, &lease, "payment", applied("12"), 20).await;
    record(&store, &lease, "refused", refused(), 20).await;
    record(&store, &lease, "unknown", unknown(), 30).await;
    let of_other_shop = leased(&store, DE, 1, 1).await;
    intend(&store, &of_other_shop, "credit", credit_of(300, &[1]), 40).await;
    let recent = async |connection: &str, numbers: &[u32], since: i64| {
        let rmas: Vec<_> = numbers.iter().copied().map(rma).collect();
        let recent = store.recent_writes(&name(connection), &rmas, at(since)).await.unwrap();
        recent.into_iter().map(|(rma, effect)| format!("{rma} {}", effect.key)).collect::<Vec<_>>()
    };
    assert_eq!(recent(UK, &[1, 2], 9).await, ["1 credit", "1 payment", "1 unknown"]);
    assert_eq!(recent(UK, &[1], 10).await, ["1 payment", "1 unknown"]);
    assert_eq!(recent(UK, &[1], 29).await, ["1 unknown"]);
    assert!(recent(UK, &[1], 30).await.is_empty());
    assert!(recent(UK, &[2], 0).await.is_empty());
    assert_eq!(recent(DE, &[1], 0).await, ["1 credit"]);
    let effects = store.effects(&name(UK), &rma(1)).await.unwrap();
    let recent = store.recent_writes(&name(UK), &[rma(1)], at(29)).await.unwrap();
    assert!(effects.contains(&recent[0].1));
}
