//! Each rule of the search, predicted by the model and done by ld.so.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use embedcheck::elf::{Editor, Environment, LoaderModel, Mode, Refusal, Rule, Tag};

use crate::lab::{Lab, Lib, Predicted, Run};

/// Opens one library, with everything else as plain as can be, and returns the rule for `name`.
fn open(lab: &Lab, dll: &Path, library_path: Option<&str>) -> Predicted {
    let host = lab.host("bin/host", Lib::default());
    let directory = lab.path("");
    let opens = [("", dll.as_os_str())];
    Run { host: &host, opens: &opens, library_path, preload: None, directory: &directory }.agree()
}

fn rule_of(predicted: &Predicted, name: &str) -> Rule {
    let opened = predicted.opened.last().unwrap();
    let resolved = opened.resolved.iter().find(|resolved| resolved.name == name);
    resolved.unwrap_or_else(|| panic!("{name} is not resolved: {opened:#?}")).rule.clone()
}

/// A DLL that needs `libdep.so`, of which there is a good one in `good/` and a decoy in `decoy/`.
fn dll(lab: &Lab, lib: Lib<'_>) -> std::path::PathBuf {
    for folder in ["good", "decoy"] {
        lab.lib(
            &format!("{folder}/libdep.so"),
            Lib { soname: Some("libdep.so"), ..Lib::default() },
        );
    }
    lab.lib("dll/libdll.so", Lib { needed: &["libdep.so"], ..lib })
}

#[test]
fn runpath_finds_and_library_path_comes_before_it() {
    let Some(lab) = Lab::new() else { return };
    let (good, decoy) = (lab.text("good"), lab.text("decoy"));
    let dll = dll(&lab, Lib { runpath: Some(&good), ..Lib::default() });
    let predicted = open(&lab, &dll, None);
    assert_eq!(rule_of(&predicted, "libdep.so"), Rule::RunPath { of: dll.clone(), entry: good });
    let predicted = open(&lab, &dll, Some(&decoy));
    assert_eq!(rule_of(&predicted, "libdep.so"), Rule::LibraryPath { entry: decoy.into() });
}

#[test]
fn rpath_comes_before_library_path() {
    let Some(lab) = Lab::new() else { return };
    let good = lab.text("good");
    let dll = dll(&lab, Lib { rpath: Some(&good), ..Lib::default() });
    let predicted = open(&lab, &dll, Some(&lab.text("decoy")));
    assert_eq!(rule_of(&predicted, "libdep.so"), Rule::RPath { of: dll.clone(), entry: good });
}

#[test]
fn rpath_reaches_a_dependency_of_a_dependency_and_runpath_does_not() {
    let Some(lab) = Lab::new() else { return };
    lab.lib("good/libdeep.so", Lib { soname: Some("libdeep.so"), ..Lib::default() });
    lab.lib("good/libmid.so", Lib { needed: &["libdeep.so"], ..Lib::default() });
    let good = lab.text("good");
    let needed = &["libmid.so"][..];
    let by_rpath = lab.lib("a.so", Lib { needed, rpath: Some(&good), ..Lib::default() });
    let predicted = open(&lab, &by_rpath, None);
    let rule = Rule::RPath { of: by_rpath.clone(), entry: good.clone() };
    assert_eq!(rule_of(&predicted, "libdeep.so"), rule);

    let by_runpath = lab.lib("b.so", Lib { needed, runpath: Some(&good), ..Lib::default() });
    let predicted = open(&lab, &by_runpath, None);
    let missing = &predicted.opened[0].not_found[0];
    assert_eq!(missing.name, "libdeep.so");
    assert_eq!(missing.needed_by.as_deref(), Some(&*lab.path("good/libmid.so")));
    assert!(missing.tried.iter().all(|tried| tried.refusal == Refusal::NotThere));
}

#[test]
fn a_runpath_of_its_own_shuts_out_the_rpath_of_whoever_loaded_it() {
    let Some(lab) = Lab::new() else { return };
    lab.lib("good/libdeep.so", Lib { soname: Some("libdeep.so"), ..Lib::default() });
    let nowhere = lab.text("nowhere");
    let needed = &["libdeep.so"][..];
    lab.lib("good/libmid.so", Lib { needed, runpath: Some(&nowhere), ..Lib::default() });
    let good = lab.text("good");
    let dll = lab.lib("a.so", Lib { needed: &["libmid.so"], rpath: Some(&good), ..Lib::default() });
    let predicted = open(&lab, &dll, None);
    assert_eq!(predicted.opened[0].not_found[0].name, "libdeep.so");
}

