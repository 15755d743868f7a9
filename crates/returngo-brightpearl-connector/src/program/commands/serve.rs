use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use tokio::{net::TcpListener, sync::watch};

use super::super::{assembly::Assembly, cli::Cli, web};
use crate::{
    receiver::{self, Doors, Inbox},
    registry::Registry,
    service::Service,
};

/// Receives webhooks, sweeps and works until it is told to stop.
pub(super) async fn run(cli: &Cli) -> anyhow::Result<()> {
    let assembly = Assembly::open(cli).await?;
    let (stop, stopped) = watch::channel(false);
    let service = Arc::new(assembly.service(stopped.clone()));
    let address = assembly.configuration.listen;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: choose another address with `listen`"))?;
    tracing::info!(address = %listener.local_addr()?, "serving");

    let doors = Arc::new(Doors::default());
    open_doors(&doors, &assembly.registry).await?;
    let inbox =
        Inbox::new(Arc::clone(&service.ledger), Arc::clone(&service.probe), Arc::clone(&service.wake));
    let routes = receiver::routes(Arc::clone(&doors), inbox, Arc::clone(&service.clock))
        .merge(web::routes(Arc::clone(&service))?);
    let serving = tokio::spawn(
        axum::serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(told_to_stop(stopped.clone()))
            .into_future(),
    );
    tokio::spawn(keep_doors(doors, Arc::clone(&assembly.registry), Arc::clone(&service), stopped.clone()));
    tokio::spawn(async move {
        signalled().await;
        tracing::info!("stopping");
        let _ = stop.send(true);
    });
    service.run(stopped).await;
    serving.abort();
    Ok(())
}

async fn told_to_stop(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Ctrl-C, or what service managers send.
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = interrupted => {} _ = terminate.recv() => {} }
        }
        Err(_) => drop(interrupted.await),
    }
}

/// Takes webhooks of every connection that is stored.
async fn open_doors(doors: &Doors, registry: &Registry) -> anyhow::Result<()> {
    let mut known = Vec::new();
    for (id, configuration) in registry.all().await? {
        match configuration {
            Ok(configuration) => {
                let account = configuration.settings.account_id.as_str();
                doors.put(id.clone(), account, configuration.webhook_secret.reveal());
                known.push(id);
            }
            Err(error) => tracing::error!(connection = %id, "its webhooks are not taken: {error}"),
        }
    }
    doors.keep_only(&known);
    Ok(())
}

/// Connections come and go while this runs.
async fn keep_doors(
    doors: Arc<Doors>,
    registry: Arc<Registry>,
    service: Arc<Service>,
    mut stopped: watch::Receiver<bool>,
) {
    const EVERY: std::time::Duration = std::time::Duration::from_secs(15);
    while !*stopped.borrow() {
        tokio::select! { () = service.clock.sleep(EVERY) => {} _ = stopped.changed() => {} }
        if let Err(error) = open_doors(&doors, &registry).await {
            tracing::error!("connections cannot be listed: {error}");
        }
    }
}
