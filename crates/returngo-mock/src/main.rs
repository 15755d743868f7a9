//! A ReturnGO shop as a server, for manual tests and other languages.
#![forbid(unsafe_code)]

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::Parser;
use returngo_mock::{MockCore, Seed, Shop, run_until_ctrl_c};

/// Serve a mock ReturnGO shop
///
/// Listens on the loopback interface until Ctrl-C. The first line of output shows the address, the API key and the
/// shop.
#[derive(Parser)]
#[command(version, after_long_help = "Example:\n  returngo-mock --port 0 --shop shop.example.test")]
struct Arguments {
    /// Listen on this port of 127.0.0.1; 0 selects a free port
    #[arg(long, default_value_t = 4020)]
    port: u16,
    /// Start from this JSON seed file instead of the built-in seed
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Use this shop domain instead of the seed's
    #[arg(long, value_name = "DOMAIN")]
    shop: Option<String>,
    /// Accept this API key instead of the seed's
    #[arg(long, value_name = "KEY")]
    api_key: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { port, seed, shop, api_key } = Arguments::parse();
    let mut seed = match seed {
        Some(path) => read(&path).with_context(|| format!("cannot use the seed {}", path.display()))?,
        None => Seed::default(),
    };
    seed.shop = shop.unwrap_or(seed.shop);
    seed.api_key = api_key.unwrap_or(seed.api_key);
    run_until_ctrl_c(MockCore::new(Shop::new(seed)), port)
        .await
        .with_context(|| format!("cannot listen on port {port}"))
}

fn read(path: &PathBuf) -> anyhow::Result<Seed> {
    Ok(fs::read_to_string(path)?.parse()?)
}
