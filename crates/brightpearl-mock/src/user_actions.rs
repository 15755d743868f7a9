//! Actions of users in Brightpearl's own screens, and of its shop connector, for tests.

use std::borrow::Cow;

use api_mock_core::{Context, Request};
use brightpearl::{
    OrderId, PaymentId,
    accounting::CustomerPayment,
    order::{Order, OrderNote},
    warehouse::{GoodsInNote, GoodsMovement},
};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    Brightpearl, SaleReversal, Switches, accounting::accounting_period, gateway::Call, integration, order,
    router, shop_connector,
};

impl Brightpearl {
    /// Makes a change as a user does in Brightpearl's own screens: like the corresponding API request, but without
    /// credentials, throttle, faults and request log. The path is below the account, such as
    /// `order-service/order/300871/note`. Webhooks are sent as usual. Returns the `response` of the answer.
    ///
    /// # Errors
    /// The errors for which the request is rejected.
    pub fn as_user(
        &mut self,
        method: &str,
        path: &str,
        body: &Value,
        context: &mut Context,
    ) -> Result<Value, String> {
        self.catch_up(context);
        let request = Request {
            body: body.to_string().into_bytes(),
            ..Request::new(method, &format!("/{path}"), None)
        };
        let segments: Vec<Cow<'_, str>> = request.segments();
        let (route, parameters) =
            router::route(method, &segments).ok_or_else(|| format!("unknown route {method} {path}"))?;
        let switches = self.account().switches;
        let call =
            Call { request: &request, parameters, now: context.now, switches, faults: &context.faults };
        let outcome = (route.handler)(self.account_mut(), &call);
        self.deliver_webhooks(context);
        match outcome {
            Ok(mut answer) => Ok(answer.body.get_mut("response").map(Value::take).unwrap_or_default()),
            Err(problem) => Err(crate::gateway::error_body(&problem)),
        }
    }

    /// Deletes an order without invoice, payments and receipts.
    ///
    /// # Errors
    /// The order cannot be deleted. The text says why.
    pub fn delete_order(&mut self, id: OrderId) -> Result<(), String> {
        let account = self.account_mut();
        let order = account.orders.get(&id).ok_or_else(|| format!("order {id} not found"))?;
        let hold = [
            (order.is_closed(), "it is invoiced"),
            (account.payments_on(id).next().is_some(), "it has payments"),
            (account.goods_in_notes_of(id).next().is_some(), "it has receipts"),
        ];
        if let Some((_, why)) = hold.into_iter().find(|(holds, _)| *holds) {
            return Err(format!("cannot delete order {id}: {why}"));
        }
        account.remove_order(id);
        Ok(())
    }

    /// Closes an accounting period, or opens it again. What has a date in a closed period is not posted to accounting.
    ///
    /// # Errors
    /// There is no such period.
    pub fn set_accounting_period_closed(
        &mut self,
        id: u64,
        closed: bool,
        context: &mut Context,
    ) -> Result<(), String> {
        self.catch_up(context);
        accounting_period::set_closed(self.account_mut(), id, closed, context.now)
    }

    /// Un-invoices an order, as staff can: it is open again, without invoice reference and closing date, and its journal
    /// is reversed. The next close uses the same reference.
    ///
    /// # Errors
    /// There is no such order, it is not invoiced, or accounting is locked at the date of its invoice.
    pub fn uninvoice(&mut self, id: OrderId, context: &mut Context) -> Result<(), String> {
        self.catch_up(context);
        order::uninvoice(self.account_mut(), id, context.now)?;
        self.deliver_webhooks(context);
        Ok(())
    }

    /// Reverses a sale as Brightpearl's shop connector does when all its items are refunded in the shop before it is
    /// shipped: the sale gets a reversing payment for each payment method, and five minutes later the cancelled
    /// status. There is no sales credit. Returns the payments.
    ///
    /// The sale is cancelled by the first request, control request or action at that time or later. An invoiced sale
    /// is not un-invoiced, and keeps its status unless the switch `reversalsCancelInvoicedSales` is on.
    ///
    /// # Errors
    /// The order is not a sale, is shipped, a drop shipment, refunded or cancelled, or the reference is used already.
    pub fn reverse_sale(
        &mut self,
        id: OrderId,
        reversal: &SaleReversal,
        context: &mut Context,
    ) -> Result<Vec<PaymentId>, String> {
        self.catch_up(context);
        let payments = shop_connector::reverse(self.account_mut(), id, reversal, context.now)?;
        self.deliver_webhooks(context);
        Ok(payments)
    }

    /// Returns the switches, to change the mock's assumptions about Brightpearl.
    pub const fn switches(&mut self) -> &mut Switches {
        &mut self.account_mut().switches
    }

    /// Returns all orders, by id.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.account().orders.values()
    }

    /// Returns an order.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.account().orders.get(&id)
    }

    /// Returns all payments, by id.
    pub fn payments(&self) -> impl Iterator<Item = &CustomerPayment> {
        self.account().payments.values()
    }

    /// Returns the notes on an order.
    pub fn notes_on(&self, order: OrderId) -> &[OrderNote] {
        self.account().order_notes.get(&order).map_or(&[], Vec::as_slice)
    }

    /// Returns all goods-in notes, by id.
    pub fn goods_in_notes(&self) -> impl Iterator<Item = &GoodsInNote> {
        self.account().goods_in_notes.values()
    }

    /// Returns all goods movements, in order.
    pub fn movements(&self) -> &[GoodsMovement] {
        &self.account().movements
    }

    /// Queues the webhooks of a change.
    fn deliver_webhooks(&mut self, context: &mut Context) {
        let now: Timestamp = context.now;
        for delivery in integration::deliveries(self.account_mut(), now) {
            context.deliver(delivery);
        }
    }
}
