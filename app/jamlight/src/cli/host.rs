//! `jamlight host`: a room without a window.

use std::io::{IsTerminal as _, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use anyhow::{Context as _, bail};
use app_director::Conductor;
use app_library::{Paths, SceneLibrary};
use audio_signal::{AudioFrame, Transport};
use serde_json::json;
use sync_hub::Member;
use sync_protocol::{Command, EventKind, Recording, Role, RoomId, Show};
use sync_server::{Server, Settings};
use sync_session::{Notice, Session};

use crate::jam::{
    HostOptions, HostShelf, Hosted, JamHome, Listens, Moment, Recordings, load_or_begin, qr_text,
    read_certificate,
};

/// How often the beat is told and the disk is looked after: what the room passes on at most.
const TURN: Duration = Duration::from_millis(250);
/// The room's name unless one is given.
const DEFAULT_NAME: &str = "Jam";

/// Opens a room to others, without a window, until Ctrl-C.
#[derive(Debug, clap::Args)]
pub(crate) struct HostArgs {
    /// The port; 0 lets the system choose.
    #[arg(long, default_value_t = 7700)]
    port: u16,
    /// The room's name. A room of this name that was open before goes on where it was.
    #[arg(long, default_value = DEFAULT_NAME)]
    name: String,
    /// The address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    bind: IpAddr,
    /// What people of the link may do: `performer` plays and writes, `viewer` watches and talks.
    #[arg(long, default_value = "performer", value_parser = parse_role)]
    guests: Role,
    /// Sockets from one address at once.
    #[arg(long, value_name = "N", default_value_t = Settings::default().max_conns_per_address)]
    max_per_address: usize,
    /// Speaks without TLS: secrets travel in the clear. For tests, and behind a proxy.
    #[arg(long)]
    no_tls: bool,
    /// A certificate that browsers know, a PEM file with its chain. Links then pin its key.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<std::path::PathBuf>,
    /// Its key, a PEM file.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<std::path::PathBuf>,
    /// The name people reach this machine by, for a certificate of that name; may be repeated.
    #[arg(long = "host-name", value_name = "NAME")]
    host_names: Vec<String>,
    /// Prints one line of JSON first: address, link, yjs_url, api_url, token, code.
    #[arg(long)]
    json: bool,
    /// Keeps the key and the journal under this folder: tests, portable installations.
    #[arg(long, value_name = "FOLDER")]
    home: Option<std::path::PathBuf>,
    /// `ws-echo`: echoes WebSocket messages at /drill/echo. `trace-beat`: prints the beat.
    #[arg(long, hide = true, value_name = "WHAT")]
    drill: Vec<String>,
}

fn parse_role(text: &str) -> Result<Role, String> {
    match text {
        "performer" => Ok(Role::Performer),
        "viewer" => Ok(Role::Viewer),
        _ => Err("guests are `performer` or `viewer`".to_owned()),
    }
}

/// Returns the folders under `home`, or the platform's.
///
/// # Errors
/// There is no home folder.
pub(crate) fn paths(home: Option<&std::path::Path>) -> anyhow::Result<Paths> {
    match home {
        Some(home) => Ok(Paths::under(home)),
        None => Paths::platform().context("there is no home folder; set HOME or give --home FOLDER"),
    }
}

/// What a room without a window does for tests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JamDrills {
    ws_echo: bool,
    pub(crate) trace_beat: bool,
    pub(crate) write_text: bool,
}

impl JamDrills {
    /// Reads the drills.
    ///
    /// # Errors
    /// Names the one that is none.
    pub(crate) fn parse(drills: &[String]) -> anyhow::Result<Self> {
        let mut all = Self::default();
        for drill in drills {
            match drill.as_str() {
                "ws-echo" => all.ws_echo = true,
                "trace-beat" => all.trace_beat = true,
                "write-text" => all.write_text = true,
                _ => bail!("there is no drill {drill:?} for a room"),
            }
        }
        Ok(all)
    }
}

/// Prints the beat of now: two processes on one machine compare it.
pub(crate) fn trace_beat(beat: f64) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    eprintln!("beat {:.6} {beat:.6}", now.as_secs_f64());
}

