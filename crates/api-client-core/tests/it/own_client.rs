use api_client_core::client::{ReqwestTransport, Transport as _, reqwest};

use crate::server::{ANSWER, Server, get};

#[tokio::test]
async fn your_own_client_sends() {
    let server = Server::start(ANSWER);
    let client = reqwest::Client::builder().no_proxy().user_agent("mine/1").build().unwrap();
    ReqwestTransport::from_client(client).send(get(&server.url)).await.unwrap();
    assert!(server.request().contains("user-agent: mine/1\r\n"));
}
