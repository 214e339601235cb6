use std::net::IpAddr;

use anyhow::Context as _;
use sync_protocol::JoinLink;
use sync_server::Settings;

/// Returns the addresses people on the LAN reach this machine by, the likeliest first: private IPv4,
/// other IPv4, IPv6. Loopback and link-local IPv6, which a link cannot hold, are left out.
pub(crate) fn lan_addresses() -> Vec<IpAddr> {
    let found = if_addrs::get_if_addrs().unwrap_or_else(|err| {
        tracing::warn!(%err, "the network's addresses are not known");
        Vec::new()
    });
    let mut addresses: Vec<IpAddr> =
        found.iter().filter(|interface| !interface.is_loopback()).map(|interface| interface.ip()).collect();
    sort(&mut addresses);
    addresses
}

/// Exchanges six digits for the link of the host at an address, such as `192.168.1.5:7700`. Waits.
///
/// # Errors
/// No address, no host there, or not its code.
pub(crate) fn link_by_code(address: &str, digits: &str) -> anyhow::Result<JoinLink> {
    let address = address.trim().trim_end_matches('/');
    let address = address.strip_prefix("https://").unwrap_or(address);
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            (host, port.parse().with_context(|| format!("{port:?} is no port"))?)
        }
        _ => (address, Settings::default().port),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Ok(sync_client::link_by_code(host, port, digits)?)
}

/// Returns the link somebody typed: whole, or as the host's address and its six digits. Waits.
///
/// # Errors
/// It is neither; as [`link_by_code`].
pub(crate) fn link_of(typed: &str) -> anyhow::Result<JoinLink> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ');
    match typed.trim().split_once(char::is_whitespace) {
        Some((address, digits)) if is_digits(digits) => link_by_code(address, digits),
        _ => Ok(JoinLink::parse(typed)?),
    }
}

fn sort(addresses: &mut Vec<IpAddr>) {
    addresses.retain(|address| match address {
        IpAddr::V4(v4) => !v4.is_unspecified(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local() && !v6.is_unspecified(),
    });
    let rank = |address: &IpAddr| match address {
        // What a home's or a venue's router gives out; 172.16/12 is mostly containers.
        IpAddr::V4(v4) if v4.octets()[0] == 192 && v4.is_private() => 0,
        IpAddr::V4(v4) if v4.octets()[0] == 10 => 1,
        IpAddr::V4(v4) if v4.is_private() => 2,
        IpAddr::V4(v4) if !v4.is_link_local() => 3,
        IpAddr::V4(_) => 4,
        IpAddr::V6(_) => 5,
    };
    addresses.sort_by_key(|address| (rank(address), *address));
    addresses.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_router_comes_first_and_what_no_link_can_hold_goes() {
        let mut addresses: Vec<IpAddr> =
            ["fe80::1", "172.17.0.1", "2001:db8::4", "169.254.3.4", "192.168.1.7", "10.0.0.3"]
                .iter()
                .map(|address| address.parse().unwrap())
                .collect();
        sort(&mut addresses);
        let sorted: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
        assert_eq!(sorted, ["192.168.1.7", "10.0.0.3", "172.17.0.1", "169.254.3.4", "2001:db8::4"]);
    }
}
