//! Whether others can reach this machine: it knocks at its own door from outside.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use app_desktop::Check;

/// How long a knock may take: a LAN answers within milliseconds, a firewall never.
const PATIENCE: Duration = Duration::from_secs(2);

/// Knocks at each address. Takes up to a few seconds.
pub(super) fn look(addresses: &[IpAddr], port: u16) -> Check {
    if addresses.is_empty() {
        let why = "This machine is on no network. Connect it, then look again.".to_owned();
        return Check::Blocked { why, command: String::new() };
    }
    let open = addresses.iter().any(|address| answers(SocketAddr::new(*address, port)));
    judge(open, firewall(), port)
}

fn judge(open: bool, firewall: Option<Firewall>, port: u16) -> Check {
    match (open, firewall) {
        (true, None) => Check::Fine,
        (true, Some(firewall)) => Check::Blocked {
            why: format!(
                "This machine answers itself, but its firewall ({}) may keep others out.",
                firewall.name()
            ),
            command: firewall.command(port),
        },
        (false, firewall) => {
            let firewall = firewall.unwrap_or(Firewall::of_this_system());
            Check::Blocked {
                why: format!(
                    "Nothing answers at port {port} of this machine: a firewall keeps everyone out."
                ),
                command: firewall.command(port),
            }
        }
    }
}

/// Whether our server answers there: any HTTP at all.
fn answers(address: SocketAddr) -> bool {
    let knock = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"HTTP/")
    };
    knock().unwrap_or(false)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Firewall {
    Ufw,
    Firewalld,
    Nftables,
    Windows,
    MacOs,
}

impl Firewall {
    /// The likeliest where none shows itself.
    fn of_this_system() -> Self {
        if cfg!(target_os = "windows") {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Nftables
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ufw => "ufw",
            Self::Firewalld => "firewalld",
            Self::Nftables => "nftables",
            Self::Windows => "Windows Defender",
            Self::MacOs => "macOS",
        }
    }

    /// What to type so that others may come in.
    fn command(self, port: u16) -> String {
        match self {
            Self::Ufw => format!("sudo ufw allow {port}/tcp"),
            Self::Firewalld => format!("sudo firewall-cmd --add-port={port}/tcp"),
            Self::Nftables => format!("sudo nft insert rule inet filter input tcp dport {port} accept"),
            Self::Windows => format!(
                "netsh advfirewall firewall add rule name=Jamlight dir=in action=allow protocol=TCP localport={port}"
            ),
            Self::MacOs => "System Settings › Network › Firewall › Options: allow jamlight".to_owned(),
        }
    }
}

/// Returns the firewall that is on, if one shows itself to an ordinary user.
fn firewall() -> Option<Firewall> {
    let ufw = std::fs::read_to_string("/etc/ufw/ufw.conf").unwrap_or_default();
    if ufw.lines().any(|line| line.trim().eq_ignore_ascii_case("ENABLED=yes")) {
        return Some(Firewall::Ufw);
    }
    ["/run/firewalld.pid", "/run/firewalld"]
        .iter()
        .any(|path| Path::new(path).exists())
        .then_some(Firewall::Firewalld)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_door_names_the_command_that_opens_it() {
        assert_eq!(judge(true, None, 7700), Check::Fine);
        for open in [true, false] {
            let Check::Blocked { command, .. } = judge(open, Some(Firewall::Ufw), 7700) else { panic!() };
            assert_eq!(command, "sudo ufw allow 7700/tcp");
        }
        let Check::Blocked { command, .. } = judge(false, None, 7700) else { panic!() };
        assert!(!command.is_empty());
    }

    #[test]
    fn only_something_that_speaks_http_answers() {
        use std::net::TcpListener;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 512]);
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        });
        assert!(answers(address));
        server.join().unwrap();
        assert!(!answers(address), "nobody is there any more");
    }
}
