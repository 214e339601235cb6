use renderer_scene::{
    AudioTexture, BindingKind, BufferFormat, BufferSize, ParamKind, ParamSpec, PassKind, PassTarget,
    SceneError, SceneProgram, TextureSource, isf,
};

fn compile(header: &str, code: &str) -> Result<SceneProgram, SceneError> {
    isf::compile(&format!("/*{header}*/\n{code}"), None, "test")
}

fn good(header: &str, code: &str) -> SceneProgram {
    compile(header, code).unwrap_or_else(|error| panic!("{error}\n{code}"))
}

fn textures(program: &SceneProgram, pass: usize) -> Vec<TextureSource> {
    let bindings = program.passes[pass].bindings.iter();
    bindings
        .filter_map(|binding| match &binding.kind {
            BindingKind::Texture(source) => Some(source.clone()),
            _ => None,
        })
        .collect()
}

const PLAIN: &str = "void main() { gl_FragColor = vec4(isf_FragNormCoord, 0.0, 1.0); }";

#[test]
fn a_plain_text_is_one_pass_to_the_output() {
    let program =
        good(r#"{"ISFVSN": "2", "CREDIT": "me", "DESCRIPTION": "d", "CATEGORIES": ["Generator"]}"#, PLAIN);
    assert_eq!(program.passes.len(), 1);
    assert_eq!(program.passes[0].target, PassTarget::Output);
    assert_eq!((program.num_inputs, program.output_srgb), (0, true));
    assert_eq!((program.author.as_str(), program.description.as_str()), ("me", "d"));
    assert_eq!(program.tags, ["generator"]);
}

#[test]
fn every_input_type_becomes_a_parameter_or_a_picture() {
    let program = good(
        r#"{"INPUTS": [
            {"NAME": "speed", "TYPE": "float", "MIN": -1, "MAX": 4, "DEFAULT": 2, "LABEL": "Speed"},
            {"NAME": "mode", "TYPE": "long", "VALUES": [0, 5], "LABELS": ["off", "on"], "DEFAULT": 5},
            {"NAME": "on", "TYPE": "bool", "DEFAULT": true},
            {"NAME": "hit", "TYPE": "event"},
            {"NAME": "tint", "TYPE": "color", "DEFAULT": [1, 0.5, 0, 1]},
            {"NAME": "at", "TYPE": "point2D", "MIN": [0, 0], "MAX": [2, 3], "DEFAULT": [1, 1]},
            {"NAME": "photo", "TYPE": "image"},
            {"NAME": "wave", "TYPE": "audio"},
            {"NAME": "bands", "TYPE": "audioFFT", "MAX": 4}
        ]}"#,
        "void main() {
            float s = speed; int m = mode; bool b = on || hit; vec4 t = tint; vec2 p = at;
            vec4 c = IMG_NORM_PIXEL(photo, p) + IMG_PIXEL(wave, p) + IMG_NORM_PIXEL(bands, p) + t;
            gl_FragColor = b ? c * s : c * float(m);
        }",
    );
    let names: Vec<&str> = program.params.iter().map(|param| param.name.as_str()).collect();
    assert_eq!(names, ["speed", "mode", "on", "hit", "tint", "at", "photo"]);
    let kind = |idx: usize| &program.params[idx].kind;
    assert_eq!(*kind(0), ParamKind::Float { min: -1.0, max: 4.0, default: 2.0, clock: false });
    assert_eq!(program.params[0].label, "Speed");
    assert_eq!(
        *kind(1),
        ParamKind::Choice { options: vec![(0, "off".into()), (5, "on".into())], default: 5 }
    );
    assert_eq!(*kind(2), ParamKind::Bool { default: true });
    assert_eq!(*kind(5), ParamKind::Point { min: [0.0; 2], max: [2.0, 3.0], default: [1.0; 2] });
    let wave = TextureSource::Audio(AudioTexture::IsfWave { width: 512 });
    let bands = TextureSource::Audio(AudioTexture::IsfFft { width: 4 });
    assert_eq!(textures(&program, 0), [TextureSource::Param(6), wave, bands]);
}

