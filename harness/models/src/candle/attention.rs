//! Causal attention of a step's tokens over the blocks of their sequences.
//!
//! Every block is read once for all tokens that attend to it, whichever sequences they belong to, so that a common
//! beginning costs its memory traffic once. A token takes its blocks in order, one after the other, with a running
//! maximum and sum, so that its result does not depend on which tokens come with it.

use super::cache::{BlockShape, CacheBlock, Heads, POSITIONS};
use super::cpu::{Cpu, Level, for_each_cpu};
use super::lanes::{LANES, exponential, multiply_add};
use super::network::Row;
use super::team::{Shared, Team};
use std::ops::Range;
use std::sync::Arc;

/// Query rows handled together, so that a block of keys is read once for all of them.
const ROWS: usize = 4;
/// Tokens of one part of the work.
const PART: usize = 64;

/// How a layer attends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AttentionRule {
    /// What products of queries and keys are multiplied by.
    pub scale: f32,
    /// How many positions back a token sees, itself included; `None` is all.
    pub window: Option<usize>,
    /// Scores are squeezed into ±`cap` by a hyperbolic tangent.
    pub cap: Option<f32>,
}

/// Which blocks the tokens of one step attend to.
pub(super) struct Plan {
    /// The position of every token.
    positions: Vec<usize>,
    /// In order of the blocks' positions.
    visits: Vec<Visit>,
}

/// One block and tokens that attend to it.
struct Visit {
    /// The row whose cache holds the block.
    row: usize,
    /// Which of its blocks.
    depth: usize,
    tokens: Range<usize>,
}

/// An order of the rows in which sequences with a common beginning are neighbours.
pub(super) fn order(rows: &[Row<'_>]) -> Vec<usize> {
    let address = |block: &Arc<CacheBlock>| Arc::as_ptr(block) as usize;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (rows[*a].cache.blocks(), rows[*b].cache.blocks());
        a.iter().map(address).cmp(b.iter().map(address))
    });
    order
}

impl Plan {
    /// Plans a step of `rows`, whose tokens follow one another; their caches have been grown.
    pub fn new(rows: &[Row<'_>]) -> Self {
        let mut starts = Vec::with_capacity(rows.len());
        let mut positions = Vec::new();
        for row in rows {
            starts.push(positions.len());
            positions.extend((0..row.tokens.len()).map(|i| row.cache.length() + i));
        }
        let deepest = rows.iter().map(|row| row.cache.blocks().len()).max().unwrap_or(0);
        let mut visits: Vec<Visit> = Vec::new();
        for depth in 0..deepest {
            let first = visits.len();
            for (index, row) in rows.iter().enumerate() {
                let Some(block) = row.cache.blocks().get(depth) else { continue };
                // Tokens before the block's first position do not see it.
                let skipped = (depth * POSITIONS).saturating_sub(row.cache.length());
                let (start, end) = (starts[index] + skipped, starts[index] + row.tokens.len());
                if start >= end {
                    continue;
                }
                match visits[first..].last_mut() {
                    Some(last)
                        if last.tokens.end == start
                            && rows[last.row].cache.blocks().get(depth).is_some_and(|other| Arc::ptr_eq(other, block)) =>
                    {
                        last.tokens.end = end;
                    }
                    _ => visits.push(Visit { row: index, depth, tokens: start..end }),
                }
            }
        }
        Self { positions, visits }
    }
}

/// What attention of one layer works on.
pub(super) struct Attention<'a> {
    pub cpu: Cpu,
    pub shape: BlockShape,
    pub rule: AttentionRule,
    pub layer: usize,
    pub plan: &'a Plan,
    pub rows: &'a [Row<'a>],
    /// `[token][head][component]`, scaled.
    pub queries: &'a [f32],
}

