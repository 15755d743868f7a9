//! The network between a process and both systems: it takes time, and it fails.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use api_client_core::{
    HttpRequest, HttpResponse,
    client::{Transport, TransportError},
};
use api_mock_core::{FaultKind, Reply, Response};
use async_trait::async_trait;

use crate::{
    oddities::GIVEN_UP_AFTER,
    sim::Why,
    world::{Event, World, lock},
};

#[derive(Debug)]
pub(crate) struct Network {
    world: Arc<World>,
    process: usize,
}

impl Network {
    pub(crate) fn new(world: &Arc<World>, process: usize) -> Arc<Self> {
        Arc::new(Self { world: Arc::clone(world), process })
    }

    fn travel(&self) -> Duration {
        let slow = self.world.trouble(self.world.setup.faults.slow);
        if slow { self.world.sim.millis(5_000, 50_000) } else { self.world.sim.millis(5, 400) }
    }

    fn tell(&self, request: &HttpRequest, outcome: impl std::fmt::Display) {
        let path = request.url.split_once("://").map_or(request.url.as_str(), |(_, rest)| rest);
        let path = path.split_once("/public-api/acmeoutdoors").map_or(path, |(_, path)| path);
        let path: String = path.chars().take(110).collect();
        let (process, method) = (self.process, request.method);
        self.world.tell(format_args!("p{process} {method} {path} -> {outcome}"));
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let world = &self.world;
        let faults = &world.setup.faults;
        if world.oddities.hangs(world.setup.target(&request).1) {
            world.happened("a shop never answers");
            world.sim.wait(GIVEN_UP_AFTER, Why::Work).await;
            self.tell(&request, "no answer");
            return Err(TransportError::answer_lost("no answer came in time"));
        }
        let there = self.travel();
        if world.trouble(faults.not_sent) {
            world.sim.wait(there, Why::Work).await;
            self.tell(&request, "not sent");
            return Err(TransportError::never_sent("the connection was refused"));
        }
        let is_late = world.trouble(faults.arrives_late);
        let arrives = if is_late { there + world.sim.seconds(1, 90) } else { there };
        let flight = Arc::new(Flight { process: self.process, request, state: Mutex::default() });
        world.after(arrives, Event::Arrive(Arc::clone(&flight)));
        let waiting = Waiting { network: self, flight };
        let patience = if is_late { there } else { there + self.travel() };
        world.sim.wait(patience, Why::Work).await;
        let outcome = lock(&waiting.flight.state).outcome.take();
        lock(&waiting.flight.state).answered = true;
        match outcome {
            Some(Reply::Answer { response, .. }) => Ok(answer(response)),
            Some(Reply::Cut) => Err(TransportError::answer_lost("the connection was cut")),
            None => {
                self.tell(&waiting.flight.request, "no answer; it arrives later");
                Err(TransportError::answer_lost("no answer came in time"))
            }
        }
    }
}

/// A request that was sent.
#[derive(Debug)]
pub(crate) struct Flight {
    process: usize,
    request: HttpRequest,
    state: Mutex<FlightState>,
}

#[derive(Debug, Default)]
struct FlightState {
    /// It never arrives.
    is_lost: bool,
    /// Nobody waits for its answer any more.
    answered: bool,
    outcome: Option<Reply>,
}

impl World {
    /// A request arrives, whether or not its sender still waits.
    pub(crate) fn arrive(self: &Arc<Self>, flight: &Flight) {
        let Flight { process, request, state } = flight;
        if lock(state).is_lost {
            return;
        }
        let network = Network { world: Arc::clone(self), process: *process };
        let fault = if self.trouble(self.setup.faults.refused) {
            let kinds = [
                FaultKind::Status500,
                FaultKind::Status503,
                FaultKind::Throttle,
                FaultKind::Html502,
                FaultKind::DropBefore,
                FaultKind::DropAfterCommit,
                FaultKind::DropAfterCommit,
            ];
            self.sim.pick(&kinds).copied()
        } else {
            None
        };
        let mut outcome = self.hand_over(request, fault);
        let is_write = request.method != api_client_core::Method::Get;
        if !is_write && !self.is_calm() {
            self.make_odd(request, &mut outcome, &network);
        }
        let late = if lock(state).answered { "late: " } else { "" };
        match (&outcome, fault) {
            (_, Some(fault)) => network.tell(request, format_args!("{late}{fault}")),
            (Reply::Answer { response, .. }, None) => {
                network.tell(request, format_args!("{late}{}", told(request, response)));
            }
            (Reply::Cut, None) => network.tell(request, "cut"),
        }
        if is_write && !late.is_empty() {
            self.happened("a write arrives late");
        }
        lock(state).outcome = Some(outcome);
    }
}

impl World {
    /// Perhaps one value of the answer is not what it should be.
    fn make_odd(&self, request: &HttpRequest, outcome: &mut Reply, network: &Network) {
        let Reply::Answer { response, .. } = outcome else { return };
        if response.status != 200 {
            return;
        }
        if let Some((body, field)) = self.oddities.damage(&response.body) {
            network.tell(request, format_args!("{field} is odd"));
            self.happened("a value of an answer is odd");
            response.body = body;
        }
    }
}

/// What an answer says, where it is short enough to say something.
fn told(request: &HttpRequest, response: &Response) -> String {
    let is_write = request.method != api_client_core::Method::Get;
    let body = String::from_utf8_lossy(&response.body);
    if is_write || response.status >= 400 {
        let body: String = body.chars().take(160).collect();
        let sent = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned();
        let sent: String = sent.chars().take(400).collect();
        format!("{} {body} for {sent}", response.status)
    } else {
        response.status.to_string()
    }
}

/// Somebody waits for an answer. When its process ends, what has not arrived may never do so.
struct Waiting<'n> {
    network: &'n Network,
    flight: Arc<Flight>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.flight.state);
        if state.answered || state.outcome.is_some() {
            return;
        }
        state.answered = true;
        state.is_lost = self.network.world.sim.chance(0.5);
    }
}

fn answer(response: Response) -> HttpResponse {
    let headers = response.headers.into_iter().map(|(name, value)| api_client_core::Header {
        name: name.into(),
        value,
        secret: false,
    });
    HttpResponse { status: response.status, headers: headers.collect(), body: response.body }
}
