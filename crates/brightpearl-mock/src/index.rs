//! Indexes of objects by everything but their id, so that an account with 100,000 orders answers as fast as a small
//! one.

use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    ContactId, GoodsInNoteId, InstanceId, OffsetDateTime, OrderId, PaymentId, PaymentMethodCode,
    accounting::CustomerPayment,
    order::Order,
    warehouse::{GoodsInNote, GoodsMovement},
};
use jiff::Timestamp;

use crate::search::Period;

/// The indexes of an account.
#[derive(Default)]
pub(crate) struct Index {
    orders_by_key: BTreeMap<(String, InstanceId), Vec<OrderId>>,
    orders_by_parent: BTreeMap<OrderId, BTreeSet<OrderId>>,
    orders_by_contact: BTreeMap<ContactId, BTreeSet<OrderId>>,
    /// By every reference that an order ever had. Searches check the order again.
    orders_by_reference: BTreeMap<String, BTreeSet<OrderId>>,
    orders_by_external_ref: BTreeMap<String, BTreeSet<OrderId>>,
    orders_by_type: BTreeMap<Option<u64>, BTreeSet<OrderId>>,
    orders_by_update: BTreeSet<(Timestamp, OrderId)>,
    orders_by_creation: BTreeSet<(Timestamp, OrderId)>,
    movements: BTreeMap<(MovementKey, u64), Vec<usize>>,
    payments_by_order: BTreeMap<OrderId, Vec<PaymentId>>,
    /// Transaction reference and method code, the latter in upper case.
    payment_keys: BTreeSet<(String, String)>,
    notes_by_order: BTreeMap<OrderId, Vec<GoodsInNoteId>>,
    batch_references: BTreeSet<String>,
}

/// What goods movements are indexed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MovementKey {
    Batch,
    Note,
    Order,
}

impl Index {
    pub(crate) fn children(&self, parent: OrderId) -> impl Iterator<Item = OrderId> {
        self.orders_by_parent.get(&parent).into_iter().flatten().copied()
    }

    pub(crate) fn orders_of(&self, contact: ContactId) -> impl Iterator<Item = OrderId> {
        self.orders_by_contact.get(&contact).into_iter().flatten().copied()
    }

    pub(crate) fn orders_with_reference(&self, reference: &str) -> impl Iterator<Item = OrderId> {
        self.orders_by_reference.get(reference).into_iter().flatten().copied()
    }

    pub(crate) fn orders_with_external_ref(&self, external_ref: &str) -> impl Iterator<Item = OrderId> {
        self.orders_by_external_ref.get(external_ref).into_iter().flatten().copied()
    }

    /// Returns the orders of a type, given by its number in searches.
    pub(crate) fn orders_of_type(&self, search_id: u64) -> impl Iterator<Item = OrderId> {
        self.orders_by_type.get(&Some(search_id)).into_iter().flatten().copied()
    }

    pub(crate) fn updated(&self, period: Period) -> impl Iterator<Item = OrderId> {
        within(&self.orders_by_update, period)
    }

    pub(crate) fn created(&self, period: Period) -> impl Iterator<Item = OrderId> {
        within(&self.orders_by_creation, period)
    }

    /// The orders of all types with this external reference and instance.
    pub(crate) fn orders_with_key(
        &self,
        external_ref: &str,
        instance: InstanceId,
    ) -> impl Iterator<Item = OrderId> {
        self.orders_by_key.get(&(external_ref.to_owned(), instance)).into_iter().flatten().copied()
    }

    pub(crate) fn insert_order(&mut self, order: &Order) {
        let id = order.id;
        if let Some(key) = order.external_ref.clone().zip(order.installed_integration_instance_id) {
            self.orders_by_key.entry(key).or_default().push(id);
        }
        if let Some(external_ref) = order.external_ref.clone() {
            self.orders_by_external_ref.entry(external_ref).or_default().insert(id);
        }
        if let Some(parent) = order.parent_order_id {
            self.orders_by_parent.entry(parent).or_default().insert(id);
        }
        if let Some(created) = order.created_on {
            self.orders_by_creation.insert((created.timestamp(), id));
        }
        self.orders_by_type.entry(order.order_type_code.search_id()).or_default().insert(id);
        self.replace_order(order);
    }

