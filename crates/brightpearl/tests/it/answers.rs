//! How answers are taken: envelopes, refusals, strange bodies, throttle.

use std::time::Duration;

use brightpearl::{
    ErrorKind, OrderId,
    order::{NewOrderNote, OrderSearch},
};

use crate::script::{answer, lost, never_sent, scripted};

const THROTTLED: &str =
    r#"{"response":"You have sent too many requests. Please wait before sending another request"}"#;

#[tokio::test]
async fn a_request_carries_the_account_the_app_and_the_token() {
    let it = scripted([answer(200, r#"{"response":[]}"#)]);
    it.client.channels().list().await.unwrap();
    let request = &it.script.sent()[0];
    assert_eq!(
        request.url,
        "https://euw1.brightpearlconnect.com/public-api/acmeoutdoors/product-service/channel/"
    );
    assert_eq!(request.headers.get("brightpearl-app-ref"), Some("acmeoutdoors_returns"));
    assert_eq!(request.headers.get("brightpearl-account-token"), Some(crate::script::TOKEN));
}

#[tokio::test]
async fn reads_are_sent_again_and_end() {
    let it = scripted([never_sent(), lost(), answer(502, "<html>"), answer(200, r#"{"response":[]}"#)]);
    assert!(it.client.channels().list().await.unwrap().is_empty());
    assert_eq!(it.clock.waits().len(), 3);

    let it = scripted([lost(), lost(), lost(), lost()]);
    let error = it.client.channels().list().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::AnswerLost, 4));
    assert!(error.is_retryable() && !error.may_have_been_applied());
}

#[tokio::test]
async fn a_write_without_a_key_is_never_sent_again_once_it_may_have_arrived() {
    let note = NewOrderNote { text: "Refund noted".into(), is_public: false };
    for trouble in [
        lost(),
        answer(500, ""),
        answer(502, "<html>bad gateway</html>"),
        answer(503, r#"{"response":"Down"}"#),
    ] {
        let it = scripted([trouble]);
        let error = it.client.order_notes().create(OrderId::new(300955), &note).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous);
        assert!(error.may_have_been_applied() && !error.is_retryable());
        assert!(error.to_string().contains("before sending it again, read the order's notes"), "{error}");
    }
    let it = scripted([never_sent(), answer(503, THROTTLED), answer(200, r#"{"response":7}"#)]);
    assert_eq!(it.client.order_notes().create(OrderId::new(300955), &note).await.unwrap().get(), 7);
}

#[tokio::test]
async fn a_throttle_refusal_waits_for_the_window_and_goes_again() {
    let it = scripted([answer(503, THROTTLED), answer(200, r#"{"response":[]}"#)]);
    it.client.channels().list().await.unwrap();
    assert_eq!(it.clock.waits(), [Duration::from_millis(40_500)]);
}

#[tokio::test]
async fn mistakes_answered_with_500_are_not_repeated() {
    let body = r#"{"errors":[{"code":"CMNC-018","message":"The filter orderStatusId\u003dabc cannot be parsed as: INTEGER"}]}"#;
    let it = scripted([answer(500, body)]);
    let search = OrderSearch::new().filter("orderStatusId", "abc");
    let error = it.client.orders().search(search).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.api_errors()[0].message, "The filter orderStatusId=abc cannot be parsed as: INTEGER");
    assert_eq!(error.request_id(), Some("5d0b7f5e-0c34-4b4b-9a0e-2f2f3a7d1c55"));
    assert_eq!(
        error.to_string(),
        "GET /order-service/order-search: rejected (status 500); CMNC-018 The filter orderStatusId=abc cannot be \
         parsed as: INTEGER [request 5d0b7f5e-0c34-4b4b-9a0e-2f2f3a7d1c55]"
    );
    assert_eq!(
        error.signature(),
        "Refused; GET /order-service/order-search; 500; CMNC-018; The filter orderStatusId=abc cannot be parsed as: \
         INTEGER"
    );
}

#[tokio::test]
async fn a_signature_leaves_out_attempts_and_requests() {
    let it = scripted((0..4).map(|_| answer(502, "<html>bad gateway</html>")));
    let error = it.client.channels().list().await.unwrap_err();
    assert!(error.to_string().contains("(4 attempts in ") && error.request_id().is_some(), "{error}");
    assert_eq!(error.signature(), "ServerFailed; GET /product-service/channel/{channelIds}; 502");

    let undecodable = scripted([answer(200, r#"{"response":"a sentence"}"#)]);
    let error = undecodable.client.channels().list().await.unwrap_err();
    assert!(
        error.signature().starts_with("Undecodable; GET /product-service/channel/{channelIds}; 200; "),
        "{}",
        error.signature()
    );
    assert!(error.signature().contains("at `response`"), "{}", error.signature());
}

#[tokio::test]
async fn the_401_are_told_apart_and_show_no_token() {
    for (body, kind) in [
        (r#"{"response":"Authorization token expired"}"#, ErrorKind::TokenExpired),
        (r#"{"response":"Invalid instance token: planted-token-9f2c"}"#, ErrorKind::TokenInvalid),
        (
            r#"{"errors":[{"code":"GWYB-003","message":"Account \u0027acmeoutdoors\u0027 does not have API access"}]}"#,
            ErrorKind::Unauthorized,
        ),
        (
            r#"{"response":"Not authenticated. You must provide a valid authentication token."}"#,
            ErrorKind::TokenInvalid,
        ),
    ] {
        let error = scripted([answer(401, body)]).client.channels().list().await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(!format!("{error} {error:?}").contains(crate::script::TOKEN), "{error:?}");
    }
}

#[tokio::test]
async fn absent_is_empty_where_brightpearl_says_404() {
    let body = r#"{"errors":[{"code":"CMNC-404","message":"No webhooks available in ID Set 731"}]}"#;
    let it = scripted([answer(404, body)]);
    assert!(it.client.webhooks().list().await.unwrap().is_empty());
    let it = scripted([answer(404, "<html>no such page</html>")]);
    let error = it.client.webhooks().list().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.body_excerpt()),
        (ErrorKind::NotFound, Some("<html>no such page</html>"))
    );
}

#[tokio::test]
async fn an_answer_that_does_not_read_says_where() {
    let it = scripted([answer(200, r#"{"response":[{"id":9,"name":"Web shop"},{"id":"nine"}]}"#)]);
    let error = it.client.channels().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.starts_with("at `response[1].id`"), "{source}");
}

#[tokio::test]
async fn pages_follow_each_other_and_a_server_that_repeats_itself_is_left() {
    let page = |first: u64, last: u64, more: bool| {
        answer(
            200,
            &format!(
                r#"{{"response":{{"results":[[{first}],[{last}]],"metaData":{{"morePagesAvailable":{more},"resultsAvailable":4,"resultsReturned":2,"firstResult":{first},"lastResult":{last},"columns":[{{"name":"orderId"}}]}}}},"reference":{{}}}}"#
            ),
        )
    };
    let it = scripted([page(1, 2, true), page(3, 4, false)]);
    let found = it.client.orders().search(OrderSearch::new()).all().await.unwrap();
    assert_eq!(found.iter().map(|row| row.order_id.unwrap().get()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(it.script.sent()[1].url.ends_with("?firstResult=3"));

    let it = scripted([page(1, 2, true), page(1, 2, true)]);
    assert_eq!(it.client.orders().search(OrderSearch::new()).all().await.unwrap().len(), 4);
}

#[tokio::test]
async fn strange_bodies_are_errors_that_tell_what_came() {
    use ErrorKind::*;
    const HTML: &str = "<html><body>Web server is down</body></html>";
    const CUT: &str = r#"{"errors":[{"code":"ORDC-0"#;
    for (status, body, kind, excerpt, codes) in [
        (520, HTML, ServerFailed, Some(HTML), vec![]),
        (403, HTML, Unauthorized, Some(HTML), vec![]),
        (500, "", ServerFailed, None, vec![]),
        (400, "", Refused, None, vec![]),
        (400, CUT, Refused, Some(CUT), vec![]),
        (400, r#"{"errors":{"code":"ORDC-003","message":"x"}}"#, Refused, None, vec!["ORDC-003"]),
        (
            400,
            r#"{"errors":[{"code":"INTC-057","message":"a"},{"code":"INTC-057"},{"message":"b"}]}"#,
            Refused,
            None,
            vec!["INTC-057", "INTC-057", ""],
        ),
        (503, r#"{"response":"Down for maintenance"}"#, ServerFailed, None, vec![]),
        (500, r#"{"errors":[{"code":"CMNC-018","message":"x"}]}"#, Refused, None, vec!["CMNC-018"]),
        (500, r#"{"errors":[{"code":"CMNC-044","message":"x"}]}"#, Refused, None, vec!["CMNC-044"]),
        (500, r#"{"errors":[{"code":"CMNU-003","message":"x"}]}"#, ServerFailed, None, vec!["CMNU-003"]),
        (200, HTML, Undecodable, Some(HTML), vec![]),
        (200, "", Undecodable, None, vec![]),
        (200, r#"{"response":[{"id":9,"na"#, Undecodable, None, vec![]),
        (200, r#"{"response":"a sentence"}"#, Undecodable, None, vec![]),
        (200, r#"{"errors":[{"code":"PRDC-024","message":"x"}]}"#, Undecodable, None, vec!["PRDC-024"]),
    ] {
        let it = scripted((0..4).map(|_| answer(status, body)));
        let error = it.client.channels().list().await.unwrap_err();
        assert_eq!((error.status(), error.kind()), (Some(status), kind), "{body}");
        assert_eq!(error.body_excerpt(), excerpt.filter(|text| !text.is_empty()), "{status} {body}");
        let named: Vec<&str> = error.api_errors().iter().map(|error| error.code.as_str()).collect();
        assert_eq!(named, codes, "{status} {body}");
        assert!(error.request_id().is_some() && error.to_string().contains("[request 5d0b7f5e"), "{error}");
        let again = kind == ServerFailed;
        assert_eq!(
            (it.script.sent().len(), error.is_retryable()),
            (if again { 4 } else { 1 }, again),
            "{body}"
        );
    }
}

/// Credentials are headers of Brightpearl's own: a redirect would carry them to whatever host it names.
#[tokio::test]
async fn no_redirect_is_followed() {
    use std::io::{Read as _, Write as _};

    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (base, target) = (server.local_addr().unwrap(), elsewhere.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (mut connection, _) = server.accept().unwrap();
        let _ = connection.read(&mut [0; 4096]).unwrap();
        let answer = format!("HTTP/1.1 302 Found\r\nLocation: http://{target}/\r\nContent-Length: 0\r\n\r\n");
        connection.write_all(answer.as_bytes()).unwrap();
    });
    let client = brightpearl::Client::builder("acmeoutdoors")
        .url(format!("http://{base}"))
        .credentials(brightpearl::Credentials::private_app("acmeoutdoors_returns", "planted"))
        .build()
        .unwrap();
    let error = client.channels().list().await.unwrap_err();
    answering.join().unwrap();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Refused, Some(302)));
    assert!(elsewhere.accept().is_err(), "nobody came with the token");
}
