//! The lifecycle of one return, from the connection check to the reconciliation, over HTTP and webhooks against mocks of
//! both systems: `cargo run --example return_lifecycle [-- --json]`
//!
//! Every webhook is delivered twice, and each write is still applied once.

use std::{collections::BTreeSet, net::Ipv4Addr, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use api_mock_core::{Fault, FaultKind};
use brightpearl::{
    OffsetDateTime, OrderId,
    client::{Clock as _, SystemClock},
    integration::NewWebhook,
    order::Order,
};
use brightpearl_mock::MockBrightpearl;
use clap::Parser;
use returngo::{RmaId, RmaStatus, webhook::NewWebhook as Registration};
use returngo_brightpearl_mapping::{
    ConnectionSettings, World,
    check::{self, Connection, Mark},
    keys,
    reconcile::{Days, Report},
};
use returngo_brightpearl_sync::{Reader, Receivers, Synchronizer, read_connection};
use returngo_mock::{MockReturngo, Refund};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use serde_json::{Value, json};
use support::{
    narration::Narration,
    output::{run, say},
    receiver::{Arrival, Receiver},
    sync::synchronize,
    systems,
    warehouse::{self, Units},
};

/// Shows the lifecycle of one return against mocks of both systems.
#[derive(Parser)]
struct Arguments {
    /// Print the figures as one JSON object on stdout, and the steps on stderr
    #[arg(long)]
    json: bool,
}

/// The settings: the five of ReturnGO's own form, and the account for fees.
const SETTINGS: &str = r#"{
    "account_id": "acmeoutdoors",
    "refund_method_code": "1210",
    "sales_credit_status_id": 27,
    "sales_credit_channel_id": 9,
    "customer_reference_prefix": "RMA",
    "fees": {"restocking": {"nominal_code": "4040", "tax_code": "T20"}}
}"#;

/// The restocking fee for the worn shirt.
const RESTOCKING_FEE: Decimal = Decimal::from_parts(400, 0, 0, false, 2);

/// More webhooks than the example causes, so that all of them are delivered twice.
const ALL: u32 = 10_000;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run(async {
        let figures = tell(&Narration::new(arguments.json)).await?;
        if arguments.json {
            say(&figures)?;
        }
        Ok(())
    })
    .await
}

async fn tell(narration: &Narration) -> anyhow::Result<Value> {
    let mut shop = Shop::open(narration).await?;
    let rma: RmaId = "4410021".parse()?;

    narration.chapter("1. The connection is checked")?;
    shop.check_the_connection()?;

    narration.chapter("2. A shopper returns two of three shirts, one of them worn, and one of two pairs of socks; the RMA is approved in ReturnGO")?;
    shop.returngo.approve(&rma)?;
    shop.follow_the_webhooks().await?;
    let credit = shop.credit_of(&rma).await?;
    shop.show(&credit)?;

    narration.chapter(
        "3. A parcel arrives with one shirt and the socks; the warehouse receives it into quarantine",
    )?;
    shop.receive(&warehouse::some_of(&credit, &[("LS-M", 1), ("TS-42", 1)])?, 1, &credit).await?;
    shop.follow_the_webhooks().await?;

    narration.chapter("4. The other shirt arrives a day later")?;
    shop.receive(&warehouse::some_of(&credit, &[("LS-M", 1)])?, 2, &credit).await?;
    shop.follow_the_webhooks().await?;

    narration.chapter("5. The goods can be sold again; the warehouse releases them into stock")?;
    shop.release(&warehouse::all_of(&credit)?, &credit).await?;
    shop.follow_the_webhooks().await?;

    narration.chapter("6. The shopper is refunded in ReturnGO, unit by unit, less the fee")?;
    for item in shop.reader.returngo.rmas().get(&rma).await?.items {
        let price = item.paid_price.context("the unit has no price")?;
        let amount = price.amount - item.restocking_fee;
        shop.returngo.refund(&rma, Refund::of(amount).items([item.returned_item_id]))?;
    }
    shop.follow_the_webhooks().await?;

    narration.chapter("7. The bookkeeper reconciles")?;
    let report = shop.reconcile(&rma).await?;
    shop.figures(&rma, &report).await
}

