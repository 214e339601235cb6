use renderer_scene::{
    BindingKind, BufferSize, FrameUniform, ParamKind, PassBlend, PassKind, PassTarget, SceneKind,
    TextureSource, Workgroups, native,
};

const FULL: &str = r#"/*---
name = "Everything"
description = "One of each."
tags = ["test"]

[[param]]
name = "line_width"
max = 4.0
default = 2.0
clock = true

[[param]]
name = "shape"
type = "choice"
options = ["Ring", "Star"]
default = 1

[[param]]
name = "tint"
type = "color"

[[param]]
name = "mask"
type = "image"

[[buffer]]
name = "trail"
persistent = true

[[buffer]]
name = "field"
size = [64, 32]
format = "rgba32f"
filter = false

[[storage]]
name = "sparks"
type = "Spark"
count = 100

[[pass]]
compute = "step"
groups = [2, 1, 1]

[[pass]]
compute = "paint"
cover = "field"

[[pass]]
image = "fade"
target = "trail"

[[pass]]
vertex = "spark_vertex"
fragment = "spark_fragment"
vertices = 6
instances = 100
blend = "add"
target = "trail"

[[pass]]
image = "show"
---*/
struct Spark { at: vec2f, life: f32 }
@compute @workgroup_size(64) fn step(@builtin(global_invocation_id) id: vec3u) {
    if id.x < 100u { sparks[id.x].at += vec2f(frame.time.y * params.line_width_clock); }
}
@compute @workgroup_size(8, 4) fn paint(@builtin(global_invocation_id) id: vec3u) {
    textureStore(field_out, id.xy, vec4f(1.0));
}
fn fade(p: Pixel) -> vec4f { return look(trail, p.uv) * 0.9; }
@vertex fn spark_vertex(@builtin(vertex_index) v: u32, @builtin(instance_index) i: u32) -> @builtin(position) vec4f {
    return vec4f(sparks_ro[i].at + vec2f(f32(v % 2u), f32(v / 3u)), 0.0, 1.0);
}
@fragment fn spark_fragment() -> @location(0) vec4f { return params.tint * params.shape; }
fn show(p: Pixel) -> vec4f {
    return look(trail, p.uv) + look(mask, p.uv) + textureSampleLevel(field, samp_nearest, p.uv, 0.0) * spectrum(p.uv.x);
}
"#;

#[test]
fn one_function_is_a_scene() {
    let scene =
        native::compile("fn image(p: Pixel) -> vec4f { return vec4f(p.uv, frame.kick.w, 1.0); }", "mini")
            .unwrap();
    assert_eq!((scene.name.as_str(), scene.kind, scene.passes.len()), ("mini", SceneKind::Native, 1));
    assert_eq!(scene.passes[0].target, PassTarget::Output);
    let kinds = scene.passes[0].bindings.iter().map(|b| &b.kind).collect::<Vec<_>>();
    assert_eq!(kinds, [&BindingKind::Frame], "only what the pass uses is bound");
}

#[test]
fn a_lone_fragment_entry_point_is_a_scene() {
    native::compile("@fragment fn f(@builtin(position) at: vec4f) -> @location(0) vec4f { return at; }", "f")
        .unwrap();
}

#[test]
fn the_header_declares_parameters_buffers_storages_and_passes() {
    let scene = native::compile(FULL, "file").unwrap();
    assert_eq!(scene.name, "Everything");
    assert_eq!(scene.params[0].label, "Line width");
    assert_eq!(scene.params[0].kind, ParamKind::Float { min: 0.0, max: 4.0, default: 2.0, clock: true });
    assert_eq!(scene.buffers[1].size, BufferSize::Fixed([64, 32]));
    assert_eq!(scene.storages[0].size_bytes, 1600, "a Spark takes 16 bytes");
    assert_eq!(scene.passes.len(), 5);
    let PassKind::Compute { workgroups: Workgroups::Cover { buffer: 1, group_size: [8, 4] }, .. } =
        scene.passes[1].kind
    else {
        panic!("{:?}", scene.passes[1].kind);
    };
    let reads_self =
        scene.passes[2].bindings.iter().any(|b| b.kind == BindingKind::Texture(TextureSource::Buffer(0)));
    assert!(reads_self, "a persistent buffer may be read by the pass that draws it");
    let PassKind::Draw { vertices: 6, instances: 100, blend: PassBlend::Add, .. } = scene.passes[3].kind
    else {
        panic!("{:?}", scene.passes[3].kind);
    };
    let read_only = scene.passes[3]
        .bindings
        .iter()
        .any(|b| b.kind == BindingKind::Storage { storage: 0, read_only: true });
    assert!(read_only);
}

