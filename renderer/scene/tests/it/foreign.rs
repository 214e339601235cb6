use renderer_scene::shadertoy::{self, Channel, Tab, TabKind};
use renderer_scene::{
    AudioTexture, BindingKind, BufferFormat, ParamKind, PassTarget, SamplerKind, SceneProgram, TextureSource,
    transition,
};

fn textures(program: &SceneProgram, label: &str) -> Vec<TextureSource> {
    let passes = program.passes.iter().filter(|pass| pass.label == label);
    let kinds = passes.flat_map(|pass| &pass.bindings).map(|binding| &binding.kind);
    kinds
        .filter_map(|kind| if let BindingKind::Texture(source) = kind { Some(source.clone()) } else { None })
        .collect()
}

const IMAGE: &str = "void mainImage(out vec4 c, in vec2 p) { c = texture(iChannel0, p / iResolution.xy); }";

#[test]
fn a_single_toy_hears_the_sound() {
    let program = shadertoy::compile(IMAGE, "toy").unwrap();
    assert_eq!(textures(&program, "Image"), [TextureSource::Audio(AudioTexture::Shadertoy)]);
    assert_eq!(program.passes.last().unwrap().target, PassTarget::Output);
}

#[test]
fn a_toy_sees_every_uniform() {
    let code = "void mainImage(out vec4 c, in vec2 p) {
        c = vec4(iTime + iGlobalTime, iTimeDelta, iFrameRate, float(iFrame)) + iMouse + iDate + iSampleRate;
        c.xyz += iResolution + iChannelResolution[1] + vec3(iChannelTime[2]);
    }";
    shadertoy::compile(code, "toy").unwrap();
}

fn tab(kind: TabKind, code: &str) -> Tab {
    Tab { kind, code: code.to_owned(), channels: Default::default() }
}

#[test]
fn buffers_run_in_order_and_share_common() {
    let mut a = tab(
        TabKind::Buffer(0),
        "void mainImage(out vec4 c, in vec2 p) { c = texelFetch(iChannel1, ivec2(p), 0) * GAIN; }",
    );
    a.channels[1].channel = Channel::Buffer(0);
    let mut image = tab(TabKind::Image, IMAGE);
    image.channels[0].channel = Channel::Buffer(0);
    let common = tab(TabKind::Common, "#define GAIN twice(0.5)\nfloat twice(float x) { return x * 2.0; }");
    let program = shadertoy::compile_tabs(&[image, common, a], "toy").unwrap();
    let labels: Vec<&str> = program.passes.iter().map(|pass| pass.label.as_str()).collect();
    assert_eq!(labels, ["Buffer A", "Image"]);
    assert_eq!((program.buffers[0].format, program.buffers[0].persistent), (BufferFormat::Rgba32F, true));
    assert_eq!(textures(&program, "Buffer A"), [TextureSource::Buffer(0)]);
}

#[test]
fn faults_name_the_text_and_its_line() {
    let check = |common: &str, image: &str, line: u32, start: &str| {
        let tabs = [tab(TabKind::Common, common), tab(TabKind::Image, image)];
        let error = shadertoy::compile_tabs(&tabs, "toy").unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.message.starts_with(start), "{error}");
    };
    check("float f() {\n return gone;\n}", IMAGE, 2, "Common: ");
    check(
        "float f() { return 1.0; }",
        "void mainImage(out vec4 c, in vec2 p) {\n\n c = gone; }",
        3,
        "Image: ",
    );
}

#[test]
fn an_export_brings_its_channels() {
    let json = r#"[{"info": {"name": "Waves", "username": "ada", "description": "d", "tags": ["Sea"]}, "renderpass": [
        {"type": "image", "name": "Image", "code": "void mainImage(out vec4 c, in vec2 p) { c = texture(iChannel0, p) + texture(iChannel1, p) + texture(iChannel2, p) + texture(iChannel3, p); }",
         "inputs": [{"id": "4dXGR8", "channel": 0, "type": "buffer", "sampler": {"filter": "nearest", "wrap": "repeat"}},
                    {"id": "x", "channel": 1, "type": "texture", "filepath": "/media/a/noise.png"},
                    {"id": "y", "channel": 2, "type": "texture", "filepath": "mine.png"},
                    {"id": "z", "channel": 3, "type": "musicstream"}], "outputs": [{"id": "37", "channel": 0}]},
        {"type": "buffer", "name": "Buffer B", "code": "void mainImage(out vec4 c, in vec2 p) { c = vec4(1.0); }",
         "inputs": [], "outputs": [{"id": "4dXGR8", "channel": 0}]}]}]"#;
    let program = shadertoy::compile_json(json, "file").unwrap();
    assert_eq!(
        (program.name.as_str(), program.author.as_str(), program.tags.as_slice()),
        ("Waves", "ada", &["sea".to_owned()][..])
    );
    let noise = program.buffers.iter().position(|buffer| buffer.name == "noise").unwrap();
    assert_eq!(
        textures(&program, "Image"),
        [
            TextureSource::Buffer(0),
            TextureSource::Buffer(noise),
            TextureSource::Imported(0),
            TextureSource::Audio(AudioTexture::Shadertoy)
        ]
    );
    let image = program.passes.last().unwrap();
    assert!(
        image.bindings.iter().any(|binding| binding.kind == BindingKind::Sampler(SamplerKind::NearestRepeat))
    );
}

