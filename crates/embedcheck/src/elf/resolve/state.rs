//! What is loaded in a process, as far as ld.so's decisions depend on it.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use crate::elf::Elf;

/// Device and inode, by which ld.so tells files apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId {
    pub(super) device: u64,
    pub(super) inode: u64,
}

/// What an object is in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Executable,
    /// ld.so itself.
    Interpreter,
    Library,
}

/// An object in a namespace; ld.so's `link_map`.
#[derive(Clone, Debug)]
pub(super) struct Object {
    /// As ld.so names it, but absolute.
    pub(super) path: PathBuf,
    pub(super) role: Role,
    /// Unknown for the executable and ld.so: the kernel mapped them.
    pub(super) id: Option<FileId>,
    pub(super) elf: Arc<Elf>,
    /// The names that it was loaded or found by, besides its SONAME.
    pub(super) names: Vec<OsString>,
    /// The object in the same namespace whose `DT_NEEDED` brought it in; none for what `dlopen` opened.
    pub(super) loader: Option<usize>,
    /// Its own closure comes before the global scope.
    pub(super) deep_bind: bool,
}

impl Object {
    pub(super) fn has_name(&self, name: &OsStr) -> bool {
        self.names.iter().any(|known| known == name)
            || self.elf.soname.as_deref().is_some_and(|soname| soname == name)
    }
}

/// The objects of one namespace and the scopes in which their symbols are looked up.
#[derive(Clone, Debug, Default)]
pub(super) struct Namespace {
    pub(super) objects: Vec<Object>,
    /// The global scope.
    pub(super) global: Vec<usize>,
    /// The closure of each object that was opened, in the order of opening; ld.so's `l_searchlist`.
    pub(super) closures: Vec<Vec<usize>>,
}

impl Namespace {
    pub(super) fn find_name(&self, name: &OsStr) -> Option<usize> {
        self.objects.iter().position(|object| object.has_name(name))
    }

    pub(super) fn find_file(&self, id: FileId) -> Option<usize> {
        self.objects.iter().position(|object| object.id == Some(id))
    }

    /// The object, what brought it in, what brought that one in, and so on.
    pub(super) fn chain(&self, object: usize) -> Vec<&Object> {
        let next = |object: &&Object| object.loader.and_then(|loader| self.objects.get(loader));
        std::iter::successors(self.objects.get(object), next).collect()
    }

    pub(super) fn add_global(&mut self, closure: &[usize]) {
        for &object in closure {
            if !self.global.contains(&object) {
                self.global.push(object);
            }
        }
    }

    /// The objects in which the symbols of this one are looked up, in order: `DF_SYMBOLIC`, the global
    /// scope, then every closure that it is part of. See `_dl_new_object` and `dl_open_worker` in glibc.
    pub(super) fn scope(&self, object: usize) -> Vec<usize> {
        let Some(this) = self.objects.get(object) else {
            return Vec::new();
        };
        let own = self.closures.iter().filter(|closure| closure.contains(&object)).flatten();
        let (global, own): (Vec<usize>, Vec<usize>) = (self.global.clone(), own.copied().collect());
        let parts = if this.deep_bind { [own, global] } else { [global, own] };
        let mut scope = Vec::new();
        let first = this.elf.flags.symbolic.then_some(object);
        for object in first.into_iter().chain(parts.concat()) {
            if !scope.contains(&object) {
                scope.push(object);
            }
        }
        scope
    }
}
