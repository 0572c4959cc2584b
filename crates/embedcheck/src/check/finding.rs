//! What a check concludes from its cases.

use crate::check::Judgement;
use crate::diagnose::Cause;
use crate::report::{Bucket, CaseRecord, Verdict};

/// The conclusion of one check and the evidence for it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was concluded.
    pub verdict: Verdict,
    /// In a line or two.
    pub detail: Option<String>,
    /// Why it is not a pass.
    pub cause: Option<Cause>,
    /// What to do, if the cause does not say it already.
    pub advice: Option<String>,
    /// Workarounds seen working on this build.
    pub verified: Vec<String>,
    /// Parts that could not run, with the reason.
    pub not_covered: Vec<String>,
    /// Outcomes of repeated runs.
    pub histogram: Vec<Bucket>,
    /// Evidence that is not in a case.
    pub evidence: Vec<String>,
    /// The host processes.
    pub cases: Vec<CaseRecord>,
}

impl Finding {
    fn new(verdict: Verdict, detail: Option<String>) -> Self {
        Self {
            verdict,
            detail,
            cause: None,
            advice: None,
            verified: Vec::new(),
            not_covered: Vec::new(),
            histogram: Vec::new(),
            evidence: Vec::new(),
            cases: Vec::new(),
        }
    }

    /// The claim holds.
    pub fn pass(detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(Verdict::Pass, (!detail.is_empty()).then_some(detail))
    }

    /// The claim does not hold.
    pub fn fail(detail: impl Into<String>) -> Self {
        Self::new(Verdict::Fail, Some(detail.into()))
    }

    /// A documented limitation, exactly as predicted. Without a verified workaround it is a
    /// failure: a limitation that nobody can get around is none that we document.
    pub fn limit(detail: impl Into<String>, verified: Vec<String>) -> Self {
        let verdict = if verified.is_empty() { Verdict::Fail } else { Verdict::Limit };
        Self { verified, ..Self::new(verdict, Some(detail.into())) }
    }

    /// The check could not run.
    pub fn skip(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Skip, Some(reason.into()))
    }

    /// embedcheck itself failed.
    pub fn error(what: impl Into<String>) -> Self {
        Self::new(Verdict::Error, Some(what.into()))
    }

    /// Pass if every case is good; otherwise fail with the cause of the first that is not. Without
    /// any case nothing was checked, which must not look like a pass.
    pub fn of_cases(cases: Vec<Judgement>) -> Self {
        if cases.is_empty() {
            return Self::error("the check ran no case");
        }
        let mut finding = match cases.iter().find(|case| !case.is_good()) {
            None => Self::pass(""),
            Some(bad) => Self::fail(bad.describe()).because(bad.cause.clone()),
        };
        finding.cases = cases.into_iter().map(|case| case.record).collect();
        finding
    }

    /// Names the cause.
    #[must_use]
    pub fn because(mut self, cause: Option<Cause>) -> Self {
        self.advice = cause.as_ref().map(|cause| cause.advice.clone());
        self.cause = cause;
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Adds the evidence of host processes.
    #[must_use]
    pub fn with_cases(mut self, cases: impl IntoIterator<Item = Judgement>) -> Self {
        self.cases.extend(cases.into_iter().map(|case| case.record));
        self
    }

    /// Says which parts could not run. The verdict is about the rest, and says so.
    #[must_use]
    pub fn without(mut self, missing: Vec<String>) -> Self {
        self.not_covered.extend(missing);
        self
    }

    /// For a run that must prove that it ran everything: what was skipped, wholly or in part, is a
    /// failure.
    #[must_use]
    pub(super) fn required(mut self) -> Self {
        let reason = match self.verdict {
            Verdict::Skip => self.detail.clone(),
            Verdict::Pass | Verdict::Limit => self.not_covered.first().cloned(),
            Verdict::Fail | Verdict::Error => None,
        };
        if let Some(reason) = reason {
            self.verdict = Verdict::Fail;
            self.detail = Some(format!("not run, and everything is required: {reason}"));
        }
        self
    }

    /// Adds evidence in words.
    #[must_use]
    pub fn with_evidence(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(lines);
        self
    }
}
