//! The laws of the director, through its boundary.

use std::collections::HashMap;
use std::sync::Arc;

use app_director::{Candidate, Director, Moment, Moved, Scenes, Step, text_picture_id};
use audio_signal::{AudioFrame, BandSignal, Cue as PatternCue, CueValue, Transport};
use renderer_scene::{
    BinaryOp, ComputedParam, Expr, LayerContent, ParamKind, ParamSpec, PictureId, ProgramId, ProgramInput,
    SceneInput, SceneKind, SceneProgram, Var,
};
use sync_protocol::{
    Autopilot, Band, Command, Cue, CueId, CueTrigger, Effect, HeardTrack, LayerId, LayerSource, Look,
    ModSource, Modulation, NowPlaying, OPACITY, ParamValue, Pick, Playlist, SceneId, Show, TextSource,
};

#[derive(Default)]
struct Shelf(HashMap<String, Arc<SceneProgram>>, Option<PictureId>);

impl Scenes for Shelf {
    fn program(&self, scene: &SceneId) -> Option<Arc<SceneProgram>> {
        self.0.get(scene.as_str()).cloned()
    }

    fn candidates(&self) -> Arc<[Candidate]> {
        let candidate = |(name, tag, favourite): (&str, &str, bool)| Candidate {
            scene: SceneId::from(name),
            tags: vec![tag.to_owned()],
            rating: 0,
            favourite,
        };
        [("one", "calm", true), ("two", "drive", false), ("three", "calm", false)].map(candidate).into()
    }

    fn picture_ready(&self, picture: PictureId) -> bool {
        self.1.is_none_or(|absent| absent != picture)
    }
}

fn program(id: u128) -> Arc<SceneProgram> {
    let speed = ParamKind::Float { min: 0.0, max: 2.0, default: 1.0, clock: true };
    Arc::new(SceneProgram {
        id: ProgramId(id),
        name: String::new(),
        kind: SceneKind::Native,
        tags: Vec::new(),
        author: String::new(),
        description: String::new(),
        params: vec![
            ParamSpec { name: "speed".into(), label: "Speed".into(), kind: speed.clone() },
            ParamSpec { name: "twice".into(), label: String::new(), kind: speed },
        ],
        computed: vec![ComputedParam {
            param: 1,
            expr: Expr::Binary(
                BinaryOp::Multiply,
                Box::new(Expr::Var(Var::Beat)),
                Box::new(Expr::Number(2.0)),
            ),
        }],
        buffers: Vec::new(),
        storages: Vec::new(),
        images: Vec::new(),
        num_inputs: 0,
        output_srgb: false,
        modules: Vec::new(),
        passes: Vec::new(),
    })
}

fn shelf() -> Shelf {
    let filter = SceneProgram { num_inputs: 1, ..SceneProgram::clone(&program(9)) };
    let scenes =
        [("one", program(1)), ("two", program(2)), ("three", program(3)), ("filter", Arc::new(filter))];
    Shelf(scenes.map(|(name, program)| (name.to_owned(), program)).into(), None)
}

fn show(scene: &str) -> Show {
    let mut show = Show::default();
    show.layers[0].source = LayerSource::Scene(SceneId::from(scene));
    show
}

/// Steps at 60 frames a second, 120 beats a minute, until `until_secs`.
struct Run {
    director: Director,
    shelf: Shelf,
    now_secs: f64,
    cues: Vec<PatternCue>,
    signal: AudioFrame,
}

impl Run {
    fn new() -> Self {
        Self {
            director: Director::new(),
            shelf: shelf(),
            now_secs: 0.0,
            cues: Vec::new(),
            signal: AudioFrame::default(),
        }
    }

    fn step(&mut self, show: &Show) -> Step {
        let signal = Arc::new(self.signal.clone());
        let moment = Moment::new(self.now_secs, 1.0 / 60.0);
        let step = self.director.step(show, &signal, &self.cues, &Transport::default(), moment, &self.shelf);
        self.now_secs += 1.0 / 60.0;
        step
    }

    fn until(&mut self, show: &Show, until_secs: f64) -> Step {
        let mut step = self.step(show);
        while self.now_secs < until_secs {
            step = self.step(show);
        }
        step
    }
}

fn only(step: &Step) -> &ProgramInput {
    match &step.input.layers[0].content {
        LayerContent::One(SceneInput::Program(program)) => program,
        other => panic!("{other:?}"),
    }
}

