//! The keys, read anew from how they are written down.

/// `RGO-{rma}`: the credit of an RMA.
pub(super) fn rma_of_credit(reference: &str) -> Option<&str> {
    reference.strip_prefix("RGO-").filter(|rma| is_number(rma))
}

/// `RGO-R{row}-{unit}`: the row of the order, and the first unit.
pub(super) fn row_and_unit(reference: &str) -> Option<(u64, &str)> {
    let (row, unit) = reference.strip_prefix("RGO-R")?.split_once('-')?;
    Some((row.parse().ok()?, unit))
}

/// `RGO-{rma}-{transaction}`: the refund of a payment.
pub(super) fn refund(reference: &str) -> Option<(String, String)> {
    let (rma, transaction) = reference.strip_prefix("RGO-")?.split_once('-')?;
    (is_number(rma) && is_number(transaction)).then(|| (rma.to_owned(), transaction.to_owned()))
}

/// `RGO-{rma}-adopted` in a text: the RMA that claims a credit.
pub(super) fn claimed_by(text: &str) -> Option<&str> {
    let before = text.split_once("-adopted")?.0;
    let rma = before.rsplit_once("RGO-")?.1;
    is_number(rma).then_some(rma)
}

/// `RGO-{rma}-{transaction}` in the name of a row.
pub(super) fn refund_in(text: &str) -> Option<(String, String)> {
    let rest = text.split_once("RGO-")?.1;
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '-').unwrap_or(rest.len());
    refund(&format!("RGO-{}", rest[..end].trim_end_matches('-')))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
