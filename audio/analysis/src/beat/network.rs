use half::f16;

/// Trained by `training/train.py`, which says what is in it. Half floats, little-endian.
static WEIGHTS: &[u8] = include_bytes!("../../weights/beat.bin");

/// Values in a hop: flux and contrast of each band of the flux bank.
pub(crate) const NUM_INPUTS: usize = 90;
const CHANNELS: usize = 32;
const TAPS: usize = 3;
/// Dilations 1, 2, … 512: the network remembers 20 s.
const NUM_BLOCKS: usize = 10;
const NUM_OUTPUTS: usize = 2;
const NUM_WEIGHTS: usize = (NUM_INPUTS + 1) * CHANNELS
    + NUM_BLOCKS * ((TAPS * CHANNELS + 1) * CHANNELS + (CHANNELS + 1) * CHANNELS)
    + (CHANNELS + 1) * NUM_OUTPUTS;
const _: () = assert!(WEIGHTS.len() == 2 * NUM_WEIGHTS, "weights/beat.bin does not fit this network");

type Row = [f32; CHANNELS];

/// Rows of a matrix, inputs × channels, and what is added.
struct Dense {
    rows: Vec<Row>,
    bias: Row,
}

impl Dense {
    fn read(weights: &mut impl Iterator<Item = f32>, inputs: usize) -> Self {
        let mut row = || std::array::from_fn(|_| weights.next().unwrap_or(0.0));
        Self { rows: (0..inputs).map(|_| row()).collect(), bias: row() }
    }

    /// Adds `values` times the rows from `first` on. Values at rest are 0 half of the time: they cost nothing.
    fn add(&self, first: usize, values: &[f32], sum: &mut Row) {
        for (value, row) in values.iter().zip(self.rows.iter().skip(first)) {
            if *value != 0.0 {
                for (s, w) in sum.iter_mut().zip(row) {
                    *s += value * w;
                }
            }
        }
    }
}

fn rectified(values: &Row) -> Row {
    values.map(|v| v.max(0.0))
}

/// A dilated convolution over three moments, and its way back into the stream.
struct Block {
    convolution: Dense,
    back: Dense,
    dilation: usize,
    /// The block's last 2 × dilation inputs, a ring whose oldest is at `at`.
    past: Vec<Row>,
    at: usize,
}

impl Block {
    fn step(&mut self, stream: &mut Row) {
        let middle = (self.at + self.dilation) % self.past.len();
        let mut sum = self.convolution.bias;
        self.convolution.add(0, &self.past[self.at], &mut sum);
        self.convolution.add(CHANNELS, &self.past[middle], &mut sum);
        self.convolution.add(2 * CHANNELS, stream, &mut sum);
        self.past[self.at] = *stream;
        self.at = (self.at + 1) % self.past.len();
        self.back.add(0, &rectified(&sum), stream);
        for (s, b) in stream.iter_mut().zip(&self.back.bias) {
            *s += b;
        }
    }
}

/// The causal network that tells beats: one step per hop, no allocation.
pub(crate) struct Network {
    first: Dense,
    blocks: Vec<Block>,
    last: [(Row, f32); NUM_OUTPUTS],
}

impl Network {
    pub(crate) fn new() -> Self {
        let mut weights = WEIGHTS.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32());
        let first = Dense::read(&mut weights, NUM_INPUTS);
        let blocks = (0..NUM_BLOCKS)
            .map(|i| {
                let dilation = 1 << i;
                Block {
                    convolution: Dense::read(&mut weights, TAPS * CHANNELS),
                    back: Dense::read(&mut weights, CHANNELS),
                    dilation,
                    past: vec![[0.0; CHANNELS]; 2 * dilation],
                    at: 0,
                }
            })
            .collect();
        let mut last = [([0.0; CHANNELS], 0.0); NUM_OUTPUTS];
        for channel in 0..CHANNELS {
            for (row, _) in &mut last {
                row[channel] = weights.next().unwrap_or(0.0);
            }
        }
        for (_, bias) in &mut last {
            *bias = weights.next().unwrap_or(0.0);
        }
        Self { first, blocks, last }
    }

    /// Returns how likely a beat and a downbeat lay [`super::Activation::LATENCY_SECS`] before this hop's end.
    pub(crate) fn step(&mut self, inputs: &[f32]) -> [f32; NUM_OUTPUTS] {
        let mut stream = self.first.bias;
        self.first.add(0, inputs, &mut stream);
        stream = rectified(&stream);
        for block in &mut self.blocks {
            block.step(&mut stream);
        }
        let stream = rectified(&stream);
        std::array::from_fn(|i| {
            let (row, bias) = &self.last[i];
            let z: f32 = bias + row.iter().zip(&stream).map(|(w, s)| w * s).sum::<f32>();
            1.0 / (1.0 + (-z).exp())
        })
    }
}
