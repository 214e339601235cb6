use std::fmt::Write;

use crate::{
    AudioTexture, Binding, BindingKind, BufferFormat, ParamKind, SamplerKind, SceneError, TextureSource,
};

use super::header::Header;

/// A global the generated text declares.
pub(super) struct Known {
    name: String,
    pub(super) binding: Binding,
}

/// The WGSL that declares what a scene can read and write, and what each name binds.
pub(super) struct Declarations {
    pub(super) wgsl: String,
    known: Vec<Known>,
}

impl Declarations {
    pub(super) fn new(header: &Header) -> Result<Self, SceneError> {
        let mut this = Self { wgsl: params_struct(header), known: Vec::new() };
        this.declare(0, "var<uniform> frame: Frame", "frame", BindingKind::Frame);
        this.declare(0, "var<uniform> params: Params", "params", BindingKind::Params);
        for (name, kind) in [
            ("samp", SamplerKind::LinearClamp),
            ("samp_repeat", SamplerKind::LinearRepeat),
            ("samp_mirror", SamplerKind::LinearMirror),
            ("samp_nearest", SamplerKind::NearestClamp),
        ] {
            this.declare(0, &format!("var {name}: sampler"), name, BindingKind::Sampler(kind));
        }
        this.texture("audio", TextureSource::Audio(AudioTexture::Native));
        this.texture("previous", TextureSource::Previous);
        this.texture("picture_a", TextureSource::Picture(0));
        this.texture("picture_b", TextureSource::Picture(1));
        match header.inputs {
            0 => {}
            1 => this.texture("input", TextureSource::Input(0)),
            _ => {
                this.texture("from_image", TextureSource::Input(0));
                this.texture("to_image", TextureSource::Input(1));
            }
        }
        for (i, param) in header.params.iter().enumerate() {
            if param.kind == ParamKind::Image {
                this.texture(&param.name, TextureSource::Param(i));
            }
        }
        for (i, buffer) in header.buffers.iter().enumerate() {
            this.texture(&buffer.name, TextureSource::Buffer(i));
            let texel = match buffer.format {
                BufferFormat::Rgba8 => "rgba8unorm",
                BufferFormat::Rgba16F => "rgba16float",
                BufferFormat::Rgba32F => "rgba32float",
            };
            let name = format!("{}_out", buffer.name);
            let text = format!("var {name}: texture_storage_2d<{texel}, write>");
            this.declare(1, &text, &name, BindingKind::StorageTexture(i));
        }
        for (storage, s) in header.storages.iter().enumerate() {
            let text = format!("var<storage, read_write> {}: array<{}>", s.name, s.element);
            this.declare(1, &text, &s.name, BindingKind::Storage { storage, read_only: false });
            let name = format!("{}_ro", s.name);
            let text = format!("var<storage, read> {name}: array<{}>", s.element);
            this.declare(1, &text, &name, BindingKind::Storage { storage, read_only: true });
        }
        let mut names = this.known.iter().map(|k| k.name.as_str()).collect::<Vec<_>>();
        names.sort_unstable();
        let twice = names.iter().zip(names.iter().skip(1)).find(|(a, b)| a == b);
        match twice {
            Some((name, _)) => {
                Err(SceneError { line: 1, column: 1, message: format!("two things are named {name:?}") })
            }
            None => Ok(this),
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<&Known> {
        self.known.iter().find(|k| k.name == name)
    }

    fn texture(&mut self, name: &str, source: TextureSource) {
        self.declare(1, &format!("var {name}: texture_2d<f32>"), name, BindingKind::Texture(source));
    }

    fn declare(&mut self, group: u32, text: &str, name: &str, kind: BindingKind) {
        let binding = self.known.iter().filter(|k| k.binding.group == group).count() as u32;
        // Writing to a String cannot fail.
        let _ = writeln!(self.wgsl, "@group({group}) @binding({binding}) {text};");
        self.known.push(Known { name: name.to_owned(), binding: Binding { group, binding, kind } });
    }
}

/// One 16-byte slot per parameter, in the author's order.
fn params_struct(header: &Header) -> String {
    let mut text = String::from("struct Params {\n");
    for param in &header.params {
        let name = &param.name;
        let member = match &param.kind {
            ParamKind::Float { clock: true, .. } => format!("{name}: f32, {name}_clock: f32"),
            ParamKind::Float { .. }
            | ParamKind::Choice { .. }
            | ParamKind::Bool { .. }
            | ParamKind::Event => {
                format!("{name}: f32")
            }
            ParamKind::Color { .. } => format!("{name}: vec4f"),
            ParamKind::Point { .. } => format!("{name}: vec2f"),
            ParamKind::Image => format!("{name}_slot: f32"),
        };
        let _ = writeln!(text, "    @align(16) {member},");
    }
    if header.params.is_empty() {
        text.push_str("    @align(16) nothing: f32,\n");
    }
    text.push_str("}\n");
    text
}
