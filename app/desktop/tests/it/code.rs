//! The editor: texts in, edits and evaluations out.

use std::sync::Arc;

use app_desktop::{
    Action, Code, CodeProblem, CodeText, CommandSender, Completion, Example, Intent, Mode, Model, RollNote,
    Shell, shell_ui,
};
use egui::{Key, Modifiers};
use egui_kittest::{Harness, kittest::Queryable};
use sync_protocol::{Command, TextId};

struct Window {
    shell: Shell,
    model: Model,
    commands: CommandSender,
    /// Everything asked for but edits, which are carried out at once.
    asked: Vec<Action>,
}

/// What a room does with an edit.
fn carry_out(model: &mut Model, action: &Action) -> bool {
    let Action::App(Intent::EditText { text, range, insert }) = action else { return false };
    if !model.code.texts.iter().any(|known| known.id == *text) {
        model.code.texts.push(code_text(text.as_str(), ""));
    }
    for known in model.code.texts.iter_mut().filter(|known| known.id == *text) {
        let units: Vec<u16> = known.text.encode_utf16().collect();
        let (start, end) = (range.start as usize, range.end as usize);
        let new: Vec<u16> = units[..start]
            .iter()
            .copied()
            .chain(insert.encode_utf16())
            .chain(units[end..].iter().copied())
            .collect();
        known.text = Arc::from(String::from_utf16_lossy(&new));
    }
    true
}

fn code_text(id: &str, text: &str) -> CodeText {
    CodeText {
        id: TextId::from(id),
        text: Arc::from(text),
        running: None,
        problems: Vec::new(),
        glows: Vec::new(),
        roll: Vec::new(),
    }
}

fn completion(name: &str, signature: &str, doc: &str) -> Completion {
    Completion { name: name.into(), signature: signature.into(), doc: doc.into() }
}

fn window(texts: Vec<CodeText>) -> Harness<'static, Window> {
    let mut shell = Shell::new();
    shell.set_mode(Mode::Code);
    let code = Code {
        texts,
        reference: Arc::from(vec![
            completion("fast", "(factor)", "faster"),
            completion("fastcat", "(patterns…)", "one after another"),
            completion("s", "(value)", "the sound"),
        ]),
        sounds: Arc::from(vec!["bd".to_owned(), "bell".to_owned()]),
        examples: Arc::from(vec![Example {
            name: "First steps".into(),
            kind: "music".into(),
            code: Arc::from("s(\"bd\")"),
        }]),
        wave: Arc::from([]),
    };
    let model = Model { code, ..Model::default() };
    Harness::builder().with_size([1280.0, 720.0]).with_step_dt(0.1).build_ui_state(
        |ui, window: &mut Window| {
            shell_ui(ui, &mut window.shell, &window.model, &window.commands);
            for action in window.commands.take() {
                if !carry_out(&mut window.model, &action) {
                    window.asked.push(action);
                }
            }
        },
        Window { shell, model, commands: CommandSender::new(), asked: Vec::new() },
    )
}

/// Opens the first text and puts the cursor at its end.
fn writing(texts: Vec<CodeText>) -> Harness<'static, Window> {
    let mut window = window(texts);
    window.run_steps(2);
    window.key_press(Key::Enter);
    window.run_steps(2);
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::CTRL, Key::End);
    window.run_steps(2);
    window
}

fn text(window: &Harness<'static, Window>, id: &str) -> String {
    let texts = &window.state().model.code.texts;
    texts.iter().find(|text| text.id.as_str() == id).map(|text| text.text.to_string()).unwrap_or_default()
}

fn type_text(window: &mut Harness<'static, Window>, typed: &str) {
    window.event(egui::Event::Text(typed.to_owned()));
    window.run_steps(2);
}

fn evaluations(window: &mut Harness<'static, Window>) -> Vec<String> {
    let code = |action| match action {
        Action::App(Intent::Evaluate { code, .. }) => Some(code),
        _ => None,
    };
    std::mem::take(&mut window.state_mut().asked).into_iter().filter_map(code).collect()
}

#[test]
fn what_is_typed_reaches_the_room_and_control_enter_evaluates_all_of_it() {
    let mut window = writing(vec![]);
    type_text(&mut window, "s(\"ä€\")");
    assert_eq!(text(&window, "main"), "s(\"ä€\")");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.run_steps(2);
    assert_eq!(evaluations(&mut window), ["s(\"ä€\")"]);
    assert_eq!(text(&window, "main"), "s(\"ä€\")", "the key is not typed");
}

#[test]
fn what_is_typed_just_before_the_key_is_evaluated_with_the_rest() {
    let mut window = writing(vec![]);
    window.event(egui::Event::Text("s(\"bd\")".to_owned()));
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.run_steps(2);
    assert_eq!(evaluations(&mut window), ["s(\"bd\")"]);
}

