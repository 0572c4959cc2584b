//! What was seen, for people.

use super::candidate::{Candidate, Fate};
use super::facts::{Inside, ModuleFacts};
use super::path::{Entry, EntryState, Origin};
use crate::report::{Label, Page};

/// Columns of the longest label.
const LABEL: usize = 9;
/// Candidates that are shown without `--verbose`.
const MOST: usize = 5;

impl ModuleFacts {
    pub(in crate::doctor) fn title(&self) -> String {
        format!("{} for {}", self.name, self.runtime.python)
    }

    pub(in crate::doctor) fn write(&self, page: &mut Page<'_>) {
        let heading = page.styles().heading;
        let runtime = &self.runtime;
        let lambda = if runtime.lambda { "AWS Lambda, " } else { "" };
        page.line(0, heading, "seen");
        page.labelled(
            2,
            "for",
            LABEL,
            &format!("{}, {lambda}{}, {}", runtime.python, runtime.architecture, runtime.libc),
        );
        match self.inside {
            Some(Inside::Builtin) => {
                page.labelled(
                    2,
                    "found",
                    LABEL,
                    "inside the interpreter (built in): no file is searched for",
                );
            }
            Some(Inside::Frozen) => {
                page.labelled(
                    2,
                    "found",
                    LABEL,
                    "inside the interpreter (frozen): no file is searched for",
                );
            }
            None => {}
        }
        self.candidates(page);
        if let Some(cffi) = &self.cffi {
            let parts = [("cffi", &cffi.package), ("_cffi_backend", &cffi.backend)];
            let versions: Vec<_> = parts
                .into_iter()
                .filter_map(|(name, part)| {
                    let part = part.as_ref()?;
                    Some(format!(
                        "{name} {}",
                        part.version.as_deref().unwrap_or("(version not told)")
                    ))
                })
                .collect();
            if !versions.is_empty() {
                page.labelled(2, "versions", LABEL, &versions.join(", "));
            }
        }
        self.path(page);
        self.wanted.write(page);
        self.imports.write(page);
    }

    fn candidates(&self, page: &mut Page<'_>) {
        let shown = if page.is_verbose() { usize::MAX } else { MOST };
        for candidate in self.candidates.iter().take(shown) {
            let label = match candidate.fate {
                Fate::Taken => "taken",
                Fate::PassedBy => "passed by",
                Fate::Shadowed(_) => "shadowed",
                Fate::Overwritten(_) => "replaced",
            };
            let style = if candidate.is_good() { page.styles().pass } else { page.styles().label };
            let label = Label { text: label, style, width: LABEL };
            page.item(2, &[label], &described(candidate, page.is_verbose()));
        }
        let hidden = self.candidates.len().saturating_sub(shown);
        if hidden > 0 {
            page.labelled(2, "and", LABEL, &format!("{hidden} more (--verbose)"));
        }
        if self.candidates.is_empty() && self.inside.is_none() {
            page.labelled(2, "found", LABEL, "nothing of that name");
        }
    }

    fn path(&self, page: &mut Page<'_>) {
        if !page.is_verbose() {
            let there = self.path.iter().filter(|entry| entry.state != EntryState::Absent).count();
            let searched = if there == 1 { "place is" } else { "places are" };
            let text = format!("{there} {searched} searched (--verbose shows them)");
            page.labelled(2, "path", LABEL, &text);
            return;
        }
        for (index, layer) in self.layers.iter().enumerate() {
            page.labelled(2, "layer", LABEL, &format!("{} {layer}", index + 1));
        }
        for parent in &self.parents {
            let form = parent.form.map_or_else(|| "not there".to_owned(), |form| form.to_string());
            let text = format!("{} ({form}) {}", parent.name, parent.paths.join(", "));
            page.labelled(2, "package", LABEL, &text);
        }
        page.labelled(2, "suffixes", LABEL, &self.runtime.extension_suffixes.join(" "));
        for entry in &self.path {
            page.labelled(2, "path", LABEL, &searched(entry));
        }
        for file in &self.pth {
            let mut words = Vec::new();
            words.extend(file.adds.iter().map(|path| format!("adds {path}")));
            words
                .extend(file.absent.iter().map(|path| format!("names {path}, which is not there")));
            if file.runs_code {
                words.push("runs code".to_owned());
            }
            page.labelled(2, "pth", LABEL, &format!("{}: {}", file.path, words.join("; ")));
        }
    }
}

fn described(candidate: &Candidate, verbose: bool) -> String {
    let mut words = vec![candidate.form.to_string()];
    words.extend(candidate.built_for.iter().map(|built_for| format!("for {built_for}")));
    words.extend(candidate.distribution.iter().map(|distribution| format!("of {distribution}")));
    if verbose {
        words.extend(candidate.glibc.iter().map(|glibc| format!("needs glibc {glibc}")));
        match &candidate.fate {
            Fate::Shadowed(by) => words.push(format!("behind {by}")),
            Fate::Overwritten(by) => words.push(format!("replaced by {by}")),
            Fate::Taken | Fate::PassedBy => {}
        }
        words.extend(candidate.flaws.iter().map(ToString::to_string));
    }
    format!("{} ({})", candidate.path, words.join(", "))
}

fn searched(entry: &Entry) -> String {
    let origin = match &entry.origin {
        Origin::Option(number) => format!("--path {number}"),
        Origin::Layer(number) => format!("layer {number}"),
        Origin::Pythonpath => "PYTHONPATH".to_owned(),
        Origin::Stdlib => "standard library".to_owned(),
        Origin::Dynload => "extension modules of the standard library".to_owned(),
        Origin::UserSite => "user site".to_owned(),
        Origin::SitePackages => "site-packages".to_owned(),
        Origin::DistPackages => "dist-packages".to_owned(),
        Origin::Pth(file) => format!("by {file}"),
        Origin::Other => "added by the interpreter".to_owned(),
    };
    let state = match entry.state {
        EntryState::Folder => "",
        EntryState::Archive => ", an archive",
        EntryState::Absent => ", not there",
        EntryState::Unusable => ", unusable",
    };
    format!("{} ({origin}{state})", entry.path)
}