impl Attention<'_> {
    /// Attends for every token; `output` has the queries' shape.
    pub fn run(&self, team: &Team, output: &mut [f32]) {
        let tokens = self.plan.positions.len();
        let heads = self.shape.heads.keys;
        let size = if team.threads() == 1 { PART } else { PART.min(tokens.div_ceil(team.threads())).max(1) };
        let shared = Shared::new(output);
        team.run(tokens.div_ceil(size) * heads, &|part| {
            let first = part / heads * size;
            self.part(part % heads, first..(first + size).min(tokens), &shared);
        });
    }

    /// One key head's share of the work for some tokens.
    fn part(&self, head: usize, tokens: Range<usize>, output: &Shared<'_>) {
        let Heads { queries, keys, width } = self.shape.heads;
        let padded = self.shape.heads.padded_width();
        let group = queries / keys;
        let count = tokens.len() * group;
        let mut sums = vec![0f32; count * padded];
        let mut states = vec![State { highest: -1e30, total: 0.0 }; count];
        let mut room = Vec::new();
        // Row i is query head `head * group + i % group` of token `tokens.start + i / group`.
        let place = |i: usize| (tokens.start + i / group) * queries * width + (head * group + i % group) * width;
        for visit in &self.plan.visits {
            let (start, end) = (visit.tokens.start.max(tokens.start), visit.tokens.end.min(tokens.end));
            let first = visit.depth * POSITIONS;
            if start >= end || self.out_of_sight(start..end, first) {
                continue;
            }
            let Some(block) = self.rows[visit.row].cache.blocks().get(visit.depth) else { continue };
            let part = block.part(self.cpu, self.shape.heads, self.layer, head, &mut room);
            let mut row = (start - tokens.start) * group;
            let last = (end - tokens.start) * group;
            while row < last {
                let size = (last - row).min(ROWS);
                let sums = &mut sums[row * padded..(row + size) * padded];
                let states = &mut states[row..row + size];
                let query = |i: usize| &self.queries[place(row + i)..place(row + i) + width];
                let seen = |i: usize| self.seen(tokens.start + (row + i) / group, first);
                match size {
                    1 => self.tile::<1>(part, query, seen, states, sums),
                    2 => self.tile::<2>(part, query, seen, states, sums),
                    3 => self.tile::<3>(part, query, seen, states, sums),
                    _ => self.tile::<4>(part, query, seen, states, sums),
                }
                row += size;
            }
        }
        for (i, (sums, state)) in sums.chunks_exact(padded).zip(&states).enumerate() {
            // SAFETY: every row of every part has its own place in the output.
            let target = unsafe { output.slice(place(i)..place(i) + width) };
            let scale = 1.0 / state.total;
            for (y, x) in target.iter_mut().zip(sums) {
                *y = x * scale;
            }
        }
    }

    /// Which of a block's positions a token sees; the block begins at position `first`.
    fn seen(&self, token: usize, first: usize) -> Seen {
        let position = self.plan.positions[token];
        let low = self.rule.window.map_or(0, |window| (position + 1).saturating_sub(window));
        let within = |p: usize| p.saturating_sub(first).min(POSITIONS);
        Seen { start: within(low), end: within(position + 1) }
    }

    /// Whether a block lies behind the windows of all these tokens.
    fn out_of_sight(&self, mut tokens: Range<usize>, first: usize) -> bool {
        self.rule.window.is_some() && tokens.all(|token| self.seen(token, first).start == POSITIONS)
    }

    fn tile<'q, const R: usize>(
        &self,
        part: &[f32],
        query: impl Fn(usize) -> &'q [f32],
        seen: impl Fn(usize) -> Seen,
        states: &mut [State],
        sums: &mut [f32],
    ) {
        let queries: [&[f32]; R] = std::array::from_fn(query);
        let seen: [Seen; R] = std::array::from_fn(seen);
        let width = self.shape.heads.width;
        let cap = self.rule.cap.unwrap_or(0.0);
        match self.cpu.level() {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => attend_tile::<R, 4>(self.cpu, width, part, &queries, cap, &seen, states, sums),
            _ => attend_tile::<R, 1>(self.cpu, width, part, &queries, cap, &seen, states, sums),
        }
    }
}

/// Positions of a block that a row sees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    start: usize,
    end: usize,
}

/// A row's running maximum, and the sum of its weights relative to that.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    highest: f32,
    total: f32,
}

for_each_cpu! {
    /// Takes one block into the running sums of `R` rows, components in pieces of `W` lanes.
    attend_tile => attend_tile_body<R: usize, W: usize>(
        width: usize, part: &[f32], queries: &[&[f32]; R], cap: f32, seen: &[Seen; R], states: &mut [State], sums: &mut [f32],
    )
}

