//! Who may ask for what.

use sync_protocol::{
    BlendMode, Blob, Command, CueId, Deck, ErrorCode, EventKind, LayerId, LayerSource, Member, MemberId,
    ParamValue, PictureSlot, Recording, Right, Role, Seq, Show,
};
use sync_session::{Origin, Session};

use crate::{ME, OTHER, by, jam};

/// One of every Command there is: the match in `names_every_command` keeps the list whole.
fn one_of_each() -> Vec<Command> {
    let layer = LayerId(1);
    let member = MemberId(9);
    vec![
        Command::ReplaceShow { show: Box::default() },
        Command::SetTitle { title: "t".into() },
        Command::AddLayer { source: LayerSource::Solid([0.0; 4]) },
        Command::RemoveLayer { layer },
        Command::MoveLayer { layer, to_idx: 0 },
        Command::SetSource { layer, source: LayerSource::Solid([0.0; 4]) },
        Command::SetParam { layer, name: "warp".into(), value: None },
        Command::SetOpacity { layer, opacity: 1.0 },
        Command::SetBlend { layer, blend: BlendMode::Add },
        Command::MuteLayer { layer, muted: true },
        Command::SetModulation { layer, target: "warp".into(), modulation: None },
        Command::SetTransform { layer, transform: Default::default() },
        Command::SetMask { layer, mask: None },
        Command::SetEffects { layer: None, effects: vec![] },
        Command::SetDeck { layer, deck: None },
        Command::SetCrossfade { position: 0.0 },
        Command::Take { deck: Deck::A },
        Command::SetPlaylist { playlist: Default::default() },
        Command::SetAutopilot { autopilot: Default::default() },
        Command::PutCue {
            cue: None,
            name: "c".into(),
            trigger: Default::default(),
            at_idx: 0,
            retake: false,
        },
        Command::RemoveCue { cue: CueId(1) },
        Command::GoCue { cue: CueId(1) },
        Command::PlayCues { playing: true },
        Command::SetPalette { palette: Default::default() },
        Command::SetTransition { transition: Default::default() },
        Command::SetTempo { tempo: Default::default() },
        Command::SetPicture { slot: PictureSlot::A, picture: None },
        Command::SetPictureMix { mix: 0.0 },
        Command::SetBlackout { blackout: true },
        Command::SetFrozen { frozen: true },
        Command::SetBrightness { brightness: 1.0 },
        Command::SetNowPlaying { playing: None },
        Command::Evaluate { text: "a".into(), block: String::new(), code: "x".into(), quantum_beats: 4.0 },
        Command::Hush,
        Command::EditText { text: "a".into(), update: Blob(vec![0, 0]) },
        Command::Say { text: "hi".into() },
        Command::EditMessage { message: Seq(1), text: "ho".into() },
        Command::OpenVote { question: "?".into(), options: vec![] },
        Command::CastVote { vote: Seq(1), option_idx: 0 },
        Command::CloseVote { vote: Seq(1) },
        Command::SetProfile { name: "n".into(), color: [0; 3] },
        Command::RequestWrite { wanted: true },
        Command::SetRole { member, role: Role::Viewer },
        Command::SetWrite { member, may_write: true },
        Command::SetMuted { member, muted: true },
        Command::Kick { member, banned: false },
        Command::OpenParam { layer, name: "warp".into(), open: true },
        Command::SetRecording { recording: Some(Recording::Sound) },
        Command::Undo,
        Command::Redo,
    ]
}

#[test]
fn every_pair_of_role_and_command_is_allowed_or_refused_as_the_table_says() {
    // From the least to the most: what each role adds.
    let table = [
        (Role::Display, vec![]),
        (Role::Viewer, vec![Right::TakePart, Right::Speak]),
        (Role::Performer, vec![Right::Param, Right::Perform]),
        (Role::CoHost, vec![Right::Moderate]),
        (Role::Host, vec![Right::Rule]),
    ];
    let mut rights = Vec::new();
    for (role, added) in table {
        rights.extend(added);
        let mut session = Session::new(Show::default());
        session.join(Origin::default(), Member::new(ME, "me", role)).unwrap();
        for command in one_of_each() {
            let allowed = session.authorise(ME, &command);
            assert_eq!(allowed.is_ok(), rights.contains(&command.right()), "{role:?} {command:?}");
            if let Err(refusal) = allowed {
                assert_eq!(refusal.code, ErrorCode::Forbidden);
            }
        }
    }
}