/// A merchant's two systems, and the connection between them.
struct Shop<'s> {
    narration: &'s Narration,
    brightpearl: MockBrightpearl,
    returngo: MockReturngo,
    connection: Connection,
    synchronizer: Synchronizer,
    reader: Arc<Reader>,
    receiver: Receiver,
}

impl<'s> Shop<'s> {
    async fn open(narration: &'s Narration) -> anyhow::Result<Self> {
        let systems::Mocked { client: to_brightpearl, mock: brightpearl } =
            systems::mocked_brightpearl().await?;
        let systems::Mocked { client: to_returngo, mock: returngo } = systems::mocked_returngo().await?;
        narration.line(format_args!(
            "Started a mock of Brightpearl at {} and a mock of ReturnGO at {}; every webhook is delivered twice.",
            brightpearl.url(),
            returngo.url()
        ))?;
        charge_a_fee(&returngo)?;
        let settings = ConnectionSettings::from_json(SETTINGS)?;
        let receiver =
            Receiver::start((Ipv4Addr::LOCALHOST, 0).into(), brightpearl.account(), "a-long-random-secret")
                .await?;
        brightpearl.faults().add(Fault::on("*", FaultKind::DuplicateWebhooks).times(ALL));
        returngo.faults().add(Fault::on("*", FaultKind::DuplicateWebhooks).times(ALL));
        for event in check::brightpearl_events(&settings) {
            to_brightpearl.webhooks().create(&NewWebhook::post(event, receiver.brightpearl_url())).await?;
        }
        for event in check::returngo_events() {
            to_returngo.webhooks().create(&Registration::new(event, receiver.returngo_url())).await?;
        }
        let receivers = Receivers {
            brightpearl: Some(check::Receiver::at(receiver.brightpearl_url())),
            returngo: Some(check::Receiver::at(receiver.returngo_url())),
        };
        let connection = read_connection(&to_brightpearl, &to_returngo, receivers, &SystemClock).await;
        let synchronizer = Synchronizer::new(to_brightpearl, to_returngo, settings);
        let reader = synchronizer.reader().await?;
        Ok(Self { narration, brightpearl, returngo, connection, synchronizer, reader, receiver })
    }

    fn check_the_connection(&self) -> anyhow::Result<()> {
        let findings = check::check(&self.connection, &self.reader.settings);
        for finding in &findings {
            self.narration.tell(finding)?;
        }
        anyhow::ensure!(check::worst(&findings) < Mark::Failure, "the connection check failed");
        Ok(())
    }

    /// Synchronizes the RMAs of all webhooks until there are no more. Writes can cause further webhooks.
    async fn follow_the_webhooks(&mut self) -> anyhow::Result<()> {
        loop {
            self.brightpearl.deliveries_settled().await;
            self.returngo.deliveries_settled().await;
            let mut due = BTreeSet::new();
            let mut heard = 0;
            while let Some(arrival) = self.receiver.try_next() {
                heard += 1;
                due.extend(self.rmas_behind(&arrival).await?);
            }
            if heard == 0 {
                return Ok(());
            }
            for rma in due {
                for line in synchronize(&self.synchronizer, &rma).await? {
                    self.narration.tell(line)?;
                }
            }
        }
    }

    /// Returns the RMAs of a webhook. ReturnGO names the RMA; Brightpearl names goods-in notes and others, of any order.
    async fn rmas_behind(&self, arrival: &Arrival) -> anyhow::Result<Vec<RmaId>> {
        match arrival {
            Arrival::Returngo(hint) => {
                self.narration.tell(format_args!(
                    "webhook from ReturnGO: {}",
                    hint.event_name.as_ref().map(ToString::to_string).unwrap_or_default()
                ))?;
                Ok(hint.rma_id.iter().cloned().collect())
            }
            Arrival::Brightpearl(hint) => {
                self.narration
                    .tell(format_args!("webhook from Brightpearl: {} {}", hint.resource_type, hint.ids))?;
                Ok(self.synchronizer.rmas_of(hint).await?.into_iter().collect())
            }
        }
    }

    async fn credit_of(&self, rma: &RmaId) -> anyhow::Result<Order> {
        credit_in(&self.reader.world(rma).await?).cloned()
    }

