//! Shaders that mean harm, and ordinary ones broken at random: what the running app is given to bear.

mod drive;

pub use drive::{Hostile, drive};

/// A shader as a file: its ending and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// `wgsl`, `fs` or `glsl`.
    pub ending: &'static str,
    /// What is in it.
    pub text: String,
}

/// Formats that are tried, and the good scene of each: one colour that is seen beside the others'.
pub const GOOD: [(&str, &str); 3] = [
    ("wgsl", "fn image(p: Pixel) -> vec4f { return vec4f(0.25, 0.0, 0.0, 1.0); }\n"),
    (
        "fs",
        "/*{\"ISFVSN\": \"2\", \"INPUTS\": []}*/\nvoid main() { gl_FragColor = vec4(0.0, 0.5, 0.0, 1.0); }\n",
    ),
    ("glsl", "void mainImage(out vec4 c, in vec2 at) { c = vec4(0.0, 0.0, 0.5, 1.0); }\n"),
];

/// What a mutant puts in: everything that has a meaning somewhere.
const PIECES: &[&str] = &[
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    ",",
    ".",
    "=",
    "==",
    "+",
    "-",
    "*",
    "/",
    "?",
    ":",
    "#",
    "\n#define X ",
    "\n#if ",
    "\n#endif\n",
    "/*",
    "*/",
    "//",
    "\\\n",
    "1e39",
    "0",
    "-1",
    "4294967296",
    "1.0",
    "vec4",
    "mat3",
    "float",
    "int",
    "vec4f",
    "bool",
    "void",
    "struct",
    "const ",
    "in ",
    "out ",
    "inout ",
    "uniform ",
    "var ",
    "let ",
    "return ",
    "discard;",
    "break;",
    "for(;;)",
    "while(true)",
    "loop {",
    "if(true)",
    "else ",
    "switch(1)",
    "case 0:",
    "main",
    "texture",
    "IMG_PIXEL",
    "TIME",
    "gl_FragColor",
    "@fragment ",
    "@compute ",
    "frame.time.x",
    "palette(",
    "1u << 31u",
];

/// The same numbers for the same seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Begins with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    /// Returns a number below `below`.
    pub fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below.max(1)
    }
}

/// Breaks a text in a few random places.
pub fn mutant(text: &str, dice: &mut Dice) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=dice.below(4) {
        let at = dice.below(chars.len());
        let end = (at + dice.below(24)).min(chars.len());
        match dice.below(4) {
            0 => drop(chars.drain(at..end)),
            1 => {
                let copy: Vec<char> = chars.get(at..end).unwrap_or_default().to_vec();
                let to = dice.below(chars.len());
                chars.splice(to..to, copy);
            }
            _ => {
                let piece = PIECES.get(dice.below(PIECES.len())).copied().unwrap_or_default();
                chars.splice(at..at, piece.chars());
            }
        }
    }
    chars.into_iter().collect()
}

/// Bodies of a pixel's colour that take for ever, or far too long. `$I` is an integer type, `$F` a vector's.
const BODIES: &[&str] = &[
    "var x = 0.0; loop { x += 0.1; if x < -1.0 { break; } } return vec4f(x);",
    "var x = 0.0; for (var i = 0; i < 2000000000; i++) { x += sin(f32(i)); } return vec4f(x);",
    "var x = 0.0; for (var i = 0; i < 50000; i++) { for (var k = 0; k < 50000; k++) { x += f32(i * k); } } return vec4f(x);",
    "var x = 0u; while x != 0xffffffffu { x = x ^ 1u; } return vec4f(f32(x));",
    "var s = vec4f(0.0); for (var i = 0; i < 4000; i++) { s += fbm2(p.pos * f32(i), 8); } return s;",
    "var s = vec4f(0.0); for (var i = 0; i < 200000; i++) { s += look(previous, fract(p.uv * f32(i))); } return s;",
    "return vec4f(sqrt(-1.0 - p.uv.x));",
    "return vec4f(1.0 / (p.uv.x - p.uv.x));",
    "return vec4f(1e38) * vec4f(1e38 * p.uv.x);",
    "discard;",
    "var a: array<vec4f, 4096>; for (var i = 0; i < 4096; i++) { a[i] = vec4f(f32(i)); } return a[i32(p.uv.x * 1e9)];",
    "var a: array<array<vec4f, 1024>, 1024>; return a[i32(p.px.x)][i32(p.px.y)];",
    "let i = i32(p.uv.x * 4e9); return vec4f(f32((1 << u32(i)) / (i - i)));",
];

