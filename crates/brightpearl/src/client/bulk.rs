//! Reading many things by id: as many requests as it takes, the things in the order asked, and the ids that
//! have none named.

use std::collections::{BTreeMap, BTreeSet};

use super::Client;
use crate::{
    Error, ErrorKind, IdSet,
    accounting::{Journal, SalePaymentTotal},
    contact::Contact,
    ids::{ContactId, JournalId, OrderId, ProductId, WebhookId},
    integration::Webhook,
    order::{Order, SalesCredit, SalesOrder},
    product::Product,
    request::Request,
};

/// What became of ids that were asked for, each once.
#[derive(Debug)]
pub struct BulkRead<Id, T> {
    /// What is there, in the order in which it was asked for.
    pub found: Vec<T>,
    /// The ids under which there is nothing.
    pub missing: Vec<Id>,
    /// The ids that Brightpearl refuses, or whose answer does not read, each with the error that it causes
    /// alone.
    pub refused: Vec<(Id, Error)>,
}

/// An answer whose things are known by their ids: a list of [`Identified`] things, or a map by id.
pub trait ById {
    /// What the ids are.
    type Id: Copy + Into<u64>;
    /// What an id names.
    type Thing;

    /// The things by the numbers of their ids.
    fn by_id(self) -> impl Iterator<Item = (u64, Self::Thing)>;
}

/// A thing that says its own id.
pub trait Identified {
    /// What its id is.
    type Id: Copy + Into<u64>;

    /// Its id.
    fn id(&self) -> Self::Id;
}

impl<T: Identified> ById for Vec<T> {
    type Id = T::Id;
    type Thing = T;

    fn by_id(self) -> impl Iterator<Item = (u64, T)> {
        self.into_iter().map(|thing| (thing.id().into(), thing))
    }
}

impl<Id: Copy + Into<u64>, T> ById for BTreeMap<Id, T> {
    type Id = Id;
    type Thing = T;

    fn by_id(self) -> impl Iterator<Item = (u64, T)> {
        self.into_iter().map(|(id, thing)| (id.into(), thing))
    }
}

macro_rules! identified {
    ($($thing:ty: $id:ty = $field:ident),+ $(,)?) => {$(
        impl Identified for $thing {
            type Id = $id;

            fn id(&self) -> $id {
                self.$field
            }
        }
    )+};
}

identified!(
    Order: OrderId = id,
    SalesCredit: OrderId = id,
    SalesOrder: OrderId = id,
    SalePaymentTotal: OrderId = order_id,
    Product: ProductId = id,
    Contact: ContactId = contact_id,
    Webhook: WebhookId = id,
    Journal: JournalId = id,
);

/// When every one of this many ids is refused and nothing was answered yet, it is the request that is wrong
/// and not an id.
const REFUSALS_THAT_CONDEMN: usize = 16;

impl Client {
    /// Asks for many ids at once and says what became of each. Works with every request that takes an id set
    /// alone: [`order::get`](crate::order::get), [`product::get`](crate::product::product::get), ….
    ///
    /// A set that is refused is halved until the ids that cause it are found; the others are there all the
    /// same. One such id among 200 costs some 16 requests more.
    ///
    /// ```no_run
    /// # async fn example(brightpearl: brightpearl::Client) -> Result<(), brightpearl::Error> {
    /// use brightpearl::{OrderId, order};
    ///
    /// let asked = [OrderId::new(300955), OrderId::new(300871)];
    /// let orders = brightpearl.get_each(&asked, order::get).await?;
    /// for id in orders.missing {
    ///     println!("there is no order {id}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When Brightpearl cannot be asked, or refuses the request whatever the ids; see [`ErrorKind`].
    pub async fn get_each<C: ById>(
        &self,
        ids: &[C::Id],
        get: impl Fn(&IdSet) -> Request<C>,
    ) -> Result<BulkRead<C::Id, C::Thing>, Error> {
        let mut there: BTreeMap<u64, C::Thing> = BTreeMap::new();
        let mut refused: BTreeMap<u64, Error> = BTreeMap::new();
        let mut answered = false;
        let mut sets = IdSetQueue::of(&ids.iter().map(|id| (*id).into()).collect());
        while let Some(set) = sets.next() {
            match self.send(&get(&set)).await {
                Ok(part) => {
                    answered = true;
                    there.extend(part.by_id());
                }
                Err(error) if !may_be_one_ids_fault(&error) => return Err(error),
                Err(error) => {
                    // An answer that cannot be decoded is one all the same: the request is right.
                    answered |= error.kind() == ErrorKind::Undecodable;
                    if !sets.halve(&set) {
                        refused.extend(set.iter().map(|id| (id, error.clone())));
                    }
                    if !answered && refused.len() >= REFUSALS_THAT_CONDEMN {
                        return Err(error);
                    }
                }
            }
        }
        Ok(in_order(ids, there, refused))
    }