    fn show(&self, credit: &Order) -> anyhow::Result<()> {
        for row in credit.order_rows.values() {
            self.narration.tell(format_args!(
                "{} × {} ({}): net {}, tax {}",
                row.quantity.magnitude.normalize(),
                row.product_name,
                row.product_sku.as_deref().unwrap_or("no SKU"),
                row.row_value.row_net.value,
                row.row_value.row_tax.value
            ))?;
        }
        self.narration.tell(format_args!(
            "reference {}, for order {}, total {} {}",
            credit.reference,
            credit.parent_order_id.map_or(0, OrderId::get),
            credit.gross(),
            credit.currency.order_currency_code
        ))?;
        Ok(())
    }

    async fn receive(&self, units: &[Units], receipt: u32, credit: &Order) -> anyhow::Result<()> {
        let now = OffsetDateTime::utc(SystemClock.now());
        let note = warehouse::receive_into_quarantine(&self.reader, credit, units, receipt, now).await?;
        self.narration.tell(format_args!("goods-in note {note}: {}", named(units)))?;
        Ok(())
    }

    async fn release(&self, units: &[Units], credit: &Order) -> anyhow::Result<()> {
        warehouse::release_into_stock(&self.reader, credit, units).await?;
        self.narration.tell(named(units))?;
        Ok(())
    }

    async fn reconcile(&self, rma: &RmaId) -> anyhow::Result<Report> {
        let report = self.reader.reconcile_rmas(Days::default(), [rma]).await?;
        for line in &report.lines {
            self.narration.tell(line)?;
        }
        for total in &report.totals {
            self.narration.tell(total)?;
        }
        Ok(report)
    }

    async fn figures(&self, rma: &RmaId, report: &Report) -> anyhow::Result<Value> {
        let world = self.reader.world(rma).await?;
        let credit = credit_in(&world)?;
        anyhow::ensure!(
            *world.rma.status() == RmaStatus::Validated,
            "the RMA ended as {}",
            world.rma.status()
        );
        let rows = credit.order_rows.values().map(|row| {
            json!({
                "sku": row.product_sku,
                "quantity": row.quantity.magnitude.to_u64(),
                "net": row.row_value.row_net.value.to_string(),
                "tax": row.row_value.row_tax.value.to_string(),
            })
        });
        let on_credit = world.payments.iter().filter(|payment| payment.order_id == Some(credit.id));
        let payments = on_credit.map(|payment| {
            json!({
                "id": payment.payment_id,
                "amount": payment.amount().to_string(),
                "methodCode": payment.payment_method_code,
                "journalId": payment.journal_id,
            })
        });
        let reconciliation = report
            .lines
            .iter()
            .map(|line| json!({ "transactionId": line.transaction_id, "code": line.code }));
        let figures = json!({
            "rmaId": rma,
            "salesCreditId": credit.id,
            "rows": rows.collect::<Vec<_>>(),
            "payments": payments.collect::<Vec<_>>(),
            "rmaStatus": world.rma.status(),
            "brightpearlRequests": self.brightpearl.requests().total(),
            "returngoRequests": self.returngo.requests().total(),
            "duplicatesSuppressed": self.receiver.repeated(),
            "reconciliation": reconciliation.collect::<Vec<_>>(),
        });
        self.narration.chapter(format_args!(
            "The RMA is {}. {} requests to Brightpearl, {} to ReturnGO; {} webhooks were delivered a second time and changed nothing.",
            world.rma.status(),
            figures["brightpearlRequests"],
            figures["returngoRequests"],
            figures["duplicatesSuppressed"]
        ))?;
        Ok(figures)
    }
}

fn credit_in(world: &World) -> anyhow::Result<&Order> {
    let rma = world.rma.id();
    let key = keys::credit(rma);
    let credit = world.credits.iter().find(|credit| credit.external_ref.as_ref() == Some(&key));
    credit.with_context(|| format!("RMA {rma} has no sales credit"))
}

/// Adds a restocking fee to one unit of the mock's first RMA, which has no fees.
fn charge_a_fee(returngo: &MockReturngo) -> anyhow::Result<()> {
    let mut rma = returngo.rma(&"4410021".parse()?).context("the mock's first RMA is missing")?;
    let worn = rma.items.iter_mut().find(|item| item.returned_item_id.as_str() == "5600012");
    worn.context("the mock's second shirt is missing")?.restocking_fee = RESTOCKING_FEE;
    returngo.put_rma(rma);
    Ok(())
}

fn named(units: &[Units]) -> String {
    units.iter().map(Units::to_string).collect::<Vec<_>>().join(", ")
}
