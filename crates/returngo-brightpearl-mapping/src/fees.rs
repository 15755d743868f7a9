//! Fees that the shopper is charged for a return: one negative row for each kind.
//!
//! A fee is gross and in the order's currency. Restocking fees belong to single units and are added up. Return and
//! shipment fees may be one fee for the whole RMA that is repeated on every item
//! (docs/evidence/returngo.md#returned-items, docs/evidence/returngo.md#settings-that-change-behaviour). Several items
//! with the same fee are therefore ambiguous and need a review.

use brightpearl::{CurrencyCode, order::NewCreditRow};
use returngo::{Item, ReturnedItemId, Rma};
use rust_decimal::Decimal;

use crate::{
    amounts::{self, RowAmounts, RowScales},
    findings::Findings,
    keys::{self, FeeKind},
    review::{Choice, Review, ReviewCode},
    rma_facts::ids,
    settings::{ConnectionSettings, Posting},
    world::AccountFacts,
};

/// The fees of an RMA and what they are charged for.
pub(crate) struct Fees<'a> {
    pub(crate) rma: &'a Rma,
    /// All units to credit. They show whether one fee is repeated on each unit.
    pub(crate) all: &'a [&'a Item],
    /// The units that are credited.
    pub(crate) credited: &'a [&'a Item],
    /// The currency of the order.
    pub(crate) currency: &'a CurrencyCode,
    pub(crate) settings: &'a ConnectionSettings,
    pub(crate) account: &'a AccountFacts,
}

