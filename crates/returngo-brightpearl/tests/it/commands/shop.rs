//! A shop whose two systems are mocks, and a folder in which its IT person runs commands.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use brightpearl_mock::MockBrightpearl;
use returngo::RmaId;
use returngo_mock::{MockReturngo, Refund, Seed};
use serde_json::Value;
use sqlx::{AnyConnection, Connection, Executor};
use tempfile::TempDir;

/// The RMA of the mock's seed that is not approved yet.
pub(super) const RMA: &str = "4410021";

pub(super) struct Shop {
    pub(super) brightpearl: MockBrightpearl,
    pub(super) returngo: MockReturngo,
    folder: TempDir,
}

impl Shop {
    /// With a configuration and a key, and no connection yet.
    pub(super) async fn new() -> Self {
        Self::of(MockBrightpearl::start().await).await
    }

    /// The same with this Brightpearl.
    pub(super) async fn of(brightpearl: MockBrightpearl) -> Self {
        let shop =
            Self { brightpearl, returngo: MockReturngo::start().await, folder: tempfile::tempdir().unwrap() };
        // Tests ask for more in a minute than people do.
        shop.brightpearl.set_throttle(None);
        shop.run(&["init"]).succeeds();
        shop
    }

    /// With the connection `acme`.
    pub(super) async fn connected() -> Self {
        let shop = Self::new().await;
        shop.connect(&["acme", "--refund-method", "1210", "--status", "27"]).succeeds();
        shop
    }

    /// `connect` with the credentials of both systems in the environment.
    pub(super) fn connect(&self, arguments: &[&str]) -> Done {
        self.run_with(&[&["connect"], arguments].concat(), &[])
    }

    /// Connects `second`, between the same account and another shop, which comes back.
    pub(super) async fn connect_another_shop(&self, arguments: &[&str]) -> (MockReturngo, Done) {
        let other =
            MockReturngo::start_with(Seed { shop: "second.example.test".to_owned(), ..Seed::default() })
                .await;
        let url = other.url();
        let variables = [
            ("RETURNGO_URL", url.as_str()),
            ("RETURNGO_API_KEY", other.api_key()),
            ("RETURNGO_SHOP", other.shop()),
        ];
        let done = self.run_with(&[&["connect", "second"], arguments].concat(), &variables);
        (other, done)
    }

    /// What was written so far was written an hour ago, so that it must have appeared by now.
    pub(super) async fn writes_are_an_hour_old(&self) {
        const OLDER: &str = "UPDATE effect SET intended_at = intended_at - 3600000000, \
            recorded_at = recorded_at - 3600000000";
        sqlx::any::install_default_drivers();
        let mut database = AnyConnection::connect(&self.database()).await.unwrap();
        database.execute(OLDER).await.unwrap();
        database.close().await.unwrap();
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Done {
        let output = program(self.folder.path(), arguments).output().unwrap();
        Done::of(output)
    }

    /// With the credentials of both systems in the environment, and these variables before them.
    pub(super) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Done {
        let (brightpearl, returngo) = (self.brightpearl.url(), self.returngo.url());
        let output = program(self.folder.path(), arguments)
            .env("BRIGHTPEARL_URL", brightpearl)
            .env("BRIGHTPEARL_ACCOUNT", self.brightpearl.account())
            .env("BRIGHTPEARL_APP_REF", self.brightpearl.app_ref())
            .env("BRIGHTPEARL_TOKEN", self.brightpearl.token())
            .env("RETURNGO_URL", returngo)
            .env("RETURNGO_API_KEY", self.returngo.api_key())
            .env("RETURNGO_SHOP", self.returngo.shop())
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        Done::of(output)
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn database(&self) -> String {
        format!("sqlite://{}", self.folder.path().join("returngo-brightpearl.db").display())
    }

    pub(super) fn approve(&self, rma: &str) {
        self.returngo.approve(&id(rma)).unwrap();
    }

    pub(super) fn refund(&self, rma: &str, refund: Refund) {
        self.returngo.refund(&id(rma), refund).unwrap();
    }

    /// How many sales credits carry the connector's key for an RMA.
    pub(super) fn credits_of(&self, rma: &str) -> usize {
        let credits = self.brightpearl.credits_by_external_ref();
        credits.get(&format!("RGO-{rma}")).map_or(0, Vec::len)
    }
}

fn id(rma: &str) -> RmaId {
    rma.parse().unwrap()
}

/// The program in this folder, with nothing of the tests' own environment, and nobody at the terminal.
pub(super) fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_returngo-brightpearl"));
    command.env_clear().current_dir(folder).args(arguments).stdin(Stdio::null());
    command
}

/// What a command has done.
pub(super) struct Done {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Done {
    pub(super) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// What it prints, as it went well.
    pub(super) fn succeeds(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// The one JSON value that it prints, as it went well.
    pub(super) fn json(self) -> Value {
        let printed = self.succeeds();
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
    }

    /// The one line with which it fails.
    pub(super) fn fails(self) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.stdout, self.stderr);
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        self.stderr
    }

    /// What it says about arguments that make no sense.
    pub(super) fn refuses_the_usage(self) -> String {
        assert_eq!(self.code, Some(2), "{}{}", self.stdout, self.stderr);
        self.stderr
    }
}
