use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    Client, Error, GoodsInNoteId, IdSet, OrderId,
    accounting::{CustomerPayment, CustomerPaymentSearch},
    order::{Order, OrderNote},
    warehouse::{GoodsInNote, GoodsMovement},
};
use returngo::{Transaction, TransactionType};
use returngo_brightpearl_mapping::{
    CreditClaim, Decision, World, keys,
    settings::{ConnectionSettings, ExistingCredit, RefundRecording},
};

use super::{chunks::ORDERS_A_SEARCH, movements};

/// Adds payments, goods and notes of the credits to worlds that have their orders.
pub(super) async fn read(
    brightpearl: &Client,
    settings: &ConnectionSettings,
    worlds: &mut [World],
) -> Result<(), Error> {
    let relevant: Vec<Vec<OrderId>> = worlds.iter().map(|world| relevant_credits(world, settings)).collect();
    let credits: BTreeSet<OrderId> = relevant.iter().flatten().copied().collect();
    let sales: Vec<BTreeSet<OrderId>> =
        worlds.iter().zip(&relevant).map(|(world, credits)| refunded_sales(world, credits)).collect();
    let paid = credits.iter().chain(sales.iter().flatten()).copied().collect();
    let payments = payments(brightpearl, &paid).await?;
    let goods = goods(brightpearl, &credits).await?;
    for ((world, relevant), sale) in worlds.iter_mut().zip(&relevant).zip(sales) {
        for order in relevant.iter().copied().chain(sale) {
            world.payments.extend(payments.get(&order).into_iter().flatten().cloned());
        }
        for credit in relevant {
            if let Some(goods) = goods.get(credit) {
                world.goods_in_notes.extend(goods.notes.clone());
                world.goods_movements.extend(goods.movements.iter().cloned());
            }
        }
    }
    notes(brightpearl, settings, worlds, &relevant).await
}

/// Returns the credits whose payments and goods the mapping needs: the RMA's own and those that it adopted, or else those of
/// other programs that it may adopt.
fn relevant_credits(world: &World, settings: &ConnectionSettings) -> Vec<OrderId> {
    let key = keys::credit(world.rma.id());
    let reference = |credit: &Order| credit.external_ref.clone().unwrap_or_default();
    let has_adopted = |credit: &Order| {
        let of_rma = |claim: &&CreditClaim| claim.rma_id == *world.rma.id();
        world.claims.iter().filter(of_rma).any(|claim| claim.credit_id == credit.id)
    };
    let is_own = |credit: &&Order| reference(credit) == key || has_adopted(credit);
    let own: Vec<OrderId> = world.credits.iter().filter(is_own).map(|credit| credit.id).collect();
    if !own.is_empty() || settings.existing_credit == ExistingCredit::Create {
        return own;
    }
    let others = world.credits.iter().filter(|credit| is_of_another_program(credit));
    others.map(|credit| credit.id).collect()
}

fn is_of_another_program(credit: &Order) -> bool {
    !credit.external_ref.as_deref().is_some_and(keys::is_credit)
}

/// Returns the sales on which a refund may have been booked by hand, once there is a refund to record. For credits that name
/// no order these are all orders that the RMA may be for.
fn refunded_sales(world: &World, credits: &[OrderId]) -> BTreeSet<OrderId> {
    let is_refund = |transaction: &Transaction| transaction.is_refund() && transaction.happened();
    if credits.is_empty() || !world.rma.transactions.iter().any(is_refund) {
        return BTreeSet::new();
    }
    let candidates = world.order.iter().chain(&world.orders).map(|order| order.id);
    let relevant = world.credits.iter().filter(|credit| credits.contains(&credit.id));
    let names_order = |credit: &Order| credit.parent_order_id.is_some();
    let parents = relevant.clone().filter_map(|credit| credit.parent_order_id);
    if relevant.clone().all(names_order) { parents.collect() } else { parents.chain(candidates).collect() }
}