/// A person moves such a point from 0 to 1, the text gets pixels, as in the hosts that made the format.
#[test]
fn a_point_without_a_range_is_in_pixels() {
    let program = good(
        r#"{"INPUTS": [{"NAME": "corner", "TYPE": "point2D", "DEFAULT": [1, 0]}]}"#,
        "void main() { gl_FragColor = vec4(corner / RENDERSIZE, 0.0, 1.0); }",
    );
    assert_eq!(
        program.params[0].kind,
        ParamKind::Point { min: [0.0; 2], max: [1.0; 2], default: [1.0, 0.0] }
    );
}

#[test]
fn every_automatic_variable_is_there() {
    good(
        "{}",
        "void main() {
            vec4 c = DATE + vec4(TIME, TIMEDELTA, float(FRAMEINDEX), float(PASSINDEX));
            gl_FragColor = c + vec4(RENDERSIZE, isf_FragNormCoord) + vec4(vv_FragNormCoord, gl_FragCoord.xy);
        }",
    );
}

#[test]
fn image_names_tell_filters_and_transitions() {
    let image = |name: &str| format!(r#"{{"NAME": "{name}", "TYPE": "image"}}"#);
    let filter = good(
        &format!(r#"{{"INPUTS": [{}, {}]}}"#, image("inputImage"), image("mask")),
        "void main() { gl_FragColor = IMG_THIS_PIXEL(inputImage) * IMG_THIS_NORM_PIXEL(mask); }",
    );
    assert_eq!(filter.num_inputs, 1);
    assert_eq!(textures(&filter, 0), [TextureSource::Input(0), TextureSource::Param(0)]);
    let progress = r#"{"NAME": "progress", "TYPE": "float"}"#;
    let transition = good(
        &format!(r#"{{"INPUTS": [{}, {}, {progress}]}}"#, image("startImage"), image("endImage")),
        "void main() { gl_FragColor = mix(IMG_THIS_PIXEL(startImage), IMG_THIS_PIXEL(endImage), progress); }",
    );
    assert_eq!((transition.num_inputs, transition.params.len()), (2, 0));
    assert_eq!(textures(&transition, 0), [TextureSource::Input(0), TextureSource::Input(1)]);
}

#[test]
fn passes_have_sizes_formats_and_memory() {
    let program = good(
        r#"{"INPUTS": [{"NAME": "cells", "TYPE": "float", "MIN": 1, "MAX": 64, "DEFAULT": 8}], "PASSES": [
            {"TARGET": "small", "WIDTH": "floor($WIDTH / 3.0)", "HEIGHT": "max($cells, 2)"},
            {"TARGET": "sim", "PERSISTENT": true, "FLOAT": true},
            {}
        ]}"#,
        "void main() {
            if (PASSINDEX == 0) { gl_FragColor = vec4(1.0); }
            else if (PASSINDEX == 1) { gl_FragColor = IMG_THIS_PIXEL(small) + IMG_THIS_PIXEL(sim); }
            else { gl_FragColor = IMG_NORM_PIXEL(sim, vec2(0.5)); }
        }",
    );
    let targets: Vec<PassTarget> = program.passes.iter().map(|pass| pass.target).collect();
    assert_eq!(targets, [PassTarget::Buffer(0), PassTarget::Buffer(1), PassTarget::Output]);
    let slots: Vec<_> = program.params.iter().map(ParamSpec::default_slot).collect();
    assert_eq!(program.buffers[0].size.resolve([100, 50], &program.params, &slots), [33, 8]);
    assert_eq!((program.buffers[0].format, program.buffers[0].persistent), (BufferFormat::Rgba8, false));
    assert_eq!(program.buffers[1].size, BufferSize::Scaled(1.0));
    assert_eq!((program.buffers[1].format, program.buffers[1].persistent), (BufferFormat::Rgba32F, true));
    // A buffer without memory cannot be read while it is drawn; one with memory shows last frame.
    assert_eq!(textures(&program, 0), [TextureSource::Black, TextureSource::Buffer(1)]);
    assert_eq!(textures(&program, 1), [TextureSource::Buffer(0), TextureSource::Buffer(1)]);
}

#[test]
fn a_last_pass_with_a_target_is_shown_too() {
    let program = good(
        r#"{"PERSISTENT_BUFFERS": ["trail"], "PASSES": [{"TARGET": "trail"}]}"#,
        "void main() { gl_FragColor = mix(IMG_THIS_PIXEL(trail), vec4(1.0), 0.1); }",
    );
    let targets: Vec<PassTarget> = program.passes.iter().map(|pass| pass.target).collect();
    assert_eq!(targets, [PassTarget::Buffer(0), PassTarget::Output]);
    assert!(program.buffers[0].persistent);
}

