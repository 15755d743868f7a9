//! Reading many objects by id, with as few requests as possible.

use std::collections::{BTreeMap, BTreeSet};

use api_client_core::NumericId;

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

/// The results of reading many ids, each once.
#[derive(Debug)]
#[must_use = "ids that are missing or refused are reported only here"]
#[non_exhaustive]
pub struct BulkRead<Id, T> {
    /// The objects, in the order of the ids.
    pub found: Vec<T>,
    /// The ids without an object.
    pub missing: Vec<Id>,
    /// The ids that Brightpearl rejects, or whose response cannot be decoded, each with its error.
    pub refused: Vec<(Id, Error)>,
}

/// A response whose objects have ids: a list of [`Identified`] objects, or a map by id.
pub trait ById {
    /// The type of the ids.
    type Id: NumericId;
    /// The type of the objects.
    type Thing;

    /// Returns the objects by the numbers of their ids.
    fn by_id(self) -> impl Iterator<Item = (u64, Self::Thing)>;
}

/// An object that contains its id.
pub trait Identified {
    /// The type of the id.
    type Id: NumericId;

    /// Returns the id.
    fn id(&self) -> Self::Id;
}

impl<T: Identified> ById for Vec<T> {
    type Id = T::Id;
    type Thing = T;

    fn by_id(self) -> impl Iterator<Item = (u64, T)> {
        self.into_iter().map(|thing| (thing.id().number(), thing))
    }
}

impl<Id: NumericId, T> ById for BTreeMap<Id, T> {
    type Id = Id;
    type Thing = T;

    fn by_id(self) -> impl Iterator<Item = (u64, T)> {
        self.into_iter().map(|(id, thing)| (id.number(), thing))
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

/// After this many rejections without any success, the request is wrong and not an id.
const REFUSALS_THAT_CONDEMN: usize = 16;

impl Client {
    /// Reads many ids and returns the result of each. Works with every request that takes only an id set:
    /// [`order::get`](crate::order::get), [`product::get`](crate::product::product::get), ….
    ///
    /// A rejected set is halved until the ids that cause the rejection are found; the others are unaffected.
    /// One such id among 200 costs some 16 additional requests.
    ///
    /// ```no_run
    /// # async fn example(brightpearl: brightpearl::Client) -> Result<(), brightpearl::Error> {
    /// use brightpearl::{OrderId, order};
    ///
    /// let asked = [OrderId::new(300955), OrderId::new(300871)];
    /// let orders = brightpearl.get_each(&asked, order::get).await?;
    /// for id in orders.missing {
    ///     println!("order {id} does not exist");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When Brightpearl cannot be reached, or rejects the request whatever the ids; see [`ErrorKind`].
    pub async fn get_each<C: ById>(
        &self,
        ids: &[C::Id],
        get: impl Fn(&IdSet<C::Id>) -> Request<C>,
    ) -> Result<BulkRead<C::Id, C::Thing>, Error> {
        let mut there: BTreeMap<u64, C::Thing> = BTreeMap::new();
        let mut refused: BTreeMap<u64, Error> = BTreeMap::new();
        let mut answered = false;
        let mut sets = IdSetQueue::of(&IdSet::of(ids.iter().copied()));
        while let Some(set) = sets.next() {
            match self.send(&get(&set)).await {
                Ok(part) => {
                    answered = true;
                    there.extend(part.by_id());
                }
                Err(error) if !may_be_one_ids_fault(&error) => return Err(error),
                Err(error) => {
                    // A response that cannot be decoded is one all the same: the request is valid.
                    answered |= error.kind() == ErrorKind::Undecodable;
                    if !sets.halve(&set) {
                        refused.extend(set.iter().map(|id| (id.number(), error.clone())));
                    }
                    if !answered && refused.len() >= REFUSALS_THAT_CONDEMN {
                        return Err(error);
                    }
                }
            }
        }
        Ok(in_order(ids, there, refused))
    }

    /// Reads many ids with as few requests as possible, and joins the responses.
    pub(crate) async fn in_chunks<Id: NumericId, C>(
        &self,
        ids: &IdSet<Id>,
        get: impl Fn(&IdSet<Id>) -> Request<C>,
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

/// The sets that are still to be requested. Each is created only when needed: a short range may contain
/// millions of ids.
pub(crate) struct IdSetQueue<Id> {
    /// The halves of a rejected set, the next one last.
    halves: Vec<IdSet<Id>>,
    rest: Box<dyn Iterator<Item = IdSet<Id>> + Send + Sync>,
}

impl<Id: NumericId> IdSetQueue<Id> {
    pub(crate) fn of(ids: &IdSet<Id>) -> Self {
        Self { halves: Vec::new(), rest: Box::new(ids.per_get()) }
    }

    pub(crate) fn next(&mut self) -> Option<IdSet<Id>> {
        self.halves.pop().or_else(|| self.rest.next())
    }

    /// Queues the halves of a set; returns false if it has only one id.
    pub(crate) fn halve(&mut self, set: &IdSet<Id>) -> bool {
        let halves: Vec<IdSet<Id>> = set.chunks(set.len().div_ceil(2)).collect();
        let halved = halves.len() > 1;
        if halved {
            self.halves.extend(halves.into_iter().rev());
        }
        halved
    }
}

/// Whether a smaller set may succeed: after a rejection, a URI that is too long, or a response that cannot be
/// decoded. A response that is not a list says nothing about an id.
fn may_be_one_ids_fault(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Refused | ErrorKind::NotFound => true,
        ErrorKind::Undecodable => error
            .undecodable_path()
            .is_some_and(|path| path.starts_with("response[") || path.starts_with("response.")),
        _ => false,
    }
}

fn in_order<Id: NumericId, T>(
    ids: &[Id],
    mut there: BTreeMap<u64, T>,
    mut refused: BTreeMap<u64, Error>,
) -> BulkRead<Id, T> {
    let mut read = BulkRead { found: Vec::new(), missing: Vec::new(), refused: Vec::new() };
    let mut seen = BTreeSet::new();
    for &id in ids {
        let number = id.number();
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
        let mut sets = IdSetQueue::<u64>::of(&"7,1000-18446744073709551615".parse().unwrap());
        let mut next = || sets.next().unwrap();
        assert_eq!([next().to_string(), next().to_string()], ["7,1000-1198", "1199-1398"]);
        let refused = next();
        assert!(sets.halve(&refused));
        let mut next = || sets.next().unwrap().to_string();
        assert_eq!([next(), next(), next()], ["1399-1498", "1499-1598", "1599-1798"]);
    }
}
