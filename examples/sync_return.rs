//! Synchronizes one return, with the systems of the environment variables:
//! `cargo run --example sync_return -- 4410021`
#![allow(clippy::print_stdout, reason = "the README shows this program")]

use returngo_brightpearl_mapping::ConnectionSettings;
use returngo_brightpearl_sync::Synchronizer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rma = std::env::args().nth(1).ok_or("pass an RMA number")?.parse()?;
    let settings =
        ConnectionSettings::from_json(r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210"}"#)?;
    let (brightpearl, returngo) = (brightpearl::Client::from_env()?, returngo::Client::from_env()?);
    let synced = Synchronizer::new(brightpearl, returngo, settings).sync(&rma).await?;
    for applied in &synced.applied {
        println!("{applied}");
    }
    for review in &synced.reviews {
        println!("needs review: {}", review.message);
    }
    Ok(())
}
