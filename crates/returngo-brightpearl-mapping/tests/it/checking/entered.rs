//! What somebody filled in, before anything is called with it.

use returngo_brightpearl_mapping::check::{Entered, Finding, Mark, check_entered, worst};

fn one(entered: Entered, value: &str) -> Finding {
    check_entered([("it", entered, value)]).remove(0)
}

#[test]
fn what_is_right_passes() {
    for (entered, value) in [
        (Entered::Credential, "s3cr3t/with+odd=characters"),
        (Entered::AccountCode, "acmeoutdoors"),
        (Entered::DataCentre, "use1"),
        (Entered::Shop, "acmeoutdoors.example.test"),
        (Entered::Shop, "acmeoutdoors.example.test@Outlet"),
        (Entered::Url, "http://127.0.0.1:4010"),
    ] {
        assert_eq!(one(entered, value).mark, Mark::Pass, "{value}");
    }
    assert_eq!(worst(&[]), Mark::Pass);
}

#[test]
fn what_is_wrong_is_said_and_how_to_put_it_right() {
    for (entered, value, says) in [
        (Entered::Credential, "", "is empty"),
        (Entered::Credential, "  ", "is empty"),
        (Entered::Credential, "planted ", "a space at its end"),
        (Entered::Credential, "planted\n", "a space at its end"),
        (Entered::Credential, "\tplanted", "a space at its beginning"),
        (Entered::Credential, " planted ", "spaces at both ends"),
        (Entered::Credential, "plan ted", "a space inside it"),
        (Entered::Credential, "\"planted\"", "quotation marks"),
        (Entered::AccountCode, "1008", "it is a number"),
        (Entered::AccountCode, " acmeoutdoors", "it has spaces around it"),
        (Entered::AccountCode, "acme.outdoors", "other characters"),
        (Entered::DataCentre, "ws-eu1", "the old name of data centre euw1"),
        (Entered::DataCentre, "euw1 ", "a space at its end"),
        (Entered::Shop, "https://acmeoutdoors.example.test", "is an address"),
        (Entered::Shop, "acmeoutdoors", "not a domain"),
        (Entered::Url, "127.0.0.1:4010", "not a URL"),
    ] {
        let finding = one(entered, value);
        assert_eq!(finding.mark, Mark::Failure, "{value:?}: {finding}");
        assert!(finding.message.contains(says) && finding.advice.is_some(), "{value:?}: {finding}");
        if entered == Entered::Credential {
            assert!(!finding.to_string().contains("planted"), "the value shows: {finding}");
        }
    }
}

#[test]
fn a_data_centre_that_is_not_known_may_be_new() {
    assert_eq!(one(Entered::DataCentre, "aps1").mark, Mark::Warning);
}
