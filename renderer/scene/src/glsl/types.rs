use std::collections::HashMap;
use std::rc::Rc;

use super::token::Token;
use super::words;

/// The built-in types of variables, by name, as far as one function can tell: enough for the few
/// rewrites that depend on a type. A name with two types has none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Types(HashMap<Rc<str>, Option<Rc<str>>>);

impl Types {
    pub(crate) fn note(&mut self, name: &str, ty: &str) {
        let entry = self.0.entry(name.into()).or_insert_with(|| Some(ty.into()));
        if entry.as_deref() != Some(ty) {
            *entry = None;
        }
    }

    pub(crate) fn of(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_deref()
    }

    /// Notes every declaration in a body. Arrays are left out.
    pub(crate) fn note_body(&mut self, tokens: &[Token]) {
        for (at, pair) in tokens.windows(2).enumerate() {
            let [ty, name] = pair else { continue };
            if !words::is_builtin_type(&ty.text) || !name.is_word() {
                continue;
            }
            self.note_declarators(&ty.text, tokens.get(at + 1..).unwrap_or_default());
        }
    }

    /// Notes `a, b = 1.0, c[2];`.
    fn note_declarators(&mut self, ty: &str, tokens: &[Token]) {
        let mut depth = 0usize;
        let mut expects_name = true;
        for (idx, token) in tokens.iter().enumerate() {
            if expects_name {
                if !token.is_word() {
                    return;
                }
                if !tokens.get(idx + 1).is_some_and(|next| next.is("[")) {
                    self.note(&token.text, ty);
                }
                expects_name = false;
                continue;
            }
            match &*token.text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" if depth == 0 => return,
                ")" | "]" | "}" => depth -= 1,
                ";" => return,
                "," => expects_name = depth == 0,
                _ => {}
            }
        }
    }
}
