use super::draw::Draw;
use super::{algebra, analysis, calculus, discrete, finance, geometry, linear};
use crate::item::{Problem, Version};
use std::collections::HashMap;

/// Said of each built-in problem.
pub const PROVENANCE: &str = "written for proctor";

/// Ids of built-in problems start here in each subject, beyond all of upstream's.
const FIRST_NUMBER: usize = 9001;
/// How often a version is drawn again where it repeats an earlier one.
const REDRAWS: usize = 50;

/// A problem before its numbers are drawn.
pub struct Template {
    /// Upstream's name of the subject.
    pub subject: &'static str,
    /// Topic, with upstream's names where it has the topic.
    pub topic: &'static str,
    /// What in particular; unique within the subject.
    pub subtopic: &'static str,
    /// `1` to `6`.
    pub level: &'static str,
    /// One version.
    pub make: fn(&mut Draw) -> Version,
}

/// All templates, by area.
pub const TEMPLATES: [&[Template]; 12] = [
    algebra::STRUCTURES,
    algebra::ALGEBRA,
    algebra::ARITHMETIC,
    calculus::SEVERAL_VARIABLES,
    calculus::ONE_VARIABLE,
    analysis::COMPLEX,
    analysis::DIFFERENTIAL,
    discrete::COUNTING,
    discrete::NUMBERS_AND_SETS,
    finance::MONEY_AND_CHANCE,
    geometry::SHAPES_AND_ANGLES,
    linear::MATRICES,
];

/// All built-in problems, in the order of the templates.
pub fn problems() -> Vec<Problem> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let problem = |template: &Template| {
        let number = counts.entry(template.subject).or_insert(0);
        let id = format!("{}_{}", template.subject, FIRST_NUMBER + *number);
        *number += 1;
        template.problem(id)
    };
    TEMPLATES.iter().copied().flatten().map(problem).collect()
}

impl Template {
    fn problem(&self, id: String) -> Problem {
        let first = self.version(&id, 1, &[]);
        let second = self.version(&id, 2, &[&first]);
        let third = self.version(&id, 3, &[&first, &second]);
        Problem {
            subject: self.subject.into(),
            topic: self.topic.into(),
            subtopic: self.subtopic.into(),
            level: self.level.into(),
            keywords: vec![self.subtopic.to_lowercase()],
            versions: [first, second, third],
            id,
        }
    }

    /// A version whose statement is none of the earlier ones'.
    fn version(&self, id: &str, number: usize, earlier: &[&Version]) -> Version {
        let draw = |attempt: usize| (self.make)(&mut Draw::seeded(&format!("{id}/{number}/{attempt}")));
        let fresh = |version: &Version| earlier.iter().all(|earlier| earlier.problem != version.problem);
        (1..REDRAWS).map(draw).find(fresh).unwrap_or_else(|| draw(0))
    }
}
