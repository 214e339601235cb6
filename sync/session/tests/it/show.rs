//! Laws of the Show: undo, replay, refusals, prediction.

use proptest::prelude::*;
use sync_protocol::{
    AssetId, Autopilot, BlendMode, Cause, Command, CueId, CueTrigger, Deck, Effect, ErrorCode, Event, Layer,
    LayerId, LayerSource, MAX_LAYERS, Mask, MemberId, ModSource, Modulation, Palette, ParamValue,
    PictureSlot, Playlist, SceneId, Seq, Show, TempoSettings, TextSource, ToMember, Transform, Transition,
};
use sync_session::{Mirror, Origin, ReplayError, Session};

use crate::{ME, OTHER, jam};

/// A room driven by hand: each Command comes a minute after the last, so no two are one gesture.
struct Room {
    session: Session,
    journal: Vec<Event>,
    at_millis: u64,
}

impl Room {
    fn new() -> Self {
        Self { session: Session::new(Show::default()), journal: Vec::new(), at_millis: 0 }
    }

    fn ask(&mut self, member: MemberId, command: Command) -> Result<(), ErrorCode> {
        self.ask_after(60_000, member, command)
    }

    fn ask_after(&mut self, millis: u64, member: MemberId, command: Command) -> Result<(), ErrorCode> {
        self.at_millis += millis;
        let origin = Origin { member, no: 0, at_millis: self.at_millis };
        let beat = self.at_millis as f64 / 1_000.0;
        let events = self.session.apply_on_beat(origin, beat, command).map_err(|refusal| refusal.code)?;
        self.journal.extend(events);
        Ok(())
    }

    fn show(&self) -> Show {
        Show::clone(self.session.show())
    }
}

fn opacity(opacity: f32) -> Command {
    Command::SetOpacity { layer: LayerId(1), opacity }
}

fn param(value: f64) -> Command {
    Command::SetParam { layer: LayerId(1), name: "warp".into(), value: Some(ParamValue::Number(value)) }
}

fn source(name: &str) -> LayerSource {
    LayerSource::Scene(SceneId::from(name))
}

fn any_command() -> impl Strategy<Value = Command> {
    let layer = || (1..5u32).prop_map(LayerId);
    let names = ["warp", "glow"];
    prop_oneof![
        4 => Just(Command::Undo),
        2 => Just(Command::Redo),
        1 => (0..3u32).prop_map(|seed| Command::ReplaceShow { show: Box::new(Show { seed, ..Show::default() }) }),
        1 => "[a-z]{1,4}".prop_map(|title| Command::SetTitle { title }),
        2 => "[a-z]{1,4}".prop_map(|name| Command::AddLayer { source: source(&name) }),
        1 => layer().prop_map(|layer| Command::RemoveLayer { layer }),
        1 => (layer(), 0..4usize).prop_map(|(layer, to_idx)| Command::MoveLayer { layer, to_idx }),
        1 => (layer(), "[a-z]{1,4}").prop_map(|(layer, name)| Command::SetSource { layer, source: source(&name) }),
        4 => (layer(), 0..2usize, proptest::option::of(0.0..1.0f64)).prop_map(move |(layer, name, value)| {
            Command::SetParam { layer, name: names[name].into(), value: value.map(ParamValue::Number) }
        }),
        3 => (layer(), 0.0..=1.0f32).prop_map(|(layer, opacity)| Command::SetOpacity { layer, opacity }),
        1 => layer().prop_map(|layer| Command::SetBlend { layer, blend: BlendMode::Add }),
        1 => (layer(), any::<bool>()).prop_map(|(layer, muted)| Command::MuteLayer { layer, muted }),
        1 => (20.0..999.0f64).prop_map(|bpm| Command::SetTempo { tempo: TempoSettings { bpm, ..Default::default() } }),
        1 => any::<bool>().prop_map(|blackout| Command::SetBlackout { blackout }),
        1 => (0.0..=2.0f32).prop_map(|brightness| Command::SetBrightness { brightness }),
        2 => mixing(),
        2 => cueing(),
        1 => Just(Command::SetPicture { slot: PictureSlot::B, picture: Some(AssetId("ab".repeat(32))) }),
    ]
}