fn progress(step: &Step) -> Option<f32> {
    match &step.input.layers[0].content {
        LayerContent::Transition(change) => Some(change.progress),
        LayerContent::One(_) => None,
    }
}

#[test]
fn a_change_of_scene_begins_on_the_beat_and_ends_after_its_beats() {
    let mut run = Run::new();
    run.until(&show("one"), 1.1); // beat 2.2: the next beat is at 1.5 s
    assert_eq!(progress(&run.until(&show("two"), 1.49)), Some(0.0));
    let half = progress(&run.until(&show("two"), 2.5)).expect("on its way");
    assert!((half - 0.5).abs() < 0.02, "{half}");
    assert_eq!(only(&run.until(&show("two"), 3.6)).program, ProgramId(2));
}

#[test]
fn an_unknown_scene_is_named_and_the_last_good_keeps_playing() {
    let mut run = Run::new();
    run.until(&show("one"), 0.5);
    let step = run.step(&show("nowhere"));
    assert_eq!(step.missing, [SceneId::from("nowhere")]);
    assert_eq!(only(&step).program, ProgramId(1));
}

#[test]
fn a_third_scene_during_a_change_is_reached_without_a_jump() {
    let mut run = Run::new();
    run.until(&show("one"), 1.0);
    let mut last = progress(&run.until(&show("two"), 1.5)).expect("on its way");
    let mut third = show("one");
    third.layers[0].params.insert("speed".into(), ParamValue::Number(0.5));
    while let Some(now) = progress(&run.step(&third)) {
        if now < last {
            assert!(now == 0.0 && last > 0.9, "{last} to {now}");
            break;
        }
        assert!(now - last < 0.1, "{last} to {now}");
        last = now;
    }
}

#[test]
fn a_speed_is_integrated_and_never_jumps() {
    let mut run = Run::new();
    let slot = only(&run.until(&show("one"), 1.0)).params[0];
    assert!((slot[1] - 1.0).abs() < 0.05, "{slot:?}");
    let mut fast = show("one");
    fast.layers[0].params.insert("speed".into(), ParamValue::Number(99.0));
    let faster = only(&run.step(&fast)).params[0];
    assert_eq!(faster[0], 2.0, "clamped to its range");
    assert!((faster[1] - slot[1] - 2.0 / 60.0).abs() < 1e-3, "{faster:?}");
}

#[test]
fn a_cue_holds_its_parameter_for_its_beats() {
    let mut run = Run::new();
    let value = CueValue::Number(1.5);
    run.cues = vec![PatternCue { parameter: "speed".into(), value, beat: 1.0, duration_beats: 1.0 }];
    assert_eq!(only(&run.until(&show("one"), 0.4)).params[0][0], 1.0);
    assert_eq!(only(&run.until(&show("one"), 0.75)).params[0][0], 1.5);
    assert_eq!(only(&run.until(&show("one"), 1.2)).params[0][0], 1.0);
}

#[test]
fn a_computed_parameter_follows_the_frame() {
    let mut run = Run::new();
    let step = run.until(&show("one"), 1.0);
    assert!((f64::from(only(&step).params[1][0]) - step.input.beat * 2.0).abs() < 1e-4);
}

#[test]
fn a_frozen_show_stands_still_and_goes_on_where_it_was() {
    let mut run = Run::new();
    let before = run.until(&show("one"), 1.0).input.time_secs;
    let mut frozen = show("one");
    frozen.master.frozen = true;
    assert_eq!(run.until(&frozen, 2.0).input.time_secs, before);
    assert!((run.step(&show("one")).input.time_secs - before - 1.0 / 60.0).abs() < 1e-9);
}

#[test]
fn a_reloaded_scene_keeps_its_clocks() {
    let mut run = Run::new();
    let before = only(&run.until(&show("one"), 1.0)).clone();
    run.shelf.0.insert("one".into(), program(7));
    let after = only(&run.step(&show("one"))).clone();
    assert_eq!(after.program, ProgramId(7));
    assert!(after.time_secs > before.time_secs && after.params[0][1] > before.params[0][1]);
}

#[test]
fn the_same_steps_give_the_same_inputs() {
    let run = || {
        let mut run = Run::new();
        run.until(&show("one"), 1.1);
        format!("{:?}", run.until(&show("two"), 2.3).input)
    };
    assert_eq!(run(), run());
}

fn loud_bass(level: f32) -> AudioFrame {
    AudioFrame { bass: BandSignal { level, ..BandSignal::default() }, ..AudioFrame::default() }
}

