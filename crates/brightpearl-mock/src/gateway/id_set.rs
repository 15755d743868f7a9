//! The grammar of id sets in paths (docs/evidence/brightpearl-platform.md#id-sets).

use brightpearl::{IdSet, MAX_IDS_PER_GET, NumericId};

use super::Problem;

/// Parses an id set. A comma list must ascend; a list with `.` need not. When Brightpearl uses `CMNC-006` and
/// `CMNC-008` is not certain: here `CMNC-008` is a list that does not ascend, `CMNC-006` everything else.
pub(crate) fn parse<Id: NumericId>(text: &str) -> Result<IdSet<Id>, Problem> {
    let set: IdSet<Id> = text.parse().map_err(|_| invalid(text))?;
    if !commas_ascend(text) {
        return Err(Problem::client("CMNC-008", format!("The ID set must be in ascending order: {text}")));
    }
    if set.len() > MAX_IDS_PER_GET {
        let message = format!("The ID set has {} IDs, at most {MAX_IDS_PER_GET} are allowed", set.len());
        return Err(Problem::client("CMNC-006", message));
    }
    Ok(set)
}

/// The error for an invalid id set.
pub(super) fn invalid(text: &str) -> Problem {
    Problem::client("CMNC-006", format!("Invalid ID set: {text}"))
}

fn commas_ascend(text: &str) -> bool {
    let ends = |item: &str| {
        let (low, high) = item.split_once('-').unwrap_or((item, item));
        low.trim().parse::<u64>().ok().zip(high.trim().parse::<u64>().ok())
    };
    text.split('.').all(|ordered| {
        let ranges: Vec<_> = ordered.split(',').filter_map(ends).collect();
        ranges.is_sorted_by(|(_, left_high), (right_low, _)| left_high < right_low)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_ascend_and_dots_need_not() {
        for good in ["17", "17-40", "3,9,17-40", "40.3.17-22", "1-200"] {
            assert!(parse::<u64>(good).is_ok(), "{good}");
        }
        for (bad, code) in [
            ("9,3", "CMNC-008"),
            ("3,3", "CMNC-008"),
            ("40-17", "CMNC-006"),
            ("1-201", "CMNC-006"),
            ("x", "CMNC-006"),
            ("0", "CMNC-006"),
        ] {
            let problem = parse::<u64>(bad).unwrap_err();
            assert_eq!(problem.status, 400);
            assert!(super::super::error_body(&problem).contains(code), "{bad}");
        }
    }
}
