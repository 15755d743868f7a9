//! What people do in Brightpearl's own screens, for tests that play them.

use std::borrow::Cow;

use api_mock_core::{Context, Request};
use brightpearl::{
    OrderId,
    accounting::CustomerPayment,
    order::{Order, OrderNote, TaxState, order::OrderState},
    warehouse::{GoodsInNote, GoodsMovement},
};
use jiff::Timestamp;
use serde_json::Value;

use crate::{Brightpearl, Switches, gateway::Call, integration, order::modified, router};

impl Brightpearl {
    /// Does what a request of the API would do, without credentials, throttle, faults and the request log: people
    /// need none of them. The path lies below the account, such as `order-service/order/300871/note`. Webhooks follow
    /// as ever. Gives what the answer says.
    ///
    /// # Errors
    /// The messages of the refusal.
    pub fn as_user(
        &mut self,
        method: &str,
        path: &str,
        body: &Value,
        context: &mut Context,
    ) -> Result<Value, String> {
        let request = Request {
            body: body.to_string().into_bytes(),
            ..Request::new(method, &format!("/{path}"), None)
        };
        let segments: Vec<Cow<'_, str>> = request.segments();
        let (route, parameters) =
            router::route(method, &segments).ok_or_else(|| format!("there is no route {method} {path}"))?;
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

    /// Deletes an order on which nothing was invoiced, paid or received.
    ///
    /// # Errors
    /// Why it cannot be deleted.
    pub fn delete_order(&mut self, id: OrderId) -> Result<(), String> {
        let account = self.account_mut();
        let order = account.orders.get(&id).ok_or_else(|| format!("there is no order {id}"))?;
        let hold = [
            (order.is_closed(), "it is invoiced"),
            (account.payments_on(id).next().is_some(), "there are payments on it"),
            (account.goods_in_notes_of(id).next().is_some(), "goods were received on it"),
        ];
        if let Some((_, why)) = hold.into_iter().find(|(holds, _)| *holds) {
            return Err(format!("order {id} cannot be deleted: {why}"));
        }
        account.remove_order(id);
        Ok(())
    }

    /// Takes the invoice of an order back: it is open again. Its journal stays, as whether Brightpearl removes or
    /// reverses it is not known.
    ///
    /// # Errors
    /// When there is no such order, or it is not invoiced.
    pub fn uninvoice(&mut self, id: OrderId, context: &mut Context) -> Result<(), String> {
        let account = self.account_mut();
        let order = account.orders.get_mut(&id).filter(|order| order.is_closed());
        let order = order.ok_or_else(|| format!("there is no invoiced order {id}"))?;
        order.closed_on = None;
        order.state = Some(OrderState { tax: TaxState::Ready });
        order.invoices.iter_mut().for_each(|invoice| invoice.invoice_reference.clear());
        modified(account, id, context.now);
        self.deliver_webhooks(context);
        Ok(())
    }

    /// Other assumptions about what is not known of Brightpearl, from now on.
    pub const fn switches(&mut self) -> &mut Switches {
        &mut self.account_mut().switches
    }

    /// All orders, by id.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.account().orders.values()
    }

    /// One order.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.account().orders.get(&id)
    }

    /// All payments, by id.
    pub fn payments(&self) -> impl Iterator<Item = &CustomerPayment> {
        self.account().payments.values()
    }

    /// The notes on an order.
    pub fn notes_on(&self, order: OrderId) -> &[OrderNote] {
        self.account().order_notes.get(&order).map_or(&[], Vec::as_slice)
    }

    /// All goods-in notes, by id.
    pub fn goods_in_notes(&self) -> impl Iterator<Item = &GoodsInNote> {
        self.account().goods_in_notes.values()
    }

    /// All goods movements, in order.
    pub fn movements(&self) -> &[GoodsMovement] {
        &self.account().movements
    }

    /// Hands over the webhooks that a change raised.
    fn deliver_webhooks(&mut self, context: &mut Context) {
        let now: Timestamp = context.now;
        for delivery in integration::deliveries(self.account_mut(), now) {
            context.deliver(delivery);
        }
    }
}
