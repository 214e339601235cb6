//! Code that means harm, or that a tired hand wrote: what each says, and that it ends with an error.
//!
//! `examples/hostile.rs` reads this table too and says how long each takes and how much memory.

/// Sixty-four texts of which none may play.
pub(crate) const HOSTILE: [&str; 64] = [
    // Endless loops.
    "while (true) {}",
    "for (;;);",
    "do { } while (1)",
    "let i = 0; while (i < 1) { i -= 1 }",
    "for (let i = 0; i < Infinity; i++) s(\"bd\")",
    "for (const x of [1, 2, 3]) { for (;;) x + 1 }",
    "$: s(\"bd\")\nall(x => { while (1); return x })",
    "label: for (;;) { continue }",
    // Deep recursion.
    "const f = () => f(); f()",
    "const a = x => b(x), b = x => a(x); a(1)",
    "const f = (x) => [f(x)]; f(1)",
    "const f = p => p.every(2, f); s(\"x\").every(2, f)",
    "const y = f => (x => x(x))(x => f(v => x(x)(v))); y(f => n => f(n + 1))(0)",
    "const f = x => pure(x).bind(f); pure(1).bind(f)",
    "register('again', p => p.again()); s(\"x\").again()",
    "const o = { toString: () => o + '' }; const f = () => `${f()}`; f()",
    // Bombs of text.
    "let s1 = 'x'; while (1) s1 += s1",
    "'x'.repeat(1e9)",
    "'x'.padStart(1e12)",
    "let x = `a`; for (;;) x = `${x} ${x}`",
    "Array(50000).fill('x'.repeat(1000)).join('y')",
    "'ab'.repeat(50000).split('').map(c => c.repeat(50000)).join('')",
    "'a'.repeat(60000).replaceAll('a', 'b'.repeat(60000))",
    // Bombs of lists and objects.
    "let a1 = [1]; while (1) a1 = [...a1, ...a1]",
    "const a = []; while (1) a.push(a)",
    "Array(1e9).fill(0)",
    "Array.from({ length: 1e12 })",
    "let o = {}; for (let i = 0; i < 1e9; i++) o['k' + i] = i",
    "let o = {}; for (;;) o = { a: o, b: o }",
    "Array(2000).fill(0).sort(() => { while (1) {} })",
    "const big = Array(90000).fill(1); for (;;) big.map(x => big.slice())",
    "[...Array(300)].flatMap(() => [...Array(300)].flatMap(() => [...Array(300)]))",
    // Promises of work: patterns without end.
    "let p = s(\"x\"); for (let i = 0; i < 60; i++) p = stack(p, p); p",
    "let p = s(\"x\"); for (let i = 0; i < 60; i++) p = seq(p, p); p",
    "let p = s(\"x\"); for (let i = 0; i < 100000; i++) p = p.fast(1.01); p",
    "let p = s(\"x*8\"); for (let i = 0; i < 30; i++) p = p.jux(rev); p",
    "s(\"x\").ply(1e9)",
    "s(\"x*64\").ply(64).ply(64).ply(64)",
    "s(\"x\").fast(1e12)",
    "s(\"x\").chop(1e9)",
    "s(\"x*64\").chop(200).striate(200)",
    "sine.segment(1e15)",
    "s(\"x\").echo(1e9, .1, .5)",
    "s(\"x*32\").echo(200, .01, .9).echo(200, .01, .9)",
    "run(1e9)",
    "s(\"x\").applyN(1e9, x => x.fast(2))",
    "s(\"x\").euclid(1, 1e9)",
    // Bombs in mini-notation.
    "s(\"x*1000000000\")",
    "s(\"x!1000000000\")",
    "s(\"[[[x*1000]*1000]*1000]*1000\")",
    "n(\"0 .. 1000000000\")",
    "s(\"x(1,1000000000)\")",
    "s(\"{a b c d e f g}%100000000\")",
    "s(\"<x*5000 y*5000>*5000\")",
    // While it is asked: functions inside of patterns.
    "s(\"x*8\").fmap(x => { while (true) {} })",
    "s(\"x*8\").fmap(x => { let a = 'y'; for (;;) a += a })",
    "s(\"x*16\").filterValues(v => { const f = () => f(); return f() })",
    "signal(t => { for (;;) t += 1 }).segment(4)",
    // Tricks with regular expressions and what the machine has.
    "/(a+)+$/.test('a'.repeat(40))",
    "(0).constructor.constructor('return this')()",
    "eval('while(1);')",
    "new Function('return process')()",
    "import('fs').then(fs => fs.readFileSync('x'))",
    "fetch('http://localhost/').then(r => r.text())",
];
