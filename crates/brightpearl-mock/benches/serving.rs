//! Measures how long a large account takes to build and how fast it answers, over real connections, with server and
//! callers on the same cores. Figures are in `docs/performance.md`.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(clippy::disallowed_methods, reason = "a bench measures real time")]

use std::{
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use api_mock_core::{MockCore, Server};
use brightpearl_mock::{Account, Brightpearl, SeedContact, SeedOrder, SeedProduct, SeedRow, Switches};

const ORDERS: u64 = 100_000;
const FIRST_ORDER: u64 = 300_000;
const CALLERS: u64 = 4;
const LENGTH: Duration = Duration::from_secs(5);

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let start = Instant::now();
    let account = large_account()?;
    println!("{ORDERS} orders built in {:.1} s", start.elapsed().as_secs_f64());

    let mut api = Brightpearl::of(account, Switches::default());
    api.set_throttle(None);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let server = runtime.block_on(Server::bind(MockCore::new(api), 0))?;
    let address = server.url().trim_start_matches("http://").to_owned();
    runtime.spawn(server.run());

    let served = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                scope.spawn({
                    let address = &address;
                    move || gets(address, caller)
                })
            })
            .collect();
        callers
            .into_iter()
            .map(|caller| caller.join().unwrap_or_else(|_| Err("a caller died".into())))
            .sum::<Outcome<u64>>()
    })?;
    println!("order GET: {:.0} a second, {CALLERS} callers", served as f64 / LENGTH.as_secs_f64());

    let mut connection = Connection::open(&address)?;
    for query in [
        "orderId=350000",
        "parentOrderId=350000",
        "customerRef=%23L50000",
        "externalRefs=950000",
        "contactId=5012",
        "updatedOn=2026-01-01/",
        "orderTypeId=3",
        "orderTypeId=1&orderStatusId=3",
        "pageSize=1",
    ] {
        let path = format!("order-service/order-search?columns=orderId&{query}");
        let times = 5;
        let start = Instant::now();
        for _ in 0..times {
            connection.get(&path)?;
        }
        println!(
            "order-search {query}: {:.1} ms",
            start.elapsed().as_secs_f64() * 1_000.0 / f64::from(times)
        );
    }
    Ok(())
}

fn large_account() -> Outcome<Account> {
    let order = |number: u64| {
        SeedOrder::sale(FIRST_ORDER + number, 5_000 + number % 1_000)
            .reference(&format!("#L{number}"))
            .key(&(900_000 + number).to_string(), 12)
            .row(SeedRow::product(2044, 1, 40, 8, "T20"))
            .row(SeedRow::free_text("Delivery", 1, 4, 1, "T20"))
    };
    let customer = |number: u64| {
        SeedContact::customer(5_000 + number, "Ada", "Example", &format!("customer{number}@example.test"))
    };
    Ok(Account::builder()
        .contacts((0..1_000).map(customer))
        .products([SeedProduct::tracked(2044, "LS-M", "Linen shirt M").cost(12)])
        .orders((0..ORDERS).map(order))
        .build()?)
}

/// Reads orders one after the other and returns their number.
fn gets(address: &str, caller: u64) -> Outcome<u64> {
    let mut connection = Connection::open(address)?;
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < LENGTH {
        let order = FIRST_ORDER + (count * CALLERS + caller) * 37 % ORDERS;
        connection.get(&format!("order-service/order/{order}"))?;
        count += 1;
    }
    Ok(count)
}

/// A minimal connection that is kept open, because the callers are not measured.
struct Connection {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Connection {
    fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), body: Vec::new() })
    }

    fn get(&mut self, path: &str) -> Outcome<()> {
        let request = format!(
            "GET /public-api/acmeoutdoors/{path} HTTP/1.1\r\nhost: mock\r\nbrightpearl-app-ref: acmeoutdoors_returns\r\n\
             brightpearl-account-token: mock-account-token\r\n\r\n"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        if !line.contains(" 200 ") {
            return Err(format!("{path}: {line}").into());
        }
        let mut length = 0;
        while line.trim_end() != "" {
            line.clear();
            self.stream.read_line(&mut line)?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        self.body.resize(length, 0);
        Ok(self.stream.read_exact(&mut self.body)?)
    }
}
