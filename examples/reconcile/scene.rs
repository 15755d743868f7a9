//! Two days of an invented shop with every kind of difference that a reconciliation can find.

use anyhow::Context as _;
use brightpearl::{
    CurrencyCode, OffsetDateTime, OrderId, PaymentMethodCode,
    accounting::{NewCustomerPayment, PaymentType},
    order::Order,
};
use brightpearl_mock::MockBrightpearl;
use jiff::{Timestamp, civil::date};
use returngo::{Money, ReturnedItemId, Rma, RmaId, RmaStatus, ShipmentId, Transaction};
use returngo_brightpearl_mapping::keys;
use returngo_brightpearl_sync::{Reader, Synchronizer};
use returngo_mock::{MockReturngo, Refund};
use rust_decimal::Decimal;
use support::{sync::synchronize, warehouse};

/// The settings of the shop's connection.
pub(crate) const SETTINGS: &str = r#"{
    "account_id": "acmeoutdoors",
    "refund_method_code": "1210",
    "sales_credit_status_id": 27,
    "sales_credit_channel_id": 9,
    "customer_reference_prefix": "RMA",
    "tenders": {"RefundToStoreCredit": "STORE_CREDIT"},
    "close_credit": "when_refunded"
}"#;

const MONDAY: &str = "2026-05-18T09:30:00Z";
const TUESDAY: &str = "2026-05-19T09:30:00Z";

/// Plays both days.
pub(crate) async fn play(
    synchronizer: &Synchronizer,
    brightpearl: &MockBrightpearl,
    returngo: &MockReturngo,
) -> anyhow::Result<()> {
    let reader = &*synchronizer.reader().await?;
    let shop = Shop { synchronizer, reader, brightpearl, returngo };
    // A day's work in a moment: nobody waits for the next minute of the request cap.
    brightpearl.set_throttle(None);

    shop.it_is(MONDAY)?;
    shop.all_is_well().await?;
    shop.somebody_mistypes_the_amount().await?;
    shop.somebody_takes_the_wrong_bank_account().await?;
    shop.a_refund_is_in_a_third_currency().await?;
    shop.the_books_are_locked().await?;

    shop.it_is(TUESDAY)?;
    shop.somebody_leaves_out_the_reference().await?;
    shop.a_refund_is_not_recorded_yet().await?;
    shop.a_refund_comes_before_the_approval()?;
    Ok(())
}

struct Shop<'s> {
    synchronizer: &'s Synchronizer,
    reader: &'s Reader,
    brightpearl: &'s MockBrightpearl,
    returngo: &'s MockReturngo,
}

