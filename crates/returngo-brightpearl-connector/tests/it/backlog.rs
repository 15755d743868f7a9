//! What a backlog costs, and that faults change how long it takes, not what comes of it.

use std::{collections::BTreeMap, sync::Arc};

use api_mock_core::{Fault, FaultKind};
use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_connector::{
    demo::Scene,
    engine::Policy,
    ledger::{self, ConnectionId, WorkState},
    probe::NoProbe,
    service::Service,
};
use rust_decimal::Decimal;

use crate::{
    ledger::databases::Database,
    support::{Time, service, work_until_nothing_is_due},
};

struct Backlog {
    scene: Scene,
    service: Service,
    connection: ConnectionId,
    time: Time,
    _database: Database,
}

impl Backlog {
    async fn of(rmas: u64) -> Self {
        let scene = Scene::start(rmas).await.unwrap();
        let database = Database::sqlite();
        let ledger = ledger::open(&database.url).await.unwrap();
        let time = Time::at("2026-05-09T10:15:20Z".parse::<Timestamp>().unwrap());
        let service = service(ledger, &time, "worker", Arc::new(NoProbe), Policy::default()).await;
        let connection: ConnectionId = "acmeoutdoors".parse().unwrap();
        service.registry.put(&connection, &scene.configuration().unwrap()).await.unwrap();
        Self { scene, service, connection, time, _database: database }
    }

    /// Looks at every RMA, again and again, an hour later each time, until all are in step.
    async fn follow(&self) {
        let rmas = self.scene.rmas.clone();
        self.service.ledger.mark_due(&self.connection, &rmas, "a test", self.time.now()).await.unwrap();
        for _ in 0..40 {
            work_until_nothing_is_due(&self.service).await;
            let status = self.service.ledger.status(self.time.now()).await.unwrap().remove(0);
            if status.due == 0 && status.needs_review == 0 && status.waiting_deliveries == 0 {
                return;
            }
            self.time.pass(SignedDuration::from_hours(2)).await;
        }
        let status = self.service.ledger.status(self.time.now()).await.unwrap();
        let mut late = Vec::new();
        for rma in &self.scene.rmas {
            late.extend(self.service.ledger.work(&self.connection, rma).await.unwrap());
        }
        late.retain(|work| work.state != WorkState::InStep);
        panic!("not in step after all rounds: {status:?} {:?}", late.first());
    }

    /// Every RMA from approval to the shelf. The connector alone has trouble: people get through.
    async fn play(&self, trouble: impl Fn(&Scene)) {
        for rma in &self.scene.rmas {
            self.scene.approve(rma).unwrap();
        }
        self.follow_in(&trouble).await;
        for rma in &self.scene.rmas {
            self.scene.refund(rma).unwrap();
        }
        self.follow_in(&trouble).await;
        for rma in &self.scene.rmas {
            self.scene.receive(rma).await.unwrap();
        }
        self.follow_in(&trouble).await;
        for rma in &self.scene.rmas {
            self.scene.restock(rma).await.unwrap();
        }
        self.follow_in(&trouble).await;
    }

    async fn follow_in(&self, trouble: impl Fn(&Scene)) {
        trouble(&self.scene);
        self.follow().await;
        self.scene.brightpearl.faults().clear();
        self.scene.returngo.faults().clear();
    }

    /// What both systems show in the end, without their own numbers.
    fn end(&self) -> BTreeMap<RmaId, End> {
        let mut end = BTreeMap::new();
        for rma in &self.scene.rmas {
            let shown = self.scene.returngo.rma(rma).unwrap();
            let credit = self.scene.credit(rma).unwrap();
            let rows = credit.order_rows.values().map(|row| {
                let value = &row.row_value;
                (row.product_name.clone(), value.row_net.value, value.row_tax.value)
            });
            let payments = self.scene.brightpearl.payments_on(credit.id);
            let payments = payments.iter().map(|payment| payment.amount()).collect();
            end.insert(rma.clone(), (shown.status().to_string(), rows.collect(), payments));
        }
        end
    }
}

/// An RMA's status, the rows of its credit with net and tax, its payments.
type End = (String, Vec<(String, Decimal, Decimal)>, Vec<Decimal>);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_approvals_cost_a_fifth_of_a_request_each() {
    let backlog = Backlog::of(1_000).await;
    for rma in &backlog.scene.rmas {
        backlog.scene.approve(rma).unwrap();
    }
    let before = backlog.scene.brightpearl.requests().total();
    backlog.follow().await;
    let requests = backlog.scene.brightpearl.requests().total() - before;
    println!("{requests} requests to Brightpearl for 1,000 approvals");
    assert_eq!(backlog.scene.brightpearl.credits_by_external_ref().len(), 1_000);
    assert!(requests <= 200, "{requests} requests: {:?}", backlog.scene.brightpearl.requests());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_change_nothing_in_the_end() {
    let calm = Backlog::of(12).await;
    calm.play(|_| ()).await;
    let troubled = Backlog::of(12).await;
    troubled.play(|scene| trouble(scene, 0.02)).await;
    assert!(troubled.scene.brightpearl.duplicates().is_empty());
    assert_eq!(troubled.scene.lost(), 0);
    assert_eq!(troubled.end(), calm.end());
}

fn trouble(scene: &Scene, chance: f64) {
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
