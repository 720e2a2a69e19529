use super::entry::Entry;
use super::places::{Places, resamples};
use super::table::{BenchmarkColumn, Cell, Leaderboard, ModelRow, SCHEMA, Standing};
use crate::comparability::{self, Difference};
use crate::summary::{Unit, UsageTotals};
use crate::text::count;
use proctor_statistics::{CONFIDENCE, ranks};
use std::collections::{BTreeMap, BTreeSet};

/// The leaderboard of runs. Of several runs of one model at one benchmark the latest whose conditions are the benchmark's
/// counts, else the latest. The conditions of a benchmark are those under which most models have a score; among equally many,
/// the latest. `slices` are the subsets that the entries were narrowed to, for the record.
pub fn leaderboard(entries: Vec<Entry>, slices: &[String]) -> Leaderboard {
    let mut by_benchmark: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        by_benchmark.entry(entry.benchmark.clone()).or_default().push(entry);
    }
    let columns: Vec<Column> = by_benchmark.into_iter().map(|(benchmark, entries)| Column::of(benchmark, entries)).collect();
    let models: BTreeSet<String> = columns.iter().flat_map(|column| column.cells.keys().cloned()).collect();
    let mut models: Vec<String> = models.into_iter().collect();
    let placed = placed(&models, &columns);
    let complete = |column: &Column| placed.iter().all(|model| column.has_ranked(model));
    let decides: Vec<bool> = columns.iter().map(|column| placed.len() > 1 && complete(column)).collect();
    let resamples = resamples(columns.iter().map(Column::scores));
    let places: Vec<Places> = drawn(&columns, resamples);
    let standings = overall(&placed, &places, &decides, resamples);
    let mut board = assembled(&models, columns, places, &decides, &standings);
    // The best first; those without a place behind, by name.
    models.sort_by(|a, b| {
        let key = |model: &String| standings.get(model).map_or(f64::INFINITY, |standing| standing.mean_rank);
        key(a).total_cmp(&key(b)).then_with(|| a.cmp(b))
    });
    board.order(&models);
    board.slices = slices.to_vec();
    board.resamples = resamples;
    board
}

/// The models that can have a place over all benchmarks: those with a comparable score at half of them or more, so that a
/// model that was hardly tried takes nobody's place away.
fn placed(models: &[String], columns: &[Column]) -> Vec<String> {
    let scored = |model: &&String| columns.iter().filter(|column| column.has_ranked(model)).count() * 2 >= columns.len();
    models.iter().filter(scored).cloned().collect()
}

/// A benchmark with the runs that count.
struct Column {
    benchmark: String,
    conditions: String,
    cells: BTreeMap<String, Entry>,
    /// Models with several runs.
    superseded: usize,
}

impl Column {
    fn of(benchmark: String, entries: Vec<Entry>) -> Self {
        let mut support: BTreeMap<&str, (BTreeSet<&str>, &str)> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| entry.score.is_some() && entry.withheld.is_none()) {
            let (models, latest) = support.entry(&entry.conditions).or_default();
            models.insert(&entry.model);
            *latest = (*latest).max(&entry.created_at);
        }
        let conditions = support.iter().max_by_key(|(_, (models, latest))| (models.len(), *latest)).map(|(key, _)| *key);
        let conditions = conditions.unwrap_or_default().to_owned();
        let total = entries.len();
        let mut cells: BTreeMap<String, Entry> = BTreeMap::new();
        for entry in entries {
            let weight = |entry: &Entry| {
                let scored = entry.score.is_some() && entry.withheld.is_none();
                (scored && entry.conditions == conditions, scored, entry.created_at.clone(), entry.run_id.clone())
            };
            match cells.get(&entry.model) {
                Some(known) if weight(known) >= weight(&entry) => {}
                _ => {
                    cells.insert(entry.model.clone(), entry);
                }
            }
        }
        Self { benchmark, conditions, superseded: total - cells.len(), cells }
    }

    fn is_ranked(&self, entry: &Entry) -> bool {
        entry.score.is_some() && entry.withheld.is_none() && entry.conditions == self.conditions
    }

    fn has_ranked(&self, model: &str) -> bool {
        self.cells.get(model).is_some_and(|entry| self.is_ranked(entry))
    }

    fn ranked(&self) -> usize {
        self.cells.values().filter(|entry| self.is_ranked(entry)).count()
    }

    /// The models that are ranked, with their entries.
    fn scores(&self) -> Vec<&Entry> {
        self.cells.values().filter(|entry| self.is_ranked(entry)).collect()
    }

    /// The plan that others are compared with.
    fn reference(&self) -> Option<&Entry> {
        self.scores().into_iter().max_by_key(|entry| (entry.created_at.as_str(), entry.run_id.as_str()))
    }
}

