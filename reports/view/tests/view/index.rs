use crate::support::{answer, grade, run, sample, store};
use proctor_core::{AttemptRecord, Outcome, RunRecord, Sample};
use proctor_store::Store;
use proctor_view::{Filter, Index, Page, Sort, UNGRADED, read_texts, synchronise};
use std::path::Path;

async fn read_all(index: &Index, store: &Store) {
    synchronise(index, store).await.unwrap();
    for _ in 0..100 {
        if !read_texts(index, store, &|| true).await.unwrap() {
            return;
        }
    }
    panic!("the texts are never all read");
}

async fn list(index: &Index, filter: Filter) -> Page {
    let filter = Filter { limit: if filter.limit == 0 { 100 } else { filter.limit }, ..filter };
    index.list(&index.runs().await.unwrap(), &filter).await.unwrap()
}

fn ids(page: &Page) -> Vec<String> {
    page.lines.iter().map(|line| format!("{} {}", line.model, line.sample)).collect()
}

/// Two models at six questions: `a` is right at the even ones, `b` nowhere; `b` has not answered the last.
async fn two_runs(folder: &Path) -> (Store, Vec<Sample>, [RunRecord; 2]) {
    let store = store(folder).await;
    let topics = ["Almaty", "the Kazakh steppe", "π", "C++", "a \"quote\"", "nothing"];
    let samples: Vec<Sample> =
        topics.iter().enumerate().map(|(i, t)| sample(i, t, if i < 3 { "history" } else { "physics" })).collect();
    let a = run(&store, "bench", "a", &samples).await;
    let b = run(&store, "bench", "b", &samples).await;
    for (i, sample) in samples.iter().enumerate() {
        answer(&store, &a, sample, &format!("The answer of a is number {i}."), 10 + i as u64).await;
        let outcome = if i % 2 == 0 { Outcome::Correct } else { Outcome::Incorrect };
        grade(&store, &a, sample, outcome, "because").await;
        if i < 5 {
            answer(&store, &b, sample, "I do not know, <script>alert(1)</script>", 100 - i as u64).await;
            grade(&store, &b, sample, Outcome::Incorrect, "ALMATY was expected").await;
        }
    }
    (store, samples, [a, b])
}

#[tokio::test]
async fn filters_search_and_orders() {
    let folder = tempfile::tempdir().unwrap();
    let (store, ..) = two_runs(folder.path()).await;
    let index = Index::open(&folder.path().join("index")).await.unwrap();
    read_all(&index, &store).await;

    let page = list(&index, Filter::default()).await;
    assert_eq!((page.lines.len(), page.total, page.next), (11, Some(11), None));
    assert_eq!(page.lines[0].strata, "history");
    let check = async |filter: Filter, expected: &[&str], total: Option<i64>| {
        let page = list(&index, filter.clone()).await;
        assert_eq!(ids(&page), expected, "{filter:?}");
        assert_eq!(page.total, total, "{filter:?}");
    };
    let model = |name: &str| Some(name.to_string());
    let words = |text: &str| Filter { words: Some(text.into()), ..Filter::default() };
    check(Filter { model: model("a"), outcomes: vec![0], ..Filter::default() }, &["a q0", "a q2", "a q4"], Some(3)).await;
    check(
        Filter { model: model("a"), outcomes: vec![0, 1], stratum: model("physics"), ..Filter::default() },
        &["a q3", "a q4", "a q5"],
        Some(3),
    )
    .await;
    check(Filter { sample: model("q1"), ..Filter::default() }, &["a q1", "b q1"], None).await;
    check(Filter { category: model("AssertionError"), model: model("a"), ..Filter::default() }, &["a q1", "a q3", "a q5"], None)
        .await;
    check(Filter { category: model("nowhere"), ..Filter::default() }, &[], Some(0)).await;
    check(Filter { stratum: model("nowhere"), ..Filter::default() }, &[], Some(0)).await;
    // In the question of both, in the explanation of b's first, and whatever the case.
    check(words("almaty"), &["a q0", "b q0", "b q1", "b q2", "b q3", "b q4"], None).await;
    check(words("\"kazakh steppe\""), &["a q1", "b q1"], None).await;
    check(words("number 4"), &["a q4"], None).await;
    check(words("π"), &["a q2", "b q2"], None).await;
    check(Filter { outcomes: vec![0], ..words("almaty") }, &["a q0"], None).await;
    for hostile in ["\"", "*", "a\" OR rowid > 0 --", "answer:", "NEAR(", "^", "-", "'); DROP TABLE attempts; --", "\0"] {
        list(&index, words(hostile)).await;
    }
    let sorted = Filter { sort: Sort::Tokens, limit: 4, ..Filter::default() };
    check(sorted, &["b q0", "b q1", "b q2", "b q3"], Some(11)).await;
    let (before, after) = index.around(&index.runs().await.unwrap(), 1, "q1", 0).await.unwrap();
    assert_eq!((before.unwrap().sample, after.unwrap().sample), ("q0".to_string(), "q2".to_string()));
}

