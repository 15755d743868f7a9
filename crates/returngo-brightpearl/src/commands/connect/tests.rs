#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{collections::VecDeque, sync::Arc};

use api_client_core::client::{Clock, SystemClock};
use brightpearl::client::OAuthApp;
use brightpearl_mock::MockBrightpearl;
use clap::{Args as _, Command, FromArgMatches as _};
use returngo_mock::MockReturngo;

use super::{Arguments, Inputs, Prompter};
use returngo_brightpearl_connector::configuration::ConnectionConfiguration;

const REDIRECT_URI: &str = "https://returns.example.test/connected";

/// Answers by what a question begins with: a text that is typed, or the beginning of a choice.
struct Scripted {
    answers: VecDeque<(&'static str, String)>,
    heard: Vec<String>,
}

impl Scripted {
    fn new<const N: usize>(answers: [(&'static str, &str); N]) -> Self {
        let answers = answers.into_iter().map(|(question, answer)| (question, answer.to_owned())).collect();
        Self { answers, heard: Vec::new() }
    }

    fn answer(&mut self, prompt: &str) -> String {
        let (question, answer) = self.answers.pop_front().unwrap_or_else(|| panic!("unasked for: {prompt}"));
        assert!(prompt.starts_with(question), "{prompt:?} was asked, and not {question:?}");
        answer
    }
}

impl Prompter for Scripted {
    fn text(
        &mut self,
        prompt: &str,
        default: Option<&str>,
        check: &dyn Fn(&str) -> Result<(), String>,
    ) -> anyhow::Result<String> {
        loop {
            let answer = match (self.answer(prompt), default) {
                (answer, Some(default)) if answer.is_empty() => default.to_owned(),
                (answer, _) => answer,
            };
            match check(&answer) {
                Ok(()) => return Ok(answer),
                Err(wrong) => self.heard.push(wrong),
            }
        }
    }

    fn secret(&mut self, prompt: &str, check: &dyn Fn(&str) -> Result<(), String>) -> anyhow::Result<String> {
        self.text(prompt, None, check)
    }

    fn choose(&mut self, prompt: &str, from: &[String]) -> anyhow::Result<usize> {
        let answer = self.answer(prompt);
        let place = from.iter().position(|choice| choice.starts_with(&answer));
        Ok(place.unwrap_or_else(|| panic!("{answer} is not among {from:?}")))
    }

    fn confirm(&mut self, question: &str) -> anyhow::Result<bool> {
        Ok(self.answer(question) == "yes")
    }

    fn note(&mut self, line: &str) -> anyhow::Result<()> {
        self.heard.push(line.to_owned());
        Ok(())
    }
}

fn arguments(words: &[&str]) -> Arguments {
    let command = Arguments::augment_args(Command::new("connect"));
    let matches = command.try_get_matches_from([&["connect", "acme"], words].concat()).unwrap();
    Arguments::from_arg_matches(&matches).unwrap()
}

async fn completed(
    words: &[&str],
    variables: &[(&str, &str)],
    prompter: &mut Scripted,
) -> anyhow::Result<ConnectionConfiguration> {
    let variable =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let arguments = arguments(words);
    let inputs = Inputs { arguments: &arguments, variable: &variable, stored: None };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    inputs.completed(&mut Some(prompter as &mut dyn Prompter), &clock).await
}

#[tokio::test]
async fn a_person_is_asked_for_everything_with_what_brightpearl_offers() {
    let brightpearl = MockBrightpearl::start().await;
    let returngo = MockReturngo::start().await;
    let (url, returngo_url) = (brightpearl.url(), returngo.url());
    let mut prompter = Scripted::new([
        ("Brightpearl account code", "1008"),
        ("Brightpearl account code", brightpearl.account()),
        ("Reference of the app", brightpearl.app_ref()),
        // A slip is told before the shop is asked for.
        ("Its account token", "planted-token"),
        ("Brightpearl account code", brightpearl.account()),
        ("Reference of the app", brightpearl.app_ref()),
        ("Its account token", brightpearl.token()),
        ("ReturnGO shop", returngo.shop()),
        ("ReturnGO API key", "planted-key"),
        ("ReturnGO shop", returngo.shop()),
        ("ReturnGO API key", returngo.api_key()),
        ("Refunds are recorded under", "BANK"),
        ("Refunds to store credit", "STORE_CREDIT"),
        ("The sales credit is created", "when ReturnGO says that the parcel"),
        ("Status of new credits", "27"),
        ("Channel of new credits", "that of the order"),
        ("Text before the RMA number", "RMA"),
    ]);
    let variables = [("BRIGHTPEARL_URL", &*url), ("RETURNGO_URL", &*returngo_url)];
    let made = completed(&[], &variables, &mut prompter).await.unwrap();
    assert!(prompter.heard[1].contains("the token is invalid"), "{:?}", prompter.heard);
    assert!(prompter.heard[2].starts_with("ReturnGO: ") && prompter.heard.len() == 3, "{:?}", prompter.heard);
    assert!(!prompter.heard.concat().contains("planted"), "{:?}", prompter.heard);
    assert!(
        prompter.answers.is_empty() && prompter.heard[0].contains("it is a number"),
        "{:?}",
        prompter.heard
    );
    let settings = serde_json::to_value(&made.settings).unwrap();
    assert_eq!(settings["refund_method_code"], "BANK");
    assert_eq!(settings["tenders"]["RefundToStoreCredit"], "STORE_CREDIT");
    assert_eq!(settings["trigger"], "received");
    assert_eq!(settings["sales_credit_status_id"].to_string(), "27");
    assert!(settings.get("sales_credit_channel_id").is_none());
    assert_eq!(settings["customer_reference_prefix"], "RMA");
    assert_eq!(made.returngo.api_key.reveal(), returngo.api_key());
}

#[tokio::test]
async fn what_is_given_is_not_asked_for_and_a_refused_token_is_asked_for_again() {
    let brightpearl = MockBrightpearl::start().await;
    let returngo = MockReturngo::start().await;
    let (url, returngo_url) = (brightpearl.url(), returngo.url());
    let variables = [
        ("BRIGHTPEARL_URL", url.as_str()),
        ("BRIGHTPEARL_ACCOUNT", brightpearl.account()),
        ("BRIGHTPEARL_APP_REF", brightpearl.app_ref()),
        ("BRIGHTPEARL_TOKEN", "planted-token"),
        ("RETURNGO_URL", returngo_url.as_str()),
        ("RETURNGO_API_KEY", returngo.api_key()),
        ("RETURNGO_SHOP", returngo.shop()),
    ];
    let mut prompter = Scripted::new([
        ("Reference of the app", brightpearl.app_ref()),
        ("Its account token", brightpearl.token()),
        ("Refunds are recorded under", "STRIPE_UK"),
        ("Refunds to store credit", "none"),
        ("The sales credit is created", "when the RMA is approved"),
        ("Channel of new credits", "9"),
    ]);
    let words = ["--status", "27", "--prefix", ""];
    let made = completed(&words, &variables, &mut prompter).await.unwrap();
    assert!(prompter.answers.is_empty());
    assert!(prompter.heard[0].contains("the token is invalid"), "{:?}", prompter.heard);
    assert!(!prompter.heard[0].contains("planted"), "{:?}", prompter.heard);
    assert_eq!(made.settings.refund_method_code, "STRIPE_UK");
    assert!(made.settings.tenders.is_empty());
}

#[tokio::test]
async fn a_refused_refresh_token_is_asked_for_again_before_the_shop_is() {
    let brightpearl = MockBrightpearl::start().await;
    let returngo = MockReturngo::start().await;
    let (url, returngo_url) = (brightpearl.url(), returngo.url());
    let account = brightpearl.account().parse().unwrap();
    let tokens = OAuthApp::new(brightpearl.app_ref(), REDIRECT_URI)
        .client_secret("mock-client-secret")
        .server(&url)
        .exchange(&account, &brightpearl.authorization_code(REDIRECT_URI))
        .await
        .unwrap();
    let good = tokens.refresh_token.unwrap();
    let variables = [
        ("BRIGHTPEARL_URL", url.as_str()),
        ("BRIGHTPEARL_ACCOUNT", brightpearl.account()),
        ("BRIGHTPEARL_APP_REF", brightpearl.app_ref()),
        // It works for another week, and says nothing of the refresh token.
        ("BRIGHTPEARL_ACCESS_TOKEN", tokens.access_token.as_str()),
        ("BRIGHTPEARL_REFRESH_TOKEN", "planted-refresh-token"),
        ("BRIGHTPEARL_CLIENT_SECRET", "mock-client-secret"),
        ("RETURNGO_URL", returngo_url.as_str()),
    ];
    let mut prompter = Scripted::new([
        ("Reference of the app", brightpearl.app_ref()),
        ("Its client secret", "planted-client-secret"),
        ("Its refresh token", &good),
        ("Reference of the app", brightpearl.app_ref()),
        ("Its client secret", "mock-client-secret"),
        ("Its refresh token", &good),
        ("ReturnGO shop", returngo.shop()),
        ("ReturnGO API key", returngo.api_key()),
    ]);
    let made = completed(&["--refund-method", "1210"], &variables, &mut prompter).await.unwrap();
    assert!(prompter.answers.is_empty());
    let [refresh_token, client] = &prompter.heard[..] else { panic!("{:?}", prompter.heard) };
    assert!(
        refresh_token.contains("invalid_grant") && client.contains("invalid_client"),
        "{:?}",
        prompter.heard
    );
    for secret in ["planted", "mock-client-secret", good.as_str(), tokens.access_token.as_str()] {
        assert!(!prompter.heard.concat().contains(secret), "{secret}: {:?}", prompter.heard);
    }
    let stored = &made.brightpearl.oauth().unwrap().tokens;
    assert!(!stored.access_token.is_empty() && stored.access_token != tokens.access_token);
    assert_ne!(stored.refresh_token.as_ref(), Some(&good), "what was refreshed is stored");
}

#[tokio::test]
async fn whoever_says_what_is_needed_is_asked_nothing() {
    let variables = [
        ("BRIGHTPEARL_DATACENTER", "euw1"),
        ("BRIGHTPEARL_ACCOUNT", "acmeoutdoors"),
        ("BRIGHTPEARL_APP_REF", "acmeoutdoors_returns"),
        ("BRIGHTPEARL_TOKEN", "planted-token"),
        ("RETURNGO_API_KEY", "planted-key"),
        ("RETURNGO_SHOP", "acmeoutdoors.example.test"),
    ];
    let mut prompter = Scripted::new([]);
    let made = completed(&["--refund-method", "1210"], &variables, &mut prompter).await.unwrap();
    assert_eq!(made.settings.refund_method_code, "1210");
}

#[tokio::test]
async fn after_a_rejected_token_the_other_values_are_offered_again() {
    let brightpearl = MockBrightpearl::start().await;
    let returngo = MockReturngo::start().await;
    let (url, returngo_url) = (brightpearl.url(), returngo.url());
    let mut prompter = Scripted::new([
        ("Brightpearl account code", ""),
        ("Brightpearl account code", brightpearl.account()),
        ("Reference of the app", brightpearl.app_ref()),
        ("Its account token", "planted-token"),
        // Enter takes the value that is offered.
        ("Brightpearl account code", ""),
        ("Reference of the app", ""),
        ("Its account token", brightpearl.token()),
        ("ReturnGO shop", returngo.shop()),
        ("ReturnGO API key", returngo.api_key()),
    ]);
    let variables = [("BRIGHTPEARL_URL", &*url), ("RETURNGO_URL", &*returngo_url)];
    let made = completed(&["--refund-method", "BANK"], &variables, &mut prompter).await.unwrap();
    assert!(
        prompter.answers.is_empty() && prompter.heard[0] == "a value is required",
        "{:?}",
        prompter.heard
    );
    assert!(prompter.heard[1].contains("the token is invalid"), "{:?}", prompter.heard);
    assert_eq!(made.settings.account_id.as_str(), brightpearl.account());
    assert_eq!(made.brightpearl.app_ref, brightpearl.app_ref());
}
