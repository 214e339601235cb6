//! Rewrites expressions and bodies for naga: pictures become a texture and a sampler, names that
//! Vulkan GLSL reserves are changed, and functions always return.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::emit::Emitter;
use super::parse::{Function, closing, split_commas};
use super::token::{Pos, Token};
use super::unit::Host;
use super::words::{self, Read};
use crate::SceneError;

/// The three arguments a picture becomes: texture, sampler, order of its rows.
#[derive(Clone, Debug)]
struct Picture {
    texture: Rc<str>,
    sampler: Rc<str>,
    rows: Rc<str>,
}

impl Picture {
    fn arguments(&self, pos: Pos) -> [Token; 5] {
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
    /// Functions of the author, by name.
    functions: HashSet<&'a str>,
    /// Names naga can compute at compile time.
    pub(crate) constants: HashSet<Rc<str>>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(host: &Host, functions: impl Iterator<Item = &'a Function>) -> Self {
        let picture = |texture: &super::unit::HostTexture| Picture {
            texture: format!("jl_t_{}", texture.name).into(),
            sampler: format!("jl_s_{:?}", texture.sampler).into(),
            rows: (texture.rows as u8).to_string().into(),
        };
        Self {
            pictures: host
                .textures
                .iter()
                .map(|texture| (texture.name.as_str().into(), picture(texture)))
                .collect(),
            variables: HashSet::new(),
            functions: functions.map(|function| &*function.name.text).collect(),
            constants: HashSet::new(),
        }
    }

    fn is_picture(&self, name: &str) -> bool {
        self.pictures.contains_key(name) && !self.variables.contains(name)
    }

    /// Whether naga can compute an expression at compile time.
    pub(crate) fn is_constant(&self, tokens: &[Token]) -> bool {
        tokens.iter().enumerate().all(|(idx, token)| {
            let is_member = idx > 0 && tokens.get(idx - 1).is_some_and(|before| before.is("."));
            !token.is_word()
                || is_member
                || self.constants.contains(&token.text)
                || (words::is_constant_word(&token.text) && !self.functions.contains(&*token.text))
        })
    }

    /// Rewrites an expression.
    pub(crate) fn expression(&self, tokens: &[Token]) -> Result<Vec<Token>, SceneError> {
        let mut out = Vec::with_capacity(tokens.len() + 8);
        let mut body = Body { scope: self, result: None, constants: self.constants.clone(), out: &mut out };
        body.walk(tokens)?;
        Ok(out)
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
        let mut body = Vec::with_capacity(function.body.len() + 16);
        let returns = !function.result.first().is_some_and(|ty| ty.is("void"));
        let result_name = match function.result.as_slice() {
            [one] if returns => Some(&*one.text),
            _ => None,
        };
        let inner = function.body.get(1..function.body.len().saturating_sub(1)).unwrap_or_default();
        Body { scope: self, result: result_name, constants: self.constants.clone(), out: &mut body }
            .walk(inner)?;
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

struct Body<'s, 'a> {
    scope: &'s Scope<'a>,
    /// The type of the function's result, where it is a single word.
    result: Option<&'s str>,
    constants: HashSet<Rc<str>>,
    out: &'s mut Vec<Token>,
}

impl Body<'_, '_> {
    fn walk(&mut self, tokens: &[Token]) -> Result<(), SceneError> {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            let next = tokens.get(at);
            let before = at.checked_sub(2).and_then(|idx| tokens.get(idx));
            match &*token.text {
                "const" => {
                    let end = tokens
                        .iter()
                        .skip(at)
                        .position(|token| token.is(";"))
                        .map_or(tokens.len(), |len| at + len);
                    if self.declares_constants(tokens.get(at..end).unwrap_or_default()) {
                        self.out.push(token.clone());
                    }
                }
                "lowp" | "mediump" | "highp" => {}
                // Down the screen is up in GLSL.
                "dFdy" if !self.scope.functions.contains("dFdy") => {
                    self.out.extend([Token::symbol("-", token.pos), token.clone()]);
                }
                "return"
                    if matches!(self.result, Some("float" | "vec2" | "vec3" | "vec4"))
                        && next.is_some_and(|next| !next.is(";")) =>
                {
                    let end = tokens
                        .iter()
                        .skip(at)
                        .position(|token| token.is(";"))
                        .map_or(tokens.len(), |len| at + len);
                    let ty = self.result.unwrap_or_default();
                    self.out.extend([
                        token.clone(),
                        Token::word(ty, token.pos),
                        Token::symbol("(", token.pos),
                    ]);
                    self.walk(tokens.get(at..end).unwrap_or_default())?;
                    self.out.push(Token::symbol(")", token.pos));
                    at = end;
                }
                _ if token.is_word()
                    && next.is_some_and(|next| next.is("("))
                    && !before.is_some_and(|before| before.is(".")) =>
                {
                    let close = closing(tokens, at).unwrap_or(tokens.len());
                    let inside = tokens.get(at + 1..close).unwrap_or_default();
                    if self.call(token, inside)? {
                        at = close + 1;
                    }
                }
                _ => self.plain(token, before)?,
            }
        }
        Ok(())
    }

    fn plain(&mut self, token: &Token, before: Option<&Token>) -> Result<(), SceneError> {
        let is_member = before.is_some_and(|before| before.is("."));
        if token.is_word() && !is_member && self.scope.is_picture(&token.text) {
            return Err(token
                .pos
                .error(format!("{:?} is a picture: read it with IMG_NORM_PIXEL or texture", token.text)));
        }
        self.out.push(renamed_token(token));
        Ok(())
    }

    /// Rewrites a call, or returns false for what is none: its brackets are walked as they come.
    fn call(&mut self, name: &Token, inside: &[Token]) -> Result<bool, SceneError> {
        let own = self.scope.functions.contains(&*name.text);
        if !own && let Some(read) = words::picture_function(&name.text) {
            self.read(name, read, &split_commas(inside))?;
            return Ok(true);
        }
        if !own && name.is("pow") {
            self.out.push(Token::word("jl_pow", name.pos));
        } else {
            self.out.push(renamed_token(name));
        }
        let is_picture = |arg: &&[Token]| matches!(arg, [one] if self.scope.is_picture(&one.text));
        let args = split_commas(inside);
        if !own || !args.iter().any(is_picture) {
            return Ok(false);
        }
        self.out.push(Token::symbol("(", name.pos));
        for (idx, arg) in args.iter().enumerate() {
            if idx > 0 {
                self.out.push(Token::symbol(",", name.pos));
            }
            match arg {
                [one] if self.scope.is_picture(&one.text) => {
                    if let Some(picture) = self.scope.pictures.get(&one.text) {
                        self.out.extend(picture.arguments(one.pos));
                    }
                }
                _ => self.walk(arg)?,
            }
        }
        self.out.push(Token::symbol(")", name.pos));
        Ok(true)
    }

    fn read(&mut self, name: &Token, read: Read, args: &[&[Token]]) -> Result<(), SceneError> {
        let pos = name.pos;
        let picture = match args.first() {
            Some([one]) => self.scope.pictures.get(&one.text).ok_or_else(|| {
                one.pos.error(format!(
                    "{:?} is no picture: {} reads an image input, a buffer or a sampler parameter",
                    one.text, name.text
                ))
            })?,
            _ => {
                return Err(
                    pos.error(format!("the first argument of {} must be the name of a picture", name.text))
                );
            }
        };
        let [texture, comma, sampler, second_comma, rows] = picture.arguments(pos);
        let function = match read {
            Read::Norm | Read::This => "jl_tex",
            Read::Projected => "jl_texproj",
            Read::Pixel => "jl_px",
            Read::Fetch => "jl_texel",
            Read::Size => "jl_size",
            Read::IntSize => "jl_isize",
        };
        self.out.extend([Token::word(function, pos), Token::symbol("(", pos), texture, comma, sampler]);
        if !matches!(read, Read::Size | Read::IntSize) {
            self.out.extend([second_comma, rows, Token::symbol(",", pos)]);
            match (read, args.get(1)) {
                (Read::This, _) => self.out.push(Token::word("isf_FragNormCoord", pos)),
                (_, Some(at)) => self.walk(at)?,
                (_, None) => return Err(pos.error(format!("{} needs coordinates", name.text))),
            }
        }
        self.out.push(Token::symbol(")", pos));
        Ok(())
    }

    /// Whether the declarators after a local `const` are constant for naga too.
    fn declares_constants(&mut self, tokens: &[Token]) -> bool {
        let mut names = Vec::new();
        for declarator in split_commas(tokens) {
            let Some(equals) = declarator.iter().position(|token| token.is("=")) else { return false };
            let (target, value) = declarator.split_at(equals);
            if !self.is_constant(value.get(1..).unwrap_or_default()) {
                return false;
            }
            names.extend(target.iter().rfind(|token| token.is_word()).map(|name| name.text.clone()));
        }
        self.constants.extend(names);
        true
    }

    fn is_constant(&self, tokens: &[Token]) -> bool {
        let scope = Scope {
            pictures: HashMap::new(),
            variables: HashSet::new(),
            functions: self.scope.functions.clone(),
            constants: self.constants.clone(),
        };
        scope.is_constant(tokens)
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
