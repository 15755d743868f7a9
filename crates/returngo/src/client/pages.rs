use super::Client;
use crate::{
    Error,
    page::{Cursor, Listable, Page},
};

/// A list, page after page: only one page is held at a time.
#[derive(Debug)]
#[must_use = "a list does nothing until a page is asked for"]
pub struct Pages<'c, L> {
    client: &'c Client,
    list: L,
    position: Position,
}

#[derive(Debug)]
enum Position {
    Start,
    At(Cursor),
    End,
}

impl<'c, L: Listable> Pages<'c, L> {
    pub(crate) const fn new(client: &'c Client, list: L) -> Self {
        Self { client, list, position: Position::Start }
    }

    /// Begins here instead of at the start: the cursor that an earlier run kept, of the same list.
    pub fn resume_at(mut self, cursor: Cursor) -> Self {
        self.position = Position::At(cursor);
        self
    }

    /// Where the next page begins; none at the start and at the end.
    pub const fn cursor(&self) -> Option<&Cursor> {
        match &self.position {
            Position::At(cursor) => Some(cursor),
            Position::Start | Position::End => None,
        }
    }

    /// The next page; none after the last.
    ///
    /// # Errors
    /// When the page cannot be had. Asking again asks for the same page.
    pub async fn next_page(&mut self) -> Result<Option<Page<L::Row>>, Error> {
        if matches!(self.position, Position::End) {
            return Ok(None);
        }
        let page = self.client.send(&self.list.page(self.cursor())).await?;
        // A server that repeats its cursor must not make us repeat ourselves.
        let next = page.next.clone().filter(|next| self.cursor() != Some(next));
        self.position = next.map_or(Position::End, Position::At);
        Ok(Some(page))
    }

    /// Every row of every page.
    ///
    /// # Errors
    /// When a page cannot be had.
    pub async fn all(mut self) -> Result<Vec<L::Row>, Error> {
        let mut rows = Vec::new();
        while let Some(page) = self.next_page().await? {
            rows.extend(page.rows);
        }
        Ok(rows)
    }
}