#[test]
fn imported_pictures_keep_their_paths() {
    let program = good(
        r#"{"IMPORTED": {"grain": {"PATH": "grain.png"}}}"#,
        "void main() { gl_FragColor = IMG_NORM_PIXEL(grain, isf_FragNormCoord) * vec4(IMG_SIZE(grain), _grain_imgRect.zw); }",
    );
    assert_eq!(program.images.len(), 1);
    assert_eq!(textures(&program, 0), [TextureSource::Imported(0)]);
}

#[test]
fn a_vertex_text_bends_a_quad_and_hands_over_any_varying() {
    let vs = "
        #if __VERSION__ <= 120
        varying vec2 spot; varying mat2 turn; varying vec4 taps[2];
        #else
        out vec2 spot; out mat2 turn; out vec4 taps[2];
        #endif
        void main() {
            isf_vertShaderInit();
            spot = isf_FragNormCoord * 2.0;
            turn = mat2(1.0);
            taps[0] = vec4(spot, spot); taps[1] = vec4(1.0);
            gl_Position.xy *= 0.5;
        }";
    let fs = "/*{}*/
        #if __VERSION__ <= 120
        varying vec2 spot; varying mat2 turn; varying vec4 taps[2];
        #else
        in vec2 spot; in mat2 turn; in vec4 taps[2];
        #endif
        void main() { gl_FragColor = vec4(turn * spot, 0.0, 1.0) * taps[0] + taps[1]; }";
    let program = isf::compile(fs, Some(vs), "test").unwrap();
    assert!(matches!(program.passes[0].kind, PassKind::Draw { vertices: 6, .. }));
    let error = isf::compile(fs, Some("void main() {\n  nothing = 1.0;\n}"), "test").unwrap_err();
    assert_eq!(error.line, 2);
    assert!(error.message.starts_with("in the vertex shader: "), "{error}");
}

#[test]
fn the_dialects_people_write_compile() {
    let header = r#"{"INPUTS": [{"NAME": "photo", "TYPE": "image"}, {"NAME": "k", "TYPE": "float"}]}"#;
    for code in [
        // A path that does not return.
        "float f(float x) { if (x > 0.0) { return 1.0; } }\nvoid main() { gl_FragColor = vec4(f(TIME)); }",
        // An integer where a float is returned.
        "float f() { return 1; }\nvoid main() { gl_FragColor = vec4(f()); }",
        // A global made of uniforms.
        "vec2 centre = RENDERSIZE * 0.5;\nvoid main() { gl_FragColor = vec4(centre, k, 1.0); }",
        "const float twice = TIME * 2.0;\nvoid main() { const float more = twice * k; gl_FragColor = vec4(more); }",
        // A variable named like the picture it is read from.
        "void main() { vec4 photo = IMG_THIS_PIXEL(photo); gl_FragColor = photo; }",
        // Macros that read pictures.
        "#define AT(i, p) IMG_NORM_PIXEL(i, (p) * 0.5)\nvoid main() { gl_FragColor = AT(photo, isf_FragNormCoord); }",
        // A sampler handed on.
        "vec4 twice(sampler2D s, vec2 p) { return texture2D(s, p) * 2.0; }\n\
         vec4 more(sampler2D s) { return twice(s, vec2(0.5)) + IMG_THIS_PIXEL(s); }\n\
         void main() { gl_FragColor = more(photo); }",
        // Prototypes, and callees after callers.
        "float late(float x);\nvoid main() { gl_FragColor = vec4(late(1.0)); }\nfloat late(float x) { return x; }",
        // Words that newer GLSL reserves.
        "float sample(vec2 buffer) { return buffer.x; }\nvoid main() { gl_FragColor = vec4(sample(vec2(1.0))); }",
        "precision highp float;\nvarying lowp vec2 unset;\nvoid main(void) { mediump float x = unset.x; gl_FragColor = vec4(x); }",
        "struct Ray { vec3 from; vec3 to; };\nRay make() { Ray r; r.from = vec3(0.0); r.to = vec3(1.0); return r; }\n\
         void main() { gl_FragColor = vec4(make().to, 1.0); }",
        "void main() { gl_FragColor = vec4(pow(-2.0, 3.0), pow(vec2(-1.0), vec2(2.0)), pow(TIME, k)); }",
        "float pow(float a, float b) { return a; }\nvoid main() { gl_FragColor = vec4(pow(1.0, 2.0)); }",
        "out vec4 colour;\nvoid main() { colour = vec4(dFdx(TIME), dFdy(gl_FragCoord.y), fwidth(TIME), 1.0); }",
        "const int N = 3;\nfloat weights[N];\nvoid main() { for (int i = 0; i < N; i++) weights[i] = float(i); gl_FragColor = vec4(weights[2]); }",
        "void main() { gl_FragColor = texture2DLod(photo, vec2(0.5), 0.0) + texelFetch(photo, ivec2(1), 0) + vec4(vec2(textureSize(photo, 0)), 0.0, 1.0); }",
    ] {
        good(header, code);
    }
}

