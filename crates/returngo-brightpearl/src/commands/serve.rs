use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use tokio::{
    net::TcpSocket,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use crate::{
    assembly::{self, Assembly},
    options::GlobalOptions,
    web,
};
use returngo_brightpearl_connector::{
    heartbeat::Heartbeat,
    receiver::{self, EndpointRefresher, Inbox},
    server,
    store::SweepName,
    tasks::Supervisor,
};

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

/// Receives webhooks, polls both systems and processes returns until stopped.
pub(super) async fn run(options: &GlobalOptions) -> anyhow::Result<()> {
    let configuration = assembly::configuration(options)?;
    // Bound before a database is created. It listens only once everything else works.
    let socket = bind(configuration.listen)?;
    let signals = Signals::catch()?;
    let assembly = Assembly::open_or_create(configuration).await?;
    let (stop, stopped) = watch::channel(false);
    // Only one process at a time has this address, so this one takes over the RMAs of an earlier one.
    let name = format!("serve {}:{}", assembly::host_name(), assembly.configuration.listen);
    let heartbeat = assembly.heartbeat(&name).await?;
    let service = Arc::new(assembly.service(&heartbeat, stopped.clone()));

    let mut refresher = EndpointRefresher::new(Arc::clone(&assembly.registry), Arc::clone(&assembly.clock));
    refresher.refresh().await?;
    let inbox = Inbox::new(
        Arc::clone(&service.store),
        Arc::clone(&service.failpoints),
        Arc::clone(&service.notifier),
    );
    let storing = inbox.broken();
    let routes = receiver::routes(refresher.endpoints(), inbox, Arc::clone(&service.clock))
        .merge(web::routes(Arc::clone(&service))?);
    let now = service.clock.now();
    if service.schedule.public_url.is_some() {
        // The address may have changed since the last start.
        service.store.expedite_sweeps(SweepName::Subscriptions, now).await?;
    }
    // Webhooks were missed until now.
    for sweep in [SweepName::Brightpearl, SweepName::Returngo] {
        service.store.expedite_sweeps(sweep, now).await?;
    }
    let listener = socket.listen(BACKLOG)?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    if service.store.connections().await?.is_empty() {
        tracing::warn!("no connections: run `connect NAME` to create one; it is used without a restart");
    }

    let mut supervisor = Supervisor::new(stop.clone());
    let limits = assembly.configuration.limits();
    let answering = server::serve(listener, routes, limits, Arc::clone(&service.clock), supervisor.stop());
    supervisor.start("http-server", answering);
    supervisor.start("inbox", until_stopped(storing, supervisor.stop()));
    supervisor.start("endpoint-refresher", refresher.run(supervisor.stop()));
    supervisor.start("retention", assembly.retention().run(supervisor.stop()));
    supervisor.start("heartbeat", report(Arc::clone(&heartbeat), supervisor.stop()));
    service.start(&mut supervisor);
    tokio::spawn(async move {
        signals.come().await;
        tracing::info!("stopping");
        stop.send_replace(true);
    });
    let ended = supervisor.run().await;
    let finished = assembly.finish().await;
    heartbeat.end().await?;
    ended?;
    finished?;
    tracing::info!("stopped");
    Ok(())
}

/// Reports to other processes. Returns early if this process has to end.
async fn report(heartbeat: Arc<Heartbeat>, stop: watch::Receiver<bool>) {
    if let Err(error) = heartbeat.run(stop).await {
        tracing::error!(%error, "the heartbeat failed");
    }
}

/// Binds an address, so that no other process can. It does not listen yet.
fn bind(address: SocketAddr) -> anyhow::Result<TcpSocket> {
    let bound = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // After a restart, connections of the old process may remain for a minute.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        std::io::Result::Ok(socket)
    };
    bound().with_context(|| format!("cannot listen on {address}. Set another address with `listen`"))
}

async fn stopping(mut stopped: watch::Receiver<bool>) {
    // A closed channel means stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn until_stopped(part: impl Future<Output = ()>, stopped: watch::Receiver<bool>) {
    tokio::select! { () = part => {} () = stopping(stopped) => {} }
}

/// Ctrl-C, and the signal of service managers.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Catches the signals, so that they do not end the process.
    fn catch() -> anyhow::Result<Self> {
        let caught = |kind| signal(kind).context("cannot catch signals");
        Ok(Self { interrupt: caught(SignalKind::interrupt())?, terminate: caught(SignalKind::terminate())? })
    }

    /// Waits for a signal.
    async fn come(mut self) {
        tokio::select! { _ = self.interrupt.recv() => {} _ = self.terminate.recv() => {} }
    }
}
