//! One return, end to end, over real HTTP and real webhooks, against the two mocks: from the connection check
//! to the reconciliation. `cargo run --example return_lifecycle [-- --json]`
//!
//! Every webhook is delivered twice; nothing happens twice.

use std::{collections::BTreeSet, net::Ipv4Addr, process::ExitCode};

use anyhow::Context as _;
use api_mock_core::{Fault, FaultKind};
use brightpearl::{
    CurrencyCode, IdSet, OffsetDateTime, OrderId, WarehouseId,
    client::{Clock as _, SystemClock},
    integration::NewWebhook,
    order::Order,
    warehouse::{GoodsMovementSearch, NewGoodsInLine, NewGoodsInNote, NewProductValue, Release},
};
use brightpearl_mock::MockBrightpearl;
use clap::Parser;
use returngo::{
    RmaId, RmaStatus,
    webhook::{NewWebhook as Registration, WebhookEvent},
};
use returngo_brightpearl::{
    ConnectionSettings, check, keys,
    reconcile::{self, Line},
};
use returngo_mock::{MockReturngo, Refund};
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Value, json};
use support::{
    output::{run, say},
    read::Reader,
    receiver::{Arrival, Receiver},
    story::Story,
    systems,
};

/// Tells the story of one return against mocks of both systems.
#[derive(Parser)]
struct Arguments {
    /// Print the figures as one JSON object on stdout; the story goes to stderr
    #[arg(long)]
    json: bool,
}

/// What the merchant filled in: the five settings of ReturnGO's own form.
const SETTINGS: &str = r#"{
    "account_id": "acmeoutdoors",
    "refund_method_code": "1210",
    "sales_credit_status_id": 27,
    "sales_credit_channel_id": 9,
    "customer_reference_prefix": "RMA"
}"#;

/// More webhooks than the story raises: every one is delivered twice.
const ALL: u32 = 10_000;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run(async {
        let figures = tell(&Story::new(arguments.json)).await?;
        if arguments.json {
            say(&figures)?;
        }
        Ok(())
    })
    .await
}

async fn tell(story: &Story) -> anyhow::Result<Value> {
    let mut shop = Shop::open(story).await?;
    let rma: RmaId = "4410021".parse()?;

    story.chapter("1. The connection is checked")?;
    shop.check_the_connection()?;

    story.chapter("2. A shopper returns two of three shirts and one of two pairs of socks; the RMA is approved in ReturnGO")?;
    shop.returngo.approve(&rma)?;
    shop.follow_the_webhooks().await?;
    let credit = shop.credit_of(&rma).await?;
    shop.show(&credit)?;

    story.chapter("3. The parcel arrives; the warehouse receives it into quarantine")?;
    shop.receive_into_quarantine(&credit).await?;
    shop.follow_the_webhooks().await?;

    story.chapter("4. The goods are fine; the warehouse releases them into stock")?;
    shop.release_into_stock(&credit).await?;
    shop.follow_the_webhooks().await?;

    story.chapter("5. The shopper is refunded in ReturnGO, unit by unit")?;
    for item in shop.reader.returngo.rmas().get(&rma).await?.items {
        shop.returngo.refund(&rma, Refund::full().items([item.returned_item_id]))?;
    }
    shop.follow_the_webhooks().await?;

    story.chapter("6. The bookkeeper reconciles")?;
    let lines = shop.reconcile(&rma).await?;
    shop.figures(&rma, &lines).await
}

/// A merchant with both systems, and the program between them.
struct Shop<'s> {
    story: &'s Story,
    brightpearl: MockBrightpearl,
    returngo: MockReturngo,
    reader: Reader,
    receiver: Receiver,
}

