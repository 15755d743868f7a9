//! The program `returngo-brightpearl`.

use std::{io, process::ExitCode};

use tokio::runtime::Runtime;

fn main() -> io::Result<ExitCode> {
    let cli = match returngo_brightpearl::arguments() {
        Ok(cli) => cli,
        Err(code) => return Ok(code),
    };
    let runtime = Runtime::new()?;
    let code = runtime.block_on(returngo_brightpearl::run(cli));
    // The look-up of a server's name cannot be given up: it must not keep a process that has come to its end.
    runtime.shutdown_background();
    Ok(code)
}
