mod audit;
mod check;
mod connect;
mod demo;
mod disconnect;
mod init;
mod plan;
mod replay;
mod reviews;
mod serve;
mod status;
mod sync;

use super::cli::{Cli, Command};

pub(super) async fn run(cli: Cli) -> anyhow::Result<()> {
    match &cli.command {
        Command::Init => init::run(&cli),
        Command::Connect(what) => connect::run(&cli, what).await,
        Command::Check(of) => check::run(&cli, of).await,
        Command::Serve => serve::run(&cli).await,
        Command::Sync(what) => sync::run(&cli, what).await,
        Command::Plan(of) => plan::run(&cli, of).await,
        Command::Reviews(what) => reviews::run(&cli, what).await,
        Command::Audit(of) => audit::run(&cli, of).await,
        Command::Status => status::run(&cli).await,
        Command::Replay(what) => replay::run(&cli, what).await,
        Command::Disconnect(of) => disconnect::run(&cli, of).await,
        Command::Demo(what) => demo::run(&cli, what).await,
    }
}
