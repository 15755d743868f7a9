//! Both mocks, and clients for them.

use brightpearl::Credentials;
use brightpearl_mock::MockBrightpearl;
use returngo_brightpearl_mapping::ConnectionSettings;
use returngo_mock::MockReturngo;

pub(crate) struct Systems {
    pub(crate) brightpearl: MockBrightpearl,
    pub(crate) returngo: MockReturngo,
}

impl Systems {
    pub(crate) async fn start() -> Self {
        Self { brightpearl: MockBrightpearl::start().await, returngo: MockReturngo::start().await }
    }

    pub(crate) fn to_brightpearl(&self) -> brightpearl::Client {
        self.to_brightpearl_with(self.brightpearl.token())
    }

    pub(crate) fn to_brightpearl_with(&self, token: &str) -> brightpearl::Client {
        brightpearl::Client::builder(self.brightpearl.account())
            .url(self.brightpearl.url())
            .credentials(Credentials::private_app(self.brightpearl.app_ref(), token))
            .build()
            .unwrap()
    }

    pub(crate) fn to_returngo(&self) -> returngo::Client {
        self.to_returngo_with(self.returngo.api_key(), self.returngo.shop())
    }

    pub(crate) fn to_returngo_with(&self, key: &str, shop: &str) -> returngo::Client {
        returngo::Client::builder().url(self.returngo.url()).api_key(key).shop(shop).build().unwrap()
    }
}

pub(crate) fn settings() -> ConnectionSettings {
    let text =
        r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210", "customer_reference_prefix": "RMA"}"#;
    ConnectionSettings::from_json(text).unwrap()
}
