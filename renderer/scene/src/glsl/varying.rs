use super::emit::Emitter;
use super::parse::{Global, Storage};
use super::unit::Stage;
use crate::SceneError;

/// More locations than this are refused: what every GPU has.
const MAX_LOCATIONS: u32 = 15;

/// A variable that crosses from vertex to fragment. naga passes numbers and vectors only, so
/// matrices and arrays cross in parts and are put together on both sides.
#[derive(Clone, Debug)]
pub(crate) struct Varying {
    pub(crate) name: String,
    /// Declaration of the whole, name included.
    declaration: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    ty: String,
    location: u32,
    /// How the part is reached from the whole: `[1][0]`.
    path: String,
}

/// Returns the varyings a vertex text writes.
pub(crate) fn collect<'a>(globals: impl Iterator<Item = &'a Global>) -> Result<Vec<Varying>, SceneError> {
    let mut location = 0;
    let mut found: Vec<Varying> = Vec::new();
    for global in globals.filter(|global| matches!(global.storage, Storage::Varying | Storage::Out)) {
        if found.iter().any(|varying| varying.name == *global.name.text)
            || global.name.is("isf_FragNormCoord")
        {
            continue;
        }
        let ty = global.ty.first().map_or("", |ty| &ty.text);
        let brackets: Vec<&str> =
            global.ty.iter().skip(1).chain(&global.array).map(|token| &*token.text).collect();
        let length = match brackets.as_slice() {
            [] => None,
            ["[", number, "]"] => Some(
                number.parse::<u32>().ok().filter(|length| *length <= MAX_LOCATIONS).ok_or_else(|| {
                    global
                        .name
                        .pos
                        .error(format!("the length of a varying must be a number up to {MAX_LOCATIONS}"))
                })?,
            ),
            _ => return Err(global.name.pos.error("a varying can have one dimension only")),
        };
        let (columns, part_ty) = match ty {
            "mat2" => (2, "vec2"),
            "mat3" => (3, "vec3"),
            "mat4" => (4, "vec4"),
            other => (1, other),
        };
        let mut parts = Vec::new();
        for element in 0..length.unwrap_or(1) {
            for column in 0..columns {
                let mut path = length.map_or_else(String::new, |_| format!("[{element}]"));
                if columns > 1 {
                    path.push_str(&format!("[{column}]"));
                }
                parts.push(Part { ty: part_ty.to_owned(), location, path });
                location += 1;
            }
        }
        if location > MAX_LOCATIONS {
            return Err(global.name.pos.error(format!("varyings take more than {MAX_LOCATIONS} locations")));
        }
        let declaration = format!("{ty} {}{}", global.name.text, brackets.concat());
        found.push(Varying { name: global.name.text.to_string(), declaration, parts });
    }
    Ok(found)
}

/// The one every ISF vertex text has.
pub(crate) fn frag_norm_coord() -> Varying {
    Varying {
        name: "isf_FragNormCoord".into(),
        declaration: "vec2 isf_FragNormCoord".into(),
        parts: vec![Part { ty: "vec2".into(), location: MAX_LOCATIONS, path: String::new() }],
    }
}

pub(crate) fn declare(varyings: &[Varying], stage: Stage, out: &mut Emitter) {
    let direction = if stage == Stage::Vertex { "out" } else { "in" };
    for varying in varyings {
        out.ours(&format!("{};\n", varying.declaration));
        for Part { ty, location, .. } in &varying.parts {
            let flat = if matches!(ty.as_str(), "int" | "uint" | "ivec2" | "ivec3" | "ivec4") {
                "flat "
            } else {
                ""
            };
            out.ours(&format!("layout(location={location}) {flat}{direction} {ty} jl_v_{location};\n"));
        }
    }
}

pub(crate) fn copy_in(varyings: &[Varying], out: &mut Emitter) {
    for varying in varyings {
        for Part { location, path, .. } in &varying.parts {
            out.ours(&format!("    {}{path} = jl_v_{location};\n", varying.name));
        }
    }
}

pub(crate) fn copy_out(varyings: &[Varying], out: &mut Emitter) {
    for varying in varyings {
        for Part { location, path, .. } in &varying.parts {
            out.ours(&format!("    jl_v_{location} = {}{path};\n", varying.name));
        }
    }
}
