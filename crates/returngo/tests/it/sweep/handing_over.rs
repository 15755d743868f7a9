//! RMAs that somebody else reads, and those that nobody needs to know of any more.

use std::time::Duration;

use returngo::{
    Rma, RmaId, RmaStatus,
    sweep::{ObservedRma, Reason, SweepSettings, SweepState},
};
use returngo_mock::Refund;

use super::decisions::{Desk, builder, minutes, rma};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn hand_over(desk: &mut Desk) -> usize {
    let due = desk.due();
    due.iter().for_each(|due| desk.state.handed_over(due, desk.now));
    due.len()
}

/// Somebody else read it.
fn is_read(desk: &mut Desk, rma: &Rma) {
    assert!(desk.state.record_observation(rma.id(), ObservedRma::of(rma, desk.now)));
}

#[test]
fn what_is_handed_over_is_due_again_when_something_happens_or_after_growing_waits() {
    let mut desk = Desk::new();
    let approved = rma(1, RmaStatus::Approved);
    desk.sweep(&[&approved], &[]);
    for hours in [1, 2, 4] {
        assert_eq!(hand_over(&mut desk), 1);
        desk.pass(minutes(hours * 60 - 1));
        desk.sweep(&[&approved], &[]);
        assert_eq!(desk.due(), [], "the lists show what they showed before");
        desk.pass(minutes(1));
    }
    assert_eq!(hand_over(&mut desk), 1);
    desk.pass(minutes(10));
    desk.sweep(&[&rma(1, RmaStatus::Received)], &[]);
    assert_eq!(hand_over(&mut desk), 1, "its status is another");
    desk.pass(minutes(10));
    desk.sweep(&[], &[]);
    assert_eq!(desk.due(), [], "it was never read: that it left says nothing");
    desk.pass(minutes(50));
    assert_eq!(hand_over(&mut desk), 1, "the waits began anew");
    is_read(&mut desk, &approved);
    desk.pass(DAY);
    assert_eq!(desk.due(), []);
}

#[test]
fn what_is_read_before_it_changes_again_is_due_at_once() {
    let mut desk = Desk::new();
    let approved = rma(1, RmaStatus::Approved);
    desk.sweep(&[&approved], &[]);
    hand_over(&mut desk);
    let read = ObservedRma::of(&approved, desk.now);
    desk.pass(minutes(10));
    desk.sweep(&[&rma(1, RmaStatus::Received)], &[]);
    desk.state.record_observation(approved.id(), read);
    assert_eq!(desk.due().len(), 1);
}

#[test]
fn those_that_nobody_can_read_keep_no_others_waiting() {
    let mut desk = Desk::new();
    let stuck: Vec<Rma> = (1..=300).map(|number| rma(number, RmaStatus::Approved)).collect();
    desk.sweep(&stuck.iter().collect::<Vec<_>>(), &[]);
    assert_eq!(hand_over(&mut desk), 300);
    desk.pass(minutes(60));
    desk.left.reads = Some(400);
    assert!(desk.due().len() < 300, "there are not calls enough for all: {}", desk.due().len());
    let new = rma(999, RmaStatus::Approved);
    desk.sweep(&[&new], &[]);
    assert_eq!(desk.due()[0].rma_id, RmaId::from(999));
}

#[test]
fn a_look_that_comes_to_nothing_is_not_repeated_every_hour() {
    let mut desk = Desk::new();
    let received = rma(1, RmaStatus::Received);
    is_read(&mut desk, &received);
    let mut looks = 0;
    for _ in 0..24 * 7 {
        desk.pass(minutes(60));
        desk.left.until = desk.now.checked_add(DAY).unwrap();
        looks += hand_over(&mut desk);
    }
    assert_eq!(looks, 8, "after 1, 1, 2, 4 hours and so on");
}

#[test]
fn finished_rmas_are_forgotten_and_their_late_refunds_wait_to_be_matched() {
    let mut desk = Desk::new();
    let done = builder(1, RmaStatus::Done).refund(Refund::full()).build().unwrap();
    for rma in [&done, &rma(2, RmaStatus::Approved), &rma(3, RmaStatus::Canceled)] {
        desk.learn(rma);
    }
    let settings = SweepSettings { watch_after_done: Duration::ZERO, ..SweepSettings::default() };
    desk.pass(59 * DAY);
    desk.state.forget_finished(desk.now, &settings, 60 * DAY);
    assert!(desk.state.observed(done.id()).is_some());
    desk.state.request_read(RmaId::from(3), desk.now);
    desk.pass(2 * DAY);
    desk.state.forget_finished(desk.now, &settings, 60 * DAY);
    let known = [1, 2, 3].map(|number| desk.state.observed(&RmaId::from(number)).is_some());
    assert_eq!(known, [false, true, true], "one is open, and one is due");

    let transaction = &done.transactions[0];
    let _ = desk.sweep(&[], &[transaction]);
    let (id, items) = desk.state.unmatched().next().unwrap();
    assert_eq!((id, items), (&transaction.id, &transaction.return_item_ids[..]));
    desk.state.record_match(done.id().clone(), desk.now);
    assert!(desk.due_for().contains(&("1".to_owned(), Reason::MoneyMoved)));
    is_read(&mut desk, &done);
    assert_eq!(desk.state.unmatched().count(), 0);
}

#[test]
fn what_the_lists_would_show_as_new_is_not_forgotten() {
    let mut desk = Desk::new();
    desk.learn(&rma(1, RmaStatus::Canceled));
    desk.pass(29 * DAY);
    desk.state.forget_finished(desk.now, &SweepSettings::default(), DAY);
    assert!(desk.state.observed(&RmaId::from(1)).is_some());
}

#[test]
fn a_state_of_an_earlier_version_is_read() {
    let mut desk = Desk::new();
    desk.state.request_read(RmaId::from(1), desk.now);
    let stored = r#"{"began":"2026-05-04T12:00:00Z","rmas":{},
        "due":{"1":{"reason":"notified","since":"2026-05-04T12:00:00Z","last":"2026-05-04T12:00:00Z"}},"unmatched":{},
        "open":{},"edited":{},"money":{},"recent":{},"looks":{"hour":0,"made":0}}"#;
    assert_eq!(serde_json::from_str::<SweepState>(stored).unwrap(), desk.state);
}

#[test]
fn a_run_that_an_earlier_version_began_goes_on() {
    let stored = r#"{"began":"2026-05-04T12:00:00Z","rmas":{},"due":{},"unmatched":{},
        "open":{"last":null,"pages":0,"underWay":{"began":"2026-05-04T12:00:00Z","pages":1,"cursor":"c2","been":["c2"],
        "seen":["1"]},"hurried":true},"edited":{},"money":{},"recent":{},"looks":{"hour":0,"made":0}}"#;
    let state: SweepState = serde_json::from_str(stored).unwrap();
    let written = serde_json::to_value(&state).unwrap();
    assert_eq!(written["open"]["underWay"]["cursor"], "c2");
    assert_eq!((&written["open"]["hurried"], &written["due"]), (&true.into(), &serde_json::json!({})));
    let checkpoint = serde_json::to_value(state.into_checkpoint()).unwrap();
    assert_eq!(checkpoint["open"], written["open"]);
}
