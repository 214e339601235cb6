use crate::rig::{assert_all, code, flat, last, one, scene, stage};

#[test]
fn a_flat_scene_is_its_colour_on_the_screen() {
    let pixels = last(&mut stage([8, 4]), &flat(0.5, 0.0, 0.25, 1.0), 1);
    assert_all(&pixels, [code(0.5), 0, code(0.25)], 1);
}

#[test]
fn black_stays_black_under_the_dither() {
    assert_all(&last(&mut stage([64, 64]), &flat(0.0, 0.0, 0.0, 1.0), 3), [0, 0, 0], 0);
}

#[test]
fn light_above_one_is_compressed_and_reaches_white_at_four() {
    let bright = |x: f32| last(&mut stage([4, 4]), &flat(x, x, x, 1.0), 1)[0][0];
    let (one, two, four, nine) = (bright(1.0), bright(2.0), bright(4.0), bright(9.0));
    assert!(one < two && two < four, "{one} {two} {four}");
    assert_eq!((four, nine), (255, 255));
}

#[test]
fn uv_starts_at_the_top_left_and_pos_points_up() {
    let pixels = last(
        &mut stage([4, 2]),
        &scene(
            "fn image(p: Pixel) -> vec4f { return vec4f(step(p.uv.x, 0.5) * 0.5, step(p.uv.y, 0.5) * 0.5, step(0.0, p.pos.y) * 0.5, 1.0); }",
        ),
        1,
    );
    assert_all(&pixels[..1], [code(0.5); 3], 1);
    assert_all(&pixels[7..], [0; 3], 1);
}

#[test]
fn a_persistent_buffer_read_by_its_own_pass_holds_the_last_frame() {
    let counter = scene(
        "/*---\n[[buffer]]\nname = \"count\"\nformat = \"rgba32f\"\npersistent = true\nfilter = false\n\
         [[pass]]\nimage = \"add\"\ntarget = \"count\"\n[[pass]]\nimage = \"show\"\n---*/\n\
         fn add(p: Pixel) -> vec4f { return textureLoad(count, vec2i(p.px), 0) + 0.1; }\n\
         fn show(p: Pixel) -> vec4f { return vec4f(textureLoad(count, vec2i(p.px), 0).rgb, 1.0); }",
    );
    assert_all(&last(&mut stage([4, 4]), &counter, 1), [code(0.1); 3], 1);
    assert_all(&last(&mut stage([4, 4]), &counter, 5), [code(0.5); 3], 1);
}

#[test]
fn the_last_output_can_be_read() {
    let counter = scene("fn image(p: Pixel) -> vec4f { return vec4f(look(previous, p.uv).rgb + 0.1, 1.0); }");
    assert_all(&last(&mut stage([4, 4]), &counter, 4), [code(0.4); 3], 1);
}

#[test]
fn compute_keeps_its_storage_and_writes_buffers() {
    let counter = scene(
        "/*---\n[[buffer]]\nname = \"field\"\nsize = [4, 4]\n[[storage]]\nname = \"cells\"\ntype = \"f32\"\ncount = 16\n\
         [[pass]]\ncompute = \"step_cells\"\ngroups = [1, 1, 1]\n[[pass]]\ncompute = \"paint\"\ncover = \"field\"\n\
         [[pass]]\nimage = \"show\"\n---*/\n\
         @compute @workgroup_size(16) fn step_cells(@builtin(local_invocation_index) i: u32) { cells[i] += 0.125; }\n\
         @compute @workgroup_size(2, 2) fn paint(@builtin(global_invocation_id) id: vec3u) { textureStore(field_out, id.xy, vec4f(vec3f(cells[id.y * 4u + id.x]), 1.0)); }\n\
         fn show(p: Pixel) -> vec4f { return look(field, p.uv); }",
    );
    assert_all(&last(&mut stage([4, 4]), &counter, 4), [code(0.5); 3], 1);
}

#[test]
fn instances_are_added_to_what_a_buffer_holds() {
    let source = "/*---\n[[storage]]\nname = \"unused\"\ntype = \"f32\"\ncount = 4\n[[pass]]\nvertex = \"v\"\nfragment = \"f\"\nvertices = 3\ninstances = 4\nblend = \"add_on_clear\"\n---*/\n\
        @vertex fn v(@builtin(vertex_index) i: u32, @builtin(instance_index) n: u32) -> @builtin(position) vec4f {\n\
            let p = vec2f(f32((i << 1u) & 2u), f32(i & 2u));\n\
            return vec4f(p * 2.0 - 1.0, f32(n) * 0.1 + unused_ro[n], 1.0);\n\
        }\n@fragment fn f() -> @location(0) vec4f { return vec4f(0.125, 0.125, 0.125, 0.25); }";
    assert_all(&last(&mut stage([4, 4]), &scene(source), 3), [code(0.5); 3], 1);
}

#[test]
fn parameters_reach_the_shader_in_their_slots() {
    let source = "/*---\n[[param]]\nname = \"a\"\ndefault = 0.25\n[[param]]\nname = \"pic\"\ntype = \"image\"\n[[param]]\nname = \"b\"\ntype = \"point\"\ndefault = [0.5, 0.125]\n---*/\nfn image(p: Pixel) -> vec4f { return vec4f(params.a, params.b, 1.0); }";
    assert_all(&last(&mut stage([2, 2]), &scene(source), 1), [code(0.25), code(0.5), code(0.125)], 1);
}