async fn payments(
    brightpearl: &Client,
    orders: &BTreeSet<OrderId>,
) -> Result<BTreeMap<OrderId, Vec<CustomerPayment>>, Error> {
    let mut found: BTreeMap<OrderId, Vec<CustomerPayment>> = BTreeMap::new();
    for orders in sets(orders) {
        let search = CustomerPaymentSearch::new().orders(&orders);
        for payment in brightpearl.customer_payments().search(search).all().await? {
            if let Some(order) = payment.order_id {
                found.entry(order).or_default().push(payment);
            }
        }
    }
    Ok(found)
}

/// The goods that were received for a credit, and their movements.
#[derive(Default)]
struct Goods {
    notes: BTreeMap<GoodsInNoteId, GoodsInNote>,
    movements: Vec<GoodsMovement>,
}

/// Reads the goods of the credits with receipts: other goods cannot have moved.
async fn goods(brightpearl: &Client, credits: &BTreeSet<OrderId>) -> Result<BTreeMap<OrderId, Goods>, Error> {
    let ids: IdSet<OrderId> = credits.iter().copied().collect();
    let mut goods: BTreeMap<OrderId, Goods> = BTreeMap::new();
    for (id, note) in brightpearl.goods_in_notes().of_orders(&ids).await? {
        goods.entry(note.order_id).or_default().notes.insert(id, note);
    }
    let credit_of: BTreeMap<GoodsInNoteId, OrderId> = goods
        .iter()
        .flat_map(|(credit, goods)| goods.notes.keys().map(move |batch| (*batch, *credit)))
        .collect();
    let batches: BTreeSet<GoodsInNoteId> = credit_of.keys().copied().collect();
    let received: BTreeSet<OrderId> = goods.keys().copied().collect();
    for movement in movements::of(brightpearl, &batches, &received).await?.into_values() {
        let of_batch = movement.batch_id.and_then(|batch| credit_of.get(&batch).copied());
        let named = movement.order_id.filter(|named| Some(*named) != of_batch);
        for credit in of_batch.into_iter().chain(named) {
            if let Some(goods) = goods.get_mut(&credit) {
                goods.movements.push(movement.clone());
            }
        }
    }
    Ok(goods)
}

/// Reads the notes on credits and sales, for the RMAs whose plans need them.
async fn notes(
    brightpearl: &Client,
    settings: &ConnectionSettings,
    worlds: &mut [World],
    relevant: &[Vec<OrderId>],
) -> Result<(), Error> {
    let wanted: Vec<BTreeSet<OrderId>> = worlds
        .iter()
        .zip(relevant)
        .map(|(world, credits)| {
            let sale = world.order.iter().map(|order| order.id);
            let orders = credits.iter().copied().chain(sale);
            if needs_notes(world, credits, settings) { orders.collect() } else { BTreeSet::new() }
        })
        .collect();
    let mut found: BTreeMap<OrderId, Vec<OrderNote>> = BTreeMap::new();
    for order in wanted.iter().flatten().copied().collect::<BTreeSet<_>>() {
        let mut notes = brightpearl.order_notes().list(order).await?;
        notes.iter_mut().for_each(|note| note.order_id = Some(order));
        found.insert(order, notes);
    }
    for (world, wanted) in worlds.iter_mut().zip(&wanted) {
        world.order_notes = wanted.iter().filter_map(|order| found.get(order)).flatten().cloned().collect();
    }
    Ok(())
}

/// Notes are needed where refunds or transactions are noted instead of recorded, for credits of other programs, which RMAs
/// claim with notes, and for payments by the shopper.
fn needs_notes(world: &World, credits: &[OrderId], settings: &ConnectionSettings) -> bool {
    let is_invoice = |kind: &TransactionType| *kind == TransactionType::InvoicePayment;
    let mut of_others = world.credits.iter().filter(|credit| is_of_another_program(credit));
    settings.refunds == RefundRecording::Note
        || settings.existing_credit == ExistingCredit::Adopt
        || of_others.any(|credit| credits.contains(&credit.id))
        || world.decisions.iter().any(|decision| decision.choice == Decision::NOTED)
        || world.rma.transactions.iter().any(|transaction| is_invoice(&transaction.kind))
}

fn sets(orders: &BTreeSet<OrderId>) -> Vec<IdSet<OrderId>> {
    let orders: Vec<OrderId> = orders.iter().copied().collect();
    orders.chunks(ORDERS_A_SEARCH).map(|part| IdSet::of(part.iter().copied())).collect()
}