#[test]
fn an_rpath_beside_a_runpath_is_none() {
    let Some(lab) = Lab::new() else { return };
    lab.lib("good/libdeep.so", Lib { soname: Some("libdeep.so"), ..Lib::default() });
    lab.lib("mid/libmid.so", Lib { needed: &["libdeep.so"], ..Lib::default() });
    let (good, mid) = (lab.text("good"), lab.text("mid"));
    let lib =
        Lib { soname: Some(&good), needed: &["libmid.so"], runpath: Some(&mid), ..Lib::default() };
    let dll = lab.lib("a.so", lib);
    // No linker writes both, but tools that edit do.
    let mut edited = Editor::from_bytes(fs::read(&dll).unwrap()).unwrap();
    edited.retag(Tag::Soname, 0, Tag::RPath).unwrap();
    edited.write(&dll).unwrap();
    assert_eq!(open(&lab, &dll, None).opened[0].not_found[0].name, "libdeep.so");
}

#[test]
fn the_program_s_rpath_serves_all_and_its_runpath_only_its_own_calls() {
    let Some(lab) = Lab::new() else { return };
    let dll = dll(&lab, Lib::default());
    let good = lab.text("good");
    let directory = lab.path("");
    let (path, name) = (dll.as_os_str(), OsStr::new("libdep.so"));
    let check = |host: &Path, opens: &[(&str, &OsStr)]| {
        Run { host, opens, library_path: None, preload: None, directory: &directory }.agree()
    };

    let host = lab.host("bin/by-rpath", Lib { rpath: Some(&good), ..Lib::default() });
    let predicted = check(&host, &[("", path)]);
    assert_eq!(
        rule_of(&predicted, "libdep.so"),
        Rule::RPath { of: host.clone(), entry: good.clone() }
    );

    let host = lab.host("bin/by-runpath", Lib { runpath: Some(&good), ..Lib::default() });
    let predicted = check(&host, &[("", path), ("", name), ("", path)]);
    assert_eq!(predicted.opened[0].not_found[0].name, "libdep.so");
    let rule = Rule::RunPath { of: host.clone(), entry: good };
    assert_eq!(predicted.opened[1].resolved[0].rule, rule);
    assert_eq!(rule_of(&predicted, "libdep.so"), Rule::SameName);
}

#[test]
fn origin_is_where_the_path_as_opened_leads_even_through_a_link() {
    let Some(lab) = Lab::new() else { return };
    let dll = dll(&lab, Lib { runpath: Some("$ORIGIN/../good"), ..Lib::default() });
    assert_eq!(open(&lab, &dll, None).opened[0].not_found, []);

    // The folder of the link counts, not that of the file: `_dl_new_object` in glibc's elf/dl-object.c.
    fs::create_dir_all(lab.path("elsewhere/inner")).unwrap();
    let link = lab.path("elsewhere/inner/libdll.so");
    symlink(&dll, &link).unwrap();
    assert_eq!(open(&lab, &link, None).opened[0].not_found[0].name, "libdep.so");

    // A link to the folder is another matter: `..` leaves the real folder.
    let link = lab.path("elsewhere/folder");
    symlink(lab.path("dll"), &link).unwrap();
    assert_eq!(open(&lab, &link.join("libdll.so"), None).opened[0].not_found, []);
}

#[test]
fn origin_of_a_program_ignores_links() {
    let Some(lab) = Lab::new() else { return };
    lab.lib("lib/libdep.so", Lib { soname: Some("libdep.so"), ..Lib::default() });
    let runpath = Some("${ORIGIN}/../lib");
    let host = lab.host("bin/host", Lib { needed: &["libdep.so"], runpath, ..Lib::default() });
    fs::create_dir_all(lab.path("other/place")).unwrap();
    let link = lab.path("other/place/host");
    symlink(&host, &link).unwrap();
    let directory = lab.path("");
    for host in [&host, &link] {
        let run =
            Run { host, opens: &[], library_path: None, preload: None, directory: &directory };
        assert_eq!(run.agree().start.not_found, []);
    }
}

