//! The connections that are open, and which of them makes place for a further one.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use api_client_core::client::Clock;
use tokio::sync::Notify;

use super::Limits;

/// The connections that are open.
#[derive(Debug)]
pub(super) struct Connections {
    pub(super) limits: Limits,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// A connection ended or became idle.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    open: HashMap<u64, Open>,
    accepted: u64,
}

#[derive(Debug)]
struct Open {
    address: IpAddr,
    /// None while a request is in progress.
    idle_since: Option<Duration>,
    close: Arc<Notify>,
}

/// Whether there is a place for a further connection.
enum Room {
    /// There is, or a connection that has been idle for long enough makes one.
    Now,
    /// A connection will have been idle for long enough after this time.
    After(Duration),
    /// Requests of all connections are in progress.
    Unknown,
}

impl Connections {
    pub(super) fn new(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        Self { limits, clock, state: Mutex::default(), changed: Notify::new() }
    }

    /// Returns when a further connection has a place.
    pub(super) async fn have_room(&self) {
        loop {
            match self.room() {
                Room::Now => return,
                Room::After(wait) => {
                    tokio::select! { () = self.clock.sleep(wait) => {} () = self.changed.notified() => {} }
                }
                Room::Unknown => self.changed.notified().await,
            }
        }
    }

    fn room(&self) -> Room {
        let state = self.state();
        if state.open.len() < self.limits.connections {
            return Room::Now;
        }
        let Some(longest) = state.open.values().filter_map(|open| open.idle_since).min() else {
            return Room::Unknown;
        };
        match (longest + self.limits.grace).saturating_sub(self.clock.uptime()) {
            Duration::ZERO => Room::Now,
            wait => Room::After(wait),
        }
    }

    /// A place for a connection from this address. Where there is none, the connection that has been idle for longest
    /// makes place. None when the address has too many others.
    pub(super) fn admit(connections: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let now = connections.clock.uptime();
        let idle_until = now.saturating_sub(connections.limits.grace);
        let Limits { connections: all, connections_per_address, is_limited, .. } = connections.limits;
        let (limited, address) = (is_limited(address), counted_as(address));
        let mut state = connections.state();
        let of_address = state.open.values().filter(|open| open.address == address).count();
        if limited && of_address >= connections_per_address {
            if !state.close_idle(idle_until, |open| open.address == address) {
                return None;
            }
        } else if state.open.len() >= all {
            // If a request began on it just now, this connection is one more than there should be.
            state.close_idle(idle_until, |_| true);
        }
        state.accepted += 1;
        let (number, close) = (state.accepted, Arc::new(Notify::new()));
        let open = Open { address, idle_since: Some(now), close: Arc::clone(&close) };
        state.open.insert(number, open);
        drop(state);
        Some(Slot { number, address, close, connections: Arc::clone(connections) })
    }

    /// Closes the connection that has been idle for longest, however short that is.
    pub(super) fn close_longest_idle(&self) {
        self.state().close_idle(Duration::MAX, |_| true);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Closes the one of these connections that has been idle for longest. False when none has been idle since then.
    fn close_idle(&mut self, since: Duration, among: impl Fn(&Open) -> bool) -> bool {
        let idle = self.open.iter().filter(|(_, open)| among(open));
        let idle = idle.filter_map(|(number, open)| Some((open.idle_since?, *number)));
        let longest = idle.filter(|(idle_since, _)| *idle_since <= since).min();
        let closed = longest.and_then(|(_, number)| self.open.remove(&number));
        closed.inspect(|open| open.close.notify_one()).is_some()
    }
}

/// The place of a connection, free once it is dropped.
pub(super) struct Slot {
    number: u64,
    address: IpAddr,
    close: Arc<Notify>,
    pub(super) connections: Arc<Connections>,
}

impl Slot {
    /// A request is in progress. It is answered, also when its connection was to be closed.
    pub(super) fn begins(&self) {
        let open = Open { address: self.address, idle_since: None, close: Arc::clone(&self.close) };
        self.connections.state().open.insert(self.number, open);
    }

    /// The request was answered.
    pub(super) fn ends(&self) {
        if let Some(open) = self.connections.state().open.get_mut(&self.number) {
            open.idle_since = Some(self.connections.clock.uptime());
        }
        self.connections.changed.notify_one();
    }

    /// Returns when this connection makes place for another.
    pub(super) async fn is_taken(&self) {
        self.close.notified().await;
    }

    /// Whether a request began on it after all.
    pub(super) fn is_used(&self) -> bool {
        self.connections.state().open.contains_key(&self.number)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connections.state().open.remove(&self.number);
        self.connections.changed.notify_one();
    }
}

/// Whether an address is that of one sender. Loopback and private ones are those of reverse proxies and gateways.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !(address.is_loopback() || address.is_private() || address.is_link_local()),
        IpAddr::V6(address) => {
            !(address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local())
        }
    }
}

/// A sender has a whole network of IPv6 addresses.
fn counted_as(address: IpAddr) -> IpAddr {
    const NETWORK: u128 = !0 << 64;
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK)),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_behind_which_many_senders_are_are_not_limited() {
        let public = |address: &str| is_public(address.parse().unwrap());
        for address in
            ["127.0.0.1", "10.1.2.3", "172.17.0.1", "192.168.1.1", "::1", "fd00::1", "::ffff:10.0.0.1"]
        {
            assert!(!public(address), "{address}");
        }
        for address in ["203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7"] {
            assert!(public(address), "{address}");
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_sender() {
        let counted = |address: &str| counted_as(address.parse().unwrap());
        assert_eq!(counted("2001:db8::1"), counted("2001:db8::ffff:1"));
        assert_ne!(counted("2001:db8::1"), counted("2001:db8:0:1::1"));
        assert_eq!(counted("::ffff:203.0.113.7"), counted("203.0.113.7"));
    }
}
