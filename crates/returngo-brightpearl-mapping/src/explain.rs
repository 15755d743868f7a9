//! The explanation of a plan: the facts and rules behind each row, amount and update.
//!
//! ```
//! use returngo_brightpearl_mapping::{ConnectionSettings, World, explain, plan};
//!
//! let settings = ConnectionSettings::from_json(r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210"}"#)?;
//! let world = World::from_json(r#"{"rma": {"rmaSummary": {"rmaId": "4410021", "status": "Pending"}}}"#)?;
//! let explanation = explain(&world, &settings, &plan(&world, &settings));
//! assert!(explanation.to_string().contains("the trigger `approved` is not reached"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod credit;
mod goods;
mod money;

use std::fmt;

use brightpearl::order::Order;
use returngo::{ReturnedItemId, TransactionId};
use serde::Serialize;

use crate::{
    amounts,
    decisions::{Decision, SettledReviews},
    original_order,
    plan::{Effect, Plan, Review, Warning},
    rma_facts,
    settings::{ConnectionSettings, Trigger},
    world::World,
};

/// The explanation of a plan, in sections: the return, each write, the units, the transactions, the reviews and the
/// warnings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The sections, in the order of the plan.
    pub sections: Vec<Section>,
}

/// A section of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Section {
    /// The title.
    pub title: String,
    /// The lines. A line that begins with a space belongs to the line before.
    pub lines: Vec<String>,
}

impl Section {
    fn new(title: impl Into<String>, lines: Vec<String>) -> Self {
        Self { title: title.into(), lines }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, section) in self.sections.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            writeln!(f, "{}", section.title)?;
            section.lines.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        Ok(())
    }
}

/// Explains a plan. `plan` is the result of [`plan`](fn@crate::plan) for the same snapshot and settings.
///
/// The text contains products, ids and amounts, but no personal data of shoppers.
pub fn explain(world: &World, settings: &ConnectionSettings, plan: &Plan) -> Explanation {
    let case = ExplanationContext { world, settings, plan };
    let mut sections = vec![case.the_return()];
    let effects = plan.effects.iter().enumerate();
    sections.extend(effects.map(|(at, effect)| case.effect(at + 1, effect)));
    if plan.effects.is_empty() {
        sections.push(Section::new("No writes", Vec::new()));
    }
    sections.push(Section::new("Units", goods::units(&case)));
    sections.push(Section::new("Money", money::transactions(&case)));
    sections.push(Section::new("Reviews", plan.reviews.iter().map(review).collect()));
    sections.push(Section::new("Warnings", plan.warnings.iter().map(warning).collect()));
    sections.retain(|section| !section.lines.is_empty() || section.title.starts_with("No writes"));
    Explanation { sections }
}

fn review(review: &Review) -> String {
    found(&review.code, &review.item_ids, &review.transaction_ids, &review.message)
}

fn warning(warning: &Warning) -> String {
    found(&warning.code, &warning.item_ids, &warning.transaction_ids, &warning.message)
}

fn found(
    code: &dyn fmt::Display,
    units: &[ReturnedItemId],
    transactions: &[TransactionId],
    message: &str,
) -> String {
    let about = |what: &str, ids: Vec<&str>| (!ids.is_empty()).then(|| format!("{what} {}", ids.join(", ")));
    let units = about("units", units.iter().map(ReturnedItemId::as_str).collect());
    let transactions = about("transactions", transactions.iter().map(TransactionId::as_str).collect());
    let concerned: Vec<String> = units.into_iter().chain(transactions).collect();
    let concerned = if concerned.is_empty() { String::new() } else { format!(" ({})", concerned.join("; ")) };
    format!("{code}{concerned}: {message}")
}

/// A plan with its snapshot and settings.
struct ExplanationContext<'w> {
    world: &'w World,
    settings: &'w ConnectionSettings,
    plan: &'w Plan,
}