fn mixing() -> impl Strategy<Value = Command> {
    let layer = || (1..5u32).prop_map(LayerId);
    let effect = |id| Effect {
        id,
        scene: SceneId::from("blur"),
        params: Default::default(),
        modulations: Default::default(),
        bypassed: false,
    };
    prop_oneof![
        (layer(), -1.0..1.0f32).prop_map(|(layer, depth)| Command::SetModulation {
            layer,
            target: "warp".into(),
            modulation: Some(Modulation { depth, ..Modulation::default() }),
        }),
        layer().prop_map(|layer| Command::SetModulation { layer, target: "warp".into(), modulation: None }),
        (layer(), -1.0..1.0f32).prop_map(|(layer, turn)| Command::SetTransform {
            layer,
            transform: Transform { turn, ..Transform::default() },
        }),
        (layer(), any::<bool>())
            .prop_map(|(layer, on)| Command::SetMask { layer, mask: on.then(Mask::default) }),
        (proptest::option::of(layer()), 0..3u32).prop_map(move |(layer, num)| Command::SetEffects {
            layer,
            effects: (0..num).map(effect).collect(),
        }),
        layer().prop_map(|layer| Command::SetDeck { layer, deck: Some(Deck::B) }),
        (0.0..=1.0f32).prop_map(|position| Command::SetCrossfade { position }),
        Just(Command::Take { deck: Deck::B }),
        Just(Command::SetPlaylist { playlist: Playlist { scenes: vec![SceneId::from("ink")] } }),
        (1.0..99.0f32).prop_map(|beats| Command::SetAutopilot {
            autopilot: Autopilot { beats, ..Autopilot::default() },
        }),
    ]
}

