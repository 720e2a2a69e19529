//! The hypothesis that a service takes only so many requests at a time.

/// How many requests in flight a service takes, as far as its refusals tell.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// Refused when one more than that was in flight.
    ceiling: Option<usize>,
    /// Refusals that agree with it.
    agreed: u32,
    /// Most in flight that was accepted.
    proven: usize,
    /// Most in flight that is accepted if nothing is refused for a while, and since when.
    candidate: (usize, f64),
    /// When one more is tried.
    probe_at: f64,
    /// When one more was tried.
    probe: Option<f64>,
    hold_s: f64,
    /// A number at which a refusal was left to another explanation.
    suspect: usize,
}

/// What a refusal says of the number in flight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// It explains the refusal.
    Explained,
    /// It was not the number.
    Other,
}

const LONGEST_HOLD_S: f64 = 600.0;

impl Places {
    /// Most that may be in flight.
    pub fn top(&self, now: f64) -> usize {
        match self.ceiling {
            None => usize::MAX,
            Some(ceiling) if now >= self.probe_at && self.probe.is_none() => ceiling + 1,
            Some(ceiling) => ceiling,
        }
    }

    pub fn ceiling(&self) -> Option<usize> {
        self.ceiling
    }

    /// The ceiling, where nothing has confirmed it yet.
    pub fn unsure(&self) -> Option<usize> {
        self.ceiling.filter(|_| self.agreed == 0)
    }

    pub fn sent(&mut self, now: f64, in_flight: usize) {
        if self.ceiling.is_some_and(|ceiling| in_flight > ceiling) && self.probe.is_none() {
            self.probe = Some(now);
        }
    }

    /// A request was refused: what is out may be refused as well.
    pub fn doubt(&mut self) {
        self.candidate.0 = 0;
    }

    /// So many were in flight, and one of them was answered; refusals of others may still be on their way. Tells as
    /// `accepted` does.
    pub fn answered(&mut self, now: f64, in_flight: usize, sure: bool, patience: f64) -> bool {
        if sure {
            return self.accepted(in_flight);
        }
        let (most, since) = self.candidate;
        if most == 0 {
            self.candidate = (in_flight, now);
        } else if now > since + patience {
            self.candidate = (0, now);
            return self.accepted(most);
        } else {
            self.candidate.0 = most.max(in_flight);
        }
        false
    }

    /// So many were in flight and were accepted. Tells whether that contradicts what was thought.
    pub fn accepted(&mut self, in_flight: usize) -> bool {
        self.proven = self.proven.max(in_flight);
        let contradicted = self.ceiling.is_some_and(|ceiling| in_flight > ceiling);
        if contradicted {
            self.ceiling = None;
            self.agreed = 0;
            self.probe = None;
        }
        contradicted
    }

    /// Whether one more was tried and not refused in `patience` seconds.
    pub fn probe_passed(&mut self, now: f64, patience: f64) -> bool {
        self.probe.is_some_and(|at| now > at + patience) && self.ceiling.is_some_and(|ceiling| self.accepted(ceiling + 1))
    }

    /// When that will be.
    pub fn probe_ends(&self, patience: f64) -> Option<f64> {
        self.probe.map(|at| at + patience)
    }

    /// A request was refused when, with it, `in_flight` were there; `loses` is what a refusal costs in seconds.
    /// A number is blamed when it is refused for the second time and was never accepted: a burst is refused at some
    /// number as well.
    pub fn refused(&mut self, now: f64, in_flight: usize, first_hold: f64, loses: f64) -> Verdict {
        self.probe = None;
        self.candidate = (0, now);
        if let Some(ceiling) = self.ceiling {
            if in_flight > ceiling {
                self.agreed += 1;
                self.hold_s = (3.0 * self.hold_s).max(loses * 50.0).min(LONGEST_HOLD_S);
                self.probe_at = now + self.hold_s;
                return Verdict::Explained;
            }
            if self.agreed == 0 {
                self.ceiling = None;
            }
            return Verdict::Other;
        }
        let again = self.suspect.abs_diff(in_flight) <= 1;
        self.suspect = in_flight;
        if in_flight <= self.proven.max(1) || !again {
            return Verdict::Other;
        }
        self.ceiling = Some(in_flight - 1);
        self.agreed = 0;
        self.hold_s = first_hold;
        self.probe_at = now + self.hold_s;
        Verdict::Explained
    }
}
