//! The position of a search: where its next page begins, and where it resumes after an error or a restart.

use serde::{Deserialize, Serialize};

use super::searchable::Searchable;
use crate::{
    Error,
    search::{MAX_PAGE_SIZE, Page, UndecodableRow},
};

/// The position at which a search resumes. Stored, it survives an error and a restart.
///
/// It contains a fingerprint of its search (not the filters), the number of the next row and, where the rows
/// are sorted by their id, the id of the last row. With the id, rows that were added or removed in between
/// neither hide others nor repeat them; without it, they shift the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Continuation {
    search: u32,
    #[serde(flatten)]
    position: Position,
}

/// The row to request next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Position {
    /// Its number, counted from 1.
    first_result: u64,
    /// The greatest id so far, where the rows are sorted by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
    /// Whether the row was the last one received and is requested again: if it is still in its place, no
    /// earlier row was removed, and no later row has moved up past the next page.
    again: bool,
}

impl Position {
    /// Returns the position after the row with this number.
    const fn after_row(number: u64, after: Option<u64>, again: bool) -> Self {
        Self { first_result: if again { number } else { number + 1 }, after, again }
    }
}

/// A search in progress.
#[derive(Debug)]
pub(super) struct Paging<S> {
    search: S,
    next: Option<Position>,
    /// The lowest row that was returned to since the last new row, so that a server cannot cause a loop.
    returned_to: Option<u64>,
}

/// A page without the rows of earlier pages.
pub(super) struct ReceivedPage<T> {
    pub(super) page: Page<T>,
    /// The number of its first row.
    pub(super) first_result: u64,
    /// Whether its rows are sorted by their id.
    pub(super) by_key: bool,
    /// The greatest id before it.
    pub(super) after: Option<u64>,
}

type Row<S> = Result<<S as Searchable>::Row, UndecodableRow>;

fn key_of<S: Searchable>(row: &Row<S>) -> Option<u64> {
    row.as_ref().ok().and_then(S::key)
}

/// Whether the rows are sorted by a unique id, both by Brightpearl's statement and in fact.
fn comes_by_key<S: Searchable>(page: &Page<S::Row>) -> bool {
    let says = S::KEY.is_some_and(|key| page.meta_data.is_sorted_by(key));
    says && page.rows.iter().filter_map(key_of::<S>).is_sorted_by(|id, next| id < next)
}

/// How far to go back when earlier rows were removed: the maximum size of a page.
const BACK: u64 = MAX_PAGE_SIZE as u64;

impl<S: Searchable> Paging<S> {
    pub(super) const fn new(search: S) -> Self {
        Self { search, next: Some(Position::after_row(0, None, false)), returned_to: None }
    }

    pub(super) const fn search(&self) -> &S {
        &self.search
    }

    /// Resumes the same search at a position.
    pub(super) fn resume(self, at: Continuation) -> Result<Self, Error> {
        if at.search == self.fingerprint() {
            Ok(Self { next: Some(at.position), ..self })
        } else {
            let problem = "the continuation belongs to another search: use the same filters, columns, sort and page size, \
                           or restart the search";
            Err(Error::invalid_request(self.search.page_from(1).endpoint(), problem))
        }
    }

    /// Returns the first row of the next page; none after the last.
    pub(super) fn next_row(&self) -> Option<u64> {
        self.next.map(|position| position.first_result)
    }

    /// Returns the position of the next page.
    pub(super) fn continuation(&self) -> Option<Continuation> {
        self.next.map(|position| self.at(position))
    }

    /// Returns the position after the row with this number.
    pub(super) fn continuation_after(&self, number: u64, after: Option<u64>, again: bool) -> Continuation {
        self.at(Position::after_row(number, after, again))
    }

    fn at(&self, position: Position) -> Continuation {
        Continuation { search: self.fingerprint(), position }
    }

    /// Receives the requested page; none when earlier rows were removed and an earlier page has to be
    /// requested.
    pub(super) fn receive(&mut self, mut page: Page<S::Row>) -> Option<ReceivedPage<S::Row>> {
        let Position { first_result, after, again } = self.next?;
        let by_key = comes_by_key::<S>(&page);
        let id = |row: &Row<S>| key_of::<S>(row).filter(|_| by_key);
        let gone = || page.rows.iter().find_map(id).is_none_or(|first| after < Some(first));
        if again && by_key && gone() && self.go_back(first_result) {
            return None;
        }
        let greatest = page.rows.iter().filter_map(id).next_back().max(after.filter(|_| by_key));
        // The only row of a page is not requested again: it would be all of the next one.
        let again_then = page.rows.len() > 1 && page.rows.last().and_then(id).is_some();
        let next = page.meta_data.next_first_result();
        let next = next.map(|next| Position::after_row(next - 1, greatest, again_then));
        // A server that repeats a page must not cause a loop.
        self.next = next.filter(|next| next.first_result > first_result);
        let came = page.rows.len();
        page.rows.retain(|row| match id(row) {
            Some(id) => after < Some(id),
            None => !again || after.is_none() || key_of::<S>(row) != after,
        });
        if !page.rows.is_empty() {
            self.returned_to = None;
        }
        Some(ReceivedPage {
            first_result: first_result + (came - page.rows.len()) as u64,
            page,
            by_key,
            after,
        })
    }

    /// Returns to an earlier row, if there is one that was not requested since the last new row.
    fn go_back(&mut self, from: u64) -> bool {
        let to = from.saturating_sub(BACK).max(1);
        let goes = to < from && self.returned_to.is_none_or(|returned_to| to < returned_to);
        if goes {
            self.returned_to = Some(to);
            self.next = self.next.map(|position| Position { first_result: to, ..position });
        }
        goes
    }

    /// Returns a fingerprint of the search that does not reveal its filters (FNV-1a, the same in every
    /// version).
    fn fingerprint(&self) -> u32 {
        let uri = self.search.page_from(1).uri();
        uri.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }
}
