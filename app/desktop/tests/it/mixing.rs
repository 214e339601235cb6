//! Layers, filters, modulations, decks, cues, marks: what the mixing panels ask for.
#![expect(clippy::expect_used, reason = "a test that fails says why")]

use std::path::PathBuf;
use std::sync::Arc;

use app_desktop::{Action, BrowsePurpose, Folder, FolderEntry, ImportTarget, Intent, LiveValue, Marks, Mode};
use egui_kittest::kittest::Queryable;
use sync_protocol::{
    Command, Cue, CueId, CueTrigger, Deck, Effect, Layer, LayerId, LayerSource, Look, ModSource, Modulation,
    OPACITY, ParamCard, ParamShape, ParamValue, Pick, SceneCard, SceneId, Show, TextSource,
};

use super::{Window, model, window};

const LAYER: LayerId = LayerId(1);

fn filter() -> SceneCard {
    SceneCard {
        id: SceneId::from("soft-blur"),
        name: "Soft Blur".into(),
        kind: "native".into(),
        tags: vec![],
        author: String::new(),
        params: vec![ParamCard {
            name: "amount".into(),
            label: "Amount".into(),
            shape: ParamShape::Float { min: 0.0, max: 1.0 },
            default: Some(ParamValue::Number(0.3)),
        }],
    }
}

fn mixing(change: impl FnOnce(&mut Show)) -> egui_kittest::Harness<'static, Window> {
    let mut model = model();
    model.stage.filters = Arc::from([filter()]);
    let mut show = Show::clone(&model.show);
    change(&mut show);
    model.show = Arc::new(show);
    let mut window = window(Mode::Mix, model);
    window.run_steps(2);
    window.state().commands.take();
    window
}

/// Clicks what is labelled so, and returns what was asked for.
fn click(window: &mut egui_kittest::Harness<'static, Window>, label: &str) -> Vec<Action> {
    window.get_all_by_label(label).next().expect("there is such a control").click();
    window.run_steps(3);
    window.state().commands.take()
}

fn show(command: Command) -> Vec<Action> {
    vec![Action::Show(command)]
}

#[test]
fn the_button_beside_a_slider_lets_something_move_it_and_nothing_again() {
    let mut window = mixing(|_| {});
    assert!(click(&mut window, "Speed, moved by").is_empty());
    let Some(Action::Show(Command::SetModulation { layer, target, modulation: Some(modulation) })) =
        click(&mut window, "Wave").pop()
    else {
        panic!("nothing moves it");
    };
    assert_eq!((layer, target.as_str()), (LAYER, "speed"));
    assert!(matches!(modulation.source, ModSource::Lfo { .. }));
    let mut window = mixing(|show| {
        show.layers[0].modulations.insert("speed".into(), Modulation::default());
    });
    click(&mut window, "Speed, moved by");
    let nothing = Command::SetModulation { layer: LAYER, target: "speed".into(), modulation: None };
    assert_eq!(click(&mut window, "Nothing"), show(nothing));
}

#[test]
fn a_moved_slider_keeps_its_knob() {
    let mut window = mixing(|show| {
        show.layers[0].params.insert("speed".into(), ParamValue::Number(0.5));
        show.layers[0].modulations.insert("speed".into(), Modulation::default());
    });
    let live = LiveValue { layer: Some(LAYER), effect: None, target: "speed".into(), value: 1.7 };
    window.state_mut().model.stage.moved = Arc::from([live]);
    window.run_steps(2);
    assert!(window.state().commands.take().is_empty(), "what moves it is no wish of the person");
}

#[test]
fn a_filter_is_added_bypassed_and_removed_as_one_chain() {
    let effect = Effect {
        id: 1,
        scene: SceneId::from("soft-blur"),
        params: Default::default(),
        modulations: Default::default(),
        bypassed: false,
    };
    let set = |effects: Vec<Effect>| show(Command::SetEffects { layer: Some(LAYER), effects });
    let mut window = mixing(|_| {});
    click(&mut window, "Add filter");
    assert_eq!(click(&mut window, "Soft Blur"), set(vec![effect.clone()]));
    let chained = effect.clone();
    let mut window = mixing(|show| show.layers[0].effects = vec![chained]);
    assert_eq!(click(&mut window, "Soft Blur"), set(vec![Effect { bypassed: true, ..effect }]));
    assert_eq!(click(&mut window, "Remove Soft Blur"), set(vec![]));
}

#[test]
fn layers_are_hidden_mixed_and_given_to_decks() {
    let second = Layer { id: LayerId(2), deck: Some(Deck::B), ..Layer::default() };
    let mut window = mixing(|show| show.layers.push(second));
    let muted = Command::MuteLayer { layer: LAYER, muted: true };
    assert_eq!(click(&mut window, "Layer 1 is seen"), show(muted));
    assert_eq!(click(&mut window, "Take deck B"), show(Command::Take { deck: Deck::B }));
    click(&mut window, "Layer 1: first light");
    let given = Command::SetDeck { layer: LAYER, deck: Some(Deck::A) };
    assert_eq!(click(&mut window, "A"), show(given));
}

