//! A whole jam in virtual time: eight people, a network that delays, loses and cuts, a host that
//! dies and comes back from its journal. Every seed is a plan; a plan that fails is printed whole.

use std::collections::VecDeque;

use sync_protocol::{
    Asked, Command, CommandClass, Event, LayerId, Member, MemberId, Role, Show, TextId, ToMember,
};
use sync_session::{Mirror, Origin, Session};

const NUM_PEERS: usize = 8;
const NUM_STEPS: usize = 150;
/// A few seconds here; `JAMLIGHT_SEEDS=1000` runs more.
const NUM_SEEDS: u64 = 150;

#[derive(Clone, Debug)]
enum Step {
    Edit {
        peer: usize,
        at: u32,
        cut: u32,
        insert: &'static str,
    },
    Fade {
        peer: usize,
        opacity: f32,
    },
    Rename {
        peer: usize,
        n: u32,
    },
    Say {
        peer: usize,
        n: u32,
    },
    Run {
        peer: usize,
        n: u32,
    },
    Undo {
        peer: usize,
    },
    /// The next message of a peer reaches the host.
    Up {
        peer: usize,
    },
    /// The next message of the host reaches a peer.
    Down {
        peer: usize,
    },
    /// What is under way is lost.
    Cut {
        peer: usize,
    },
    Back {
        peer: usize,
    },
    /// The host dies and comes back from its journal.
    Restart,
}

/// Uniform numbers, the same for a seed on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn plan(seed: u64) -> Vec<Step> {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let step = |dice: &mut Dice| {
        let peer = dice.below(NUM_PEERS as u64) as usize;
        let n = dice.below(1_000) as u32;
        match dice.below(100) {
            0..=15 => Step::Edit {
                peer,
                at: n % 40,
                cut: dice.below(4) as u32,
                insert: ["a", "bd sd ", "🎛", "\n", "", "é́"][dice.below(6) as usize],
            },
            16..=21 => Step::Fade { peer, opacity: n as f32 / 1_000.0 },
            22..=25 => Step::Rename { peer, n },
            26..=27 => Step::Say { peer, n },
            28..=30 => Step::Run { peer, n },
            31..=33 => Step::Undo { peer },
            34..=60 => Step::Up { peer },
            61..=87 => Step::Down { peer },
            88..=92 => Step::Cut { peer },
            93..=98 => Step::Back { peer },
            _ => Step::Restart,
        }
    };
    (0..NUM_STEPS).map(|_| step(&mut dice)).collect()
}

struct Peer {
    mirror: Mirror,
    /// What is under way, while there is a connection.
    way: Option<Way>,
}

#[derive(Default)]
struct Way {
    up: VecDeque<Asked>,
    down: VecDeque<ToMember>,
}

