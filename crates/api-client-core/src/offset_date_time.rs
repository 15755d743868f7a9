use std::{fmt, str::FromStr};

use jiff::{Timestamp, Zoned, civil, fmt::temporal::Pieces, tz::Offset};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant with the UTC offset that it was written in.
///
/// Brightpearl writes times in the offset of the account's time zone, so the calendar day of a tax date is
/// only known together with its offset. Two values are equal when instant and offset are.
///
/// Accepts the forms that both systems send: `Z`, `+01:00`, `+0100`, with or without milliseconds, `…:59:999Z`,
/// and a bare date, which means midnight in UTC.
///
/// ```
/// use api_client_core::OffsetDateTime;
///
/// let placed: OffsetDateTime = "2026-05-04T00:00:00.000+01:00".parse()?;
/// assert_eq!(placed.date().to_string(), "2026-05-04");
/// assert_eq!(placed.timestamp().to_string(), "2026-05-03T23:00:00Z");
/// # Ok::<(), api_client_core::InvalidDateTime>(())
/// ```
///
/// A [`Timestamp`] converts to the same instant in UTC, a [`Zoned`] to one in the offset of its zone:
///
/// ```
/// use api_client_core::OffsetDateTime;
/// use jiff::{Timestamp, tz::{Offset, TimeZone}};
///
/// let instant: Timestamp = "2026-05-03T23:00:00Z".parse()?;
/// assert_eq!(OffsetDateTime::from(instant).to_string(), "2026-05-03T23:00:00.000+00:00");
/// let zoned = instant.to_zoned(TimeZone::fixed(Offset::constant(1)));
/// assert_eq!(OffsetDateTime::from(zoned).date().to_string(), "2026-05-04");
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OffsetDateTime {
    timestamp: Timestamp,
    offset: Offset,
}

impl OffsetDateTime {
    /// This instant, written in this offset.
    pub const fn new(timestamp: Timestamp, offset: Offset) -> Self {
        Self { timestamp, offset }
    }

    /// This instant, written in UTC.
    pub const fn utc(timestamp: Timestamp) -> Self {
        Self::new(timestamp, Offset::UTC)
    }

    /// This instant, written in the offset that the zone has then.
    pub fn in_zone(timestamp: Timestamp, zone: &jiff::tz::TimeZone) -> Self {
        Self::new(timestamp, zone.to_offset(timestamp))
    }

    /// The time of the system's clock, written in UTC.
    ///
    /// A program whose tests set the time takes it from a clock of its own and converts the [`Timestamp`].
    #[allow(clippy::disallowed_methods, reason = "the caller asks for the system's clock")]
    pub fn now() -> Self {
        Self::utc(Timestamp::now())
    }

    /// The instant.
    pub const fn timestamp(self) -> Timestamp {
        self.timestamp
    }

    /// The offset it is written in.
    pub const fn offset(self) -> Offset {
        self.offset
    }

    /// The calendar day as written.
    pub fn date(self) -> civil::Date {
        self.offset.to_datetime(self.timestamp).date()
    }
}

/// In UTC.
impl From<Timestamp> for OffsetDateTime {
    fn from(timestamp: Timestamp) -> Self {
        Self::utc(timestamp)
    }
}

/// In the offset that the zone has at this instant.
impl From<Zoned> for OffsetDateTime {
    fn from(zoned: Zoned) -> Self {
        Self::from(&zoned)
    }
}

/// In the offset that the zone has at this instant.
impl From<&Zoned> for OffsetDateTime {
    fn from(zoned: &Zoned) -> Self {
        Self::new(zoned.timestamp(), zoned.offset())
    }
}

/// A text that is not a date or a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidDateTime(String);

impl fmt::Display for InvalidDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a date or time: expected the form 2026-05-04T10:15:00.000+01:00", self.0)
    }
}

impl std::error::Error for InvalidDateTime {}

impl FromStr for OffsetDateTime {
    type Err = InvalidDateTime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read_usual(text).or_else(|| read(text.trim())).ok_or_else(|| InvalidDateTime(text.to_owned()))
    }
}

/// Reads the form of nearly all times of Brightpearl, `2026-05-04T10:15:00.000+01:00`, without the general
/// parser, which took most of the time of decoding a search page with its thousand times.
fn read_usual(text: &str) -> Option<OffsetDateTime> {
    let text: [u8; 29] = text.as_bytes().try_into().ok()?;
    #[rustfmt::skip]
    let [
        y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', min1, min2, b':', s1, s2, b'.', ms1, ms2, ms3,
        sign @ (b'+' | b'-'), oh1, oh2, b':', om1, om2,
    ] = text else { return None };
    let two = |tens: u8, ones: u8| {
        let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
        digits.then(|| ((tens - b'0') * 10 + (ones - b'0')) as i8)
    };
    let year = i16::from(two(y1, y2)?) * 100 + i16::from(two(y3, y4)?);
    let milliseconds = i32::from(two(ms1, ms2)?) * 10 + i32::from(two(b'0', ms3)?);
    let date = civil::Date::new(year, two(m1, m2)?, two(d1, d2)?).ok()?;
    let time =
        civil::Time::new(two(h1, h2)?, two(min1, min2)?, two(s1, s2)?, milliseconds * 1_000_000).ok()?;
    let (hours, minutes) = (two(oh1, oh2)?, two(om1, om2).filter(|minutes| *minutes < 60)?);
    let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
    let offset = Offset::from_seconds(if sign == b'-' { -seconds } else { seconds }).ok()?;
    Some(OffsetDateTime::new(offset.to_timestamp(date.to_datetime(time)).ok()?, offset))
}

