//! What names mean: words of the host formats, of Vulkan GLSL, and of naga.

/// Returns what a word of an author's text is called in ours.
pub(crate) fn renamed(word: &str) -> Option<&'static str> {
    Some(match word {
        "main" => "jl_author_main",
        "gl_FragCoord" => "jl_FragCoord",
        "gl_FragColor" => "jl_FragColor",
        "gl_Position" => "jl_Position",
        "gl_Vertex" => "jl_Vertex",
        "vv_FragNormCoord" => "isf_FragNormCoord",
        "vv_vertShaderInit" => "isf_vertShaderInit",
        // Names that older GLSL leaves free and Vulkan GLSL does not.
        "sample" => "jl_word_sample",
        "buffer" => "jl_word_buffer",
        "shared" => "jl_word_shared",
        "restrict" => "jl_word_restrict",
        "readonly" => "jl_word_readonly",
        "writeonly" => "jl_word_writeonly",
        "sampler" => "jl_word_sampler",
        "samplerShadow" => "jl_word_samplerShadow",
        "double" => "jl_word_double",
        "flat" => "jl_word_flat",
        "smooth" => "jl_word_smooth",
        "centroid" => "jl_word_centroid",
        "noperspective" => "jl_word_noperspective",
        _ => return None,
    })
}

/// Turns our names in a message of naga back into the author's.
pub(crate) fn author_words(message: &str) -> String {
    let mut text = message.to_owned();
    for (ours, theirs) in [
        ("jl_author_main", "main"),
        ("jl_FragCoord", "gl_FragCoord"),
        ("jl_FragColor", "gl_FragColor"),
        ("jl_Position", "gl_Position"),
        ("jl_Vertex", "gl_Vertex"),
        ("jl_word_", ""),
        ("jl_texel", "texelFetch"),
        ("jl_tex", "texture"),
        ("jl_px", "IMG_PIXEL"),
        ("jl_size", "IMG_SIZE"),
        ("jl_pow", "pow"),
    ] {
        text = text.replace(ours, theirs);
    }
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        // "Unknown variable" but not "IMG_PIXEL".
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text,
    }
}

/// What a call that reads a picture becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// Coordinates 0–1; further arguments (a bias, a level, gradients) fall away: pictures have one level.
    Norm,
    /// Homogeneous coordinates.
    Projected,
    /// Pixels.
    Pixel,
    /// The pixel drawn.
    This,
    /// Whole texels, with a level.
    Fetch,
    /// The size in pixels, as `vec2`.
    Size,
    /// The size in pixels, as `ivec2`.
    IntSize,
}

/// Returns what a function that reads a picture does.
pub(crate) fn picture_function(name: &str) -> Option<Read> {
    Some(match name {
        "texture" | "texture2D" | "textureLod" | "texture2DLod" | "texture2DLodEXT" | "textureGrad"
        | "texture2DGrad" | "texture2DGradEXT" | "texture2DGradARB" | "IMG_NORM_PIXEL" => Read::Norm,
        "textureProj" | "texture2DProj" | "textureProjLod" | "texture2DProjLod" => Read::Projected,
        "IMG_PIXEL" | "texture2DRect" => Read::Pixel,
        "IMG_THIS_PIXEL" | "IMG_THIS_NORM_PIXEL" | "IMG_NORM_THIS_PIXEL" => Read::This,
        "texelFetch" => Read::Fetch,
        "IMG_SIZE" => Read::Size,
        "textureSize" => Read::IntSize,
        _ => return None,
    })
}

/// Whether a word may stand in an expression that naga evaluates at compile time: types, and the
/// functions its constant evaluator knows.
pub(crate) fn is_constant_word(word: &str) -> bool {
    is_builtin_type(word)
        || matches!(
            word,
            "true"
                | "false"
                | "abs"
                | "min"
                | "max"
                | "clamp"
                | "floor"
                | "ceil"
                | "fract"
                | "sqrt"
                | "sin"
                | "cos"
                | "tan"
                | "radians"
                | "exp"
                | "log"
        )
}

/// Whether a word is a type that every GLSL knows.
pub(crate) fn is_builtin_type(word: &str) -> bool {
    matches!(
        word,
        "float"
            | "int"
            | "uint"
            | "bool"
            | "vec2"
            | "vec3"
            | "vec4"
            | "ivec2"
            | "ivec3"
            | "ivec4"
            | "uvec2"
            | "uvec3"
            | "uvec4"
            | "bvec2"
            | "bvec3"
            | "bvec4"
            | "mat2"
            | "mat3"
            | "mat4"
            | "mat2x2"
            | "mat2x3"
            | "mat2x4"
            | "mat3x2"
            | "mat3x3"
            | "mat3x4"
            | "mat4x2"
            | "mat4x3"
            | "mat4x4"
    )
}

/// Returns the number type that fills a vector type.
pub(crate) fn number_of_vector(word: &str) -> Option<&'static str> {
    Some(match word {
        "vec2" | "vec3" | "vec4" => "float",
        "ivec2" | "ivec3" | "ivec4" => "int",
        "uvec2" | "uvec3" | "uvec4" => "uint",
        _ => return None,
    })
}
