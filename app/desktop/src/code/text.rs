//! Texts that change: what an edit was, and where a place of one text lies in another.

use std::ops::Range;

/// Changed lines of two texts are compared while there are no more pairs of them than this: beyond it
/// they count as different, which costs their lights only.
const MAX_PAIRS: usize = 1 << 20;

/// Returns what turned `old` into `new`: the range replaced, in bytes of `old`, and what stands there now.
pub(crate) fn edit<'a>(old: &str, new: &'a str) -> Option<(Range<usize>, &'a str)> {
    if old == new {
        return None;
    }
    let same = |(a, b): &(char, char)| a == b;
    let before: usize = old.chars().zip(new.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let (old_rest, new_rest) = (old.get(before..)?, new.get(before..)?);
    let after: usize =
        old_rest.chars().rev().zip(new_rest.chars().rev()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    Some((before..old.len() - after, new_rest.get(..new_rest.len() - after)?))
}

/// Returns a range of bytes in UTF-16 units, which shared texts are counted in.
pub(crate) fn utf16(text: &str, range: &Range<usize>) -> Range<u32> {
    let units = |to: usize| text.get(..to).map_or(0, |text| text.encode_utf16().count()) as u32;
    units(range.start)..units(range.end)
}

/// Returns where a cursor (in characters) goes when somebody else makes an edit.
pub(crate) fn follow(cursor: usize, old: &str, range: &Range<usize>, insert: &str) -> usize {
    let chars = |to: usize| old.get(..to).map_or(0, |text| text.chars().count());
    let (start, end) = (chars(range.start), chars(range.end));
    if cursor <= start { cursor } else { start + insert.chars().count() + cursor.saturating_sub(end) }
}

/// Where the lines of what runs are in what is written now.
#[derive(Debug, Default)]
pub(crate) struct LineMap {
    /// Byte at which each line of the running text starts, and the byte of the written one where the
    /// same line starts; `None` where it was changed.
    lines: Vec<(usize, Option<usize>)>,
    len: usize,
}

impl LineMap {
    pub(crate) fn new(running: &str, written: &str) -> Self {
        let from = lines(running);
        let to = lines(written);
        let mut found = vec![None; from.len()];
        let same = |a: usize, b: usize| from.get(a).zip(to.get(b)).is_some_and(|(a, b)| a.1 == b.1);
        let num_before = (0..from.len().min(to.len())).take_while(|idx| same(*idx, *idx)).count();
        let left = (from.len() - num_before).min(to.len() - num_before);
        let num_after = (1..=left).take_while(|back| same(from.len() - back, to.len() - back)).count();
        for idx in 0..num_before {
            set(&mut found, idx, idx);
        }
        for back in 1..=num_after {
            set(&mut found, from.len() - back, to.len() - back);
        }
        for (a, b) in common(&from, &to, num_before, num_after) {
            set(&mut found, a, b);
        }
        let at = |idx: Option<usize>| idx.and_then(|idx| to.get(idx)).map(|(at, _)| *at);
        let lines = from.iter().zip(found).map(|((start, _), idx)| (*start, at(idx))).collect();
        Self { lines, len: running.len() }
    }

    /// Returns where a piece of a running line is in the written text.
    pub(crate) fn find(&self, span: (u32, u32)) -> Option<Range<usize>> {
        let (start, end) = (span.0 as usize, span.1 as usize);
        let idx = self.lines.partition_point(|(line, _)| *line <= start).checked_sub(1)?;
        let (line, now) = *self.lines.get(idx)?;
        let line_end = self.lines.get(idx + 1).map_or(self.len, |(next, _)| *next);
        let now = now.filter(|_| start < end && end <= line_end)?;
        Some(now + start - line..now + end - line)
    }
}

fn set(found: &mut [Option<usize>], at: usize, to: usize) {
    if let Some(slot) = found.get_mut(at) {
        *slot = Some(to);
    }
}

/// The lines of a text with the byte each starts at.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    text.split('\n')
        .map(|line| {
            let start = at;
            at += line.len() + 1;
            (start, line)
        })
        .collect()
}

/// The longest common row of lines between what is the same at both ends.
fn common(
    from: &[(usize, &str)],
    to: &[(usize, &str)],
    num_before: usize,
    num_after: usize,
) -> Vec<(usize, usize)> {
    let a = from.get(num_before..from.len() - num_after).unwrap_or_default();
    let b = to.get(num_before..to.len() - num_after).unwrap_or_default();
    if a.is_empty() || b.is_empty() || a.len() * b.len() > MAX_PAIRS {
        return Vec::new();
    }
    let width = b.len() + 1;
    let mut best = vec![0u32; (a.len() + 1) * width];
    let get = |best: &[u32], i: usize, j: usize| best.get(i * width + j).copied().unwrap_or(0);
    for (i, (_, x)) in a.iter().enumerate().rev() {
        for (j, (_, y)) in b.iter().enumerate().rev() {
            let length = if x == y {
                get(&best, i + 1, j + 1) + 1
            } else {
                get(&best, i + 1, j).max(get(&best, i, j + 1))
            };
            if let Some(slot) = best.get_mut(i * width + j) {
                *slot = length;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while let (Some((_, x)), Some((_, y))) = (a.get(i), b.get(j)) {
        if x == y {
            pairs.push((num_before + i, num_before + j));
            (i, j) = (i + 1, j + 1);
        } else if get(&best, i + 1, j) >= get(&best, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Returns the running text with the paragraph at `cursor` (a byte of `written`) as it is written now:
/// what else was changed stays as it runs. All of `written` where nothing runs.
pub(crate) fn with_paragraph(running: &str, written: &str, cursor: usize) -> String {
    if running.is_empty() {
        return paragraphs(written)
            .into_iter()
            .find(|(range, _)| cursor <= range.end)
            .map_or_else(|| written.to_owned(), |(_, text)| text.to_owned());
    }
    let (old, new) = (paragraphs(running), paragraphs(written));
    let (old_texts, new_texts) = (strip(&old), strip(&new));
    let Some(chosen) = new.iter().position(|(range, _)| cursor <= range.end) else {
        return running.to_owned();
    };
    let same = common(&old_texts, &new_texts, 0, 0);
    if same.iter().any(|(_, b)| *b == chosen) {
        return running.to_owned();
    }
    // The changed stretch around the chosen paragraph, between two that are the same in both.
    let before = same.iter().rev().find(|(_, b)| *b < chosen).map_or((0, 0), |(a, b)| (a + 1, b + 1));
    let after = same.iter().find(|(_, b)| *b > chosen).map_or((old.len(), new.len()), |pair| *pair);
    let (old_len, new_len) = (after.0 - before.0, after.1 - before.1);
    let texts = |all: &[(usize, &str)], from: usize, to: usize| -> Vec<String> {
        all.get(from..to).unwrap_or_default().iter().map(|(_, text)| (*text).to_owned()).collect()
    };
    let mut result = texts(&old_texts, 0, before.0);
    if old_len == new_len {
        // As many as before: each took the place of one.
        let mut middle = texts(&old_texts, before.0, after.0);
        if let (Some(slot), Some((_, text))) = (middle.get_mut(chosen - before.1), new.get(chosen)) {
            *slot = (*text).to_owned();
        }
        result.extend(middle);
    } else {
        result.extend(texts(&new_texts, before.1, after.1));
    }
    result.extend(texts(&old_texts, after.0, old.len()));
    result.join("\n\n")
}

fn strip<'a>(all: &[(Range<usize>, &'a str)]) -> Vec<(usize, &'a str)> {
    all.iter().map(|(range, text)| (range.start, *text)).collect()
}

/// The paragraphs of a text, parted by empty lines, with their bytes.
pub(crate) fn paragraphs(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut all: Vec<(Range<usize>, &str)> = Vec::new();
    let mut open: Option<usize> = None;
    for (start, line) in lines(text) {
        if line.trim().is_empty() {
            open = None;
            continue;
        }
        let end = start + line.len();
        match (open, all.last_mut()) {
            (Some(begun), Some(last)) => *last = (begun..end, text.get(begun..end).unwrap_or_default()),
            _ => {
                open = Some(start);
                all.push((start..end, line));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_the_smallest_stretch_that_differs() {
        let check = |old: &str, new: &str, range: Range<usize>, insert: &str| {
            let (found, text) = edit(old, new).unwrap();
            assert_eq!((found.clone(), text), (range, insert));
            let mut made = old.to_owned();
            made.replace_range(found, text);
            assert_eq!(made, new);
        };
        check("abc", "abXc", 2..2, "X");
        check("abc", "ac", 1..2, "");
        check("ää", "äöä", 2..2, "ö");
        check("aaa", "aaaa", 3..3, "a");
        check("s(\"bd\")", "s(\"bd*2\")", 5..5, "*2");
        assert_eq!(edit("same", "same"), None);
        assert_eq!(utf16("a😀b", &(5..6)), 3..4);
    }

    #[test]
    fn a_cursor_follows_the_edits_of_others() {
        assert_eq!(follow(1, "abc", &(2..2), "XY"), 1);
        assert_eq!(follow(3, "abc", &(0..1), ""), 2);
        assert_eq!(follow(2, "abc", &(0..3), "Z"), 1);
    }

    #[test]
    fn a_changed_line_has_no_place_and_the_others_keep_theirs() {
        let running = "a: one\nb: two\nc: three";
        let written = "// new\na: one\nb: TWO\nc: three";
        let map = LineMap::new(running, written);
        assert_eq!(map.find((3, 6)).map(|range| &written[range]), Some("one"));
        assert_eq!(map.find((10, 13)), None);
        assert_eq!(map.find((17, 22)).map(|range| &written[range]), Some("three"));
        assert_eq!(map.find((3, 10)), None, "no piece crosses a line");
    }

    #[test]
    fn one_paragraph_is_taken_over_and_the_rest_runs_on() {
        let running = "one\n\ntwo\n\nthree";
        let check = |written: &str, at: &str, expected: &str| {
            assert_eq!(with_paragraph(running, written, written.find(at).unwrap()), expected);
        };
        check("ONE\n\nTWO\n\nthree", "TWO", "one\n\nTWO\n\nthree");
        check("ONE\n\ntwo\n\nthree", "ONE", "ONE\n\ntwo\n\nthree");
        check("one\n\ntwo\nand more\n\nthree", "more", "one\n\ntwo\nand more\n\nthree");
        check("one\n\nnew\n\ntwo\n\nthree", "new", "one\n\nnew\n\ntwo\n\nthree");
        check("one\n\ntwo\n\nTHREE", "one", "one\n\ntwo\n\nthree");
        assert_eq!(with_paragraph("", "a\nb\n\nc", 4), "c");
    }
}
