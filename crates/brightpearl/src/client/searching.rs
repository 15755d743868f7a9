use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};

use futures_core::Stream;
use serde::{Deserialize, Serialize};

use super::Client;
use crate::{
    Error,
    request::Request,
    search::{Page, UndecodableRow},
};

/// A search that can be sent page by page.
pub trait Searchable {
    /// What a row is.
    type Row;

    /// The request for the page that starts at this row, counted from 1.
    fn page_from(&self, first_result: u64) -> Request<Page<Self::Row>>;
}

/// Where a search goes on: written down, it survives an error and a restart. It counts rows and knows nothing
/// of the search: go on with the same one, sorted by an id, or rows that came and went in between shift it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Continuation {
    /// The number of the next row, counted from 1.
    first_result: u64,
}

/// The results of a search, page after page or row after row.
#[derive(Debug)]
#[must_use = "a search does nothing until a page or a row is asked for"]
pub struct Results<'c, S> {
    client: &'c Client,
    search: S,
    next: Option<u64>,
}

impl<'c, S: Searchable> Results<'c, S> {
    pub(crate) fn new(client: &'c Client, search: S) -> Self {
        Self { client, search, next: Some(1) }
    }

    /// Goes on where an earlier run of the same search stopped.
    pub fn resume(mut self, at: Continuation) -> Self {
        self.next = Some(at.first_result);
        self
    }

    /// Where the next page starts; none after the last.
    pub fn continuation(&self) -> Option<Continuation> {
        self.next.map(|first_result| Continuation { first_result })
    }

    /// The next page; none after the last.
    ///
    /// # Errors
    /// When the page cannot be had. Asking again asks for the same page.
    pub async fn next_page(&mut self) -> Result<Option<Page<S::Row>>, Error> {
        let Some(first_result) = self.next else { return Ok(None) };
        let page = self.client.send(&self.search.page_from(first_result)).await?;
        self.next = after(&page, first_result);
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

    /// How many rows match, without any of them.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn count(&self) -> Result<u64, Error> {
        let request = self.search.page_from(1).query("countOnly", "true");
        Ok(self.client.send(&request).await?.meta_data.results_available)
    }

    /// The rows one by one, with one page in memory at a time.
    pub fn stream(self) -> Rows<'c, S>
    where
        S::Row: Send + 'static,
    {
        let Self { client, search, next } = self;
        Rows { client, search, next, page: Vec::new().into_iter(), number: 0, coming: None, failed: false }
    }
}

/// Where the page after this one starts. A server that repeats itself must not make us repeat ourselves.
fn after<T>(page: &Page<T>, first_result: u64) -> Option<u64> {
    page.meta_data.next_first_result().filter(|next| *next > first_result)
}

type Coming<'c, T> = Pin<Box<dyn Future<Output = Result<Page<T>, Error>> + Send + 'c>>;

/// The rows of a search, one by one: a [`Stream`], and [`Rows::next`] for those who need no more.
///
/// A row that does not read is an error in its place and the rows after it follow. A page that cannot be had
/// is an error and the end: [`Rows::continuation`] then says where to go on.
///
/// ```no_run
/// # async fn example(brightpearl: brightpearl::Client) -> Result<(), brightpearl::Error> {
/// use brightpearl::order::OrderSearch;
///
/// let mut orders = brightpearl.orders().search(OrderSearch::new().sort("orderId.ASC")).stream();
/// while let Some(order) = orders.next().await {
///     println!("{:?}", order?.order_id);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a search does nothing until a row is asked for"]
pub struct Rows<'c, S: Searchable> {
    client: &'c Client,
    search: S,
    /// Where the page after this one starts.
    next: Option<u64>,
    page: vec::IntoIter<Result<S::Row, UndecodableRow>>,
    /// The number of the page's next row.
    number: u64,
    coming: Option<Coming<'c, S::Row>>,
    failed: bool,
}

/// Nothing in it is ever pinned in place.
impl<S: Searchable> Unpin for Rows<'_, S> {}

impl<S: Searchable> Rows<'_, S> {
    /// Where the rows that have not come yet begin; none after the last.
    pub fn continuation(&self) -> Option<Continuation> {
        let next = if self.page.len() > 0 { Some(self.number) } else { self.next };
        next.map(|first_result| Continuation { first_result })
    }
}

impl<'c, S: Searchable> Rows<'c, S>
where
    S::Row: Send + 'static,
{
    /// The next row; none after the last.
    ///
    /// # Errors
    /// When the row does not read, or its page cannot be had.
    pub async fn next(&mut self) -> Option<Result<S::Row, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    fn ask(&mut self, first_result: u64) -> &mut Coming<'c, S::Row> {
        let (client, request) = (self.client, self.search.page_from(first_result));
        self.coming.get_or_insert_with(|| Box::pin(async move { client.send(&request).await }))
    }
}

impl<S: Searchable> Stream for Rows<'_, S>
where
    S::Row: Send + 'static,
{
    type Item = Result<S::Row, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(row) = this.page.next() {
                this.number += 1;
                return Poll::Ready(Some(row.map_err(Error::undecodable_row)));
            }
            let Some(first_result) = this.next.filter(|_| !this.failed) else { return Poll::Ready(None) };
            let page = ready!(this.ask(first_result).as_mut().poll(context));
            this.coming = None;
            match page {
                Ok(page) => {
                    this.next = after(&page, first_result);
                    this.number = first_result;
                    this.page = page.results().into_iter();
                }
                Err(error) => {
                    this.failed = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl<S: Searchable> fmt::Debug for Rows<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("number", &self.number).field("next", &self.next).finish_non_exhaustive()
    }
}
