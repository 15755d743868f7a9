//! Types of arguments: the connection and the RMAs that a command is about, its days and its times.

use std::str::FromStr;

use anyhow::bail;
use clap::Args;
use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use returngo::RmaId;
use returngo_brightpearl_mapping::reconcile::Days;

use crate::output::Usage;
use returngo_brightpearl_connector::store::{ConnectionId, Store};

/// The connection that was named, or the only one.
pub(super) async fn connection(store: &Store, named: Option<&ConnectionId>) -> anyhow::Result<ConnectionId> {
    if let Some(named) = named {
        return Ok(named.clone());
    }
    let stored = store.connections().await?;
    match stored.as_slice() {
        [only] => Ok(only.id.clone()),
        [] => bail!("no connection found: run `connect NAME` to create one"),
        several => {
            let names: Vec<_> = several.iter().map(|stored| stored.id.as_str()).collect();
            bail!("connection name missing: there are {} connections, {}", names.len(), names.join(", "))
        }
    }
}

/// `[CONNECTION] [RMA…]`: the first word is the connection, unless it is an RMA number.
#[derive(Debug, Args)]
pub(super) struct ConnectionAndRmas {
    /// RMA numbers, such as 4410021, after the connection name (optional if there is only one)
    #[arg(value_name = "CONNECTION|RMA")]
    words: Vec<Word>,
}

#[derive(Debug, Clone)]
enum Word {
    Rma(RmaId),
    Connection(ConnectionId),
}

impl FromStr for Word {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rma = text.parse().map(Self::Rma);
        rma.or_else(|_| text.parse().map(Self::Connection))
            .map_err(|_| "neither an RMA number, such as 4410021, nor a connection name".to_owned())
    }
}

impl ConnectionAndRmas {
    pub(super) fn split(&self) -> Result<(Option<ConnectionId>, Vec<RmaId>), Usage> {
        let (connection, rest) = match self.words.as_slice() {
            [Word::Connection(connection), rest @ ..] => (Some(connection.clone()), rest),
            all => (None, all),
        };
        let rmas = rest.iter().map(|word| match word {
            Word::Rma(rma) => Ok(rma.clone()),
            Word::Connection(name) => {
                Err(Usage(format!("{name} is not an RMA number: expected digits, such as 4410021")))
            }
        });
        Ok((connection, rmas.collect::<Result<_, _>>()?))
    }
}

/// A period of days.
#[derive(Debug, Args)]
pub(super) struct Period {
    /// First day, in the account's time zone, such as 2026-05-18
    #[arg(long, value_name = "DAY")]
    from: Date,
    /// Last day [default: today]
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
}

impl Period {
    pub(super) fn days(&self) -> Result<Days, Usage> {
        Days::new(Some(self.from), self.to).map_err(|error| Usage(error.to_string()))
    }
}

/// A time in the past: a time, the start of a day, or a span before now.
#[derive(Debug, Clone, Copy)]
pub(super) enum PastTime {
    At(Timestamp),
    Day(Date),
    Ago(Span),
}

impl PastTime {
    /// Returns the time. Days start at midnight in this zone, and are as long as there.
    pub(super) fn timestamp(self, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, jiff::Error> {
        match self {
            Self::At(time) => Ok(time),
            Self::Day(day) => Ok(day.to_zoned(zone.clone())?.timestamp()),
            Self::Ago(span) => Ok(now.to_zoned(zone.clone()).checked_sub(span.abs())?.timestamp()),
        }
    }
}

impl FromStr for PastTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time = text.parse().map(Self::At);
        let day = || text.parse().map(Self::Day);
        let span = || text.parse().map(Self::Ago);
        time.or_else(|_| day()).or_else(|_| span()).map_err(|_| {
            "expected a time such as 2026-05-18T09:30:00Z, a day such as 2026-05-18, or a span before now such as 2h or 3d"
                .to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let now: Timestamp = "2026-05-20T10:00:00Z".parse().unwrap();
        let london = TimeZone::get("Europe/London").unwrap();
        text.parse::<PastTime>().unwrap().timestamp(now, &london).unwrap().to_string()
    }

    #[test]
    fn times_days_and_spans_are_read() {
        assert_eq!(read("2026-05-18T09:30:00Z"), "2026-05-18T09:30:00Z");
        assert_eq!(read("2026-05-18"), "2026-05-17T23:00:00Z");
        assert_eq!(read("90m"), "2026-05-20T08:30:00Z");
        assert_eq!(read("3d"), "2026-05-17T10:00:00Z");
        assert_eq!(read("1w"), "2026-05-13T10:00:00Z");
    }

    #[test]
    fn anything_else_is_explained() {
        assert!("yesterday".parse::<PastTime>().unwrap_err().contains("2026-05-18"));
    }
}