#[test]
fn what_an_export_cannot_bring_is_said() {
    let check = |json: &str, part: &str| {
        let error = shadertoy::compile_json(json, "toy").unwrap_err();
        assert!(error.message.contains(part), "{error}");
    };
    check("{", "malformed");
    check("{}", "renderpass");
    check(r#"{"renderpass": [{"type": "cubemap"}]}"#, "Cube");
    check(r#"{"renderpass": [{"type": "image", "inputs": [{"channel": 9, "type": "mic"}]}]}"#, "channel 9");
    check(r#"{"renderpass": [{"type": "image", "inputs": [{"channel": 0, "type": "volume"}]}]}"#, "volume");
    check(r#"{"renderpass": [{"type": "sound", "code": ""}]}"#, "no Image");
}

#[test]
fn a_folder_is_read_by_file_names_and_channel_lines() {
    let files = [
        ("toy/Common.glsl", "#define X 1.0"),
        (
            "toy/buffer_a.frag",
            "#iChannel0 \"self\"\nvoid mainImage(out vec4 c, in vec2 p) { c = texture(iChannel0, p); }",
        ),
        (
            "toy/image.glsl",
            "#iChannel0 \"file://bufferA.glsl\"\n#iChannel1 \"audio\"\n#iChannel2 \"file://paper.png\"\nvoid mainImage(out vec4 c, in vec2 p) { c = texture(iChannel0, p) + texture(iChannel1, p) + texture(iChannel2, p) * X; }",
        ),
        ("toy/readme.txt", "words"),
    ];
    let program = shadertoy::compile_tabs(&shadertoy::tabs_from_files(files), "toy").unwrap();
    assert_eq!(textures(&program, "Buffer A"), [TextureSource::Buffer(0)]);
    let expected =
        [TextureSource::Buffer(0), TextureSource::Audio(AudioTexture::Shadertoy), TextureSource::Imported(0)];
    assert_eq!(textures(&program, "Image"), expected);
}

#[test]
fn a_transition_reads_both_pictures_and_its_defaults() {
    let source = "// Author: Ada
        uniform float power; // = 5.0
        uniform int steps; // =50
        uniform bool reverse; // = true
        uniform vec2 direction; // = vec2(0.0, -2)
        uniform ivec2 size; // = ivec2(4)
        uniform vec3 tint /* = vec3(0.9, 0.4, 0.2) */;
        uniform vec4 border; // = vec4(1.0)
        uniform vec3 far; // = vec3(1, 10, 100)
        uniform float edgeWidth_px;
        uniform sampler2D luma;
        vec4 transition(vec2 uv) {
            float m = power + float(steps) + float(size.x) + direction.x + far.z + texture2D(luma, uv).r + ratio;
            vec4 c = reverse ? vec4(tint, 1.0) : border;
            return mix(getFromColor(uv), getToColor(uv), progress) + c * m;
        }";
    let program = transition::compile(source, "wipe").unwrap();
    assert_eq!((program.num_inputs, program.author.as_str()), (2, "Ada"));
    let default = |name: &str| program.params.iter().find(|param| param.name == name).unwrap().default_slot();
    assert_eq!(default("power")[0], 5.0);
    assert_eq!(default("steps")[0], 50.0);
    assert_eq!(default("reverse")[0], 1.0);
    assert_eq!(default("direction"), [0.0, -2.0, 0.0, 0.0]);
    assert_eq!(default("size"), [4.0, 4.0, 0.0, 0.0]);
    assert_eq!(default("tint"), [0.9, 0.4, 0.2, 1.0]);
    assert_eq!(default("border"), [1.0; 4]);
    assert_eq!(default("far.z")[0], 100.0);
    assert!(program.params.iter().any(|param| param.kind == ParamKind::Image));
    let label =
        |name: &str| program.params.iter().find(|param| param.name == name).map(|param| param.label.as_str());
    assert_eq!(label("edgeWidth_px"), Some("Edge width px"));
    let luma = program.params.iter().position(|param| param.name == "luma").unwrap();
    assert_eq!(
        textures(&program, "transition"),
        [TextureSource::Input(0), TextureSource::Input(1), TextureSource::Param(luma)]
    );
}

#[test]
fn a_fault_in_a_transition_is_at_its_line() {
    let error = transition::compile(
        "// head\nvec4 transition(vec2 uv) {\n  return getFromColor(uv, 1.0) + nothing;\n}",
        "wipe",
    );
    let error = error.unwrap_err();
    assert_eq!(error.line, 3);
    assert!(transition::compile("void main() {}", "wipe").is_err());
}

#[test]
fn formats_are_told_apart() {
    assert!(shadertoy::is_shadertoy(IMAGE));
    let odd =
        "vec4 mainImage(vec2 p) { return vec4(1.0); } vec4 transition (vec2 uv) { return mainImage(uv); }";
    assert!(transition::is_transition(odd) && !shadertoy::is_shadertoy(odd));
}