impl Fees<'_> {
    /// Returns the rows for the fees of the credited units. `None` if a fee needs a review.
    pub(crate) fn rows(&self, findings: &mut Findings) -> Option<Vec<NewCreditRow>> {
        let mut is_clear = self.has_no_cancellation_fee(findings);
        let mut rows = Vec::new();
        for kind in FeeKind::ALL {
            match self.gross(kind, findings) {
                Some(gross) if gross.is_zero() => {}
                Some(gross) => match self.row(kind, gross, findings) {
                    Some(row) => rows.push(row),
                    None => is_clear = false,
                },
                None => is_clear = false,
            }
        }
        is_clear.then_some(rows)
    }

    fn has_no_cancellation_fee(&self, findings: &mut Findings) -> bool {
        let fee = self.rma.cancellation_fee;
        if fee.is_zero() {
            return true;
        }
        let message = format!(
            "The RMA has a cancellation fee of {}, and ReturnGO does not report whether it was already charged or is to be \
             deducted from the refund.",
            amounts::shown(fee, self.currency)
        );
        let effect = "Creates the credit without the cancellation fee.";
        let review = Review::about_units(ReviewCode::FeeUnclear, message, ids(self.credited))
            .named("cancellation")
            .resting_on([("fee", amounts::shown(fee, self.currency))])
            .offering([Choice::new("none", "Do not deduct it", effect)]);
        findings.ask(review, |_| Ok(())).is_some()
    }

    /// Returns the total fee of a kind. `None` if it is ambiguous.
    fn gross(&self, kind: FeeKind, findings: &mut Findings) -> Option<Decimal> {
        let charged_to = |units: &[&Item]| -> Vec<Decimal> {
            units.iter().map(|unit| fee_of(kind, unit).max(Decimal::ZERO)).collect()
        };
        let mut fees = self.credited.iter().map(|unit| fee_of(kind, unit));
        if let Some(negative) = fees.find(|fee| fee.is_sign_negative() && !fee.is_zero()) {
            findings
                .add_ignored(format!("A unit has a negative {kind} fee ({negative}). The fee was ignored."));
        }
        let is_charged = self.credited.iter().any(|unit| fee_of(kind, unit) > Decimal::ZERO);
        if is_charged && let Some(other) = self.other_currency() {
            return self.in_other_currency(kind, &other, findings);
        }
        let charged = charged_to(self.all);
        let first = charged.first().copied().unwrap_or_default();
        let is_repeated = charged.len() > 1 && !first.is_zero() && charged.iter().all(|fee| *fee == first);
        if is_repeated && kind != FeeKind::Restocking {
            return self.repeated(kind, first, charged.len(), findings);
        }
        Some(amounts::sum(charged_to(self.credited)))
    }

    /// Returns the currency of a fee, if it is not the order's. ReturnGO reports fees without a currency: they are the shopper's
    /// (docs/evidence/returngo.md#returned-items).
    fn other_currency(&self) -> Option<CurrencyCode> {
        let prices = self.credited.iter().filter_map(|unit| unit.paid_price.as_ref());
        prices.map(|price| &price.currency).find(|currency| *currency != self.currency).cloned()
    }

    fn in_other_currency(
        &self,
        kind: FeeKind,
        other: &CurrencyCode,
        findings: &mut Findings,
    ) -> Option<Decimal> {
        let fees = amounts::sum(self.credited.iter().map(|unit| fee_of(kind, unit).max(Decimal::ZERO)));
        let message = format!(
            "The RMA has {kind} fees of {}, but the order is in {}. ReturnGO does not report them in that currency.",
            amounts::shown(fees, other),
            self.currency
        );
        let choices = [
            Choice::new(
                "amount",
                format!("Deduct this amount in {}", self.currency),
                format!("Deducts this amount including tax from the credit as a {kind} fee."),
            ),
            Choice::new("none", "No fee", format!("Creates the credit without a {kind} fee.")),
        ];
        let review = Review::about_units(ReviewCode::FeeUnclear, message, ids(self.credited))
            .named(kind)
            .resting_on([
                ("fee", format!("{kind} {fees} {other} in {}", self.currency)),
                ("units", listed(self.credited)),
            ])
            .offering(choices);
        findings.ask(review, |choice| match choice {
            "none" => Ok(Decimal::ZERO),
            amount => amounts::typed_in(amount, self.currency),
        })
    }

    /// Returns the total of a fee that every unit shows, as a person decided.
    fn repeated(
        &self,
        kind: FeeKind,
        fee: Decimal,
        units: usize,
        findings: &mut Findings,
    ) -> Option<Decimal> {
        let shown = |amount| amounts::shown(amount, self.currency);
        let of_each = fee.saturating_mul(Decimal::from(self.credited.len()));
        let message = format!(
            "Each of the {units} items has a {kind} fee of {}. This is either one fee for the whole RMA or a fee per item.",
            shown(fee)
        );
        let deducts = |amount| format!("Deducts a {kind} fee of {} from the credit.", shown(amount));
        let choices = [
            Choice::new("once", "One fee for the whole RMA", deducts(fee)),
            Choice::new("each", "A fee for each item", deducts(of_each)),
            Choice::new("none", "No fee", format!("Creates the credit without a {kind} fee.")),
        ];
        let review = Review::about_units(ReviewCode::FeeUnclear, message, ids(self.credited))
            .named(kind)
            .resting_on([("fee", format!("{kind} {}", shown(fee))), ("units", listed(self.credited))])
            .offering(choices);
        findings.ask(review, |choice| match choice {
            "once" => Ok(fee),
            "each" => Ok(of_each),
            _ => Ok(Decimal::ZERO),
        })
    }

    /// Returns the row of a fee. `None` while a review asks where to post it.
    fn row(&self, kind: FeeKind, gross: Decimal, findings: &mut Findings) -> Option<NewCreditRow> {
        let shown = amounts::shown(gross, self.currency);
        let problem = match posting(kind, self.settings) {
            Some(posting) => match self.posted(kind, gross, posting) {
                Some(row) => return Some(row),
                None => format!(
                    "The {kind} fee of {shown} cannot be split into net and tax: the account has no tax code {}. Correct \
                     `fees.{kind}`.",
                    posting.tax_code
                ),
            },
            None => format!(
                "The RMA has a {kind} fee of {shown}, but no account is configured for it. Set `fees.{kind}` for all RMAs."
            ),
        };
        let effect = format!(
            "Deducts the {kind} fee of {shown} under this nominal code and tax code, this time only."
        );
        let review = Review::about_units(ReviewCode::FeeNotConfigured, problem, ids(self.credited))
            .named(kind)
            .resting_on([("fee", format!("{kind} {shown}"))])
            .offering([Choice::new("codes", "Post it under these codes: NOMINAL:TAX", effect)]);
        findings.ask(review, |choice| {
            let posting = Posting::typed_in(choice, self.account)?;
            self.posted(kind, gross, &posting)
                .ok_or_else(|| "the fee cannot be split by that tax code".to_owned())
        })
    }

    /// Returns the row of a fee that is posted so. `None` if the account does not have the tax code.
    fn posted(&self, kind: FeeKind, gross: Decimal, posting: &Posting) -> Option<NewCreditRow> {
        let scales = RowScales::of(self.currency);
        let amounts = split(gross, posting, scales, self.account)?.negated();
        let name = match kind {
            FeeKind::Restocking => "Restocking fee",
            FeeKind::Return => "Return fee",
            FeeKind::Shipment => "Return shipping fee",
        };
        Some(NewCreditRow {
            nominal_code: Some(posting.nominal_code.clone()),
            external_ref: Some(keys::fee(kind)),
            ..NewCreditRow::free_text(name, posting.tax_code.as_str(), amounts.net, amounts.tax)
        })
    }
}

fn listed(units: &[&Item]) -> String {
    ids(units).map(ReturnedItemId::as_str).collect::<Vec<_>>().join(",")
}

fn fee_of(kind: FeeKind, unit: &Item) -> Decimal {
    match kind {
        FeeKind::Restocking => unit.restocking_fee,
        FeeKind::Return => unit.return_fee,
        FeeKind::Shipment => unit.shipment_fee,
    }
}

fn posting(kind: FeeKind, settings: &ConnectionSettings) -> Option<&Posting> {
    match kind {
        FeeKind::Restocking => settings.fees.restocking.as_ref(),
        FeeKind::Return => settings.fees.returning.as_ref(),
        FeeKind::Shipment => settings.fees.shipment.as_ref(),
    }
}

/// Splits a gross amount by the rate of the posting's tax code. `None` if the account does not have the code.
pub(crate) fn split(
    gross: Decimal,
    posting: &Posting,
    scales: RowScales,
    account: &AccountFacts,
) -> Option<RowAmounts> {
    let rate = account.tax_code(&posting.tax_code)?;
    amounts::split_gross(gross, rate.percent(), scales)
}
