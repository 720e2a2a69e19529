//! Causal attention of new positions over a sequence's cache.

use super::cache::{Heads, LayerCache};
use super::cpu::{Cpu, Level, for_each_cpu};
use super::lanes::{LANES, multiply_add, softmax};

/// Query rows handled together, so that a block of keys is read once for all of them.
const ROWS: usize = 4;

/// Attention of `queries` (`[token][head][component]`, the first at position `first`) over `cache`, which already
/// holds their own keys and values. `output` has the queries' shape; `scores` is working memory.
pub(super) fn attend(
    cpu: Cpu,
    heads: Heads,
    cache: &LayerCache,
    first: usize,
    queries: &[f32],
    output: &mut [f32],
    scores: &mut Vec<f32>,
) {
    let group = heads.queries / heads.keys;
    let row_width = heads.queries * heads.width;
    let rows = queries.len() / row_width * group;
    for key_head in 0..heads.keys {
        // Row i is query head `key_head * group + i % group` of token `i / group`.
        let place = |i: usize| (i / group) * row_width + (key_head * group + i % group) * heads.width;
        let mut start = 0;
        while start < rows {
            let count = (rows - start).min(ROWS);
            let mut places = [0usize; ROWS];
            let mut limits = [0usize; ROWS];
            for r in 0..count {
                places[r] = place(start + r);
                limits[r] = first + (start + r) / group + 1;
            }
            let job = Job { heads, cache, key_head, places: &places, limits: &limits };
            match count {
                1 => job.run::<1>(cpu, queries, output, scores),
                2 => job.run::<2>(cpu, queries, output, scores),
                3 => job.run::<3>(cpu, queries, output, scores),
                _ => job.run::<4>(cpu, queries, output, scores),
            }
            start += count;
        }
    }
}

struct Job<'a> {
    heads: Heads,
    cache: &'a LayerCache,
    key_head: usize,
    places: &'a [usize; ROWS],
    limits: &'a [usize; ROWS],
}

impl Job<'_> {
    fn run<const R: usize>(&self, cpu: Cpu, queries: &[f32], output: &mut [f32], scores: &mut Vec<f32>) {
        let width = self.heads.width;
        let longest = self.limits[..R].iter().copied().max().unwrap_or(0);
        let stride = longest.next_multiple_of(LANES);
        scores.clear();
        scores.resize(R * stride, 0.0);
        let rows: [&[f32]; R] = std::array::from_fn(|r| &queries[self.places[r]..self.places[r] + width]);
        let scale = 1.0 / (width as f32).sqrt();
        score_rows::<R>(cpu, self.heads, self.cache, self.key_head, &rows, scale, stride, scores);
        for (r, row) in scores.chunks_exact_mut(stride).enumerate() {
            softmax(cpu, row, self.limits[r]);
        }
        let values = self.cache.values_from(self.heads, self.key_head);
        let step = self.heads.keys * self.heads.padded_width();
        let wide = match cpu.level() {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => true,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => false,
            Level::Portable => false,
        };
        let mut component = 0;
        while component < width {
            let (start, end) = (component, width);
            if wide && end - start > 3 * LANES {
                let mut sums = [[[0f32; LANES]; 4]; R];
                weigh_values::<R, 4>(cpu, &values[start..], step, longest, stride, scores, &mut sums);
                component += 4 * LANES;
                store(&sums, &self.places[..R], start..end.min(component), output);
            } else {
                let mut sums = [[[0f32; LANES]; 1]; R];
                weigh_values::<R, 1>(cpu, &values[start..], step, longest, stride, scores, &mut sums);
                component += LANES;
                store(&sums, &self.places[..R], start..end.min(component), output);
            }
        }
    }
}

fn store<const W: usize>(sums: &[[[f32; LANES]; W]], places: &[usize], components: std::ops::Range<usize>, output: &mut [f32]) {
    for (row, place) in sums.iter().zip(places) {
        let target = &mut output[place + components.start..place + components.end];
        target.copy_from_slice(&row.as_flattened()[..components.len()]);
    }
}

for_each_cpu! {
    /// `scores[r][p] = scale * queries[r] . key[p]` for every cached position p.
    score_rows => score_rows_body<R: usize>(
        heads: Heads, cache: &LayerCache, head: usize, queries: &[&[f32]; R], scale: f32, stride: usize, scores: &mut [f32],
    )
}

#[inline(always)]
fn score_rows_body<const FUSED: bool, const R: usize>(
    heads: Heads,
    cache: &LayerCache,
    head: usize,
    queries: &[&[f32]; R],
    scale: f32,
    stride: usize,
    scores: &mut [f32],
) {
    for block in 0..stride / LANES {
        let (keys, _) = cache.key_block(heads, head, block).as_chunks::<LANES>();
        let mut sums = [[0f32; LANES]; R];
        for (component, key) in keys.iter().enumerate() {
            for r in 0..R {
                let query = queries[r][component];
                for lane in 0..LANES {
                    sums[r][lane] = multiply_add::<FUSED>(query, key[lane], sums[r][lane]);
                }
            }
        }
        for (r, row) in sums.iter().enumerate() {
            let target = &mut scores[r * stride + block * LANES..][..LANES];
            for (score, sum) in target.iter_mut().zip(row) {
                *score = sum * scale;
            }
        }
    }
}

for_each_cpu! {
    /// `sums[r] = sum over positions of scores[r][p] * values[p]`, for `W` lanes of components.
    weigh_values => weigh_values_body<R: usize, W: usize>(
        values: &[f32], step: usize, positions: usize, stride: usize, scores: &[f32], sums: &mut [[[f32; LANES]; W]; R],
    )
}

#[inline(always)]
fn weigh_values_body<const FUSED: bool, const R: usize, const W: usize>(
    values: &[f32],
    step: usize,
    positions: usize,
    stride: usize,
    scores: &[f32],
    sums: &mut [[[f32; LANES]; W]; R],
) {
    let rows: [&[f32]; R] = std::array::from_fn(|r| &scores[r * stride..r * stride + positions]);
    let mut local = [[[0f32; LANES]; W]; R];
    for position in 0..positions {
        let (value, _) = values[position * step..position * step + W * LANES].as_chunks::<LANES>();
        for w in 0..W {
            for r in 0..R {
                let score = rows[r][position];
                for lane in 0..LANES {
                    local[r][w][lane] = multiply_add::<FUSED>(score, value[w][lane], local[r][w][lane]);
                }
            }
        }
    }
    *sums = local;
}