#[test]
fn a_parameter_multiplies_instances_and_groups_within_the_limits() {
    let source = |most: u32, times: &str| {
        format!(
            "/*---\n[[param]]\nname = \"crowd\"\nmin = 1.0\nmax = {most}.0\n[[storage]]\nname = \"dots\"\ntype = \"f32\"\ncount = 64\n\
             [[pass]]\ncompute = \"go\"\ngroups = [2, 1, 1]\ntimes = \"{times}\"\n\
             [[pass]]\nimage = \"image\"\ninstances = 1024\ntimes = \"{times}\"\n---*/\n\
             @compute @workgroup_size(1) fn go() {{ dots[0] = params.crowd; }}\n\
             fn image(p: Pixel) -> vec4f {{ return vec4f(dots_ro[0]); }}"
        )
    };
    let scene = native::compile(&source(64, "crowd"), "x").unwrap();
    let PassKind::Compute { workgroups, .. } = &scene.passes[0].kind else { panic!() };
    assert_eq!(*workgroups, Workgroups::Times { counts: [2, 1, 1], param: 0 });
    assert!(matches!(scene.passes[1].kind, PassKind::Draw { instances: 1024, times: Some(0), .. }));
    let refusal = |source: String| native::compile(&source, "x").unwrap_err().message;
    assert!(refusal(source(64, "herd")).contains("no float [[param]]"));
    assert!(refusal(source(40_000, "crowd")).contains("the limit is 65535"));

    let memory = |count: u32, times: &str| {
        format!(
            "/*---\n[[param]]\nname = \"crowd\"\nmin = 1.0\nmax = 64.0\n\
             [[storage]]\nname = \"dots\"\ntype = \"f32\"\ncount = {count}\ntimes = \"{times}\"\n---*/\n\
             fn image(p: Pixel) -> vec4f {{ return vec4f(dots_ro[0]); }}"
        )
    };
    let scene = native::compile(&memory(64, "crowd"), "x").unwrap();
    assert_eq!((scene.storages[0].size_bytes, scene.storages[0].times), (256, Some(0)));
    assert!(refusal(memory(64, "herd")).contains("no float [[param]]"));
    assert!(
        refusal(memory(262_145, "crowd")).contains("can take 67109120 bytes"),
        "the most counts, not the least"
    );
}

#[test]
fn errors_stand_at_the_authors_line_and_column() {
    let check = |source: &str, line: u32, column: u32, part: &str| {
        let error = native::compile(source, "x").unwrap_err();
        assert!(error.message.contains(part), "{error}");
        assert_eq!((error.line, error.column), (line, column), "{error}");
    };
    check("fn image(p: Pixel) -> vec4f {\n    return vec4f(wrong);\n}", 2, 18, "wrong");
    check("fn image(p: Pixel) -> vec4f {\n    return 1.0;\n}", 2, 12, "vec4");
    check("fn other() {}", 1, 1, "no picture");
    check("fn image(p: Pixel) -> vec4f { return vec4f(1.0) }", 1, 49, "expected");
    check("/*---\nname = 3\n---*/", 2, 8, "header");
    check("/*---\nname = \"a\"\nnames = 3\n---*/", 3, 1, "unknown field");
    check("/*---\n[[param]]\nname = \"2x\"\n---*/", 2, 1, "no name");
    check("/*---\n[[param]]\nname = \"x\"\nmin = 2.0\n---*/", 2, 1, "not below");
    check(
        "/*---\n[[pass]]\nimage = \"a\"\ntarget = \"b\"\n---*/fn a(p: Pixel) -> vec4f { return vec4f(0); }",
        2,
        1,
        "no [[buffer]]",
    );
    check("/*---\n", 1, 1, "no end");
    check("fn spectrum() {}\nfn image(p: Pixel) -> vec4f { return vec4f(0.0); }", 1, 4, "redefinition");
    check(&" ".repeat(native::MAX_SOURCE_BYTES + 1), 1, 1, "the limit is");
}

#[test]
fn a_buffer_drawn_and_read_at_once_must_be_persistent() {
    let source = "/*---\n[[buffer]]\nname = \"b\"\n[[pass]]\nimage = \"f\"\ntarget = \"b\"\n[[pass]]\nimage = \"f\"\n---*/\nfn f(p: Pixel) -> vec4f { return look(b, p.uv); }";
    let error = native::compile(source, "x").unwrap_err();
    assert!(error.message.contains("persistent"), "{error}");
}

#[test]
fn inputs_make_effects_and_transitions() {
    let effect = native::compile(
        "/*---\ninputs = 1\n---*/\nfn image(p: Pixel) -> vec4f { return look(input, p.uv); }",
        "x",
    )
    .unwrap();
    assert_eq!((effect.kind, effect.num_inputs), (SceneKind::Native, 1));
    let source = "/*---\ninputs = 2\n---*/\nfn image(p: Pixel) -> vec4f { return mix(look(from_image, p.uv), look(to_image, p.uv), frame.extra.z); }";
    assert_eq!(native::compile(source, "x").unwrap().kind, SceneKind::Transition);
}

#[test]
fn the_id_follows_the_text() {
    let a = native::compile("fn image(p: Pixel) -> vec4f { return vec4f(1.0); }", "a").unwrap();
    let b = native::compile("fn image(p: Pixel) -> vec4f { return vec4f(1.0); }", "b").unwrap();
    let c = native::compile("fn image(p: Pixel) -> vec4f { return vec4f(0.5); }", "a").unwrap();
    assert_eq!(a.id, b.id, "a name does not change what is drawn");
    assert_ne!(a.id, c.id);
}

#[test]
fn the_frame_uniform_has_the_size_wgsl_gives_it() {
    let module = naga::front::wgsl::parse_str(renderer_scene::FRAME_WGSL).unwrap();
    let mut layouter = naga::proc::Layouter::default();
    layouter.update(module.to_ctx()).unwrap();
    let (frame, _) = module.types.iter().find(|(_, t)| t.name.as_deref() == Some("Frame")).unwrap();
    assert_eq!(layouter[frame].size as usize, size_of::<FrameUniform>());
}
