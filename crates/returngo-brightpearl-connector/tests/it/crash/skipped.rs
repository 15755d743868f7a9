//! Killed between what a sweep or webhooks went past being stored and their end: what cannot be read is before a person,
//! once, and what could only be found by its way around is found.

use returngo::RmaId;
use returngo_brightpearl_connector::{
    failpoints::Failpoint,
    store::{JobState, UnreadableKind},
};
use serde_json::{Value, json};
use wiremock::{Mock, ResponseTemplate, matchers::path};

use super::{Kill, Story};
use crate::store::{databases::Database, on_both};

on_both!(what_was_skipped_survives_a_kill_at_every_step,);

/// A kind of sweep, and how often its connection is swept before it: whichever is taken first, one of them is ReturnGO's.
const SWEEPS: std::ops::RangeInclusive<u32> = 1..=3;

const STEPS: [Failpoint; 4] =
    [Failpoint::SweepTaken, Failpoint::SweepQueued, Failpoint::SkippedStored, Failpoint::SweepFinished];

/// The list of RMAs shows one without a number, and the status of this one as a number.
async fn break_list(story: &Story, broken: &RmaId) {
    let row = |rma: returngo::Rma| {
        let mut row = serde_json::to_value(&rma.rma_summary).unwrap();
        if rma.id() == broken {
            row["status"] = json!(7);
        }
        row
    };
    let rows: Vec<Value> = story.scene.returngo.rmas().into_iter().map(row).collect();
    let rows: Vec<Value> = [json!({"rmaId": {}, "status": "Approved"})].into_iter().chain(rows).collect();
    Mock::given(path("/rmas"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"rmas": rows})))
        .with_priority(1)
        .mount(story.scene.returngo.server())
        .await;
}

/// A refund that ReturnGO shows without the units it is for.
fn refund_without_units(story: &Story, rma: &RmaId) {
    story.scene.refund(rma).unwrap();
    let mut shown = story.scene.returngo.rma(rma).unwrap();
    for transaction in &mut shown.transactions {
        transaction.return_item_ids.clear();
    }
    story.scene.returngo.put_rma(shown);
}

async fn what_was_skipped_survives_a_kill_at_every_step(database: Database) {
    let mut story = Story::begin(database, 0).await;
    let [broken, refunded, ..] = &story.scene.rmas.clone()[..] else { panic!("four RMAs") };
    for rma in &story.scene.rmas {
        story.scene.approve(rma).unwrap();
    }
    break_list(&story, broken).await;
    let mut killed = 0;
    for step in STEPS {
        for times in SWEEPS {
            killed += u32::from(!story.run(Some(Kill::At(step, times))).await);
        }
    }
    story.come_to_an_end().await;
    refund_without_units(&story, refunded);
    story.deliveries = vec![(story.connection.to_string(), "{".to_owned())];
    for step in STEPS {
        for times in SWEEPS {
            killed += u32::from(!story.run(Some(Kill::At(step, times))).await);
        }
    }
    story.come_to_an_end().await;
    assert!(killed >= 16, "{killed} processes were killed");

    let skipped = story.store.unreadable(Some(&story.connection)).await.unwrap();
    let mut skipped: Vec<(UnreadableKind, String)> =
        skipped.into_iter().map(|stored| (stored.unreadable.kind, stored.unreadable.object)).collect();
    skipped.sort();
    let mut expected = [
        (UnreadableKind::RmaRow, broken.to_string()),
        (UnreadableKind::RmaRow, "row 1".to_owned()),
        (UnreadableKind::Webhook, "from ReturnGO".to_owned()),
    ];
    expected.sort();
    assert_eq!(skipped, expected);
    for rma in &story.scene.rmas {
        let work = story.store.work(&story.connection, rma).await.unwrap();
        assert_eq!(work.map(|work| work.state), Some(JobState::InSync), "{rma}");
        let payments = story.scene.brightpearl.payments_on(story.scene.credit(rma).unwrap().id).len();
        assert_eq!(payments, usize::from(rma == refunded), "{rma}");
    }
    assert!(story.scene.brightpearl.duplicates().is_empty());
}
