//! `sync_return`: the program of the README, against the mocks.

use brightpearl_mock::MockBrightpearl;
use returngo_mock::MockReturngo;

use crate::{example, text};

const README: &str = include_str!("../../../README.md");
const PROGRAM: &str = include_str!("../../sync_return.rs");

#[test]
fn the_readme_shows_the_program() {
    let (_, code) = PROGRAM.split_once("\n\n").unwrap();
    assert!(README.contains(code), "copy examples/sync_return.rs into the README");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_return_is_credited_once() {
    let brightpearl = MockBrightpearl::start().await;
    let returngo = MockReturngo::start().await;
    returngo.approve(&"4410021".parse().unwrap()).unwrap();
    let run = || {
        let output = example("sync_return")
            .arg("4410021")
            .envs([
                ("BRIGHTPEARL_URL", brightpearl.url().as_str()),
                ("BRIGHTPEARL_ACCOUNT", brightpearl.account()),
                ("BRIGHTPEARL_APP_REF", brightpearl.app_ref()),
                ("BRIGHTPEARL_TOKEN", brightpearl.token()),
                ("RETURNGO_URL", returngo.url().as_str()),
                ("RETURNGO_API_KEY", returngo.api_key()),
                ("RETURNGO_SHOP", returngo.shop()),
            ])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).to_owned()
    };
    let said = run();
    assert!(said.starts_with("sales credit"), "{said}");
    assert_eq!(run(), "", "both systems agree");
    assert_eq!(brightpearl.credits_by_external_ref()["RGO-4410021"].len(), 1);
}
