//! What names mean at one place of a text, and the functions rewritten for naga: pictures become a
//! texture and a sampler, names that Vulkan GLSL reserves are changed, and functions always return.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::body::Body;
use super::emit::Emitter;
use super::parse::Function;
use super::token::{Pos, Token};
use super::types::Types;
use super::unit::Host;
use super::words;
use crate::SceneError;

/// The three arguments a picture becomes: texture, sampler, order of its rows.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    texture: Rc<str>,
    sampler: Rc<str>,
    rows: Rc<str>,
}

impl Picture {
    pub(super) fn arguments(&self, pos: Pos) -> [Token; 5] {
        [
            Token::word(self.texture.clone(), pos),
            Token::symbol(",", pos),
            Token::word(self.sampler.clone(), pos),
            Token::symbol(",", pos),
            Token::word(self.rows.clone(), pos),
        ]
    }
}

/// What the words at one place of the text mean.
pub(crate) struct Scope<'a> {
    pictures: HashMap<Rc<str>, Picture>,
    /// Variables of the function at hand that are named like a picture. Where only a picture can
    /// stand the name still means the picture: `vec4 row = IMG_PIXEL(row, at)` is common.
    variables: HashSet<Rc<str>>,
    /// Functions of the author: their results by name.
    functions: HashMap<&'a str, &'a str>,
    /// Names naga can compute at compile time.
    pub(crate) constants: HashSet<Rc<str>>,
    /// Types of globals.
    pub(crate) types: Types,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(host: &Host, functions: impl Iterator<Item = &'a Function>) -> Self {
        let picture = |texture: &super::unit::HostTexture| Picture {
            texture: format!("jl_t_{}", texture.name).into(),
            sampler: format!("jl_s_{:?}", texture.sampler).into(),
            rows: (texture.rows as u8).to_string().into(),
        };
        let mut types = Types::default();
        host.globals
            .iter()
            .filter(|global| global.array.is_empty())
            .for_each(|global| types.note(&global.name, global.ty));
        Self {
            pictures: host
                .textures
                .iter()
                .map(|texture| (texture.name.as_str().into(), picture(texture)))
                .collect(),
            variables: HashSet::new(),
            functions: functions
                .map(|function| (&*function.name.text, function.result.first().map_or("", |ty| &ty.text)))
                .collect(),
            constants: HashSet::new(),
            types,
        }
    }

    pub(super) fn is_picture(&self, name: &str) -> bool {
        self.pictures.contains_key(name) && !self.variables.contains(name)
    }

    pub(super) fn picture(&self, name: &str) -> Option<&Picture> {
        self.pictures.get(name)
    }

    /// Whether the author defines a function of this name.
    pub(super) fn is_function(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }

    /// The type that an author's function returns.
    pub(super) fn result_of(&self, name: &str) -> Option<&str> {
        self.functions.get(name).copied()
    }

    /// Whether naga can compute an expression at compile time, given local constants too.
    pub(crate) fn is_constant(&self, tokens: &[Token], local: &HashMap<Rc<str>, Vec<Token>>) -> bool {
        tokens.iter().enumerate().all(|(idx, token)| {
            let is_member = idx > 0 && tokens.get(idx - 1).is_some_and(|before| before.is("."));
            !token.is_word()
                || is_member
                || self.constants.contains(&token.text)
                || local.contains_key(&token.text)
                || (words::is_constant_word(&token.text) && !self.is_function(&token.text))
        })
    }

    /// Rewrites an expression.
    pub(crate) fn expression(&self, tokens: &[Token]) -> Result<Vec<Token>, SceneError> {
        Body::new(self, None, self.types.clone()).rewrite(tokens)
    }

    /// Writes a function.
    pub(crate) fn write_function(
        &mut self,
        function: &Function,
        out: &mut Emitter,
    ) -> Result<(), SceneError> {
        let outer = self.pictures.clone();
        for param in &function.params {
            let Some(name) = &param.name else { continue };
            if param.is_sampler() {
                let part = |suffix: &str| Rc::from(format!("jl_p_{}{suffix}", name.text));
                let picture = Picture { texture: part("_t"), sampler: part("_s"), rows: part("_r") };
                self.pictures.insert(name.text.clone(), picture);
            } else {
                self.variables.insert(name.text.clone());
            }
        }
        for pair in function.body.windows(2) {
            if let [ty, name] = pair
                && ty.is_word()
                && name.is_word()
                && !ty.is("return")
                && !ty.is("else")
            {
                self.variables.insert(name.text.clone());
            }
        }
        let written = self.write_visible(function, out);
        self.pictures = outer;
        self.variables.clear();
        written
    }

    fn write_visible(&self, function: &Function, out: &mut Emitter) -> Result<(), SceneError> {
        let result = rename(&function.result);
        out.tokens(&result);
        out.token(&renamed_token(&function.name));
        out.ours("(");
        for (idx, param) in function.params.iter().enumerate() {
            if idx > 0 {
                out.ours(", ");
            }
            if param.is_sampler() {
                if let Some(picture) = param.name.as_ref().and_then(|name| self.pictures.get(&name.text)) {
                    out.ours(&format!(
                        "texture2D {}, sampler {}, int {}",
                        picture.texture, picture.sampler, picture.rows
                    ));
                    continue;
                }
                return Err(function.name.pos.error("a sampler parameter of this function has no name"));
            }
            out.tokens(&param.direction);
            out.tokens(&rename(&param.ty));
            out.tokens(&param.name.as_ref().map(renamed_token));
            out.tokens(&rename(&param.array));
        }
        out.ours(")\n");
        let returns = !function.result.first().is_some_and(|ty| ty.is("void"));
        let result_name = match function.result.as_slice() {
            [one] if returns => Some(&*one.text),
            _ => None,
        };
        let inner = function.body.get(1..function.body.len().saturating_sub(1)).unwrap_or_default();
        let mut types = self.types.clone();
        for param in function.params.iter().filter(|param| param.array.is_empty()) {
            if let ([ty], Some(name)) = (param.ty.as_slice(), &param.name) {
                types.note(&name.text, &ty.text);
            }
        }
        types.note_body(inner);
        let body = Body::new(self, result_name, types).rewrite(inner)?;
        out.ours("{");
        out.tokens(&body);
        if returns {
            // A path that forgets to return is undefined in GLSL and an error in naga.
            out.tokens(&result);
            out.ours("jl_unset; return jl_unset;\n");
        }
        out.ours("}\n");
        Ok(())
    }
}

/// Changes the words that mean something else to naga.
pub(crate) fn rename(tokens: &[Token]) -> Vec<Token> {
    tokens.iter().filter(|token| !is_precision(token)).map(renamed_token).collect()
}

fn is_precision(token: &Token) -> bool {
    matches!(&*token.text, "lowp" | "mediump" | "highp")
}

pub(crate) fn renamed_token(token: &Token) -> Token {
    match words::renamed(&token.text) {
        Some(text) if token.is_word() => Token { text: text.into(), ..token.clone() },
        _ => token.clone(),
    }
}