#[test]
fn the_list_of_commands_in_these_tests_is_whole() {
    let names: std::collections::BTreeSet<String> = one_of_each()
        .iter()
        .map(|command| serde_json::to_value(command).unwrap()["command"].as_str().unwrap().to_owned())
        .collect();
    let unknown = serde_json::from_str::<Command>(r#"{"command":"?"}"#).unwrap_err().to_string();
    let known = unknown.matches('`').count() / 2 - 1;
    assert_eq!(names.len(), known, "serde knows: {unknown}");
}

#[test]
fn strangers_leavers_and_the_banned_may_nothing_and_only_the_banned_stay_out() {
    let mut session = jam();
    let stranger = MemberId(7);
    assert_eq!(session.authorise(stranger, &Command::Undo).unwrap_err().code, ErrorCode::Forbidden);
    session.leave(Origin::default(), OTHER).unwrap();
    assert!(session.authorise(OTHER, &Command::Undo).is_err());
    session.join(Origin::default(), Member::new(OTHER, "back", Role::Host)).unwrap().unwrap();
    assert_eq!(session.member(OTHER).unwrap().role, Role::Performer, "nobody comes back as more");
    session.apply(by(ME), Command::Kick { member: OTHER, banned: true }).unwrap();
    assert!(session.authorise(OTHER, &Command::Undo).is_err());
    let back = session.join(Origin::default(), Member::new(OTHER, "again", Role::Performer));
    assert_eq!(back.unwrap_err().code, ErrorCode::Forbidden);
}

#[test]
fn the_write_switch_the_mute_and_opened_parameters_refine_the_roles() {
    let mut session = jam();
    let viewer = MemberId(3);
    session.join(Origin::default(), Member::new(viewer, "v", Role::Viewer)).unwrap();
    let (layer, value) = (LayerId(1), Some(ParamValue::Number(1.0)));
    let fader = Command::SetParam { layer, name: "warp".into(), value: value.clone() };
    let closed = Command::SetParam { layer, name: "glow".into(), value };
    session.apply(by(ME), Command::SetWrite { member: OTHER, may_write: false }).unwrap();
    assert!(session.authorise(OTHER, &fader).is_err() && session.authorise(viewer, &fader).is_err());
    session.apply(by(ME), Command::OpenParam { layer, name: "warp".into(), open: true }).unwrap();
    assert!(session.authorise(OTHER, &fader).is_ok() && session.authorise(viewer, &fader).is_ok());
    assert!(session.authorise(OTHER, &closed).is_err() && session.authorise(viewer, &closed).is_err());
    session.apply(by(ME), Command::SetMuted { member: viewer, muted: true }).unwrap();
    assert!(session.authorise(viewer, &Command::Say { text: "x".into() }).is_err());
    session.apply(by(OTHER), Command::RequestWrite { wanted: true }).unwrap();
    assert!(session.member(OTHER).unwrap().wants_write);
    session.apply(by(ME), Command::SetWrite { member: OTHER, may_write: true }).unwrap();
    assert!(session.authorise(OTHER, &closed).is_ok() && !session.member(OTHER).unwrap().wants_write);
}

#[test]
fn the_host_cannot_be_sent_away_and_there_is_one() {
    let mut session = jam();
    for command in [
        Command::Kick { member: ME, banned: true },
        Command::SetMuted { member: ME, muted: true },
        Command::SetRole { member: ME, role: Role::Viewer },
        Command::SetRole { member: OTHER, role: Role::Host },
    ] {
        assert_eq!(
            session.apply(by(ME), command.clone()).unwrap_err().code,
            ErrorCode::Forbidden,
            "{command:?}"
        );
    }
}

#[test]
fn a_member_who_joins_twice_happens_once() {
    let mut session = jam();
    assert_eq!(
        session.join(Origin::default(), Member::new(OTHER, "somebody", Role::Performer)).unwrap(),
        None
    );
    let renamed =
        session.join(Origin::default(), Member::new(OTHER, "ana", Role::Performer)).unwrap().unwrap();
    assert!(matches!(renamed.kind, EventKind::MemberJoined { who } if who.name == "ana"));
}

/// Who records whom is no secret and no trifle: one person decides, everyone's copy says so, and the
/// journal says who it was.
#[test]
fn only_the_host_records_and_every_copy_knows_what_is_kept() {
    let mut session = jam();
    let set = |recording| Command::SetRecording { recording };
    for role in [Role::Display, Role::Viewer, Role::Performer, Role::CoHost] {
        let mut room = Session::new(Show::default());
        room.join(Origin::default(), Member::new(OTHER, "somebody", role)).unwrap();
        for asked in [Some(Recording::Sound), Some(Recording::Signal), None] {
            let refusal = room.authorise(OTHER, &set(asked)).unwrap_err();
            assert_eq!(refusal.code, ErrorCode::Forbidden, "{role:?}");
        }
    }
    assert_eq!(session.recording(), None, "nobody is recorded unasked");
    let mut guest = session.clone();
    for recording in [Some(Recording::Signal), Some(Recording::Sound), None] {
        session.authorise(ME, &set(recording)).unwrap();
        let was = session.recording();
        let events = session.apply(by(ME), set(recording)).unwrap();
        assert_eq!(events[0].kind, EventKind::RecordingChanged { recording, was });
        assert_eq!(events[0].member, ME);
        guest.replay(&events[0]).unwrap();
        let late = Session::from_state(session.state(Some(OTHER)));
        assert_eq!([session.recording(), guest.recording(), late.recording()], [recording; 3]);
        assert!(session.apply(by(ME), set(recording)).unwrap().is_empty(), "twice is once");
    }
    assert!(!session.can_undo(ME), "no key takes it back by mistake");
}
