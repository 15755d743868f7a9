//! What requests look for by something else than an id, so that an account of 100,000 orders answers as fast as
//! a small one.

use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    GoodsInNoteId, InstanceId, LocationId, OrderId, PaymentId, PaymentMethodCode, ProductId, WarehouseId,
    accounting::CustomerPayment,
    order::{Order, OrderTypeCode},
    warehouse::GoodsInNote,
};

use crate::{state::Account, warehouse::BatchStock};

/// Where things are, by what they are looked for.
#[derive(Default)]
pub(crate) struct Index {
    orders_by_key: BTreeMap<(String, InstanceId), Vec<OrderId>>,
    payments_by_order: BTreeMap<OrderId, Vec<PaymentId>>,
    /// Transaction reference and method code, the latter in capitals.
    payment_keys: BTreeSet<(String, String)>,
    notes_by_order: BTreeMap<OrderId, Vec<GoodsInNoteId>>,
    batch_references: BTreeSet<String>,
    pub(crate) stock: BTreeMap<(LocationId, ProductId), BTreeMap<GoodsInNoteId, BatchStock>>,
    /// Without what is in quarantine.
    pub(crate) on_hand: BTreeMap<(ProductId, WarehouseId), i64>,
}

impl Account {
    pub(crate) fn insert_order(&mut self, order: Order) {
        if let Some(key) = order.external_ref.clone().zip(order.installed_integration_instance_id) {
            self.index.orders_by_key.entry(key).or_default().push(order.id);
        }
        self.orders.insert(order.id, order);
    }

    /// The order of this type under the same external reference and instance.
    pub(crate) fn order_with_key(
        &self,
        kind: &OrderTypeCode,
        external_ref: &str,
        instance: InstanceId,
    ) -> Option<OrderId> {
        let found = self.index.orders_by_key.get(&(external_ref.to_owned(), instance))?;
        let of_kind =
            |id: &&OrderId| self.orders.get(*id).is_some_and(|order| order.order_type_code == *kind);
        found.iter().find(of_kind).copied()
    }

    pub(crate) fn insert_payment(&mut self, payment: CustomerPayment) {
        if let Some(order) = payment.order_id {
            self.index.payments_by_order.entry(order).or_default().push(payment.payment_id);
        }
        self.index.payment_keys.extend(payment_key(&payment));
        self.payments.insert(payment.payment_id, payment);
    }

    pub(crate) fn remove_payment(&mut self, id: PaymentId) -> Option<CustomerPayment> {
        let payment = self.payments.remove(&id)?;
        if let Some(payments) =
            payment.order_id.and_then(|order| self.index.payments_by_order.get_mut(&order))
        {
            payments.retain(|other| *other != id);
        }
        if let Some(key) = payment_key(&payment) {
            self.index.payment_keys.remove(&key);
        }
        Some(payment)
    }

    pub(crate) fn payments_on(&self, order: OrderId) -> impl Iterator<Item = &CustomerPayment> {
        let ids = self.index.payments_by_order.get(&order).into_iter().flatten();
        ids.filter_map(|id| self.payments.get(id))
    }

    pub(crate) fn has_payment(&self, transaction_ref: &str, method: &PaymentMethodCode) -> bool {
        self.index.payment_keys.contains(&key(transaction_ref, method))
    }

    pub(crate) fn insert_goods_in_note(&mut self, id: GoodsInNoteId, note: GoodsInNote) {
        self.index.notes_by_order.entry(note.order_id).or_default().push(id);
        self.index.batch_references.extend(note.user_batch_reference.clone());
        self.goods_in_notes.insert(id, note);
    }

    pub(crate) fn goods_in_notes_of(&self, order: OrderId) -> impl Iterator<Item = &GoodsInNote> {
        let ids = self.index.notes_by_order.get(&order).into_iter().flatten();
        ids.filter_map(|id| self.goods_in_notes.get(id))
    }

    pub(crate) fn has_batch_reference(&self, reference: &str) -> bool {
        self.index.batch_references.contains(reference)
    }
}

fn payment_key(payment: &CustomerPayment) -> Option<(String, String)> {
    Some(key(payment.transaction_ref.as_ref()?, payment.payment_method_code.as_ref()?))
}

/// Method codes are the same in any case.
fn key(transaction_ref: &str, method: &PaymentMethodCode) -> (String, String) {
    (transaction_ref.to_owned(), method.as_str().to_uppercase())
}
