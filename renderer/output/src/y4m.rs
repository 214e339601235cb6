//! YUV4MPEG2: a text header, then raw 4:2:0 planes. BT.709 weights, limited range; a chroma sample
//! is the mean of its four pixels.

use std::io::Write;

use crate::{OutputError, check_size};

/// Writes a y4m stream onto any writer.
#[derive(Debug)]
pub struct Y4mWriter<W> {
    to: W,
    size: [u32; 2],
    planes: Vec<u8>,
}

impl<W: Write> Y4mWriter<W> {
    /// Writes the header. `fps` is frames per second.
    ///
    /// # Errors
    /// The writer's own.
    pub fn new(mut to: W, size: [u32; 2], fps: u32) -> Result<Self, OutputError> {
        writeln!(to, "YUV4MPEG2 W{} H{} F{fps}:1 Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED", size[0], size[1])?;
        Ok(Self { to, size, planes: Vec::new() })
    }

    /// Writes one picture.
    ///
    /// # Errors
    /// [`OutputError::WrongSize`], or the writer's own.
    pub fn frame(&mut self, rgba: &[u8]) -> Result<(), OutputError> {
        check_size(self.size, rgba)?;
        let (w, h) = (self.size[0] as usize, self.size[1] as usize);
        let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
        self.planes.clear();
        self.planes
            .extend(rgba.chunks_exact(4).map(|p| luma([f32::from(p[0]), f32::from(p[1]), f32::from(p[2])])));
        let mut red = Vec::with_capacity(cw * ch);
        for cy in 0..ch {
            for cx in 0..cw {
                let mut sum = [0.0f32; 3];
                for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    let at = ((cy * 2 + dy).min(h - 1) * w + (cx * 2 + dx).min(w - 1)) * 4;
                    for (channel, value) in sum.iter_mut().zip(&rgba[at..at + 3]) {
                        *channel += f32::from(*value) / 4.0;
                    }
                }
                let (cb, cr) = chroma(sum);
                self.planes.push(cb);
                red.push(cr);
            }
        }
        self.to.write_all(b"FRAME\n")?;
        self.to.write_all(&self.planes)?;
        self.to.write_all(&red)?;
        Ok(())
    }

    /// Flushes and gives the writer back.
    ///
    /// # Errors
    /// The writer's own.
    pub fn finish(mut self) -> Result<W, OutputError> {
        self.to.flush()?;
        Ok(self.to)
    }
}

fn luma([r, g, b]: [f32; 3]) -> u8 {
    (16.5 + (0.2126 * r + 0.7152 * g + 0.0722 * b) * (219.0 / 255.0)) as u8
}

fn chroma(rgb: [f32; 3]) -> (u8, u8) {
    let y = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
    let scale = 224.0 / 255.0;
    ((128.5 + (rgb[2] - y) / 1.8556 * scale) as u8, (128.5 + (rgb[0] - y) / 1.5748 * scale) as u8)
}