/// Ranks over resamples, column by column on all cores.
fn drawn(columns: &[Column], resamples: usize) -> Vec<Places> {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get()).min(columns.len().max(1));
    let mut places: Vec<Option<Places>> = (0..columns.len()).map(|_| None).collect();
    std::thread::scope(|scope| {
        let work: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let mine = columns.iter().enumerate().skip(thread).step_by(threads);
                    mine.map(|(i, column)| (i, Places::of(&column.scores(), resamples))).collect::<Vec<_>>()
                })
            })
            .collect();
        for thread in work {
            for (i, found) in thread.join().unwrap_or_default() {
                if let Some(place) = places.get_mut(i) {
                    *place = Some(found);
                }
            }
        }
    });
    places.into_iter().map(Option::unwrap_or_default).collect()
}

/// Standings of `models` over the benchmarks that decide, by the mean of their ranks.
fn overall(models: &[String], places: &[Places], decides: &[bool], resamples: usize) -> BTreeMap<String, Standing> {
    let deciding: Vec<&Places> = places.iter().zip(decides).filter(|(_, decides)| **decides).map(|(places, _)| places).collect();
    if deciding.is_empty() {
        return BTreeMap::new();
    }
    // Where each model stands in each benchmark's list.
    let columns: Vec<Vec<usize>> = deciding.iter().map(|p| models.iter().filter_map(|m| p.place_of(m)).collect()).collect();
    let mean = |ranks: Vec<&[f64]>| -> Vec<f64> {
        let of = |m: usize| ranks.iter().zip(&columns).filter_map(|(r, places)| r.get(*places.get(m)?)).sum::<f64>();
        (0..models.len()).map(|m| of(m) / ranks.len() as f64).collect()
    };
    // Lower is better, and ranks take the highest for the best.
    let ranked = |means: &[f64]| ranks(&means.iter().map(|mean| -mean).collect::<Vec<_>>());
    let observed = mean(deciding.iter().map(|places| places.observed.as_slice()).collect());
    let draws: Vec<Vec<usize>> = (0..resamples)
        .map(|draw| ranked(&mean(deciding.iter().filter_map(|places| places.draws.get(draw)).map(Vec::as_slice).collect())))
        .collect();
    let places = ranked(&observed);
    let standing = |(m, model): (usize, &String)| {
        let own: Vec<f64> = draws.iter().filter_map(|draw| draw.get(m)).map(|rank| *rank as f64).collect();
        let rank = places.get(m).copied()?;
        let (low, high) = proctor_statistics::rank_interval(own, CONFIDENCE)?;
        let (low, high) = ((low as usize).min(rank), (high as usize).max(rank));
        Some((model.clone(), Standing { rank, low, high, mean_rank: observed.get(m).copied()? }))
    };
    models.iter().enumerate().filter_map(standing).collect()
}

fn assembled(
    models: &[String],
    columns: Vec<Column>,
    places: Vec<Places>,
    decides: &[bool],
    standings: &BTreeMap<String, Standing>,
) -> Leaderboard {
    let mut board = Leaderboard {
        schema: SCHEMA.to_owned(),
        confidence: CONFIDENCE,
        slices: Vec::new(),
        resamples: 0,
        models: Vec::new(),
        benchmarks: Vec::new(),
        cells: vec![Vec::new(); models.len()],
        notes: notes(&columns, models.len(), decides),
    };
    for ((column, places), decides) in columns.iter().zip(&places).zip(decides) {
        let score = column.reference().or(column.cells.values().next()).and_then(|entry| entry.score.as_ref());
        board.benchmarks.push(BenchmarkColumn {
            benchmark: column.benchmark.clone(),
            metric: score.map_or(String::new(), |score| score.metric.clone()),
            unit: score.map_or(Unit::Fraction, |score| score.unit),
            compared: column.ranked(),
            models: column.cells.len(),
            decides: *decides,
        });
        let frontier = frontier(column);
        for (row, model) in board.cells.iter_mut().zip(models) {
            let cell = column.cells.get(model).map(|entry| {
                let mut cell = cell(entry, column);
                cell.standing = column.is_ranked(entry).then(|| places.standing(model)).flatten();
                cell.on_frontier = frontier.get(model.as_str()).copied();
                cell
            });
            row.push(cell);
        }
    }
    for (row, model) in board.cells.iter().zip(models) {
        let cells = || row.iter().flatten();
        board.models.push(ModelRow {
            model: model.clone(),
            standing: standings.get(model).copied(),
            scored: cells().filter(|cell| cell.is_ranked()).count(),
            usage: cells().fold(UsageTotals::default(), |sum, cell| sum.with(&cell.usage)),
            attempts: cells().map(|cell| cell.graded).sum(),
            on_frontier: None,
        });
    }
    let points: Vec<(f64, Option<f64>)> = board
        .models
        .iter()
        .map(|row| (row.standing.map_or(f64::NAN, |standing| -standing.mean_rank), row.usage.cost_usd))
        .collect();
    for (row, on) in board.models.iter_mut().zip(on_frontier(&points)) {
        row.on_frontier = on;
    }
    board
}

