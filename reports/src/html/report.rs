use super::boards::frontier;
use super::charts::{self, Numbered};
use super::document::Fact;
use super::matrix::MatrixView;
use super::pack::{LeftOut, Packer, packed};
use super::plots::{PlotView, of_benchmark};
use super::rows::Rows;
use super::section::{BenchmarkView, FigureView, PlotPlace, RunView, figure_views, note_line, notes, run_view};
use super::templates::{Shell, Templates};
use crate::leaderboard::Leaderboard;
use crate::text::{count, one_line};
use crate::{ReportError, ReportRun, SampleView, Summary};
use flate2::Compression;
use proctor_core::Plot;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Attempts for which [`PageOptions::bytes`] is meant; a page of more may grow.
const ATTEMPTS: usize = 10_000;
/// Bytes of a page of so many.
const BYTES: usize = 2_950_000;
/// What a page may grow to.
const MOST: usize = 16 << 20;
/// Figures and runs that stand in the page itself; with more they are data that the script shows when they are asked for.
const FIGURES: usize = 200;
const RUNS: usize = 4;

/// What a page says besides the runs, and how large it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOptions {
    /// Title and heading.
    pub title: String,
    /// When it was made, in words; left out when `None`, so that equal runs give equal pages.
    pub made_at: Option<String>,
    /// Bytes of the page. Texts are cut, then left out, to stay below; the page says how many. `None`: below 3 MB, and beyond
    /// 10,000 attempts in proportion, up to 16 MiB.
    pub bytes: Option<usize>,
}

impl Default for PageOptions {
    fn default() -> Self {
        Self { title: "proctor report".to_string(), made_at: None, bytes: None }
    }
}

/// A run without its attempts.
#[derive(Debug, Clone, PartialEq)]
pub struct PageRun {
    /// The figures.
    pub summary: Summary,
    /// Plots of the benchmark's own.
    pub plots: Vec<Plot>,
}

/// Makes one self-contained page of runs whose attempts come one by one; what it keeps of them is compressed.
pub struct PageBuilder {
    options: PageOptions,
    runs: Vec<PageRun>,
    board: Option<Leaderboard>,
    rows: Rows,
    packer: Packer,
    attempts: usize,
}

/// The page's body in data.
#[derive(Serialize)]
struct Body {
    matrix: Option<MatrixView>,
    frontier: Option<PlotView>,
    benchmarks: Vec<BenchmarkView>,
    attempts: usize,
    left_out: Option<String>,
    runs: usize,
    models: Vec<String>,
    pairs: bool,
}

impl PageBuilder {
    /// A page of `runs`; their attempts are added in the same order. With a leaderboard the overview has places.
    pub fn new(options: PageOptions, runs: Vec<PageRun>, board: Option<Leaderboard>) -> Self {
        let mut rows = Rows::default();
        let mut seen = BTreeSet::new();
        let mut weights = Vec::new();
        let mut attempts = 0;
        for run in &runs {
            rows.run(&run.summary.run);
            // The first run of a benchmark brings the prompts, which the others share.
            let first = seen.insert(run.summary.run.plan.benchmark.as_str());
            weights.push(run.summary.planned as f64 * if first { 2.0 } else { 1.0 });
            attempts += run.summary.planned;
        }
        let bytes = options.bytes.unwrap_or_else(|| {
            let grown = BYTES as f64 * (attempts as f64 / ATTEMPTS as f64).max(1.0);
            (grown as usize).min(MOST)
        });
        let fixed = 130_000 + runs.len() * 8_000;
        let packer = Packer::new(bytes.saturating_sub(fixed), weights);
        Self { options, runs, board, rows, packer, attempts }
    }

    /// Adds an attempt of run number `run`; runs come one after another.
    pub fn add(&mut self, run: usize, view: &SampleView) -> Result<(), ReportError> {
        if self.packer.run() != Some(run) {
            let attempts = self.runs.get(run).map_or(0, |run| run.summary.planned);
            self.packer.begin(run, attempts, self.rows.bytes(self.attempts))?;
        }
        match self.rows.add(run, view) {
            Some(row) => self.packer.add(row, view),
            None => Ok(()),
        }
    }

