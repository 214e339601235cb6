//! A room's past as text: for machines, for people, for a browser.

use std::fmt::Write as _;

use anyhow::Context as _;
use sync_protocol::{Event, EventKind, MemberId, RoomId, Seq};
use sync_store::Store;

use super::words::deed;

/// Events read at once.
const PAGE: usize = 5_000;

/// How a past is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One event a line, as in the journal: reading it back gives the same room.
    Jsonl,
    /// For people and repositories.
    Markdown,
    /// A page without scripts.
    Html,
}

impl Form {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Jsonl, Self::Markdown, Self::Html];

    /// Returns what its files end with, and what REST calls it.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Markdown => "md",
            Self::Html => "html",
        }
    }
}

/// A room's whole past.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    room: String,
    title: String,
    events: Vec<Event>,
}

/// Reads a room's past.
///
/// # Errors
/// What the store says.
pub(crate) fn transcript(store: &Store, room: &RoomId) -> anyhow::Result<Transcript> {
    let mut events = Vec::new();
    loop {
        let after = events.last().map_or(Seq(0), |last: &Event| last.seq);
        let page = store.events(room, after, PAGE)?;
        let is_last = page.len() < PAGE;
        events.extend(page);
        if is_last {
            break;
        }
    }
    let session = store.load(room, sync_store::Until::Now)?.context("there is no such room")?;
    Ok(Transcript { room: room.to_string(), title: session.show().title.clone(), events })
}

impl Transcript {
    /// Writes it.
    pub(crate) fn write(&self, form: Form) -> String {
        match form {
            Form::Jsonl => self.jsonl(),
            Form::Markdown => self.markdown(),
            Form::Html => self.html(),
        }
    }

    fn jsonl(&self) -> String {
        // Plain data always has a JSON form.
        let lines = self.events.iter().map(|event| serde_json::to_string(event).unwrap_or_default() + "\n");
        lines.collect()
    }

    fn markdown(&self) -> String {
        let mut text = format!(
            "# {}\n\nRoom {}, {} events.\n\n",
            escape_markdown(&self.title),
            self.room,
            self.events.len()
        );
        self.each(|at, who, what, code| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "- `{at}` **{}** {}", escape_markdown(who), escape_markdown(what));
            if let Some(code) = code {
                let fence = "`".repeat(longest_run(code, '`').max(2) + 1);
                let _ = writeln!(text, "\n{fence}\n{code}\n{fence}\n");
            }
        });
        text
    }

    fn html(&self) -> String {
        let title = escape_html(&self.title);
        let mut text = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <style>body{{font:16px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}}\
             time{{color:#767676;font-variant-numeric:tabular-nums}}pre{{background:#f2f2f2;padding:.75rem;overflow:auto}}</style>\n\
             </head><body><h1>{title}</h1>\n<p>Room {}, {} events.</p>\n",
            escape_html(&self.room),
            self.events.len()
        );
        self.each(|at, who, what, code| {
            let _ =
                writeln!(text, "<p><time>{at}</time> <b>{}</b> {}</p>", escape_html(who), escape_html(what));
            if let Some(code) = code {
                let _ = writeln!(text, "<pre>{}</pre>", escape_html(code));
            }
        });
        text + "</body></html>\n"
    }

    /// Tells each thing that happened: time, who, what, and code that ran. Keystrokes are left out:
    /// what was evaluated says what they came to.
    fn each(&self, mut tell: impl FnMut(&str, &str, &str, Option<&str>)) {
        let mut names = std::collections::BTreeMap::<MemberId, String>::new();
        for event in &self.events {
            match &event.kind {
                EventKind::MemberJoined { who } | EventKind::MemberChanged { who, .. } => {
                    names.insert(who.id, who.name.clone());
                }
                EventKind::TextEdited { .. } => continue,
                _ => {}
            }
            let name = |id: MemberId| names.get(&id).cloned().unwrap_or_else(|| "somebody".to_owned());
            let code = match &event.kind {
                EventKind::Evaluated { code, .. } => code.as_deref(),
                _ => None,
            };
            let what = match (&event.kind, code) {
                (EventKind::Evaluated { text, .. }, Some(_)) => format!("ran {text}"),
                // A timeline shortens what was said; a transcript does not.
                (EventKind::Said { text }, _) => text.clone(),
                _ => deed(event, name),
            };
            let secs = event.at_millis / 1_000;
            let at = format!("{:02}:{:02}:{:02}", secs / 3_600 % 24, secs / 60 % 60, secs % 60);
            tell(&at, &name(event.member), &what, code);
        }
    }
}

fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// What people typed stays what they typed, on one line.
fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '~' => {
                escaped.extend(['\\', c])
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

fn longest_run(text: &str, of: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == of { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_protocol::{Cause, Member, Role};

    fn transcript() -> Transcript {
        let evil = "<script>alert(1)</script> `*x*` [a](javascript:alert(1))";
        let event = |seq, kind| Event {
            seq: Seq(seq),
            member: MemberId(1),
            no: 0,
            at_millis: 3_661_000,
            cause: Cause::Done,
            kind,
        };
        let ran = EventKind::Evaluated {
            text: "code".into(),
            block: String::new(),
            code: Some("s(`bd`) // ``` </pre><img src=x onerror=alert(1)>".into()),
            quantum_beats: 4.0,
            at_beat: 8.0,
            was: None,
        };
        let events = vec![
            event(1, EventKind::MemberJoined { who: Member::new(MemberId(1), evil, Role::Host) }),
            event(2, EventKind::Said { text: evil.into() }),
            event(3, ran),
        ];
        Transcript { room: "friday".into(), title: evil.into(), events }
    }

    #[test]
    fn nothing_that_people_wrote_is_markup_in_a_page() {
        let html = transcript().write(Form::Html);
        assert!(html.contains("&lt;script&gt;"));
        for tag in ["<script", "<img", "javascript:alert(1)</a>", "onerror=alert(1)>"] {
            assert!(!html.contains(tag), "{tag}");
        }
        assert!(html.contains("01:01:01"));
    }

    #[test]
    fn markdown_keeps_code_whole_and_words_plain() {
        let text = transcript().write(Form::Markdown);
        assert!(text.contains("\\<script\\>") && text.contains("\\[a\\]"));
        assert!(text.contains("````\ns(`bd`) // ```"), "{text}");
    }

    #[test]
    fn json_lines_are_the_journal() {
        let whole = transcript();
        let text = whole.write(Form::Jsonl);
        let read: Vec<Event> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, whole.events);
    }
}
