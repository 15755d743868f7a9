//! What people do: in the shops, in Brightpearl, at the connector.

use std::time::Duration;

use brightpearl::{OrderId, accounting::PaymentType, order::Order};
use returngo::{ResolutionType, Rma, RmaId, TransactionId, TransactionStatus};
use returngo_brightpearl_mapping::Choice;
use returngo_mock::Refund;
use rust_decimal::{Decimal, RoundingStrategy::MidpointAwayFromZero, prelude::ToPrimitive};
use serde_json::{Value, json};

use crate::{
    shops::{CANCELLED, CUSTOMER},
    world::{Event, World},
};

/// How much is refunded.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Amount {
    /// What was paid for the units that are refunded.
    Full,
    FullAnd(Decimal),
    /// One of so many parts.
    Share(u32),
}

#[derive(Debug, Clone)]
pub(crate) enum Action {
    Request(usize, Box<Rma>),
    Approve(usize, RmaId),
    Cancel(usize, RmaId),
    Reopen(usize, RmaId),
    Refund(usize, RmaId, Amount, TransactionStatus),
    /// The status of the transaction at this place changes; none makes it disappear.
    SetTransaction(usize, RmaId, usize, Option<TransactionStatus>),
    /// A bookkeeper types a refund in; `named` by the processor's reference.
    PayByHand {
        shop: usize,
        rma: RmaId,
        on_sale: bool,
        named: bool,
    },
    /// The warehouse receives a part of what comes back, or all the rest.
    Receive(RmaId, bool),
    /// What is in quarantine goes back to the shelf.
    Release(RmaId),
    DeleteCredit(RmaId),
    Close(RmaId),
    Uninvoice(RmaId),
    /// Somebody makes a credit of their own for what this RMA returns.
    ForeignCredit(RmaId),
    /// Of the connection at this place, somebody settles what waits for a person.
    Resolve(usize),
    /// Somebody answers a review with one of its choices.
    Decide(usize),
    /// Somebody lifts what was settled.
    Lift(usize),
    /// Somebody asks for another attempt.
    Retry(usize),
    ConfigureAdjustments(usize),
}

/// What is done at the connector, by a process that runs.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Resolve(usize),
    Decide(usize),
    Lift(usize),
    Retry(usize),
    Configure(usize),
}

impl World {
    /// Does what a person does. What is for the connector is given back.
    pub(crate) fn perform(&self, action: Action) -> Option<Command> {
        match &action {
            Action::Resolve(connection) => return Some(Command::Resolve(*connection)),
            Action::Decide(connection) => return Some(Command::Decide(*connection)),
            Action::Lift(connection) => return Some(Command::Lift(*connection)),
            Action::Retry(connection) => return Some(Command::Retry(*connection)),
            Action::ConfigureAdjustments(connection) => return Some(Command::Configure(*connection)),
            _ => {}
        }
        let shown = format!("{action:?}");
        let shown: String = shown.chars().take(130).collect();
        let done = self.in_systems(action.clone());
        match done {
            Ok(()) => self.tell(format_args!("person: {shown}")),
            Err(why) => {
                let why: String = why.chars().take(120).collect();
                self.tell(format_args!("person: {shown} cannot: {why}"));
                // What it needs may come later.
                if !self.is_calm() && !matches!(action, Action::Request(..)) && self.sim.chance(0.6) {
                    self.after(self.sim.seconds(300, 3600), Event::People(action));
                }
            }
        }
        None
    }

    fn in_systems(&self, action: Action) -> Result<(), String> {
        match action {
            Action::Request(shop, rma) => self.in_shop(shop, |api, context| api.put(*rma, context)),
            Action::Approve(shop, id) => {
                self.in_shop(shop, |api, context| api.approve(&id, context)).map_err(text)?;
            }
            Action::Cancel(shop, id) => {
                self.in_shop(shop, |api, context| api.cancel(&id, context)).map_err(text)?;
            }
            Action::Reopen(shop, id) => {
                self.in_shop(shop, |api, context| api.reopen(&id, context)).map_err(text)?;
            }
            Action::Refund(shop, id, amount, status) => self.refund(shop, &id, amount, status)?,
            Action::SetTransaction(shop, id, place, status) => {
                self.set_transaction(shop, &id, place, status)?;
            }
            Action::PayByHand { shop, rma, on_sale, named } => {
                self.pay_by_hand(shop, &rma, on_sale, named)?
            }
            Action::Receive(id, all) => self.receive(&id, all)?,
            Action::Release(id) => self.release(&id)?,
            Action::DeleteCredit(id) => {
                let credit = self.credit_of(&id)?.id;
                self.in_brightpearl(|api, _| api.delete_order(credit))?;
            }
            Action::Close(id) => {
                let path = format!("order-service/sales-credit/{}/close", self.credit_of(&id)?.id);
                self.by_hand("POST", &path, &json!({}))?;
            }
            Action::Uninvoice(id) => {
                let credit = self.credit_of(&id)?.id;
                self.in_brightpearl(|api, context| api.uninvoice(credit, context))?;
            }
            Action::ForeignCredit(id) => self.foreign_credit(&id)?,
            Action::Resolve(_)
            | Action::Decide(_)
            | Action::Lift(_)
            | Action::Retry(_)
            | Action::ConfigureAdjustments(_) => {}
        }
        Ok(())
    }

