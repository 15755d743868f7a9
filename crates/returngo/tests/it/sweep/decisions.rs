//! What the state decides, without a network.

use std::time::Duration;

use jiff::Timestamp;
use returngo::{
    Notification, Page, Rma, RmaFilter, RmaId, RmaStatus, RmaSummary, Transaction, TransactionFilter,
    client::CallsLeft,
    rma,
    sweep::{PendingRma, Reason, SweepCall, SweepJob, SweepSettings, SweepState},
    transaction,
};
use returngo_mock::{Inspection, ItemBuilder, Refund, RmaBuilder};
use rust_decimal_macros::dec;
use serde_json::json;

const NOON: &str = "2026-05-04T12:00:00Z";

/// A state with its shop's time and what the day has left.
pub(super) struct Desk {
    pub(super) state: SweepState,
    pub(super) settings: SweepSettings,
    pub(super) now: Timestamp,
    pub(super) left: CallsLeft,
}

impl Desk {
    pub(super) fn new() -> Self {
        let now: Timestamp = NOON.parse().unwrap();
        let left = CallsLeft {
            reads: Some(1600),
            writes: Some(400),
            until: "2026-05-05T00:00:00Z".parse().unwrap(),
        };
        Self { state: SweepState::new(now), settings: SweepSettings::default(), now, left }
    }

    pub(super) fn pass(&mut self, duration: Duration) {
        self.now = self.now.checked_add(duration).unwrap();
    }

    fn next(&self) -> Option<SweepCall> {
        self.state.next_call(self.now, &self.settings, self.left)
    }

    pub(super) fn due(&self) -> Vec<PendingRma> {
        self.state.pending_now(self.now, &self.settings, self.left)
    }

    pub(super) fn due_for(&self) -> Vec<(String, Reason)> {
        self.due().into_iter().map(|due| (due.rma_id.to_string(), due.reason)).collect()
    }

    /// Answers every list that is due, with these RMAs and transactions; says which lists were asked for.
    pub(super) fn sweep(&mut self, rmas: &[&Rma], transactions: &[&Transaction]) -> Vec<SweepJob> {
        let mut asked = Vec::new();
        while let Some(call) = self.next() {
            match call {
                SweepCall::Rmas { job, .. } => {
                    let open = |rma: &&&Rma| !matches!(rma.status(), RmaStatus::Done | RmaStatus::Canceled);
                    let listed = rmas.iter().filter(|rma| job == SweepJob::Recent || open(rma));
                    // Nobody edited anything: `lastUpdated` did not move.
                    let listed = listed.filter(|_| job != SweepJob::Edited);
                    let rows: Vec<_> = listed.map(|rma| &rma.rma_summary).collect();
                    assert!(self.state.record_rmas(job, page(json!({"rmas": rows})), self.now).is_empty());
                    asked.push(job);
                }
                SweepCall::Transactions { .. } => {
                    let listed = money_page(json!({"transactions": transactions}));
                    assert!(self.state.record_transactions(listed, self.now).is_empty());
                    asked.push(SweepJob::Money);
                }
            }
        }
        asked
    }

    pub(super) fn learn(&mut self, rma: &Rma) {
        self.state.record_read(rma, self.now);
    }
}

fn answer(body: serde_json::Value) -> api_client_core::HttpResponse {
    api_client_core::HttpResponse {
        status: 200,
        headers: Default::default(),
        body: body.to_string().into_bytes(),
    }
}

fn page(body: serde_json::Value) -> Page<RmaSummary> {
    rma::list(&RmaFilter::new(), None).read(&answer(body)).unwrap()
}

fn money_page(body: serde_json::Value) -> Page<Transaction> {
    transaction::list(&TransactionFilter::new(), None).read(&answer(body)).unwrap()
}

pub(super) fn rma(number: u64, status: RmaStatus) -> Rma {
    builder(number, status).build().unwrap()
}