/// Hosts until it is told to stop.
pub(crate) fn run(args: &HostArgs) -> anyhow::Result<()> {
    let drills = JamDrills::parse(&args.drill)?;
    let paths = paths(args.home.as_deref())?;
    let home = JamHome::open(&paths)?;
    let store = Arc::new(home.store()?);
    let room = room_id(&args.name)?;
    let begin = Session::new(Show { title: args.name.clone(), ..Show::default() });
    let session = load_or_begin(&store, &room, begin)?;
    let server = Settings {
        bind: args.bind,
        port: args.port,
        tls: !args.no_tls,
        max_conns_per_address: args.max_per_address,
        hosts: args.host_names.clone(),
        echo_drill: drills.ws_echo,
        ..Settings::default()
    };
    let options = HostOptions {
        server,
        guests: args.guests,
        name: args.name.clone(),
        certificate: read_certificate(
            &args.tls_cert.clone().unwrap_or_default(),
            &args.tls_key.clone().unwrap_or_default(),
        )?,
    };
    let library = Arc::new(SceneLibrary::built_in());
    library.add_folder(&paths.scenes());
    let samples = crate::settings::Settings::load(&paths).0.live.sample_folders(&paths);
    let shelf = HostShelf::new(store.clone(), library.clone(), &paths, samples);
    let journal = Box::new(store.journal());
    // It is on no stage here: it lives where its sockets do.
    let open = |server: &Server| server.open_room(room, session, journal);
    let hosted = Hosted::start(home, store, open, options)?;
    let member = hosted.room().seat_host()?;
    hosted.server().set_shelf(Arc::new(shelf));
    // Before the link is printed: whoever reads it may end us at once.
    let (ended, end) = mpsc::channel();
    ctrlc::set_handler(move || {
        // The first signal ends us already.
        let _ = ended.send(());
    })
    .context("signals cannot be heard")?;
    announce(args, &hosted)?;
    let settings = crate::settings::Settings::load(&paths).0.jam;
    let recordings = Recordings::of(&paths, hosted.room().id(), &settings);
    let store = host(args, drills, hosted, library, &member, recordings, &end);
    // Writes what waits.
    drop(store);
    Ok(())
}

/// Keeps the beat and the disk until the end is asked for; returns the store the room still needs.
fn host(
    args: &HostArgs,
    drills: JamDrills,
    mut hosted: Hosted,
    library: Arc<SceneLibrary>,
    member: &Member,
    mut recordings: Recordings,
    end: &mpsc::Receiver<()>,
) -> Arc<sync_store::Store> {
    let mut conductor = Conductor::new();
    let beat = Arc::new(Mutex::new(Transport::default()));
    let (found, cards) = mpsc::channel();
    // Compiling takes seconds, and nobody waits for it.
    let finder = std::thread::Builder::new().name("scenes".to_owned()).spawn(move || {
        for scene in library.ids() {
            // One that does not compile here has no controls here.
            let _ = library.compile(&scene);
        }
        let _ = found.send(library.cards());
    });
    if let Err(err) = finder {
        tracing::warn!(%err, "guests get no controls");
    }
    let quiet = args.json || !std::io::stdout().is_terminal();
    let digits = |hosted: &Hosted| hosted.server().short_code().map(|code| code.digits);
    let mut code = digits(&hosted);
    while let Err(mpsc::RecvTimeoutError::Timeout) = end.recv_timeout(TURN) {
        if let Ok(cards) = cards.try_recv() {
            hosted.server().set_scenes(cards);
        }
        let room_secs = member.room_secs();
        // Nobody listens here: the tempo is what the Show says.
        let silence = AudioFrame { time_secs: room_secs, silent: true, ..AudioFrame::default() };
        let transport = conductor.update(&silence, &member.show().tempo);
        member.share_transport(&transport, room_secs);
        *beat.lock().unwrap_or_else(PoisonError::into_inner) = transport;
        record(&mut recordings, member, &beat);
        if drills.trace_beat {
            trace_beat(transport.beat_at(member.room_secs()));
        }
        for notice in member.poll() {
            match notice {
                Notice::Saving { saved: false, problem } => {
                    tracing::warn!(problem, "what happens is not saved; the room goes on");
                }
                Notice::Happened(event) if !quiet => tell(member, &event.kind),
                _ => {}
            }
        }
        let now = digits(&hosted);
        if now != code {
            code = now;
            if let Some(code) = code.as_ref().filter(|_| !quiet) {
                println!("The code is {code} now.");
            }
        }
        let seq = member.with_session(|session| session.seq().0);
        hosted.turn(seq, || member.with_session(|session| session.state(None)));
    }
    if member.with_session(|session| session.recording()).is_some() {
        // Whoever opens the room again decides anew.
        let _ = member.send(Command::SetRecording { recording: None });
    }
    recordings.end();
    hosted.stop()
}

