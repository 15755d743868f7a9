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
    // A name lookup cannot be cancelled, and must not delay the end of the process.
    runtime.shutdown_background();
    Ok(code)
}