    fn by_hand(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        self.in_brightpearl(|api, context| api.as_user(method, path, body, context))
    }

    pub(crate) fn rma(&self, shop: usize, id: &RmaId) -> Option<Rma> {
        self.shops[shop].read(|api| api.rmas().find(|rma| rma.id() == id).cloned())
    }

    /// The credit that carries the RMA's key.
    fn credit_of(&self, id: &RmaId) -> Result<Order, String> {
        let key = format!("RGO-{id}");
        let has_key = |order: &&Order| order.is_sales_credit() && order.external_ref.as_deref() == Some(&key);
        let credit = self.brightpearl.read(|api| api.orders().find(has_key).cloned());
        credit.ok_or_else(|| format!("there is no credit {key}"))
    }

    fn refund(
        &self,
        shop: usize,
        id: &RmaId,
        amount: Amount,
        status: TransactionStatus,
    ) -> Result<(), String> {
        let rma = self.rma(shop, id).ok_or("there is no such RMA")?;
        // Exchanged units are not refunded.
        let exchange = Some(ResolutionType::InstantVariantExchange);
        let items = rma.items.iter().filter(|item| item.resolution_type != exchange);
        let paid: Decimal = items.filter_map(|item| Some(item.paid_price.as_ref()?.amount)).sum();
        let amount = match amount {
            Amount::Full => paid,
            Amount::FullAnd(more) => paid + more,
            Amount::Share(parts) => {
                (paid / Decimal::from(parts)).round_dp_with_strategy(2, MidpointAwayFromZero)
            }
        };
        if amount.is_zero() || rma.approved_at().is_none() {
            return Err("there is nothing to refund".to_owned());
        }
        let refund = Refund::of(amount).status(status);
        let refund = refund.kind(returngo::TransactionType::RefundToPaymentMethod);
        self.in_shop(shop, |api, context| api.refund(id, refund, context)).map(drop).map_err(text)
    }

    fn set_transaction(
        &self,
        shop: usize,
        id: &RmaId,
        place: usize,
        status: Option<TransactionStatus>,
    ) -> Result<(), String> {
        let rma = self.rma(shop, id).ok_or("there is no such RMA")?;
        let transaction = rma.transactions.get(place).ok_or("there is no such transaction")?;
        let id: TransactionId = transaction.id.clone();
        match status {
            Some(status) => {
                self.in_shop(shop, |api, context| api.set_transaction_status(&id, status, context))
            }
            None => self.in_shop(shop, |api, context| api.remove_transaction(&id, context)),
        }
        .map_err(text)?;
        self.auditor().refund_changed(rma.id(), &id, self.sim.elapsed());
        Ok(())
    }

    fn pay_by_hand(&self, shop: usize, id: &RmaId, on_sale: bool, named: bool) -> Result<(), String> {
        let rma = self.rma(shop, id).ok_or("there is no such RMA")?;
        let refund = rma.transactions.last().ok_or("nothing was refunded")?;
        let order = if on_sale {
            let place = self.setup.returned(id).map(|returned| returned.order).unwrap_or_default();
            OrderId::new(self.setup.orders[place].id)
        } else {
            self.credit_of(id)?.id
        };
        let reference = refund.external_reference_id.clone().filter(|_| named);
        let body = json!({
            "transactionRef": reference, "paymentMethodCode": "STRIPE_UK", "paymentType": PaymentType::Payment,
            "orderId": order, "currencyIsoCode": "GBP", "amountPaid": refund.amount.amount.to_f64(),
            "paymentDate": self.sim.now().to_string(),
        });
        self.by_hand("POST", "accounting-service/customer-payment", &body).map(drop)
    }

