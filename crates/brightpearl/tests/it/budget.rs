//! The request budget under load: the mock's own throttle, a second application beside ours, and a clock that
//! runs only when everybody waits.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use api_client_core::{Headers, HttpRequest, HttpResponse};
use api_mock_core::{MockCore, Reply, Request};
use async_trait::async_trait;
use brightpearl::{
    Client, Credentials,
    client::{Clock, Priority, Transport, TransportError},
};
use brightpearl_mock::{Brightpearl, Seed, Switches};
use jiff::{SignedDuration, Timestamp};
use tokio::{task::JoinHandle, time::Instant};

/// A clock that follows tokio's, which is paused.
#[derive(Debug, Clone)]
struct VirtualClock {
    zero: Timestamp,
    started: Instant,
}

impl VirtualClock {
    fn at(zero: &str) -> Self {
        Self { zero: zero.parse().unwrap(), started: Instant::now() }
    }

    /// Minutes of the wall clock since the start, the one it started in being 0.
    fn minute(&self) -> i64 {
        self.now().as_second().div_euclid(60) - self.zero.as_second().div_euclid(60)
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.zero + SignedDuration::try_from(self.started.elapsed()).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        wait(duration).await;
    }
}

#[allow(clippy::disallowed_methods, reason = "the clock is paused: nobody really waits")]
async fn wait(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// The mock's core without a socket; an answer takes 40 ms each way.
#[derive(Debug)]
struct InProcess {
    core: MockCore<Brightpearl>,
    clock: VirtualClock,
    /// The URL and the minute of every refusal.
    refusals: Mutex<Vec<(String, i64)>>,
    minutes: Mutex<Vec<i64>>,
}

const ONE_WAY: Duration = Duration::from_millis(40);

impl InProcess {
    fn handle(&self, request: &HttpRequest) -> HttpResponse {
        let (path, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
        let path = path.strip_prefix("http://in.process").unwrap();
        let mut asked = Request::new(request.method.as_str(), path, Some(query));
        asked.headers =
            request.headers.iter().map(|header| (header.name.to_string(), header.value.clone())).collect();
        self.core.clock().set(Some(self.clock.now()));
        let Reply::Answer { response, .. } = self.core.handle(&asked) else { panic!("no fault is set") };
        let mut headers = Headers::default();
        for (name, value) in response.headers {
            headers.insert(name, value);
        }
        HttpResponse { status: response.status, headers, body: response.body }
    }
}

#[async_trait]
impl Transport for InProcess {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        wait(ONE_WAY).await;
        let response = self.handle(&request);
        if response.status == 503 {
            self.refusals.lock().unwrap().push((request.url.clone(), self.clock.minute()));
        }
        self.minutes.lock().unwrap().push(self.clock.minute());
        wait(ONE_WAY).await;
        Ok(response)
    }
}

struct Load {
    client: Client,
    transport: Arc<InProcess>,
    clock: VirtualClock,
}

fn load(switches: Switches) -> Load {
    let seed = Seed::built_in();
    let clock = VirtualClock::at("2026-05-04T10:15:20.250Z");
    let credentials = Credentials::private_app(seed.app_ref.clone(), seed.token.clone());
    let transport = Arc::new(InProcess {
        core: MockCore::new(Brightpearl::new(seed, switches).unwrap()),
        clock: clock.clone(),
        refusals: Mutex::default(),
        minutes: Mutex::default(),
    });
    let client = Client::builder("acmeoutdoors")
        .url("http://in.process")
        .credentials(credentials)
        .transport(transport.clone())
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap();
    Load { client, transport, clock }
}

/// Another application of the account, spread evenly over the minute. It does not care about the cap.
async fn other_application(transport: Arc<InProcess>) {
    let mut request = HttpRequest {
        method: api_client_core::Method::Get,
        url: "http://in.process/public-api/acmeoutdoors/order-service/order-status".into(),
        headers: Headers::default(),
        body: None,
    };
    request.headers.insert("brightpearl-app-ref", "another_app");
    loop {
        transport.handle(&request);
        wait(Duration::from_millis(60_000 / 67)).await;
    }
}

/// Each call asks under a name of its own, so that a refusal is known to be its.
async fn calls(
    client: Client,
    clock: VirtualClock,
    task: usize,
    count: usize,
    pause: Duration,
) -> Vec<Duration> {
    let mut took = Vec::new();
    for call in 0..count {
        wait(pause).await;
        let asked = clock.now();
        let request = brightpearl::order::status::list().query("call", format!("{task}-{call}"));
        client.send(&request).await.unwrap();
        took.push(clock.now().duration_since(asked).unsigned_abs());
    }
    took
}

/// What became of a thousand requests of eight tasks beside the other application.
struct Outcomes {
    /// How long each background and each interactive call took.
    background: Vec<Duration>,
    interactive: Vec<Duration>,
    /// Requests a minute, and how many of them were refused.
    sent: BTreeMap<i64, usize>,
    refused: BTreeMap<i64, usize>,
}

async fn thousand_requests(backgrounds: usize, interactive_pause: Duration, switches: Switches) -> Outcomes {
    let Load { client, transport, clock } = load(switches);
    let other = tokio::spawn(other_application(transport.clone()));
    let (mut background, mut interactive) = (Vec::new(), Vec::new());
    for task in 0..8 {
        let (tasks, priority, count, pause) = if task < backgrounds {
            (&mut background, Priority::Background, 160, Duration::ZERO)
        } else if backgrounds > 0 {
            (&mut interactive, Priority::Interactive, 20, interactive_pause)
        } else {
            (&mut interactive, Priority::Interactive, 125, interactive_pause)
        };
        let client = client.with_priority(priority);
        tasks.push(tokio::spawn(calls(client, clock.clone(), task, count, pause)));
    }
    let (background, interactive) = (all(background).await, all(interactive).await);
    other.abort();
    assert_eq!(background.len() + interactive.len(), 1000);

    let refusals = transport.refusals.lock().unwrap();
    let different: BTreeSet<_> = refusals.iter().collect();
    assert_eq!(different.len(), refusals.len(), "a request was refused twice in one minute");
    let mut refused = BTreeMap::new();
    refusals.iter().for_each(|(_, minute)| *refused.entry(*minute).or_default() += 1);
    let mut sent = BTreeMap::new();
    transport.minutes.lock().unwrap().iter().for_each(|minute| *sent.entry(*minute).or_default() += 1);
    Outcomes { background, interactive, sent, refused }
}

async fn all(tasks: Vec<JoinHandle<Vec<Duration>>>) -> Vec<Duration> {
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    all
}

/// 67 of the 200 go to the other application and 20 are the reserve: 113 a minute, a little more in the first,
/// of which the other application had less than its share.
#[tokio::test(start_paused = true)]
async fn background_calls_fill_what_others_leave_and_interactive_ones_never_wait() {
    let outcomes = thousand_requests(6, Duration::from_secs(20), Switches::default()).await;
    assert!(outcomes.interactive.iter().all(|took| *took == ONE_WAY * 2), "{:?}", outcomes.interactive);
    assert_eq!(outcomes.background.len(), 960);
    assert!(outcomes.refused.is_empty(), "{:?}", outcomes.refused);
    assert_eq!(outcomes.sent.len(), 8, "minutes: {:?}", outcomes.sent);
    let full_minutes: Vec<usize> = outcomes.sent.values().copied().skip(1).take(6).collect();
    assert!(full_minutes.iter().all(|sent| (113..=133).contains(sent)), "{full_minutes:?}");
}

/// Spread over the minute, and with nobody keeping a reserve, what the other application takes comes out of what
/// was counted on. Then those calls are refused that were under way, and no more are sent in that minute.
#[tokio::test(start_paused = true)]
async fn calls_at_the_cap_are_refused_at_most_once_a_minute() {
    for throttle_headers_when_throttled in [true, false] {
        let switches = Switches::with(|switches| {
            switches.throttle_headers_when_throttled = throttle_headers_when_throttled
        });
        let outcomes = thousand_requests(0, Duration::from_millis(2_500), switches).await;
        assert!((7..=9).contains(&outcomes.sent.len()), "minutes: {:?}", outcomes.sent);
        assert!(!outcomes.refused.is_empty(), "the cap was not reached: {:?}", outcomes.sent);
        assert!(outcomes.refused.values().all(|refused| *refused <= 8), "{:?}", outcomes.refused);
    }
}