#[test]
fn a_modulation_moves_a_parameter_from_its_knob_and_says_where_it_is() {
    let mut run = Run::new();
    run.signal = loud_bass(0.5);
    let mut moved = show("one");
    moved.layers[0].params.insert("speed".into(), ParamValue::Number(0.5));
    let modulation = Modulation { source: ModSource::Level { band: Band::Bass }, ..Modulation::default() };
    moved.layers[0].modulations.insert("speed".into(), modulation.clone());
    let step = run.step(&moved);
    // Half of the range of 2 by half of the bass.
    assert_eq!(only(&step).params[0][0], 1.0);
    let expected = Moved { layer: Some(1), effect: None, target: "speed".into(), value: 1.0 };
    assert_eq!(step.moved, [expected]);
    run.signal = loud_bass(1.0);
    moved.layers[0].params.insert("speed".into(), ParamValue::Number(1.5));
    assert_eq!(only(&run.step(&moved)).params[0][0], 2.0, "never beyond the range");
    moved.layers[0].modulations = [(OPACITY.to_owned(), Modulation { depth: -0.5, ..modulation })].into();
    assert_eq!(run.step(&moved).input.layers[0].opacity, 0.5);
}

#[test]
fn filters_run_in_their_order_keep_their_memory_and_can_be_bypassed() {
    let mut run = Run::new();
    let effect = |id| Effect {
        id,
        scene: SceneId::from("filter"),
        params: [("speed".to_owned(), ParamValue::Number(0.25))].into(),
        modulations: Default::default(),
        bypassed: false,
    };
    let mut chained = show("one");
    chained.layers[0].effects = vec![effect(4), effect(5)];
    chained.effects = vec![effect(1)];
    let first = run.step(&chained).input;
    let instances: Vec<u64> = first.layers[0].effects.iter().map(|effect| effect.instance).collect();
    assert_eq!((instances.len(), first.effects.len()), (2, 1));
    assert_eq!(first.layers[0].effects[0].params[0][0], 0.25);
    chained.layers[0].effects.swap(0, 1);
    chained.layers[0].effects[1].bypassed = true;
    let next = run.step(&chained).input;
    assert_eq!(next.layers[0].effects.len(), 1);
    assert_eq!(next.layers[0].effects[0].instance, instances[1]);
}

#[test]
fn typing_changes_the_words_without_a_transition() {
    let mut run = Run::new();
    let text = |text: &str| TextSource { text: text.into(), ..TextSource::default() };
    let showing = |words: &TextSource| {
        let mut show = show("one");
        show.layers[0].source = LayerSource::Text(words.clone());
        show
    };
    run.until(&showing(&text("a")), 0.5);
    let next = text("{track}");
    run.director.set_track("Song");
    let picture = text_picture_id(&text("Song"), "");
    run.shelf.1 = Some(picture);
    let card = |step: &Step| match &step.input.layers[0].content {
        LayerContent::One(SceneInput::Card(picture)) => *picture,
        other => panic!("{other:?}"),
    };
    assert_eq!(card(&run.step(&showing(&next))), text_picture_id(&text("a"), ""), "last good");
    run.shelf.1 = None;
    assert_eq!(card(&run.step(&showing(&next))), picture);
}

/// Applies what is proposed, as a host does, and returns the scenes in the order they came.
fn piloted(autopilot: Autopilot, playlist: &[&str], signal: AudioFrame, until_secs: f64) -> Vec<String> {
    let mut run = Run::new();
    run.signal = signal;
    let mut show = show("one");
    show.autopilot = autopilot;
    show.playlist = Playlist { scenes: playlist.iter().map(|name| SceneId::from(*name)).collect() };
    let mut seen = Vec::new();
    while run.now_secs < until_secs {
        for proposal in run.step(&show).proposals {
            let Command::SetSource { source: LayerSource::Scene(scene), .. } = proposal else { continue };
            seen.push(scene.to_string());
            show.layers[0].source = LayerSource::Scene(scene);
        }
    }
    seen
}

#[test]
fn the_autopilot_follows_the_playlist() {
    let pilot = Autopilot { pick: Pick::InOrder, beats: 4.0, ..Autopilot::default() };
    let seen = piloted(pilot, &["one", "two", "three"], AudioFrame::default(), 9.0);
    assert_eq!(seen, ["two", "three", "one", "two"]);
}

