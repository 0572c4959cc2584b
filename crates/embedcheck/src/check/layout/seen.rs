//! Runs the hosts of a layout, and concludes.

use std::path::Path;

use embedcheck_plan::Flags;

use super::landing::{Claim, Landing, real};
use super::layouts::Layout;
use crate::check::{Case, Finding, Judgement, Lab, LabError, Plugin};
use crate::report::Producer;
use crate::run::HostCommand;

/// What was seen of the layouts of a check.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The host processes.
    pub(super) cases: Vec<Judgement>,
    /// What was computed, one line a layout; linker messages.
    pub(super) evidence: Vec<String>,
    /// What the reader should know although nothing is wrong.
    pub(super) notes: Vec<String>,
    /// Why a producer is left out.
    pub(super) missing: Vec<String>,
}

impl Seen {
    /// Every producer and host that a layout is tried with.
    pub(super) fn settings(
        &mut self,
        lab: &Lab<'_>,
        layout: &Layout,
    ) -> Result<Vec<(Producer, HostCommand)>, LabError> {
        let mut missing = Vec::new();
        let producers = if layout.cffi || layout.told.is_some() {
            lab.producers(&mut missing)?
        } else {
            lab.need(Producer::Probe)?;
            vec![Producer::Probe]
        };
        let is_laid_out = |producer: &Producer| match producer {
            Producer::Probe => true,
            Producer::Cffi => layout.cffi,
            Producer::Rust => layout.told.is_some(),
        };
        let producers: Vec<_> = producers.into_iter().filter(is_laid_out).collect();
        missing.retain(|reason| !self.missing.contains(reason));
        self.missing.extend(missing);
        let hosts = lab.dlopen_hosts();
        let pairs =
            producers.iter().flat_map(|&producer| hosts.iter().map(move |host| (producer, host)));
        Ok(pairs.map(|(producer, host)| (producer, host.clone())).collect())
    }

    /// A host opens the DLL and calls it.
    pub(super) fn open(
        &mut self,
        lab: &Lab<'_>,
        layout: &Layout,
        plugin: &Plugin,
        host: &HostCommand,
        here: &Path,
    ) -> Result<(), LabError> {
        let producer = plugin.producer.word();
        let label = format!("{producer} in a {} host, {}", host.kind, layout.words);
        let mut case = lab.case(label, host, here);
        if let Some(list) = layout.library_path(lab, here) {
            case.env.set("LD_LIBRARY_PATH", list);
        }
        plugin.join(&mut case);
        let claim = layout.claim(lab, here);
        let landing = match plugin.producer {
            Producer::Rust => Landing::told(&claim, lab.soname()?)?,
            Producer::Probe | Producer::Cffi => Landing::compute(lab, &case, Some(&plugin.path))?,
        };
        // libpython is to be found, not to be shared: it is global, so that modules find it.
        let open = case.plan.open("plugin", &plugin.path, Flags::NOW | Flags::GLOBAL);
        match landing.path() {
            None => case.expect.fails(open),
            Some(path) => {
                case.expect.done(open);
                self.call(lab, &mut case, plugin, path);
            }
        }
        self.run(lab, case, layout.words, &landing, &claim)
    }

    /// Adds the call, unless ld.so takes the libpython of another build: then nothing is said about
    /// what that one does.
    fn call(&mut self, lab: &Lab<'_>, case: &mut Case, plugin: &Plugin, path: &Path) {
        let is_systems = path != lab.libpython.real_path && !path.starts_with(real(&case.folder));
        if is_systems {
            self.note(format!(
                "ld.so finds another libpython of this soname by itself, {}: a DLL without RPATH, \
                 RUNPATH or LD_LIBRARY_PATH runs with that one",
                path.display()
            ));
        } else {
            plugin.call(case, "plugin");
        }
    }

    /// Runs a case and holds the file that is mapped against what was computed and what is claimed.
    pub(super) fn run(
        &mut self,
        lab: &Lab<'_>,
        case: Case,
        words: &str,
        landing: &Landing,
        claim: &Claim,
    ) -> Result<(), LabError> {
        let soname = lab.soname()?;
        // The same for every producer and host but for the name of the scratch folder.
        let subject = format!("{words}: {soname} => ");
        if !self.evidence.iter().any(|known| known.starts_with(&subject)) {
            self.evidence.push(format!("{subject}{landing}"));
        }
        if matches!(claim, Claim::SystemOnly) && landing.path() == Some(&lab.libpython.real_path) {
            let text = "ld.so finds the target's libpython by itself, where no hint leads to one";
            self.note(text.to_owned());
        }
        let mut judged = lab.run(case)?;
        landing.compare(&mut judged);
        if let Some(against) = landing.against(claim, soname) {
            judged.deviate(against);
        }
        self.cases.push(judged);
        Ok(())
    }

    pub(super) fn note(&mut self, text: String) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    /// Pass if everything was as computed and claimed.
    pub(super) fn conclude(self) -> Finding {
        if self.cases.is_empty() {
            let reason = "nothing like this can be said to the DLLs of the producers asked for";
            return Finding::skip(reason).without(self.missing);
        }
        let mut finding = Finding::of_cases(self.cases);
        if finding.detail.is_none() && !self.notes.is_empty() {
            finding.detail = Some(self.notes.join("; "));
        }
        finding.with_evidence(self.evidence).without(self.missing)
    }
}
