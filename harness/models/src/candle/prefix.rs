//! Beginnings computed before, so that a header common to many prompts is computed once.
//!
//! A tree of blocks: a node holds the keys and values of 32 tokens that follow those of its ancestors. Since keys and
//! values depend on nothing but the tokens up to theirs, taking them from here changes no bit of an answer.

use super::cache::{CacheBlock, POSITIONS};
use std::collections::HashMap;
use std::sync::Arc;

type Children = HashMap<Box<[u32]>, usize>;

struct Node {
    block: Arc<CacheBlock>,
    tokens: Box<[u32]>,
    parent: Option<usize>,
    children: Children,
    /// When it was last looked up or added.
    used: u64,
}

/// Blocks by the tokens that lead to them.
#[derive(Default)]
pub(super) struct PrefixCache {
    nodes: Vec<Option<Node>>,
    free: Vec<usize>,
    roots: Children,
    clock: u64,
    count: usize,
}

impl PrefixCache {
    /// Blocks held.
    pub fn len(&self) -> usize {
        self.count
    }

    fn children(&self, parent: Option<usize>) -> Option<&Children> {
        match parent {
            None => Some(&self.roots),
            Some(index) => self.nodes.get(index)?.as_ref().map(|node| &node.children),
        }
    }

    fn node(&mut self, index: usize) -> Option<&mut Node> {
        self.nodes.get_mut(index)?.as_mut()
    }

    /// The blocks of the longest known beginning of `tokens`, and how many tokens that is. The last block may hold
    /// other tokens behind those.
    pub fn find(&mut self, tokens: &[u32]) -> (Vec<Arc<CacheBlock>>, usize) {
        self.clock += 1;
        let clock = self.clock;
        let mut blocks = Vec::new();
        let mut parent = None;
        let mut rest = tokens;
        while let Some((piece, behind)) = rest.split_at_checked(POSITIONS) {
            let Some(index) = self.children(parent).and_then(|children| children.get(piece).copied()) else { break };
            let Some(node) = self.node(index) else { break };
            node.used = clock;
            blocks.push(Arc::clone(&node.block));
            parent = Some(index);
            rest = behind;
        }
        let mut length = tokens.len() - rest.len();
        let children = self.children(parent).into_iter().flatten();
        if let Some((common, index)) = children.map(|(piece, index)| (common(piece, rest), *index)).max()
            && common > 0
            && let Some(node) = self.node(index)
        {
            node.used = clock;
            blocks.push(Arc::clone(&node.block));
            length += common;
        }
        (blocks, length)
    }

    /// Whole blocks known of the beginning of `tokens`.
    pub fn known(&self, tokens: &[u32]) -> usize {
        let mut parent = None;
        let mut count = 0;
        for piece in tokens.chunks_exact(POSITIONS) {
            let Some(index) = self.children(parent).and_then(|children| children.get(piece).copied()) else { break };
            parent = Some(index);
            count += 1;
        }
        count
    }

    /// Adds the whole blocks of `tokens`; returns how many were not known yet.
    pub fn add(&mut self, tokens: &[u32], blocks: &[Arc<CacheBlock>]) -> usize {
        self.clock += 1;
        let mut parent = None;
        let mut added = 0;
        for (piece, block) in tokens.chunks_exact(POSITIONS).zip(blocks) {
            if let Some(index) = self.children(parent).and_then(|children| children.get(piece).copied()) {
                parent = Some(index);
                continue;
            }
            let node =
                Node { block: Arc::clone(block), tokens: piece.into(), parent, children: Children::new(), used: self.clock };
            let index = self.free.pop().unwrap_or_else(|| {
                self.nodes.push(None);
                self.nodes.len() - 1
            });
            let siblings = match parent {
                None => Some(&mut self.roots),
                Some(index) => self.node(index).map(|node| &mut node.children),
            };
            if let Some(siblings) = siblings {
                siblings.insert(piece.into(), index);
            }
            self.nodes[index] = Some(node);
            parent = Some(index);
            added += 1;
        }
        self.count += added;
        added
    }

    /// Gives up the block that was not used for longest, of those that nothing follows and no sequence uses. False
    /// where there is none.
    pub fn evict(&mut self) -> bool {
        let idle = self.nodes.iter().enumerate().filter_map(|(index, node)| {
            let node = node.as_ref()?;
            (node.children.is_empty() && Arc::strong_count(&node.block) == 1).then_some((node.used, index))
        });
        let Some((_, index)) = idle.min() else { return false };
        let Some(node) = self.nodes[index].take() else { return false };
        let siblings = match node.parent {
            None => Some(&mut self.roots),
            Some(parent) => self.node(parent).map(|node| &mut node.children),
        };
        if let Some(siblings) = siblings {
            siblings.remove(&node.tokens);
        }
        self.free.push(index);
        self.count -= 1;
        true
    }
}

/// Tokens that both begin with.
pub(super) fn common(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(count: usize) -> Vec<Arc<CacheBlock>> {
        (0..count).map(|i| Arc::new(CacheBlock::Full(vec![i as f32]))).collect()
    }

    fn tokens(length: u32, changed_from: u32) -> Vec<u32> {
        (0..length).map(|i| if i < changed_from { i } else { i + 1000 }).collect()
    }

    #[test]
    fn the_longest_beginning_is_found() {
        let mut cache = PrefixCache::default();
        let first = blocks(3);
        assert_eq!(cache.add(&tokens(100, 100), &first), 3);
        assert_eq!(cache.add(&tokens(100, 100), &blocks(3)), 0);
        let second = blocks(3);
        assert_eq!(cache.add(&tokens(96, 64), &second), 1);
        let mut check = |asked: &[u32], length: usize, expected: &[&Arc<CacheBlock>]| {
            let (found, known) = cache.find(asked);
            assert_eq!(known, length, "{asked:?}");
            assert!(found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| Arc::ptr_eq(a, b)));
        };
        check(&tokens(500, 500), 96, &[&first[0], &first[1], &first[2]]);
        check(&tokens(96, 64), 96, &[&first[0], &first[1], &second[2]]);
        check(&tokens(50, 50), 50, &[&first[0], &first[1]]);
        check(&tokens(60, 40), 40, &[&first[0], &first[1]]);
        check(&tokens(60, 0), 0, &[]);
        check(&[], 0, &[]);
        assert_eq!(cache.known(&tokens(95, 95)), 2);
        assert_eq!(cache.len(), 4);
    }

    #[test]
    fn the_oldest_end_goes_first_and_nothing_in_use() {
        let mut cache = PrefixCache::default();
        cache.add(&tokens(64, 64), &blocks(2));
        cache.add(&tokens(64, 32), &blocks(2));
        let (held, _) = cache.find(&tokens(64, 32));
        assert!(cache.evict(), "the end of the first, which is older and not held");
        assert_eq!(cache.known(&tokens(64, 64)), 1);
        assert!(!cache.evict(), "all that is left is held");
        drop(held);
        assert!(cache.evict() && cache.evict() && !cache.evict());
        assert_eq!((cache.len(), cache.known(&tokens(64, 64))), (0, 0));
        assert_eq!(cache.add(&tokens(64, 64), &blocks(2)), 2);
        assert_eq!(cache.find(&tokens(64, 64)).1, 64);
    }
}