impl<'w> ExplanationContext<'w> {
    fn order(&self) -> Option<&'w Order> {
        original_order::find(self.world).ok()
    }

    fn credit(&self) -> Option<&'w Order> {
        let id = self.plan.state.credit.as_ref()?.id;
        self.world.credits.iter().find(|credit| credit.id == id)
    }

    /// Names a decision that was applied, and who made it. The review says so if it was not applied.
    fn decided(&self, decision: &Decision) -> Option<String> {
        let is_open = self.plan.reviews.iter().any(|review| review.ids().contains(&decision.review));
        if decision.choice == Decision::SETTLED || is_open {
            return None;
        }
        let by = decision.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
        let at = decision.at.map(|at| format!(" at {at}")).unwrap_or_default();
        let note = decision.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
        Some(format!("{} was decided{by}{at}: {}{note}", decision.review, decision.choice))
    }

    fn the_return(&self) -> Section {
        let rma = &self.world.rma;
        let units = rma_facts::synchronized(&rma_facts::units(rma), self.settings);
        let trigger = match self.settings.trigger {
            Trigger::Approved => "approved",
            Trigger::Received => "received",
            Trigger::Validated => "validated",
        };
        let reached = rma_facts::reached_trigger(rma, &units, self.settings);
        let reached = match (&self.plan.state.credit, rma.status().is_cancelled_or_rejected(), reached) {
            (Some(_), ..) => {
                "the RMA has a credit, which is kept up to date whatever the RMA's status".to_owned()
            }
            (None, true, _) => "no credit is created for it".to_owned(),
            (None, false, true) => format!("the trigger `{trigger}` is reached"),
            (None, false, false) => {
                format!("the trigger `{trigger}` is not reached; until then, nothing is planned")
            }
        };
        let mut lines = vec![format!("status {}: {reached}", rma.status())];
        if let Some(order) = self.order() {
            lines.push(format!("for sales order {} in {}", order.id, order.currency.order_currency_code));
        }
        let settled = SettledReviews::of(&self.world.decisions);
        if !settled.ids().is_empty() {
            lines.push(format!("settled manually, so nothing is written for: {}", settled.ids().join(", ")));
        }
        lines.extend(self.world.decisions.iter().filter_map(|decision| self.decided(decision)));
        if let Some(credit) = &self.plan.state.credit {
            let [gross, paid] =
                [credit.gross, credit.paid].map(|amount| amounts::shown(amount, &credit.currency));
            let closed = if credit.closed { ", closed" } else { "" };
            lines.push(format!("sales credit {}: total {gross}, {paid} paid{closed}", credit.id));
        }
        Section::new(format!("RMA {}", rma.id()), lines)
    }

    fn effect(&self, number: usize, effect: &Effect) -> Section {
        let (title, lines) = match effect {
            Effect::CreateSalesCredit { body, .. } => {
                ("Create the sales credit".to_owned(), credit::created(self, body))
            }
            Effect::SetCustomFields { order_id, body, .. } => {
                (format!("Set custom fields of sales credit {order_id}"), credit::custom_fields(body))
            }
            Effect::AddOrderRow { order_id, body, .. } => {
                (format!("Add a row to sales credit {order_id}"), money::adjustment(self, body))
            }
            Effect::RecordPayment { order_id, body, .. } => {
                (format!("Record a refund on sales credit {order_id}"), money::payment(self, number, body))
            }
            Effect::AddOrderNote { key, order_id, .. } => {
                (format!("Add a note to order {order_id}"), money::note(self, key))
            }
            Effect::CloseSalesCredit { order_id, .. } => {
                (format!("Close sales credit {order_id}"), vec![self.finished("`close_credit`")])
            }
            Effect::SetOrderStatus { order_id, body, .. } => {
                let status = body.order_status_id;
                (format!("Set sales credit {order_id} to status {status}"), vec![self.status(status)])
            }
            Effect::UpdateShipment { shipment_id, body, .. } => {
                let status = body.status.as_ref().map_or("", |status| status.as_str());
                (format!("Set return shipment {shipment_id} to {status}"), goods::shipment(self, shipment_id))
            }
            Effect::SetRmaStatus { body, .. } => {
                (format!("Set the RMA to {}", body.status), goods::rma(self))
            }
            Effect::AddRmaComment { body, .. } => (
                "Add a comment to the RMA".to_owned(),
                vec![body.html_text.clone(), goods::comment().to_owned()],
            ),
        };
        let key = effect.key();
        Section::new(format!("{number}. {title} [{key}]"), lines)
    }

    fn status(&self, status: brightpearl::OrderStatusId) -> String {
        if self.settings.cancelled_status_id == Some(status)
            && self.world.rma.status().is_cancelled_or_rejected()
        {
            format!(
                "the RMA is {}, and `cancelled_status_id` is the status of such credits",
                self.world.rma.status()
            )
        } else {
            self.finished("`complete_status_id`")
        }
    }

    fn finished(&self, setting: &str) -> String {
        format!("{setting}: nothing is outstanding, and no review is open")
    }
}