#[tokio::test]
async fn pages_hold_every_line_once() {
    let folder = tempfile::tempdir().unwrap();
    let (store, ..) = two_runs(folder.path()).await;
    let index = Index::open(&folder.path().join("index")).await.unwrap();
    read_all(&index, &store).await;
    for sort in [Sort::Plan, Sort::Tokens, Sort::Time] {
        for words in [None, Some("answer".to_string()), Some("what".to_string())] {
            let all = list(&index, Filter { sort, words: words.clone(), ..Filter::default() }).await;
            let mut seen = Vec::new();
            let mut after = None;
            for _ in 0..20 {
                let page = list(&index, Filter { sort, words: words.clone(), limit: 2, after, ..Filter::default() }).await;
                seen.extend(ids(&page));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen, ids(&all), "{sort:?} {words:?}");
        }
    }
}

#[tokio::test]
async fn what_changes_is_read_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (store, samples, [_, b]) = two_runs(folder.path()).await;
    let index = Index::open(&folder.path().join("index")).await.unwrap();
    assert_eq!(synchronise(&index, &store).await.unwrap().attempts, 11);
    assert_eq!(synchronise(&index, &store).await.unwrap().attempts, 0);
    answer(&store, &b, &samples[5], "At last.", 7).await;
    assert_eq!(synchronise(&index, &store).await.unwrap().attempts, 1);
    let ungraded = Filter { outcomes: vec![UNGRADED], ..Filter::default() };
    assert_eq!(ids(&list(&index, ungraded.clone()).await), ["b q5"]);
    grade(&store, &b, &samples[5], Outcome::Correct, "right").await;
    read_all(&index, &store).await;
    assert_eq!(list(&index, ungraded).await.total, Some(0));
    let runs = index.runs().await.unwrap();
    assert_eq!(runs.iter().map(|run| (run.model.as_str(), run.graded)).collect::<Vec<_>>(), [("b", 6), ("a", 6)]);
    let found = list(&index, Filter { words: Some("last".into()), ..Filter::default() }).await;
    assert_eq!(ids(&found), ["b q5"]);
}

#[tokio::test]
async fn a_missing_answer_is_an_infrastructure_error_until_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let samples = [sample(0, "x", "s")];
    let run = run(&store, "bench", "a", &samples).await;
    let error = AttemptRecord { key: crate::support::key(&run, &samples[0]), attempt: None, error: Some("time-out".into()) };
    store.record_attempt(&error).await.unwrap();
    let index = Index::open(&folder.path().join("index")).await.unwrap();
    read_all(&index, &store).await;
    assert_eq!(list(&index, Filter::default()).await.lines[0].outcome, "infra_error");
    assert_eq!(list(&index, Filter { words: Some("time-out".into()), ..Filter::default() }).await.lines.len(), 1);
    answer(&store, &run, &samples[0], "here", 1).await;
    read_all(&index, &store).await;
    assert_eq!(list(&index, Filter::default()).await.lines[0].outcome, "ungraded");
    assert_eq!(list(&index, Filter { words: Some("time-out".into()), ..Filter::default() }).await.lines.len(), 0);
}

#[tokio::test]
async fn another_store_at_the_same_place_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (first, ..) = two_runs(folder.path()).await;
    let index = Index::open(&folder.path().join("index")).await.unwrap();
    read_all(&index, &first).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let other = store(elsewhere.path()).await;
    let samples = [sample(0, "Peru", "s")];
    let only = run(&other, "other", "c", &samples).await;
    answer(&other, &only, &samples[0], "Lima", 1).await;
    read_all(&index, &other).await;
    assert_eq!(ids(&list(&index, Filter::default()).await), ["c q0"]);
    assert_eq!(list(&index, Filter { words: Some("almaty".into()), ..Filter::default() }).await.lines.len(), 0);
}

#[tokio::test]
async fn a_damaged_index_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let (store, ..) = two_runs(folder.path()).await;
    let path = folder.path().join("index");
    std::fs::write(&path, b"this is no database, whatever it says").unwrap();
    let index = Index::open(&path).await.unwrap();
    read_all(&index, &store).await;
    assert_eq!(list(&index, Filter::default()).await.total, Some(11));
}
