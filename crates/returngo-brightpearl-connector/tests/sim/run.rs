//! One seed, from its start to its end.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use brightpearl::integration::NewWebhook as BrightpearlWebhook;
use returngo::{NewWebhook as ReturngoWebhook, WebhookEvent};
use returngo_brightpearl_connector::store;
use sqlx::Connection as _;

use crate::{
    arguments::Arguments,
    auditor::Violation,
    clock::ProcessClock,
    driver::{Actor, Polled, go_on},
    oddities::Oddities,
    process::{self, Process, SECRET},
    shops::setup,
    sim::{Sim, Why},
    story::Story,
    world::{Event, World},
};

/// More steps than any seed takes.
const STEPS: usize = 200_000;

/// How long reports go on at the least after a process has started or ended: a lease, and what is done then.
const NOTICED_WITHIN: Duration = Duration::from_secs(180);

/// How a seed ended.
pub(crate) struct Ended {
    pub(crate) violation: Option<Violation>,
    pub(crate) story: Vec<String>,
    pub(crate) digest: u64,
    pub(crate) took: Duration,
    /// What has happened in it.
    pub(crate) situations: BTreeSet<String>,
}

/// The databases of all seeds: copies of an empty one.
pub(crate) struct Databases {
    folder: tempfile::TempDir,
    empty: PathBuf,
}

impl Databases {
    /// In memory where there is a file system in memory.
    pub(crate) async fn new() -> Self {
        let in_memory = Path::new("/dev/shm");
        let folder = tempfile::TempDir::new_in(in_memory).or_else(|_| tempfile::TempDir::new()).unwrap();
        let migrated = url(&folder.path().join("migrated.db"));
        store::open(&migrated).await.unwrap();
        // The copy is one file, whatever is still in the log of the first.
        let empty = folder.path().join("empty.db");
        let mut connection = sqlx::SqliteConnection::connect(&migrated).await.unwrap();
        let copied = sqlx::query("VACUUM INTO ?").bind(empty.to_str()).execute(&mut connection).await;
        copied.unwrap();
        // The store refuses a file that others may read; its copies are as private.
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&empty, private).unwrap();
        Self { folder, empty }
    }

    fn for_seed(&self, seed: u64) -> PathBuf {
        let file = self.folder.path().join(format!("{seed}.db"));
        std::fs::copy(&self.empty, &file).unwrap();
        file
    }
}

fn url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

struct Run {
    world: Arc<World>,
    database: String,
    processes: Vec<Option<Process>>,
    clocks: Vec<Arc<AtomicI64>>,
    /// Until when they stand still.
    suspended: Vec<Duration>,
    actors: Vec<Actor>,
    lives: u32,
}

pub(crate) async fn run(seed: u64, arguments: &Arguments, databases: &Databases) -> Ended {
    // The clients spread their retries by chance.
    fastrand::seed(seed);
    let sim = Sim::new(seed);
    let story = if arguments.aloud { Story::aloud() } else { Story::default() };
    let setup = setup(&sim);
    let oddities =
        if arguments.oddities { Oddities::of(seed, setup.seeds.len()) } else { Oddities::default() };
    let world = World::new(Arc::clone(&sim), story, setup, oddities);
    let file = databases.for_seed(seed);
    let processes = world.setup.processes;
    let mut run = Run {
        world: Arc::clone(&world),
        database: url(&file),
        processes: (0..processes).map(|_| None).collect(),
        clocks: (0..processes).map(|_| Arc::default()).collect(),
        suspended: vec![Duration::ZERO; processes],
        actors: Vec::new(),
        lives: 0,
    };
    run.connect().await;
    let ended = run.play().await;
    let violation = match ended.or_else(|| world.violation()) {
        None => run.final_check().await.err(),
        some => some,
    };
    run.actors.clear();
    for extension in ["db", "db-wal", "db-shm"] {
        let _ = std::fs::remove_file(file.with_extension(extension));
    }
    if let Some(violation) = &violation {
        world.tell(format_args!("VIOLATION {violation}"));
    }
    Ended {
        violation,
        story: world.story.lines(),
        digest: world.story.digest(),
        took: sim.elapsed(),
        situations: world.situations(),
    }
}

