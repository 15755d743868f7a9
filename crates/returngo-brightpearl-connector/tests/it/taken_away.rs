//! What was written once and then was taken away by a person.

use returngo::RmaId;
use returngo_brightpearl_connector::ledger::WorkState;

use crate::support::Shop;

/// An RMA whose goods were received, as its comment says.
async fn received(shop: &Shop) -> RmaId {
    let rma = shop.scene.rmas[0].clone();
    shop.scene.approve(&rma).unwrap();
    shop.work().await;
    shop.scene.receive(&rma).await.unwrap();
    shop.hear_of(&rma).await;
    shop.work().await;
    assert_eq!(comments(shop, &rma), 1);
    rma
}

fn comments(shop: &Shop, rma: &RmaId) -> usize {
    shop.scene.returngo.rma(rma).unwrap().comments.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_that_was_deleted_is_not_written_again_and_nobody_is_asked() {
    let shop = Shop::open(1).await;
    let rma = received(&shop).await;
    let mut shown = shop.scene.returngo.rma(&rma).unwrap();
    shown.comments.clear();
    shop.scene.returngo.put_rma(shown);
    let (_, read) = shop.requests();
    shop.hear_of(&rma).await;
    shop.work().await;
    let item = shop.item(&rma).await;
    assert_eq!((item.state, item.failures, item.last_error), (WorkState::InStep, 0, None));
    assert_eq!(comments(&shop, &rma), 0);
    assert_eq!(shop.requests().1, read + 1, "the RMA is read once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_comment_an_rma_goes_on_to_its_end() {
    let shop = Shop::open(1).await;
    let rma = received(&shop).await;
    let mut shown = shop.scene.returngo.rma(&rma).unwrap();
    shown.comments.clear();
    shop.scene.returngo.put_rma(shown);
    shop.scene.refund(&rma).unwrap();
    shop.hear_of(&rma).await;
    shop.work().await;
    assert_eq!(shop.item(&rma).await.state, WorkState::InStep);
    assert_eq!(shop.scene.lost(), 0);
    assert_eq!(comments(&shop, &rma), 0);
}
