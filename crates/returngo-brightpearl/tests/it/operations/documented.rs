//! What `docs/` says about the program is what it does.

use std::collections::{BTreeMap, BTreeSet};

use super::site::{Site, eventually};

const OPERATIONS: &str = include_str!("../../../../../docs/operations.md");
const ALERTS: &str = include_str!("../../../../../docs/deploy/alerts.yml");

/// Metrics and their labels.
type Metrics = BTreeMap<String, BTreeSet<String>>;

/// The rows of the table of metrics: name, labels.
fn documented() -> Metrics {
    let rows = OPERATIONS.lines().filter(|line| line.starts_with("| `returngo_brightpearl_"));
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    rows.map(|row| {
        let mut cells = row.split('|').skip(1);
        let name = quoted(cells.next().unwrap()).remove(0);
        (name, quoted(cells.next().unwrap()).into_iter().collect())
    })
    .collect()
}

/// What `/metrics` prints.
fn printed(text: &str) -> Metrics {
    let mut printed = Metrics::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels = labels.trim_end_matches('}').split(',').filter_map(|label| label.split_once('='));
        printed.entry(name.to_owned()).or_default().extend(labels.map(|(label, _)| label.to_owned()));
    }
    printed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_are_those_that_are_documented() {
    let site = Site::of(1).await;
    site.scene.approve(&site.scene.rmas[0]).unwrap();
    let serving = site.serve(&[]).await;
    // Everything that is counted only when it happens has happened.
    assert_eq!(serving.post(&site.endpoint("returngo"), "no JSON").status, 400);
    eventually("something was worked on", || async { site.scene.credit(&site.scene.rmas[0]).is_ok() }).await;
    let text = serving.get("/metrics").body;
    assert_eq!(printed(&text), documented());
    for name in documented().keys() {
        assert!(text.contains(&format!("# HELP {name} ")), "{name} says what it is");
    }
}

/// The alerts of the file: name and expression.
fn alerts() -> Vec<(&'static str, &'static str)> {
    let mut name = "";
    let mut alerts = Vec::new();
    for line in ALERTS.lines().map(str::trim) {
        if let Some(alert) = line.strip_prefix("- alert: ") {
            name = alert;
        } else if let Some(expression) = line.strip_prefix("expr: ") {
            alerts.push((name, expression));
        }
    }
    alerts
}

#[test]
fn alerts_ask_for_metrics_that_there_are_and_are_explained() {
    let documented = documented();
    assert!(alerts().len() >= 6, "{:?}", alerts());
    for (name, expression) in alerts() {
        let metrics = expression
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .filter(|word| word.starts_with("returngo_brightpearl_"));
        let mut requested = 0;
        for metric in metrics {
            requested += 1;
            assert!(documented.contains_key(metric), "{name} asks for {metric}");
        }
        assert!(requested > 0 || expression.starts_with("up"), "{name} asks for nothing: {expression}");
        assert!(
            OPERATIONS.contains(&format!("| `{name}` |")),
            "docs/operations.md does not say what {name} is"
        );
    }
}
