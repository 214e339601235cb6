use std::collections::VecDeque;

use sync_protocol::{
    ChatMessage, Command, Envelope, ErrorCode, Event, EventKind, MAX_CHAT_CHARS, MAX_CHAT_KEPT,
    MAX_NAME_CHARS, MAX_QUESTION_CHARS, MAX_VOTES_KEPT, MemberId, Seq, VOTE_OPTIONS_RANGE, Vote,
};

use crate::check::{self, refuse};

/// The chat and the votes, as far back as a room keeps them at hand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Talk {
    pub(crate) chat: VecDeque<ChatMessage>,
    pub(crate) votes: VecDeque<Vote>,
}

impl Talk {
    /// Returns the change a Command makes, `None` when it changes nothing.
    pub(crate) fn decide(
        &self,
        member: MemberId,
        moderates: bool,
        command: &Command,
    ) -> Result<Option<EventKind>, Envelope> {
        Ok(Some(match command.clone() {
            Command::Say { text } => {
                check::prose(&text, MAX_CHAT_CHARS, "message")?;
                EventKind::Said { text }
            }
            Command::EditMessage { message, text } => {
                if !text.is_empty() {
                    check::prose(&text, MAX_CHAT_CHARS, "message")?;
                }
                let old =
                    self.chat.iter().find(|one| one.seq == message && !one.text.is_empty()).ok_or_else(
                        || {
                            refuse(
                                ErrorCode::NotFound,
                                format!("there is no message {message} any more"),
                                "message",
                            )
                        },
                    )?;
                // Who moderates takes messages away; nobody puts words into another's mouth.
                if old.member != member && !(moderates && text.is_empty()) {
                    return Err(refuse(ErrorCode::Forbidden, "this message is not yours", "message"));
                }
                if old.text == text {
                    return Ok(None);
                }
                EventKind::MessageEdited { message, text, was: old.text.clone() }
            }
            Command::OpenVote { question, options } => {
                check::prose(&question, MAX_QUESTION_CHARS, "question")?;
                if !VOTE_OPTIONS_RANGE.contains(&options.len()) {
                    let message = format!("a vote takes 2 to 8 answers, this one has {}", options.len());
                    return Err(refuse(ErrorCode::OutOfRange, message, "options"));
                }
                options.iter().try_for_each(|option| check::prose(option, MAX_NAME_CHARS, "answer"))?;
                EventKind::VoteOpened { question, options }
            }
            Command::CastVote { vote, option_idx } => {
                let open = self.open_vote(vote)?;
                if option_idx >= open.options.len() {
                    return Err(refuse(ErrorCode::OutOfRange, "there is no such answer", "option_idx"));
                }
                let was = open.ballots.get(&member).copied();
                if was == Some(option_idx) {
                    return Ok(None);
                }
                EventKind::VoteCast { vote, option_idx, was }
            }
            Command::CloseVote { vote } => {
                self.open_vote(vote)?;
                EventKind::VoteClosed { vote }
            }
            _ => return Ok(None),
        }))
    }

    pub(crate) fn evolve(&mut self, event: &Event) {
        let Event { seq, member, at_millis, .. } = *event;
        match event.kind.clone() {
            EventKind::Said { text } => {
                self.chat.push_back(ChatMessage { seq, member, at_millis, text, edited: false });
                if self.chat.len() > MAX_CHAT_KEPT {
                    self.chat.pop_front();
                }
            }
            EventKind::MessageEdited { message, text, .. } => {
                if let Some(old) = self.chat.iter_mut().find(|one| one.seq == message) {
                    old.text = text;
                    old.edited = true;
                }
            }
            EventKind::VoteOpened { question, options } => {
                self.votes.push_back(Vote {
                    seq,
                    question,
                    options,
                    ballots: Default::default(),
                    open: true,
                });
                if self.votes.len() > MAX_VOTES_KEPT {
                    self.votes.pop_front();
                }
            }
            EventKind::VoteCast { vote, option_idx, .. } => {
                if let Some(vote) = self.votes.iter_mut().find(|one| one.seq == vote) {
                    vote.ballots.insert(member, option_idx);
                }
            }
            EventKind::VoteClosed { vote } => {
                if let Some(vote) = self.votes.iter_mut().find(|one| one.seq == vote) {
                    vote.open = false;
                }
            }
            _ => {}
        }
    }

    fn open_vote(&self, vote: Seq) -> Result<&Vote, Envelope> {
        self.votes
            .iter()
            .find(|one| one.seq == vote && one.open)
            .ok_or_else(|| refuse(ErrorCode::NotFound, format!("there is no open vote {vote}"), "vote"))
    }
}
