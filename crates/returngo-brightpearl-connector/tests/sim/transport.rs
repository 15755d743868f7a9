//! The network between a process and both systems: it takes time, and it fails.

use std::sync::Arc;

use api_client_core::{
    HttpRequest, HttpResponse,
    client::{Transport, TransportError},
};
use api_mock_core::{FaultKind, Outcome, Response};
use async_trait::async_trait;

use crate::{
    sim::Why,
    world::{Event, World},
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

    async fn travel(&self) {
        let faults = &self.world.setup.faults;
        let slow = self.world.trouble(faults.slow);
        let time = if slow { self.world.sim.millis(5_000, 50_000) } else { self.world.sim.millis(5, 400) };
        self.world.sim.wait(time, Why::Work).await;
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
        let faults = &self.world.setup.faults;
        let mut sent = OnItsWay { network: self, request: Some(request) };
        self.travel().await;
        let Some(request) = sent.request.take() else {
            return Err(TransportError::never_sent("it was sent before"));
        };
        if self.world.trouble(faults.not_sent) {
            self.tell(&request, "not sent");
            return Err(TransportError::never_sent("the connection was refused"));
        }
        if self.world.trouble(faults.arrives_late) {
            self.tell(&request, "no answer; it arrives later");
            let late = self.world.sim.seconds(1, 90);
            self.world.after(late, Event::Late(Box::new(request)));
            self.world.sim.wait(self.world.sim.seconds(5, 60), Why::Work).await;
            return Err(TransportError::answer_lost("no answer came in time"));
        }
        let fault = if self.world.trouble(faults.refused) {
            let kinds = [
                FaultKind::Status500,
                FaultKind::Status503,
                FaultKind::Throttle,
                FaultKind::Html502,
                FaultKind::DropBefore,
                FaultKind::DropAfterCommit,
                FaultKind::DropAfterCommit,
            ];
            self.world.sim.pick(&kinds).copied()
        } else {
            None
        };
        let outcome = self.world.hand_over(&request, fault);
        match (&outcome, fault) {
            (_, Some(fault)) => self.tell(&request, fault),
            (Outcome::Answer { response, .. }, None) => self.tell(&request, told(&request, response)),
            (Outcome::Cut, None) => self.tell(&request, "cut"),
        }
        self.travel().await;
        match outcome {
            Outcome::Answer { response, .. } => Ok(answer(response)),
            Outcome::Cut => Err(TransportError::answer_lost("the connection was cut")),
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

/// A request that has not arrived. When its process ends it may arrive all the same, soon or a little later.
struct OnItsWay<'n> {
    network: &'n Network,
    request: Option<HttpRequest>,
}

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        let world = &self.network.world;
        if let Some(request) = self.request.take()
            && request.method != api_client_core::Method::Get
            && world.sim.chance(0.5)
        {
            self.network.tell(&request, "its process ended; it arrives all the same");
            world.after(world.sim.millis(0, 20_000), Event::Late(Box::new(request)));
        }
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