impl<'s> Shop<'s> {
    async fn open(story: &'s Story) -> anyhow::Result<Self> {
        let systems::Mocked { client: to_brightpearl, mock: brightpearl } =
            systems::mocked_brightpearl().await?;
        let systems::Mocked { client: to_returngo, mock: returngo } = systems::mocked_returngo().await?;
        story.line(format_args!(
            "Started a mock of Brightpearl at {} and a mock of ReturnGO at {}; every webhook comes twice.",
            brightpearl.url(),
            returngo.url()
        ))?;
        let settings = ConnectionSettings::from_json(SETTINGS)?;
        let receiver =
            Receiver::start((Ipv4Addr::LOCALHOST, 0).into(), brightpearl.account(), "a-long-random-secret")
                .await?;
        brightpearl.faults().add(Fault::on("*", FaultKind::DuplicateWebhooks).times(ALL));
        returngo.faults().add(Fault::on("*", FaultKind::DuplicateWebhooks).times(ALL));
        for event in ["goods-in-note.created", "quarantine-release.created"] {
            to_brightpearl.webhooks().create(&NewWebhook::post(event, receiver.brightpearl_url())).await?;
        }
        for event in [WebhookEvent::RmaStatusUpdated, WebhookEvent::TransactionCreated] {
            to_returngo.webhooks().create(&Registration::new(event, receiver.returngo_url())).await?;
        }
        let reader = Reader::new(to_brightpearl, to_returngo, settings).await?;
        Ok(Self { story, brightpearl, returngo, reader, receiver })
    }

    fn check_the_connection(&self) -> anyhow::Result<()> {
        let findings = check::check(&self.reader.account, &self.reader.settings);
        for finding in &findings {
            self.story.tell(finding)?;
        }
        let failed = findings.iter().any(|finding| finding.mark == check::Mark::Failure);
        anyhow::ensure!(!failed, "the connection check failed");
        Ok(())
    }

