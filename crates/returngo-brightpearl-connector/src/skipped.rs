//! What could not be read and was passed over, so that one object does not stop the others.

use std::{collections::BTreeSet, error::Error, fmt::Display};

use jiff::Timestamp;
use returngo::UndecodableRow;
use returngo_brightpearl::world::UnreadableEntry;

use crate::{
    error::with_causes,
    ledger::{ConnectionId, Ledger, LedgerError, Unreadable, UnreadableKind},
    metrics,
};

/// The longest reason that is stored, in characters.
const LONGEST_REASON: usize = 400;

/// What was passed over in one go. It is logged at once; [store](Self::store) it before the place in the list, or the
/// webhook, is given up.
#[derive(Debug)]
#[must_use = "what was passed over has to be stored"]
pub struct Skipped<'c> {
    connection: &'c ConnectionId,
    unreadable: BTreeSet<Unreadable>,
    read: Vec<(UnreadableKind, String)>,
    account_was_read: bool,
}

impl<'c> Skipped<'c> {
    /// Nothing yet.
    pub const fn of(connection: &'c ConnectionId) -> Self {
        Self { connection, unreadable: BTreeSet::new(), read: Vec::new(), account_was_read: false }
    }

    /// This object could not be read.
    pub fn add(&mut self, kind: UnreadableKind, object: impl Display, error: &dyn Error) {
        self.add_with_reason(kind, object.to_string(), with_causes(error));
    }

    fn add_with_reason(&mut self, kind: UnreadableKind, object: String, reason: String) {
        tracing::warn!(
            connection = %self.connection,
            kind = kind.as_str(),
            object,
            "{} skipped because it cannot be read: {reason}",
            kind.in_words(),
        );
        metrics::unreadable(kind);
        let reason = reason.chars().take(LONGEST_REASON).collect();
        self.unreadable.insert(Unreadable { kind, object, reason });
    }

    /// This row of one of ReturnGO's lists could not be read.
    pub fn add_row(&mut self, kind: UnreadableKind, row: &UndecodableRow) {
        self.add(kind, place(row.id.as_ref(), row.number), &row.source);
    }

    /// The account's set-up was read, but for these entries.
    pub fn account_was_read(&mut self, but: &[UnreadableEntry]) {
        self.account_was_read = true;
        for UnreadableEntry { list, entry, reason } in but {
            self.add_with_reason(
                UnreadableKind::AccountEntry,
                format!("{}: {entry}", list.in_words()),
                reason.clone(),
            );
        }
    }

    /// These objects could be read.
    pub fn read(&mut self, kind: UnreadableKind, objects: impl IntoIterator<Item = impl Display>) {
        self.read.extend(objects.into_iter().map(|object| (kind, object.to_string())));
    }

    /// What was passed over.
    pub const fn unreadable(&self) -> &BTreeSet<Unreadable> {
        &self.unreadable
    }

    /// Puts it before a person, and takes back what could be read again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn store(self, ledger: &dyn Ledger, now: Timestamp) -> Result<(), LedgerError> {
        let Self { connection, unreadable, read, account_was_read } = self;
        if !read.is_empty() || account_was_read {
            let read: BTreeSet<(UnreadableKind, &str)> =
                read.iter().map(|(kind, object)| (*kind, object.as_str())).collect();
            let missing: BTreeSet<&str> = unreadable.iter().map(|missing| missing.object.as_str()).collect();
            let is_read = |known: &Unreadable| match known.kind {
                UnreadableKind::AccountEntry => account_was_read && !missing.contains(known.object.as_str()),
                kind => read.contains(&(kind, known.object.as_str())),
            };
            let open = ledger.unreadable(Some(connection)).await?;
            for kind in UnreadableKind::ALL {
                let known = open.iter().map(|known| &known.unreadable).filter(|known| known.kind == kind);
                let again: Vec<String> =
                    known.filter(|known| is_read(known)).map(|known| known.object.clone()).collect();
                if !again.is_empty() {
                    ledger.readable_again(connection, kind, &again).await?;
                }
            }
        }
        if unreadable.is_empty() {
            return Ok(());
        }
        ledger.report_unreadable(connection, &unreadable.into_iter().collect::<Vec<_>>(), now).await
    }
}

/// What names a row: its id, or where it stands on its page.
pub(crate) fn place(id: Option<impl Display>, number: usize) -> String {
    id.map_or_else(|| format!("row {number}"), |id| id.to_string())
}
