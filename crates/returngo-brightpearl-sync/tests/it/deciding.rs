//! Reviews of a whole return, answered: what is written then over HTTP, and what is not.

use std::sync::Arc;

use brightpearl::{
    OrderId,
    order::{NewCreditRow, NewOrderNote, NewSalesCredit},
};
use returngo::{RmaId, ShopOrderId};
use returngo_brightpearl_mapping::{ConnectionSettings, Decision, Review, ReviewCode};
use returngo_brightpearl_sync::{MemoryJournal, Synced, Synchronizer};
use returngo_mock::Refund;
use rust_decimal_macros::dec;
use serde_json::json;

use crate::systems::Systems;

struct Shop {
    systems: Systems,
    synchronizer: Synchronizer,
    journal: Arc<MemoryJournal>,
    rma: RmaId,
}

impl Shop {
    /// With these settings besides the least ones.
    async fn open(more: serde_json::Value) -> Self {
        let systems = Systems::start().await;
        systems.brightpearl.set_throttle(None);
        let mut settings = json!({"account_id": "acmeoutdoors", "refund_method_code": "1210"});
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let settings = ConnectionSettings::from_json(&settings.to_string()).unwrap();
        let journal = Arc::new(MemoryJournal::default());
        let synchronizer = Synchronizer::new(systems.to_brightpearl(), systems.to_returngo(), settings)
            .with_journal(Arc::<MemoryJournal>::clone(&journal));
        Self { systems, synchronizer, journal, rma: "4410021".parse().unwrap() }
    }

    async fn sync(&self) -> Synced {
        self.synchronizer.sync(&self.rma).await.unwrap()
    }

    /// The only open review, which has this code.
    async fn review(&self, code: ReviewCode) -> Review {
        let mut reviews = self.sync().await.reviews;
        let review = reviews.pop().unwrap();
        assert!(reviews.is_empty() && review.code == code, "{review:#?} {reviews:#?}");
        review
    }

    async fn answer(&self, code: ReviewCode, choice: &str) -> Synced {
        let review = self.review(code).await;
        for decision in Decision::answering(&review, choice, "dana") {
            self.journal.decide(self.rma.clone(), decision);
        }
        self.sync().await
    }

    fn credits(&self) -> Vec<Option<String>> {
        let credits = self.systems.brightpearl.orders().into_iter().filter(|order| order.is_sales_credit());
        credits.map(|credit| credit.external_ref).collect()
    }

    fn approve(&self) {
        self.systems.returngo.approve(&self.rma).unwrap();
    }

    fn credit(&self) -> OrderId {
        let key = format!("RGO-{}", self.rma);
        self.systems.brightpearl.credits_by_external_ref()[&key][0]
    }
}

#[tokio::test]
async fn an_order_that_no_search_finds_is_read_by_its_id_once_it_is_chosen() {
    let shop = Shop::open(json!({})).await;
    let mut renamed = shop.systems.returngo.rma(&shop.rma).unwrap();
    renamed.order_details.order_name = Some("AC9999".to_owned());
    renamed.rma_summary.order_name = Some("AC9999".to_owned());
    renamed.order_details.order_id = Some(ShopOrderId::new("7999999999999"));
    shop.systems.returngo.put_rma(renamed);
    shop.approve();
    let nowhere = shop.answer(ReviewCode::OrderNotFound, "order:999999").await;
    assert!(nowhere.applied.is_empty());
    assert!(nowhere.reviews[0].message.contains("999999 is not a sales order"), "{:#?}", nowhere.reviews);
    let credited = shop.answer(ReviewCode::OrderNotFound, "order:300871").await;
    assert!(credited.reviews.is_empty(), "{:#?}", credited.reviews);
    assert_eq!(shop.credits(), [Some("RGO-4410021".to_owned())]);
}

