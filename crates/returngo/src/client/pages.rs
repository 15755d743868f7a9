use std::{
    collections::BTreeSet,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};

use futures_core::Stream;
use tracing::warn;

use super::Client;
use crate::{
    Error,
    page::{Cursor, Listable, Page, UndecodableRow},
};

/// A list, as pages or as rows. Only one page is held at a time.
#[derive(Debug)]
#[must_use = "a list does nothing until a page or a row is requested"]
pub struct Pages<L> {
    client: Client,
    list: L,
    position: Position,
    /// The cursors of the pages so far: a server that repeats one would keep the client in a loop.
    been: BTreeSet<Cursor>,
}

#[derive(Debug, Clone)]
enum Position {
    Start,
    At(Cursor),
    End,
}

impl Position {
    const fn cursor(&self) -> Option<&Cursor> {
        match self {
            Self::At(cursor) => Some(cursor),
            Self::Start | Self::End => None,
        }
    }
}

impl<L: Listable> Pages<L> {
    pub(crate) fn new(client: &Client, list: L) -> Self {
        Self { client: client.clone(), list, position: Position::Start, been: BTreeSet::new() }
    }

    /// Starts at a cursor that an earlier run of the same list stored.
    pub fn resume_at(mut self, cursor: Cursor) -> Self {
        self.been.insert(cursor.clone());
        self.position = Position::At(cursor);
        self
    }

    /// Returns the cursor of the next page; none at the start and at the end.
    pub const fn cursor(&self) -> Option<&Cursor> {
        self.position.cursor()
    }

    /// Returns the next page; none after the last.
    ///
    /// # Errors
    /// When the page cannot be fetched. The next call requests the same page.
    pub async fn next_page(&mut self) -> Result<Option<Page<L::Row>>, Error> {
        if matches!(self.position, Position::End) {
            return Ok(None);
        }
        let page = self.client.send(&self.list.page(self.cursor())).await?;
        self.go_on_after(&page);
        Ok(Some(page))
    }

    /// Reads every row of every page.
    ///
    /// # Errors
    /// When a page cannot be fetched, or one of its rows is invalid.
    pub async fn all(self) -> Result<Vec<L::Row>, Error> {
        self.collect(|page| page.rows().map_err(Error::undecodable_row)).await
    }

    /// Reads every row of every page; an invalid row is an error in its place.
    ///
    /// # Errors
    /// When a page cannot be fetched.
    pub async fn all_results(self) -> Result<Vec<Result<L::Row, UndecodableRow>>, Error> {
        self.collect(|page| Ok(page.results())).await
    }

    async fn collect<T>(
        mut self,
        rows_of: impl Fn(Page<L::Row>) -> Result<Vec<T>, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut rows = Vec::new();
        while let Some(page) = self.next_page().await? {
            rows.extend(rows_of(page)?);
        }
        Ok(rows)
    }

    /// Returns the rows one by one, with one page in memory at a time. The stream borrows nothing: a task of its own
    /// can read it.
    pub fn stream(self) -> Rows<L>
    where
        L::Row: Send + 'static,
    {
        Rows {
            here: self.position.clone(),
            pages: self,
            page: Vec::new().into_iter(),
            coming: None,
            failed: false,
        }
    }

    fn go_on_after<T>(&mut self, page: &Page<T>) {
        self.position = match page.next() {
            None => Position::End,
            Some(next) if self.been.insert(next.clone()) => Position::At(next.clone()),
            Some(_) => {
                warn!("ReturnGO repeated a cursor; the list ends here");
                Position::End
            }
        };
    }
}

type Coming<T> = Pin<Box<dyn Future<Output = Result<Page<T>, Error>> + Send>>;

/// The rows of a list, one by one: a [`Stream`], or [`Rows::next`] without one.
///
/// An invalid row is an error in its place, and the rows after it follow. A page that cannot be fetched is an
/// error and the end: continue at [`Rows::cursor`]. A dropped [`Rows::next`] loses no row: the page that it
/// requested stays with the stream.
///
/// ```no_run
/// # async fn example(returngo: returngo::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use returngo::{RmaFilter, RmaStatus};
///
/// let mut received = returngo.rmas().list(RmaFilter::new().statuses([RmaStatus::Received])).stream();
/// while let Some(summary) = received.next().await {
///     println!("{}", summary?.rma_id);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a list does nothing until a row is requested"]
pub struct Rows<L: Listable> {
    pages: Pages<L>,
    /// The position of the current page.
    here: Position,
    page: vec::IntoIter<Result<L::Row, UndecodableRow>>,
    coming: Option<Coming<L::Row>>,
    failed: bool,
}

/// No field is pinned.
impl<L: Listable> Unpin for Rows<L> {}

impl<L: Listable> Rows<L> {
    /// Returns the cursor of the page with the next row; none on the first page and after the last row. A list
    /// that resumes here repeats the rows of that page.
    pub fn cursor(&self) -> Option<&Cursor> {
        if self.page.len() > 0 { self.here.cursor() } else { self.pages.position.cursor() }
    }
}

impl<L: Listable> Rows<L>
where
    L::Row: Send + 'static,
{
    /// Returns the next row; none after the last.
    ///
    /// # Errors
    /// When the row is invalid, or its page cannot be fetched.
    pub async fn next(&mut self) -> Option<Result<L::Row, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    fn ask(&mut self) -> &mut Coming<L::Row> {
        self.coming.get_or_insert_with(|| {
            let (client, request) = (self.pages.client.clone(), self.pages.list.page(self.pages.cursor()));
            Box::pin(async move { client.send(&request).await })
        })
    }
}

impl<L: Listable> Stream for Rows<L>
where
    L::Row: Send + 'static,
{
    type Item = Result<L::Row, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(row) = this.page.next() {
                return Poll::Ready(Some(row.map_err(Error::undecodable_row)));
            }
            if this.failed || matches!(this.pages.position, Position::End) {
                return Poll::Ready(None);
            }
            let page = ready!(this.ask().as_mut().poll(context));
            this.coming = None;
            match page {
                Ok(page) => {
                    this.here = this.pages.position.clone();
                    this.pages.go_on_after(&page);
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

impl<L: Listable> fmt::Debug for Rows<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("cursor", &self.cursor()).finish_non_exhaustive()
    }
}