    /// Adds the reference and the contact that an order has now.
    pub(crate) fn replace_order(&mut self, order: &Order) {
        let party = order.parties.customer.as_ref().or(order.parties.supplier.as_ref());
        if let Some(contact) = party.and_then(|party| party.contact_id) {
            self.orders_by_contact.entry(contact).or_default().insert(order.id);
        }
        self.orders_by_reference.entry(order.reference.clone()).or_default().insert(order.id);
    }

    pub(crate) fn replace_update(
        &mut self,
        id: OrderId,
        before: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) {
        if let Some(before) = before {
            self.orders_by_update.remove(&(before.timestamp(), id));
        }
        self.orders_by_update.insert((now.timestamp(), id));
    }

    /// Removes a deleted order; its key is available again.
    pub(crate) fn remove_order(&mut self, id: OrderId) {
        for ids in self.orders_by_key.values_mut() {
            ids.retain(|other| *other != id);
        }
        for ids in self.orders_by_parent.values_mut().chain(self.orders_by_type.values_mut()) {
            ids.remove(&id);
        }
        self.orders_by_update.retain(|(_, other)| *other != id);
        self.orders_by_creation.retain(|(_, other)| *other != id);
    }

    /// The positions of movements in the account's list.
    pub(crate) fn movements(&self, key: MovementKey, id: u64) -> impl Iterator<Item = &usize> {
        self.movements.get(&(key, id)).into_iter().flatten()
    }

    /// Adds the movement at this position in the account's list.
    pub(crate) fn insert_movement(&mut self, position: usize, movement: &GoodsMovement) {
        let keys = [
            (MovementKey::Batch, movement.batch_id.map(|id| id.get())),
            (MovementKey::Note, movement.goods_note_id.map(|id| id.get())),
            (MovementKey::Order, movement.order_id.map(|id| id.get())),
        ];
        for (key, id) in keys {
            if let Some(id) = id {
                self.movements.entry((key, id)).or_default().push(position);
            }
        }
    }

    pub(crate) fn payments_on(&self, order: OrderId) -> impl Iterator<Item = PaymentId> {
        self.payments_by_order.get(&order).into_iter().flatten().copied()
    }

    pub(crate) fn has_payment(&self, transaction_ref: &str, method: &PaymentMethodCode) -> bool {
        self.payment_keys.contains(&key(transaction_ref, method))
    }

    pub(crate) fn insert_payment(&mut self, payment: &CustomerPayment) {
        if let Some(order) = payment.order_id {
            self.payments_by_order.entry(order).or_default().push(payment.payment_id);
        }
        self.payment_keys.extend(payment_key(payment));
    }

    pub(crate) fn remove_payment(&mut self, payment: &CustomerPayment) {
        if let Some(payments) = payment.order_id.and_then(|order| self.payments_by_order.get_mut(&order)) {
            payments.retain(|other| *other != payment.payment_id);
        }
        if let Some(key) = payment_key(payment) {
            self.payment_keys.remove(&key);
        }
    }

    pub(crate) fn goods_in_notes_of(&self, order: OrderId) -> impl Iterator<Item = GoodsInNoteId> {
        self.notes_by_order.get(&order).into_iter().flatten().copied()
    }

    pub(crate) fn has_batch_reference(&self, reference: &str) -> bool {
        self.batch_references.contains(reference)
    }

    pub(crate) fn insert_goods_in_note(&mut self, id: GoodsInNoteId, note: &GoodsInNote) {
        self.notes_by_order.entry(note.order_id).or_default().push(id);
        self.batch_references.extend(note.user_batch_reference.clone());
    }
}

/// Both ends are included, because searches check the order again.
fn within(times: &BTreeSet<(Timestamp, OrderId)>, period: Period) -> impl Iterator<Item = OrderId> {
    let from = (period.from.unwrap_or(Timestamp::MIN), OrderId::new(0));
    let until = (period.until.unwrap_or(Timestamp::MAX), OrderId::new(u64::MAX));
    let found = (from <= until).then(|| times.range(from..=until));
    found.into_iter().flatten().map(|(_, id)| *id)
}

fn payment_key(payment: &CustomerPayment) -> Option<(String, String)> {
    Some(key(payment.transaction_ref.as_ref()?, payment.payment_method_code.as_ref()?))
}

/// Method codes ignore case.
fn key(transaction_ref: &str, method: &PaymentMethodCode) -> (String, String) {
    (transaction_ref.to_owned(), method.as_str().to_uppercase())
}
