//! What a step does where, worked out before the device gets to do anything.

use super::super::cache::{CacheBlock, Heads, POSITIONS};
use super::super::network::Row;

/// Most numbers that the scores and the gathered keys and values of one group take.
const GROUP_NUMBERS: usize = 1 << 26;

/// A step's tokens in the order in which they are computed, and what attends together.
pub(super) struct Plan {
    pub tokens: Vec<u32>,
    /// The position of every token.
    pub positions: Vec<usize>,
    /// The place in the pool of every token.
    pub places: Vec<u32>,
    pub groups: Vec<Group>,
    /// The tokens whose logits are wanted, in the order of the caller's rows.
    pub wanted: Vec<u32>,
}

/// Tokens that attend together: as many of each of several sequences.
pub(super) struct Group {
    /// The first of them in the step.
    pub first: usize,
    /// Sequences.
    pub sequences: usize,
    /// Tokens of each.
    pub tokens: usize,
    /// Pages of each; the shorter ones repeat a page, which nothing sees.
    pub depth: usize,
    /// `[sequence][page]`.
    pub pages: Vec<u32>,
    /// `[sequence][token]`.
    pub positions: Vec<usize>,
}

impl Group {
    /// What is added to the scores, `[sequence][token][position]`: nothing where a token sees a position, minus
    /// infinity elsewhere.
    pub fn mask(&self, window: Option<usize>) -> Vec<f32> {
        let length = self.depth * POSITIONS;
        let mut mask = vec![f32::NEG_INFINITY; self.positions.len() * length];
        for (row, position) in mask.chunks_exact_mut(length).zip(&self.positions) {
            let low = window.map_or(0, |window| (position + 1).saturating_sub(window));
            if let Some(seen) = row.get_mut(low..position + 1) {
                seen.fill(0.0);
            }
        }
        mask
    }
}

impl Plan {
    /// Plans a step of `rows`, whose caches have been grown.
    pub fn new(rows: &[Row<'_>], heads: Heads) -> Self {
        let pages: Vec<Vec<u32>> = rows.iter().map(page_numbers).collect();
        // Prompts first, then answers by length, so that what attends together is about as long.
        let mut order: Vec<usize> = (0..rows.len()).filter(|index| !rows[*index].tokens.is_empty()).collect();
        order.sort_by_key(|index| (rows[*index].tokens.len() == 1, rows[*index].cache.length(), *index));
        let mut plan =
            Self { tokens: Vec::new(), positions: Vec::new(), places: Vec::new(), groups: Vec::new(), wanted: Vec::new() };
        let mut ends = vec![0; rows.len()];
        for index in order {
            let (row, pages) = (&rows[index], &pages[index]);
            let first = plan.tokens.len();
            for (position, token) in (row.cache.length()..).zip(row.tokens) {
                plan.tokens.push(*token);
                plan.positions.push(position);
                let page = pages.get(position / POSITIONS).copied().unwrap_or(0);
                plan.places.push(page * POSITIONS as u32 + (position % POSITIONS) as u32);
            }
            ends[index] = plan.tokens.len();
            plan.group(first, pages, heads);
        }
        for (row, end) in rows.iter().zip(&ends) {
            let count = row.logits.min(row.tokens.len());
            plan.wanted.extend((end - count..*end).map(|token| token as u32));
        }
        plan
    }

    /// Puts the tokens from `first` on, all of one sequence, into groups.
    fn group(&mut self, first: usize, pages: &[u32], heads: Heads) {
        let numbers = |sequences: usize, tokens: usize, depth: usize| {
            sequences * depth * POSITIONS * 2 * (heads.keys * heads.width + heads.queries * tokens)
        };
        let depth_of = |position: usize| (position / POSITIONS + 1).min(pages.len()).max(1);
        let count = self.tokens.len() - first;
        if count == 1
            && let Some(last) = self.groups.last_mut()
            && last.tokens == 1
            && last.positions.len() == last.sequences
        {
            let depth = depth_of(self.positions[first]);
            if depth <= 2 * last.depth + 4 && numbers(last.sequences + 1, 1, depth) <= GROUP_NUMBERS {
                last.deepen(depth);
                last.pages.extend((0..last.depth).map(|i| pages.get(i).or(pages.first()).copied().unwrap_or(0)));
                last.positions.push(self.positions[first]);
                last.sequences += 1;
                return;
            }
        }
        let mut start = first;
        while start < self.tokens.len() {
            let mut tokens = self.tokens.len() - start;
            // At least one token goes, however long the sequence.
            while tokens > 1 && numbers(1, tokens, depth_of(self.positions[start + tokens - 1])) > GROUP_NUMBERS {
                tokens = tokens.div_ceil(2);
            }
            let depth = depth_of(self.positions[start + tokens - 1]);
            self.groups.push(Group {
                first: start,
                sequences: 1,
                tokens,
                depth,
                pages: pages.iter().copied().take(depth).collect(),
                positions: self.positions[start..start + tokens].to_vec(),
            });
            start += tokens;
        }
    }
}

impl Group {
    /// Makes room for sequences of `depth` pages.
    fn deepen(&mut self, depth: usize) {
        if depth <= self.depth {
            return;
        }
        let old = std::mem::take(&mut self.pages);
        for pages in old.chunks_exact(self.depth) {
            self.pages.extend_from_slice(pages);
            self.pages.extend(std::iter::repeat_n(pages[0], depth - self.depth));
        }
        self.depth = depth;
    }
}

fn page_numbers(row: &Row<'_>) -> Vec<u32> {
    let number = |block: &std::sync::Arc<CacheBlock>| match &**block {
        CacheBlock::Page(page) => Some(page.number()),
        _ => None,
    };
    row.cache.blocks().iter().filter_map(number).collect()
}
