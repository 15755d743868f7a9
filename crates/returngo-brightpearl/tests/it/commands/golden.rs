//! What every command prints with `--json`, value by value: scripts and other programs read it.
//!
//! `UPDATE_GOLDEN=1` writes the files of `golden/` anew; look at the difference before you commit it.

use std::{env, fs, path::PathBuf};

use jiff::{Timestamp, civil::Date};
use returngo_mock::Refund;
use rust_decimal_macros::dec;
use serde_json::Value;

use super::shop::{Done, RMA, Shop};

/// What differs from run to run, by its place or its form.
const RANDOM_FIELDS: [&str; 3] = ["key", "keyFile", "url"];

struct Golden<'s> {
    shop: &'s Shop,
    differences: Vec<String>,
}

impl Golden<'_> {
    /// Runs a command, and compares what it prints with the file of this name.
    fn is(&mut self, name: &str, arguments: &[&str]) {
        let done = self.shop.run(&[arguments, &["--json"]].concat());
        self.printed(name, done);
    }

    fn printed(&mut self, name: &str, done: Done) {
        let mut value: Value = serde_json::from_str(&done.stdout)
            .unwrap_or_else(|error| panic!("{name}: {error}: {}{}", done.stdout, done.stderr));
        self.steady(&mut value, "");
        let printed = format!("exit code {}\n{value:#}\n", done.code.unwrap_or(-1));
        let file =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/commands/golden/{name}.txt"));
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&file, printed).unwrap();
        } else {
            let expected = fs::read_to_string(&file).unwrap_or_default();
            if expected != printed {
                self.differences.push(format!("{name}: expected {expected}printed {printed}"));
            }
        }
    }

    /// Replaces times, days, ports, folders, calls and random values by their names.
    fn steady(&self, value: &mut Value, field: &str) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.steady(value, field)),
            // A read may be sent again on a machine that is slow.
            Value::Object(fields) if field == "returngoCalls" => {
                fields.insert("left".to_owned(), "<calls>".into());
            }
            Value::Object(fields) => {
                fields.iter_mut().for_each(|(field, value)| self.steady(value, field));
            }
            Value::String(text) => {
                if text.parse::<Timestamp>().is_ok() {
                    *text = "<time>".to_owned();
                } else if text.parse::<Date>().is_ok() {
                    *text = "<day>".to_owned();
                } else if RANDOM_FIELDS.contains(&field) && !text.contains("RGO-") {
                    *text = format!("<{field}>");
                } else if text.starts_with("by sync ") {
                    *text = "by sync <process>".to_owned();
                } else {
                    *text = self.without_places(text);
                }
            }
            Value::Number(_) if field.ends_with("Seconds") => *value = "<seconds>".into(),
            _ => {}
        }
    }

    fn without_places(&self, text: &str) -> String {
        let folder = self.shop.folder().display().to_string();
        let mut text = text.replace(&folder, "<folder>");
        for (url, name) in
            [(self.shop.brightpearl.url(), "<brightpearl>"), (self.shop.returngo.url(), "<returngo>")]
        {
            text = text.replace(&url, name);
        }
        without_times(&text)
    }
}

/// A sentence without its days and times of day.
fn without_times(text: &str) -> String {
    let is_part = |letter: char| letter.is_ascii_digit() || "T:Z.+-".contains(letter);
    let is_time = |run: &str| {
        run.get(..10).is_some_and(|day| day.parse::<Date>().is_ok()) || run.matches(':').count() == 2
    };
    let mut rest = text;
    let mut steady = String::new();
    while let Some(start) = rest.find(is_part) {
        let run = &rest[start..];
        let run = &run[..run.find(|letter| !is_part(letter)).unwrap_or(run.len())];
        steady.push_str(&rest[..start]);
        steady.push_str(if is_time(run) { "<time>" } else { run });
        rest = &rest[start + run.len()..];
    }
    steady + rest
}

#[tokio::test]
async fn what_commands_print_as_json_stays_as_it_is() {
    let shop = Shop::new().await;
    let mut golden = Golden { shop: &shop, differences: Vec::new() };
    let connect = ["acme", "--refund-method", "1210", "--status", "27", "--json"];
    golden.printed("connect", shop.connect(&connect));
    golden.is("check", &["check"]);
    golden.is("settings-show", &["settings", "show"]);
    golden.is("settings-export", &["settings", "export"]);
    golden.is("status-new", &["status"]);
    golden.is("reviews-none", &["reviews"]);

    shop.approve(RMA);
    golden.is("plan", &["plan", RMA]);
    golden.is("backfill-dry-run", &["backfill", "--from", "2020-01-01", "--dry-run"]);
    golden.is("sync", &["sync", RMA]);
    golden.is("audit", &["audit", RMA]);

    // More than was paid: a person is asked.
    shop.refund(RMA, Refund::of(dec!(500)));
    golden.is("sync-needs-review", &["sync", RMA]);
    golden.is("reviews", &["reviews"]);
    golden.is("reviews-show", &["reviews", "show", RMA]);
    golden.is("reviews-resolve", &["reviews", "resolve", RMA, "--note", "settled by hand"]);
    golden.is("reviews-retry", &["reviews", "retry", RMA]);
    golden.is("reconcile", &["reconcile", "--from", "2020-01-01"]);
    golden.is("status", &["status"]);
    golden.is("backfill", &["backfill", "--from", "2020-01-01", "--yes"]);
    golden.is("disconnect", &["disconnect", "acme", "--yes"]);
    assert!(golden.differences.is_empty(), "{}", golden.differences.join("\n"));
}
