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
    supervisor::Supervisor,
};

/// Senders that may wait for their connection to be taken.
const BACKLOG: u32 = 1024;

/// Receives webhooks, sweeps and works until it is told to stop.
pub(super) async fn run(options: &GlobalOptions) -> anyhow::Result<()> {
    let configuration = assembly::configuration(options)?;
    // Taken before a database is made, and not listened to before everything else is there.
    let address = take(configuration.listen)?;
    let signals = Signals::catch()?;
    let assembly = Assembly::open_or_create(configuration).await?;
    let (stop, stopped) = watch::channel(false);
    // Of one address one process can be there at a time: what an earlier one held is this one's to go on with.
    let name = format!("serve {}:{}", assembly::host_name(), assembly.configuration.listen);
    let heartbeat = assembly.heartbeat(&name).await?;
    let service = Arc::new(assembly.service(&heartbeat, stopped.clone()));

    let mut refresher = EndpointRefresher::new(Arc::clone(&assembly.registry), Arc::clone(&assembly.clock));
    refresher.look().await?;
    let inbox =
        Inbox::new(Arc::clone(&service.store), Arc::clone(&service.failpoints), Arc::clone(&service.wake));
    let storing = inbox.broken();
    let routes = receiver::routes(refresher.endpoints(), inbox, Arc::clone(&service.clock))
        .merge(web::routes(Arc::clone(&service))?);
    let now = service.clock.now();
    if service.schedule.public_url.is_some() {
        // It may be another address than the last time.
        service.store.expedite_sweeps(SweepName::Subscriptions, now).await?;
    }
    // No webhook was received until now.
    for sweep in [SweepName::Brightpearl, SweepName::Returngo] {
        service.store.expedite_sweeps(sweep, now).await?;
    }
    let listener = address.listen(BACKLOG)?;
    tracing::info!(address = %listener.local_addr()?, "serving");

    let mut parts = Supervisor::new(stop.clone());
    let limits = assembly.configuration.limits();
    let answering = server::serve(listener, routes, limits, Arc::clone(&service.clock), parts.stop());
    parts.start("the answering of requests", answering);
    parts.start("the storing of webhooks", until_stopped(storing, parts.stop()));
    parts.start("the listing of connections", refresher.run(parts.stop()));
    parts.start("the removal of what is old", assembly.retention().run(parts.stop()));
    parts.start("the reporting to other processes", report(Arc::clone(&heartbeat), parts.stop()));
    service.start(&mut parts);
    tokio::spawn(async move {
        signals.come().await;
        tracing::info!("stopping");
        stop.send_replace(true);
    });
    let ended = parts.run().await;
    let finished = assembly.finish().await;
    heartbeat.end().await?;
    ended?;
    finished?;
    tracing::info!("stopped");
    Ok(())
}

/// Ends early when this process must end.
async fn report(heartbeat: Arc<Heartbeat>, stop: watch::Receiver<bool>) {
    if let Err(error) = heartbeat.keep(stop).await {
        tracing::error!("{error}");
    }
}

/// Takes an address, so that nobody else can. Nothing is listened to yet.
fn take(address: SocketAddr) -> anyhow::Result<TcpSocket> {
    let taken = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // After a restart, the old process's connections may still be there for a minute.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        std::io::Result::Ok(socket)
    };
    taken().with_context(|| format!("cannot listen on {address}: choose another address with `listen`"))
}

async fn told_to_stop(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone is as good as a stop.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn until_stopped(part: impl Future<Output = ()>, stopped: watch::Receiver<bool>) {
    tokio::select! { () = part => {} () = told_to_stop(stopped) => {} }
}

/// Ctrl-C, and what service managers send.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From here on they do not end the process.
    fn catch() -> anyhow::Result<Self> {
        let caught = |kind| signal(kind).context("cannot be told to stop");
        Ok(Self { interrupt: caught(SignalKind::interrupt())?, terminate: caught(SignalKind::terminate())? })
    }

    /// Waits for one.
    async fn come(mut self) {
        tokio::select! { _ = self.interrupt.recv() => {} _ = self.terminate.recv() => {} }
    }
}
