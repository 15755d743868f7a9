use std::{future::IntoFuture, net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use api_client_core::client::Clock;
use axum::Router;
use tokio::{
    net::{TcpListener, TcpSocket},
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::JoinSet,
};

use super::super::{
    assembly::{self, Assembly},
    cli::Cli,
    web,
};
use crate::{
    receiver::{self, DoorKeeper, Inbox},
    service::STOP_WITHIN,
};

/// Senders that may wait for their connection to be taken.
const BACKLOG: u32 = 1024;

/// Receives webhooks, sweeps and works until it is told to stop.
pub(super) async fn run(cli: &Cli) -> anyhow::Result<()> {
    let configuration = assembly::configuration(cli)?;
    // Taken before a database is made, and not listened to before everything else is there.
    let address = take(configuration.listen)?;
    let signals = Signals::catch()?;
    let assembly = Assembly::put_together(configuration).await?;
    let (stop, stopped) = watch::channel(false);
    let service = Arc::new(assembly.service(stopped.clone()));

    let mut keeper = DoorKeeper::new(Arc::clone(&assembly.registry), Arc::clone(&assembly.clock));
    keeper.look().await?;
    let inbox =
        Inbox::new(Arc::clone(&service.ledger), Arc::clone(&service.probe), Arc::clone(&service.wake));
    let routes = receiver::routes(keeper.doors(), inbox, Arc::clone(&service.clock))
        .merge(web::routes(Arc::clone(&service))?);
    let listener = address.listen(BACKLOG)?;
    tracing::info!(address = %listener.local_addr()?, "serving");

    let mut parts = JoinSet::new();
    parts.spawn(answer(listener, routes, Arc::clone(&assembly.clock), stopped.clone()));
    parts.spawn(keeper.run(stopped.clone()));
    parts.spawn(assembly.retention().run(stopped.clone()));
    parts.spawn(service.run(stopped));
    signals.come().await;
    tracing::info!("stopping");
    let _ = stop.send(true);
    while parts.join_next().await.is_some() {}
    tracing::info!("stopped");
    Ok(())
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

/// Answers until it is told to stop; then only what is being received, as long as a stop may take.
async fn answer(
    listener: TcpListener,
    routes: Router,
    clock: Arc<dyn Clock>,
    stopped: watch::Receiver<bool>,
) {
    let serving = axum::serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(told_to_stop(stopped.clone()))
        .into_future();
    let late = async {
        told_to_stop(stopped).await;
        clock.sleep(STOP_WITHIN).await;
    };
    tokio::select! {
        _ = serving => {}
        () = late => tracing::warn!("stopped while a request was still being received: it was not answered"),
    }
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