pub(super) fn builder(number: u64, status: RmaStatus) -> RmaBuilder {
    RmaBuilder::new(number).status(status).item(ItemBuilder::new("LS-M", dec!(40)))
}

pub(super) fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

#[test]
fn an_unknown_shop_is_asked_for_everything_once() {
    let mut desk = Desk::new();
    let approved = rma(1, RmaStatus::Approved);
    let asked = desk.sweep(&[&approved], &[]);
    assert_eq!(asked, [SweepJob::Open, SweepJob::Edited, SweepJob::Money, SweepJob::Recent]);
    assert_eq!(desk.due_for(), [("1".to_owned(), Reason::New)]);
    desk.learn(&approved);
    assert_eq!((desk.due(), desk.next()), (vec![], None));
}

/// `lastUpdated` does not move when a parcel arrives: asking by it alone would never show it.
#[test]
fn the_last_updated_trap_a_received_parcel_shows_in_the_open_set_alone() {
    let mut desk = Desk::new();
    desk.sweep(&[&rma(1, RmaStatus::Approved)], &[]);
    desk.learn(&rma(1, RmaStatus::Approved));
    let received = rma(1, RmaStatus::Received);
    assert_eq!(received.last_updated, rma(1, RmaStatus::Approved).last_updated, "the trap");

    desk.pass(minutes(10));
    let asked = desk.sweep(&[&received], &[]);
    assert_eq!(asked, [SweepJob::Open, SweepJob::Edited]);
    assert_eq!(desk.due_for(), [("1".to_owned(), Reason::StatusChanged)]);
}

/// Nor when money moves, while the status stays as it is.
#[test]
fn the_last_updated_trap_a_refund_shows_in_the_transactions_alone() {
    let mut desk = Desk::new();
    desk.learn(&rma(1, RmaStatus::Received));
    let refunded = builder(1, RmaStatus::Received).refund(Refund::full()).build().unwrap();
    assert_eq!(refunded.last_updated, rma(1, RmaStatus::Received).last_updated, "the trap");

    desk.sweep(&[&refunded], &[&refunded.transactions[0]]);
    assert_eq!(desk.due_for(), [("1".to_owned(), Reason::MoneyMoved)]);
    desk.learn(&refunded);
    desk.pass(minutes(15));
    desk.sweep(&[&refunded], &[&refunded.transactions[0]]);
    assert_eq!(desk.due(), [], "what is known is not read again, however often the overlap shows it");

    let mut failed = refunded.transactions[0].clone();
    failed.status = returngo::TransactionStatus::Failed;
    desk.pass(minutes(15));
    desk.sweep(&[&refunded], &[&failed]);
    assert_eq!(desk.due_for(), [("1".to_owned(), Reason::MoneyMoved)]);
}

/// Nor when somebody inspects: no list and no webhook shows it.
#[test]
fn the_last_updated_trap_inspections_are_found_by_reading_those_that_wait_for_one() {
    let mut desk = Desk::new();
    let received = rma(1, RmaStatus::Received);
    let inspected = RmaBuilder::new(2)
        .status(RmaStatus::Received)
        .item(ItemBuilder::new("LS-M", dec!(40)).inspected(Inspection::Restockable));
    desk.learn(&received);
    desk.learn(&inspected.build().unwrap());
    desk.learn(&rma(3, RmaStatus::Approved));
    assert_eq!(desk.due(), [], "just read");
    desk.pass(minutes(60));
    assert_eq!(desk.due_for(), [("1".to_owned(), Reason::Suspected)]);
    desk.learn(&received);
    assert_eq!(desk.due(), []);
}

