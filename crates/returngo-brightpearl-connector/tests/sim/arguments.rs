//! What the simulation is asked to do. Arguments of the usual test programs are taken and ignored.

use std::time::Duration;

/// As many as `cargo test` has time for without optimization; CI plays more.
const SEEDS: u64 = 50;

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) from: u64,
    pub(crate) seeds: u64,
    pub(crate) time: Option<Duration>,
    /// Everything that happens is printed.
    pub(crate) aloud: bool,
    /// A number for everything that happened is printed for each seed: two runs must print the same.
    pub(crate) digests: bool,
    /// In how many seeds each kind of situation arose is printed.
    pub(crate) situations: bool,
    /// The tests are to be listed, not run.
    pub(crate) lists: bool,
    threads: Option<usize>,
    /// Whether answers may have odd values, and shops may never answer.
    pub(crate) oddities: bool,
}

impl Arguments {
    pub(crate) fn read(words: impl Iterator<Item = String>) -> Self {
        let mut arguments = Self {
            from: 0,
            seeds: SEEDS,
            time: None,
            aloud: false,
            digests: false,
            situations: false,
            lists: false,
            threads: None,
            oddities: false,
        };
        let words: Vec<String> =
            words.flat_map(|word| word.split('=').map(str::to_owned).collect::<Vec<_>>()).collect();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mut number = || words.next().and_then(|text| text.parse::<u64>().ok());
            match word.as_str() {
                "--seed" => {
                    arguments.from = number().unwrap_or_default();
                    (arguments.seeds, arguments.aloud) = (1, true);
                }
                "--seeds" => arguments.seeds = number().unwrap_or(SEEDS),
                "--from" => arguments.from = number().unwrap_or_default(),
                "--minutes" => {
                    arguments.time = number().map(|minutes| Duration::from_secs(minutes * 60));
                    arguments.seeds = u64::MAX / 2;
                }
                "--threads" => arguments.threads = number().map(|threads| threads as usize),
                "--digests" => arguments.digests = true,
                "--situations" => arguments.situations = true,
                "--oddities" => arguments.oddities = true,
                "--list" => arguments.lists = true,
                _ => {}
            }
        }
        arguments
    }

    pub(crate) fn threads(&self) -> usize {
        let all = std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or(all).min(self.seeds as usize).max(1)
    }
}
