//! The log on stderr: one line for each event.

use std::io::{self, Write};

use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{file::LogFormat, printable};

/// Starts the log on stderr, filtered by `RUST_LOG` or else by this filter.
pub(super) fn start(filter: &str, format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let log = tracing_subscriber::fmt::layer().with_writer(|| OneLine(io::stderr()));
    let registry = tracing_subscriber::registry().with(filter);
    // A program that embeds this one may have a log already.
    let _ = match format {
        LogFormat::Text => registry.with(log).try_init(),
        LogFormat::Json => registry.with(log.json().flatten_event(true)).try_init(),
    };
}

/// Writes each event as one line, whatever its values contain. Each write is a whole event.
struct OneLine<W>(W);

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = printable::without_passwords(text.strip_suffix('\n').unwrap_or(&text));
        // In one write, so that lines of several tasks do not mix.
        self.0.write_all(format!("{}\n", printable::line(&line)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(text);
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged of an order's name.
    fn logged(format: LogFormat, name: &str) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let log = tracing_subscriber::fmt::layer().with_writer(move || OneLine(writer.clone()));
        let registry = tracing_subscriber::registry();
        let said = || tracing::warn!(order = %name, "order skipped: {name}");
        match format {
            LogFormat::Text => tracing::subscriber::with_default(registry.with(log), said),
            LogFormat::Json => {
                tracing::subscriber::with_default(registry.with(log.json().flatten_event(true)), said)
            }
        }
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn no_value_forges_a_line_or_reaches_a_terminal_as_a_command() {
        let name = "#1\u{1b}]0;x\u{7}\u{9b}2J\n2026-05-18T09:30:00Z ERROR forged: \u{202e}true";
        for format in [LogFormat::Text, LogFormat::Json] {
            let log = logged(format, name);
            assert_eq!(log.lines().count(), 1, "{log:?}");
            assert!(log.contains("forged") && log.trim_end().is_ascii(), "{log:?}");
            assert!(!log.trim_end().contains(char::is_control), "{log:?}");
        }
        let json: serde_json::Value = serde_json::from_str(&logged(LogFormat::Json, name)).unwrap();
        assert_eq!(json["order"], name, "it stays the same value");
    }
}