#[test]
fn looks_are_capped_by_the_hour_and_the_longest_unread_come_first() {
    let mut desk = Desk::new();
    for number in 1..=50 {
        desk.learn(&rma(number, RmaStatus::Received));
        desk.pass(Duration::from_secs(1));
    }
    desk.pass(minutes(60));
    let looks = desk.due();
    assert_eq!(looks.len(), 20);
    assert_eq!(looks[0].rma_id, RmaId::from(1));
    for look in &looks[..15] {
        desk.state.record_read(&rma(look.rma_id.as_str().parse().unwrap(), RmaStatus::Received), desk.now);
    }
    assert_eq!(desk.due().len(), 5);
    desk.pass(minutes(60));
    assert_eq!(desk.due()[0].rma_id, RmaId::from(16));
}

#[test]
fn a_finished_rma_is_looked_at_for_a_while() {
    let mut desk = Desk::new();
    desk.learn(&rma(1, RmaStatus::Done));
    desk.pass(minutes(60));
    assert_eq!(desk.due().len(), 1);
    desk.learn(&rma(1, RmaStatus::Done));
    desk.pass(minutes(3 * 24 * 60));
    assert_eq!(desk.due(), [], "three days after it was seen done, not after it was read");
}

#[test]
fn an_rma_that_leaves_the_open_set_is_read() {
    let mut desk = Desk::new();
    let open = [rma(1, RmaStatus::Approved), rma(2, RmaStatus::Received)];
    open.iter().for_each(|rma| desk.learn(rma));
    desk.pass(minutes(10));
    desk.sweep(&[&open[1]], &[]);
    assert_eq!(desk.due_for(), [("1".to_owned(), Reason::StatusChanged)]);
    desk.learn(&rma(1, RmaStatus::Done));
    desk.pass(minutes(10));
    desk.sweep(&[&open[1]], &[]);
    assert_eq!(desk.due(), []);
}

#[test]
fn a_status_may_go_backwards() {
    let mut desk = Desk::new();
    desk.learn(&rma(1, RmaStatus::Canceled));
    desk.sweep(&[&rma(1, RmaStatus::Pending)], &[]);
    assert_eq!(desk.due_for(), [("1".to_owned(), Reason::StatusChanged)]);
}

#[test]
fn a_run_of_several_pages_goes_on_after_a_restart_and_misses_nobody() {
    let mut desk = Desk::new();
    for number in 1..=3 {
        desk.learn(&rma(number, RmaStatus::Approved));
    }
    desk.pass(minutes(1));
    let first = page(json!({"rmas": [rma(1, RmaStatus::Approved).rma_summary], "next_cursor": "c1"}));
    let Some(SweepCall::Rmas { job, filter, cursor: None }) = desk.next() else { panic!("the open set") };
    let _ = desk.state.record_rmas(job, first, desk.now);

    let stored = serde_json::to_string(&desk.state).unwrap();
    desk.state = serde_json::from_str(&stored).unwrap();
    desk.pass(minutes(30));
    let Some(SweepCall::Rmas { job, filter: same, cursor: Some(cursor) }) = desk.next() else {
        panic!("its next page")
    };
    assert_eq!((job, &filter, cursor.as_str()), (SweepJob::Open, &same, "c1"));
    assert_eq!(desk.due(), [], "a run that has not ended knows nothing of who left");
    let second = page(json!({"rmas": [rma(2, RmaStatus::Approved).rma_summary], "next_cursor": "c1"}));
    let _ = desk.state.record_rmas(job, second, desk.now);
    assert_eq!(desk.due_for(), [("3".to_owned(), Reason::StatusChanged)], "the repeated cursor ended it");
}

#[test]
fn a_refund_of_unknown_units_waits_for_its_rma() {
    let mut desk = Desk::new();
    let refunded = builder(7, RmaStatus::Received).refund(Refund::full()).build().unwrap();
    desk.sweep(&[], &[&refunded.transactions[0]]);
    assert_eq!(desk.due(), []);
    let transaction = &refunded.transactions[0];
    let unmatched = (&transaction.id, transaction.return_item_ids.as_slice());
    assert_eq!(desk.state.unmatched().collect::<Vec<_>>(), [unmatched]);
    desk.learn(&refunded);
    assert_eq!(desk.state.unmatched().count(), 0);
}

