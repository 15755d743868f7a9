use std::io;

use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use super::file::LogFormat;

/// Logs to stderr what `RUST_LOG` says, else what this filter does.
pub(super) fn start(filter: &str, format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    // Whoever runs the program inside another one may have a log already.
    let _ = match format {
        LogFormat::Text => registry.with(log).try_init(),
        LogFormat::Json => registry.with(log.json().flatten_event(true)).try_init(),
    };
}
