//! Where a search is, where its next page begins, and where it goes on after an error or a restart.

use serde::{Deserialize, Serialize};

use super::Searchable;
use crate::{
    Error,
    search::{MAX_PAGE_SIZE, Page, UndecodableRow},
};

/// Where a search goes on: written down, it survives an error and a restart.
///
/// It holds which search it belongs to (not what it looks for), the number of the row to ask for next and, where the
/// rows come by their id, the id of the last one that came. With the id, rows that came or went in between neither
/// hide others nor bring them twice; without it, they shift the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Continuation {
    search: u32,
    #[serde(flatten)]
    position: Position,
}

/// A row to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Position {
    /// Its number, counted from 1.
    first_result: u64,
    /// The greatest id that came so far, where the rows come by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
    /// It came before, as the last one, and is asked for once more: found in its place, no row before it is gone, so
    /// that none after it has moved up to where nobody looks.
    again: bool,
}

impl Position {
    /// The place after the row of this number.
    const fn after_row(number: u64, after: Option<u64>, again: bool) -> Self {
        Self { first_result: if again { number } else { number + 1 }, after, again }
    }
}

/// A search on its way.
#[derive(Debug)]
pub(super) struct Paging<S> {
    search: S,
    next: Option<Position>,
    /// The lowest row that was gone back to since a row came: no server may send us in circles.
    returned_to: Option<u64>,
}

/// A page as it may be handed out: without the rows that came before.
pub(super) struct ReceivedPage<T> {
    pub(super) page: Page<T>,
    /// The number of its first row.
    pub(super) first_result: u64,
    /// Whether its rows come by their id.
    pub(super) by_key: bool,
    /// The greatest id that came before it.
    pub(super) after: Option<u64>,
}

type Row<S> = Result<<S as Searchable>::Row, UndecodableRow>;

fn key_of<S: Searchable>(row: &Row<S>) -> Option<u64> {
    row.as_ref().ok().and_then(S::key)
}

/// Whether the rows come by an id that no two share: as Brightpearl says, and as they show.
fn comes_by_key<S: Searchable>(page: &Page<S::Row>) -> bool {
    let says = S::KEY.is_some_and(|key| page.meta_data.is_sorted_by(key));
    says && page.rows.iter().filter_map(key_of::<S>).is_sorted_by(|id, next| id < next)
}

/// How far to go back when rows before the last one are gone: the most rows that one page holds.
const BACK: u64 = MAX_PAGE_SIZE as u64;

impl<S: Searchable> Paging<S> {
    pub(super) const fn new(search: S) -> Self {
        Self { search, next: Some(Position::after_row(0, None, false)), returned_to: None }
    }

    pub(super) const fn search(&self) -> &S {
        &self.search
    }

    /// Goes on from a place of the same search.
    pub(super) fn resume(self, at: Continuation) -> Result<Self, Error> {
        if at.search == self.fingerprint() {
            Ok(Self { next: Some(at.position), ..self })
        } else {
            let problem = "the continuation belongs to another search: build the search with the filters, columns, sort \
                           and page size that it had, or begin anew";
            Err(Error::invalid_request(self.search.page_from(1).endpoint(), problem))
        }
    }

    /// The row that the next page begins with; none after the last.
    pub(super) fn next_row(&self) -> Option<u64> {
        self.next.map(|position| position.first_result)
    }

    /// Where the next page begins.
    pub(super) fn continuation(&self) -> Option<Continuation> {
        self.next.map(|position| self.at(position))
    }

    /// Where the rows after the one of this number begin.
    pub(super) fn continuation_after(&self, number: u64, after: Option<u64>, again: bool) -> Continuation {
        self.at(Position::after_row(number, after, again))
    }

    fn at(&self, position: Position) -> Continuation {
        Continuation { search: self.fingerprint(), position }
    }

    /// Takes the page that was asked for; none when rows before it are gone and it must be looked for further ahead.
    pub(super) fn receive(&mut self, mut page: Page<S::Row>) -> Option<ReceivedPage<S::Row>> {
        let Position { first_result, after, again } = self.next?;
        let by_key = comes_by_key::<S>(&page);
        let id = |row: &Row<S>| key_of::<S>(row).filter(|_| by_key);
        let gone = || page.rows.iter().find_map(id).is_none_or(|first| after < Some(first));
        if again && by_key && gone() && self.go_back(first_result) {
            return None;
        }
        let greatest = page.rows.iter().filter_map(id).next_back().max(after.filter(|_| by_key));
        // The only row of a page is not asked for again: it would be all of the next one.
        let again_then = page.rows.len() > 1 && page.rows.last().and_then(id).is_some();
        let next = page.meta_data.next_first_result();
        let next = next.map(|next| Position::after_row(next - 1, greatest, again_then));
        // A server that repeats itself must not make us repeat ourselves.
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

    /// Whether there is anything further ahead that was not looked at since a row came.
    fn go_back(&mut self, from: u64) -> bool {
        let to = from.saturating_sub(BACK).max(1);
        let goes = to < from && self.returned_to.is_none_or(|returned_to| to < returned_to);
        if goes {
            self.returned_to = Some(to);
            self.next = self.next.map(|position| Position { first_result: to, ..position });
        }
        goes
    }

    /// Tells searches apart without telling what they look for (FNV-1a, so that it stays the same for ever).
    fn fingerprint(&self) -> u32 {
        let uri = self.search.page_from(1).uri();
        uri.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }
}
