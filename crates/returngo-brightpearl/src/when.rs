//! Times as people write them.

use std::str::FromStr;

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};

/// A time in the past: one by the clock, the beginning of a day, or so long ago.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    At(Timestamp),
    Day(Date),
    Ago(Span),
}

impl When {
    /// The time itself. Days begin at midnight in this zone, and are as long as there.
    pub(super) fn timestamp(self, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, jiff::Error> {
        match self {
            Self::At(time) => Ok(time),
            Self::Day(day) => Ok(day.to_zoned(zone.clone())?.timestamp()),
            Self::Ago(span) => Ok(now.to_zoned(zone.clone()).checked_sub(span.abs())?.timestamp()),
        }
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time = text.parse().map(Self::At);
        let day = || text.parse().map(Self::Day);
        let span = || text.parse().map(Self::Ago);
        time.or_else(|_| day()).or_else(|_| span()).map_err(|_| {
            "expected a time such as 2026-05-18T09:30:00Z, a day such as 2026-05-18, or how long ago, such as 2h or 3d"
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
        text.parse::<When>().unwrap().timestamp(now, &london).unwrap().to_string()
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
        assert!("yesterday".parse::<When>().unwrap_err().contains("2026-05-18"));
    }
}
