//! The CSV format of a report.

use std::{borrow::Cow, iter};

use rust_decimal::Decimal;

use super::{COLUMNS, Report};

impl Report {
    /// Returns the report as CSV: a line for each refund and each difference, with the header [`COLUMNS`]. Cells that a
    /// spreadsheet would run as formulas get a leading apostrophe. Numbers stay unchanged.
    pub fn to_csv(&self) -> String {
        let header = COLUMNS.map(str::to_owned);
        let records = iter::once(header).chain(self.lines.iter().map(super::Line::cells));
        records.map(|cells| cells.map(|cell| written(&cell)).join(",") + "\n").collect()
    }
}

fn written(cell: &str) -> String {
    let cell = without_formula(cell);
    match cell.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.into_owned(),
    }
}

fn without_formula(cell: &str) -> Cow<'_, str> {
    let begins_one = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if begins_one && cell.parse::<Decimal>().is_err() {
        return Cow::Owned(format!("'{cell}"));
    }
    Cow::Borrowed(cell)
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn a_cell_never_becomes_a_formula_and_numbers_stay_numbers() {
        for (cell, is) in [
            ("=1+1", "'=1+1"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3+cmd", "'-2+3+cmd"),
            ("-", "'-"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("＝1", "'＝1"),
            ("-12.50", "-12.50"),
            ("+3", "+3"),
            ("12.50", "12.50"),
            ("4410021-1", "4410021-1"),
            ("", ""),
        ] {
            assert_eq!(written(cell), is);
        }
    }

    #[test]
    fn commas_quotes_and_lines_stay_in_their_cell() {
        assert_eq!(written("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
        assert_eq!(written("\r=1"), "\"'\r=1\"");
        assert_eq!(written("one\ntwo, \"three\""), "\"one\ntwo, \"\"three\"\"\"");
    }
}
