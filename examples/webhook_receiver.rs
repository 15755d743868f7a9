//! Receives webhooks of both systems and prints the objects that they name:
//! `cargo run --example webhook_receiver -- --listen 127.0.0.1:8787 --account acmeoutdoors --secret …`.

use std::{net::SocketAddr, process::ExitCode};

use clap::Parser;
use support::{
    output::{run, say},
    receiver::{Arrival, Receiver},
};

/// Receives webhooks of both systems.
#[derive(Parser)]
struct Arguments {
    /// The address to listen on; use a reverse proxy with TLS in front of it
    #[arg(long, default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// The Brightpearl account whose deliveries are accepted
    #[arg(long, env = "BRIGHTPEARL_ACCOUNT", default_value = "acmeoutdoors")]
    account: String,
    /// The secret in the URLs: long and random
    #[arg(long, env = "WEBHOOK_SECRET", hide_env_values = true)]
    secret: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    run(receive(Arguments::parse())).await
}

async fn receive(arguments: Arguments) -> anyhow::Result<()> {
    let mut receiver = Receiver::start(arguments.listen, &arguments.account, &arguments.secret).await?;
    say(format!(
        "listening on {}: POST /webhooks/brightpearl/SECRET and /webhooks/returngo/SECRET",
        receiver.base()
    ))?;
    while let Some(arrival) = receiver.next().await {
        match arrival {
            Arrival::Brightpearl(hint) => {
                say(format!("Brightpearl: {} of {} {}", hint.lifecycle_event, hint.resource_type, hint.ids))?;
            }
            Arrival::Returngo(hint) => {
                let event =
                    hint.event_name.map_or_else(|| "unknown event".to_owned(), |event| event.to_string());
                match hint.rma_id {
                    Some(rma) => say(format!("ReturnGO: {event} of RMA {rma}"))?,
                    None => say(format!("ReturnGO: {event} without an RMA; read all changed RMAs"))?,
                }
            }
        }
    }
    Ok(())
}
