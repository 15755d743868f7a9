//! Finding the refunds of a period, whichever system knows of them.

use brightpearl::{
    OffsetDateTime, PaymentMethodCode,
    accounting::{NewCustomerPayment, PaymentType},
};
use jiff::{Timestamp, civil::date};
use returngo::{Rma, RmaId, TransactionId};
use returngo_brightpearl_mapping::{
    Effect, keys, plan,
    reconcile::{Days, LineCode, Report},
};
use returngo_brightpearl_sync::Reader;
use returngo_mock::Refund;
use rust_decimal_macros::dec;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::systems::{Systems, settings};

struct Shop {
    systems: Systems,
    reader: Reader,
}

impl Shop {
    /// It is the 18th of May, and RMA 4410021 is approved and has its credit.
    async fn open() -> Self {
        let systems = Systems::start().await;
        systems.brightpearl.set_throttle(None);
        let reader = Reader::new(systems.to_brightpearl(), systems.to_returngo(), settings()).await.unwrap();
        let shop = Self { systems, reader };
        shop.it_is("2026-05-18T09:30:00Z");
        shop.systems.returngo.approve(&rma()).unwrap();
        shop.apply().await;
        shop
    }

    fn it_is(&self, time: &str) {
        let time: Timestamp = time.parse().unwrap();
        self.systems.brightpearl.set_clock(time);
        self.systems.returngo.clock().set(Some(time));
    }

    /// Creates the credit and records refunds, as the plan says.
    async fn apply(&self) {
        let plan = plan(&self.reader.world(&rma()).await.unwrap(), &self.reader.settings);
        for effect in plan.effects {
            match effect {
                Effect::CreateSalesCredit { body, .. } => {
                    self.reader.brightpearl.sales_credits().create(&body).await.unwrap();
                }
                Effect::RecordPayment { body, .. } => {
                    self.reader.brightpearl.customer_payments().create(&body).await.unwrap();
                }
                other => panic!("{other:?}"),
            }
        }
    }

    async fn report(&self, from: Option<i8>, to: Option<i8>) -> Report {
        let [from, to] = [from, to].map(|day| day.map(|day| date(2026, 5, day)));
        self.reader.reconcile(Days::new(from, to).unwrap()).await.unwrap()
    }
}

fn rma() -> RmaId {
    "4410021".parse().unwrap()
}

fn codes(report: &Report) -> Vec<LineCode> {
    report.lines.iter().map(|line| line.code).filter(|code| *code != LineCode::GoodsOutstanding).collect()
}

#[tokio::test]
async fn a_recorded_refund_is_found_by_its_payment_and_matches_its_journal() {
    let shop = Shop::open().await;
    shop.systems.returngo.refund(&rma(), Refund::of(dec!(40))).unwrap();
    shop.apply().await;
    let report = shop.report(Some(18), Some(18)).await;
    assert_eq!(codes(&report), [LineCode::Matched]);
    assert_eq!(report.totals[0].recorded, dec!(40.00));
    assert!(report.lines[0].journal_id.is_some());
    assert!(shop.report(Some(19), None).await.lines.is_empty());
    assert!(shop.report(None, Some(17)).await.lines.is_empty());
}

#[tokio::test]
async fn a_refund_that_brightpearl_does_not_have_is_found_among_many_rmas() {
    let shop = Shop::open().await;
    let template: Rma = shop.systems.returngo.rma(&rma()).unwrap();
    for number in 0..250 {
        let mut other = template.clone();
        other.rma_summary.rma_id = format!("45{number:05}").parse().unwrap();
        other.transactions.clear();
        shop.systems.returngo.put_rma(other);
    }
    shop.systems.returngo.refund(&rma(), Refund::of(dec!(40))).unwrap();
    let before = shop.systems.returngo.requests().total();
    let report = shop.report(Some(18), None).await;
    assert_eq!(codes(&report), [LineCode::MissingInBrightpearl]);
    assert_eq!(report.lines[0].rma_id, rma());
    // 251 RMAs, one of them asked about by halves: 1 list of refunds, 1 of RMAs, 3 groups, halving, and the RMA.
    let asked = shop.systems.returngo.requests().total() - before;
    assert!(asked <= 24, "{asked} requests to ReturnGO");
}