fn cell(entry: &Entry, column: &Column) -> Cell {
    let differences: Vec<Difference> = match (&entry.plan, column.reference().and_then(|reference| reference.plan.as_ref())) {
        (Some(own), Some(reference)) => comparability::differences(own, reference),
        _ => Vec::new(),
    };
    let comparable = entry.conditions == column.conditions || column.conditions.is_empty();
    let (forbidding, other): (Vec<_>, Vec<_>) = differences.into_iter().partition(|difference| difference.part.forbids());
    let mut incomparable = if comparable { Vec::new() } else { forbidding };
    if !comparable && incomparable.is_empty() {
        incomparable.push(Difference {
            part: comparability::Part::Judge,
            what: "conditions".to_owned(),
            a: entry.conditions.clone(),
            b: column.conditions.clone(),
        });
    }
    let score = entry.score.as_ref().filter(|_| entry.withheld.is_none());
    Cell {
        run_id: entry.run_id.clone(),
        value: score.map(|score| score.value),
        unit: score.map_or(Unit::Fraction, |score| score.unit),
        interval: score.and_then(|score| score.interval),
        n: score.map_or(0, |score| score.points()),
        groups: score.map_or(0, |score| score.groups.len()),
        successes: score.and_then(|score| score.successes),
        standing: None,
        incomparable,
        differs: other.into_iter().filter(|difference| difference.part != comparability::Part::Model).collect(),
        withheld: entry.withheld.clone(),
        planned: entry.planned,
        graded: entry.graded,
        infra_errors: entry.infra_errors,
        usage: entry.usage,
        on_frontier: None,
    }
}

/// Which ranked models no other one beats in both score and cost, of those whose cost is known.
fn frontier(column: &Column) -> BTreeMap<&str, bool> {
    let scores = column.scores();
    let points: Vec<(f64, Option<f64>)> =
        scores.iter().map(|entry| (entry.score.as_ref().map_or(f64::NAN, |score| score.value), entry.usage.cost_usd)).collect();
    let on = on_frontier(&points);
    scores.iter().zip(on).filter_map(|(entry, on)| Some((entry.model.as_str(), on?))).collect()
}

/// Of (quality, cost) points, which no other is at least as good and as cheap as, and better in one of the two.
fn on_frontier(points: &[(f64, Option<f64>)]) -> Vec<Option<bool>> {
    let known: Vec<(f64, f64)> = points.iter().filter_map(|(q, c)| Some((*q, (*c)?))).filter(|(q, _)| q.is_finite()).collect();
    let on = |(quality, cost): (f64, f64)| !known.iter().any(|(q, c)| *q >= quality && *c <= cost && (*q > quality || *c < cost));
    points.iter().map(|(q, c)| Some((*q, (*c)?)).filter(|(q, _)| q.is_finite()).map(on)).collect()
}

fn notes(columns: &[Column], models: usize, decides: &[bool]) -> Vec<String> {
    let mut notes = Vec::new();
    let deciding = decides.iter().filter(|decides| **decides).count();
    if models > 1 && !columns.is_empty() {
        notes.push(match deciding {
            0 => "No benchmark has a comparable score of every model, so there is no place over all.".to_owned(),
            n if n == columns.len() => format!("Places over all benchmarks are by the mean rank at {}.", benchmarks(n)),
            n => format!(
                "Places over all benchmarks are by the mean rank at the {} at which every model with a place has a comparable score.",
                benchmarks(n)
            ),
        });
    }
    let means: usize = columns.iter().filter(|column| column.scores().iter().any(|entry| is_no_mean(entry))).count();
    if means > 0 {
        notes.push(format!(
            "At {} the figure is no mean over questions; rank intervals there are drawn from its interval, model by model.",
            benchmarks(means)
        ));
    }
    let superseded: usize = columns.iter().map(|column| column.superseded).sum();
    if superseded > 0 {
        notes.push(format!(
            "{} not shown: of several runs of a model at a benchmark the latest comparable one counts.",
            runs(superseded)
        ));
    }
    let unfinished = columns.iter().flat_map(|column| column.cells.values()).filter(|e| e.graded < e.planned).count();
    if unfinished > 0 {
        notes.push(format!("{} unfinished; scores there are over the attempts graded so far.", runs(unfinished)));
    }
    let infra: usize = columns.iter().flat_map(|column| column.cells.values()).map(|entry| entry.infra_errors).sum();
    if infra > 0 {
        notes
            .push(format!("{} in infrastructure errors and are in no score.", counted(infra, "attempt ended", "attempts ended")));
    }
    notes
}

fn is_no_mean(entry: &Entry) -> bool {
    entry.score.as_ref().is_some_and(|score| score.groups.is_empty())
}

fn counted(n: usize, one: &str, several: &str) -> String {
    format!("{} {}", count(n as u64), if n == 1 { one } else { several })
}

fn benchmarks(n: usize) -> String {
    counted(n, "benchmark", "benchmarks")
}

fn runs(n: usize) -> String {
    counted(n, "run is", "runs are")
}
