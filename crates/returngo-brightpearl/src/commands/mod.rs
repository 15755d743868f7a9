pub(super) mod audit;
pub(super) mod backfill;
mod check;
pub(super) mod connect;
#[cfg(feature = "demo")]
pub(super) mod demo;
pub(super) mod disconnect;
mod init;
pub(super) mod plan;
pub(super) mod reconcile;
pub(super) mod rekey;
pub(super) mod replay;
pub(super) mod reviews;
mod serve;
pub(super) mod settings;
mod status;
pub(super) mod sync;

use super::{
    cli::{Cli, Command},
    options::GlobalOptions,
};

pub(super) async fn run(cli: Cli) -> anyhow::Result<()> {
    let Cli { options, command } = cli;
    let options = &GlobalOptions { log_filter: command.log_filter(), ..options };
    match &command {
        Command::Init => init::run(options),
        Command::Connect(arguments) => connect::run(options, arguments).await,
        Command::Settings(arguments) => settings::run(options, arguments).await,
        Command::Check(connection) => check::run(options, connection).await,
        Command::Serve => serve::run(options).await,
        Command::Sync(arguments) => sync::run(options, arguments).await,
        Command::Plan(arguments) => plan::run(options, arguments).await,
        Command::Backfill(arguments) => backfill::run(options, arguments).await,
        Command::Reviews(arguments) => reviews::run(options, arguments).await,
        Command::Reconcile(arguments) => reconcile::run(options, arguments).await,
        Command::Audit(arguments) => audit::run(options, arguments).await,
        Command::Status => status::run(options).await,
        Command::Replay(arguments) => replay::run(options, arguments).await,
        Command::Rekey(arguments) => rekey::run(options, arguments).await,
        Command::Disconnect(arguments) => disconnect::run(options, arguments).await,
        #[cfg(feature = "demo")]
        Command::Demo(arguments) => demo::run(options, arguments).await,
    }
}
