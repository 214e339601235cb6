use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::{
    Command, Envelope, ErrorCode, EventKind, LayerId, MAX_MEMBERS, MAX_OPEN_PARAMS, Member, MemberId, Right,
    Role,
};

use crate::check::{self, refuse};

/// Who is in the room, and what each may do.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct People {
    members: BTreeMap<MemberId, Member>,
    open_params: BTreeSet<(LayerId, String)>,
}

impl People {
    pub(crate) fn new(members: Vec<Member>, open_params: Vec<(LayerId, String)>) -> Self {
        let members = members.into_iter().map(|member| (member.id, member)).collect();
        Self { members, open_params: open_params.into_iter().collect() }
    }

    pub(crate) fn get(&self, id: MemberId) -> Option<&Member> {
        self.members.get(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    pub(crate) fn open_params(&self) -> impl Iterator<Item = &(LayerId, String)> {
        self.open_params.iter()
    }

    /// Refuses what a member may not ask for.
    pub(crate) fn authorise(&self, id: MemberId, command: &Command) -> Result<(), Envelope> {
        let Some(member) = self.get(id).filter(|member| member.online && !member.banned) else {
            return Err(Envelope::new(ErrorCode::Forbidden, "you are not in this room"));
        };
        if let Command::SetParam { layer, name, .. } = command
            && member.role >= Role::Viewer
            && self.open_params.contains(&(*layer, name.clone()))
        {
            return Ok(());
        }
        let right = command.right();
        if !member.role.has(right) {
            let message =
                format!("a {} may not do this: ask the host for another role", role_name(member.role));
            return Err(refuse(ErrorCode::Forbidden, message, "role"));
        }
        let writes = matches!(right, Right::Param | Right::Perform);
        if writes && member.role == Role::Performer && !member.may_write {
            let message = "the host has switched your writing off: request it";
            return Err(refuse(ErrorCode::Forbidden, message, "may_write"));
        }
        if right == Right::Speak && member.muted {
            return Err(refuse(ErrorCode::Forbidden, "you are muted in this room", "muted"));
        }
        Ok(())
    }

    /// Returns the change a Command about members makes, `None` when it changes nothing.
    pub(crate) fn decide(&self, id: MemberId, command: &Command) -> Result<Option<EventKind>, Envelope> {
        match command.clone() {
            Command::SetProfile { name, color } => {
                check::name(&name, "name")?;
                self.changed(id, |member| {
                    member.name = name;
                    member.color = color;
                })
            }
            Command::RequestWrite { wanted } => self.changed(id, |member| member.wants_write = wanted),
            Command::SetRole { member, role } => {
                self.below_host(member)?;
                if role == Role::Host {
                    return Err(refuse(ErrorCode::Forbidden, "a room has one host", "role"));
                }
                self.changed(member, |member| member.role = role)
            }
            Command::SetWrite { member, may_write } => self.changed(member, |member| {
                member.may_write = may_write;
                member.wants_write = false;
            }),
            Command::SetMuted { member, muted } => {
                self.below_host(member)?;
                self.changed(member, |member| member.muted = muted)
            }
            Command::Kick { member, banned } => {
                self.below_host(member)?;
                Ok(Some(EventKind::MemberKicked { who: member, banned }))
            }
            Command::OpenParam { layer, name, open } => {
                check::param_name(&name)?;
                let key = (layer, name);
                if self.open_params.contains(&key) == open {
                    return Ok(None);
                }
                if open && self.open_params.len() >= MAX_OPEN_PARAMS {
                    let message = format!("{MAX_OPEN_PARAMS} parameters are open already: close one first");
                    return Err(refuse(ErrorCode::LimitReached, message, "name"));
                }
                Ok(Some(EventKind::ParamOpened { layer, name: key.1, open }))
            }
            _ => Ok(None),
        }
    }

    /// Returns what happens when somebody comes in, `None` when it is there already as it is.
    pub(crate) fn join(&self, who: Member) -> Result<Option<EventKind>, Envelope> {
        check::name(&who.name, "name")?;
        let Some(known) = self.get(who.id) else {
            if self.members.len() >= MAX_MEMBERS {
                let message = format!("the room has seen {MAX_MEMBERS} members, which is its limit");
                return Err(Envelope::new(ErrorCode::LimitReached, message));
            }
            return Ok(Some(EventKind::MemberJoined { who }));
        };
        if known.banned {
            return Err(Envelope::new(ErrorCode::Forbidden, "you may not come back to this room"));
        }
        // What the room made of a member outlives its connections; what it calls itself is its own.
        let back = Member { online: true, name: who.name, ..known.clone() };
        Ok((back != *known).then_some(EventKind::MemberJoined { who: back }))
    }

    pub(crate) fn leave(&self, id: MemberId) -> Option<EventKind> {
        self.get(id).filter(|member| member.online).map(|_| EventKind::MemberLeft { who: id })
    }

    pub(crate) fn evolve(&mut self, kind: &EventKind) {
        match kind {
            EventKind::MemberJoined { who } | EventKind::MemberChanged { who, .. } => {
                self.members.insert(who.id, who.clone());
            }
            EventKind::MemberLeft { who } => self.with(*who, |member| member.online = false),
            EventKind::MemberKicked { who, banned } => self.with(*who, |member| {
                member.online = false;
                member.banned = *banned;
            }),
            EventKind::ParamOpened { layer, name, open } => {
                let key = (*layer, name.clone());
                if *open {
                    self.open_params.insert(key);
                } else {
                    self.open_params.remove(&key);
                }
            }
            _ => {}
        }
    }

    fn with(&mut self, id: MemberId, change: impl FnOnce(&mut Member)) {
        if let Some(member) = self.members.get_mut(&id) {
            change(member);
        }
    }

    fn changed(&self, id: MemberId, change: impl FnOnce(&mut Member)) -> Result<Option<EventKind>, Envelope> {
        let was = self.find(id)?.clone();
        let mut who = was.clone();
        change(&mut who);
        Ok((who != was).then_some(EventKind::MemberChanged { who, was }))
    }

    fn below_host(&self, id: MemberId) -> Result<(), Envelope> {
        match self.find(id)?.role {
            Role::Host => {
                Err(refuse(ErrorCode::Forbidden, "not the host: the room is on its machine", "member"))
            }
            _ => Ok(()),
        }
    }

    fn find(&self, id: MemberId) -> Result<&Member, Envelope> {
        self.get(id).ok_or_else(|| refuse(ErrorCode::NotFound, format!("there is no member {id}"), "member"))
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Display => "display",
        Role::Viewer => "viewer",
        Role::Performer => "performer",
        Role::CoHost => "co-host",
        Role::Host => "host",
    }
}
