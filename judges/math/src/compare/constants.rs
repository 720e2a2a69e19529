use super::context::Context;
use crate::syntax::Node;
use crate::verdict::Verdict;

/// Whether the answers agree once arbitrary constants are renamed.
pub fn renamed(_reference: &Node, _answer: &Node, _context: &Context) -> Option<Verdict> {
    None
}
