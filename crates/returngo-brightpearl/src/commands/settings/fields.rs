//! What a connection is made of, field by field. Only what is known to be no secret is shown: of everything else it is
//! told that it was replaced.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use returngo_brightpearl_connector::{
    configuration::{BrightpearlToken, ConnectionConfiguration},
    store::FieldChange,
};

/// The fields and their values, without secrets.
pub(crate) fn fields(configuration: &ConnectionConfiguration) -> BTreeMap<String, Value> {
    let ConnectionConfiguration { settings, brightpearl, returngo, synchronise_from, .. } = configuration;
    let mut fields = BTreeMap::new();
    flatten(String::new(), json!(settings), &mut fields);
    let kind = match brightpearl.token {
        BrightpearlToken::Token(_) => "token",
        BrightpearlToken::StaffToken(_) => "staff token",
        BrightpearlToken::AccessToken(_) => "access token",
        BrightpearlToken::Oauth(_) => "OAuth tokens",
    };
    let others = [
        ("brightpearl.url", json!(brightpearl.url)),
        ("brightpearl.datacenter", json!(brightpearl.datacenter)),
        ("brightpearl.app_ref", json!(brightpearl.app_ref)),
        ("brightpearl.dev_ref", json!(brightpearl.dev_ref)),
        ("brightpearl.credential", json!(kind)),
        ("returngo.url", json!(returngo.url)),
        ("returngo.shop", json!(returngo.shop)),
        ("returngo.calls_a_day", json!(returngo.calls_a_day)),
        ("synchronise_from", json!(synchronise_from)),
    ];
    fields.extend(others.into_iter().map(|(name, value)| (name.to_owned(), value)));
    fields.retain(|_, value| !value.is_null());
    fields
}

/// Settings of settings get a path; lists stay whole.
fn flatten(path: String, value: Value, fields: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(inner) => {
            for (name, value) in inner {
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                flatten(path, value, fields);
            }
        }
        value => drop(fields.insert(path, value)),
    }
}

/// A value as it is shown.
pub(crate) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The fields in which two configurations differ; those of a new one, when there was none.
pub(crate) fn changes(
    before: Option<&ConnectionConfiguration>,
    after: &ConnectionConfiguration,
) -> Vec<FieldChange> {
    let was = before.map(fields).unwrap_or_default();
    let is = fields(after);
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let values = |name: &String| [was.get(name).map(shown), is.get(name).map(shown)];
    let differing = names.into_iter().map(|name| (name, values(name))).filter(|(_, [was, is])| was != is);
    let mut changes: Vec<FieldChange> = differing
        .map(|(field, [before, after])| FieldChange { field: field.clone(), before, after })
        .collect();
    let secrets = before.into_iter().flat_map(|before| {
        [
            ("brightpearl.token", hidden(json!(before.brightpearl)) != hidden(json!(after.brightpearl))),
            ("returngo.api_key", hidden(json!(before.returngo)) != hidden(json!(after.returngo))),
        ]
    });
    let replaced = secrets.filter(|(_, differs)| *differs);
    changes.extend(replaced.map(|(field, _)| FieldChange {
        field: field.to_owned(),
        before: None,
        after: None,
    }));
    changes
}

/// What is not shown of how a system is reached.
fn hidden(access: Value) -> Value {
    const SHOWN: [&str; 6] = ["url", "datacenter", "app_ref", "dev_ref", "shop", "calls_a_day"];
    match access {
        Value::Object(fields) => fields.into_iter().filter(|(name, _)| !SHOWN.contains(&&**name)).collect(),
        other => other,
    }
}

/// A change in words.
pub(crate) fn in_words(FieldChange { field, before, after }: &FieldChange) -> String {
    match (before, after) {
        (None, None) => format!("{field}: replaced (not shown)"),
        (before, after) => {
            let not_set = || "not set".to_owned();
            let value = |value: &Option<String>| value.clone().unwrap_or_else(not_set);
            format!("{field}: {} → {}", value(before), value(after))
        }
    }
}
