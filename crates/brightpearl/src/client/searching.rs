use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};

use futures_core::Stream;

use super::{
    Client,
    paging::{Continuation, Paging},
    searchable::Searchable,
};
use crate::{
    Error,
    search::{Page, UndecodableRow},
};

/// The results of a search, as pages or as rows.
///
/// Where Brightpearl sorts the rows by their id, as it does by default for orders and payments, each page is
/// checked against the previous one: rows that were removed in between, perhaps as a result of processing them,
/// neither cause gaps nor repeat others (docs/evidence/brightpearl-platform.md#paging). With another sort,
/// added and removed rows shift those after them.
#[derive(Debug)]
#[must_use = "a search does nothing until a page or a row is requested"]
pub struct Results<S> {
    client: Client,
    paging: Paging<S>,
}

impl<S: Searchable> Results<S> {
    pub(crate) fn new(client: &Client, search: S) -> Self {
        Self { client: client.clone(), paging: Paging::new(search) }
    }

    /// Resumes where an earlier run of the same search stopped.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for the continuation of another search.
    pub fn resume(self, at: Continuation) -> Result<Self, Error> {
        Ok(Self { paging: self.paging.resume(at)?, ..self })
    }

    /// Returns the position of the next page; none after the last.
    pub fn continuation(&self) -> Option<Continuation> {
        self.paging.continuation()
    }

    /// Returns the next page; none after the last. Rows of the previous page are left out, so that it may hold
    /// fewer rows than its `meta_data` states.
    ///
    /// # Errors
    /// When the page cannot be fetched. The next call requests the same page.
    pub async fn next_page(&mut self) -> Result<Option<Page<S::Row>>, Error> {
        while let Some(first_result) = self.paging.next_row() {
            let page = self.client.send(&self.paging.search().page_from(first_result)).await?;
            if let Some(received) = self.paging.receive(page) {
                return Ok(Some(received.page));
            }
        }
        Ok(None)
    }

    /// Reads every row of every page.
    ///
    /// # Errors
    /// When a page cannot be fetched, or one of its rows is invalid.
    pub async fn all(self) -> Result<Vec<S::Row>, Error> {
        self.collect(|page| page.rows().map_err(Error::undecodable_row)).await
    }

    /// Reads every row of every page; an invalid row is an error in its place.
    ///
    /// # Errors
    /// When a page cannot be fetched.
    pub async fn all_results(self) -> Result<Vec<Result<S::Row, UndecodableRow>>, Error> {
        self.collect(|page| Ok(page.results())).await
    }

    async fn collect<T>(
        mut self,
        rows_of: impl Fn(Page<S::Row>) -> Result<Vec<T>, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut rows = Vec::new();
        while let Some(page) = self.next_page().await? {
            rows.extend(rows_of(page)?);
        }
        Ok(rows)
    }

    /// Counts the matching rows without fetching them.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn count(&self) -> Result<u64, Error> {
        let request = self.paging.search().page_from(1).query("countOnly", "true");
        Ok(self.client.send(&request).await?.meta_data.results_available)
    }

    /// Returns the rows one by one, with one page in memory at a time. The stream borrows nothing: a task of its own
    /// can read it.
    pub fn stream(self) -> Rows<S>
    where
        S::Row: Send + 'static,
    {
        Rows {
            client: self.client,
            paging: self.paging,
            page: Vec::new().into_iter(),
            by_key: false,
            next_number: 0,
            after: None,
            again: false,
            coming: None,
            failed: false,
        }
    }
}

type Coming<T> = Pin<Box<dyn Future<Output = Result<Page<T>, Error>> + Send>>;

/// The rows of a search, one by one: a [`Stream`], or [`Rows::next`] without one.
///
/// An invalid row is an error in its place, and the rows after it follow. A page that cannot be fetched is an
/// error and the end: resume at [`Rows::continuation`]. A dropped [`Rows::next`] loses no row: the page that it
/// requested stays with the stream.
///
/// ```no_run
/// # async fn example(brightpearl: brightpearl::Client) -> Result<(), brightpearl::Error> {
/// use brightpearl::order::OrderSearch;
///
/// let mut orders = brightpearl.orders().search(OrderSearch::new()).stream();
/// while let Some(order) = orders.next().await {
///     println!("{:?}", order?.order_id);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a search does nothing until a row is requested"]
pub struct Rows<S: Searchable> {
    client: Client,
    paging: Paging<S>,
    page: vec::IntoIter<Result<S::Row, UndecodableRow>>,
    /// Whether the page's rows are sorted by their id.
    by_key: bool,
    /// The number of the page's next row.
    next_number: u64,
    /// The greatest id so far, where the rows are sorted by it.
    after: Option<u64>,
    /// Whether the previous row has a valid id.
    again: bool,
    coming: Option<Coming<S::Row>>,
    failed: bool,
}

/// No field is pinned.
impl<S: Searchable> Unpin for Rows<S> {}

impl<S: Searchable> Rows<S> {
    /// Returns the position of the next row; none after the last.
    pub fn continuation(&self) -> Option<Continuation> {
        if self.page.len() == 0 {
            return self.paging.continuation();
        }
        Some(self.paging.continuation_after(self.next_number - 1, self.after, self.again))
    }
}

impl<S: Searchable> Rows<S>
where
    S::Row: Send + 'static,
{
    /// Returns the next row; none after the last.
    ///
    /// # Errors
    /// When the row is invalid, or its page cannot be fetched.
    pub async fn next(&mut self) -> Option<Result<S::Row, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    fn ask(&mut self, first_result: u64) -> &mut Coming<S::Row> {
        self.coming.get_or_insert_with(|| {
            let (client, request) = (self.client.clone(), self.paging.search().page_from(first_result));
            Box::pin(async move { client.send(&request).await })
        })
    }
}

impl<S: Searchable> Stream for Rows<S>
where
    S::Row: Send + 'static,
{
    type Item = Result<S::Row, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(row) = this.page.next() {
                this.next_number += 1;
                let id = row.as_ref().ok().and_then(S::key).filter(|_| this.by_key);
                this.again = id.is_some();
                this.after = id.or(this.after);
                return Poll::Ready(Some(row.map_err(Error::undecodable_row)));
            }
            let next = this.paging.next_row().filter(|_| !this.failed);
            let Some(first_result) = next else { return Poll::Ready(None) };
            let page = ready!(this.ask(first_result).as_mut().poll(context));
            this.coming = None;
            match page {
                Ok(page) => {
                    let Some(received) = this.paging.receive(page) else { continue };
                    this.next_number = received.first_result;
                    this.by_key = received.by_key;
                    this.after = received.after.filter(|_| received.by_key);
                    this.page = received.page.results().into_iter();
                }
                Err(error) => {
                    this.failed = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl<S: Searchable> fmt::Debug for Rows<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("continuation", &self.continuation()).finish_non_exhaustive()
    }
}
