//! Which addresses a destination's name may lead to.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Whether an address may be connected to; `loopback`: by a destination on this machine. A name
/// of a public service that resolves to this machine, to its neighbours, or to a cloud's
/// metadata address was tampered with.
#[must_use]
pub fn reachable(address: IpAddr, loopback: bool) -> bool {
    let address = address.to_canonical();
    if loopback {
        return address.is_loopback();
    }
    match address {
        IpAddr::V4(v4) => {
            !(v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || carrier_grade(v4))
        }
        IpAddr::V6(v6) => {
            !(v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6.is_unique_local()
                || v6.is_unicast_link_local())
        }
    }
}

fn carrier_grade(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    a == 100 && (64..128).contains(&b)
}

/// Resolves names and leaves out every address that may not be connected to.
pub(crate) struct JudgingResolver {
    pub(crate) loopback: bool,
    /// Whoever set a proxy says that it may be inside. The name of what is asked through it is
    /// resolved there.
    pub(crate) proxy: Option<String>,
}

impl Resolve for JudgingResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        let proxy = self.proxy.as_deref();
        let proxy = proxy.is_some_and(|proxy| proxy.eq_ignore_ascii_case(name.as_str()));
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let some = !found.is_empty();
            let kept: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| proxy || reachable(address.ip(), loopback))
                .collect();
            if kept.is_empty() && some {
                return Err(format!(
                    "{} resolves only to addresses inside this machine or network",
                    name.as_str()
                )
                .into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_the_machine_or_network_are_not_reachable() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
        ] {
            assert!(!reachable(inside.parse().unwrap(), false), "{inside}");
        }
        assert!(reachable("20.190.151.7".parse().unwrap(), false));
        assert!(reachable("127.0.0.1".parse().unwrap(), true));
        assert!(!reachable("20.190.151.7".parse().unwrap(), true));
    }
}
