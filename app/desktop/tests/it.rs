//! The panels, found the way people who do not see them find them: by label.

#[path = "it/code.rs"]
mod code;
#[path = "it/mixing.rs"]
mod mixing;
#[path = "it/playing.rs"]
mod playing;
#[path = "it/room.rs"]
mod room;

use std::sync::Arc;

use app_desktop::{
    Action, AudioChoice, Card, CardKind, CommandSender, Ear, Intent, Mode, Model, Picture, SceneEntry, Shell,
    shell_ui,
};
use egui::{Key, Modifiers};
use egui_kittest::{Harness, kittest::Queryable};
use sync_protocol::{
    Command, Layer, LayerId, LayerSource, ParamCard, ParamShape, ParamValue, SceneCard, SceneId, Show,
};

struct Window {
    shell: Shell,
    model: Model,
    commands: CommandSender,
}

fn scene(id: &str, params: Vec<ParamCard>) -> SceneEntry {
    let name = id.replace('-', " ");
    let card = SceneCard {
        id: SceneId::from(id),
        name,
        kind: "native".into(),
        tags: vec!["calm".into()],
        author: "us".into(),
        params,
    };
    SceneEntry { card, thumbnail: None, problem: None }
}

fn model() -> Model {
    let speed = ParamCard {
        name: "speed".into(),
        label: "Speed".into(),
        shape: ParamShape::Float { min: 0.0, max: 2.0 },
        default: Some(ParamValue::Number(1.0)),
    };
    let layer = Layer {
        id: LayerId(1),
        source: LayerSource::Scene(SceneId::from("first-light")),
        ..Layer::default()
    };
    Model {
        show: Arc::new(Show { layers: vec![layer], ..Show::default() }),
        scenes: Arc::from(vec![
            scene("first-light", vec![speed]),
            scene("second-wave", vec![]),
            scene("third-eye", vec![]),
        ]),
        ear: Ear {
            source: "Monitor of Built-in Audio".into(),
            choices: vec![
                AudioChoice::Automatic,
                AudioChoice::Device("Microphone".into()),
                AudioChoice::BuiltIn,
            ],
            levels: [0.6, 0.8, 0.5, 0.4, 0.3],
            tempo_bpm: 128.0,
            beats_per_bar: 4,
            ..Ear::default()
        },
        picture: Some(Picture { size: [2, 2], version: 1, rgba: Arc::new(vec![40; 16]) }),
        ..Model::default()
    }
}

fn window(mode: Mode, model: Model) -> Harness<'static, Window> {
    let mut shell = Shell::new();
    shell.set_mode(mode);
    Harness::builder().with_size([1280.0, 720.0]).with_step_dt(0.1).build_ui_state(
        |ui, window: &mut Window| shell_ui(ui, &mut window.shell, &window.model, &window.commands),
        Window { shell, model, commands: CommandSender::new() },
    )
}

/// Runs one press of a key and returns what it asked for.
fn press(mode: Mode, model: Model, modifiers: Modifiers, key: Key) -> Vec<Action> {
    let mut window = window(mode, model);
    window.run_steps(2);
    window.state().commands.take();
    window.key_press_modifiers(modifiers, key);
    window.run_steps(2);
    window.state().commands.take()
}

fn source(id: &str) -> Action {
    Action::Show(Command::SetSource { layer: LayerId(1), source: LayerSource::Scene(SceneId::from(id)) })
}

#[test]
fn every_key_does_its_one_thing() {
    let check = |modifiers, key, expected: Action| {
        assert_eq!(press(Mode::Play, model(), modifiers, key), [expected], "{key:?}")
    };
    check(Modifiers::NONE, Key::F, Action::App(Intent::ToggleOutput));
    check(Modifiers::NONE, Key::B, Action::Show(Command::SetBlackout { blackout: true }));
    check(Modifiers::NONE, Key::T, Action::App(Intent::Tap));
    check(Modifiers::NONE, Key::Space, source("second-wave"));
    check(Modifiers::NONE, Key::Num3, source("third-eye"));
    check(Modifiers::COMMAND, Key::Z, Action::Show(Command::Undo));
    check(Modifiers::COMMAND, Key::Y, Action::Show(Command::Redo));
    check(Modifiers::COMMAND, Key::N, Action::App(Intent::NewShow));
}

#[test]
fn a_scene_that_does_not_compile_is_stepped_over() {
    let mut model = model();
    let mut scenes = model.scenes.to_vec();
    scenes[1].problem = Some("second-wave.wgsl:3:1: expected `;`".into());
    model.scenes = Arc::from(scenes);
    assert_eq!(press(Mode::Play, model, Modifiers::NONE, Key::Space), [source("third-eye")]);
}

