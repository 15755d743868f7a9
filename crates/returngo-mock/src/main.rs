//! A ReturnGO shop on a port, for people and other languages.
#![forbid(unsafe_code)]

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::Parser;
use returngo_mock::{MockCore, Seed, Shop, run_until_ctrl_c};

/// Serves a ReturnGO shop that behaves, until Ctrl-C. The first line says where, and with which key.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The port on 127.0.0.1; 0 picks a free one.
    #[arg(long, default_value_t = 4020)]
    port: u16,
    /// What the shop begins with, a JSON file; the built-in seed otherwise.
    #[arg(long)]
    seed: Option<PathBuf>,
    /// The shop's domain instead of the seed's.
    #[arg(long)]
    shop: Option<String>,
    /// The API key instead of the seed's.
    #[arg(long)]
    api_key: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { port, seed, shop, api_key } = Arguments::parse();
    let mut seed = match seed {
        Some(path) => read(&path).with_context(|| format!("the seed {} cannot be used", path.display()))?,
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