#[tokio::test]
async fn a_payment_that_returngo_does_not_have_is_found_by_its_credit() {
    let shop = Shop::open().await;
    let credit = shop.reader.world(&rma()).await.unwrap().credits.remove(0);
    let time: Timestamp = "2026-05-18T09:30:00Z".parse().unwrap();
    let by_hand = NewCustomerPayment {
        transaction_ref: Some("typed by hand".to_owned()),
        payment_method_code: PaymentMethodCode::new("STRIPE_UK"),
        payment_type: PaymentType::Payment,
        order_id: credit.id,
        currency_iso_code: "GBP".into(),
        exchange_rate: None,
        amount_paid: dec!(12.50),
        payment_date: OffsetDateTime::utc(time),
        journal_ref: None,
    };
    shop.reader.brightpearl.customer_payments().create(&by_hand).await.unwrap();
    assert_eq!(codes(&shop.report(None, None).await), [LineCode::MissingInReturngo]);
}

#[tokio::test]
async fn a_refund_that_was_made_on_one_day_and_recorded_on_another_is_the_first_day_s() {
    let shop = Shop::open().await;
    let refund = shop.systems.returngo.refund(&rma(), Refund::of(dec!(40))).unwrap();
    shop.it_is("2026-05-20T09:30:00Z");
    shop.apply().await;
    let recorded = shop.systems.brightpearl.payments().into_iter().find(|payment| {
        payment.transaction_ref.as_deref() == Some(keys::refund(&rma(), &refund.id).as_str())
    });
    assert!(recorded.is_some());
    assert_eq!(codes(&shop.report(Some(18), Some(18)).await), [LineCode::Matched]);
    assert!(shop.report(Some(19), Some(20)).await.lines.is_empty());
}

/// From now on this path of a server answers so, but for questions about certain RMAs.
async fn answer(server: &MockServer, at: &'static str, body: Value) {
    Mock::given(move |request: &Request| {
        let of_rmas = request.url.query().is_some_and(|query| query.contains("rma_ids"));
        request.url.path().ends_with(at) && !of_rmas
    })
    .respond_with(ResponseTemplate::new(200).set_body_json(body))
    .with_priority(1)
    .mount(server)
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_the_rest_is_reconciled() {
    let shop = Shop::open().await;
    shop.systems.returngo.refund(&rma(), Refund::of(dec!(40))).unwrap();
    shop.apply().await;
    let mut odd = shop.systems.returngo.rma(&rma()).unwrap();
    odd.rma_summary.rma_id = "4410099".parse().unwrap();
    odd.transactions.iter_mut().for_each(|transaction| transaction.id = TransactionId::new("990099"));
    shop.systems.returngo.put_rma(odd);
    answer(shop.systems.returngo.server(), "/rma/4410099", json!({"rma": {"rmaId": "4410099", "items": 7}}))
        .await;
    let report = shop.report(None, None).await;
    assert_eq!(codes(&report), [LineCode::Matched]);
    let left_out =
        |report: &Report| -> Vec<String> { report.unreconciled.iter().map(ToString::to_string).collect() };
    let [of_rma] = &left_out(&report)[..] else { panic!("{report:?}") };
    assert!(of_rma.starts_with("RMA 4410099: RMA 4410099 cannot be read"), "{of_rma}");
    assert!(report.to_string().contains("Not reconciled: 1;"), "{report}");
}

#[tokio::test]
async fn a_transaction_that_cannot_be_read_or_has_no_rma_is_named() {
    let shop = Shop::open().await;
    shop.systems.returngo.refund(&rma(), Refund::of(dec!(40))).unwrap();
    shop.apply().await;
    let recorded = shop.systems.returngo.rma(&rma()).unwrap().transactions.remove(0);
    let mut without_rma = recorded.clone();
    without_rma.id = TransactionId::new("990100");
    let rows = json!({"transactions": [recorded, without_rma, {"transactionId": "990101", "amount": {}}]});
    answer(shop.systems.returngo.server(), "/transactions", rows).await;
    let report = shop.report(None, None).await;
    assert_eq!(codes(&report), [LineCode::Matched]);
    let left_out: Vec<String> = report.unreconciled.iter().map(ToString::to_string).collect();
    let said = left_out.join("; ");
    assert!(said.contains("refund 990100 in ReturnGO belongs to no RMA"), "{said}");
    assert!(said.contains("transactions in ReturnGO: row 3"), "{said}");
}