/// Every error is where the author sees it, macros and rewriting notwithstanding.
#[test]
fn errors_are_at_the_authors_line_and_column() {
    let check = |code: &str, line: u32, column: u32, part: &str| {
        let error = compile("{}", code).err().unwrap_or_else(|| panic!("{code} compiled"));
        // The header takes the first line.
        assert_eq!((error.line - 1, error.column), (line, column), "{error}\n{code}");
        assert!(error.message.contains(part), "{error}");
    };
    check("void main() {\n  gl_FragColor = vec4(missing);\n}", 2, 23, "missing");
    check(
        "#define ONE 1.0\n#define F(x) (x * ONE)\nvoid main() {\n  gl_FragColor = vec4(F(gone));\n}",
        4,
        25,
        "gone",
    );
    check("void main() {\n  gl_FragColor = IMG_THIS_PIXEL(nothing);\n}", 2, 33, "no picture");
    check("void main() {\n  gl_FragColor = vec4(1.0;\n}", 3, 1, "expected \")\"");
    check("void main() {\n  float x = 1.0\n  gl_FragColor = vec4(x);\n}", 3, 3, "");
    check("#if 1\nvoid main() {}", 1, 1, "#endif");
    check("void main() { gl_FragColor = vec4(1.0) @ 2; }", 1, 40, "'@'");
    check("float f(float x) { return x; }\nvoid main() { gl_FragColor = vec4(f(1.0, 2.0)); }", 2, 35, "f");
}

#[test]
fn faults_of_the_header_are_found() {
    let check = |source: &str, line: u32, part: &str| {
        let error = isf::compile(source, None, "test").unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.message.contains(part), "{error}");
    };
    check("void main() {}", 1, "begins with a comment");
    check("/*{\n\"INPUTS\": [,]}*/ void main() {}", 2, "malformed JSON");
    check("/*{", 1, "no end");
    check(r#"/*{"INPUTS": [{"NAME": "a b", "TYPE": "float"}]}*/ void main() {}"#, 1, "\"a b\"");
    check(
        r#"/*{"INPUTS": [{"NAME": "a", "TYPE": "float"}, {"NAME": "a", "TYPE": "bool"}]}*/ void main() {}"#,
        1,
        "two things",
    );
    check(r#"/*{"INPUTS": [{"NAME": "a", "TYPE": "cube"}]}*/ void main() {}"#, 1, "unknown type");
    check(r#"/*{"PASSES": [{"TARGET": "a", "WIDTH": "$WIDTH /"}]}*/ void main() {}"#, 1, "size expression");
    check("/*{}*/ float f() { return 1.0; }", 1, "no `void main()`");
}

#[test]
fn the_same_text_has_the_same_id_and_another_text_another() {
    let id = |code: &str| good("{}", code).id;
    assert_eq!(id(PLAIN), id(PLAIN));
    assert_ne!(id(PLAIN), id("void main() { gl_FragColor = vec4(1.0); }"));
}

#[test]
fn isf_is_told_by_its_comment() {
    for text in ["/*{}*/", "\u{feff}\n/* {\n}*/", "/**{}*/"] {
        assert!(isf::is_isf(text), "{text:?}");
    }
    for text in ["", "// {}", "/* words */", "void main() {}"] {
        assert!(!isf::is_isf(text), "{text:?}");
    }
}
