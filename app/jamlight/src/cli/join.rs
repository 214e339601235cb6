//! `jamlight join`: a member without a window.

use std::io::{BufRead as _, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::json;
use sync_client::{Client, State};
use sync_protocol::{Command, EventKind, JoinLink, MAX_CHAT_CHARS, Recording};
use sync_session::Notice;

use crate::jam::link_by_code;

use super::host::{JamDrills, clean, trace_beat};

/// How often news are printed.
const TURN: Duration = Duration::from_millis(50);
/// The text everyone edits first.
const FIRST_TEXT: &str = "main";
/// Turns for a word of `write-text`, and how many it writes: a minute's.
const WORD_TURNS: usize = 4;
const MAX_WORDS: usize = 300;
/// How long what was said last may take to reach the room before it leaves.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Joins a room on another machine, without a window, until Ctrl-C. What is typed is said in its chat.
#[derive(Debug, clap::Args)]
pub(crate) struct JoinArgs {
    /// The link of the invite; `-` reads it from the first line of standard input. With --code, the
    /// host's address, such as 192.168.1.5:7700.
    #[arg(value_name = "LINK")]
    link: String,
    /// The six digits that the host shows, in the place of a link.
    #[arg(long, value_name = "DIGITS")]
    code: Option<String>,
    /// What you are called there.
    #[arg(long, default_value = "Guest")]
    name: String,
    /// Prints one line of JSON for each thing that happens.
    #[arg(long)]
    json: bool,
    /// `trace-beat`: prints the beat. `write-text`: writes into the text `main`, and prints it at the end.
    #[arg(long, hide = true, value_name = "WHAT")]
    drill: Vec<String>,
}

enum Heard {
    Line(String),
    End,
}

/// Is in the room until it is told to leave, or is refused.
pub(crate) fn run(args: &JoinArgs) -> anyhow::Result<()> {
    let drills = JamDrills::parse(&args.drill)?;
    let mut stdin = std::io::stdin().lock();
    let link = match args.link.as_str() {
        "-" => {
            let mut line = String::new();
            stdin.read_line(&mut line).context("standard input cannot be read")?;
            line
        }
        link => link.to_owned(),
    };
    drop(stdin);
    let link = match &args.code {
        Some(code) => link_by_code(&link, code)?,
        None => JoinLink::parse(&link)?,
    };
    // Unbounded, but a person's lines only.
    let (to_us, heard) = mpsc::channel();
    let end = to_us.clone();
    ctrlc::set_handler(move || {
        // The first signal ends us already.
        let _ = end.send(Heard::End);
    })
    .context("signals cannot be heard")?;
    std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if to_us.send(Heard::Line(line)).is_err() {
                return;
            }
        }
        // The end of the input is not the end of the visit.
    })?;
    let client = Client::join(link, &args.name)?;
    let mut typist = drills.write_text.then(Typist::default);
    let mut last = None;
    loop {
        match heard.recv_timeout(TURN) {
            Ok(Heard::Line(line)) => say(&client, &line),
            Ok(Heard::End) => break,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        let state = client.state();
        if last.as_ref() != Some(&state) {
            print_state(args, &client, &state);
            if let State::Refused(err) = state {
                bail!("{}", clean(&err.message));
            }
            last = Some(state);
        }
        if let Some(typist) = &mut typist {
            typist.turn(&client, &args.name);
        }
        for notice in client.poll() {
            print_notice(args, &client, &notice);
        }
        if drills.trace_beat
            && let (Some(transport), Some(room_secs)) = (client.transport(), client.room_secs())
        {
            trace_beat(transport.beat_at(room_secs));
        }
    }
    if typist.is_some() {
        eprintln!("text {}", json!(client.text(&FIRST_TEXT.into())));
    }
    let until = std::time::Instant::now() + LAST_WORDS;
    while client.num_pending() > 0 && client.state() == State::Joined && std::time::Instant::now() < until {
        std::thread::sleep(TURN);
    }
    client.leave();
    while client.state() != State::Left && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Writes as fast as a person does, here and there in a shared text, for a while.
#[derive(Default)]
struct Typist {
    num_turns: usize,
    num_words: usize,
}

impl Typist {
    fn turn(&mut self, client: &Client, name: &str) {
        let text = FIRST_TEXT.into();
        if client.with_session(|_| ()).is_none() {
            return;
        }
        let len = client.text(&text).unwrap_or_default().encode_utf16().count();
        self.num_turns += 1;
        if !self.num_turns.is_multiple_of(WORD_TURNS) || self.num_words == MAX_WORDS {
            return;
        }
        self.num_words += 1;
        // A prime, so that no place is left out.
        let at = (self.num_words * 7_919 % (len + 1)) as u32;
        let word = format!("{name}{} ", self.num_words);
        let removed = if self.num_words.is_multiple_of(4) { 3 } else { 0 };
        if let Err(err) = client.edit_text(&text, at..at + removed, &word) {
            eprintln!("jamlight: {}", clean(&err.message));
        }
    }
}

fn say(client: &Client, line: &str) {
    let text: String = line.trim().chars().take(MAX_CHAT_CHARS).collect();
    if text.is_empty() {
        return;
    }
    if let Err(err) = client.send(Command::Say { text }) {
        eprintln!("jamlight: {}", clean(&err.message));
    }
}

fn print_state(args: &JoinArgs, client: &Client, state: &State) {
    if args.json {
        let line = match state {
            State::Connecting => json!({"type": "state", "state": "connecting"}),
            State::Joined => json!({"type": "state", "state": "joined", "me": client.id()}),
            State::Waiting { retry_secs, why } => {
                json!({"type": "state", "state": "waiting", "retry_secs": retry_secs, "why": why})
            }
            State::Refused(error) => json!({"type": "state", "state": "refused", "error": error}),
            _ => json!({"type": "state", "state": "left"}),
        };
        return print(&line.to_string());
    }
    match state {
        State::Joined => {
            let title = client.show().title.clone();
            let names = client.with_session(|session| {
                let there = session.members().filter(|member| member.online);
                there.map(|member| clean(&member.name)).collect::<Vec<_>>().join(", ")
            });
            print(&format!(
                "In {:?} with {}. Type to say something; Ctrl-C leaves.",
                clean(&title),
                names.unwrap_or_default()
            ));
            if let Some(recording) = client.with_session(|session| session.recording()).flatten() {
                print(recording.sentence());
            }
        }
        State::Waiting { retry_secs, why } => {
            print(&format!("{}; trying again in {retry_secs:.1} s", clean(why)));
        }
        _ => {}
    }
}

fn print_notice(args: &JoinArgs, client: &Client, notice: &Notice) {
    if args.json {
        let line = match notice {
            Notice::Happened(event) => json!({"type": "event", "event": &**event}),
            Notice::Refused { command, error } => {
                json!({"type": "refused", "command": command, "error": error})
            }
            Notice::Saving { saved, problem } => {
                json!({"type": "saving", "saved": saved, "problem": problem})
            }
            _ => return,
        };
        return print(&line.to_string());
    }
    let name =
        |id| client.with_session(|session| session.member(id).map(|member| clean(&member.name))).flatten();
    match notice {
        Notice::Happened(event) => match &event.kind {
            EventKind::Said { text } => {
                print(&format!("{}: {}", name(event.member).unwrap_or_default(), clean(text)));
            }
            EventKind::MemberJoined { who } => print(&format!("+ {}", clean(&who.name))),
            EventKind::MemberLeft { who } => print(&format!("- {}", name(*who).unwrap_or_default())),
            EventKind::RecordingChanged { recording, .. } => {
                print(recording.map_or("This jam is not recorded any more.", Recording::sentence));
            }
            _ => {}
        },
        Notice::Refused { error, .. } => eprintln!("jamlight: {}", clean(&error.message)),
        Notice::Saving { saved: false, .. } => {
            print("The host's disk is full or failing: nothing is kept, the room goes on.")
        }
        Notice::Saving { .. } => print("The host keeps what happens again."),
        _ => {}
    }
}

fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever read it may have gone; the visit goes on.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
