//! GLSL as people write it, in one table. Each line is the body of `mainImage`, or a whole text.

use renderer_scene::shadertoy;

fn check(code: &str) {
    let text = if code.contains("mainImage") {
        code.to_owned()
    } else {
        format!("void mainImage(out vec4 c, in vec2 p) {{ {code} }}")
    };
    if let Err(error) = shadertoy::compile(&text, "dialect") {
        panic!("{error}\n{text}");
    }
}

#[test]
fn arrays() {
    for code in [
        "float a[3] = float[3](1., 2., 3.); float s = 0.; for (int i = 0; i < a.length(); i++) s += a[i]; c = vec4(s);",
        "float a[] = float[](1., 2., 3.); c = vec4(a[int(p.x) % 3]);",
        "const int n = 4; const float s = 1. / float(n); float a[n]; for (int i = 0; i < n; i++) a[i] = s; c = vec4(a[3]);",
        "float q[3]; q[0] = q[1] = q[2] = 0.; int i = 0; q[i++] = 1.; c = vec4(q[i]);",
        "const vec3 k[] = vec3[](vec3(1.), vec3(.5, 0, 1)); void mainImage(out vec4 c, in vec2 p) { c = vec4(k[int(iTime)], 1.); }",
        "const vec3[2] k = vec3[2](vec3(1.), vec3(.5)); void mainImage(out vec4 c, in vec2 p) { c = vec4(k[1], 1.); }",
        "float k[] = float[](iTime, 2.); void mainImage(out vec4 c, in vec2 p) { c = vec4(k[1]); }",
        "const int N = 3, M = N * 2; void mainImage(out vec4 c, in vec2 p) { float q[M]; q[0] = 1.; c = vec4(q[0]); }",
        "float[2] f() { return float[2](1., 2.); } void mainImage(out vec4 c, in vec2 p) { float a[2] = f(); c = vec4(a[1]); }",
        "void f(out float a[2]) { a[0] = 1.; a[1] = 2.; } void mainImage(out vec4 c, in vec2 p) { float a[2]; f(a); c = vec4(a[0]); }",
        "struct S { float a; vec2 b; }; const S s[2] = S[2](S(1., vec2(2.)), S(2., vec2(1)));
         void mainImage(out vec4 c, in vec2 p) { c = vec4(s[int(p.x)].a, s[1].b, 1); }",
    ] {
        check(code);
    }
}

#[test]
fn matrices() {
    for code in [
        "mat3 m = mat3(1.); int i = int(p.x); m[i].x = 3.; m[2].xy = p; m[0].yz += p; m[i] = vec3(1); c = vec4(m[i] * m, m[0].x);",
        "mat3 m = mat3(1.); if (p.x > 1.) m[0].xy = p; else m[1].rg *= 2.; m[0][1] = 2.; c = vec4(m[0], 1.);",
        "mat4 m = mat4(mat3(1.)); mat2 n = mat2(m); n = 2. * n / 3. - n; n *= n; c = m * vec4(p * n, 0, 1);",
        "vec3 q = vec3(p, 1.); q.xy *= mat2(1, 2, 3, 4); q.x++; --q.y; q.zxy = q.xyz; c = vec4(q, 1);",
        "mat2 r(float a) { return mat2(cos(a), -sin(a), sin(a), cos(a)); } void mainImage(out vec4 c, vec2 p) { p *= r(iTime); c = vec4(p, p); }",
    ] {
        check(code);
    }
}

#[test]
fn conversions() {
    for code in [
        "float x = 1; x += 2; x = x * 3 + 1; vec2 q = p * 2; if (x > 1) x = -1; c = vec4(x, q, 1);",
        "c = vec4(max(p.x, 0) + clamp(p.y, 0, 1) + mix(0, 1, p.x) + smoothstep(0, 1, p.x) + mod(p.x, 2) + pow(p.x, 2));",
        "bool b = p.x > 1.; c = vec4(b); c.rgb = vec3(p.x < 2.); c += vec4(!b) + vec4(any(lessThan(p, vec2(1.)))) + vec4(p == vec2(0));",
        "bool b = bool(p.x); c = vec4(b, b, float(b), int(b)); c = vec4(b ? 1. : 0.);",
        "ivec2 i = ivec2(p); i = i % 2; int k = i.x & 1 | i.y << 2; k ^= 3; k = ~k; k >>= 1; c = vec4(i, k, 0);",
        "uvec2 q = uvec2(p); c = vec4(float(q.x + 1920U * q.y) / float(0xffffffffU), uintBitsToFloat(q.x), 1.f, 1e-3);",
        "float far = 1. / 0.; c = vec4(far, 1.0 / 0.0, 0, 0);",
        "int f() { return 1; } float g() { return 1; } void mainImage(out vec4 c, vec2 p) { c = vec4(f()) * g(); }",
    ] {
        check(code);
    }
}

