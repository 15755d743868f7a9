//! Reconciliation of the refunds in ReturnGO with the payments in Brightpearl.
//!
//! For each RMA, successful transactions are compared with the payments on the credit, and with the credit and its
//! journals. A [`Line`] describes a refund or a difference, and what to do next. A [`Report`] contains the lines of a
//! period, with totals by currency and bank account. It is available as JSON (serde), as a table ([`TABLE_COLUMNS`] and
//! [`Line::table_cells`]) and as CSV ([`Report::to_csv`]).

mod csv;
mod line;
mod matching;
mod report;

use brightpearl::accounting::Journal;

use self::matching::CreditReconciliation;
pub use self::{
    line::{Amount, Line, LineCode},
    report::{COLUMNS, Days, InvalidDays, Report, TABLE_COLUMNS, Total, UnreconciledItem, totals},
};
use crate::{plan, settings::ConnectionSettings, world::World};

/// Reconciles one RMA: its refunds in the order of their creation, then further payments in Brightpearl, then the credit.
///
/// `journals` are the journals of the payments, as far as they were read. They contain the bank account that was posted to.
/// For other payments, the bank account is that of the payment method.
pub fn reconcile(world: &World, journals: &[Journal], settings: &ConnectionSettings) -> Vec<Line> {
    let plan = plan(world, settings);
    let state = plan.state.credit.as_ref();
    let credit = state.and_then(|state| world.credits.iter().find(|credit| credit.id == state.id));
    match credit {
        Some(credit) => CreditReconciliation::new(world, journals, settings, credit).lines(&plan),
        None => matching::without_a_credit(world),
    }
}
