//! Functions that ask for what lies outside of the language: other machines, the net, windows of a browser.
//!
//! They are known, so that what others wrote plays; what they would do elsewhere is left out, and said
//! where somebody would miss it.

use audio_pattern::Pattern;

use super::{Function, Kind, function};
use crate::code::At;
use crate::error::Error;
use crate::eval::Eval;
use crate::js::Js;

/// Views of a pattern: the editor has its own piano roll and scope.
const VIEWS: &[&str] = &[
    "scope",
    "_scope",
    "pianoroll",
    "_pianoroll",
    "punchcard",
    "_punchcard",
    "spiral",
    "_spiral",
    "spectrum",
    "_spectrum",
    "pitchwheel",
    "_pitchwheel",
    "wordfall",
    "_wordfall",
    "tscope",
    "_tscope",
    "fscope",
    "_fscope",
    "markcss",
    "onTrigger",
    "onTriggerTime",
    "drawLine",
    "animate",
    "onPaint",
    "tag",
    "setContext",
    "stripContext",
];

/// Settings of a browser's sound.
const SETTINGS: &[&str] = &[
    "initAudio",
    "initAudioOnFirstClick",
    "registerSound",
    "registerSynthSounds",
    "registerZZFXSounds",
    "setGainCurve",
    "setMaxPolyphony",
    "setDefaultValue",
    "setDefaultValues",
    "resetDefaultValues",
    "resetDefaults",
    "resetVoicings",
    "enableMotion",
    "clearHydra",
];

#[rustfmt::skip]
pub(super) fn functions() -> Vec<Function> {
    use Kind::{Free as F, Method as M};
    let mut all = vec![
        function("samples", &["aliasBank", "soundAlias", "initHydra", "tables"], "(source)", "asks for samples; they come from your own folders here", F(|eval, _, at| {
            missing(eval, at, "samples are not fetched from the net", "put them in a samples folder and add it to the library");
            Ok(Js::Undefined)
        })),
        function("midi", &[], "(port)", "plays on this instrument; MIDI is not sent yet", M(0, |eval, p, _, at| {
            missing(eval, at, "MIDI is not sent by patterns yet", "it plays on this instrument");
            Ok(Js::Pattern(p.clone()))
        })),
        function("superdirt", &["webdirt", "dirt", "serial", "mqtt"], "()", "plays on this instrument; nothing is sent", M(0, |eval, p, _, at| {
            missing(eval, at, "patterns send nothing to other programs yet", "it plays on this instrument");
            Ok(Js::Pattern(p.clone()))
        })),
        function("csound", &["csoundm", "speak", "worklet", "dough"], "(name)", "plays on this instrument instead", M(0, |eval, p, _, at| {
            missing(eval, at, "this player is not here", "it plays on this instrument");
            Ok(Js::Pattern(p.clone()))
        })),
        function("whenKey", &["whenkey"], "(key, function)", "changes nothing: the keys are the editor's", M(2, |_, p, _, _| Ok(Js::Pattern(p.clone())))),
        function("keyDown", &["keydown"], "(key)", "nothing: the keys are the editor's", F(|_, _, _| Ok(Js::Pattern(Pattern::silence())))),
    ];
    for name in VIEWS {
        all.push(function(name, &[], "()", "draws the pattern", M(0, |_, p, _, _| Ok(Js::Pattern(p.clone())))));
    }
    for name in SETTINGS {
        all.push(function(name, &[], "(…)", "a setting of other players; does nothing here", F(|_, _, _| Ok(Js::Undefined))));
    }
    all
}

fn missing(eval: &Eval, at: At, what: &str, hint: &str) {
    let problem = Error::new(what, at).hint(hint);
    eval.runtime.said.with(|said| said.problems.push(problem));
}
