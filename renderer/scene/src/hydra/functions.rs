/// What a function of a chain works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// Begins a chain: coordinates to a colour.
    Source,
    /// Changes coordinates.
    Coord,
    /// Changes a colour.
    Color,
    /// Joins the chain's colour with that of its first argument.
    Combine,
    /// Moves coordinates by the colour of its first argument.
    Modulate,
}

/// A function of Hydra: for chains, completion and documentation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it works on.
    pub kind: FunctionKind,
    /// Name and default of each number, after the texture if there is one.
    pub numbers: &'static [(&'static str, f64)],
    /// Whether its first argument is a texture: an output, a source or a chain.
    pub takes_texture: bool,
    /// What it does, in a line.
    pub summary: &'static str,
}

/// Returns the function of a name.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

const fn source(
    name: &'static str,
    numbers: &'static [(&'static str, f64)],
    summary: &'static str,
) -> Function {
    Function { name, kind: FunctionKind::Source, numbers, takes_texture: false, summary }
}

const fn coord(
    name: &'static str,
    numbers: &'static [(&'static str, f64)],
    summary: &'static str,
) -> Function {
    Function { name, kind: FunctionKind::Coord, numbers, takes_texture: false, summary }
}

const fn color(
    name: &'static str,
    numbers: &'static [(&'static str, f64)],
    summary: &'static str,
) -> Function {
    Function { name, kind: FunctionKind::Color, numbers, takes_texture: false, summary }
}

const fn combine(
    name: &'static str,
    numbers: &'static [(&'static str, f64)],
    summary: &'static str,
) -> Function {
    Function { name, kind: FunctionKind::Combine, numbers, takes_texture: true, summary }
}

const fn modulate(
    name: &'static str,
    numbers: &'static [(&'static str, f64)],
    summary: &'static str,
) -> Function {
    Function { name, kind: FunctionKind::Modulate, numbers, takes_texture: true, summary }
}

/// Every function a chain can call.
pub const FUNCTIONS: &[Function] = &[
    source("noise", &[("scale", 10.0), ("offset", 0.1)], "simplex noise; offset is how fast it changes"),
    source("voronoi", &[("scale", 5.0), ("speed", 0.3), ("blending", 0.3)], "moving cells"),
    source(
        "osc",
        &[("frequency", 60.0), ("sync", 0.1), ("offset", 0.0)],
        "stripes that move; offset parts the colours",
    ),
    source("shape", &[("sides", 3.0), ("radius", 0.3), ("smoothing", 0.01)], "a polygon in the middle"),
    source("gradient", &[("speed", 0.0)], "x as red, y as green, time as blue"),
    Function {
        name: "src",
        kind: FunctionKind::Source,
        numbers: &[],
        takes_texture: true,
        summary: "the picture of an output or a source, repeating",
    },
    source("solid", &[("r", 0.0), ("g", 0.0), ("b", 0.0), ("a", 1.0)], "one colour"),
    source("prev", &[], "the last frame of the output the chain goes to"),
    coord("rotate", &[("angle", 10.0), ("speed", 0.0)], "turns around the middle, in radians"),
    coord(
        "scale",
        &[("amount", 1.5), ("xMult", 1.0), ("yMult", 1.0), ("offsetX", 0.5), ("offsetY", 0.5)],
        "makes larger",
    ),
    coord("pixelate", &[("pixelX", 20.0), ("pixelY", 20.0)], "large pixels"),
    coord("repeat", &[("repeatX", 3.0), ("repeatY", 3.0), ("offsetX", 0.0), ("offsetY", 0.0)], "tiles"),
    coord("repeatX", &[("reps", 3.0), ("offset", 0.0)], "tiles side by side"),
    coord("repeatY", &[("reps", 3.0), ("offset", 0.0)], "tiles one above the other"),
    coord("kaleid", &[("nSides", 4.0)], "a kaleidoscope"),
    coord(
        "scroll",
        &[("scrollX", 0.5), ("scrollY", 0.5), ("speedX", 0.0), ("speedY", 0.0)],
        "moves, wrapping around",
    ),
    coord("scrollX", &[("scrollX", 0.5), ("speed", 0.0)], "moves sideways"),
    coord("scrollY", &[("scrollY", 0.5), ("speed", 0.0)], "moves up"),
    color("posterize", &[("bins", 3.0), ("gamma", 0.6)], "few shades"),
    color(
        "shift",
        &[("r", 0.5), ("g", 0.0), ("b", 0.0), ("a", 0.0)],
        "adds to each channel, wrapping around",
    ),
    color("invert", &[("amount", 1.0)], "the negative"),
    color("contrast", &[("amount", 1.6)], "more contrast"),
    color("brightness", &[("amount", 0.4)], "brighter"),
    color("luma", &[("threshold", 0.5), ("tolerance", 0.1)], "makes what is dark transparent"),
    color("thresh", &[("threshold", 0.5), ("tolerance", 0.04)], "black and white"),
    color(
        "color",
        &[("r", 1.0), ("g", 1.0), ("b", 1.0), ("a", 1.0)],
        "multiplies each channel; below 0 the negative of it",
    ),
    color("saturate", &[("amount", 2.0)], "more colour"),
    color("hue", &[("hue", 0.4)], "turns the hue"),
    color("colorama", &[("amount", 0.005)], "shifts hue, saturation and value"),
    color("sum", &[("r", 1.0), ("g", 1.0), ("b", 1.0), ("a", 1.0)], "the sum of the channels"),
    color("r", &[("scale", 1.0), ("offset", 0.0)], "red as grey"),
    color("g", &[("scale", 1.0), ("offset", 0.0)], "green as grey"),
    color("b", &[("scale", 1.0), ("offset", 0.0)], "blue as grey"),
    color("a", &[("scale", 1.0), ("offset", 0.0)], "alpha as grey"),
    combine("add", &[("amount", 1.0)], "adds a texture"),
    combine("sub", &[("amount", 1.0)], "takes a texture away"),
    combine("layer", &[], "lays a texture over, by its alpha"),
    combine("blend", &[("amount", 0.5)], "mixes with a texture"),
    combine("mult", &[("amount", 1.0)], "multiplies with a texture"),
    combine("diff", &[], "the difference from a texture"),
    combine("mask", &[], "keeps what is bright in a texture"),
    modulate("modulate", &[("amount", 0.1)], "moves by red and green"),
    modulate("modulateScale", &[("multiple", 1.0), ("offset", 1.0)], "makes larger by red and green"),
    modulate("modulateRotate", &[("multiple", 1.0), ("offset", 0.0)], "turns by red"),
    modulate("modulatePixelate", &[("multiple", 10.0), ("offset", 3.0)], "large pixels by red and green"),
    modulate(
        "modulateRepeat",
        &[("repeatX", 3.0), ("repeatY", 3.0), ("offsetX", 0.5), ("offsetY", 0.5)],
        "tiles moved by red and green",
    ),
    modulate("modulateRepeatX", &[("reps", 3.0), ("offset", 0.5)], "tiles side by side, moved by red"),
    modulate("modulateRepeatY", &[("reps", 3.0), ("offset", 0.5)], "tiles one above the other, moved by red"),
    modulate("modulateKaleid", &[("nSides", 4.0)], "a kaleidoscope pushed by red"),
    modulate("modulateScrollX", &[("scrollX", 0.5), ("speed", 0.0)], "moves sideways by red"),
    modulate("modulateScrollY", &[("scrollY", 0.5), ("speed", 0.0)], "moves up by red"),
    modulate("modulateHue", &[("amount", 1.0)], "moves by the differences of the channels, in pixels"),
];
