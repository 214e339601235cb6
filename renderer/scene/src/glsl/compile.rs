use std::panic::{AssertUnwindSafe, catch_unwind};

use naga::front::glsl::{Frontend, Options};
use naga::valid::{Capabilities, GlobalUse, ModuleInfo, ValidationFlags, Validator};

use super::emit::Emitter;
use super::token::{Pos, Token};
use super::unit::{Host, Stage, Unit};
use super::{parse, preprocess, token, words};
use crate::{Binding, BindingKind, PassTarget, SceneError, TextureSource, guard};

/// Longer texts are refused: 4 times the largest shader of the corpora.
pub(crate) const MAX_SOURCE_BYTES: usize = 256 * 1024;

/// Reads one text of a scene, whose first line is `first_line`: texts that are read together keep
/// their lines apart.
pub(crate) fn read(
    preprocessor: &mut preprocess::Preprocessor,
    source: &str,
    first_line: u32,
) -> Result<(Vec<Token>, Vec<token::Comment>), SceneError> {
    if source.len() > MAX_SOURCE_BYTES {
        return Err(SceneError::whole(format!("text is longer than {MAX_SOURCE_BYTES} bytes")));
    }
    let (tokens, comments) = token::tokenize(source, Pos { line: first_line, column: 1 })?;
    let tokens = preprocessor.run(tokens)?;
    let tokens =
        tokens.into_iter().filter(|token| !matches!(&*token.text, "lowp" | "mediump" | "highp")).collect();
    Ok((tokens, comments))
}

/// Splits tokens into a unit.
pub(crate) fn unit(tokens: &[Token]) -> Result<Unit, SceneError> {
    Ok(Unit { items: parse::parse(tokens)? })
}

/// A module, guarded and valid, and what it uses.
pub(crate) struct Compiled {
    pub(crate) module: naga::Module,
    info: ModuleInfo,
}

/// Parses, guards and validates what a unit wrote.
pub(crate) fn compile(text: &Emitter, stage: Stage) -> Result<Compiled, SceneError> {
    let naga_stage = match stage {
        Stage::Vertex => naga::ShaderStage::Vertex,
        Stage::Fragment => naga::ShaderStage::Fragment,
    };
    // naga's GLSL front end has places that panic on text no test of theirs thought of; a scene from a
    // stranger must not end the show.
    let parsed =
        catch_unwind(AssertUnwindSafe(|| Frontend::default().parse(&Options::from(naga_stage), text.text())));
    let mut module = match parsed {
        Ok(Ok(module)) => module,
        Ok(Err(errors)) => {
            let first = errors.errors.first();
            let message = first.map_or_else(|| "unknown error".to_owned(), |error| error.kind.to_string());
            return Err(place(text, first.map(|error| error.meta), &message));
        }
        Err(_) => return Err(SceneError::whole("the compiler gave up on this text")),
    };
    if let Some(span) = guard::endless_loop(&module) {
        return Err(place(text, Some(span), guard::ENDLESS));
    }
    guard::bound_loops(&mut module, guard::MAX_LOOP_STEPS);
    guard::check_size(&module)?;
    let validated = catch_unwind(AssertUnwindSafe(|| {
        Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module).map_err(Box::new)
    }));
    match validated {
        Ok(Ok(info)) => Ok(Compiled { module, info }),
        Ok(Err(error)) => {
            let message = innermost(error.as_inner());
            // The narrowest span is the one that shows the fault.
            let span = error
                .spans()
                .map(|(span, _)| *span)
                .min_by_key(|span| span.to_range().map_or(usize::MAX, |range| range.len()));
            Err(place(text, span, &message))
        }
        Err(_) => Err(SceneError::whole("the validator gave up on this text")),
    }
}

/// Returns what naga says beyond "function [3] 'f' is invalid", which tells an author nothing.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut messages = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(inner) = cause {
        messages.push(inner.to_string());
        cause = inner.source();
    }
    let vague = messages
        .iter()
        .take(messages.len() - 1)
        .take_while(|message| message.ends_with("is invalid"))
        .count();
    messages.get(vague..).unwrap_or_default().join(": ")
}

fn place(text: &Emitter, span: Option<naga::Span>, message: &str) -> SceneError {
    let offset = span.and_then(|span| span.to_range()).map_or(0, |range| range.start);
    let pos = text.origin(offset).unwrap_or(Pos::START);
    pos.error(words::author_words(message))
}

/// Returns what a pass with these modules binds: only what they use.
pub(crate) fn bindings(host: &Host, modules: &[&Compiled], target: PassTarget) -> Vec<Binding> {
    let used = |binding: u32| {
        modules.iter().any(|compiled| {
            compiled.module.global_variables.iter().any(|(handle, global)| {
                global.binding.is_some_and(|resource| resource.group == 0 && resource.binding == binding)
                    && compiled.info.get_entry_point(0)[handle] != GlobalUse::empty()
            })
        })
    };
    let mut all = vec![(0, BindingKind::Frame), (1, BindingKind::Params)];
    for (idx, texture) in host.textures.iter().enumerate() {
        let source = match (&texture.source, target) {
            // A texture cannot be read while it is drawn, unless it is a pair.
            (TextureSource::Buffer(buffer), PassTarget::Buffer(drawn))
                if *buffer == drawn && !texture.persistent =>
            {
                TextureSource::Black
            }
            (source, _) => source.clone(),
        };
        all.push((host.texture_binding(idx), BindingKind::Texture(source)));
    }
    for (idx, kind) in host.samplers().into_iter().enumerate() {
        all.push((host.sampler_binding(idx), BindingKind::Sampler(kind)));
    }
    let all = all.into_iter().filter(|(binding, _)| used(*binding));
    all.map(|(binding, kind)| Binding { group: 0, binding, kind }).collect()
}
