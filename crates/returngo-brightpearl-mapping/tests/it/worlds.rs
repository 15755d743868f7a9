//! Reading worlds and settings for the other topics.

use std::sync::Arc;

use returngo_brightpearl_mapping::{ConnectionSettings, Plan, World, plan, world::AccountFacts};
use serde_json::{Map, Value, json};

pub(crate) fn world(name: &str) -> World {
    let mut world = object("defaults");
    world.extend(object(name));
    World::from_json(&Value::Object(world).to_string()).unwrap()
}

/// The configuration of the account of a world.
pub(crate) fn account(name: &str) -> AccountFacts {
    Arc::unwrap_or_clone(world(name).account)
}

pub(crate) fn object(name: &str) -> Map<String, Value> {
    let path = format!("{}/worlds/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// The least settings and these.
pub(crate) fn settings(more: Value) -> ConnectionSettings {
    let mut settings = json!({"account_id": "acmeoutdoors", "refund_method_code": "1210"});
    let Value::Object(more) = more else { panic!("settings are an object") };
    settings.as_object_mut().unwrap().extend(more);
    ConnectionSettings::from_json(&settings.to_string()).unwrap()
}

pub(crate) fn planned(name: &str, more: Value) -> Plan {
    plan(&world(name), &settings(more))
}

/// A test for each line: the plan for a world under settings is the snapshot of the test's name.
macro_rules! plans {
    ($($test:ident: $world:literal $(with $settings:tt)?;)+) => {$(
        #[test]
        fn $test() {
            #[allow(unused_mut, unused_assignments, reason = "not every line has settings")]
            let mut settings = ::serde_json::json!({});
            $( settings = ::serde_json::json!($settings); )?
            ::insta::with_settings!({omit_expression => true}, {
                ::insta::assert_json_snapshot!($crate::worlds::planned($world, settings));
            });
        }
    )+};
}
pub(crate) use plans;
