//! The requests that a sweep may make, so that the day's calls last until its end.

use jiff::Timestamp;

use super::SweepSettings;
use crate::client::CallsLeft;

const HOUR: u64 = 60 * 60;

/// The use of the rest of a day's calls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pace {
    /// The factor on the configured intervals. None: no call is left for lists.
    pub(super) stretch: Option<f64>,
    /// The number of RMAs that may be read; none is unlimited.
    pub(super) reads: Option<u32>,
    hours_left: u32,
}

impl Pace {
    /// Plans half of the remaining calls for lists, which find the changes, and the other half for reading
    /// them.
    ///
    /// `jobs` are the intervals of the lists in seconds, and the pages of each run.
    pub(super) fn of(jobs: impl Iterator<Item = (f64, u32)>, left: CallsLeft, now: Timestamp) -> Self {
        let seconds_left = left.until.duration_since(now).as_secs().max(0);
        let hours_left = u32::try_from(seconds_left.unsigned_abs().div_ceil(HOUR)).unwrap_or(u32::MAX).max(1);
        let Some(reads) = left.reads else {
            return Self { stretch: Some(1.0), reads: None, hours_left };
        };
        let wanted: f64 =
            jobs.map(|(every, pages)| f64::from(pages) * (seconds_left as f64 / every).ceil()).sum();
        let allowed = f64::from(reads / 2);
        let stretch = (wanted / allowed).max(1.0);
        let for_lists = wanted.min(allowed).ceil() as u32;
        Self {
            stretch: (reads > 1).then_some(stretch),
            reads: Some(reads.saturating_sub(for_lists)),
            hours_left,
        }
    }

    /// Returns how many RMAs may be read speculatively, given the pending RMAs and the speculative reads of
    /// this hour: half of the spare calls, spread over the rest of the day.
    pub(super) fn speculative_reads(&self, settings: &SweepSettings, pending: usize, made: u32) -> usize {
        let in_this_hour = settings.speculative_reads_per_hour.saturating_sub(made);
        let spare = self.reads.map(|reads| reads.saturating_sub(u32::try_from(pending).unwrap_or(u32::MAX)));
        spare.map_or(in_this_hour, |spare| in_this_hour.min(spare / 2 / self.hours_left)) as usize
    }
}
