//! The program `returngo-brightpearl`.

use std::{io, process::ExitCode};

use returngo_brightpearl_connector::program;
use tokio::runtime::Runtime;

fn main() -> io::Result<ExitCode> {
    let cli = match program::arguments() {
        Ok(cli) => cli,
        Err(code) => return Ok(code),
    };
    let runtime = Runtime::new()?;
    let code = runtime.block_on(program::run(cli));
    // The look-up of a server's name cannot be given up: it must not keep a process that has come to its end.
    runtime.shutdown_background();
    Ok(code)
}