impl Shop<'_> {
    fn it_is(&self, time: &str) -> anyhow::Result<()> {
        let time: Timestamp = time.parse()?;
        self.brightpearl.set_clock(time);
        self.returngo.clock().set(Some(time));
        Ok(())
    }

    async fn all_is_well(&self) -> anyhow::Result<()> {
        let rma = self.request("4410101", Bought::Shirt)?;
        let credit = self.approve(&rma).await?;
        let units = warehouse::all_of(&credit)?;
        let now = OffsetDateTime::utc(self.returngo.clock().now());
        warehouse::receive_into_quarantine(self.reader, &credit, &units, 1, now).await?;
        warehouse::release_into_stock(self.reader, &credit, &units).await?;
        self.returngo.refund(&rma, Refund::full())?;
        synchronize(self.synchronizer, &rma).await?;
        Ok(())
    }

    async fn somebody_mistypes_the_amount(&self) -> anyhow::Result<()> {
        let rma = self.request("4410102", Bought::Shirt)?;
        let credit = self.approve(&rma).await?;
        let refund = self.returngo.refund(&rma, Refund::full())?;
        let payment = self.payment(&rma, credit.id, &refund);
        self.types_in(NewCustomerPayment { amount_paid: Decimal::from(35), ..payment }).await
    }

    async fn somebody_takes_the_wrong_bank_account(&self) -> anyhow::Result<()> {
        let rma = self.request("4410103", Bought::Shirt)?;
        let credit = self.approve(&rma).await?;
        let refund = self.returngo.refund(&rma, Refund::full())?;
        let payment = self.payment(&rma, credit.id, &refund);
        let method = PaymentMethodCode::new("BANK");
        self.types_in(NewCustomerPayment { payment_method_code: method, ..payment }).await
    }

    /// Order 300873 is in dollars, and its shopper was charged and refunded in euros.
    async fn a_refund_is_in_a_third_currency(&self) -> anyhow::Result<()> {
        let rma: RmaId = "4410023".parse()?;
        let mut request = self.returngo.rma(&rma).context("the seed's third RMA is gone")?;
        for unit in &mut request.items {
            let euros = Money {
                amount: Decimal::new(4650, 2),
                currency: CurrencyCode::new("EUR"),
                shop_amount: None,
                shop_currency: None,
            };
            unit.paid_price = Some(euros);
            unit.paid_tax = None;
        }
        self.returngo.put_rma(request);
        self.approve(&rma).await?;
        self.returngo.refund(&rma, Refund::full())?;
        Ok(())
    }

    /// Brightpearl then records a payment and makes no journal.
    async fn the_books_are_locked(&self) -> anyhow::Result<()> {
        let rma: RmaId = "4410022".parse()?;
        synchronize(self.synchronizer, &rma).await?;
        self.brightpearl.lock_accounting(date(2026, 5, 31));
        self.returngo.refund(&rma, Refund::full())?;
        synchronize(self.synchronizer, &rma).await?;
        self.brightpearl.lock_accounting(None);
        Ok(())
    }

    async fn somebody_leaves_out_the_reference(&self) -> anyhow::Result<()> {
        let rma = self.request("4410104", Bought::Socks)?;
        let credit = self.approve(&rma).await?;
        let refund = self.returngo.refund(&rma, Refund::full())?;
        let payment = self.payment(&rma, credit.id, &refund);
        self.types_in(NewCustomerPayment { transaction_ref: None, ..payment }).await
    }

    async fn a_refund_is_not_recorded_yet(&self) -> anyhow::Result<()> {
        let rma = self.request("4410105", Bought::Socks)?;
        self.approve(&rma).await?;
        self.returngo.refund(&rma, Refund::full())?;
        Ok(())
    }

    fn a_refund_comes_before_the_approval(&self) -> anyhow::Result<()> {
        let rma = self.request("4410106", Bought::Socks)?;
        self.returngo.refund(&rma, Refund::full())?;
        Ok(())
    }

    /// A shopper asks to return one unit of order 300871: a request like that of the mock's first RMA, with one of its items.
    fn request(&self, id: &str, what: Bought) -> anyhow::Result<RmaId> {
        let (rma, seed): (RmaId, RmaId) = (id.parse()?, "4410021".parse()?);
        let mut request: Rma = self.returngo.rma(&seed).context("the seed's first RMA is gone")?;
        let item = match what {
            Bought::Shirt => "5600011",
            Bought::Socks => "5600013",
        };
        request.items.retain(|unit| unit.returned_item_id.as_str() == item);
        let shipment = ShipmentId::new(format!("91{id}"));
        for unit in &mut request.items {
            unit.returned_item_id = ReturnedItemId::new(format!("56{id}"));
            unit.shipment_id = Some(shipment.clone());
        }
        for parcel in &mut request.shipments {
            parcel.shipment_id = shipment.clone();
        }
        request.rma_summary.rma_id = rma.clone();
        request.rma_summary.status = RmaStatus::Pending;
        request.created_at = Some(OffsetDateTime::utc(self.returngo.clock().now()));
        self.returngo.put_rma(request);
        Ok(rma)
    }

    /// Approves an RMA and returns its credit.
    async fn approve(&self, rma: &RmaId) -> anyhow::Result<Order> {
        self.returngo.approve(rma)?;
        synchronize(self.synchronizer, rma).await?;
        let key = keys::credit(rma);
        let credit =
            self.brightpearl.orders().into_iter().find(|order| order.external_ref.as_ref() == Some(&key));
        credit.with_context(|| format!("RMA {rma} has no sales credit"))
    }

    /// Returns the payment that records a refund correctly.
    fn payment(&self, rma: &RmaId, credit: OrderId, refund: &Transaction) -> NewCustomerPayment {
        NewCustomerPayment {
            transaction_ref: Some(keys::refund(rma, &refund.id)),
            payment_method_code: PaymentMethodCode::new("STRIPE_UK"),
            payment_type: PaymentType::Payment,
            order_id: credit,
            currency_iso_code: refund.amount.currency.clone(),
            exchange_rate: None,
            amount_paid: refund.amount.amount,
            payment_date: refund.settled_at(),
            journal_ref: None,
        }
    }

    /// Records a payment as staff would.
    async fn types_in(&self, payment: NewCustomerPayment) -> anyhow::Result<()> {
        self.reader.brightpearl.customer_payments().create(&payment).await?;
        Ok(())
    }
}

enum Bought {
    Shirt,
    Socks,
}