    /// The page.
    pub fn finish(mut self) -> Result<String, ReportError> {
        self.packer.flush()?;
        self.rows.place(&self.packer.chunks);
        let summaries: Vec<&Summary> = self.runs.iter().map(|run| &run.summary).collect();
        let mut plots = Vec::new();
        let mut benchmarks = self.benchmarks(&mut plots);
        let folds = folds(&mut benchmarks);
        let href = |benchmark: &str, run: Option<&str>| match run {
            Some(id) => format!("#{}", run_anchor(summaries.iter().position(|s| s.run.id == id).unwrap_or(0))),
            None => format!("#{}", benchmark_anchor(&benchmarks, benchmark)),
        };
        let several = summaries.len() > 1;
        let matrix = several.then(|| match &self.board {
            Some(board) => MatrixView::of(board, href),
            None => MatrixView::of_summaries(&summaries, href),
        });
        let models: BTreeSet<String> = summaries.iter().map(|s| one_line(&s.run.plan.model)).collect();
        let body = Body {
            matrix,
            frontier: self.board.as_ref().and_then(frontier),
            attempts: self.rows.len(),
            left_out: left_out(self.packer.left_out, self.rows.len()),
            runs: self.runs.len(),
            pairs: models.len() > 1 || benchmarks.iter().any(|b| b.runs.len() > 1),
            models: models.into_iter().collect(),
            benchmarks,
        };
        let templates = Templates::new()?;
        let mut links = Vec::new();
        if body.matrix.is_some() {
            links.push(("#overview".to_string(), "Overview".to_string()));
        }
        links.extend(body.benchmarks.iter().map(|b| (format!("#{}", b.anchor), b.name.clone())));
        if body.pairs {
            links.push(("#compare".into(), "Compare".into()));
        }
        if body.attempts > 0 {
            links.push(("#samples".into(), "Samples".into()));
        }
        let mut data = vec![
            ("data-rows".to_string(), packed(&self.rows, Compression::best())?),
            ("data-plots".to_string(), packed(&plots, Compression::best())?),
        ];
        if !folds.is_empty() {
            data.push(("data-folds".to_string(), packed(&folds, Compression::best())?));
        }
        let chunks = std::mem::take(&mut self.packer.chunks);
        data.extend(chunks.into_iter().enumerate().map(|(number, chunk)| (format!("data-{number}"), chunk.data)));
        templates.page(Shell {
            title: one_line(&self.options.title),
            subtitle: subtitle(&body, self.options.made_at.as_deref()),
            links,
            body: templates.render("report", &body)?,
            data,
            assets: None,
        })
    }

    /// Every benchmark with its runs, the best first; plots the script draws go to `plots`.
    fn benchmarks(&self, plots: &mut Vec<PlotView>) -> Vec<BenchmarkView> {
        let mut names: Vec<&str> = Vec::new();
        for run in &self.runs {
            if !names.contains(&run.summary.run.plan.benchmark.as_str()) {
                names.push(&run.summary.run.plan.benchmark);
            }
        }
        names.iter().enumerate().map(|(i, name)| self.benchmark(format!("benchmark{i}"), name, plots)).collect()
    }

    fn benchmark(&self, anchor: String, name: &str, plots: &mut Vec<PlotView>) -> BenchmarkView {
        let of_it = self.runs.iter().enumerate().filter(|(_, run)| run.summary.run.plan.benchmark == name);
        let mut runs: Vec<Numbered<'_>> = of_it.map(|(number, run)| (number, &run.summary)).collect();
        let value = |summary: &Summary| summary.headline().and_then(|m| m.value).unwrap_or(f64::NEG_INFINITY);
        runs.sort_by(|(_, a), (_, b)| value(b).total_cmp(&value(a)));
        let best = |number: usize| self.may_be_best(number, &runs);
        let mut places = Vec::new();
        for plot in charts::of_runs(&runs, &self.rows) {
            places.push(PlotPlace {
                title: plot.title.clone(),
                caption: plot.caption.clone(),
                choices: vec![(plots.len(), String::new())],
                wide: plot.wide,
            });
            plots.push(plot);
        }
        let mut own: BTreeMap<usize, PlotPlace> = BTreeMap::new();
        for (number, summary) in &runs {
            for (position, plot) in self.runs.get(*number).map_or(&[][..], |run| &run.plots).iter().enumerate() {
                let view = of_benchmark(plot);
                let place = own.entry(position).or_insert_with(|| PlotPlace {
                    title: view.title.clone(),
                    caption: view.caption.clone(),
                    choices: Vec::new(),
                    wide: view.wide,
                });
                place.wide |= view.wide;
                place.choices.push((plots.len(), one_line(&summary.run.plan.model)));
                plots.push(view);
            }
        }
        places.splice(places.len().min(1)..places.len().min(1), own.into_values());
        let figures: Vec<_> = runs.iter().flat_map(|(_, summary)| figure_views(summary)).collect();
        BenchmarkView {
            anchor,
            name: one_line(name),
            metric: runs.iter().find_map(|(_, s)| s.headline()).map_or(String::new(), |m| one_line(&m.name)),
            note_line: note_line(&runs.iter().map(|(_, summary)| *summary).collect::<Vec<_>>()),
            notes: runs.iter().flat_map(|(_, summary)| notes(summary)).collect(),
            parts: figures.iter().filter(|figure| !figure.stratum.is_empty()).count(),
            figures,
            figures_fold: None,
            figure_count: 0,
            intervals: if runs.len() > 1 { charts::scores(&runs, best) } else { None },
            plots: places,
            unfinished: runs.iter().any(|(_, summary)| summary.missing() > 0),
            runs: runs.iter().map(|(number, summary)| run_view(run_anchor(*number), summary)).collect::<Vec<RunView>>(),
        }
    }

