//! Accuracy and reasoning gap by subject as a picture.

use crate::options::Mode;
use crate::{metrics, subjects};
use proctor_core::{Figure, GradedAttempt, Metric, Plot, Scale, Span, Spans};

/// EAcc and AAcc of each subject; nothing where there are fewer than two.
pub fn plot(mode: Mode, grades: &[GradedAttempt]) -> Option<Plot> {
    let metrics = metrics::by_subject(mode, grades);
    let find = |name: &str, stratum: &str| -> Option<f64> {
        let found = |metric: &&Metric| metric.name == name && metric.stratum.as_deref() == Some(stratum);
        metrics.iter().find(found).map(|metric| metric.value)
    };
    let span = |subject: &subjects::Subject| {
        let stratum = format!("subject {}", subject.name);
        let name = subjects::title(subject.name);
        Some(Span { name, first: find("EAcc", &stratum)?, second: find("AAcc", &stratum)? })
    };
    let rows: Vec<Span> = subjects::SUBJECTS.iter().filter_map(span).collect();
    if rows.len() < 2 {
        return None;
    }
    Some(Plot {
        title: "Accuracy and reasoning gap by subject".into(),
        caption: "Percent. Full dot: EAcc, problems right in all three versions. Ring: AAcc, the mean over versions. The line \
                  between them is the reasoning gap."
            .into(),
        figure: Figure::Spans(Spans {
            row_title: "subject".into(),
            first_title: "EAcc".into(),
            second_title: "AAcc".into(),
            rows,
            scale: Scale::Share,
        }),
    })
}
