//! Fees: what the shopper is charged for returning, one negative row for each kind.
//!
//! A fee is gross and in the order's currency. Restocking fees are the unit's own and are added up. Fees for
//! the return and for the label may be one fee of the whole RMA, repeated on every item
//! (docs/evidence/returngo.md#returned-items, docs/evidence/returngo.md#settings-that-change-behaviour):
//! several items that all show the same one can be read in two ways, and a person is asked.

use brightpearl::{CurrencyCode, order::NewCreditRow};
use returngo::{Item, Rma};
use rust_decimal::Decimal;

use crate::{
    amounts::{self, RowAmounts, RowScales},
    findings::Findings,
    keys::{self, FeeKind},
    plan::ReviewCode,
    rma_facts::ids,
    settings::{ConnectionSettings, Posting},
    world::AccountFacts,
};

/// The rows for the fees of the units that are credited; none when a fee has to be asked about. Whether a fee
/// is repeated shows on all units of the RMA, credited or not.
pub(crate) fn rows(
    rma: &Rma,
    all: &[&Item],
    units: &[&Item],
    currency: &CurrencyCode,
    settings: &ConnectionSettings,
    account: &AccountFacts,
    findings: &mut Findings,
) -> Option<Vec<NewCreditRow>> {
    let mut clear = cancellation_is_free(rma, units, currency, findings);
    let mut rows = Vec::new();
    for kind in FeeKind::ALL {
        match gross(kind, all, units, currency, findings) {
            Some(gross) if gross.is_zero() => {}
            Some(gross) => match row(kind, gross, currency, settings, account) {
                Ok(row) => rows.push(row),
                Err(message) => {
                    findings.add_review_for_units(ReviewCode::FeeNotConfigured, message, ids(units));
                    clear = false;
                }
            },
            None => clear = false,
        }
    }
    clear.then_some(rows)
}

fn cancellation_is_free(
    rma: &Rma,
    units: &[&Item],
    currency: &CurrencyCode,
    findings: &mut Findings,
) -> bool {
    let fee = rma.cancellation_fee;
    if fee.is_zero() {
        return true;
    }
    let message = format!(
        "The RMA has a cancellation fee of {}: nothing says whether it was taken already or is to be taken from the \
         refund. Make the credit by hand, or take the fee off the RMA.",
        amounts::shown(fee, currency)
    );
    findings.add_review_for_units(ReviewCode::FeeUnclear, message, ids(units));
    false
}

fn fee_of(kind: FeeKind, unit: &Item) -> Decimal {
    match kind {
        FeeKind::Restocking => unit.restocking_fee,
        FeeKind::Return => unit.return_fee,
        FeeKind::Shipment => unit.shipment_fee,
    }
}

/// What is charged altogether; none when that can be read in two ways.
fn gross(
    kind: FeeKind,
    all: &[&Item],
    units: &[&Item],
    currency: &CurrencyCode,
    findings: &mut Findings,
) -> Option<Decimal> {
    let charged_to = |units: &[&Item]| -> Vec<Decimal> {
        units.iter().map(|unit| fee_of(kind, unit).max(Decimal::ZERO)).collect()
    };
    if let Some(negative) =
        units.iter().map(|unit| fee_of(kind, unit)).find(|fee| fee.is_sign_negative() && !fee.is_zero())
    {
        findings.add_ignored(format!("A unit has a {kind} fee of {negative}."));
    }
    let charged = charged_to(all);
    let first = charged.first().copied().unwrap_or_default();
    let repeated = charged.len() > 1 && !first.is_zero() && charged.iter().all(|fee| *fee == first);
    if repeated && kind != FeeKind::Restocking {
        let message = format!(
            "All {} items show a {kind} fee of {}: it is either one fee for the whole RMA or one for each item. Make \
             the credit by hand with the right fee.",
            charged.len(),
            amounts::shown(first, currency)
        );
        findings.add_review_for_units(ReviewCode::FeeUnclear, message, ids(units));
        return None;
    }
    Some(amounts::sum(charged_to(units)))
}

fn row(
    kind: FeeKind,
    gross: Decimal,
    currency: &CurrencyCode,
    settings: &ConnectionSettings,
    account: &AccountFacts,
) -> Result<NewCreditRow, String> {
    let posting = posting(kind, settings).ok_or_else(|| {
        format!(
            "The RMA has a {kind} fee of {}, and the setting `fees.{kind}` does not say where it is posted to.",
            amounts::shown(gross, currency)
        )
    })?;
    let amounts = split(gross, posting, RowScales::of(currency), account).ok_or_else(|| {
        format!(
            "The {kind} fee of {} cannot be split: tax code {} of the setting `fees.{kind}` is not one of the account's.",
            amounts::shown(gross, currency),
            posting.tax_code
        )
    })?;
    let amounts = amounts.negated();
    let name = match kind {
        FeeKind::Restocking => "Restocking fee",
        FeeKind::Return => "Return fee",
        FeeKind::Shipment => "Return shipping fee",
    };
    Ok(NewCreditRow {
        nominal_code: Some(posting.nominal_code.clone()),
        external_ref: Some(keys::fee(kind)),
        ..NewCreditRow::free_text(name, posting.tax_code.as_str(), amounts.net, amounts.tax)
    })
}

fn posting(kind: FeeKind, settings: &ConnectionSettings) -> Option<&Posting> {
    match kind {
        FeeKind::Restocking => settings.fees.restocking.as_ref(),
        FeeKind::Return => settings.fees.returning.as_ref(),
        FeeKind::Shipment => settings.fees.shipment.as_ref(),
    }
}

/// Splits a gross amount by the rate of the posting's tax code; none when the code is not the account's.
pub(crate) fn split(
    gross: Decimal,
    posting: &Posting,
    scales: RowScales,
    account: &AccountFacts,
) -> Option<RowAmounts> {
    let rate = account.tax_code(&posting.tax_code)?;
    amounts::split_gross(gross, rate.percent(), scales)
}
