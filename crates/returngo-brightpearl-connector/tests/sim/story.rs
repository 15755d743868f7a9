//! The last things that happened, for a person who wants to know how a simulation failed.

use std::{
    collections::VecDeque,
    fmt::{self, Write as _},
    sync::{Mutex, PoisonError},
    time::Duration,
};

const KEPT: usize = 60;

#[derive(Debug, Default)]
pub(crate) struct Story(Mutex<AuditRow>);

#[derive(Debug, Default)]
struct AuditRow {
    lines: VecDeque<String>,
    /// All lines, to tell whether two runs were the same.
    digest: u64,
    all: bool,
}

impl Story {
    /// Prints every line at once.
    pub(crate) fn aloud() -> Self {
        Self(Mutex::new(AuditRow { all: true, ..AuditRow::default() }))
    }

    pub(crate) fn tell(&self, at: Duration, what: impl fmt::Display) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = String::new();
        let seconds = at.as_secs();
        let _ = write!(
            line,
            "{:02}:{:02}:{:02}.{:03}  {what}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
            at.subsec_millis()
        );
        for byte in line.bytes() {
            told.digest = (told.digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if told.all {
            println!("{line}");
        }
        if told.lines.len() == KEPT {
            told.lines.pop_front();
        }
        told.lines.push_back(line);
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).lines.iter().cloned().collect()
    }

    pub(crate) fn digest(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).digest
    }
}