    /// By the leaderboard where there is one, else by whether its interval reaches the best figure.
    fn may_be_best(&self, number: usize, runs: &[Numbered<'_>]) -> bool {
        let id = self.runs.get(number).map(|run| run.summary.run.id.as_str());
        let cells = self.board.iter().flat_map(|board| board.cells.iter().flatten().flatten());
        if let Some(cell) = cells.into_iter().find(|cell| Some(cell.run_id.as_str()) == id) {
            return cell.may_be_best();
        }
        let best = runs.iter().filter_map(|(_, s)| s.headline()?.value).fold(f64::NEG_INFINITY, f64::max);
        let own = runs.iter().find(|(n, _)| *n == number).and_then(|(_, s)| s.headline());
        own.is_some_and(|m| m.value.is_some_and(|v| v >= best) || m.interval.is_some_and(|i| i.high >= best))
    }
}

/// What the script shows when it is asked for.
#[derive(Serialize)]
#[serde(untagged)]
enum Fold {
    Run { facts: Vec<Fact>, plan: String },
    Table { head: Vec<&'static str>, rows: Vec<[String; 8]> },
}

/// Takes what is much and seldom read out of the page.
fn folds(benchmarks: &mut [BenchmarkView]) -> Vec<Fold> {
    let mut folds = Vec::new();
    let figures: usize = benchmarks.iter().map(|benchmark| benchmark.figures.len()).sum();
    let runs: usize = benchmarks.iter().map(|benchmark| benchmark.runs.len()).sum();
    for benchmark in benchmarks {
        benchmark.figure_count = benchmark.figures.len();
        if figures > FIGURES && !benchmark.figures.is_empty() {
            benchmark.figures_fold = Some(folds.len());
            let row = |f: FigureView| [f.name, f.model, f.stratum, f.score, f.interval, f.counts, f.method, f.note];
            let rows = std::mem::take(&mut benchmark.figures).into_iter().map(row).collect();
            let head = vec!["figure", "model", "subset", "score", "95% interval", "n", "interval by", "note"];
            folds.push(Fold::Table { head, rows });
        }
        for run in benchmark.runs.iter_mut().filter(|_| runs > RUNS) {
            run.fold = Some(folds.len());
            let (facts, plan) = (std::mem::take(&mut run.provenance), std::mem::take(&mut run.plan));
            folds.push(Fold::Run { facts, plan });
        }
    }
    folds
}

/// Renders runs with all their attempts as one self-contained page.
pub fn page(runs: &[ReportRun], options: &PageOptions) -> Result<String, ReportError> {
    let light = runs.iter().map(|run| PageRun { summary: run.summary.clone(), plots: run.plots.clone() }).collect();
    let mut builder = PageBuilder::new(options.clone(), light, None);
    for (number, run) in runs.iter().enumerate() {
        for view in &run.samples {
            builder.add(number, view)?;
        }
    }
    builder.finish()
}

fn run_anchor(number: usize) -> String {
    format!("run{number}")
}

fn benchmark_anchor<'a>(benchmarks: &'a [BenchmarkView], name: &str) -> &'a str {
    let name = one_line(name);
    benchmarks.iter().find(|b| b.name == name).map_or("overview", |b| &b.anchor)
}

fn subtitle(body: &Body, made_at: Option<&str>) -> String {
    let some = |n: usize, one: &str| format!("{} {one}{}", count(n as u64), if n == 1 { "" } else { "s" });
    let mut parts =
        vec![some(body.models.len(), "model"), some(body.benchmarks.len(), "benchmark"), some(body.attempts, "attempt")];
    parts.extend(made_at.map(one_line));
    parts.join(" · ")
}

/// What a reader must know of texts that are not in the page.
fn left_out(left: LeftOut, attempts: usize) -> Option<String> {
    let mut parts = Vec::new();
    if left.attempts > 0 {
        parts.push(format!(
            "the texts of {} of {} attempts are not in this page (every attempt is in the table and in all figures)",
            count(left.attempts as u64),
            count(attempts as u64)
        ));
    }
    if left.cut > 0 {
        parts.push(format!("of {} attempts long texts show their beginning and end", count(left.cut as u64)));
    }
    (!parts.is_empty()).then(|| {
        format!("To keep the file small, {}. `proctor show RUN --sample ID` prints everything; `proctor report --max-size` allows more.", parts.join("; "))
    })
}
