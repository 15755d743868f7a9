//! The open connections, and which one is closed in favour of another.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use api_client_core::client::Clock;
use tokio::sync::Notify;

use super::limits::Limits;

/// The open connections.
#[derive(Debug)]
pub(super) struct Connections {
    pub(super) limits: Limits,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// A connection ended or became idle.
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    open: HashMap<u64, OpenConnection>,
    accepted: u64,
}

#[derive(Debug)]
struct OpenConnection {
    address: IpAddr,
    /// None while a request is in progress.
    idle_since: Option<Duration>,
    close: Arc<Notify>,
}

/// When a further connection can be accepted.
enum Capacity {
    /// Now, possibly in place of an idle connection.
    Now,
    /// After this time, in place of a connection that will have been idle for long enough.
    After(Duration),
    /// Not before a request has ended: all connections are in use.
    Unknown,
}

impl Connections {
    pub(super) fn new(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        Self { limits, clock, state: Mutex::default(), freed: Notify::new() }
    }

    /// Returns when a further connection can be accepted.
    pub(super) async fn wait_for_capacity(&self) {
        loop {
            match self.capacity() {
                Capacity::Now => return,
                Capacity::After(wait) => {
                    tokio::select! { () = self.clock.sleep(wait) => {} () = self.freed.notified() => {} }
                }
                Capacity::Unknown => self.freed.notified().await,
            }
        }
    }

    fn capacity(&self) -> Capacity {
        let state = self.state();
        if state.open.len() < self.limits.connections {
            return Capacity::Now;
        }
        let Some(longest) = state.open.values().filter_map(|open| open.idle_since).min() else {
            return Capacity::Unknown;
        };
        match (longest + self.limits.idle_grace).saturating_sub(self.clock.uptime()) {
            Duration::ZERO => Capacity::Now,
            wait => Capacity::After(wait),
        }
    }

    /// Accepts a connection from this address, and closes the one that has been idle for longest if necessary. None when the
    /// address has too many connections in use.
    pub(super) fn admit(connections: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let now = connections.clock.uptime();
        let idle_until = now.saturating_sub(connections.limits.idle_grace);
        let Limits { connections: all, connections_per_address, is_limited, .. } = connections.limits;
        let (limited, address) = (is_limited(address), sender_of(address));
        let mut state = connections.state();
        let of_address = state.open.values().filter(|open| open.address == address).count();
        if limited && of_address >= connections_per_address {
            if !state.close_idle(idle_until, |open| open.address == address) {
                return None;
            }
        } else if state.open.len() >= all {
            // A request may begin on the closed connection at this moment. The limit is exceeded by one then.
            state.close_idle(idle_until, |_| true);
        }
        state.accepted += 1;
        let (number, close) = (state.accepted, Arc::new(Notify::new()));
        let open = OpenConnection { address, idle_since: Some(now), close: Arc::clone(&close) };
        state.open.insert(number, open);
        drop(state);
        Some(Slot { number, address, close, connections: Arc::clone(connections) })
    }

    /// Closes the connection that has been idle for longest, even if that is shorter than the grace period.
    pub(super) fn close_longest_idle(&self) {
        self.state().close_idle(Duration::MAX, |_| true);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Closes the one of these connections that has been idle for longest. Returns false when none has been idle since
    /// `since`.
    fn close_idle(&mut self, since: Duration, among: impl Fn(&OpenConnection) -> bool) -> bool {
        let idle = self.open.iter().filter(|(_, open)| among(open));
        let idle = idle.filter_map(|(number, open)| Some((open.idle_since?, *number)));
        let longest = idle.filter(|(idle_since, _)| *idle_since <= since).min();
        let closed = longest.and_then(|(_, number)| self.open.remove(&number));
        closed.inspect(|open| open.close.notify_one()).is_some()
    }
}

/// The slot of a connection, released on drop.
pub(super) struct Slot {
    number: u64,
    address: IpAddr,
    close: Arc<Notify>,
    pub(super) connections: Arc<Connections>,
}

impl Slot {
    /// Marks the connection as in use, even if it was to be closed: a request that has begun is completed.
    pub(super) fn begin_request(&self) {
        let open = OpenConnection { address: self.address, idle_since: None, close: Arc::clone(&self.close) };
        self.connections.state().open.insert(self.number, open);
    }

    /// Marks the connection as idle.
    pub(super) fn end_request(&self) {
        if let Some(open) = self.connections.state().open.get_mut(&self.number) {
            open.idle_since = Some(self.connections.clock.uptime());
        }
        self.connections.freed.notify_one();
    }

    /// Returns when this connection has to be closed in favour of another one.
    pub(super) async fn evicted(&self) {
        self.close.notified().await;
    }

    /// Whether a request has begun since the eviction.
    pub(super) fn is_in_use(&self) -> bool {
        self.connections.state().open.contains_key(&self.number)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connections.state().open.remove(&self.number);
        self.connections.freed.notify_one();
    }
}

/// The sender that an address is counted for. One sender has a whole network of IPv6 addresses.
fn sender_of(address: IpAddr) -> IpAddr {
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
    fn a_network_of_ipv6_is_one_sender() {
        let counted = |address: &str| sender_of(address.parse().unwrap());
        assert_eq!(counted("2001:db8::1"), counted("2001:db8::ffff:1"));
        assert_ne!(counted("2001:db8::1"), counted("2001:db8:0:1::1"));
        assert_eq!(counted("::ffff:203.0.113.7"), counted("203.0.113.7"));
    }
}