struct World {
    session: Session,
    journal: Vec<Event>,
    peers: Vec<Peer>,
    now_millis: u64,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            session: Session::new(Show::default()),
            journal: Vec::new(),
            peers: Vec::new(),
            now_millis: 0,
        };
        for id in 1..=NUM_PEERS as u32 {
            let role = if id == 1 { Role::Host } else { Role::Performer };
            let member = Member::new(MemberId(id), format!("peer {id}"), role);
            let joined = world.session.join(Origin::default(), member).unwrap();
            world.journal.extend(joined);
        }
        for id in 1..=NUM_PEERS as u32 {
            let mirror = Mirror::new(MemberId(id), world.session.clone());
            world.peers.push(Peer { mirror, way: Some(Way::default()) });
        }
        world
    }

    fn take(&mut self, step: &Step) {
        self.now_millis += 37;
        let now = self.now_millis;
        // What a full outbox or an empty history refuses is refused on the spot.
        let ask = |peer: &mut Peer, command: Command| drop(peer.mirror.ask(now, command));
        match *step {
            Step::Edit { peer, at, cut, insert } => {
                let mirror = &mut self.peers[peer].mirror;
                drop(mirror.edit_text(now, &TextId::from("code"), at..at + cut, insert));
            }
            Step::Fade { peer, opacity } => {
                ask(&mut self.peers[peer], Command::SetOpacity { layer: LayerId(1), opacity });
            }
            Step::Rename { peer, n } => {
                ask(&mut self.peers[peer], Command::SetTitle { title: format!("show {n}") })
            }
            Step::Say { peer, n } => {
                ask(&mut self.peers[peer], Command::Say { text: format!("{peer} says {n}") })
            }
            Step::Run { peer, n } => {
                let code = if n % 5 == 0 { String::new() } else { format!("s(\"bd*{n}\")") };
                let run =
                    Command::Evaluate { text: "code".into(), block: String::new(), code, quantum_beats: 4.0 };
                ask(&mut self.peers[peer], run);
            }
            Step::Undo { peer } => ask(&mut self.peers[peer], Command::Undo),
            Step::Up { peer } => self.up(peer),
            Step::Down { peer } => self.down(peer),
            Step::Cut { peer } => self.cut(peer),
            Step::Back { peer } => self.back(peer),
            Step::Restart => self.restart(),
        }
    }

    fn up(&mut self, idx: usize) {
        let peer = &mut self.peers[idx];
        let Some(way) = &mut peer.way else { return };
        way.up.extend(peer.mirror.next_to_send());
        let Some(Asked { no, command }) = way.up.pop_front() else { return };
        let member = peer.mirror.me();
        let is_kept = command.class() == CommandClass::Kept;
        let answer = if is_kept && no <= self.session.last_no(member) {
            // Sent again after a cut, and decided before it.
            Some(ToMember::Done { no })
        } else {
            let origin = Origin { member, no, at_millis: self.now_millis };
            match self.session.apply_on_beat(origin, self.now_millis as f64 / 500.0, command) {
                Ok(events) if events.is_empty() => Some(ToMember::Done { no }),
                Ok(events) => {
                    for event in events {
                        self.journal.push(event.clone());
                        for peer in &mut self.peers {
                            if let Some(way) = &mut peer.way {
                                way.down.push_back(ToMember::Event { event: event.clone() });
                            }
                        }
                    }
                    None
                }
                Err(error) => Some(ToMember::Refused { no, error }),
            }
        };
        if let Some(way) = &mut self.peers[idx].way {
            way.down.extend(answer);
        }
    }

    fn down(&mut self, idx: usize) {
        let peer = &mut self.peers[idx];
        if let Some(message) = peer.way.as_mut().and_then(|way| way.down.pop_front()) {
            peer.mirror.receive(&message).unwrap();
        }
    }

    fn cut(&mut self, idx: usize) {
        self.peers[idx].way = None;
        self.peers[idx].mirror.unsend_all();
    }

    /// Comes back: by what was missed, or with the whole state when it is long ago.
    fn back(&mut self, idx: usize) {
        let peer = &mut self.peers[idx];
        if peer.way.is_some() {
            return;
        }
        let mut way = Way::default();
        let seen = peer.mirror.confirmed().seq().0 as usize;
        if self.journal.len() - seen > 12 {
            let state = self.session.state(Some(peer.mirror.me()));
            peer.mirror.rejoin(Session::from_state(state));
        } else {
            way.down
                .extend(self.journal[seen..].iter().map(|event| ToMember::Event { event: event.clone() }));
        }
        peer.way = Some(way);
    }

    fn restart(&mut self) {
        let mut session = Session::new(Show::default());
        for event in &self.journal {
            session.replay(event).unwrap();
        }
        assert_eq!(session, self.session, "the journal is the session");
        self.session = session;
        (0..NUM_PEERS).for_each(|idx| self.cut(idx));
    }

    /// Everyone is back and everything arrives.
    fn settle(&mut self) {
        for _ in 0..4 {
            for idx in 0..NUM_PEERS {
                self.back(idx);
                for _ in 0..NUM_STEPS {
                    self.up(idx);
                }
            }
            for idx in 0..NUM_PEERS {
                while self.peers[idx].way.as_ref().is_some_and(|way| !way.down.is_empty()) {
                    self.down(idx);
                }
            }
        }
    }

    fn check(&self) {
        let code = TextId::from("code");
        for peer in &self.peers {
            let mirror = &peer.mirror;
            assert_eq!(mirror.num_pending(), 0, "nothing waits");
            assert_eq!(mirror.confirmed().seq(), self.session.seq());
            assert_eq!(&mirror.show(), self.session.show());
            assert_eq!(mirror.text(&code), self.session.text(&code));
            assert_eq!(
                mirror.confirmed().chat().collect::<Vec<_>>(),
                self.session.chat().collect::<Vec<_>>()
            );
        }
        // Each Command had one effect: no number of a member is in two kept events.
        let mut seen = std::collections::BTreeSet::new();
        for event in self.journal.iter().filter(|event| event.no > 0 && !event.kind.is_move()) {
            assert!(seen.insert((event.member, event.no)), "{event:?} happened twice");
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long it runs is the person's choice")]
fn eight_peers_converge_through_cuts_losses_and_restarts_whatever_the_seed() {
    let asked = std::env::var("JAMLIGHT_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    for seed in 0..asked.unwrap_or(NUM_SEEDS) {
        let plan = plan(seed);
        let ran = std::panic::catch_unwind(|| {
            let mut world = World::new();
            plan.iter().for_each(|step| world.take(step));
            world.settle();
            world.check();
        });
        assert!(ran.is_ok(), "seed {seed} fails, its plan: {plan:?}");
    }
}
