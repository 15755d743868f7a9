//! What others build on: no type of a transport, a TLS stack or a database in a public signature, so that
//! none of them is part of this crate's version; and every type can cross threads.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Crates whose types must not be named where others build on them.
const HIDDEN: [&str; 5] = ["reqwest", "hyper", "rustls", "native_tls", "sqlx"];

/// The one file that speaks to the HTTP library.
const TRANSPORT: &str = "api-client-core/src/client/reqwest_transport.rs";

/// Shows a type of the library on purpose, with a feature of its own.
const OWN_CLIENT: &str = "api-client-core/src/client/own_reqwest_client.rs";

#[test]
fn one_file_alone_names_the_http_library() {
    let mut files = Vec::new();
    for krate in ["brightpearl", "api-client-core"] {
        sources(&crates().join(krate).join("src"), &mut files);
    }
    assert!(files.iter().any(|file| file.ends_with(TRANSPORT)), "{TRANSPORT} is not among {files:?}");
    let module = fs::read_to_string(crates().join("api-client-core/src/client/mod.rs")).unwrap();
    assert!(module.contains("#[cfg(feature = \"reqwest\")]\nmod own_reqwest_client;"), "it has its feature");
    let others = files.iter().filter(|file| !file.ends_with(TRANSPORT) && !file.ends_with(OWN_CLIENT));
    // What comes with that feature is behind it in the builders, too.
    for file in others.filter(|file| !file.ends_with("src/client/mod.rs")) {
        let named = named_crates(&fs::read_to_string(file).unwrap());
        assert_eq!(named, [""; 0], "{}", file.display());
    }
}

#[test]
fn what_that_file_shows_names_no_type_of_the_library() {
    let source = fs::read_to_string(crates().join(TRANSPORT)).unwrap();
    let shown = shown(&source);
    assert!(shown.iter().any(|item| item.starts_with("pub struct ReqwestTransport")), "{shown:?}");
    assert!(shown.iter().any(|item| item.starts_with("impl Transport for")), "{shown:?}");
    for item in shown {
        assert_eq!(named_crates(&item), [""; 0], "{item}");
    }
}

#[test]
fn the_check_sees_what_it_is_to_see() {
    assert_eq!(named_crates("pub fn new(client: reqwest::Client)"), ["reqwest"]);
    assert_eq!(named_crates("use reqwest::header;\n//! reqwest::Client in words"), ["reqwest"]);
    assert_eq!(named_crates("use crate::client::rustls::A;\nself.hyper::<T>()"), [""; 0]);
    let source = "pub struct A(pub reqwest::Client);\nimpl From<reqwest::Error> for A {\n    pub fn b(\n        c: reqwest::Url,\n    ) {}\n}";
    assert_eq!(shown(source).iter().filter(|item| !named_crates(item).is_empty()).count(), 3);
    assert!(shown("pub struct A(reqwest::Client);").iter().all(|item| named_crates(item).is_empty()));
}

#[test]
fn what_callers_keep_can_cross_threads() {
    use brightpearl::{
        Client, ClientBuilder, Created, Credentials, IdSet, MultiMessage, OffsetDateTime, OrderId, Patch,
        Request,
        accounting::{CustomerPayment, CustomerPaymentSearch, Journal, NewCustomerPayment, PaymentMethod},
        client::{
            CallReport, Continuation, MessageOutcome, OAuthApp, Priority, Results, RetryPolicy, Rows,
            SkippingClock, Tokens,
        },
        contact::Contact,
        integration::{AccountConfiguration, NewWebhook, Notification, Webhook},
        order::{NewSalesCredit, Order, OrderSearch, OrderSummary, SalesCredit, SalesOrder},
        product::{Channel, Product},
        search::{Page, Period, UndecodableRow},
        warehouse::{GoodsInNote, GoodsMovement, NewGoodsInNote, Warehouse},
    };
    fn crosses<T: Send + Sync>() {}
    fn copies<T: Send + Sync + Clone>() {}
    fn fails<T: Send + Sync + std::error::Error>() {}

    copies::<(Client, Credentials, OAuthApp, Tokens, RetryPolicy, Priority, SkippingClock, CallReport)>();
    copies::<(
        Request<Order>,
        MultiMessage,
        MessageOutcome,
        Created<OrderId>,
        Patch,
        IdSet<OrderId>,
        OffsetDateTime,
    )>();
    copies::<(Order, SalesCredit, SalesOrder, NewSalesCredit, OrderSearch, Period, Continuation)>();
    copies::<(CustomerPayment, NewCustomerPayment, CustomerPaymentSearch, PaymentMethod, Journal)>();
    copies::<(GoodsInNote, NewGoodsInNote, GoodsMovement, Warehouse, Product, Channel, Contact)>();
    copies::<(Webhook, NewWebhook, Notification, AccountConfiguration, Page<OrderSummary>)>();
    crosses::<(ClientBuilder, Results<OrderSearch>)>();
    fn moves<T: Send>() {}
    fn lives<T: Send + 'static>() {}
    moves::<Rows<OrderSearch>>();
    lives::<Rows<OrderSearch>>();
    fails::<brightpearl::Error>();
    fails::<brightpearl::DecodeError>();
    fails::<brightpearl::InvalidIdSet>();
    fails::<UndecodableRow>();
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The hidden crates at the beginning of a path, comments left out.
fn named_crates(source: &str) -> Vec<&'static str> {
    let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let begins_a_path = |name: &str| {
        code.match_indices(&format!("{name}::")).any(|(at, _)| {
            let before = code[..at].chars().next_back();
            !before.is_some_and(|before| before.is_alphanumeric() || "_:.".contains(before))
        })
    };
    HIDDEN.into_iter().filter(|name| begins_a_path(name)).collect()
}

/// What a file shows to others: headers of public items and of implementations, without private fields.
fn shown(source: &str) -> Vec<String> {
    let begins = |line: &str| ["pub ", "impl ", "impl<"].iter().any(|start| line.starts_with(start));
    let mut items = Vec::new();
    let mut lines = source.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if !begins(line) {
            continue;
        }
        let mut item = line.to_owned();
        while !item.contains(['{', ';']) {
            let Some(next) = lines.next() else { break };
            item.push_str(next);
        }
        let end = item.find(['{', ';']).unwrap_or(item.len());
        item.truncate(end);
        let private_tuple = item.starts_with("pub struct") && !item.contains("(pub ");
        items.push(if private_tuple { item.split('(').next().unwrap_or_default().to_owned() } else { item });
    }
    items
}