#[test]
fn tab_cycles_the_modes() {
    let mut window = window(Mode::Play, model());
    window.run_steps(2);
    for mode in [Mode::Mix, Mode::Code, Mode::Play] {
        window.key_press(Key::Tab);
        window.run_steps(2);
        assert_eq!(window.state().shell.mode(), mode);
    }
}

#[test]
fn escape_goes_towards_play_and_never_out() {
    let mut window = window(Mode::Code, model());
    window.run_steps(2);
    window.key_press(Key::Escape);
    window.run_steps(2);
    assert_eq!(window.state().shell.mode(), Mode::Play);
    window.state().commands.take();
    window.key_press(Key::Escape);
    window.run_steps(2);
    assert!(window.state().commands.take().is_empty());
}

#[test]
fn escape_closes_an_open_popup_before_it_goes_anywhere() {
    let mut window = window(Mode::Mix, model());
    window.run_steps(2);
    window.get_by_label("Outputs").click();
    window.run_steps(3);
    window.get_by_label("Add a screen");
    window.key_press(Key::Escape);
    window.run_steps(3);
    assert!(window.query_by_label("Add a screen").is_none());
    assert_eq!(window.state().shell.mode(), Mode::Mix);
}

#[test]
fn typing_into_the_search_changes_no_show() {
    let mut window = window(Mode::Mix, model());
    window.run_steps(2);
    window.get_by_label("Search scenes").focus();
    window.run_steps(2);
    window.get_by_label("Search scenes").type_text("b second");
    for key in [Key::B, Key::Space, Key::Num1] {
        window.key_press(key);
    }
    window.run_steps(2);
    assert!(window.state().commands.take().is_empty());
}

#[test]
fn a_click_on_a_scene_puts_it_on_the_layer() {
    let mut window = window(Mode::Mix, model());
    window.run_steps(2);
    window.get_by_label("third eye").click();
    window.run_steps(2);
    assert_eq!(window.state().commands.take(), [source("third-eye")]);
}

#[test]
fn a_slider_sets_its_parameter() {
    let mut window = window(Mode::Mix, model());
    window.run_steps(2);
    window.get_all_by_label("Speed").next().expect("the slider").set_value_accesskit(1.5);
    window.run_steps(2);
    let wanted =
        Command::SetParam { layer: LayerId(1), name: "speed".into(), value: Some(ParamValue::Number(1.5)) };
    assert_eq!(window.state().commands.take(), [Action::Show(wanted)]);
}

#[test]
fn panels_fade_after_four_seconds_and_come_back_at_a_touch() {
    let mut window = window(Mode::Play, model());
    window.run_steps(10);
    assert!(window.query_by_label("Menu").is_some());
    window.run_steps(45);
    assert!(window.query_by_label("Menu").is_none(), "the panels fade");
    window.hover_at(egui::pos2(300.0, 300.0));
    window.run_steps(2);
    assert!(window.query_by_label("Menu").is_some(), "the panels come back");
}

#[test]
fn silence_is_a_sentence_with_a_choice() {
    let mut model = model();
    model.ear.problem = Some("No sound from 'Microphone' for 10 s.".into());
    let mut window = window(Mode::Play, model);
    window.run_steps(2);
    window.get_by_label("Input").click();
    window.run_steps(3);
    assert!(window.query_by_label("No sound from 'Microphone' for 10 s.").is_some());
    window.get_by_label("Built-in track").click();
    window.run_steps(2);
    assert_eq!(window.state().commands.take(), [Action::App(Intent::ListenTo(AudioChoice::BuiltIn))]);
}

#[test]
fn a_card_offers_what_helps_and_goes_away() {
    let mut model = model();
    let button = Some(("Choose input".to_owned(), Action::App(Intent::ListenTo(AudioChoice::Automatic))));
    model.cards = vec![Card { id: 7, kind: CardKind::Warning, sentence: "No sound.".into(), button }];
    let mut window = window(Mode::Play, model);
    window.run_steps(2);
    window.get_by_label("Choose input").click();
    window.run_steps(2);
    let helped = [Action::App(Intent::ListenTo(AudioChoice::Automatic)), Action::App(Intent::DismissCard(7))];
    assert_eq!(window.state().commands.take(), helped);
}

#[test]
fn an_empty_library_says_how_to_fill_it() {
    let mut window = window(Mode::Mix, Model { scenes: Arc::from([]), ..model() });
    window.run_steps(2);
    assert!(window.query_by_label_contains("No scenes yet").is_some());
}

#[test]
fn saving_a_new_show_asks_for_a_place_first() {
    let actions = press(Mode::Play, model(), Modifiers::COMMAND, Key::S);
    assert!(matches!(actions.as_slice(), [Action::App(Intent::ListFolder { .. })]), "{actions:?}");
}