#[test]
fn webhooks_of_one_rma_are_joined_and_never_put_off_for_ever() {
    let mut desk = Desk::new();
    let notification =
        Notification::parse(br#"{"eventName":"RMA_STATUS_UPDATED","rmaId":"1","status":"Received"}"#)
            .unwrap();
    desk.state.record_notification(&notification, desk.now);
    assert_eq!(desk.due(), []);
    assert_eq!(desk.state.wake_at(desk.now, &desk.settings, desk.left), desk.now, "lists come first");
    desk.sweep(&[], &[]);
    let wake = desk.state.wake_at(desk.now, &desk.settings, desk.left);
    assert_eq!(wake.duration_since(desk.now).as_secs(), 45);
    for _ in 0..3 {
        desk.pass(Duration::from_secs(40));
        desk.state.record_notification(&notification, desk.now);
        assert_eq!(desk.due(), []);
    }
    desk.pass(minutes(1));
    assert_eq!(desk.due_for(), [("1".to_owned(), Reason::Notified)]);
}

#[test]
fn a_webhook_during_a_read_makes_it_due_again() {
    let mut desk = Desk::new();
    desk.state.request_read(RmaId::from(1), desk.now);
    let asked_at = desk.now;
    desk.pass(Duration::from_secs(5));
    desk.state.request_read(RmaId::from(1), desk.now);
    desk.state.record_read(&rma(1, RmaStatus::Approved), asked_at);
    desk.pass(minutes(1));
    assert_eq!(desk.due_for(), [("1".to_owned(), Reason::Notified)]);
    desk.learn(&rma(1, RmaStatus::Approved));
    assert_eq!(desk.due(), []);
}

#[test]
fn a_webhook_that_names_nothing_brings_the_lists_forward() {
    let mut desk = Desk::new();
    desk.sweep(&[], &[]);
    desk.pass(minutes(3));
    assert_eq!(desk.next(), None);
    desk.state.record_notification(&Notification::parse(b"{}").unwrap(), desk.now);
    assert_eq!(desk.sweep(&[], &[]), [SweepJob::Open, SweepJob::Edited, SweepJob::Money]);
}

#[test]
fn an_older_answer_does_not_undo_a_newer_one() {
    let mut desk = Desk::new();
    let asked_at = desk.now;
    desk.pass(minutes(1));
    desk.learn(&rma(1, RmaStatus::Received));
    desk.state.record_read(&rma(1, RmaStatus::Approved), asked_at);
    assert_eq!(desk.state.observed(&RmaId::from(1)).unwrap().status, RmaStatus::Received);
}

#[test]
fn with_fewer_calls_left_sweeps_come_seldom_and_looks_not_at_all() {
    let mut desk = Desk::new();
    for number in 1..=30 {
        desk.learn(&rma(number, RmaStatus::Received));
    }
    desk.sweep(&[], &[]);
    desk.left.reads = Some(40);
    desk.pass(minutes(60));
    assert_eq!(desk.next(), None, "12 hours are to be had for 20 lists");
    assert_eq!(desk.due().len(), 0);
    desk.state.request_read(RmaId::from(1), desk.now);
    desk.pass(minutes(3));
    assert_eq!(desk.due_for(), [("1".to_owned(), Reason::Notified)], "what is known to have changed is read");

    desk.left.reads = Some(0);
    assert_eq!((desk.next(), desk.due()), (None, vec![]));
    assert_eq!(desk.state.wake_at(desk.now, &desk.settings, desk.left), desk.left.until);
    desk.left.reads = Some(1600);
    assert_eq!(desk.due_for()[0], ("1".to_owned(), Reason::Notified), "and stays due until it can be");
}

#[test]
fn without_a_quota_nothing_stretches() {
    let mut desk = Desk::new();
    desk.left.reads = None;
    desk.sweep(&[], &[]);
    desk.pass(minutes(10));
    assert_eq!(desk.sweep(&[], &[]), [SweepJob::Open, SweepJob::Edited]);
}

#[test]
fn an_rma_that_does_not_read_is_put_off_and_the_others_go_on() {
    let mut desk = Desk::new();
    desk.state.request_read(RmaId::from(1), desk.now);
    desk.state.request_read(RmaId::from(2), desk.now);
    desk.pass(minutes(2));
    desk.state.postpone(&RmaId::from(1), desk.now, desk.now.checked_add(minutes(60)).unwrap());
    assert_eq!(desk.due_for(), [("2".to_owned(), Reason::Notified)]);
    desk.pass(minutes(60));
    assert_eq!(desk.due().len(), 2);
    desk.state.forget(&RmaId::from(1));
    assert_eq!(desk.due().len(), 1);
}

/// The rows of a list of open RMAs, the first of which has a status that is no text.
fn page_with_an_unreadable_row(rmas: &[&Rma]) -> Page<RmaSummary> {
    let mut rows: Vec<_> = rmas.iter().map(|rma| serde_json::to_value(&rma.rma_summary).unwrap()).collect();
    rows[0]["status"] = json!(7);
    page(json!({"rmas": rows}))
}

#[test]
fn an_rma_whose_row_does_not_read_is_due_if_it_was_never_read() {
    let mut desk = Desk::new();
    let [first, second] = [rma(1, RmaStatus::Approved), rma(2, RmaStatus::Approved)];
    let rows = page_with_an_unreadable_row(&[&first, &second]);
    let undecodable = desk.state.record_rmas(SweepJob::Open, rows, desk.now);
    assert_eq!((undecodable.len(), undecodable[0].number, undecodable[0].id.as_deref()), (1, 1, Some("1")));
    assert_eq!(desk.due_for(), [("1".to_owned(), Reason::New), ("2".to_owned(), Reason::New)]);
    assert_eq!(desk.state.unlisted().collect::<Vec<_>>(), [first.id()]);

    // Nobody can read it in full either: it is left alone for longer each time, whatever the lists show.
    let due = desk.due().remove(0);
    desk.state.handed_over(&due, desk.now);
    desk.learn(&second);
    desk.pass(minutes(10));
    desk.state.record_rmas(SweepJob::Open, page_with_an_unreadable_row(&[&first, &second]), desk.now);
    assert_eq!(desk.due(), []);
}

#[test]
fn an_rma_that_no_list_tells_of_any_more_is_looked_at_from_time_to_time() {
    let mut desk = Desk::new();
    let [first, second] = [rma(1, RmaStatus::Approved), rma(2, RmaStatus::Approved)];
    desk.learn(&first);
    desk.learn(&second);
    desk.pass(minutes(10));
    desk.state.record_rmas(SweepJob::Open, page_with_an_unreadable_row(&[&first, &second]), desk.now);
    assert_eq!(desk.due(), [], "it was read in this hour, and has not left the open ones");
    desk.pass(minutes(60));
    assert_eq!(desk.due_for(), [("1".to_owned(), Reason::Suspected)]);
    desk.learn(&first);
    assert_eq!(desk.due(), []);

    desk.pass(minutes(60));
    desk.sweep(&[&first, &second], &[]);
    assert_eq!((desk.state.unlisted().count(), desk.due()), (0, vec![]), "its row reads again");
}

#[test]
fn a_row_without_a_usable_number_is_named_by_its_place() {
    let mut desk = Desk::new();
    for number in [json!(null), json!(""), json!("RMA-1"), json!({"id": 1}), json!("123456789012345678901")] {
        let rows = page(json!({"rmas": [{"rmaId": number, "status": 7}]}));
        let undecodable = desk.state.record_rmas(SweepJob::Open, rows, desk.now);
        assert_eq!((undecodable[0].number, &undecodable[0].id), (1, &None), "{number}");
    }
    assert_eq!(desk.due(), []);
}
