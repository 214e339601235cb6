//! Methods of lists.

use super::{LIST_METHODS, unknown};
use crate::builtin;
use crate::code::At;
use crate::error::{Error, Result};
use crate::eval::{Eval, strictly_equal};
use crate::js::Js;

impl Eval {
    pub(super) fn list_method(&self, object: &Js, name: &str, arguments: &[Js], at: At) -> Result<Js> {
        let Js::List(list) = object else { return Ok(Js::Undefined) };
        let first = arguments.first().cloned().unwrap_or_default();
        // What only touches an end does not look at the rest.
        match name {
            "push" => {
                self.runtime.spend_bytes(arguments.len() * 48, at)?;
                let length = list.with(|all| {
                    all.extend(arguments.iter().cloned());
                    all.len()
                });
                return Ok(Js::Number(length as f64));
            }
            "pop" => return Ok(list.with(Vec::pop).unwrap_or_default()),
            "at" => {
                let x = first.number();
                let x = if x < 0.0 { x + list.with(|all| all.len()) as f64 } else { x };
                let found = list.with(|all| all.get(x.max(0.0) as usize).cloned());
                return Ok(if x < 0.0 { Js::Undefined } else { found.unwrap_or_default() });
            }
            _ => {}
        }
        let items = self.items_of(object, at)?;
        let function = || first.clone();
        let bound = |value: Option<&Js>, missing: f64| {
            let x = value.filter(|v| !v.is_nullish()).map_or(missing, Js::number);
            let x = if x < 0.0 { x + items.len() as f64 } else { x };
            x.clamp(0.0, items.len() as f64) as usize
        };
        let call = |item: &Js, i: usize| self.call(&first, vec![item.clone(), Js::Number(i as f64)], at);
        let make = |items: Vec<Js>| -> Result<Js> {
            self.runtime.spend_bytes(items.len() * 48, at)?;
            Ok(self.arena.list(items))
        };
        match name {
            "map" => make(self.mapped(&items, &function(), at)?),
            "forEach" => self.mapped(&items, &function(), at).map(|_| Js::Undefined),
            "filter" | "find" | "findIndex" | "some" | "every" => {
                let mut kept = Vec::new();
                for (i, item) in items.iter().enumerate() {
                    let yes = call(item, i)?.truthy();
                    match (name, yes) {
                        ("filter", true) => kept.push(item.clone()),
                        ("find", true) => return Ok(item.clone()),
                        ("findIndex", true) => return Ok(Js::Number(i as f64)),
                        ("some", true) => return Ok(Js::Bool(true)),
                        ("every", false) => return Ok(Js::Bool(false)),
                        _ => {}
                    }
                }
                Ok(match name {
                    "filter" => return make(kept),
                    "find" => Js::Undefined,
                    "findIndex" => Js::Number(-1.0),
                    "some" => Js::Bool(false),
                    _ => Js::Bool(true),
                })
            }
            "reduce" => {
                let mut rest = items.iter().enumerate();
                let mut sum = match arguments.get(1) {
                    Some(start) => start.clone(),
                    None => match rest.next() {
                        Some((_, item)) => item.clone(),
                        None => return Err(Error::new("reduce of an empty list needs a start", at)),
                    },
                };
                for (i, item) in rest {
                    sum = self.call(&first, vec![sum, item.clone(), Js::Number(i as f64)], at)?;
                }
                Ok(sum)
            }
            "flatMap" | "flat" => {
                let parts =
                    if name == "flat" { items.clone() } else { self.mapped(&items, &function(), at)? };
                let mut flat = Vec::new();
                for part in parts {
                    match &part {
                        Js::List(_) => flat.extend(self.items_of(&part, at)?),
                        _ => flat.push(part),
                    }
                }
                make(flat)
            }
            "join" => {
                let separator = if arguments.is_empty() { ",".to_owned() } else { first.display() };
                let texts: Vec<String> =
                    items.iter().map(|item| self.shown(item, at)).collect::<Result<_>>()?;
                let size = texts.iter().map(String::len).sum::<usize>()
                    + separator.len().saturating_mul(items.len());
                self.runtime.spend_bytes(size, at)?;
                Ok(Js::text(&texts.join(&separator)))
            }
            "concat" => {
                let mut all = items;
                for argument in arguments {
                    match argument {
                        Js::List(_) => all.extend(self.items_of(argument, at)?),
                        one => all.push(one.clone()),
                    }
                }
                make(all)
            }
            "slice" => {
                let (from, to) = (bound(arguments.first(), 0.0), bound(arguments.get(1), items.len() as f64));
                make(items.get(from..to.max(from)).unwrap_or_default().to_vec())
            }
            "splice" => {
                let from = bound(arguments.first(), 0.0);
                let count = arguments.get(1).map_or(items.len() as f64, Js::number).max(0.0) as usize;
                let to = from.saturating_add(count).min(items.len());
                let new: Vec<Js> = arguments.iter().skip(2).cloned().collect();
                let removed: Vec<Js> = list.with(|all| all.splice(from..to, new).collect());
                make(removed)
            }
            "unshift" => {
                self.runtime.spend_bytes(arguments.len() * 48, at)?;
                list.with(|all| {
                    all.splice(0..0, arguments.iter().cloned());
                });
                Ok(Js::Number((items.len() + arguments.len()) as f64))
            }
            "shift" => Ok(list.with(|all| if all.is_empty() { Js::Undefined } else { all.remove(0) })),
            "reverse" => {
                list.with(|all| all.reverse());
                Ok(object.clone())
            }
            "fill" => {
                let (from, to) = (bound(arguments.get(1), 0.0), bound(arguments.get(2), items.len() as f64));
                list.with(|all| {
                    for slot in all.iter_mut().take(to).skip(from) {
                        *slot = first.clone();
                    }
                });
                Ok(object.clone())
            }
            "sort" => {
                let sorted = self.sorted(items, arguments.first(), at)?;
                list.with(|all| *all = sorted);
                Ok(object.clone())
            }
            "entries" => {
                let pairs = items.iter().enumerate();
                make(
                    pairs
                        .map(|(i, item)| self.arena.list(vec![Js::Number(i as f64), item.clone()]))
                        .collect(),
                )
            }
            "keys" => make((0..items.len()).map(|i| Js::Number(i as f64)).collect()),
            "includes" => Ok(Js::Bool(items.iter().any(|item| strictly_equal(item, &first)))),
            "indexOf" => {
                let found = items.iter().position(|item| strictly_equal(item, &first));
                Ok(Js::Number(found.map_or(-1.0, |i| i as f64)))
            }
            "toString" => Ok(Js::text(&object.display())),
            // A list is a sequence where a pattern is wanted.
            _ if builtin::find(name).is_some() => {
                self.call_method(&Js::Pattern(self.sequence(object, at)?), name, arguments.to_vec(), at)
            }
            _ => Err(unknown("a list", name, at, LIST_METHODS.iter().copied())),
        }
    }

    /// Merge sort, because the user's order may be no order at all.
    fn sorted(&self, items: Vec<Js>, order: Option<&Js>, at: At) -> Result<Vec<Js>> {
        if items.len() < 2 {
            return Ok(items);
        }
        let (left, right) = items.split_at(items.len() / 2);
        let mut left = self.sorted(left.to_vec(), order, at)?.into_iter().peekable();
        let mut right = self.sorted(right.to_vec(), order, at)?.into_iter().peekable();
        let mut all = Vec::with_capacity(items.len());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            self.runtime.step(at)?;
            let right_first = match order {
                Some(order) => self.call(order, vec![a.clone(), b.clone()], at)?.number() > 0.0,
                None => a.display() > b.display(),
            };
            all.extend(if right_first { right.next() } else { left.next() });
        }
        all.extend(left.chain(right));
        Ok(all)
    }
}
