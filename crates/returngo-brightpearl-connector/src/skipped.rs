//! Objects that were skipped because they cannot be read, so that one of them does not stop the others.

use std::{collections::BTreeSet, fmt::Display};

use brightpearl::DecodeError;
use jiff::Timestamp;
use returngo_brightpearl_mapping::world::UnreadableEntry;

use crate::{
    Failure, metrics,
    store::{ConnectionId, Store, StoreError, Unreadable, UnreadableKind},
};

/// The longest reason that is stored, in characters.
const LONGEST_REASON: usize = 400;

/// The objects that were skipped in one pass. Each is logged at once; [store](Self::store) them before the cursor moves past
/// them or their webhook is marked as handled.
#[derive(Debug)]
#[must_use = "skipped objects have to be stored"]
pub struct Skipped<'c> {
    connection: &'c ConnectionId,
    unreadable: BTreeSet<Unreadable>,
    read: BTreeSet<(UnreadableKind, String)>,
    account_was_read: bool,
}

impl<'c> Skipped<'c> {
    /// Creates an empty list for this connection.
    pub const fn of(connection: &'c ConnectionId) -> Self {
        Self { connection, unreadable: BTreeSet::new(), read: BTreeSet::new(), account_was_read: false }
    }

    /// Adds an object.
    pub fn add(&mut self, kind: UnreadableKind, object: impl Display, reason: impl Into<Failure>) {
        self.add_known_by(kind, object.to_string(), None, reason.into());
    }

    /// Adds a row of one of ReturnGO's lists. A row without an id is shown with its place and recognized by its text: another
    /// row may have its place the next time.
    pub fn add_row(&mut self, kind: UnreadableKind, row: &returngo::UndecodableRow) {
        match &row.id {
            Some(id) => self.add(kind, id, &row.source),
            None => self.add_place(kind, row.number, row.fingerprint, &row.source),
        }
    }

    /// Adds a row of one of Brightpearl's searches.
    pub fn add_searched(&mut self, kind: UnreadableKind, row: &brightpearl::search::UndecodableRow) {
        match row.id {
            Some(id) => self.add(kind, id, &row.source),
            None => self.add_place(kind, row.number, row.fingerprint, &row.source),
        }
    }

    fn add_place(&mut self, kind: UnreadableKind, number: usize, fingerprint: u64, error: &DecodeError) {
        self.add_known_by(kind, format!("row {number}"), Some(format!("{fingerprint:016x}")), error.into());
    }

    fn add_known_by(
        &mut self,
        kind: UnreadableKind,
        object: String,
        known_by: Option<String>,
        reason: Failure,
    ) {
        tracing::warn!(
            connection = %self.connection,
            kind = kind.as_str(),
            object,
            error = reason.message,
            "object skipped because it cannot be read",
        );
        metrics::unreadable(kind);
        let reason = reason.cut_to(LONGEST_REASON);
        self.unreadable.insert(Unreadable { kind, object, known_by, reason });
    }

    /// Notes that the account's configuration was read, except these entries.
    pub fn account_was_read(&mut self, except: &[UnreadableEntry]) {
        self.account_was_read = true;
        for UnreadableEntry { list, entry, reason } in except {
            let object = format!("{}: {entry}", list.in_words());
            self.add_known_by(UnreadableKind::AccountEntry, object, None, reason.as_str().into());
        }
    }

    /// Notes objects that could be read.
    pub fn read(&mut self, kind: UnreadableKind, objects: impl IntoIterator<Item = impl Display>) {
        self.read.extend(objects.into_iter().map(|object| (kind, object.to_string())));
    }

    /// The skipped objects.
    pub const fn unreadable(&self) -> &BTreeSet<Unreadable> {
        &self.unreadable
    }

    /// Stores the skipped objects for review, and removes those that could be read again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn store(self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let Self { connection, unreadable, read, account_was_read } = self;
        if !read.is_empty() {
            store.readable_again(connection, &read.into_iter().collect::<Vec<_>>()).await?;
        }
        if account_was_read {
            let entries = unreadable.iter().filter(|entry| entry.kind == UnreadableKind::AccountEntry);
            let entries: Vec<String> = entries.map(|entry| entry.object.clone()).collect();
            store.all_readable_but(connection, UnreadableKind::AccountEntry, &entries).await?;
        }
        if unreadable.is_empty() {
            return Ok(());
        }
        store.report_unreadable(connection, &unreadable.into_iter().collect::<Vec<_>>(), now).await
    }
}