#[test]
fn names_with_blanks_letters_and_colons() {
    let Some(lab) = Lab::new() else { return };
    for folder in ["with space", "Größe", "a:b"] {
        lab.lib(
            &format!("{folder}/libdep.so"),
            Lib { soname: Some("libdep.so"), ..Lib::default() },
        );
        let absolute = lab.text(folder);
        let needed = &["libdep.so"][..];
        let dll = lab.lib(
            &format!("{folder}/libdll.so"),
            Lib { needed, runpath: Some(&absolute), ..Lib::default() },
        );
        let found = open(&lab, &dll, None).opened[0].not_found.is_empty();
        // A colon ends an entry; `$ORIGIN` is the way around.
        assert_eq!(found, folder != "a:b", "{folder}");
        let runpath = Some("$ORIGIN");
        let dll =
            lab.lib(&format!("{folder}/libdll.so"), Lib { needed, runpath, ..Lib::default() });
        assert_eq!(open(&lab, &dll, None).opened[0].not_found, []);
        let found = open(&lab, &dll, Some(&absolute)).opened[0].not_found.is_empty();
        assert!(found, "{folder}");
    }
}

#[test]
fn empty_entries_are_the_current_directory() {
    let Some(lab) = Lab::new() else { return };
    let dll = dll(&lab, Lib::default());
    let host = lab.host("bin/host", Lib::default());
    let directory = lab.path("good");
    let opens = [("", dll.as_os_str())];
    for (library_path, found) in
        [("", false), (":/nonexistent", true), ("/x;;/y", true), ("../good/", true)]
    {
        let library_path = Some(library_path);
        let run =
            Run { host: &host, opens: &opens, library_path, preload: None, directory: &directory };
        assert_eq!(run.agree().opened[0].not_found.is_empty(), found, "{library_path:?}");
    }
}

#[test]
fn a_path_as_dt_needed_is_taken_as_it_is() {
    let Some(lab) = Lab::new() else { return };
    lab.lib("good/libdep.so", Lib { soname: Some("libdep.so"), ..Lib::default() });
    let dll = lab.lib("dll/a.so", Lib { needed: &["$ORIGIN/../good/libdep.so"], ..Lib::default() });
    let predicted = open(&lab, &dll, None);
    assert_eq!(rule_of(&predicted, "$ORIGIN/../good/libdep.so"), Rule::Path);
    let absolute = lab.text("good/libdep.so");
    let dll = lab.lib("dll/b.so", Lib { needed: &[&absolute], ..Lib::default() });
    assert_eq!(rule_of(&open(&lab, &dll, None), &absolute), Rule::Path);
    let dll = lab.lib("dll/c.so", Lib { needed: &["good/libdep.so"], ..Lib::default() });
    assert_eq!(rule_of(&open(&lab, &dll, None), "good/libdep.so"), Rule::Path);
}

#[test]
fn one_file_under_two_names_and_two_files_under_one_name() {
    let Some(lab) = Lab::new() else { return };
    let soname = Some("libsame.so.1");
    let first = lab.lib("one/libsame.so.1", Lib { soname, ..Lib::default() });
    let second = lab.lib("two/libsame.so.1", Lib { soname, ..Lib::default() });
    let link = lab.path("link.so");
    symlink(&first, &link).unwrap();
    let (one, two) = (lab.text("one"), lab.text("two"));
    let needed = &["libsame.so.1"][..];
    let a = lab.lib("a.so", Lib { needed, runpath: Some(&one), ..Lib::default() });
    let b = lab.lib("b.so", Lib { needed, runpath: Some(&two), ..Lib::default() });
    let host = lab.host("bin/host", Lib::default());
    let directory = lab.path("");
    let opens = [&link, &first, &a, &b, &second].map(|path| ("", path.as_os_str()));
    let predicted = Run {
        host: &host,
        opens: &opens,
        library_path: None,
        preload: None,
        directory: &directory,
    }
    .agree();
    let rules: Vec<_> = predicted
        .opened
        .iter()
        .map(|opened| opened.resolved.last().unwrap().rule.clone())
        .collect();
    // The SONAME of the first serves both; a second file of that SONAME comes in by its path only.
    assert_eq!(rules, [Rule::Path, Rule::SameFile, Rule::SameName, Rule::SameName, Rule::Path]);
}

#[test]
fn a_damaged_file_ends_the_search_and_one_for_another_machine_does_not() {
    let Some(lab) = Lab::new() else { return };
    let good = lab.text("good");
    let decoy = lab.text("decoy");
    let dll = dll(&lab, Lib { runpath: Some(&format!("{decoy}:{good}")), ..Lib::default() });
    let file = lab.path("decoy/libdep.so");

    let mut bytes = fs::read(&file).unwrap();
    bytes[18..20].copy_from_slice(&[0x16, 0]);
    fs::remove_file(&file).unwrap();
    fs::write(&file, &bytes).unwrap();
    let predicted = open(&lab, &dll, None);
    assert_eq!(rule_of(&predicted, "libdep.so"), Rule::RunPath { of: dll.clone(), entry: good });

    for text in ["", "/* GNU ld script */ INPUT(libdep.so.1)\n"] {
        fs::write(&file, text).unwrap();
        let predicted = open(&lab, &dll, None);
        let missing = &predicted.opened[0].not_found[0];
        assert!(matches!(missing.tried.last().unwrap().refusal, Refusal::Unusable(_)));
    }

    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(open(&lab, &dll, None).opened[0].not_found.len(), 1);
}