#[tokio::test]
async fn a_refund_in_a_locked_period_is_recorded_on_the_first_open_day_when_that_is_chosen() {
    let shop = Shop::open(json!({})).await;
    shop.approve();
    let _ = shop.sync().await;
    shop.systems.returngo.refund(&shop.rma, Refund::of(dec!(40))).unwrap();
    let now = shop.systems.returngo.clock().now().to_zoned(jiff::tz::TimeZone::UTC);
    shop.systems.brightpearl.lock_accounting(now.date());
    // The configuration of the account was read before the lock.
    let settings = shop.synchronizer.settings().clone();
    let (brightpearl, returngo) = (shop.systems.to_brightpearl(), shop.systems.to_returngo());
    let journal = Arc::<MemoryJournal>::clone(&shop.journal);
    let synchronizer = Synchronizer::new(brightpearl, returngo, settings).with_journal(journal);
    let shop = Shop { synchronizer, ..shop };
    let recorded = shop.answer(ReviewCode::PeriodLocked, "open-day").await;
    assert!(recorded.reviews.is_empty(), "{:#?}", recorded.reviews);
    let payments = shop.systems.brightpearl.payments_on(shop.credit());
    let dates: Vec<_> = payments.iter().map(|payment| payment.payment_date.unwrap().date()).collect();
    assert_eq!(dates, [now.date().tomorrow().unwrap()]);
}

#[tokio::test]
async fn a_credit_that_was_closed_and_uninvoiced_is_not_closed_again() {
    let shop = Shop::open(json!({"close_credit": "when_refunded"})).await;
    shop.approve();
    let _ = shop.sync().await;
    shop.systems.returngo.refund(&shop.rma, Refund::full()).unwrap();
    let closed = shop.sync().await;
    assert!(closed.applied.iter().any(|applied| applied.key() == "RGO-4410021-close"), "{closed:#?}");
    shop.systems.brightpearl.uninvoice(shop.credit()).unwrap();
    let again = shop.sync().await;
    assert!(again.applied.is_empty() && again.reviews.is_empty(), "{again:#?}");
    assert!(!shop.systems.brightpearl.order(shop.credit()).unwrap().is_closed());
}

#[tokio::test]
async fn a_credit_of_another_program_is_adopted_unless_another_rma_claims_it() {
    for claimed in [false, true] {
        let shop = Shop::open(json!({})).await;
        shop.approve();
        let client = shop.systems.to_brightpearl();
        let order = shop.systems.brightpearl.order(OrderId::new(300_871)).unwrap();
        let customer = order.parties.customer.and_then(|party| party.contact_id).unwrap();
        let by_hand = NewSalesCredit {
            parent_id: Some(order.id),
            rows: vec![NewCreditRow::free_text("Returned goods", "T20", dec!(10), dec!(2))],
            ..NewSalesCredit::for_customer(customer)
        };
        let credit = client.sales_credits().create(&by_hand).await.unwrap().id;
        if claimed {
            let note =
                NewOrderNote::new("ReturnGO RMA 4410055 adopted this sales credit. [RGO-4410055-adopted]");
            client.order_notes().create(credit, &note).await.unwrap();
        }
        let review = shop.review(ReviewCode::ForeignCredit).await;
        let adopts = format!("adopt:{credit}");
        let is_offered = review.choices.iter().any(|choice| choice.id == adopts);
        assert_eq!(is_offered, !claimed, "{review:#?}");
        let adopted = shop.answer(ReviewCode::ForeignCredit, &adopts).await;
        let notes = shop.systems.brightpearl.notes_of(credit);
        let is_noted = notes.iter().any(|note| note.text.contains("RGO-4410021-adopted"));
        assert_eq!((is_noted, shop.credits().len()), (!claimed, 1), "{adopted:#?}");
    }
}

#[tokio::test]
async fn a_transaction_that_is_noted_as_decided_is_noted_once_and_read_again() {
    let shop = Shop::open(json!({})).await;
    shop.approve();
    let _ = shop.sync().await;
    let captured = Refund::of(dec!(5)).kind(returngo::TransactionType::Other("PaymentCapture".to_owned()));
    shop.systems.returngo.refund(&shop.rma, captured).unwrap();
    let noted = shop.answer(ReviewCode::UnknownTransaction, "note").await;
    assert_eq!(noted.applied.len(), 1, "{noted:#?}");
    // A program that was started anew has the decision, and no record of its writes.
    let decisions = shop.synchronizer.world(&shop.rma).await.unwrap().decisions;
    let journal = MemoryJournal::default();
    decisions.into_iter().for_each(|decision| journal.decide(shop.rma.clone(), decision));
    let restarted = shop.synchronizer.clone().with_journal(Arc::new(journal));
    let again = restarted.sync(&shop.rma).await.unwrap();
    assert!(again.applied.is_empty() && again.reviews.is_empty(), "{again:#?}");
    assert_eq!(shop.systems.brightpearl.notes_of(shop.credit()).len(), 1);
}
