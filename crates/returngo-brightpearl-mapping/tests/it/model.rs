//! A small model of both systems: enough of Brightpearl and ReturnGO to apply plans to a world.

use std::collections::BTreeMap;

use brightpearl::{
    OrderId, OrderNoteId, OrderRowId, PaymentId, ProductId,
    accounting::CustomerPayment,
    order::{NewOrderRow, NewSalesCredit, Order, OrderNote},
};
use returngo::{RmaStatus, ShipmentStatus};
use returngo_brightpearl_mapping::{ConnectionSettings, Effect, World, plan};
use rust_decimal::Decimal;
use serde_json::json;

pub(crate) struct Model {
    pub(crate) world: World,
    /// The keys of everything that was applied.
    pub(crate) keys: Vec<String>,
    next_id: u64,
}

impl Model {
    pub(crate) fn of(world: World) -> Self {
        Self { world, keys: Vec::new(), next_id: 900_000 }
    }

    /// Plans and applies until there is nothing to do; the number of rounds it took.
    pub(crate) fn settle(&mut self, settings: &ConnectionSettings) -> usize {
        for round in 0..8 {
            let plan = plan(&self.world, settings);
            if plan.is_empty() {
                return round;
            }
            plan.effects.iter().for_each(|effect| self.apply(effect));
        }
        panic!("not settled after eight rounds: {:#?}", plan(&self.world, settings).effects);
    }

    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub(crate) fn apply(&mut self, effect: &Effect) {
        self.keys.push(effect.key().to_owned());
        match effect {
            Effect::CreateSalesCredit { body, .. } => {
                let credit = self.credit(body);
                self.world.credits.push(credit);
            }
            Effect::AddOrderRow { order_id, body, .. } => {
                let row = order_row(body);
                let id = OrderRowId::new(self.id());
                let credit = self.order(*order_id);
                credit.order_rows.insert(id, serde_json::from_value(row).unwrap());
                set_total(credit);
            }
            Effect::RecordPayment { order_id, body, .. } => {
                let method = self
                    .world
                    .account
                    .payment_methods
                    .iter()
                    .find(|method| method.code.is(&body.payment_method_code));
                let journal =
                    method.is_some_and(|method| !method.bank_accounts.is_empty()).then_some(902_114);
                let payment: CustomerPayment = serde_json::from_value(json!({
                    "paymentId": PaymentId::new(self.id()), "transactionRef": body.transaction_ref,
                    "paymentMethodCode": body.payment_method_code, "paymentType": body.payment_type, "orderId": order_id,
                    "currencyCode": body.currency_iso_code, "amountPaid": body.amount_paid.to_string(), "journalId": journal,
                }))
                .unwrap();
                self.world.payments.push(payment);
            }
            Effect::AddOrderNote { order_id, body, .. } => {
                let note =
                    json!({"noteId": OrderNoteId::new(self.id()), "orderId": order_id, "text": body.text});
                self.world.order_notes.push(serde_json::from_value::<OrderNote>(note).unwrap());
            }
            Effect::CloseSalesCredit { order_id, .. } => {
                self.order(*order_id).closed_on = Some("2031-05-01T10:00:00.000+01:00".parse().unwrap());
            }
            Effect::SetOrderStatus { order_id, body, .. } => {
                self.order(*order_id).order_status.order_status_id = body.order_status_id;
            }
            Effect::SetCustomFields { order_id, body, .. } => {
                let fields = self.order(*order_id).custom_fields.get_or_insert_default();
                for change in body.operations() {
                    let code = change.path.trim_start_matches('/').to_owned();
                    fields.0.insert(code, change.value.clone().unwrap());
                }
            }
            Effect::UpdateShipment { shipment_id, body, .. } => {
                self.move_shipment(shipment_id, body.status.as_ref().unwrap())
            }
            Effect::SetRmaStatus { body, .. } => self.world.rma.rma_summary.status = body.status.clone(),
            Effect::AddRmaComment { body, .. } => {
                let comment = json!({"commentType": "merchant", "triggeredBy": "ReturnGO API", "htmlText": body.html_text});
                self.world.rma.comments.insert(0, serde_json::from_value(comment).unwrap());
            }
            other => panic!("the model does not know {other:?}"),
        }
    }

    pub(crate) fn credit_of_rma(&self) -> Option<&Order> {
        let key = returngo_brightpearl_mapping::keys::credit(self.world.rma.id());
        self.world.credits.iter().find(|credit| credit.external_ref.as_ref() == Some(&key))
    }

