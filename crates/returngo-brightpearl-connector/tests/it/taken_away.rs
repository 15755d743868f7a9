//! What was written once and then was taken away by a person.

use returngo::{Comment, RmaId};
use returngo_brightpearl_connector::store::JobState;
use returngo_brightpearl_mapping::keys;

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

/// Comments that the connector wrote.
fn comments(shop: &Shop, rma: &RmaId) -> usize {
    shop.scene.returngo.rma(rma).unwrap().comments.iter().filter(is_ours).count()
}

fn is_ours(comment: &&Comment) -> bool {
    keys::mentioned(&comment.html_text).next().is_some()
}

/// Somebody deletes the connector's comments.
fn delete_comments(shop: &Shop, rma: &RmaId) {
    let mut shown = shop.scene.returngo.rma(rma).unwrap();
    shown.comments.retain(|comment| !is_ours(&comment));
    shop.scene.returngo.put_rma(shown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_that_was_deleted_is_not_written_again_and_nobody_is_asked() {
    let shop = Shop::open(1).await;
    let rma = received(&shop).await;
    delete_comments(&shop, &rma);
    let (_, read) = shop.requests();
    shop.hear_of(&rma).await;
    shop.work().await;
    let item = shop.item(&rma).await;
    assert_eq!((item.state, item.failures, item.last_error), (JobState::InSync, 0, None));
    assert_eq!(comments(&shop, &rma), 0);
    assert_eq!(shop.requests().1, read + 1, "the RMA is read once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_comment_an_rma_goes_on_to_its_end() {
    let shop = Shop::open(1).await;
    let rma = received(&shop).await;
    delete_comments(&shop, &rma);
    shop.scene.refund(&rma).unwrap();
    shop.hear_of(&rma).await;
    shop.work().await;
    assert_eq!(shop.item(&rma).await.state, JobState::InSync);
    assert_eq!(shop.scene.lost(), 0);
    assert_eq!(comments(&shop, &rma), 0);
}