#[test]
fn statements() {
    for code in [
        "float s = 0.; for (int i = 0, j = 3; i < j; i++, j--) s += 1.; c = vec4(s);",
        "int n = 0; for (; float(n) <= 6.0; n++) c += vec4(n); for (float i = 0.; vec2(i).x < 3.; i++) c *= 2.;",
        "for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) if (i != j) c += 1.; else c -= 1.;",
        "int i = 0; while (i++ < 5) { if (i == 2) continue; if (i == 4) break; } do { i--; } while (i > 0); c = vec4(i);",
        "float x = 0.; switch (int(p.x)) { case 0: x += 1.; case 1: x += 2.; break; case 2: { x = 4.; } break; } c = vec4(x);",
        "float d, a, b; a = b = d = 1.; a = 3., b = 4.; if ((d = length(p)) < 1.) c = vec4(d); else c = vec4(a, b, (a, b), d);",
        "vec3 a = p.x > 1. ? vec3(1.) : p.y > 2. ? vec3(0.) : vec3(.5); c = vec4(a, p.x < 0. ? 1 : 2);",
        "float x = 1.; { float x = 2.; c = vec4(x); } for (int i = 0; i < 2; i++) { float x = float(i); c += x; } c += x;;",
        "float x = 1.; c = vec4(x, -p, - -1.); c = -c; c.st = p; c.argb = c.wzyx;",
        "void mainImage(out vec4 o, vec2 u) { o *= 0.; float i, d, z; for (; i++ < 20.; z += d) { vec3 p = z * vec3(u, 1); d = length(p) - 1.; o += cos(p.y + vec4(6, 1, 2, 0)) / max(d, .01); } o = tanh(o / 1e3); }",
    ] {
        check(code);
    }
}

#[test]
fn functions_and_names() {
    for code in [
        "void f(inout vec2 v, out float z) { v += 1.; z = 2.; } void mainImage(out vec4 c, in vec2 p) { vec4 q = vec4(p, p); f(q.xz, q.y); c = q; }",
        "float n(float x) { return x; } float n(vec2 x) { return n(x.x); } float n(vec3 x) { return n(x.xy); }
         void mainImage(out vec4 c, in vec2 p) { c = vec4(n(1.), n(p), n(vec3(p, 1)), 1); }",
        "float f(vec3); void mainImage(out vec4 c, in vec2 p) { c = vec4(f(vec3(p, 1))); } float f(vec3 p) { return p.x; }",
        "float round(float x) { return floor(x + .5); } vec3 tanh(vec3 x) { return x; } void mainImage(out vec4 c, in vec2 p) { c = vec4(tanh(vec3(round(p.x))), 1); }",
        "float map(vec3 p) { return p.x; } void mainImage(out vec4 c, in vec2 p) { float map = map(vec3(p, 1)); float dot = 1.; c = vec4(map + dot); }",
        "float half = 1., input = 3., filter = 5., sample = 8., buffer = 11., patch = 12., noise = 1., resource = 6., var = 7., fn = 9.; c = vec4(half + input + filter + sample + buffer + patch + noise + resource + var + fn);",
        "const float PI = acos(-1.); const vec2 D = normalize(vec2(1, 2)); const mat2 R = mat2(cos(1.), sin(1.), -sin(1.), cos(1.));
         void mainImage(out vec4 c, in vec2 p) { c = vec4(R * D * PI, PI, 1); }",
        "vec4 blur(sampler2D ch, vec2 uv) { return texture(ch, uv) + texture(ch, uv, -1.) + textureLod(ch, uv, 2.) + textureGrad(ch, uv, dFdx(uv), dFdy(uv)) + vec4(textureSize(ch, 0), 0, 0); }
         void mainImage(out vec4 c, in vec2 p) { c = blur(iChannel0, p) + blur(iChannel1, p); }",
        "vec2 mainSound(int s, float t) { return vec2(sin(t)); } void mainImage(out vec4 c, in vec2 p) { c = vec4(1); }",
    ] {
        check(code);
    }
}

#[test]
fn the_preprocessor() {
    for code in [
        "#define R iResolution\n#define rot(a) mat2(cos(a), sin(a), -sin(a), cos(a))\n#define T(u) texture(iChannel0, (u) / R.xy)\n#define LOOP for (int i = 0; i < 4; i++)\nvoid mainImage(out vec4 c, vec2 p) { c = vec4(0); LOOP c += T(p * rot(float(i))); }",
        "#define F(a, b) \\\n  ((a) + \\\n  (b))\nvoid mainImage(out vec4 c, in vec2 p) { c = vec4(F(p.x, F(p.y,\n 1.))); }",
        "#define A 1\n#if A && defined(A) || !defined B\n#define V 1.\n#elif 0\n#define V 2.\n#else\n#error no\n#endif\nvoid mainImage(out vec4 c, in vec2 p) { c = vec4(V); }",
        "#define DBG\n#ifdef DBG\n#undef DBG\n#endif\n#define E\nE void mainImage(out vec4 c, in vec2 p) E { c = vec4(1); }",
        "#define f(x) g(x)\n#define g(x) f(x)\nfloat f(float x) { return x; }\n#undef f\n#undef g\nvoid mainImage(out vec4 c, in vec2 p) { c = vec4(1); }",
        "#define AB 1.\n#define JOIN(a, b) a##b\nvoid mainImage(out vec4 c, in vec2 p) { c = vec4(JOIN(A, B)); }",
        "#if 0\n#error not read\n#if 1\n#endif\n#else\nvoid mainImage(out vec4 c, in vec2 p) { c = vec4(1); }\n#endif",
    ] {
        check(code);
    }
}
