//! The language: JavaScript as live coders write it.

use crate::{check, same};

#[test]
fn values_and_arithmetic() {
    check("pure(1 + 2 * 3 - 4 / 8)", "0>1 6.5");
    check("pure(7 % 4 + 2 ** 3)", "0>1 11");
    check("pure('a' + 1 + true)", "0>1 a1true");
    check("pure(1 < 2 && 'b' > 'a' ? 'yes' : 'no')", "0>1 yes");
    check("pure(null ?? (0 || 5))", "0>1 5");
    check("pure((6 & 3) | (8 >> 2) ^ 1)", "0>1 3");
    check("pure(typeof x + typeof 1 + typeof 'a' + typeof (() => 1))", "0>1 undefinednumberstringfunction");
    check("pure(1 === 1 && '1' == 1 && '1' !== 1)", "0>1 true");
}

#[test]
fn variables_functions_and_closures() {
    check("const a = 2; let b = 3; b += a; var c = b++; pure(b * 10 + c)", "0>1 65");
    check("const add = a => b => a + b; pure(add(2)(3))", "0>1 5");
    check("function f(x, y = 4, ...zs) { return x + y + zs.length } pure(f(1) + f(1, 1, 1, 1))", "0>1 9");
    check("const {a, b: [c, d = 9]} = {a: 1, b: [2]}; pure(a + c + d)", "0>1 12");
    check(
        "const fs = []; for (let i = 0; i < 3; i++) fs.push(() => i); pure(fs.map(f => f()).join(''))",
        "0>1 012",
    );
    check("const f = n => n < 2 ? 1 : n * f(n - 1); pure(f(5))", "0>1 120");
}

#[test]
fn control_flow() {
    check("let s = 0; for (const x of [1, 2, 3]) { if (x == 2) continue; s += x } pure(s)", "0>1 4");
    check("let s = ''; for (const k in {a: 1, b: 2}) s += k; pure(s)", "0>1 ab");
    check("let i = 0; while (true) { if (++i > 4) break } pure(i)", "0>1 5");
    check("let i = 9; do { i++ } while (i < 5); pure(i)", "0>1 10");
    check(
        "let r; switch (3) { case 1: r = 'a'; case 3: r = 'b'; case 4: r += 'c'; break; default: r = 'd' } pure(r)",
        "0>1 bc",
    );
}

#[test]
fn lists() {
    check("pure([3, 1, 2].sort().reverse().join('-'))", "0>1 3-2-1");
    check("pure([1, 2, 3, 4].filter(x => x % 2).map(x => x * 10).reduce((a, b) => a + b))", "0>1 40");
    check("pure([...Array(3).keys(), ...[7]].concat(8, [9]).slice(1, -1).join())", "0>1 1,2,7,8");
    check("pure(Array.from({length: 3}, (_, i) => i * i).includes(4))", "0>1 true");
    check(
        "const a = [1, 2]; const b = a; b.push(3); a[4] = 5; pure(a.length + a.at(-1) + a.indexOf(3))",
        "0>1 12",
    );
    check("pure([[1, [2]], 3].flat().length + [1, 2].flatMap(x => [x, x]).length)", "0>1 7");
    check("pure([5, 6, 7].splice(1, 1)[0] + [4, 3].findIndex(x => x == 3) + Math.max(...[1, 9]))", "0>1 16");
}

#[test]
fn objects_and_texts() {
    check(
        "const o = {a: 1, ['b']: 2, ...{c: 3}}; o.d = o.a + o['b']; pure(Object.keys(o).join('') + o.d)",
        "0>1 abcd3",
    );
    check("pure(Object.entries({x: 1}).map(([k, v]) => k + v)[0] + ({}).nope?.deeper)", "0>1 x1undefined");
    check("pure('a-b'.split('-').join('+').toUpperCase().padStart(5, '.'))", "0>1 ..A+B");
    check("pure('abc'.slice(-2) + 'abc'.length + 'ab'.repeat(2).replaceAll('a', 'x'))", "0>1 bc3xbxb");
    check("pure(Math.round(2.5) + Math.floor(-0.5) + Number('4') + parseInt('12px'))", "0>1 18");
}

#[test]
fn quotes_decide_what_a_text_is() {
    check(r#""x y""#, "0>1/2 x, 1/2>1 y");
    check("`x\ny`", "0>1/2 x, 1/2>1 y");
    check("pure('x y')", "0>1 x y");
    check("const n = 3; `x*${n}`", "0>1/3 x, 1/3>2/3 x, 2/3>1 x");
}

#[test]
fn comments_and_empty_programs_are_silent() {
    check("// nothing\n/* at all */", "");
    check("", "");
    check("const x = 1", "");
}

#[test]
fn functions_stand_alone_or_wait_for_their_pattern() {
    same(r#"fast(2, "x y")"#, r#""x y".fast(2)"#);
    same(r#"const f = fast(2); f("x y")"#, r#""x y".fast(2)"#);
    same(r#"note("c e").every(2, rev)"#, r#"note("c e").every(2, x => x.rev())"#);
    same(r#"note("c e").off(1/4, add(note(7)))"#, r#"note("c e").off(1/4, x => x.add(note(7)))"#);
    same(
        r#"register('twice', (n, pat) => pat.fast(n).fast(2)); s("x y").twice("<1 2>")"#,
        r#"s("x y").fast("<2 4>")"#,
    );
}