#[test]
fn sound_moves_the_spectrum_texture() {
    let source = "fn image(p: Pixel) -> vec4f { return vec4f(spectrum(0.1), spectrum_slow(0.1), 0.25 + 0.25 * waveform(p.uv.x), 1.0); }";
    let heard = last(&mut stage([64, 2]), &scene(source), 2);
    assert!(heard[0][0] > 60 && heard[0][1] >= heard[0][0], "a kick fills the bass: {:?}", heard[0]);
    let (low, high) = heard.iter().fold((255, 0), |(l, h), p| (p[2].min(l), p[2].max(h)));
    assert!(high - low > 30, "the waveform moves: {low}–{high}");
}

#[test]
fn a_persistent_buffer_keeps_its_picture_when_the_scale_changes() {
    let keep = scene(
        "/*---\n[[buffer]]\nname = \"memory\"\npersistent = true\n[[pass]]\nimage = \"once\"\ntarget = \"memory\"\n[[pass]]\nimage = \"show\"\n---*/\n\
         fn once(p: Pixel) -> vec4f { if frame.time.z < 0.5 { return vec4f(0.5, 0.25, 0.0, 1.0); } return look(memory, p.uv); }\n\
         fn show(p: Pixel) -> vec4f { return look(memory, p.uv); }",
    );
    let mut stage = stage([16, 16]);
    last(&mut stage, &keep, 1);
    stage.set_scale(0.5);
    let pixels = crate::rig::draw(&mut stage, &one(&keep, 1));
    assert_eq!((stage.size(), stage.render_size()), ([16, 16], [8, 8]));
    assert_eq!(pixels.len(), 64, "stretched where it is shown");
    assert_all(&pixels, [code(0.5), code(0.25), 0], 1);
}

#[test]
fn a_scene_the_device_refuses_changes_nothing() {
    let mut stage = stage([4, 4]);
    let good = flat(0.5, 0.5, 0.5, 1.0);
    last(&mut stage, &good, 1);
    // 5,000 invocations a group are more than any portable device takes.
    let source = "/*---\n[[pass]]\ncompute = \"c\"\ngroups = [1, 1, 1]\n[[pass]]\nimage = \"image\"\n---*/\n@compute @workgroup_size(5000) fn c() {}\nfn image(p: Pixel) -> vec4f { return vec4f(1.0); }";
    let refusal = stage.install(scene(source)).unwrap_err().to_string();
    assert!(refusal.contains("does not run on this graphics device"), "{refusal}");
    assert_all(&crate::rig::draw(&mut stage, &one(&good, 1)), [code(0.5); 3], 1);
}

#[test]
fn an_endless_loop_ends() {
    let endless = scene(
        "fn image(p: Pixel) -> vec4f { var x = 1.0; loop { x *= 1.5; if x < 0.0 { break; } } return vec4f(vec3f(step(1.0, x) * 0.5), 1.0); }",
    );
    assert_all(&last(&mut stage([4, 4]), &endless, 1), [code(0.5); 3], 1);
}

#[test]
fn a_parameter_multiplies_groups_and_instances() {
    // Each instance draws one column of four, as far as compute has counted.
    let scene = scene(
        "/*---\n[[param]]\nname = \"crowd\"\nmin = 1.0\nmax = 4.0\ndefault = 3.5\n[[storage]]\nname = \"seen\"\ntype = \"atomic<u32>\"\ncount = 1\n\
         [[storage]]\nname = \"counted\"\ntype = \"f32\"\ncount = 1\n\
         [[pass]]\ncompute = \"count\"\ngroups = [1, 1, 1]\ntimes = \"crowd\"\n[[pass]]\ncompute = \"keep\"\ngroups = [1, 1, 1]\n\
         [[pass]]\nvertex = \"place\"\nfragment = \"light\"\nvertices = 6\ninstances = 1\ntimes = \"crowd\"\nblend = \"add_on_clear\"\n---*/\n\
         @compute @workgroup_size(1) fn count() { atomicAdd(&seen[0], 1u); }\n\
         @compute @workgroup_size(1) fn keep() { counted[0] = f32(atomicLoad(&seen[0])) * 0.1; }\n\
         @vertex fn place(@builtin(vertex_index) v: u32, @builtin(instance_index) i: u32) -> @builtin(position) vec4f {\n\
             let corner = array(vec2f(), vec2f(1.0, 0.0), vec2f(0.0, 1.0), vec2f(0.0, 1.0), vec2f(1.0, 0.0), vec2f(1.0))[v];\n\
             return vec4f((f32(i) + corner.x) * 0.5 - 1.0, corner.y * 2.0 - 1.0, 0.0, 1.0);\n\
         }\n\
         @fragment fn light() -> @location(0) vec4f { return vec4f(vec3f(counted_ro[0]), 1.0); }",
    );
    let pixels = last(&mut stage([4, 1]), &scene, 1);
    assert_all(&pixels[..3], [code(0.3); 3], 1);
    assert_all(&pixels[3..], [0; 3], 0);
}
