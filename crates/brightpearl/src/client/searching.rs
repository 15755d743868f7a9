use super::Client;
use crate::{Error, request::Request, search::Page};

/// A search that can be sent page by page.
pub trait Searchable {
    /// What a row is.
    type Row;

    /// The request for the page that starts at this row, counted from 1.
    fn page_from(&self, first_result: u64) -> Request<Page<Self::Row>>;
}

/// The results of a search, page after page.
#[derive(Debug)]
#[must_use = "a search does nothing until a page is asked for"]
pub struct Results<'c, S> {
    client: &'c Client,
    search: S,
    next: Option<u64>,
}

impl<'c, S: Searchable> Results<'c, S> {
    pub(crate) fn new(client: &'c Client, search: S) -> Self {
        Self { client, search, next: Some(1) }
    }

    /// The next page; none after the last.
    ///
    /// # Errors
    /// When the page cannot be had. Asking again asks for the same page.
    pub async fn next_page(&mut self) -> Result<Option<Page<S::Row>>, Error> {
        let Some(first_result) = self.next else { return Ok(None) };
        let page = self.client.send(&self.search.page_from(first_result)).await?;
        // A server that repeats itself must not make us repeat ourselves.
        self.next = page.meta_data.next_first_result().filter(|next| *next > first_result);
        Ok(Some(page))
    }

    /// Every row of every page. Rows that moved between two pages may come twice or not at all: sort by id.
    ///
    /// # Errors
    /// When a page cannot be had, or one of its rows does not read.
    pub async fn all(mut self) -> Result<Vec<S::Row>, Error> {
        let mut rows = Vec::new();
        while let Some(page) = self.next_page().await? {
            rows.extend(page.rows().map_err(Error::undecodable_row)?);
        }
        Ok(rows)
    }
}