    fn order(&mut self, id: OrderId) -> &mut Order {
        self.world.credits.iter_mut().find(|credit| credit.id == id).unwrap()
    }

    fn credit(&mut self, body: &NewSalesCredit) -> Order {
        let first_row = self.id();
        let credit = credit_from(body, self.world.order.as_ref().unwrap(), self.next_id, first_row * 100);
        self.next_id += 1;
        credit
    }

    /// The RMA follows its parcels (docs/evidence/returngo.md#life-cycle).
    fn move_shipment(&mut self, id: &returngo::ShipmentId, status: &ShipmentStatus) {
        let shipment =
            self.world.rma.shipments.iter_mut().find(|shipment| shipment.shipment_id == *id).unwrap();
        assert!(shipment.may_become(status), "{:?} cannot become {status}", shipment.status);
        shipment.status = status.clone();
        let reached = match status {
            ShipmentStatus::Received => RmaStatus::Received,
            _ => RmaStatus::Validated,
        };
        let now = &mut self.world.rma.rma_summary.status;
        if now.progress() < reached.progress() {
            *now = reached;
        }
    }
}

/// What Brightpearl makes of a credit: rows get ids, bundles their components, and totals two decimals.
pub(crate) fn credit_from(body: &NewSalesCredit, order: &Order, id: u64, first_row: u64) -> Order {
    let mut rows = BTreeMap::new();
    let mut next = first_row;
    for (at, row) in body.rows.iter().enumerate() {
        next += 1;
        let original = order
            .order_rows
            .iter()
            .find(|(_, original)| original.product() == row.product_id && row.product_id.is_some());
        rows.insert(next.to_string(), json!({
            "orderRowSequence": ((at + 1) * 10).to_string(), "productId": row.product_id.unwrap_or(ProductId::FREE_TEXT),
            "productName": row.name, "productSku": original.and_then(|(_, original)| original.product_sku.clone()),
            "quantity": {"magnitude": row.quantity.to_string()}, "nominalCode": row.nominal_code, "externalRef": row.external_ref,
            "rowValue": {"taxCode": row.tax_code, "rowNet": {"value": row.net.to_string()}, "rowTax": {"value": row.tax.to_string()}},
        }));
        let Some((bundle, original)) = original else { continue };
        let parent = next;
        for component in order
            .order_rows
            .values()
            .filter(|component| component.composition.parent_order_row_id == Some(*bundle))
        {
            next += 1;
            let quantity = component.quantity.magnitude * row.quantity / original.quantity.magnitude;
            rows.insert(
                next.to_string(),
                json!({
                    "orderRowSequence": ((at + 1) * 10).to_string(), "productId": component.product_id,
                    "productName": component.product_name, "quantity": {"magnitude": quantity.to_string()},
                    "rowValue": {"taxCode": row.tax_code, "rowNet": {"value": "0"}, "rowTax": {"value": "0"}},
                    "composition": {"bundleParent": false, "bundleChild": true, "parentOrderRowId": parent},
                }),
            );
        }
    }
    let mut credit: Order = serde_json::from_value(json!({
        "id": id, "parentOrderId": body.parent_id, "orderTypeCode": "SC", "reference": body.reference,
        "externalRef": body.external_ref, "installedIntegrationInstanceId": body.installed_integration_instance_id,
        "orderStatus": {"orderStatusId": body.status_id.map_or(10, |status| status.get())},
        "currency": {"orderCurrencyCode": body.currency.as_ref().unwrap().code, "fixedExchangeRate": false},
        "warehouseId": body.warehouse_id, "orderRows": rows,
    }))
    .unwrap();
    set_total(&mut credit);
    credit
}

fn order_row(row: &NewOrderRow) -> serde_json::Value {
    json!({
        "orderRowSequence": "90", "productId": ProductId::FREE_TEXT, "productName": row.product_name,
        "quantity": row.quantity, "nominalCode": row.nominal_code,
        "rowValue": {"taxCode": row.row_value.tax_code, "rowNet": row.row_value.row_net, "rowTax": row.row_value.row_tax},
    })
}

fn set_total(credit: &mut Order) {
    let net: Decimal = credit.order_rows.values().map(|row| row.row_value.row_net.value).sum();
    let tax: Decimal = credit.order_rows.values().map(|row| row.row_value.row_tax.value).sum();
    let [net, tax] = [net, tax].map(|amount| returngo_brightpearl_mapping::amounts::round(amount, 2));
    credit.total_value = serde_json::from_value(
        json!({"net": net.to_string(), "taxAmount": tax.to_string(), "total": (net + tax).to_string()}),
    )
    .unwrap();
}