#[test]
fn a_new_layer_may_be_words_and_words_are_edited_in_place() {
    let mut window = mixing(|_| {});
    click(&mut window, "Add layer");
    let words = Command::AddLayer { source: LayerSource::Text(TextSource::default()) };
    assert_eq!(click(&mut window, "Words"), show(words));
    let text = TextSource { text: String::new(), ..TextSource::default() };
    let mut window = mixing(|show| show.layers[0].source = LayerSource::Text(text));
    window.get_by_label("The words").focus();
    window.run_steps(2);
    window.get_by_label("The words").type_text("Hi");
    window.run_steps(2);
    let hi = TextSource { text: "Hi".into(), ..TextSource::default() };
    let wanted = Command::SetSource { layer: LAYER, source: LayerSource::Text(hi) };
    assert_eq!(window.state().commands.take(), show(wanted));
}

#[test]
fn looks_are_kept_and_gone_to() {
    let mut window = mixing(|_| {});
    click(&mut window, "Cues");
    let kept = |name: &str, at_idx| Command::PutCue {
        cue: None,
        name: name.into(),
        trigger: CueTrigger::Manual,
        at_idx,
        retake: true,
    };
    assert_eq!(click(&mut window, "Keep this look"), show(kept("first light", 0)));
    let look = Look {
        layers: Show::default().layers,
        palette: Default::default(),
        effects: vec![],
        fade: Default::default(),
    };
    let drop = Cue { id: CueId(1), name: "Drop".into(), trigger: CueTrigger::Manual, look };
    let same = Cue { id: CueId(2), name: "first light".into(), ..drop.clone() };
    let mut window = mixing(|show| show.cues.cues = vec![drop, same]);
    click(&mut window, "Cues");
    assert_eq!(
        click(&mut window, "Keep this look"),
        show(kept("first light 2", 2)),
        "no two are called alike"
    );
    assert_eq!(click(&mut window, "GO"), show(Command::GoCue { cue: CueId(1) }));
    assert_eq!(click(&mut window, "Go to cue Drop"), show(Command::GoCue { cue: CueId(1) }));
    assert_eq!(click(&mut window, "Run"), show(Command::PlayCues { playing: true }));
}

#[test]
fn the_autopilot_is_one_click_away() {
    let mut window = mixing(|_| {});
    click(&mut window, "Cues");
    let Some(Action::Show(Command::SetAutopilot { autopilot })) = click(&mut window, "By the music").pop()
    else {
        panic!("no autopilot");
    };
    assert_eq!(autopilot.pick, Pick::Library);
}

#[test]
fn favourites_are_found_by_their_star() {
    let mut window = mixing(|_| {});
    let marks = Marks { favourites: [SceneId::from("third-eye")].into(), ratings: Default::default() };
    window.state_mut().model.stage.marks = Arc::new(marks);
    click(&mut window, "Favourites only");
    assert!(window.query_by_label("third eye").is_some());
    assert!(window.query_by_label("second wave").is_none());
}

#[test]
fn a_file_chosen_for_a_new_layer_is_brought_in() {
    let mut window = mixing(|_| {});
    click(&mut window, "Add layer");
    let listed = click(&mut window, "Picture, video or folder…");
    let purpose = BrowsePurpose::Media;
    assert_eq!(listed, [Action::App(Intent::ListFolder { path: None, purpose })]);
    let path = PathBuf::from("venue/logo.png");
    let entries = vec![FolderEntry { path: path.clone(), is_folder: false }];
    window.state_mut().model.folder = Some(Folder { path: "venue".into(), entries, problem: None });
    window.run_steps(2);
    let import = Intent::Import { paths: vec![path], target: ImportTarget::NewLayer };
    assert_eq!(click(&mut window, "logo.png"), [Action::App(import)]);
}

#[test]
fn undo_is_offered_only_when_there_is_something_to_undo() {
    let mut window = mixing(|_| {});
    click(&mut window, "Menu");
    assert!(click(&mut window, "Undo").is_empty());
    window.state_mut().model.file.can_undo = true;
    window.run_steps(2);
    assert_eq!(click(&mut window, "Undo"), show(Command::Undo));
}

#[test]
fn the_opacity_of_a_layer_can_be_moved_too() {
    let mut window = mixing(|_| {});
    click(&mut window, "Opacity, moved by");
    let Some(Action::Show(Command::SetModulation { target, .. })) =
        click(&mut window, "Level of a band").pop()
    else {
        panic!("nothing moves it");
    };
    assert_eq!(target, OPACITY);
}
