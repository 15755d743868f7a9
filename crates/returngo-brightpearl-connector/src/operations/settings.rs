//! The settings of a connection, without its secrets, and what users changed in them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use returngo_brightpearl_mapping::ConnectionSettings;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Context, OperationError};
use crate::{
    configuration::{BrightpearlToken, ConnectionConfiguration},
    store::{ConnectionChange, ConnectionId, FieldChange, RecordedChange},
};

/// The settings of a connection, and what users changed in them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SettingsReport {
    /// The connection.
    pub connection: ConnectionId,
    /// The fields and their values, without secrets.
    pub fields: BTreeMap<String, Value>,
    /// The changes, oldest first.
    pub changes: Vec<ChangeReport>,
}

/// A change of the settings of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeReport {
    /// When.
    pub at: Timestamp,
    /// The user.
    pub by: String,
    /// The fields that changed.
    pub fields: Vec<FieldChange>,
}

impl ChangeReport {
    /// Returns whether it created the connection.
    pub fn is_creation(&self) -> bool {
        self.fields.iter().any(|field| field.field == "account_id" && field.before.is_none())
    }
}

/// Returns the settings of a connection, without secrets, and their changes.
///
/// # Errors
/// The connection is unknown or cannot be decrypted.
pub async fn show(context: &Context, id: &ConnectionId) -> Result<SettingsReport, OperationError> {
    let configuration = context.registry.configuration(id).await?;
    let changes = context.store.connection_changes(id).await?;
    let changes =
        changes.into_iter().map(|RecordedChange { at, change: ConnectionChange { by, fields } }| {
            ChangeReport { at, by: by.name, fields }
        });
    Ok(SettingsReport { connection: id.clone(), fields: fields(&configuration), changes: changes.collect() })
}

/// Returns the settings of a connection, as `connect --settings` reads them. Credentials are not among them.
///
/// # Errors
/// The connection is unknown or cannot be decrypted.
pub async fn export(context: &Context, id: &ConnectionId) -> Result<ConnectionSettings, OperationError> {
    Ok(context.registry.configuration(id).await?.settings)
}

/// Returns the fields and their values. Only fields that are known not to be secret are listed.
pub(super) fn fields(configuration: &ConnectionConfiguration) -> BTreeMap<String, Value> {
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

/// Nested settings get a path as their name; lists stay whole.
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

/// Returns a value for people.
pub fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns the fields in which two configurations differ; all fields if there was none before.
pub(super) fn changes(
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

/// The part of the access to a system that is not shown.
fn hidden(access: Value) -> Value {
    const SHOWN: [&str; 6] = ["url", "datacenter", "app_ref", "dev_ref", "shop", "calls_a_day"];
    match access {
        Value::Object(fields) => fields.into_iter().filter(|(name, _)| !SHOWN.contains(&&**name)).collect(),
        other => other,
    }
}

/// Returns a change for people.
pub fn in_words(FieldChange { field, before, after }: &FieldChange) -> String {
    match (before, after) {
        (None, None) => format!("{field}: replaced (not shown)"),
        (before, after) => {
            let not_set = || "not set".to_owned();
            let value = |value: &Option<String>| value.clone().unwrap_or_else(not_set);
            format!("{field}: {} → {}", value(before), value(after))
        }
    }
}
