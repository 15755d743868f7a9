//! Check for other sources of sales credits: they would credit each return a second time
//! (docs/evidence/returngo.md#others-that-make-credits).

use std::collections::BTreeSet;

use brightpearl::{InstanceId, OrderId, order::OrderSummary};
use returngo::RmaId;

use super::{BrightpearlSide, Finding, ReturngoSide};
use crate::{
    keys,
    settings::{ConnectionSettings, ExistingCredit},
    world::AccountFacts,
};

const SUBJECT: &str = "sales credits";

/// The largest number of credits in a finding.
const NAMED: usize = 3;

/// The source of a credit, according to its references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Maker {
    /// This connection.
    Us,
    /// A connection of this kind with another integration instance.
    AnotherOfUs,
    /// ReturnGO's own integration: the reference is its prefix and the number of an RMA
    /// (docs/evidence/returngo.md#integration-with-brightpearl).
    ReturngoItself,
    /// Another integration, such as Brightpearl's own Shopify connector.
    Integration(InstanceId),
    /// A user, or a program without an instance.
    Person,
}

pub(super) fn check(
    brightpearl: &BrightpearlSide,
    account: &AccountFacts,
    returngo: &ReturngoSide,
    settings: &ConnectionSettings,
) -> Vec<Finding> {
    let credits = match &brightpearl.recent_credits {
        Ok(credits) => credits,
        Err(unread) => return vec![unread.about(SUBJECT)],
    };
    let rmas: BTreeSet<&RmaId> = returngo.recent_rmas.iter().flat_map(|recent| &recent.ids).collect();
    let made_by = |credit: &OrderSummary| maker(credit, account.instance_id, &rmas, settings);
    let makers: BTreeSet<Maker> = credits.iter().map(made_by).filter(|maker| *maker != Maker::Us).collect();
    let findings: Vec<Finding> = makers
        .into_iter()
        .map(|maker| {
            let theirs: Vec<&OrderSummary> =
                credits.iter().filter(|credit| made_by(credit) == maker).collect();
            maker.finding(&theirs, settings)
        })
        .collect();
    if findings.is_empty() {
        return vec![Finding::pass(SUBJECT, "no recent sales credits from other sources")];
    }
    findings
}

fn maker(
    credit: &OrderSummary,
    us: Option<InstanceId>,
    rmas: &BTreeSet<&RmaId>,
    settings: &ConnectionSettings,
) -> Maker {
    let instance = credit.installed_integration_instance_id;
    if credit.external_ref.as_deref().is_some_and(keys::is_credit) {
        return if instance.is_none() || us.is_none() || instance == us {
            Maker::Us
        } else {
            Maker::AnotherOfUs
        };
    }
    let reference = credit.customer_ref.as_deref().unwrap_or_default();
    if names_an_rma(reference, rmas, &settings.customer_reference_prefix) {
        return Maker::ReturngoItself;
    }
    instance.map_or(Maker::Person, Maker::Integration)
}

/// Whether a reference is a prefix and the number of an RMA. With the prefix of the settings, any number is accepted. With
/// another prefix, it must be a known RMA.
fn names_an_rma(reference: &str, rmas: &BTreeSet<&RmaId>, prefix: &str) -> bool {
    let digits = reference.trim_start_matches(|c: char| !c.is_ascii_digit());
    let Ok(rma) = digits.parse::<RmaId>() else { return false };
    rmas.contains(&rma) || (!prefix.is_empty() && reference.strip_prefix(prefix) == Some(digits))
}

impl Maker {
    fn finding(self, credits: &[&OrderSummary], settings: &ConnectionSettings) -> Finding {
        let some = named(credits);
        let what_happens = match settings.existing_credit {
            ExistingCredit::Review => "an RMA for such an order needs review (`ForeignCredit`)",
            ExistingCredit::Adopt => {
                "a credit with exactly the products of an RMA is adopted, others need review"
            }
            ExistingCredit::Create => {
                "a second credit is created, and the return is credited twice (`existing_credit`: create)"
            }
        };
        let (message, advice) = match self {
            Self::ReturngoItself => (
                format!("{some} appear to be from ReturnGO's own Brightpearl integration; {what_happens}"),
                "disable that integration in ReturnGO's dashboard: both create a credit for every RMA",
            ),
            Self::AnotherOfUs => (
                format!(
                    "{some} have keys of this connector, but another integration instance; {what_happens}"
                ),
                "check whether the connector is installed twice for this shop",
            ),
            Self::Integration(instance) => (
                format!("{some} were created by another integration (instance {instance}); {what_happens}"),
                "if it is the shop's own connector, disable its sales credits for returns",
            ),
            Self::Person | Self::Us => (
                format!("{some} were created manually or by a program without an instance; {what_happens}"),
                "stop creating credits for returns manually",
            ),
        };
        Finding::warning(SUBJECT, message, advice)
    }
}

/// Describes credits by their number, some of their ids, and the latest date.
fn named(credits: &[&OrderSummary]) -> String {
    let mut ids: Vec<OrderId> = credits.iter().filter_map(|credit| credit.order_id).collect();
    ids.sort_unstable_by(|left, right| right.cmp(left));
    let some: Vec<String> = ids.iter().take(NAMED).map(OrderId::to_string).collect();
    let latest = credits.iter().filter_map(|credit| credit.created_on).max();
    let latest = latest.map(|time| format!(", the latest of {}", time.date())).unwrap_or_default();
    let more = if credits.len() > some.len() { ", …" } else { "" };
    format!("{} recent credits ({}{more}{latest})", credits.len(), some.join(", "))
}
