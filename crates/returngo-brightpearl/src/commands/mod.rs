mod audit;
pub(super) mod backfill;
mod check;
pub(super) mod connect;
#[cfg(feature = "demo")]
mod demo;
pub(super) mod disconnect;
mod init;
pub(super) mod plan;
pub(super) mod reconcile;
mod rekey;
pub(super) mod replay;
pub(super) mod reviews;
mod serve;
pub(super) mod settings;
mod status;
pub(super) mod sync;

use super::cli::{Cli, Command};

pub(super) async fn run(cli: Cli) -> anyhow::Result<()> {
    match &cli.command {
        Command::Init => init::run(&cli),
        Command::Connect(what) => connect::run(&cli, what).await,
        Command::Settings(what) => settings::run(&cli, what).await,
        Command::Check(of) => check::run(&cli, of).await,
        Command::Serve => serve::run(&cli).await,
        Command::Sync(what) => sync::run(&cli, what).await,
        Command::Plan(of) => plan::run(&cli, of).await,
        Command::Backfill(what) => backfill::run(&cli, what).await,
        Command::Reviews(what) => reviews::run(&cli, what).await,
        Command::Reconcile(what) => reconcile::run(&cli, what).await,
        Command::Audit(of) => audit::run(&cli, of).await,
        Command::Status => status::run(&cli).await,
        Command::Replay(what) => replay::run(&cli, what).await,
        Command::Rekey(what) => rekey::run(&cli, what).await,
        Command::Disconnect(of) => disconnect::run(&cli, of).await,
        #[cfg(feature = "demo")]
        Command::Demo(what) => demo::run(&cli, what).await,
    }
}
