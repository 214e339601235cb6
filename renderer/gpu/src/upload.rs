use std::collections::VecDeque;
use std::sync::Arc;

use crate::Gpu;

/// Sends pictures to the device in slices of rows, so that a large one costs many frames a little
/// instead of one frame a lot.
///
/// Every upload counts; nothing is dropped when the belt is full, it takes longer.
#[derive(Default)]
pub struct UploadBelt {
    pending: VecDeque<Upload>,
    sent_bytes: u64,
}

struct Upload {
    key: u64,
    texture: wgpu::Texture,
    rows: Arc<[u8]>,
    bytes_per_row: u32,
    next_row: u32,
}

impl UploadBelt {
    /// Puts a picture on the belt: tightly packed rows of the texture's format. `key` is given back when it is there.
    ///
    /// A picture whose bytes do not fill the texture is refused: `false`.
    pub fn push(&mut self, key: u64, texture: &wgpu::Texture, rows: Arc<[u8]>) -> bool {
        let bytes_per_row = texture.width() * texture.format().block_copy_size(None).unwrap_or(4);
        if rows.len() as u64 != u64::from(bytes_per_row) * u64::from(texture.height()) {
            return false;
        }
        self.pending.push_back(Upload { key, texture: texture.clone(), rows, bytes_per_row, next_row: 0 });
        true
    }

    /// Takes every upload of a key off the belt, finished or not.
    pub fn cancel(&mut self, key: u64) {
        self.pending.retain(|upload| upload.key != key);
    }

    /// Sends at most `budget_bytes`, but at least one row. Returns the keys whose pictures are complete.
    pub fn run(&mut self, gpu: &Gpu, budget_bytes: u64) -> Vec<u64> {
        let mut left = budget_bytes;
        let mut done = Vec::new();
        while let Some(upload) = self.pending.front_mut() {
            let height = upload.texture.height();
            let mut affordable = left / u64::from(upload.bytes_per_row);
            if affordable == 0 {
                // A row wider than the whole budget goes alone.
                if left < budget_bytes {
                    break;
                }
                affordable = 1;
            }
            let rows = u64::from(height - upload.next_row).min(affordable) as u32;
            let start = upload.next_row as usize * upload.bytes_per_row as usize;
            let len = rows as usize * upload.bytes_per_row as usize;
            let Some(data) = upload.rows.get(start..start + len) else { break };
            gpu.queue().write_texture(
                wgpu::TexelCopyTextureInfo {
                    origin: wgpu::Origin3d { x: 0, y: upload.next_row, z: 0 },
                    ..upload.texture.as_image_copy()
                },
                data,
                wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(upload.bytes_per_row),
                    rows_per_image: None,
                },
                wgpu::Extent3d { width: upload.texture.width(), height: rows, depth_or_array_layers: 1 },
            );
            upload.next_row += rows;
            self.sent_bytes += len as u64;
            left = left.saturating_sub(len as u64);
            if upload.next_row == height {
                done.push(upload.key);
                self.pending.pop_front();
            }
            if left == 0 {
                break;
            }
        }
        done
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Bytes sent so far.
    pub fn sent_bytes(&self) -> u64 {
        self.sent_bytes
    }
}
