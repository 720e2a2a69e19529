use crate::{Benchmark, GradedAttempt, Metric, Plot};

/// The figures of a run in the making: takes its graded attempts one by one, in the order of the plan, so that a run of any
/// length can be summed up without all of it in memory.
pub trait Figures: Send {
    /// Takes the next graded attempt.
    fn add(&mut self, grade: &GradedAttempt);

    /// The benchmark's own plots over what was taken.
    fn plots(&mut self) -> Vec<Plot>;

    /// The figures, those of [`Benchmark::metrics`] in its order. They are handed over one by one because each brings a point
    /// for every sample along.
    fn finish(self: Box<Self>, take: &mut dyn FnMut(Metric));
}

/// The figures of any benchmark, from all attempts at once.
pub struct Gathered<'a, B: Benchmark + ?Sized> {
    benchmark: &'a B,
    grades: Vec<GradedAttempt>,
}

impl<'a, B: Benchmark + ?Sized> Gathered<'a, B> {
    /// Nothing yet.
    pub fn new(benchmark: &'a B) -> Self {
        Self { benchmark, grades: Vec::new() }
    }
}

impl<B: Benchmark + ?Sized> Figures for Gathered<'_, B> {
    fn add(&mut self, grade: &GradedAttempt) {
        self.grades.push(grade.clone());
    }

    fn plots(&mut self) -> Vec<Plot> {
        self.benchmark.plots(&self.grades)
    }

    fn finish(self: Box<Self>, take: &mut dyn FnMut(Metric)) {
        self.benchmark.metrics(&self.grades).into_iter().for_each(take);
    }
}