const GLSL_BODIES: &[&str] = &[
    "for (;;) { }",
    "float x = 0.0; while (true) { x += 0.1; } C = vec4(x);",
    "float x = 0.0; for (int i = 0; i < 2000000000; i++) x += sin(float(i)); C = vec4(x);",
    "float x = 0.0; for (int i = 0; i < 60000; i++) for (int k = 0; k < 60000; k++) x += float(i * k); C = vec4(x);",
    "int i = 0; do { i = 1 - i; } while (i < 2); C = vec4(float(i));",
    "C = vec4(sqrt(-1.0)); C /= 0.0;",
    "C = vec4(1e38) * 1e38;",
    "discard;",
    "float a[4096]; for (int i = 0; i < 4096; i++) a[i] = float(i); C = vec4(a[int(1e9)]);",
    "vec4 a[1000000]; C = a[int(gl_FragCoord.x)];",
    "int z = int(gl_FragCoord.x) * 0; C = vec4(float(1 / z), float(1 % z), float(1 << 40), 1.0);",
    "C = vec4(0.0); for (int i = 0; i < 9000; i++) C += sin(tan(cos(exp(log(abs(float(i) + gl_FragCoord.xyxy))))));",
];

/// Returns the shaders that mean harm: the same 60 each time.
pub fn hostile() -> Vec<Text> {
    let wgsl = |text: String| Text { ending: "wgsl", text };
    let isf = |json: &str, body: &str| Text {
        ending: "fs",
        text: format!("/*{json}*/\nvoid main() {{ vec4 C = vec4(0.0); {body} gl_FragColor = C; }}\n"),
    };
    let toy = |body: &str| Text {
        ending: "glsl",
        text: format!("void mainImage(out vec4 C, in vec2 at) {{ C = vec4(0.0); {body} }}\n"),
    };
    let plain = "{\"ISFVSN\": \"2\"}";
    let mut all: Vec<Text> =
        BODIES.iter().map(|body| wgsl(format!("fn image(p: Pixel) -> vec4f {{ {body} }}\n"))).collect();
    all.extend(GLSL_BODIES.iter().map(|body| isf(plain, body)));
    all.extend(GLSL_BODIES.iter().map(|body| toy(body)));
    let image = "fn image(p: Pixel) -> vec4f { return vec4f(0.1); }\n";
    // Sizes and counts beyond all reason.
    for header in [
        "[[buffer]]\nname = \"b\"\nsize = [100000, 100000]\n[[pass]]\nimage = \"image\"\ntarget = \"b\"\n[[pass]]\nimage = \"image\"",
        "[[storage]]\nname = \"s\"\ntype = \"vec4f\"\ncount = 4000000000\n[[pass]]\nimage = \"image\"",
        "[[pass]]\nvertex = \"v\"\nfragment = \"f\"\nvertices = 4000000000\ninstances = 4000000000",
        "[[storage]]\nname = \"s\"\ntype = \"vec4f\"\ncount = 4\n[[pass]]\ncompute = \"c\"\ngroups = [65535, 65535, 65535]\n[[pass]]\nimage = \"image\"",
    ] {
        all.push(wgsl(format!(
            "/*---\nname = \"x\"\n{header}\n---*/\n{image}\
             @vertex fn v(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {{ return vec4f(f32(i % 3u)); }}\n\
             @fragment fn f() -> @location(0) vec4f {{ return vec4f(0.1); }}\n\
             @compute @workgroup_size(64) fn c(@builtin(global_invocation_id) i: vec3u) {{ s[i.x % 4u] += vec4f(1.0); }}\n"
        )));
    }
    let passes = |num: usize, pass: &str| {
        format!("{{\"ISFVSN\": \"2\", \"PASSES\": [{}]}}", vec![pass; num].join(","))
    };
    for json in [
        passes(5_000, "{\"TARGET\": \"a\"}"),
        passes(
            2,
            "{\"TARGET\": \"a\", \"PERSISTENT\": true, \"FLOAT\": true, \"WIDTH\": \"1e9\", \"HEIGHT\": \"1e9\"}",
        ),
        passes(2, "{\"TARGET\": \"a\", \"WIDTH\": \"$WIDTH/0\", \"HEIGHT\": \"0-$HEIGHT\"}"),
        passes(2, "{\"TARGET\": \"a\", \"WIDTH\": \"((((((((((((((((((((1\"}"),
        "{\"INPUTS\": [".to_owned() + &vec!["{\"NAME\": \"a\", \"TYPE\": \"float\"}"; 3_000].join(",") + "]}",
        "{\"IMPORTED\": {\"x\": {\"PATH\": \"../../../../../../etc/passwd\"}}}".to_owned(),
        "[".repeat(100_000),
    ] {
        all.push(isf(&json, "C = vec4(0.1);"));
    }
    // Texts beyond all reason.
    for body in [
        format!("C = vec4({}1.0{});", "(".repeat(20_000), ")".repeat(20_000)),
        format!("C = vec4({}1.0);", "-".repeat(50_000)),
        format!("C = vec4({});", "1.0 + ".repeat(40_000) + "1.0"),
        format!("{}C = vec4(1.0);{}", "{".repeat(20_000), "}".repeat(20_000)),
        "if (true) ".repeat(20_000) + "C = vec4(1.0);",
        "C = vec4(1.0);\n".repeat(200_000),
        format!("float {} = 1.0; C = vec4(0.5);", "a".repeat(500_000)),
    ] {
        all.push(toy(&body));
    }
    let define = (0..40).fold(String::from("#define A0 1.0\n"), |text, i| {
        text + &format!("#define A{} A{i} + A{i}\n", i + 1)
    });
    all.push(Text {
        ending: "glsl",
        text: format!("{define}void mainImage(out vec4 C, in vec2 at) {{ C = vec4(A40); }}\n"),
    });
    all.push(Text {
        ending: "glsl",
        text: "float f(float x);\nfloat g(float x) { return f(x); }\nfloat f(float x) { return g(x); }\n\
               void mainImage(out vec4 C, in vec2 at) { C = vec4(f(1.0)); }\n"
            .to_owned(),
    });
    all.push(wgsl(format!(
        "fn image(p: Pixel) -> vec4f {{ return vec4f({}1.0{}); }}\n",
        "(".repeat(20_000),
        ")".repeat(20_000)
    )));
    all.push(wgsl("\0".repeat(100_000)));
    all.push(wgsl("fn image(p: Pixel) -> vec4f { return image(p); }\n".to_owned()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_shaders_mean_harm_and_no_two_are_the_same() {
        let all = hostile();
        assert_eq!(all.len(), 60);
        let different: std::collections::HashSet<_> = all.iter().map(|text| &text.text).collect();
        assert_eq!(different.len(), 60);
    }

    #[test]
    fn the_same_seed_breaks_a_text_the_same_way() {
        let texts =
            |seed| (0..20).scan(Dice::new(seed), |dice, _| Some(mutant(GOOD[0].1, dice))).collect::<Vec<_>>();
        assert_eq!(texts(1), texts(1));
        assert_ne!(texts(1), texts(2));
    }
}
