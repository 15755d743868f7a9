//! What a backlog costs, and that faults change how long it takes, not what comes of it.

use api_mock_core::{Fault, FaultKind};
use jiff::SignedDuration;
use returngo_brightpearl_connector::store::{Cause, JobState};
use returngo_brightpearl_demo::Scenario;

use crate::support::Shop;

struct Backlog(Shop);

impl Backlog {
    async fn of(rmas: u64) -> Self {
        Self(Shop::open(rmas).await)
    }

    /// Looks at every RMA, again and again, an hour later each time, until all are in step.
    async fn follow(&self) {
        let rmas = self.0.scene.rmas.clone();
        self.0
            .service
            .store
            .enqueue(&self.0.connection, &rmas, Cause::User, "a test", self.0.time.now())
            .await
            .unwrap();
        for _ in 0..40 {
            self.0.work().await;
            let status = self.0.service.store.status().await.unwrap().remove(0);
            if status.pending == 0 && status.needs_review == 0 && status.waiting_deliveries == 0 {
                return;
            }
            self.0.pass(SignedDuration::from_hours(2)).await;
        }
        let status = self.0.service.store.status().await.unwrap();
        let mut late = Vec::new();
        for rma in &self.0.scene.rmas {
            late.extend(self.0.service.store.work(&self.0.connection, rma).await.unwrap());
        }
        late.retain(|work| work.state != JobState::InSync);
        panic!("not in step after all rounds: {status:?} {:?}", late.first());
    }

    /// Every RMA from approval to the shelf. The connector alone has trouble: people get through.
    async fn play(&self, trouble: impl Fn(&Scenario)) {
        for rma in &self.0.scene.rmas {
            self.0.scene.approve(rma).unwrap();
        }
        self.follow_in(&trouble).await;
        for rma in &self.0.scene.rmas {
            self.0.scene.refund(rma).unwrap();
        }
        self.follow_in(&trouble).await;
        for rma in &self.0.scene.rmas {
            self.0.scene.receive(rma).await.unwrap();
        }
        self.follow_in(&trouble).await;
        for rma in &self.0.scene.rmas {
            self.0.scene.restock(rma).await.unwrap();
        }
        self.follow_in(&trouble).await;
    }

    async fn follow_in(&self, trouble: impl Fn(&Scenario)) {
        trouble(&self.0.scene);
        self.follow().await;
        self.0.scene.brightpearl.faults().clear();
        self.0.scene.returngo.faults().clear();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_approvals_cost_a_fifth_of_a_request_each() {
    let backlog = Backlog::of(1_000).await;
    for rma in &backlog.0.scene.rmas {
        backlog.0.scene.approve(rma).unwrap();
    }
    let before = backlog.0.scene.brightpearl.requests().total();
    backlog.follow().await;
    let requests = backlog.0.scene.brightpearl.requests().total() - before;
    println!("{requests} requests to Brightpearl for 1,000 approvals");
    assert_eq!(backlog.0.scene.brightpearl.credits_by_external_ref().len(), 1_000);
    assert!(requests <= 200, "{requests} requests: {:?}", backlog.0.scene.brightpearl.requests());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_change_nothing_in_the_end() {
    let calm = Backlog::of(12).await;
    calm.play(|_| ()).await;
    let troubled = Backlog::of(12).await;
    troubled.play(|scene| trouble(scene, 0.02)).await;
    assert!(troubled.0.scene.brightpearl.duplicates().is_empty());
    assert_eq!(troubled.0.scene.lost(), 0);
    assert_eq!(troubled.0.scene.snapshots(), calm.0.scene.snapshots());
}

fn trouble(scene: &Scenario, chance: f64) {
    let kinds = [
        FaultKind::DropAfterCommit,
        FaultKind::DropBefore,
        FaultKind::Status500,
        FaultKind::Status503,
        FaultKind::Throttle,
        FaultKind::Html502,
    ];
    for (seed, kind) in (7..).zip(kinds) {
        scene.brightpearl.faults().add(Fault::on_any(kind).by_chance(chance, seed));
        scene.returngo.faults().add(Fault::on_any(kind).by_chance(chance, seed));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_moved_is_the_same_for_many_at_once_and_costs_less() {
    let shop = Shop::open(30).await;
    for rma in &shop.scene.rmas {
        shop.scene.approve(rma).unwrap();
    }
    shop.work().await;
    for rma in &shop.scene.rmas[5..] {
        shop.scene.receive(rma).await.unwrap();
    }
    for rma in &shop.scene.rmas[15..] {
        shop.scene.restock(rma).await.unwrap();
    }
    let connection = shop.service.registry.get(&shop.connection).await.unwrap();
    let reader = connection.reader().await.unwrap();
    let before = shop.requests().0;
    let together = reader.worlds(&shop.scene.rmas).await;
    let requests = shop.requests().0 - before;
    println!("{requests} requests to Brightpearl to look at 30 RMAs, 25 of them received");
    assert!(requests <= 14, "{requests} requests");
    for (id, world) in together {
        let (mut together, mut alone) =
            (world.unwrap().goods_movements, reader.world(&id).await.unwrap().goods_movements);
        for movements in [&mut together, &mut alone] {
            movements.sort_by_key(|movement| movement.goods_movement_id);
        }
        assert_eq!(together, alone, "RMA {id}");
    }
}