fn read(text: &str) -> Option<OffsetDateTime> {
    let repaired = colon_before_milliseconds(text);
    let pieces = Pieces::parse(repaired.as_deref().unwrap_or(text)).ok()?;
    let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
    let civil = pieces.date().to_datetime(pieces.time().unwrap_or_else(civil::Time::midnight));
    Some(OffsetDateTime::new(offset.to_timestamp(civil).ok()?, offset))
}

/// Accounting periods come as `2026-03-31T23:59:59:999Z`
/// (docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances).
fn colon_before_milliseconds(text: &str) -> Option<String> {
    let (head, tail) = text.get(..19).zip(text.get(19..))?;
    let rest = tail.strip_prefix(':')?;
    rest.starts_with(|c: char| c.is_ascii_digit()).then(|| format!("{head}.{rest}"))
}

impl fmt::Display for OffsetDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.offset.to_datetime(self.timestamp);
        write!(f, "{}", civil.strftime("%Y-%m-%dT%H:%M:%S"))?;
        let seconds = self.offset.seconds();
        let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
        write!(
            f,
            ".{:03}{sign}{:02}:{:02}",
            civil.subsec_nanosecond() / 1_000_000,
            minutes / 60,
            minutes % 60
        )
    }
}

impl fmt::Debug for OffsetDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialOrd for OffsetDateTime {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OffsetDateTime {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.timestamp.cmp(&other.timestamp).then_with(|| self.offset.seconds().cmp(&other.offset.seconds()))
    }
}

impl Serialize for OffsetDateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OffsetDateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = OffsetDateTime;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date or time such as 2026-05-04T10:15:00.000+01:00")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<OffsetDateTime, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_every_form_that_is_known_to_come() {
        for (text, expected) in [
            ("2026-03-02T09:14:05.000+00:00", "2026-03-02T09:14:05.000+00:00"),
            ("2026-03-02T09:14:05-06:00", "2026-03-02T09:14:05.000-06:00"),
            ("2026-03-02T09:14:05.691Z", "2026-03-02T09:14:05.691+00:00"),
            ("2026-03-02T09:14:05+0100", "2026-03-02T09:14:05.000+01:00"),
            ("2026-04-20", "2026-04-20T00:00:00.000+00:00"),
            ("2026-03-31T23:59:59:999Z", "2026-03-31T23:59:59.999+00:00"),
            ("2031-03-02T08:14:10", "2031-03-02T08:14:10.000+00:00"),
        ] {
            assert_eq!(text.parse::<OffsetDateTime>().unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_time_and_says_what_it_saw() {
        for text in ["", "yesterday", "2026-13-01", "2026-03-02T25:00:00Z"] {
            let error = text.parse::<OffsetDateTime>().unwrap_err();
            assert!(error.to_string().contains(text));
        }
    }

    #[test]
    fn the_usual_form_is_refused_where_it_is_no_time() {
        for text in [
            "2026-02-29T10:15:00.000+01:00",
            "2026-05-04T24:15:00.000+01:00",
            "2026-05-04T10:60:00.000+01:00",
            "2026-05-04T10:15:00.000+01:60",
            "2026-05-04T10:15:00.000+26:00",
            "2026-05-04T10:15:00.0x0+01:00",
        ] {
            assert_eq!((text.len(), read_usual(text)), (29, None), "{text}");
        }
    }

    #[test]
    fn now_is_the_time_of_the_systems_clock_in_utc() {
        #[allow(clippy::disallowed_methods, reason = "the clock that `now` reads")]
        let before = Timestamp::now();
        let now = OffsetDateTime::now();
        assert!(now.timestamp() >= before);
        assert_eq!(now.offset(), Offset::UTC);
    }

    proptest! {
        #[test]
        fn the_usual_form_reads_as_any_other(millis in -2_000_000_000_000i64..4_000_000_000_000, minutes in -14 * 60..=14 * 60i32) {
            let time = OffsetDateTime::new(
                Timestamp::from_millisecond(millis).unwrap(),
                Offset::from_seconds(minutes * 60).unwrap(),
            );
            let text = time.to_string();
            prop_assert_eq!(read_usual(&text), Some(time));
            prop_assert_eq!(read(&text), Some(time));
        }

        #[test]
        fn what_is_written_reads_back(millis in -2_000_000_000_000i64..4_000_000_000_000, minutes in -14 * 60..=14 * 60i32) {
            let time = OffsetDateTime::new(
                Timestamp::from_millisecond(millis).unwrap(),
                Offset::from_seconds(minutes * 60).unwrap(),
            );
            prop_assert_eq!(time.to_string().parse::<OffsetDateTime>().unwrap(), time);
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = text.parse::<OffsetDateTime>();
        }
    }
}
