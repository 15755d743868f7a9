//! The client's side: errors on the way lose nothing.

use api_mock_core::{Fault, FaultKind};
use returngo::{
    ErrorKind, RmaId, RmaStatus,
    client::Quota,
    sweep::{ReadResult, SweepSettings, Sweeper},
};
use returngo_mock::{ItemBuilder, RmaBuilder};
use rust_decimal_macros::dec;

use super::direct::World;

fn shop_of(rmas: u64) -> World {
    let world = World::at("2026-05-04T12:00:00Z");
    for number in 1..=rmas {
        put(&world, number, RmaStatus::Approved);
    }
    world
}

fn put(world: &World, number: u64, status: RmaStatus) {
    let rma =
        RmaBuilder::new(number).status(status).item(ItemBuilder::new("LS-M", dec!(40))).build().unwrap();
    world.core.act(|shop, context| shop.put(rma, context));
}

async fn read_all(sweeper: &mut Sweeper) -> Vec<RmaId> {
    let mut read = Vec::new();
    while let Some(found) = sweeper.read_next().await.unwrap() {
        match found {
            ReadResult::Rma(rma) => read.push(rma.id().clone()),
            ReadResult::Gone(id) => panic!("{id} is gone"),
        }
    }
    read
}

#[tokio::test]
async fn every_open_rma_is_read_once() {
    let world = shop_of(3);
    let mut sweeper = Sweeper::new(world.client(), SweepSettings::default());
    assert_eq!(sweeper.sweep().await.unwrap().pages, 4);
    assert_eq!(read_all(&mut sweeper).await, [1, 2, 3].map(RmaId::from));
    assert_eq!(sweeper.wake_at().duration_since(world.now()).as_secs(), 600);
    assert!(sweeper.sweep().await.unwrap().undecodable_rmas.is_empty());
    assert_eq!(world.core.requests().of("GET /rma/{id}"), 3);
}

#[tokio::test]
async fn a_failure_on_the_way_is_taken_up_where_it_was_after_a_restart() {
    let world = shop_of(600);
    let client = world.client();
    let mut sweeper = Sweeper::new(client.clone(), SweepSettings::default());
    world.core.faults().add(Fault::on("GET /transactions", FaultKind::Status500).times(4));
    assert_eq!(sweeper.sweep().await.unwrap_err().kind(), ErrorKind::ServerFailed);
    let asked = world.core.requests().of("GET /rmas");

    let stored = serde_json::to_string(sweeper.state()).unwrap();
    let mut sweeper =
        Sweeper::resume(client, SweepSettings::default(), serde_json::from_str(&stored).unwrap());
    sweeper.sweep().await.unwrap();
    assert_eq!(world.core.requests().of("GET /rmas"), asked + 2, "only the recent ones were missing");
    assert_eq!(read_all(&mut sweeper).await.len(), 600);
}

#[tokio::test]
async fn a_cursor_that_is_no_longer_taken_begins_the_list_anew() {
    let world = shop_of(600);
    let client = world.client();
    let mut sweeper = Sweeper::new(client.clone(), SweepSettings::default());
    sweeper.sweep().await.unwrap();
    let stored = serde_json::to_string(sweeper.state()).unwrap();
    let stale = stored.replacen(
        r#""underWay":null"#,
        r#""underWay":{"began":"2026-05-04T12:00:00Z","pages":1,"cursor":"c3RhbGU=","been":[],"seen":[]}"#,
        1,
    );
    assert_ne!(stale, stored);
    let mut sweeper =
        Sweeper::resume(client, SweepSettings::default(), serde_json::from_str(&stale).unwrap());
    world.pass(600).await;
    assert_eq!(sweeper.sweep().await.unwrap_err().kind(), ErrorKind::Refused);
    assert!(sweeper.sweep().await.unwrap().pages > 0);
}

#[tokio::test]
async fn an_rma_that_is_gone_is_told_and_forgotten() {
    let world = shop_of(1);
    let mut sweeper = Sweeper::new(world.client(), SweepSettings::default());
    sweeper.state_mut().request_read(RmaId::from(99), world.now());
    world.pass(60).await;
    assert_eq!(sweeper.read_next().await.unwrap(), Some(ReadResult::Gone(RmaId::from(99))));
    assert_eq!(sweeper.read_next().await.unwrap(), None);
}

#[tokio::test]
async fn when_the_days_calls_are_spent_what_is_due_waits_for_the_next_day() {
    let world = shop_of(50);
    let quota = Quota { per_day: Some(40), reserved_for_writes: 8, ..Quota::default() };
    let client = world.client_with(quota);
    let mut sweeper = Sweeper::new(client.clone(), SweepSettings::default());
    sweeper.sweep().await.unwrap();
    let first_day = read_all(&mut sweeper).await.len();
    assert!((10..=28).contains(&first_day), "{first_day}: half is kept for the lists of the day");
    let id = RmaId::from(1);
    for _ in 0..8 {
        client.rmas().comment(&id, "written").await.unwrap();
    }
    world.pass(12 * 60 * 60).await;
    sweeper.sweep().await.unwrap();
    let second_day = read_all(&mut sweeper).await.len();
    assert!(second_day > 0);
    world.pass(24 * 60 * 60).await;
    sweeper.sweep().await.unwrap();
    let third_day = read_all(&mut sweeper).await.len();
    world.pass(24 * 60 * 60).await;
    sweeper.sweep().await.unwrap();
    let fourth_day = read_all(&mut sweeper).await.len();
    assert_eq!(first_day + second_day + third_day + fourth_day, 50, "each once, however many days it takes");
}
