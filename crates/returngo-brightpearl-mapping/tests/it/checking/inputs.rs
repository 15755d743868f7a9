//! What somebody filled in, before anything is called with it.

use returngo_brightpearl_mapping::check::{Finding, InputKind, Mark, check_inputs, worst};

fn one(entered: InputKind, value: &str) -> Finding {
    check_inputs([("it", entered, value)]).remove(0)
}

#[test]
fn what_is_right_passes() {
    for (entered, value) in [
        (InputKind::Credential, "s3cr3t/with+odd=characters"),
        (InputKind::AccountCode, "acmeoutdoors"),
        (InputKind::DataCentre, "use1"),
        (InputKind::Shop, "acmeoutdoors.example.test"),
        (InputKind::Shop, "acmeoutdoors.example.test@Outlet"),
        (InputKind::Url, "http://127.0.0.1:4010"),
    ] {
        assert_eq!(one(entered, value).mark, Mark::Pass, "{value}");
    }
    assert_eq!(worst(&[]), Mark::Pass);
}

#[test]
fn what_is_wrong_is_said_and_how_to_put_it_right() {
    for (entered, value, says) in [
        (InputKind::Credential, "", "is empty"),
        (InputKind::Credential, "  ", "is empty"),
        (InputKind::Credential, "planted ", "a trailing space"),
        (InputKind::Credential, "planted\n", "a trailing space"),
        (InputKind::Credential, "\tplanted", "a leading space"),
        (InputKind::Credential, " planted ", "leading and trailing spaces"),
        (InputKind::Credential, "plan ted", "contains a space"),
        (InputKind::Credential, "\"planted\"", "quotation marks"),
        (InputKind::AccountCode, "1008", "it is a number"),
        (InputKind::AccountCode, " acmeoutdoors", "it has spaces around it"),
        (InputKind::AccountCode, "acme.outdoors", "other characters"),
        (InputKind::DataCentre, "ws-eu1", "the old name of data center euw1"),
        (InputKind::DataCentre, "euw1 ", "a trailing space"),
        (InputKind::Shop, "https://acmeoutdoors.example.test", "is a URL"),
        (InputKind::Shop, "acmeoutdoors", "not a domain"),
        (InputKind::Url, "127.0.0.1:4010", "not a URL"),
    ] {
        let finding = one(entered, value);
        assert_eq!(finding.mark, Mark::Failure, "{value:?}: {finding}");
        assert!(finding.message.contains(says) && finding.advice.is_some(), "{value:?}: {finding}");
        if entered == InputKind::Credential {
            assert!(!finding.to_string().contains("planted"), "the value shows: {finding}");
        }
    }
}

#[test]
fn a_data_centre_that_is_not_known_may_be_new() {
    assert_eq!(one(InputKind::DataCentre, "aps1").mark, Mark::Warning);
}
