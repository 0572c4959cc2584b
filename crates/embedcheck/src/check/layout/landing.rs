//! Which libpython ld.so takes: computed before the host starts, and compared with what it mapped.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::check::{Case, Judgement, Lab, LabError};
use crate::diagnose::{self, Evidence};
use crate::elf::{LoaderModel, Mode, NotFound, Rule};
use crate::run::Observation;

/// Where the search for the target's soname ends.
#[derive(Debug)]
pub(super) enum Landing {
    /// At this file, with symbolic links resolved.
    File {
        path: PathBuf,
        /// What led there.
        rule: Rule,
    },
    /// At this file, with symbolic links resolved, because a DLL that is linked to no libpython is
    /// told so.
    Told(PathBuf),
    /// Nowhere: this is not found, libpython or what should have led to it.
    Nowhere(NotFound),
}

/// Where it should end.
#[derive(Debug)]
pub(super) enum Claim {
    /// At the libpython in this folder.
    In(PathBuf),
    /// Where ld.so looks without any hint: ld.so.cache or a default folder, if these have one.
    SystemOnly,
}

impl Landing {
    /// Where a DLL ends that is told the libpython of the claim, by way of the environment and not
    /// of ld.so.
    pub(super) fn told(claim: &Claim, soname: &str) -> Result<Self, LabError> {
        match claim {
            Claim::In(folder) => Ok(Self::Told(real(&folder.join(soname)))),
            Claim::SystemOnly => {
                Err(LabError::Internal("a DLL is told a libpython that lies nowhere".to_owned()))
            }
        }
    }

    /// Follows ld.so through the start of the host and, unless the host is linked to it, the opening
    /// of the DLL.
    pub(super) fn compute(
        lab: &Lab<'_>,
        case: &Case,
        opened: Option<&Path>,
    ) -> Result<Self, LabError> {
        let soname = lab.soname()?;
        let (mut model, mut all) = LoaderModel::start(lab.loader_environment(case)?);
        if let Some(path) = opened {
            let more = model.open(path, Mode { global: true, ..Mode::default() });
            all.resolved.extend(more.resolved);
            all.not_found.extend(more.not_found);
        }
        if let Some(found) = all.resolved.into_iter().find(|found| found.name == soname) {
            return Ok(Self::File { path: real(&found.path), rule: found.rule });
        }
        // ld.so stops at the first that it does not find.
        match all.not_found.into_iter().next() {
            Some(missing) => Ok(Self::Nowhere(missing)),
            None => Err(LabError::Internal(format!("the DLL does not name {soname}"))),
        }
    }

    /// The file, if there is one.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } | Self::Told(path) => Some(path),
            Self::Nowhere(_) => None,
        }
    }

    /// What contradicts the claim.
    pub(super) fn against(&self, claim: &Claim, soname: &str) -> Option<String> {
        match (claim, self) {
            (Claim::In(folder), Self::File { path, .. } | Self::Told(path))
                if *path == real(&folder.join(soname)) =>
            {
                None
            }
            (Claim::In(folder), _) => Some(format!(
                "ld.so should take {soname} from {}; computed: {self}",
                folder.display()
            )),
            (Claim::SystemOnly, Self::Nowhere(_)) => None,
            (Claim::SystemOnly, Self::File { rule: Rule::Cache | Rule::DefaultDir, .. }) => None,
            (Claim::SystemOnly, Self::File { .. } | Self::Told(_)) => {
                Some(format!("nothing should lead to {soname}; computed: {self}"))
            }
        }
    }

    /// Adds to a judgement what its facts say against this.
    pub(super) fn compare(&self, judged: &mut Judgement) {
        let observation = &judged.record.observation;
        let mapped = mapped(observation);
        match (self.path(), mapped) {
            (Some(computed), Some(mapped)) if computed != mapped => {
                let (mapped, computed) = (mapped.display(), computed.display());
                judged.deviate(format!("libpython is mapped from {mapped}, not from {computed}"));
            }
            (None, Some(mapped)) => {
                let mapped = mapped.display();
                let text = format!("libpython is mapped from {mapped}, and nothing leads there");
                judged.deviate(text);
            }
            (None, None) => expect_not_found(judged),
            // Without a libpython the steps have failed, and say why.
            (Some(_), Some(_) | None) => {}
        }
    }
}

/// The mapped libpython, with symbolic links resolved. Files with the same device and inode in two
/// folders (hard links) stay apart.
fn mapped(observation: &Observation) -> Option<PathBuf> {
    let images = observation.image_list()?;
    images.first().map(|image| real(Path::new(&image.path)))
}

/// A DLL that does not open must say that it is libpython that is not found.
fn expect_not_found(judged: &mut Judgement) {
    const ID: &str = "libpython-not-found";
    let cause = diagnose::cause(&Evidence::of(&judged.record.observation));
    if cause.as_ref().is_some_and(|cause| cause.id == ID) {
        return;
    }
    let errors = judged.record.observation.step_errors();
    let said = errors.first().map_or("nothing", String::as_str);
    let text = format!("not recognised as a libpython that is not found: {said}");
    judged.cause = judged.cause.take().or(cause);
    judged.deviate(text);
}

impl fmt::Display for Landing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, rule } => write!(f, "{} ({rule})", path.display()),
            Self::Told(path) => write!(f, "{} (told)", path.display()),
            Self::Nowhere(missing) => {
                write!(f, "{} is not found", missing.name)?;
                for (index, candidate) in missing.tried.iter().enumerate() {
                    f.write_str(if index == 0 { ": tried " } else { ", " })?;
                    write!(f, "{} ({})", candidate.path.display(), candidate.rule)?;
                }
                Ok(())
            }
        }
    }
}

/// The path without symbolic links; as it is if it leads nowhere.
pub(super) fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [`Landing::compare`] writes what the table of rules reads.
    #[test]
    fn a_wrong_file_is_recognised() {
        let texts = [
            "libpython is mapped from /a b/libpython3.so, not from /c/libpython3.so",
            "libpython is mapped from /a b/libpython3.so, and nothing leads there",
        ];
        for text in texts {
            let cause = diagnose::cause(&Evidence::of_errors(vec![text.to_owned()])).unwrap();
            assert_eq!(cause.id, "libpython-elsewhere");
            let rest = text.strip_prefix("libpython is mapped from ").unwrap();
            assert_eq!(cause.summary, format!("ld.so took the libpython {rest}"));
        }
    }

    #[test]
    fn a_claim_is_held_against_the_computation() {
        let file = |rule| Landing::File { path: "/lib/libpython3.so".into(), rule };
        let inside = |folder: &str| Claim::In(folder.into());
        let soname = "libpython3.so";
        assert_eq!(file(Rule::Cache).against(&inside("/lib"), soname), None);
        assert_eq!(file(Rule::Cache).against(&Claim::SystemOnly, soname), None);
        let missing = NotFound { name: soname.to_owned(), needed_by: None, tried: Vec::new() };
        let nowhere = Landing::Nowhere(missing);
        assert_eq!(nowhere.against(&Claim::SystemOnly, soname), None);
        assert_eq!(
            file(Rule::Path).against(&Claim::SystemOnly, soname).unwrap(),
            "nothing should lead to libpython3.so; computed: /lib/libpython3.so (path)"
        );
        assert_eq!(
            nowhere.against(&inside("/lib"), soname).unwrap(),
            "ld.so should take libpython3.so from /lib; computed: libpython3.so is not found"
        );
    }
}