#[inline(always)]
fn attend_tile_body<const FUSED: bool, const R: usize, const W: usize>(
    width: usize,
    part: &[f32],
    queries: &[&[f32]; R],
    cap: f32,
    seen: &[Seen; R],
    states: &mut [State],
    sums: &mut [f32],
) {
    let (keys, values) = part.split_at(POSITIONS * width);
    let mut weights = scores::<FUSED, R>(width, keys, queries);
    let mut corrections = [0f32; R];
    let mut end = 0;
    for r in 0..R {
        let (row, state, seen) = (&mut weights[r], &mut states[r], seen[r]);
        if cap > 0.0 {
            for score in row.iter_mut() {
                *score = cap * (*score / cap).tanh();
            }
        }
        if seen.start > 0 || seen.end < POSITIONS {
            for (p, score) in row.iter_mut().enumerate() {
                *score = if p >= seen.start && p < seen.end { *score } else { f32::NEG_INFINITY };
            }
        }
        let highest = highest(row).max(state.highest);
        corrections[r] = exponential::<FUSED>(state.highest - highest);
        for score in row.iter_mut() {
            *score = exponential::<FUSED>(*score - highest);
        }
        if seen.start > 0 || seen.end < POSITIONS {
            for (p, weight) in row.iter_mut().enumerate() {
                *weight = if p >= seen.start && p < seen.end { *weight } else { 0.0 };
            }
        }
        let mut lanes = [0f32; LANES];
        for (lane, total) in lanes.iter_mut().enumerate() {
            *total = row[lane] + row[lane + LANES];
        }
        *state = State { highest, total: multiply_add::<FUSED>(state.total, corrections[r], lanes.iter().sum()) };
        end = end.max(seen.end);
    }
    let padded = width.next_multiple_of(LANES);
    let mut component = 0;
    while component < padded {
        if padded - component >= W * LANES {
            weigh::<FUSED, R, W>(&values[..end * padded], padded, component, &weights, &corrections, sums);
            component += W * LANES;
        } else {
            weigh::<FUSED, R, 1>(&values[..end * padded], padded, component, &weights, &corrections, sums);
            component += LANES;
        }
    }
}

/// `queries[r] . key[p]` for every position p of the block.
#[inline(always)]
fn scores<const FUSED: bool, const R: usize>(width: usize, keys: &[f32], queries: &[&[f32]; R]) -> [[f32; POSITIONS]; R] {
    let (first, second) = keys.split_at(width * LANES);
    let (first, second) = (first.as_chunks::<LANES>().0, second.as_chunks::<LANES>().0);
    let mut sums = [[[0f32; LANES]; 2]; R];
    for (component, (a, b)) in first.iter().zip(second).enumerate() {
        for r in 0..R {
            let query = queries[r][component];
            for lane in 0..LANES {
                sums[r][0][lane] = multiply_add::<FUSED>(query, a[lane], sums[r][0][lane]);
            }
            for lane in 0..LANES {
                sums[r][1][lane] = multiply_add::<FUSED>(query, b[lane], sums[r][1][lane]);
            }
        }
    }
    let mut scores = [[0f32; POSITIONS]; R];
    for (row, sums) in scores.iter_mut().zip(&sums) {
        row.copy_from_slice(sums.as_flattened());
    }
    scores
}

#[inline(always)]
fn highest(row: &[f32; POSITIONS]) -> f32 {
    let mut lanes = [0f32; LANES];
    for (lane, high) in lanes.iter_mut().enumerate() {
        let (a, b) = (row[lane], row[lane + LANES]);
        *high = if a > b { a } else { b };
    }
    let mut size = LANES / 2;
    while size > 0 {
        for lane in 0..size {
            lanes[lane] = if lanes[lane] > lanes[lane + size] { lanes[lane] } else { lanes[lane + size] };
        }
        size /= 2;
    }
    lanes[0]
}

/// `sums[r] = corrections[r] * sums[r] + sum over positions of weights[r][p] * values[p]`, for `W` lanes of components.
#[inline(always)]
fn weigh<const FUSED: bool, const R: usize, const W: usize>(
    values: &[f32],
    padded: usize,
    component: usize,
    weights: &[[f32; POSITIONS]; R],
    corrections: &[f32; R],
    sums: &mut [f32],
) {
    let mut local = [[[0f32; LANES]; W]; R];
    for r in 0..R {
        let (row, _) = sums[r * padded + component..][..W * LANES].as_chunks::<LANES>();
        for w in 0..W {
            for lane in 0..LANES {
                local[r][w][lane] = row[w][lane] * corrections[r];
            }
        }
    }
    for (position, value) in values.chunks_exact(padded).enumerate().take(POSITIONS) {
        let (value, _) = value[component..component + W * LANES].as_chunks::<LANES>();
        for w in 0..W {
            for r in 0..R {
                let weight = weights[r][position];
                for lane in 0..LANES {
                    local[r][w][lane] = multiply_add::<FUSED>(weight, value[w][lane], local[r][w][lane]);
                }
            }
        }
    }
    for r in 0..R {
        sums[r * padded + component..][..W * LANES].copy_from_slice(local[r].as_flattened());
    }
}
