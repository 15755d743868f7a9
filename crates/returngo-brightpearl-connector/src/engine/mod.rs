//! Keeping RMAs in step: claim what is due, look at both systems, plan, write, look again, remember.
//!
//! The order of things is the promise. A write is recorded as intended before it is made, and made only while
//! the claim is certainly held: every bundle of writes ends, or is given up, well before the lease does. What
//! was given up, or whose answer was lost, may still arrive: it is written again only after a look at both
//! systems that began [so much later](Policy::appears_within) that it would have been seen. What is found under
//! a key is not written again at all.

mod policy;
mod whose;
mod writing;

use std::{collections::BTreeMap, mem, sync::Arc};

use api_client_core::client::Clock;
use jiff::Timestamp;
use returngo::{Rma, RmaId};
use returngo_brightpearl::Plan;
use tokio::sync::watch;

pub use policy::Policy;

use returngo_brightpearl_reader::ReadError;

use crate::{
    connection::Connection,
    ledger::{Claim, ClaimRequest, ConnectionId, Ledger, LedgerError, Outcome, Seen, WorkerId},
    probe::{Point, Probe},
};
use writing::Journey;

/// How often the systems are looked at and written to for one claim. An honest world settles after four rounds
/// at the most (mapping.md §5); the fifth look finds nothing to do.
const ROUNDS: usize = 5;

/// Works on what the ledger says is due.
#[derive(Debug, Clone)]
pub struct Engine {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    probe: Arc<dyn Probe>,
    worker: WorkerId,
    policy: Policy,
    stop: watch::Receiver<bool>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Worked {
    /// RMAs that are in step.
    pub in_step: usize,
    /// RMAs that wait for a person.
    pub needs_review: usize,
    /// RMAs that failed, to be tried again or put to a person.
    pub failed: usize,
    /// Writes that were made.
    pub written: usize,
}

impl Engine {
    /// An engine that works as `worker`, until `stop` is true: then it releases what it has claimed at the next
    /// step where that is safe.
    pub fn new(
        ledger: Arc<dyn Ledger>,
        clock: Arc<dyn Clock>,
        probe: Arc<dyn Probe>,
        worker: WorkerId,
        policy: Policy,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self { ledger, clock, probe, worker, policy, stop }
    }

    /// Claims what is due of the connection whose turn it is, but none of these; empty when nothing is due.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn claim(&self, except: Vec<ConnectionId>) -> Result<Vec<Claim>, LedgerError> {
        self.claim_from(None, except).await
    }

