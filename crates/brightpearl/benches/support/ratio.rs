//! Two ways of doing the same thing, measured against each other in one run.

use std::time::Duration;

use cpu_time::ThreadTime;

/// How many times the rival's CPU time the measured thing takes: the middle of many short rounds that take
/// turns, so that a busy machine slows both alike. Only the CPU time of this thread counts.
pub(crate) fn of(rounds: usize, mut ours: impl FnMut(), mut rival: impl FnMut()) -> f64 {
    ours();
    rival();
    let mut ratios: Vec<f64> = (0..rounds)
        .map(|_| {
            let ours = cpu(&mut ours).as_secs_f64();
            ours / cpu(&mut rival).as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[rounds / 2]
}

fn cpu(work: &mut impl FnMut()) -> Duration {
    let start = ThreadTime::now();
    work();
    start.elapsed()
}