#[test]
fn hwcaps_subdirectories_come_first() {
    let Some(lab) = Lab::new() else { return };
    let good = lab.text("good");
    let dll = dll(&lab, Lib { runpath: Some(&good), ..Lib::default() });
    let soname = Some("libdep.so");
    for level in ["x86-64-v2", "x86-64-v3", "x86-64-v4", "x86-64-v9"] {
        lab.lib(&format!("good/glibc-hwcaps/{level}/libdep.so"), Lib { soname, ..Lib::default() });
    }
    assert_eq!(open(&lab, &dll, None).opened[0].not_found, []);
}

#[test]
fn the_cache_the_default_directories_and_nothing_at_all() {
    let Some(lab) = Lab::new() else { return };
    let dll = lab.lib("a.so", Lib { needed: &["libm.so.6"], ..Lib::default() });
    let predicted = open(&lab, &dll, None);
    assert!(matches!(rule_of(&predicted, "libm.so.6"), Rule::Cache | Rule::DefaultDir));

    let flags = &["-Wl,-z,nodefaultlib"][..];
    let dll = lab.lib("b.so", Lib { needed: &["libm.so.6"], flags, ..Lib::default() });
    assert_eq!(open(&lab, &dll, None).opened[0].not_found[0].name, "libm.so.6");

    let dll = lab.lib("c.so", Lib { needed: &["libnone.so.7", "libnone.so.8"], ..Lib::default() });
    let predicted = open(&lab, &dll, None);
    assert_eq!(predicted.opened[0].not_found.len(), 2);
    assert_eq!(open(&lab, &lab.path("none.so"), None).opened[0].not_found.len(), 1);
    assert_eq!(open(&lab, Path::new("libnone.so"), None).opened[0].not_found.len(), 1);
}

#[test]
fn preloading_comes_before_what_the_program_needs() {
    let Some(lab) = Lab::new() else { return };
    let preload = lab.lib("libpre.so", Lib { needed: &["libm.so.6"], ..Lib::default() });
    let host = lab.host("bin/host", Lib::default());
    let directory = lab.path("");
    let preload = format!("{} /nonexistent.so", preload.display());
    let opens = [("", OsStr::new("libm.so.6"))];
    let predicted = Run {
        host: &host,
        opens: &opens,
        library_path: None,
        preload: Some(&preload),
        directory: &directory,
    }
    .agree();
    assert_eq!(predicted.opened[0].resolved[0].rule, Rule::SameName);
    assert_eq!(predicted.start.not_found[0].name, "/nonexistent.so");
}

#[test]
fn a_program_whose_library_is_missing_does_not_start() {
    let Some(lab) = Lab::new() else { return };
    let host = lab.host("bin/host", Lib { needed: &["libnone.so"], ..Lib::default() });
    let directory = lab.path("");
    let run =
        Run { host: &host, opens: &[], library_path: None, preload: None, directory: &directory };
    assert_eq!(run.agree().start.not_found[0].name, "libnone.so");
}

#[test]
fn a_setuid_program_ignores_the_environment() {
    let Some(lab) = Lab::new() else { return };
    let dll = dll(&lab, Lib::default());
    let host = lab.host("bin/host", Lib::default());
    let good = lab.text("good");
    let preload = lab.text("good/libdep.so");
    let directory = lab.path("");
    let (library_path, preload) = (Some(&*good), Some(&*preload));
    let run = Run { host: &host, opens: &[], library_path, preload, directory: &directory };
    for secure in [false, true] {
        // Not compared with ld.so, which would need root to set the bit.
        let environment = Environment { secure, ..run.environment() };
        let (mut model, start) = LoaderModel::start(environment);
        assert_eq!(
            start.resolved.iter().any(|resolved| resolved.name.ends_with("libdep.so")),
            !secure
        );
        let opened = model.open(&dll, Mode::default());
        assert_eq!(opened.root.is_none(), secure);
    }
}
