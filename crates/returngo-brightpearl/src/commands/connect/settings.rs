//! The settings of a connection: from a file, the stored connection, arguments, or the user's choices.

use std::{fs, path::Path};

use anyhow::{Context as _, ensure};
use brightpearl::{ChannelId, OrderStatusId};
use clap::Args;
use returngo_brightpearl_mapping::{ConnectionSettings, world::AccountFacts};
use serde_json::{Map, Value, json};

use super::{Arguments, access::Access};
use crate::terminal::Prompter;
use returngo_brightpearl_connector::{
    configuration::ConnectionConfiguration,
    operations::connect::choices::{self, Choice},
};

/// Settings as arguments. They override those of the file.
#[derive(Debug, Args)]
pub(super) struct InputKind {
    /// Payment method of refunds: its code, or the four digits of a bank account
    #[arg(long, value_name = "CODE")]
    refund_method: Option<String>,
    /// Status of new sales credits
    #[arg(long, value_name = "ID")]
    status: Option<OrderStatusId>,
    /// Channel of new sales credits [default: that of the original order]
    #[arg(long, value_name = "ID")]
    channel: Option<ChannelId>,
    /// Text before the RMA number in the reference of a sales credit
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
}

impl InputKind {
    fn settings(&self) -> impl Iterator<Item = (&'static str, Value)> {
        [
            ("refund_method_code", json!(self.refund_method)),
            ("sales_credit_status_id", json!(self.status)),
            ("sales_credit_channel_id", json!(self.channel)),
            ("customer_reference_prefix", json!(self.prefix)),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_null())
    }
}

/// Settings that may be incomplete.
pub(super) struct Draft(Map<String, Value>);

impl Draft {
    pub(super) fn from_inputs(
        arguments: &Arguments,
        stored: Option<&ConnectionConfiguration>,
    ) -> anyhow::Result<Self> {
        let base = match (&arguments.settings, stored) {
            (Some(file), _) => Some(from_file(file)?),
            (None, stored) => stored.map(|stored| stored.settings.clone()),
        };
        let mut settings = match serde_json::to_value(base)? {
            Value::Object(settings) => settings,
            _ => Map::new(),
        };
        settings.extend(arguments.entered.settings().map(|(name, value)| (name.to_owned(), value)));
        Ok(Self(settings))
    }

    /// Takes the account from the settings or a variable. If both name one, it has to be the same.
    pub(super) fn settle_account(&self, access: &mut Access) -> anyhow::Result<()> {
        let Some(Value::String(account)) = self.0.get("account_id") else { return Ok(()) };
        let named = access.account.get_or_insert_with(|| account.clone());
        ensure!(
            named == account,
            "account codes differ: BRIGHTPEARL_ACCOUNT is {named}, and the settings are for {account}"
        );
        Ok(())
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        (!self.0.contains_key("refund_method_code")).then_some("--refund-method (or --settings)")
    }

    /// Asks for the important settings that are missing, with the choices that the account offers.
    pub(super) fn ask(&mut self, prompter: &mut dyn Prompter, account: &AccountFacts) -> anyhow::Result<()> {
        let methods = choices::refund_methods(account);
        ensure!(
            !methods.is_empty(),
            "no active payment method has a bank account: create one under Settings › Company › Payment methods"
        );
        self.choose(prompter, "refund_method_code", "Refunds are recorded under", methods)?;
        if !self.0.contains_key("tenders") {
            let methods = choices::store_credit_methods(account);
            if let Some(method) = chosen(prompter, "Refunds to store credit are recorded under", methods)? {
                self.0.insert("tenders".to_owned(), json!({"RefundToStoreCredit": method}));
            }
        }
        self.choose(prompter, "trigger", "The sales credit is created", choices::triggers())?;
        self.choose(prompter, "sales_credit_status_id", "Status of new credits", choices::statuses(account))?;
        self.choose(
            prompter,
            "sales_credit_channel_id",
            "Channel of new credits",
            choices::channels(account),
        )?;
        if !self.0.contains_key("customer_reference_prefix") {
            let prompt = "Text before the RMA number in the credit's reference (may be empty)";
            let prefix = prompter.text(prompt, None, &|_| Ok(()))?;
            self.0.insert("customer_reference_prefix".to_owned(), json!(prefix));
        }
        Ok(())
    }

    fn choose(
        &mut self,
        prompter: &mut dyn Prompter,
        setting: &str,
        prompt: &str,
        choices: Vec<Choice>,
    ) -> anyhow::Result<()> {
        if self.0.contains_key(setting) {
            return Ok(());
        }
        if let Some(value) = chosen(prompter, prompt, choices)? {
            self.0.insert(setting.to_owned(), value);
        }
        Ok(())
    }

    pub(super) fn into_settings(mut self, access: &Access) -> anyhow::Result<ConnectionSettings> {
        self.0.insert("account_id".to_owned(), json!(access.account()?));
        let text = Value::Object(self.0).to_string();
        ConnectionSettings::from_json(&text).context("invalid settings")
    }
}

fn chosen(prompter: &mut dyn Prompter, prompt: &str, choices: Vec<Choice>) -> anyhow::Result<Option<Value>> {
    let labels: Vec<_> = choices.iter().map(|choice| choice.label.clone()).collect();
    let chosen = prompter.choose(prompt, &labels)?;
    Ok(choices.into_iter().nth(chosen).and_then(|choice| choice.value))
}

fn from_file(file: &Path) -> anyhow::Result<ConnectionSettings> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read the settings {}", file.display()))?;
    let settings = if file.extension().is_some_and(|extension| extension == "json") {
        ConnectionSettings::from_json(&text)
    } else {
        ConnectionSettings::from_toml(&text)
    };
    settings.with_context(|| format!("invalid settings {}", file.display()))
}