    /// Waits until both systems have delivered what they had to say, and keeps every RMA in step that they
    /// named; what is written may raise further webhooks.
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
                for line in self.reader.keep_in_step(&rma).await? {
                    self.story.tell(line)?;
                }
            }
        }
    }

    /// A webhook says what to look at again. ReturnGO names the RMA; Brightpearl names notes, of any order.
    async fn rmas_behind(&self, arrival: &Arrival) -> anyhow::Result<Vec<RmaId>> {
        match arrival {
            Arrival::Returngo(hint) => {
                self.story.tell(format_args!(
                    "webhook from ReturnGO: {}",
                    hint.event_name.as_ref().map(ToString::to_string).unwrap_or_default()
                ))?;
                Ok(hint.rma_id.iter().cloned().collect())
            }
            Arrival::Brightpearl(hint) => {
                self.story
                    .tell(format_args!("webhook from Brightpearl: {} {}", hint.resource_type, hint.ids))?;
                let notes = match hint.resource_type.as_str() {
                    "goods-in-note" => hint.ids.clone(),
                    _ => self.batches_moved_by(&hint.ids).await?,
                };
                let notes = self.reader.brightpearl.goods_in_notes().get(&notes).await?;
                let orders: IdSet = notes.values().map(|note| note.order_id.get()).collect();
                let orders = self.reader.brightpearl.orders().get(&orders).await?;
                Ok(orders
                    .iter()
                    .filter_map(|order| keys::rma_of_credit(order.external_ref.as_deref()?))
                    .collect())
            }
        }
    }

    /// A quarantine release is a transfer of batches; a batch is a goods-in note.
    async fn batches_moved_by(&self, notes: &IdSet) -> anyhow::Result<IdSet> {
        let search = GoodsMovementSearch::new().filter("goodsNoteId", notes);
        let moved = self.reader.brightpearl.goods_movements().search(search).all().await?;
        Ok(IdSet::of(moved.iter().filter_map(|movement| movement.batch_id)))
    }

    async fn credit_of(&self, rma: &RmaId) -> anyhow::Result<Order> {
        let key = keys::credit(rma);
        let world = self.reader.world(rma).await?;
        let credit = world.credits.into_iter().find(|credit| credit.external_ref.as_ref() == Some(&key));
        credit.with_context(|| format!("RMA {rma} has no sales credit"))
    }

    fn show(&self, credit: &Order) -> anyhow::Result<()> {
        for row in credit.order_rows.values() {
            self.story.tell(format_args!(
                "{} × {} ({}): net {}, tax {}",
                row.quantity.magnitude.normalize(),
                row.product_name,
                row.product_sku.as_deref().unwrap_or("no SKU"),
                row.row_value.row_net.value,
                row.row_value.row_tax.value
            ))?;
        }
        self.story.tell(format_args!(
            "reference {}, for order {}, total {} {}",
            credit.reference,
            credit.parent_order_id.map_or(0, OrderId::get),
            credit.gross(),
            credit.currency.order_currency_code
        ))?;
        Ok(())
    }

    async fn receive_into_quarantine(&self, credit: &Order) -> anyhow::Result<()> {
        let warehouse = warehouse_of(credit)?;
        let quarantine = self.reader.brightpearl.warehouses().quarantine_location(warehouse).await?;
        let base = self.reader.account.base_currency().unwrap_or_else(|| CurrencyCode::new("GBP"));
        let mut lines = Vec::new();
        for (id, row) in &credit.order_rows {
            let Some(product) = row.product() else { continue };
            lines.push(NewGoodsInLine {
                product_id: product,
                purchase_order_row_id: *id,
                quantity: row.quantity.magnitude.try_into()?,
                destination_location_id: quarantine,
                product_value: NewProductValue {
                    currency: base.clone(),
                    value: row.item_cost.as_ref().map(|cost| cost.value).unwrap_or_default(),
                },
            });
        }
        let note = NewGoodsInNote {
            transfer: false,
            warehouse_id: warehouse,
            goods_moved: lines,
            received_on: OffsetDateTime::utc(SystemClock.now()),
            user_batch_reference: Some(format!("{}-1", credit.reference)),
        };
        let created = self.reader.brightpearl.goods_in_notes().create(credit.id, &note).await?;
        self.story.tell(format_args!("goods-in note {} into location {quarantine}", created.id))?;
        Ok(())
    }

    async fn release_into_stock(&self, credit: &Order) -> anyhow::Result<()> {
        let warehouse = warehouse_of(credit)?;
        let shelf = self.reader.brightpearl.warehouses().default_location(warehouse).await?;
        for row in credit.order_rows.values() {
            let Some(product_id) = row.product() else { continue };
            let quantity = row.quantity.magnitude.try_into()?;
            let release = Release { product_id, quantity, to_location_id: shelf };
            self.reader.brightpearl.warehouses().release_quarantine(warehouse, release).await?;
            self.story.tell(format_args!("{quantity} × {} to location {shelf}", row.product_name))?;
        }
        Ok(())
    }

    async fn reconcile(&self, rma: &RmaId) -> anyhow::Result<Vec<Line>> {
        let lines = reconcile::reconcile(&self.reader.world(rma).await?, &self.reader.settings);
        for line in &lines {
            self.story.tell(line)?;
        }
        for total in reconcile::totals(&lines) {
            let bank = total
                .bank_account
                .map_or_else(|| "no bank account".to_owned(), |code| format!("bank account {code}"));
            self.story.tell(format_args!(
                "{} {} in {} payments through {bank}",
                total.amount, total.currency, total.payments
            ))?;
        }
        Ok(lines)
    }

    async fn figures(&self, rma: &RmaId, lines: &[Line]) -> anyhow::Result<Value> {
        let world = self.reader.world(rma).await?;
        let credit = self.credit_of(rma).await?;
        anyhow::ensure!(
            *world.rma.status() == RmaStatus::Validated,
            "the RMA ended as {}",
            world.rma.status()
        );
        let rows = credit.order_rows.values().map(|row| {
            json!({
                "sku": row.product_sku,
                "quantity": row.quantity.magnitude.to_u64(),
                "net": row.row_value.row_net.value,
                "tax": row.row_value.row_tax.value,
            })
        });
        let payments = world.payments.iter().map(|payment| {
            json!({
                "id": payment.payment_id,
                "amount": payment.amount(),
                "methodCode": payment.payment_method_code,
                "journalId": payment.journal_id,
            })
        });
        let reconciliation =
            lines.iter().map(|line| json!({ "transactionId": line.transaction_id, "code": line.code }));
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
        self.story.chapter(format_args!(
            "The RMA is {}. {} requests to Brightpearl, {} to ReturnGO; {} webhooks came a second time and changed nothing.",
            world.rma.status(),
            figures["brightpearlRequests"],
            figures["returngoRequests"],
            figures["duplicatesSuppressed"]
        ))?;
        Ok(figures)
    }
}

fn warehouse_of(credit: &Order) -> anyhow::Result<WarehouseId> {
    credit.warehouse_id.with_context(|| format!("credit {} has no warehouse", credit.id))
}
