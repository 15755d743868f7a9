//! What requests look for by something else than an id, so that an account of 100,000 orders answers as fast as
//! a small one.

use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    ContactId, GoodsInNoteId, InstanceId, LocationId, OffsetDateTime, OrderId, PaymentId, PaymentMethodCode,
    ProductId, WarehouseId,
    accounting::CustomerPayment,
    order::{Order, OrderTypeCode},
    warehouse::{GoodsInNote, GoodsMovement},
};
use jiff::Timestamp;

use crate::{search::Period, state::Account, warehouse::BatchStock};

/// Where things are, by what they are looked for.
#[derive(Default)]
pub(crate) struct Index {
    orders_by_key: BTreeMap<(String, InstanceId), Vec<OrderId>>,
    orders_by_parent: BTreeMap<OrderId, BTreeSet<OrderId>>,
    orders_by_contact: BTreeMap<ContactId, BTreeSet<OrderId>>,
    /// By every reference that an order ever had: searches look at the order itself once more.
    orders_by_reference: BTreeMap<String, BTreeSet<OrderId>>,
    orders_by_external_ref: BTreeMap<String, BTreeSet<OrderId>>,
    orders_by_type: BTreeMap<Option<u64>, BTreeSet<OrderId>>,
    orders_by_update: BTreeSet<(Timestamp, OrderId)>,
    orders_by_creation: BTreeSet<(Timestamp, OrderId)>,
    movements: BTreeMap<(Filed, u64), Vec<usize>>,
    payments_by_order: BTreeMap<OrderId, Vec<PaymentId>>,
    /// Transaction reference and method code, the latter in capitals.
    payment_keys: BTreeSet<(String, String)>,
    notes_by_order: BTreeMap<OrderId, Vec<GoodsInNoteId>>,
    batch_references: BTreeSet<String>,
    pub(crate) stock: BTreeMap<(LocationId, ProductId), BTreeMap<GoodsInNoteId, BatchStock>>,
    /// Without what is in quarantine.
    pub(crate) on_hand: BTreeMap<(ProductId, WarehouseId), i64>,
}

/// What goods movements are looked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Filed {
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

    /// By the number that searches have for an order type.
    pub(crate) fn orders_of_type(&self, search_id: u64) -> impl Iterator<Item = OrderId> {
        self.orders_by_type.get(&Some(search_id)).into_iter().flatten().copied()
    }

    pub(crate) fn updated(&self, period: Period) -> impl Iterator<Item = OrderId> {
        within(&self.orders_by_update, period)
    }

    pub(crate) fn created(&self, period: Period) -> impl Iterator<Item = OrderId> {
        within(&self.orders_by_creation, period)
    }

    /// A deleted order is not found any more, and its key is free.
    pub(crate) fn forget_order(&mut self, id: OrderId) {
        for ids in self.orders_by_key.values_mut() {
            ids.retain(|other| *other != id);
        }
        for ids in self.orders_by_parent.values_mut().chain(self.orders_by_type.values_mut()) {
            ids.remove(&id);
        }
        self.orders_by_update.retain(|(_, other)| *other != id);
        self.orders_by_creation.retain(|(_, other)| *other != id);
    }

    /// The places of movements in their list.
    pub(crate) fn movements(&self, under: Filed, id: u64) -> impl Iterator<Item = &usize> {
        self.movements.get(&(under, id)).into_iter().flatten()
    }
}

/// The ends included, as searches look at the order itself once more.
fn within(times: &BTreeSet<(Timestamp, OrderId)>, period: Period) -> impl Iterator<Item = OrderId> {
    let from = (period.from.unwrap_or(Timestamp::MIN), OrderId::new(0));
    let until = (period.until.unwrap_or(Timestamp::MAX), OrderId::new(u64::MAX));
    let found = (from <= until).then(|| times.range(from..=until));
    found.into_iter().flatten().map(|(_, id)| *id)
}

impl Account {
    pub(crate) fn insert_order(&mut self, order: Order) {
        let (id, index) = (order.id, &mut self.index);
        if let Some(key) = order.external_ref.clone().zip(order.installed_integration_instance_id) {
            index.orders_by_key.entry(key).or_default().push(id);
        }
        if let Some(external_ref) = order.external_ref.clone() {
            index.orders_by_external_ref.entry(external_ref).or_default().insert(id);
        }
        if let Some(parent) = order.parent_order_id {
            index.orders_by_parent.entry(parent).or_default().insert(id);
        }
        if let Some(created) = order.created_on {
            index.orders_by_creation.insert((created.timestamp(), id));
        }
        index.orders_by_type.entry(order.order_type_code.search_id()).or_default().insert(id);
        self.replace_order(order);
    }

    /// Puts an order in the place of what it was before: its reference, its contact and its time of change may be
    /// others.
    pub(crate) fn replace_order(&mut self, order: Order) {
        let (id, index) = (order.id, &mut self.index);
        let party = order.parties.customer.as_ref().or(order.parties.supplier.as_ref());
        if let Some(contact) = party.and_then(|party| party.contact_id) {
            index.orders_by_contact.entry(contact).or_default().insert(id);
        }
        index.orders_by_reference.entry(order.reference.clone()).or_default().insert(id);
        self.orders.insert(id, order);
    }

    /// Notes when an order was changed last.
    pub(crate) fn set_updated(&mut self, id: OrderId, time: OffsetDateTime) {
        let Some(order) = self.orders.get_mut(&id) else { return };
        if let Some(before) = order.updated_on.replace(time) {
            self.index.orders_by_update.remove(&(before.timestamp(), id));
        }
        self.index.orders_by_update.insert((time.timestamp(), id));
    }

    pub(crate) fn insert_movement(&mut self, movement: GoodsMovement) {
        let place = self.movements.len();
        let filed = [
            (Filed::Batch, movement.batch_id.map(|id| id.get())),
            (Filed::Note, movement.goods_note_id.map(|id| id.get())),
            (Filed::Order, movement.order_id.map(|id| id.get())),
        ];
        for (under, id) in filed {
            if let Some(id) = id {
                self.index.movements.entry((under, id)).or_default().push(place);
            }
        }
        self.movements.push(movement);
    }

    /// The order of this type under the same external reference and instance; of any type where types share keys.
    pub(crate) fn order_with_key(
        &self,
        kind: &OrderTypeCode,
        external_ref: &str,
        instance: InstanceId,
    ) -> Option<OrderId> {
        let found = self.index.orders_by_key.get(&(external_ref.to_owned(), instance))?;
        let any_kind = self.switches.order_keys_are_shared_by_types;
        let fits = |id: &&OrderId| {
            any_kind || self.orders.get(*id).is_some_and(|order| order.order_type_code == *kind)
        };
        found.iter().find(fits).copied()
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