impl Run {
    /// Stores the connections and subscribes to webhooks.
    async fn connect(&self) {
        let world = &self.world;
        let store = store::open(&self.database).await.unwrap();
        let clock = ProcessClock::new(&world.sim, &Arc::default(), Why::Work);
        let registry = process::registry(&store, clock).await;
        let mut pairs = std::collections::BTreeSet::new();
        for connected in &world.setup.connections {
            let configuration = process::configuration(connected.shop, &connected.settings);
            let id = connected.id.parse().unwrap();
            if let Err(error) = registry.put(&id, &configuration).await {
                world.tell(format_args!("{id} is not connected: {error}"));
                world.happened("a second connection of a pair is refused");
                continue;
            }
            if !pairs.insert(connected.shop) {
                let what =
                    format!("{id} is a second connection between the account and shop {}", connected.shop);
                world.note(Err(Violation::new("9", what)));
            }
            let to = |source: &str| format!("http://connector.sim/webhooks/{source}/{id}/{SECRET}");
            for event in
                ["goods-in-note.created", "quarantine-release.created", "order.modified.order-status"]
            {
                let webhook = BrightpearlWebhook::post(event, to("brightpearl"));
                let body = serde_json::to_value(&webhook).unwrap();
                let subscribe = |api: &mut brightpearl_mock::Brightpearl, context: &mut _| {
                    api.by_hand("POST", "integration-service/webhook", &body, context)
                };
                world.brightpearl.act(subscribe).unwrap();
            }
            for event in
                [WebhookEvent::RmaCreated, WebhookEvent::RmaStatusUpdated, WebhookEvent::TransactionCreated]
            {
                let webhook = ReturngoWebhook::new(event, to("returngo"));
                world.shops[connected.shop].act(|api, _| drop(api.register(webhook)));
            }
        }
    }

    /// Lets everything happen that happens until the end.
    async fn play(&mut self) -> Option<Violation> {
        let world = Arc::clone(&self.world);
        let sim = &world.sim;
        let mut end = world.settles_within();
        // What is being worked on then is waited for, but not for ever.
        let last = end + Duration::from_secs(1200);
        for _ in 0..STEPS {
            while let Some(event) = world.due_event() {
                self.happen(event).await;
            }
            if world.violation().is_some() {
                return None;
            }
            let ready: Vec<usize> =
                (0..self.actors.len()).filter(|place| self.can_go_on(&self.actors[*place])).collect();
            if let Some(place) = sim.pick(&ready) {
                self.step(*place).await;
            } else if sim.elapsed() >= last || (sim.elapsed() >= end && !self.is_at_work().await) {
                return None;
            } else {
                if sim.elapsed() >= end {
                    end = last;
                }
                let resumed = self.suspended.iter().filter(|until| **until > sim.elapsed());
                let next = resumed.copied().chain(world.next_event()).chain([end]).min();
                sim.advance(next);
            }
        }
        Some(Violation::new("6", "it does not come to rest".to_owned()))
    }

    /// Whether a process works on an RMA.
    async fn is_at_work(&self) -> bool {
        let Some(running) = self.processes.iter().flatten().next() else { return false };
        running.store.processes().await.unwrap().iter().any(|process| !process.holds.is_empty())
    }

    fn can_go_on(&self, actor: &Actor) -> bool {
        actor.can_go_on() && self.suspended[actor.process] <= self.world.sim.elapsed()
    }

    async fn step(&mut self, place: usize) {
        let actor = &mut self.actors[place];
        let process = actor.process;
        let Some(running) = &self.processes[process] else { return };
        let polled = go_on(actor, &running.store).await;
        match polled {
            Polled::Waits => {}
            Polled::Ended => {
                let ended = self.actors.swap_remove(place);
                // The others of its process may not go on without it.
                self.kill(process, &format!("because its part \"{}\" has ended", ended.name)).await;
            }
            Polled::Killed => self.kill(process, "at a failpoint").await,
        }
    }

