use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::*;

crate::numeric_id! {
    /// A channel.
    struct ChannelId;
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Sample {
    #[serde(default, with = "zero_is_none")]
    channel_id: Option<ChannelId>,
    #[serde(default, with = "empty_is_none")]
    reference: Option<String>,
    #[serde(with = "boolean")]
    enabled: bool,
    #[serde(with = "decimal")]
    amount: Decimal,
}

#[test]
fn none_flags_and_amounts_read_in_every_form() {
    for json in [
        r#"{"channelId":0,"reference":"","enabled":1,"amount":15.65}"#,
        r#"{"channelId":"0","reference":null,"enabled":"1","amount":"15.65"}"#,
        r#"{"enabled":true,"amount":15.65}"#,
    ] {
        let sample: Sample = serde_json::from_str(json).unwrap();
        assert_eq!(
            sample,
            Sample { channel_id: None, reference: None, enabled: true, amount: Decimal::new(1565, 2) },
            "{json}"
        );
    }
    let some: Sample = serde_json::from_str(r#"{"channelId":"9","enabled":"true","amount":0}"#).unwrap();
    assert_eq!((some.channel_id.map(ChannelId::get), some.enabled), (Some(9), true));
    let written = serde_json::to_string(&Sample {
        channel_id: Some(ChannelId::new(9)),
        reference: Some("a".into()),
        enabled: false,
        amount: Decimal::new(120, 0),
    });
    assert_eq!(written.unwrap(), r#"{"channelId":9,"reference":"a","enabled":false,"amount":"120"}"#);
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct Odd {
    #[serde(with = "unsigned")]
    quantity: u64,
    #[serde(with = "boolean")]
    flag: bool,
    #[serde(with = "decimal_number_or_zero")]
    fee: Decimal,
    #[serde(with = "optional_decimal")]
    rate: Option<Decimal>,
    #[serde(with = "map")]
    rows: std::collections::BTreeMap<ChannelId, u8>,
    #[serde(with = "informational")]
    barcode: Option<String>,
    #[serde(with = "informational")]
    weight: Option<u64>,
    #[serde(with = "informational_list")]
    sizes: Vec<u64>,
}

fn odd(json: &str) -> Result<Odd, crate::decode::DecodeError> {
    crate::decode::json(json.as_bytes())
}

#[test]
fn what_means_nothing_is_nothing() {
    let nothing = r#"{"quantity":"0.0","flag":null,"fee":"","rate":"","rows":[],"barcode":null,"weight":""}"#;
    assert_eq!(odd(nothing), Ok(Odd::default()));
    let rest = r#"{"quantity":0,"flag":"","fee":null,"rate":null,"rows":null,"weight":null}"#;
    assert_eq!(odd(rest), Ok(Odd::default()));
    assert_eq!(odd(r#"{"barcode":""}"#).unwrap().barcode.as_deref(), Some(""), "as it came");
}

#[test]
fn an_informational_value_is_read_or_absent_and_never_an_error() {
    let read = odd(r#"{"barcode":5000000000017,"weight":"12"}"#).unwrap();
    assert_eq!((read.barcode.as_deref(), read.weight), (Some("5000000000017"), Some(12)));
    let before = unreadable_values();
    for value in ["[]", "{}", "true", "-1.5e300", "\"\\ud83d\"", "184467440737095516170"] {
        assert_eq!(odd(&format!(r#"{{"weight":{value}}}"#)), Ok(Odd::default()), "{value}");
    }
    assert_eq!(unreadable_values() - before, 6);
}

#[test]
fn an_entry_of_an_informational_list_that_cannot_be_read_leaves_the_others() {
    assert_eq!(odd(r#"{"sizes":[1,"two",{},[3],null,"4"]}"#).unwrap().sizes, [1, 4]);
    for list in ["null", "{}", "7", r#""""#] {
        assert_eq!(odd(&format!(r#"{{"sizes":{list}}}"#)), Ok(Odd::default()), "{list}");
    }
}

#[test]
fn a_value_that_rules_depend_on_is_refused_by_name() {
    for (json, path) in [
        (r#"{"quantity":1.5}"#, "quantity"),
        (r#"{"quantity":null}"#, "quantity"),
        (r#"{"quantity":184467440737095516170}"#, "quantity"),
        (r#"{"quantity":1e19}"#, "quantity"),
        (r#"{"flag":"maybe"}"#, "flag"),
        (r#"{"fee":"a lot"}"#, "fee"),
        (r#"{"rate":{}}"#, "rate"),
        (r#"{"rows":[1]}"#, "rows"),
        (r#"{"rows":{"1":300}}"#, "rows.1"),
    ] {
        let error = odd(json).unwrap_err();
        assert_eq!(error.path(), if cfg!(feature = "decode-path") { path } else { "." }, "{json}: {error}");
    }
}

#[test]
fn text_stays_as_it_came() {
    let json = r#"{"reference":" A 1 ","enabled":1,"amount":1}"#;
    assert_eq!(serde_json::from_str::<Sample>(json).unwrap().reference.as_deref(), Some(" A 1 "));
    assert_eq!(serde_json::from_str::<ChannelId>("\" 9 \"").unwrap(), ChannelId::new(9));
}

#[test]
fn a_wrong_type_says_what_was_expected() {
    let error = serde_json::from_str::<ChannelId>("\"nine\"").unwrap_err();
    assert!(error.to_string().contains("expected a positive integer or a string of digits"), "{error}");
}

#[test]
fn a_decimal_that_no_number_holds_is_written_as_text() {
    let written = |fee: &str| {
        let fee: Decimal = fee.parse().unwrap();
        let mut written = serde_json::to_value(Odd { fee, ..Odd::default() }).unwrap();
        assert_eq!(odd(&written.to_string()).unwrap().fee, fee);
        written["fee"].take()
    };
    assert!(written("33.3333").is_number());
    assert_eq!(written("1234567890123456.789"), "1234567890123456.789");
}

proptest::proptest! {
    #[test]
    fn json_numbers_are_exact_at_money_sizes(cents in -9_999_999_999_999i64..9_999_999_999_999, scale in 0u32..=4) {
        let amount = Decimal::new(cents, scale);
        let Number(read) = serde_json::from_str(&amount.to_string()).unwrap();
        proptest::prop_assert_eq!(read, amount);
        let written = serde_json::to_string(&Odd { fee: amount, ..Odd::default() }).unwrap();
        proptest::prop_assert_eq!(odd(&written).unwrap().fee, amount);
        proptest::prop_assert!(!written.contains("\"fee\":\""), "{} is a string", written);
    }
}