#[test]
fn alt_enter_takes_over_one_paragraph_and_leaves_the_others_as_they_run() {
    let running = "a: s(\"bd\")\n\nb: s(\"hh\")";
    let mut one = code_text("main", "a: s(\"CHANGED\")\n\nb: s(\"sd\")");
    one.running = Some(Arc::from(running));
    let mut window = writing(vec![one]);
    window.key_press_modifiers(Modifiers::ALT, Key::Enter);
    window.run_steps(2);
    assert_eq!(evaluations(&mut window), ["a: s(\"bd\")\n\nb: s(\"sd\")"]);
}

#[test]
fn what_others_write_appears_and_the_cursor_stays_with_its_word() {
    let mut window = writing(vec![code_text("main", "s(\"bd\")")]);
    window.state_mut().model.code.texts[0].text = Arc::from("// hi\ns(\"bd\")");
    window.run_steps(2);
    type_text(&mut window, ".rev()");
    assert_eq!(text(&window, "main"), "// hi\ns(\"bd\").rev()");
}

#[test]
fn completion_offers_functions_and_inside_mini_notation_sounds() {
    let mut window = writing(vec![]);
    type_text(&mut window, "fa");
    window.run_steps(2);
    assert!(window.query_by_label_contains("fastcat").is_some());
    window.key_press(Key::ArrowDown);
    window.run_steps(2);
    window.key_press(Key::Enter);
    window.run_steps(2);
    assert_eq!(text(&window, "main"), "fastcat");
    type_text(&mut window, "(\"be");
    window.key_press(Key::Tab);
    window.run_steps(2);
    assert_eq!(text(&window, "main"), "fastcat(\"bell");
}

#[test]
fn escape_leaves_the_list_then_the_writing_then_the_mode() {
    let mut window = writing(vec![]);
    type_text(&mut window, "fa");
    window.run_steps(2);
    let mut press = |typed: &str| {
        window.key_press(Key::Escape);
        window.run_steps(3);
        window.event(egui::Event::Text(typed.to_owned()));
        window.run_steps(2);
        (
            window.query_by_label_contains("fastcat").is_some(),
            window.state().shell.mode(),
            text(&window, "main"),
        )
    };
    assert_eq!(press("!"), (false, Mode::Code, "fa!".to_owned()), "the list is gone, writing goes on");
    assert_eq!(press("!"), (false, Mode::Code, "fa!".to_owned()), "nobody writes");
    assert_eq!(press("").1, Mode::Play);
}

#[test]
fn the_function_at_the_cursor_explains_itself() {
    let mut window = writing(vec![code_text("main", "s(\"bd\").fast(2")]);
    window.run_steps(2);
    assert!(window.query_by_label("fast(factor) — faster").is_some());
}

#[test]
fn tab_indents_and_a_new_line_keeps_the_depth() {
    let mut window = writing(vec![]);
    window.key_press(Key::Tab);
    window.run_steps(2);
    type_text(&mut window, "x");
    window.key_press(Key::Enter);
    window.run_steps(2);
    assert_eq!(text(&window, "main"), "  x\n  ");
}

#[test]
fn a_mistake_is_named_with_its_line_and_what_helps() {
    let mut one = code_text("main", "s(\"bd\")\n.fst(2)");
    one.problems = vec![CodeProblem {
        line: 2,
        column: 2,
        message: "a pattern has no fst".into(),
        hint: Some("did you mean fast?".into()),
        stops: true,
    }];
    let mut window = window(vec![one]);
    window.run_steps(2);
    assert!(window.query_by_label("line 2, column 2: a pattern has no fst — did you mean fast?").is_some());
}

#[test]
fn code_that_asks_for_a_view_gets_it() {
    let mut one = code_text("main", "note(\"c e\").pianoroll()");
    let mut window = window(vec![one.clone()]);
    window.run_steps(2);
    assert!(window.query_by_label("Piano roll").is_none(), "nothing runs");
    one.running = Some(one.text.clone());
    one.roll = vec![RollNote { from_secs: -0.5, until_secs: 0.2, pitch: 60.0 }];
    window.state_mut().model.code.texts = vec![one];
    window.run_steps(2);
    assert!(window.query_by_label("Piano roll").is_some());
    assert!(window.query_by_label("Scope").is_none());
}

#[test]
fn hush_is_one_key_wherever_the_focus_is() {
    let mut window = writing(vec![code_text("main", "x")]);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Period);
    window.run_steps(2);
    assert!(window.state().asked.contains(&Action::Show(Command::Hush)));
    assert_eq!(text(&window, "main"), "x");
}

#[test]
fn an_example_opens_in_a_text_of_its_own() {
    let mut window = window(vec![code_text("main", "mine")]);
    window.run_steps(2);
    window.get_by_label("Open example").click();
    window.run_steps(3);
    window.get_by_label("First steps — music").click();
    window.run_steps(3);
    assert_eq!(text(&window, "First steps"), "s(\"bd\")");
    assert_eq!(text(&window, "main"), "mine");
    window.get_by_label("Evaluate").click();
    window.run_steps(2);
    assert_eq!(evaluations(&mut window), ["s(\"bd\")"]);
}