    fn receive(&self, id: &RmaId, all: bool) -> Result<(), String> {
        let credit = self.credit_of(id)?;
        let received = |row| -> i64 {
            self.brightpearl.read(|api| {
                let notes = api.goods_in_notes().filter(|note| note.order_id == credit.id);
                let lines = notes.flat_map(|note| note.goods_moved.clone());
                lines.filter(|line| line.purchase_order_row_id == Some(row)).map(|line| line.quantity).sum()
            })
        };
        let mut lines = Vec::new();
        for (row, content) in &credit.order_rows {
            let Some(product) = content.product() else { continue };
            let left = content.quantity.magnitude.to_i64().unwrap_or_default() - received(*row);
            let quantity = if all { left } else { left.min(1) };
            if quantity > 0 {
                lines.push(json!({
                    "productId": product, "purchaseOrderRowId": row, "quantity": quantity,
                    "destinationLocationId": 3, "productValue": { "currency": "GBP", "value": 5 },
                }));
            }
        }
        let body = json!({
            "transfer": false, "warehouseId": 2, "goodsMoved": lines, "receivedOn": self.sim.now().to_string(),
            "userBatchReference": format!("PARCEL-{id}-{all}"),
        });
        let path = format!("warehouse-service/order/{}/goods-note/goods-in", credit.id);
        self.by_hand("POST", &path, &body).map(drop)
    }

    fn release(&self, id: &RmaId) -> Result<(), String> {
        for row in self.credit_of(id)?.order_rows.values() {
            let Some(product) = row.product() else { continue };
            let body = json!({
                "productId": product, "quantity": row.quantity.magnitude.to_i64(), "toLocationId": 2,
            });
            self.by_hand("POST", "warehouse-service/warehouse/2/quarantine/release", &body)?;
        }
        Ok(())
    }

    fn foreign_credit(&self, id: &RmaId) -> Result<(), String> {
        let returned = self.setup.returned(id).ok_or("there is no such RMA")?;
        let sold = &self.setup.orders[returned.order];
        let mut rows = Vec::new();
        for row in &sold.rows {
            let is_row = |item: &&returngo::Item| item.sku.as_deref() == Some(row.sku);
            let units = returned.rma.items.iter().filter(is_row).count();
            if units > 0 {
                let share = Decimal::from(units) / Decimal::from(row.quantity);
                rows.push(json!({
                    "productId": row.product, "quantity": units, "taxCode": "T20", "nominalCode": "4000",
                    "net": (row.net * share).round_dp(2).to_f64(), "tax": (row.tax * share).round_dp(2).to_f64(),
                }));
            }
        }
        let body = json!({
            "customer": { "id": CUSTOMER }, "parentId": sold.id, "currency": { "code": "GBP" }, "rows": rows,
        });
        self.by_hand("POST", "order-service/sales-credit", &body).map(drop)
    }

    /// The choice as it is stored: one that is typed in with something that a person may type. Nobody chooses another order
    /// for a return here, since the auditor holds that it is credited on its own.
    pub(crate) fn type_in(&self, rma: &RmaId, choice: &Choice) -> Option<String> {
        let Choice { id, .. } = choice;
        if !choice.is_typed_in() {
            return (!id.starts_with("order:")).then(|| id.clone());
        }
        let value = match id.as_str() {
            "amount" => format!("{}.{:02}", self.sim.below(60), self.sim.below(100)),
            "row" => {
                let order = self.setup.orders[self.setup.returned(rma)?.order].id;
                let rows = self.brightpearl.read(|api| -> Vec<u64> {
                    let sale = api.orders().find(|sale| sale.id.get() == order);
                    sale.into_iter().flat_map(|sale| sale.order_rows.keys()).map(|id| id.get()).collect()
                });
                self.sim.pick(&rows)?.to_string()
            }
            "method" => "STRIPE_UK".to_owned(),
            "codes" => "4905:T20".to_owned(),
            "status" => CANCELLED.to_string(),
            _ => return None,
        };
        Some(format!("{id}:{value}"))
    }

    /// When everything that is to be done must be done: what failed is tried again within 75 minutes, sweeps find what
    /// webhooks did not tell.
    pub(crate) fn settles_within(&self) -> Duration {
        let swept = (2 * self.setup.brightpearl_swept_every).max(4 * self.setup.returngo_swept_every);
        self.setup.horizon + swept + Duration::from_secs(5400)
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