#[test]
fn a_shuffled_playlist_shows_each_once_before_any_comes_again() {
    let pilot = Autopilot { pick: Pick::Shuffled, beats: 4.0, ..Autopilot::default() };
    let seen = piloted(pilot, &["one", "two", "three"], AudioFrame::default(), 37.0);
    assert!(seen.len() >= 12, "{seen:?}");
    assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "{seen:?}");
    for name in ["one", "two", "three"] {
        let times = seen.iter().filter(|seen| *seen == name).count();
        assert!(times >= seen.len() / 3 - 1, "{name} in {seen:?}");
    }
}

#[test]
fn the_autopilot_picks_what_suits_the_music_and_the_tags() {
    let pilot = Autopilot { pick: Pick::Library, beats: 4.0, ..Autopilot::default() };
    let hard = AudioFrame { intensity: 1.0, ..AudioFrame::default() };
    assert_eq!(piloted(pilot.clone(), &[], hard, 2.5), ["two"]);
    assert_eq!(piloted(pilot.clone(), &[], AudioFrame::default(), 2.5), ["three"]);
    let favourites = Autopilot { favourites: true, ..pilot.clone() };
    assert!(piloted(favourites, &[], AudioFrame::default(), 9.0).is_empty(), "the only one is on stage");
    let tagged = Autopilot { tags: vec!["drive".into()], ..pilot };
    assert_eq!(piloted(tagged, &[], AudioFrame::default(), 9.0), ["two"]);
}

/// A cue with a look of its own.
fn cue(id: u32, trigger: CueTrigger) -> Cue {
    let look = Look {
        layers: Show::default().layers,
        palette: Default::default(),
        effects: vec![],
        fade: Default::default(),
    };
    Cue { id: CueId(id), name: format!("cue {id}"), trigger, look }
}

#[test]
fn cues_come_after_their_beats_their_time_and_their_hits() {
    let mut run = Run::new();
    let mut show = show("one");
    show.cues.cues = vec![
        cue(1, CueTrigger::Beats { after: 2.0 }),
        cue(2, CueTrigger::Secs { after: 0.5 }),
        cue(3, CueTrigger::Hit { hit: sync_protocol::HitKind::Kick, nth: 2 }),
        cue(4, CueTrigger::Manual),
    ];
    show.cues.playing = true;
    let mut came = Vec::new();
    for frame in 0..300 {
        if frame > 120 && frame % 30 == 0 {
            run.signal.kick.count += 1;
        }
        for proposal in run.step(&show).proposals {
            let Command::GoCue { cue } = proposal else { continue };
            show.cues.current = Some(cue);
            came.push((cue.0, (run.now_secs * 10.0).round() / 10.0));
        }
    }
    assert_eq!(came, [(1, 1.0), (2, 1.5), (3, 3.0)]);
    let layer = LayerId(1);
    assert!(show.layer(layer).is_some());
}

#[test]
fn a_recognised_track_brings_its_cue_wherever_the_list_stands() {
    let cue = |id, name: &str| cue(id, CueTrigger::Track { name: name.to_owned() });
    let mut run = Run::new();
    let mut show = show("one");
    show.cues.cues = vec![cue(1, ""), cue(2, "sea"), cue(3, "Bo – Hill")];
    show.cues.playing = true;
    let mut came = Vec::new();
    let mut hear = |show: &mut Show, artist: &str, title: &str| {
        let track = HeardTrack { title: title.into(), artist: artist.into(), ..HeardTrack::default() };
        let playing = NowPlaying { track, ..NowPlaying::default() };
        show.now_playing = (!title.is_empty()).then(|| Box::new(playing));
        for _ in 0..10 {
            for proposal in run.step(show).proposals {
                let Command::GoCue { cue } = proposal else { continue };
                show.cues.current = Some(cue);
                came.push((title.to_owned(), cue.0));
            }
        }
    };
    hear(&mut show, "", "");
    hear(&mut show, "Bo", "Hill");
    hear(&mut show, "Ana", "Sea");
    // Nobody knows it for a moment, and a person goes elsewhere: the same track brings nothing until it is heard anew.
    show.cues.current = Some(CueId(3));
    hear(&mut show, "Ana", "Sea");
    hear(&mut show, "", "");
    hear(&mut show, "Ana", "Sea");
    hear(&mut show, "Cy", "Other");
    show.cues.playing = false;
    hear(&mut show, "Bo", "Hill");
    show.cues.playing = true;
    hear(&mut show, "Bo", "Hill");
    let came: Vec<(&str, u32)> = came.iter().map(|(title, cue)| (title.as_str(), *cue)).collect();
    assert_eq!(came, [("Hill", 3), ("Sea", 2), ("Sea", 2), ("Other", 1)]);
}