/// Keeps the beat while the room is recorded. Nobody listens here: there is no sound to keep.
fn record(recordings: &mut Recordings, member: &Member, beat: &Arc<Mutex<Transport>>) {
    let asked = member.with_session(|session| session.recording());
    if asked == Some(Recording::Sound) {
        // The banner says what is kept, and no more.
        let _ = member.send(Command::SetRecording { recording: Some(Recording::Signal) });
    }
    let wanted = asked.map(|_| Recording::Signal);
    let source = |_| Beat { transport: beat.clone(), member: member.clone() };
    if let Err(err) = recordings.follow(wanted, source) {
        tracing::warn!("the room is not recorded any more: {err:#}");
        // The room goes on either way.
        let _ = member.send(Command::SetRecording { recording: None });
    }
}

/// Where the beat of a room without an ear is: its stream is the room's own time.
struct Beat {
    transport: Arc<Mutex<Transport>>,
    member: Member,
}

impl Listens for Beat {
    fn listen(&mut self) -> Moment {
        let transport = *self.transport.lock().unwrap_or_else(PoisonError::into_inner);
        Moment { transport, stream_secs: self.member.room_secs(), ..Moment::default() }
    }
}

fn announce(args: &HostArgs, hosted: &Hosted) -> anyhow::Result<()> {
    let link = hosted.link().reveal();
    let mut out = std::io::stdout().lock();
    if args.json {
        let line = json!({
            "address": hosted.link().authority(),
            "link": link,
            "yjs_url": hosted.yjs_url(),
            "api_url": hosted.api_url(),
            "token": hosted.token().reveal(),
            "code": hosted.server().short_code().map(|code| code.digits),
        });
        writeln!(out, "{line}")?;
    } else {
        if std::io::stdout().is_terminal()
            && let Some(code) = qr_text(&link)
        {
            writeln!(out, "{code}")?;
        }
        writeln!(
            out,
            "{} is open. Join with a phone, a browser, or `jamlight join`:\n\n  {link}\n",
            args.name
        )?;
        if let Some(key) = hosted.link().fingerprint {
            writeln!(out, "Key of this host: {}", key.words())?;
        }
        if let Some(code) = hosted.server().short_code() {
            let address = hosted.link().authority();
            writeln!(out, "Without the link: jamlight join {address} --code {}", code.digits)?;
        }
        writeln!(out, "Ctrl-C closes the room; the same name opens it again.")?;
    }
    out.flush()?;
    Ok(())
}

/// Prints who comes, goes and says what.
fn tell(member: &Member, kind: &EventKind) {
    match kind {
        EventKind::MemberJoined { who, .. } => println!("+ {}", clean(&who.name)),
        EventKind::MemberLeft { who } => {
            let name = member.with_session(|session| session.member(*who).map(|one| one.name.clone()));
            println!("- {}", clean(&name.unwrap_or_default()));
        }
        EventKind::Said { text } => println!("  {}", clean(text)),
        _ => {}
    }
}

/// Takes out what would move a terminal's cursor or turn its letters round.
pub(crate) fn clean(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !turns(*c)).collect()
}

/// The room's id in links and on the disk: its name in small letters, digits and dashes.
pub(crate) fn room_id(name: &str) -> anyhow::Result<RoomId> {
    let mut id = String::new();
    for c in name.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            id.push(c);
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    let mut id = id.trim_end_matches('-').to_owned();
    if id.is_empty() && name.chars().any(char::is_alphanumeric) {
        // Another script: a number of its own for each name (FNV-1a).
        let hash = name
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        id = format!("room-{hash:08x}");
    }
    if id.is_empty()
        || id.len() > sync_protocol::MAX_NAME_CHARS
        || name.chars().count() > sync_protocol::MAX_NAME_CHARS
    {
        bail!(
            "the name {:?} makes no room: it takes 1 to 64 characters, one of them a letter or digit",
            name
        );
    }
    Ok(RoomId(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rooms_name_becomes_an_id_that_links_can_hold() {
        let check = |name: &str, id: &str| assert_eq!(room_id(name).unwrap(), RoomId::from(id));
        check("Jam", "jam");
        check("Friday night, Kiez!", "friday-night-kiez");
        check("  42  ", "42");
        assert_ne!(room_id("Пятница").unwrap(), room_id("Суббота").unwrap());
        for bad in ["", "!!", &"x".repeat(65)] {
            assert!(room_id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_guests_write_moves_no_cursor() {
        assert_eq!(clean("a\u{1b}[2Jb\nc\u{202e}d"), "a [2Jb cd");
    }
}