fn cueing() -> impl Strategy<Value = Command> {
    let cue = || (1..4u32).prop_map(CueId);
    prop_oneof![
        3 => (proptest::option::of(cue()), 0..4usize, any::<bool>()).prop_map(|(cue, at_idx, retake)| {
            let trigger = CueTrigger::Beats { after: at_idx as f64 };
            Command::PutCue { cue, name: "drop".into(), trigger, at_idx, retake }
        }),
        1 => cue().prop_map(|cue| Command::RemoveCue { cue }),
        3 => cue().prop_map(|cue| Command::GoCue { cue }),
        1 => any::<bool>().prop_map(|playing| Command::PlayCues { playing }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn replay_of_the_journal_reproduces_the_session(
        asked in proptest::collection::vec((1..4u32, 0..3_000u64, any_command()), 0..30)
    ) {
        let mut room = Room::new();
        for (member, millis, command) in asked {
            // A refused Command changes nothing, which the replay shows.
            let _ = room.ask_after(millis, MemberId(member), command);
        }
        let mut copy = Session::new(Show::default());
        for event in &room.journal {
            let line = serde_json::to_string(event).unwrap();
            copy.replay(&serde_json::from_str(&line).unwrap()).unwrap();
        }
        prop_assert_eq!(copy, room.session);
    }

    #[test]
    fn alone_undo_goes_back_to_every_earlier_show_and_redo_forward_again(
        asked in proptest::collection::vec(any_command(), 0..25)
    ) {
        let mut room = Room::new();
        let mut shows = vec![room.show()];
        for command in asked.into_iter().filter(|one| !matches!(one, Command::Undo | Command::Redo)) {
            let before = room.journal.len();
            let _ = room.ask(ME, command);
            if room.journal.len() > before {
                shows.push(room.show());
            }
        }
        for expected in shows.iter().rev().skip(1) {
            room.ask(ME, Command::Undo).unwrap();
            prop_assert_eq!(but_ids(room.show()), but_ids(expected.clone()));
        }
        prop_assert_eq!(room.ask(ME, Command::Undo), Err(ErrorCode::NothingToUndo));
        for expected in shows.iter().skip(1) {
            room.ask(ME, Command::Redo).unwrap();
            prop_assert_eq!(but_ids(room.show()), but_ids(expected.clone()));
        }
        prop_assert_eq!(room.ask(ME, Command::Redo), Err(ErrorCode::NothingToUndo));
    }

    #[test]
    fn undo_never_changes_what_another_member_changed_last(
        asked in proptest::collection::vec((1..3u32, any_command()), 0..40)
    ) {
        let mut room = Room::new();
        for (member, command) in asked {
            let before = room.journal.len();
            let last = room.journal.clone();
            let _ = room.ask(MemberId(member), command);
            for event in &room.journal[before..] {
                if let Cause::Undid { step, .. } = event.cause {
                    let undone = last.iter().find(|one| one.seq == step).unwrap();
                    prop_assert_eq!(undone.member, event.member);
                    prop_assert_eq!(undone.kind.key(), event.kind.key());
                }
            }
        }
    }

    #[test]
    fn a_mirror_that_hears_everything_ends_where_the_room_ends(
        asked in proptest::collection::vec((1..3u32, any_command(), any::<bool>()), 0..40)
    ) {
        let mut session = jam();
        let mut mirrors = [Mirror::new(ME, session.clone()), Mirror::new(OTHER, session.clone())];
        let mut answer = |mirrors: &mut [Mirror; 2], idx: usize| {
            let member = mirrors[idx].me();
            while let Some(asked) = mirrors[idx].next_to_send() {
                let no = asked.no;
                match session.apply(Origin { member, no, ..Origin::default() }, asked.command) {
                    Ok(events) if events.is_empty() => { mirrors[idx].receive(&ToMember::Done { no }).unwrap(); }
                    Ok(events) => for event in events {
                        for mirror in mirrors.iter_mut() {
                            mirror.receive(&ToMember::Event { event: event.clone() }).unwrap();
                        }
                    },
                    Err(error) => { mirrors[idx].receive(&ToMember::Refused { no, error }).unwrap(); }
                }
            }
            session.clone()
        };
        for (member, command, now) in asked {
            let idx = member as usize - 1;
            let _ = mirrors[idx].ask(0, command);
            if now {
                answer(&mut mirrors, idx);
            }
        }
        answer(&mut mirrors, 0);
        let session = answer(&mut mirrors, 1);
        for mirror in &mirrors {
            prop_assert_eq!(mirror.num_pending(), 0);
            prop_assert_eq!(mirror.confirmed(), &session);
            prop_assert_eq!(&mirror.show(), session.show());
        }
    }
}

/// Ids are never used again, so undoing a new layer does not give its id back.
fn but_ids(show: Show) -> Show {
    Show { next_layer: 0, cues: sync_protocol::CueList { next_cue: 0, ..show.cues }, ..show }
}

#[test]
fn undo_takes_back_only_ones_own_last_change_that_nobody_changed_since() {
    let mut room = Room::new();
    room.ask(ME, opacity(0.5)).unwrap();
    room.ask(ME, param(1.0)).unwrap();
    room.ask(OTHER, param(2.0)).unwrap();
    room.ask(ME, Command::Undo).unwrap();
    let layer = room.show().layers[0].clone();
    assert_eq!((layer.opacity, layer.params.get("warp")), (1.0, Some(&ParamValue::Number(2.0))));
    assert_eq!(room.ask(ME, Command::Undo), Err(ErrorCode::NothingToUndo));
    room.ask(OTHER, Command::Undo).unwrap();
    assert_eq!(room.show().layers[0].params.get("warp"), Some(&ParamValue::Number(1.0)));
    room.ask(ME, Command::Undo).unwrap();
    assert_eq!(room.show().layers[0], Layer { id: LayerId(1), ..Layer::default() });
}

#[test]
fn one_gesture_is_one_undo_step_and_a_pause_ends_it() {
    let mut room = Room::new();
    for step in 0..=10 {
        room.ask_after(30, ME, opacity(step as f32 / 10.0)).unwrap();
    }
    room.ask_after(5_000, ME, opacity(0.25)).unwrap();
    room.ask(ME, Command::Undo).unwrap();
    assert_eq!(room.show().layers[0].opacity, 1.0, "the second gesture");
    room.ask(ME, Command::Undo).unwrap();
    assert_eq!(room.show(), Show::default(), "the first one, whole");
    room.ask(ME, Command::Redo).unwrap();
    assert_eq!(room.show().layers[0].opacity, 1.0);
}

#[test]
fn a_removed_layer_comes_back_as_it_was_with_its_history() {
    let mut room = Room::new();
    room.ask(ME, Command::AddLayer { source: source("ink") }).unwrap();
    room.ask(ME, param(3.0)).unwrap();
    let before = room.show();
    room.ask(ME, Command::RemoveLayer { layer: LayerId(1) }).unwrap();
    assert!(room.show().layer(LayerId(1)).is_none());
    room.ask(ME, Command::Undo).unwrap();
    assert_eq!(room.show(), before);
    room.ask(ME, Command::Undo).unwrap();
    assert!(room.show().layers[0].params.is_empty(), "the parameter's own step is still there");
}

#[test]
fn a_new_source_shields_the_parameters_below_it_from_older_undo() {
    let mut room = Room::new();
    room.ask(ME, param(3.0)).unwrap();
    room.ask(OTHER, Command::SetSource { layer: LayerId(1), source: source("ink") }).unwrap();
    assert_eq!(room.ask(ME, Command::Undo), Err(ErrorCode::NothingToUndo));
    room.ask(OTHER, Command::Undo).unwrap();
    assert_eq!(room.show().layers[0].params.get("warp"), Some(&ParamValue::Number(3.0)));
}

#[test]
fn a_command_that_changes_nothing_is_no_event() {
    let mut room = Room::new();
    room.ask(ME, opacity(1.0)).unwrap();
    room.ask(ME, Command::MuteLayer { layer: LayerId(1), muted: false }).unwrap();
    room.ask(ME, Command::SetBlackout { blackout: false }).unwrap();
    assert_eq!(room.session.seq(), Seq(0));
}

#[test]
fn refusals_are_typed_and_change_nothing() {
    let check = |command: Command, expected: ErrorCode| {
        let mut room = Room::new();
        assert_eq!(room.ask(ME, command.clone()), Err(expected), "{command:?}");
        assert_eq!(room.session, Session::new(Show::default()), "{command:?}");
    };
    let layer = LayerId(1);
    check(Command::Undo, ErrorCode::NothingToUndo);
    check(Command::Redo, ErrorCode::NothingToUndo);
    check(Command::SetOpacity { layer: LayerId(9), opacity: 0.5 }, ErrorCode::NotFound);
    check(opacity(f32::NAN), ErrorCode::OutOfRange);
    check(opacity(1.5), ErrorCode::OutOfRange);
    check(param(f64::INFINITY), ErrorCode::OutOfRange);
    check(Command::SetBrightness { brightness: 2.1 }, ErrorCode::OutOfRange);
    check(Command::SetTitle { title: " ".into() }, ErrorCode::OutOfRange);
    check(Command::SetTitle { title: "x".repeat(65) }, ErrorCode::OutOfRange);
    check(Command::SetTitle { title: "\u{202E}gpj".into() }, ErrorCode::Malformed);
    check(Command::RemoveLayer { layer }, ErrorCode::LimitReached);
    check(Command::MoveLayer { layer, to_idx: 1 }, ErrorCode::OutOfRange);
    check(Command::AddLayer { source: source("") }, ErrorCode::Malformed);
    check(Command::AddLayer { source: LayerSource::Picture("../etc".into()) }, ErrorCode::Malformed);
    check(Command::SetParam { layer, name: "x".repeat(65), value: None }, ErrorCode::Malformed);
    check(
        Command::SetPalette { palette: Palette { stops: vec![[0.0; 3]], ..Default::default() } },
        ErrorCode::OutOfRange,
    );
    check(
        Command::SetTempo { tempo: TempoSettings { bpm: 19.9, ..Default::default() } },
        ErrorCode::OutOfRange,
    );
    check(
        Command::SetTempo { tempo: TempoSettings { beats_per_bar: 0, ..Default::default() } },
        ErrorCode::OutOfRange,
    );
    let modulation = |source| Command::SetModulation {
        layer,
        target: "warp".into(),
        modulation: Some(Modulation { source, ..Modulation::default() }),
    };
    check(modulation(ModSource::Steps { values: vec![], beats: 1.0, glide: false }), ErrorCode::OutOfRange);
    check(modulation(ModSource::Walk { beats: f32::NAN }), ErrorCode::OutOfRange);
    let far = Transform { offset: [9.0, 0.0], ..Transform::default() };
    check(Command::SetTransform { layer, transform: far }, ErrorCode::OutOfRange);
    let text = TextSource { font: "../../etc/passwd".into(), ..TextSource::default() };
    check(Command::AddLayer { source: LayerSource::Text(text) }, ErrorCode::Malformed);
    check(Command::GoCue { cue: CueId(1) }, ErrorCode::NotFound);
    let never = CueTrigger::Secs { after: f64::INFINITY };
    check(
        Command::PutCue { cue: None, name: "x".into(), trigger: never, at_idx: 0, retake: false },
        ErrorCode::OutOfRange,
    );
    let endless = CueTrigger::Track { name: "x".repeat(404) };
    check(
        Command::PutCue { cue: None, name: "x".into(), trigger: endless, at_idx: 0, retake: false },
        ErrorCode::LimitReached,
    );
    let slow = Transition { duration_beats: 65.0, ..Default::default() };
    check(Command::SetTransition { transition: slow }, ErrorCode::OutOfRange);
    let crowded = Show { layers: vec![Layer::default(); MAX_LAYERS + 1], ..Show::default() };
    check(Command::ReplaceShow { show: Box::new(crowded) }, ErrorCode::LimitReached);
    let twins = Show { layers: vec![Layer { id: layer, ..Layer::default() }; 2], ..Show::default() };
    check(Command::ReplaceShow { show: Box::new(twins) }, ErrorCode::Malformed);
}

#[test]
fn a_gap_or_a_repeat_in_the_journal_is_refused() {
    let mut room = Room::new();
    room.ask(ME, opacity(0.1)).unwrap();
    room.ask(ME, opacity(0.2)).unwrap();
    let mut copy = Session::new(Show::default());
    assert_eq!(copy.replay(&room.journal[1]), Err(ReplayError::Gap { expected: Seq(1), got: Seq(2) }));
    copy.replay(&room.journal[0]).unwrap();
    assert_eq!(copy.replay(&room.journal[0]), Err(ReplayError::Gap { expected: Seq(2), got: Seq(1) }));
}

#[test]
fn a_refused_command_leaves_the_mirror_and_others_stay() {
    let mut mirror = Mirror::new(ME, jam());
    mirror.ask(0, Command::SetBlackout { blackout: true }).unwrap();
    mirror.ask(0, opacity(0.5)).unwrap();
    assert!(mirror.show().master.blackout);
    let refused = mirror.next_to_send().unwrap();
    let error = sync_protocol::Envelope::new(ErrorCode::Forbidden, "no");
    mirror.receive(&ToMember::Refused { no: refused.no, error }).unwrap().unwrap();
    assert!(!mirror.show().master.blackout);
    assert_eq!(mirror.show().layers[0].opacity, 0.5);
}

#[test]
fn unanswered_moves_of_one_key_are_one_and_the_outbox_is_bounded() {
    let mut mirror = Mirror::new(ME, jam());
    for step in 0..=100 {
        mirror.ask(0, opacity(step as f32 / 100.0)).unwrap();
    }
    assert_eq!(mirror.num_pending(), 1);
    let title = |n: usize| Command::SetTitle { title: format!("{n}") };
    let refusal = (0..2_000).find_map(|n| mirror.ask(0, title(n)).err()).unwrap();
    assert_eq!((refusal.code, mirror.num_pending()), (ErrorCode::LimitReached, sync_protocol::MAX_PENDING));
    mirror.ask(0, Command::SetBlackout { blackout: true }).unwrap();
    assert!(mirror.show().master.blackout, "blackout is always taken");
}

#[test]
fn a_cue_brings_back_the_stage_as_it_was_kept_and_undo_takes_it_away() {
    let mut room = Room::new();
    let put = Command::PutCue {
        cue: None,
        name: "calm".into(),
        trigger: CueTrigger::Manual,
        at_idx: 0,
        retake: false,
    };
    room.ask(ME, put).unwrap();
    room.ask(ME, opacity(0.25)).unwrap();
    room.ask(ME, Command::AddLayer { source: source("ink") }).unwrap();
    let before = room.show();
    room.ask(ME, Command::GoCue { cue: CueId(1) }).unwrap();
    assert_eq!(room.show().layers, Show::default().layers);
    assert_eq!((room.show().cues.current, room.show().next_layer), (Some(CueId(1)), 3));
    room.ask(ME, Command::Undo).unwrap();
    assert_eq!(room.show(), before);
}

#[test]
fn a_new_scene_forgets_what_moved_the_old_ones_parameters_and_undo_remembers() {
    let mut room = Room::new();
    for target in ["warp", sync_protocol::OPACITY] {
        let modulation = Some(Modulation::default());
        room.ask(ME, Command::SetModulation { layer: LayerId(1), target: target.into(), modulation })
            .unwrap();
    }
    let targets = |room: &Room| room.show().layers[0].modulations.keys().cloned().collect::<Vec<_>>();
    room.ask(ME, Command::SetSource { layer: LayerId(1), source: source("ink") }).unwrap();
    assert_eq!(targets(&room), [sync_protocol::OPACITY]);
    room.ask(ME, Command::Undo).unwrap();
    assert_eq!(targets(&room), [sync_protocol::OPACITY, "warp"]);
}

#[test]
fn a_take_begins_on_the_beat_from_where_the_crossfader_is() {
    let mut room = Room::new();
    room.ask(ME, Command::SetCrossfade { position: 0.25 }).unwrap();
    room.ask_after(700, ME, Command::Take { deck: Deck::B }).unwrap();
    let fade = room.show().fade;
    assert_eq!((fade.from, fade.to, fade.start_beat, fade.duration_beats), (0.25, 1.0, 61.0, 4.0));
    assert_eq!([fade.position(61.0), fade.position(63.0), fade.position(99.0)], [0.25, 0.625, 1.0]);
}

#[test]
fn what_plays_is_no_step_of_anybody_and_stays_through_another_show() {
    let mut room = Room::new();
    let playing = |title: &str| Command::SetNowPlaying {
        playing: Some(Box::new(sync_protocol::NowPlaying {
            track: sync_protocol::HeardTrack { title: title.to_owned(), ..Default::default() },
            started_at_millis: 1_000,
            rate: 1.0,
        })),
    };
    let title = |room: &Room| room.show().now_playing.map(|playing| playing.track.title);
    room.ask(ME, opacity(0.5)).unwrap();
    room.ask(ME, Command::Undo).unwrap();
    room.ask(ME, playing("One")).unwrap();
    room.ask(ME, Command::Redo).unwrap();
    assert_eq!((room.show().layers[0].opacity, title(&room)), (0.5, Some("One".to_owned())));
    room.ask(ME, Command::ReplaceShow { show: Box::default() }).unwrap();
    room.ask(ME, playing("Two")).unwrap();
    room.ask(ME, Command::Undo).unwrap();
    room.ask(ME, Command::Undo).unwrap();
    assert_eq!((room.show().layers[0].opacity, title(&room)), (1.0, Some("Two".to_owned())));
    let mut copy = Session::new(Show::default());
    room.journal.iter().for_each(|event| copy.replay(event).unwrap());
    assert_eq!(copy.show().now_playing, room.show().now_playing);
    assert_eq!(room.ask(ME, playing("")), Err(ErrorCode::OutOfRange));
    assert_eq!(room.ask(ME, playing("a\u{202e}b")), Err(ErrorCode::Malformed));
}