    async fn happen(&mut self, event: Event) {
        match event {
            Event::People(action) => {
                if let Some(command) = self.world.perform(action.clone()) {
                    match self.running() {
                        Some(process) => process.command(command),
                        None => self.world.after(Duration::from_secs(600), Event::People(action)),
                    }
                }
            }
            Event::Webhook(delivery, attempts) => match self.running() {
                Some(process) => {
                    let path = delivery.url.trim_start_matches("http://connector.sim");
                    self.world.tell(format_args!("webhook {} for p{}", delivery.event, process.number));
                    process.take_in(path, delivery.body);
                }
                // ReturnGO is not known to try again.
                None if attempts < 4 && delivery.url.contains("/brightpearl/") => {
                    self.world.after(Duration::from_secs(900), Event::Webhook(delivery, attempts + 1));
                }
                None => self.world.tell(format_args!("webhook {} finds nobody", delivery.event)),
            },
            Event::Arrive(flight) => self.world.arrive(&flight),
            Event::Suspend(process, time) => {
                self.world.tell(format_args!("p{process} stands still for {} s", time.as_secs()));
                self.world.happened("a process stands still");
                self.suspended[process] = self.world.sim.elapsed() + time;
                self.world.sim.watch_for(time + Duration::from_secs(120));
            }
            Event::Start(process) => self.start(process).await,
            Event::Kill(process) => self.kill(process, "at some time").await,
            Event::KillAtPoint(process, points) => {
                if let Some(process) = &self.processes[process] {
                    process.failpoints.kill_after(points);
                }
            }
            Event::SetClock(process, ahead) => {
                self.world.tell(format_args!("clock of p{process} is {ahead} ms ahead"));
                self.set_clock(process, ahead);
            }
            Event::Lag(milliseconds) => {
                self.world.tell(format_args!("searches lag by {milliseconds} ms"));
                self.world.brightpearl.act(|api, _| api.switches().search_lag_ms = milliseconds);
            }
            Event::Calm => self.calm_down().await,
        }
    }

    /// Sets a clock. When it was wrong by much, processes report for long enough to notice what that has left behind.
    fn set_clock(&self, process: usize, ahead: i64) {
        let before = self.clocks[process].swap(ahead, Ordering::Relaxed);
        if (before - ahead).abs() > 300_000 {
            self.world.happened("a clock jumps");
            self.world.sim.watch_for(Duration::from_secs(700));
        }
    }

    async fn calm_down(&mut self) {
        self.world.tell("from now on nothing goes wrong");
        self.world.calm_down();
        (0..self.clocks.len()).for_each(|process| self.set_clock(process, 0));
        self.suspended.fill(Duration::ZERO);
        for process in 0..self.processes.len() {
            self.start(process).await;
        }
    }

    async fn start(&mut self, number: usize) {
        if self.processes[number].is_some() {
            return;
        }
        self.lives += 1;
        // It may come back on another machine.
        let name = if self.lives == 1 || self.world.sim.chance(0.7) {
            format!("process {number}")
        } else {
            format!("process {number}, life {}", self.lives)
        };
        self.world.tell(format_args!("p{number} starts as \"{name}\""));
        let (process, actors) =
            process::start(&self.world, number, &name, &self.database, &self.clocks[number]).await;
        self.suspended[number] = Duration::ZERO;
        self.processes[number] = Some(process);
        // Those that ended while it was down are noticed by it.
        self.world.sim.watch_for(NOTICED_WITHIN);
        self.actors.extend(actors);
    }

    /// A process ends without a word, and may be started again later.
    async fn kill(&mut self, number: usize, how: &str) {
        let Some(process) = self.processes[number].take() else { return };
        self.world.tell(format_args!("p{number} is killed {how}"));
        self.world.happened(format!("a process is killed {how}"));
        self.actors.retain(|actor| actor.process != number);
        self.world.auditor().died();
        // Its transactions are rolled back by the database.
        drop(process);
        self.world.sim.watch_for(NOTICED_WITHIN);
        let down = if self.world.sim.chance(0.7) {
            self.world.sim.seconds(1, 120)
        } else {
            self.world.sim.seconds(120, 5400)
        };
        self.world.after(down, Event::Start(number));
    }

    /// One of the processes that run.
    fn running(&self) -> Option<&Process> {
        let running: Vec<&Process> = self.processes.iter().flatten().collect();
        self.world.sim.pick(&running).copied()
    }

    /// Everything that was to be done is done, or waits for a person.
    async fn final_check(&self) -> Result<(), Violation> {
        let store = store::open(&self.database).await.unwrap();
        crate::auditor::liveness::check(&self.world, &store).await
    }
}