    /// Claims what is due of this connection; empty when nothing is due, or somebody else works on it.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn claim_of(&self, connection: &ConnectionId) -> Result<Vec<Claim>, LedgerError> {
        self.claim_from(Some(connection.clone()), Vec::new()).await
    }

    async fn claim_from(
        &self,
        only: Option<ConnectionId>,
        except: Vec<ConnectionId>,
    ) -> Result<Vec<Claim>, LedgerError> {
        let request = ClaimRequest {
            worker: self.worker.clone(),
            limit: self.policy.batch,
            now: self.clock.now(),
            lease: self.policy.lease,
            only,
            except,
        };
        let claims = self.ledger.claim(&request).await?;
        if !claims.is_empty() {
            self.probe.reached(Point::Claimed);
        }
        Ok(claims)
    }

    /// Brings claimed RMAs of this connection into step. Those of another one are released: the same number may be
    /// another return here.
    ///
    /// # Errors
    /// When the ledger fails. What was claimed is due again when its lease ends.
    pub async fn work_on(&self, connection: &Connection, claims: Vec<Claim>) -> Result<Worked, LedgerError> {
        let mut worked = Worked::default();
        let (mut open, strange): (Vec<_>, Vec<_>) =
            claims.into_iter().partition(|claim| claim.connection == connection.id);
        self.release(strange, &mut worked).await?;
        open = self.without_abandoned(open, &mut worked).await?;
        let mut shown = BTreeMap::new();
        for _ in 0..ROUNDS {
            if *self.stop.borrow() {
                self.release(open, &mut worked).await?;
                return Ok(worked);
            }
            open = self.hold(&open).await?;
            if open.is_empty() {
                return Ok(worked);
            }
            let mut stop = self.stop.clone();
            let stopped = async { stop.wait_for(|stop| *stop).await.is_ok() };
            let looks = tokio::select! {
                looks = self.look(connection, &open, &mut shown) => looks,
                // Looking may take long, and nothing is lost by giving it up.
                true = stopped => {
                    self.release(open, &mut worked).await?;
                    return Ok(worked);
                }
            };
            self.probe.reached(Point::WorldsRead);
            let (mut journeys, mut there, mut unread) = (Vec::new(), Vec::new(), Vec::new());
            for (claim, look) in open.into_iter().zip(looks) {
                match look {
                    Ok(look) if look.plan.effects.is_empty() => there.push(Journey::new(claim, look)),
                    Ok(look) => journeys.push(Journey::new(claim, look)),
                    Err(error) => {
                        let outcome = self.policy.after_read_error(&claim, &error, self.clock.now());
                        unread.push((claim, outcome));
                    }
                }
            }
            self.finish(&unread, &mut worked).await?;
            self.settle(connection, there, &mut worked).await?;
            let written = self.write(connection, journeys, &mut worked).await?;
            // What asks for nothing but a note that was written before is there as well.
            let (changed, there): (Vec<_>, Vec<_>) =
                written.into_iter().partition(Journey::changed_something);
            self.settle(connection, there, &mut worked).await?;
            for journey in changed.iter().filter(|journey| journey.changed_the_rma()) {
                shown.remove(&journey.claim.rma);
            }
            open = changed.into_iter().map(|journey| journey.claim).collect();
        }
        let error = format!("both systems were written to {ROUNDS} times and are still not in step");
        worked.failed += self.give_up(open, &error).await?.failed;
        Ok(worked)
    }

    /// Puts to a person what was abandoned too often; gives back the rest.
    async fn without_abandoned(
        &self,
        claims: Vec<Claim>,
        worked: &mut Worked,
    ) -> Result<Vec<Claim>, LedgerError> {
        let allowed = self.policy.abandonments_allowed;
        let (abandoned, rest): (Vec<_>, _) = claims.into_iter().partition(|claim| claim.abandoned >= allowed);
        let given_up = |claim: Claim| {
            let error = format!(
                "{} processes ended, or failed, while they worked on it: the log tells why; when that is mended, \
                 `reviews retry {}` begins again",
                claim.abandoned, claim.rma
            );
            (claim, Outcome::Failed { error, again_at: None })
        };
        let ended: Vec<_> = abandoned.into_iter().map(given_up).collect();
        self.finish(&ended, worked).await?;
        Ok(rest)
    }

    /// Remembers and finishes RMAs about which there is nothing to do.
    async fn settle(
        &self,
        connection: &Connection,
        journeys: Vec<Journey>,
        worked: &mut Worked,
    ) -> Result<(), LedgerError> {
        let (mut seen, mut ended) = (Vec::new(), Vec::new());
        for Journey { claim, look: Look { plan, seen: what, .. }, .. } in journeys {
            seen.push((claim.rma.clone(), what));
            let credit = plan.state.credit.map(|credit| credit.id);
            ended.push((claim, Outcome::Settled { reviews: plan.reviews, credit }));
        }
        self.ledger.remember(&connection.id, &seen, self.clock.now()).await?;
        self.finish(&ended, worked).await
    }

    /// Gives up claims that lead nowhere.
    async fn give_up(&self, claims: Vec<Claim>, why: &str) -> Result<Worked, LedgerError> {
        let mut worked = Worked::default();
        let failed = |claim: Claim| {
            let outcome = self.policy.after_failure(&claim, why.to_owned(), self.clock.now());
            (claim, outcome)
        };
        let ended: Vec<_> = claims.into_iter().map(failed).collect();
        self.finish(&ended, &mut worked).await?;
        Ok(worked)
    }

    /// Puts off claims of a connection of which nothing can be worked on as things are. That is no failure of theirs.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn put_off(&self, claims: Vec<Claim>, why: &str) -> Result<Worked, LedgerError> {
        let mut worked = Worked::default();
        let put_off = |claim: Claim| {
            let outcome = self.policy.after_trouble(&claim, why.to_owned(), self.clock.now(), None);
            (claim, outcome)
        };
        let ended: Vec<_> = claims.into_iter().map(put_off).collect();
        self.finish(&ended, &mut worked).await?;
        Ok(worked)
    }

    async fn release(&self, claims: Vec<Claim>, worked: &mut Worked) -> Result<(), LedgerError> {
        let ended: Vec<_> = claims.into_iter().map(|claim| (claim, Outcome::Released)).collect();
        self.finish(&ended, worked).await
    }

    /// What there is to do about each claimed RMA, in the order of the claims. `shown` holds the RMAs as ReturnGO
    /// showed them under these claims: its calls are few, so one that nothing was written to is not read again.
    async fn look(
        &self,
        connection: &Connection,
        claims: &[Claim],
        shown: &mut BTreeMap<RmaId, (Timestamp, Rma)>,
    ) -> Vec<Result<Look, Arc<ReadError>>> {
        let rmas: Vec<RmaId> = claims.iter().map(|claim| claim.rma.clone()).collect();
        let reader = match connection.reader().await {
            Ok(reader) => reader,
            Err(error) => {
                let error = Arc::new(error);
                return claims.iter().map(|_| Err(Arc::clone(&error))).collect();
            }
        };
        let unread: Vec<RmaId> = rmas.iter().filter(|rma| !shown.contains_key(rma)).cloned().collect();
        let mut worlds = BTreeMap::new();
        let asked_at = self.clock.now();
        for (id, rma) in reader.rmas(&unread).await {
            match rma {
                Ok(rma) => drop(shown.insert(id, (asked_at, rma))),
                Err(error) => drop(worlds.insert(id, Err(error))),
            }
        }
        let read = rmas.iter().filter_map(|rma| shown.get(rma)).map(|(_, rma)| rma.clone());
        worlds.extend(reader.worlds_of(read.collect()).await);
        let mut account = reader.account.clone();
        let mut look = |id: &RmaId| {
            let world = worlds.remove(id).unwrap_or_else(|| Err(ReadError::NotAsked(id.clone())));
            let mut world = world.map_err(Arc::new)?;
            // The account's facts are the same for all, and large: they are lent to each world in turn.
            world.account = mem::take(&mut account);
            let plan = returngo_brightpearl::plan(&world, &connection.settings);
            account = mem::take(&mut world.account);
            let looked_at = shown.get(id).map_or(asked_at, |(read_at, _)| *read_at);
            let seen = Seen::of(&world, plan.state.credit.as_ref().map(|credit| credit.id), looked_at);
            Ok(Look { plan, seen, looked_at })
        };
        rmas.iter().map(&mut look).collect()
    }

    /// Holds these claims for another lease; gives back those that are still ours.
    async fn hold(&self, claims: &[Claim]) -> Result<Vec<Claim>, LedgerError> {
        let until = self.clock.now().saturating_add(self.policy.lease).unwrap_or(jiff::Timestamp::MAX);
        self.ledger.renew(claims, until).await
    }

    async fn finish(&self, ended: &[(Claim, Outcome)], worked: &mut Worked) -> Result<(), LedgerError> {
        if ended.is_empty() {
            return Ok(());
        }
        self.ledger.finish(ended, self.clock.now()).await?;
        self.probe.reached(Point::Finished);
        for (claim, outcome) in ended {
            match outcome {
                Outcome::Settled { reviews, .. } if reviews.is_empty() => worked.in_step += 1,
                Outcome::Settled { .. } => worked.needs_review += 1,
                Outcome::Failed { error, again_at } => {
                    worked.failed += 1;
                    tracing::warn!(
                        connection = %claim.connection,
                        rma = %claim.rma,
                        attempt = claim.attempt,
                        again_at = again_at.map(tracing::field::display),
                        "not in step: {error}"
                    );
                }
                Outcome::Postponed { why, until } => {
                    worked.failed += 1;
                    tracing::warn!(
                        connection = %claim.connection,
                        rma = %claim.rma,
                        attempt = claim.attempt,
                        again_at = %until,
                        "not in step yet: {why}"
                    );
                }
                Outcome::Released => {}
            }
        }
        Ok(())
    }
}

/// What there is to do about an RMA, and what that was seen from.
struct Look {
    plan: Plan,
    seen: Seen,
    /// When reading both systems began.
    looked_at: Timestamp,
}
