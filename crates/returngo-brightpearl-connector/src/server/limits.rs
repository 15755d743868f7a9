use std::{net::IpAddr, time::Duration};

/// Limits on time and connections.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The maximum time until a connection has sent the head of its next request, and so the maximum idle time.
    pub head_timeout: Duration,
    /// The maximum time from the head of a request to its response, including the body.
    pub request_timeout: Duration,
    /// The maximum number of connections. Further ones wait. Each needs a file descriptor, and processes are often limited to
    /// 1,024 of them.
    pub connections: usize,
    /// The maximum number of connections per limited address. Further ones are closed.
    pub connections_per_address: usize,
    /// Whether an address is limited. Addresses of reverse proxies must not be, because all senders share them.
    pub is_limited: fn(IpAddr) -> bool,
    /// The minimum idle time before a connection is closed in favour of another one. The first request of a new connection may
    /// be in flight.
    pub idle_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(15),
            request_timeout: Duration::from_secs(20),
            connections: 512,
            connections_per_address: 256,
            is_limited: is_public,
            idle_grace: Duration::from_millis(500),
        }
    }
}

/// Whether an address is public, and so belongs to one sender. Loopback and private addresses belong to reverse proxies and
/// gateways.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !(address.is_loopback() || address.is_private() || address.is_link_local()),
        IpAddr::V6(address) => {
            !(address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local())
        }
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
}
