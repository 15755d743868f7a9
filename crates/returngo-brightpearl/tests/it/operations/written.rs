//! What `serve` logs of what it writes.

use returngo::{RmaId, TransactionType};
use returngo_brightpearl_mapping::ConnectionSettings;
use returngo_mock::Refund;
use rust_decimal::Decimal;

use super::site::{Serving, Site, eventually};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_write_is_logged_once_with_what_it_is_about() {
    let site = Site::of(1).await;
    let rma = site.scene.rmas[0].clone();
    let serving = site.serve(&[]).await;
    site.scene.approve(&rma).unwrap();
    eventually("the approved RMA has its credit", || async { site.scene.credit(&rma).is_ok() }).await;
    site.scene.refund(&rma).unwrap();
    eventually("the refund is recorded", || async { site.scene.lost() == 0 }).await;
    let said = |message: &str| {
        let log = serving.log();
        log.lines().filter(|line| line.contains(message)).map(str::to_owned).collect::<Vec<_>>()
    };
    eventually("it is logged", || async { !said(": payment recorded").is_empty() }).await;

    let credit = site.scene.credit(&rma).unwrap();
    let created = said(": sales credit created");
    assert_eq!(created.len(), 1, "{created:?}");
    let fields = [
        format!("connection={}", site.connection),
        format!("rma={rma}"),
        format!("credit={} ", credit.id),
        "gross=".to_owned(),
        "currency=GBP".to_owned(),
    ];
    for field in &fields {
        assert!(created[0].contains(field), "{field}: {}", created[0]);
    }
    assert!(created[0].contains(" INFO "), "{}", created[0]);
    let recorded = said(": payment recorded");
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    for field in [&fields[0], &fields[1], &format!("credit={}", credit.id), &"amount=".to_owned()] {
        assert!(recorded[0].contains(field), "{field}: {}", recorded[0]);
    }
}

/// Whether exactly one line has this message, at info, with the connection, the RMA, a key and these fields.
fn is_told_once(serving: &Serving, message: &str, rma: &RmaId, fields: &[&str]) -> bool {
    let log = serving.log();
    let of_rma = format!("rma={rma} ");
    let lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains(&format!(": {message} ")) && line.contains(&of_rma))
        .collect();
    let told = |line: &&str| {
        line.contains(" INFO ")
            && line.contains("connection=acmeoutdoors")
            && line.contains("key=")
            && fields.iter().all(|field| line.contains(field))
    };
    lines.len() == 1 && lines.iter().all(told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_write_is_logged_with_its_connection_rma_and_ids() {
    let site = Site::of(2).await;
    let [whole, without_parcel] = &site.scene.rmas[..] else { panic!("two RMAs") };
    let mut shown = site.scene.returngo.rma(without_parcel).unwrap();
    shown.shipments.clear();
    shown.items.iter_mut().for_each(|item| item.shipment_id = None);
    site.scene.returngo.put_rma(shown);
    let mut configuration = site.scene.configuration().unwrap();
    configuration.settings = ConnectionSettings::from_json(
        r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210", "customer_reference_prefix": "RMA",
            "adjustments": {"nominal_code": "4000", "tax_code": "T20"}, "close_credit": "when_both",
            "complete_status_id": 11, "field_map": {"customFields.PCF_RETURN": "'a return'"}}"#,
    )
    .unwrap();
    site.registry.put(&site.connection, &configuration).await.unwrap();
    let serving = site.serve(&[]).await;
    let told = async |message: &'static str, rma: &RmaId, fields: &[&str]| {
        eventually(message, || async { is_told_once(&serving, message, rma, fields) }).await;
    };

    site.scene.approve(whole).unwrap();
    told("sales credit created", whole, &["credit=", "gross=", "currency=GBP"]).await;
    let credit = site.scene.credit(whole).unwrap();
    let credit_is = format!("credit={} ", credit.id);
    told("custom fields set", whole, &[&credit_is]).await;
    let above = credit.total_value.unwrap().total + Decimal::ONE;
    site.scene.returngo.refund(whole, Refund::of(above)).unwrap();
    told("credit row added", whole, &[&credit_is, "net="]).await;
    let amount = format!("amount={}", above.normalize());
    told("payment recorded", whole, &[&credit_is, "payment=", &amount, "currency=GBP", "method=STRIPE_UK"])
        .await;
    let invoice = Refund::of(Decimal::ONE).kind(TransactionType::InvoicePayment);
    site.scene.returngo.refund(whole, invoice).unwrap();
    told("order note added", whole, &["order="]).await;
    site.scene.receive(whole).await.unwrap();
    told("shipment updated", whole, &["shipment=", "status=Received"]).await;
    told("RMA comment added", whole, &[]).await;
    told("sales credit closed", whole, &[&credit_is]).await;
    told("credit status set", whole, &[&credit_is, "status=11"]).await;

    site.scene.approve(without_parcel).unwrap();
    told("sales credit created", without_parcel, &[]).await;
    site.scene.receive(without_parcel).await.unwrap();
    told("RMA status set", without_parcel, &["status=Received"]).await;
}