    /// Asks for many ids, as many requests as it takes, and puts the answers together.
    pub(crate) async fn in_chunks<C>(
        &self,
        ids: &IdSet,
        get: impl Fn(&IdSet) -> Request<C>,
    ) -> Result<C, Error>
    where
        C: IntoIterator + Extend<C::Item> + Default,
    {
        let mut all = C::default();
        let mut sets = IdSetQueue::of(ids);
        while let Some(set) = sets.next() {
            match self.send(&get(&set)).await {
                Ok(part) => all.extend(part),
                Err(error) if error.status() == Some(414) && sets.halve(&set) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }
}

/// IdSetQueue that are still to be asked for. A set is cut off only when its turn comes: a range of a few characters may
/// make millions.
pub(crate) struct IdSetQueue {
    /// The halves of a refused set, the next one last.
    halves: Vec<IdSet>,
    rest: Box<dyn Iterator<Item = IdSet> + Send + Sync>,
}

impl IdSetQueue {
    pub(crate) fn of(ids: &IdSet) -> Self {
        Self { halves: Vec::new(), rest: Box::new(ids.per_get()) }
    }

    pub(crate) fn next(&mut self) -> Option<IdSet> {
        self.halves.pop().or_else(|| self.rest.next())
    }

    /// Puts the halves of a set next; false when it has only one id.
    pub(crate) fn halve(&mut self, set: &IdSet) -> bool {
        let halves: Vec<IdSet> = set.chunks(set.len().div_ceil(2)).collect();
        let halved = halves.len() > 1;
        if halved {
            self.halves.extend(halves.into_iter().rev());
        }
        halved
    }
}

/// A refusal, a URI that is too long, an answer that cannot be decoded: each may be cured by asking for fewer. An answer that is
/// no list says nothing about an id.
fn may_be_one_ids_fault(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Refused | ErrorKind::NotFound => true,
        ErrorKind::Undecodable => error
            .undecodable_path()
            .is_some_and(|path| path.starts_with("response[") || path.starts_with("response.")),
        _ => false,
    }
}

fn in_order<Id: Copy + Into<u64>, T>(
    ids: &[Id],
    mut there: BTreeMap<u64, T>,
    mut refused: BTreeMap<u64, Error>,
) -> BulkRead<Id, T> {
    let mut read = BulkRead { found: Vec::new(), missing: Vec::new(), refused: Vec::new() };
    let mut seen = BTreeSet::new();
    for &id in ids {
        let number = id.into();
        if !seen.insert(number) {
            continue;
        }
        if let Some(thing) = there.remove(&number) {
            read.found.push(thing);
        } else if let Some(error) = refused.remove(&number) {
            read.refused.push((id, error));
        } else {
            read.missing.push(id);
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_of_a_huge_range_are_made_one_by_one() {
        let mut sets = IdSetQueue::of(&"7,1000-18446744073709551615".parse().unwrap());
        let mut next = || sets.next().unwrap();
        assert_eq!([next().to_string(), next().to_string()], ["7,1000-1198", "1199-1398"]);
        let refused = next();
        assert!(sets.halve(&refused));
        let mut next = || sets.next().unwrap().to_string();
        assert_eq!([next(), next(), next()], ["1399-1498", "1499-1598", "1599-1798"]);
    }
}
