//! Unpacking into a scratch folder.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::symlink;
use std::path::Path;

use super::names::link_stays_inside;
use super::{Archive, ArchiveError, MAX_RATIO, MAX_UNPACKED, MemberKind, SMALL, damaged};
use crate::run::Stop;

/// Longest target of a link, in bytes: `PATH_MAX`.
const MAX_TARGET: u64 = 4096;

impl Archive {
    /// Unpacks everything into an empty folder. Files first, then links: nothing is written through a link. What was
    /// written before a refusal goes with the folder. `None`: somebody asked to stop.
    ///
    /// # Errors
    ///
    /// When the archive is damaged, unpacks to more than its bounds, or has links that lead out; when the disk is full.
    pub(in crate::doctor::module) fn unpack(
        &mut self,
        into: &Path,
        stop: &Stop,
    ) -> Result<Option<()>, ArchiveError> {
        let packed = fs::metadata(&self.path).map(|data| data.len()).unwrap_or(0);
        let bound = MAX_UNPACKED.min(SMALL.max(packed.saturating_mul(MAX_RATIO)));
        let mut left = bound;
        let members = self.members.clone();
        for (index, member) in members.iter().enumerate() {
            if stop.is_requested() {
                return Ok(None);
            }
            let path = into.join(&member.name);
            match member.kind {
                MemberKind::Folder => self.at(&path, fs::create_dir_all(&path))?,
                MemberKind::File => {
                    self.parents(&path)?;
                    left = self.file(index, &path, left, bound)?;
                }
                MemberKind::Link => {}
            }
        }
        for (index, member) in members.iter().enumerate() {
            if member.kind == MemberKind::Link {
                let target = self.read_at(index, MAX_TARGET)?;
                let target = String::from_utf8_lossy(&target).into_owned();
                if !link_stays_inside(&member.name, &target) {
                    return Err(self.refused(format!(
                        "its member `{}` is a link that leads out: `{target}`",
                        member.name
                    )));
                }
                let path = into.join(&member.name);
                self.parents(&path)?;
                self.at(&path, symlink(target, &path))?;
            }
        }
        Ok(Some(()))
    }

    fn parents(&self, path: &Path) -> Result<(), ArchiveError> {
        path.parent().map_or(Ok(()), |parent| self.at(parent, fs::create_dir_all(parent)))
    }

    /// Writes a file; what is left of the bound after it.
    fn file(
        &mut self,
        index: usize,
        path: &Path,
        left: u64,
        bound: u64,
    ) -> Result<u64, ArchiveError> {
        let result = File::create_new(path);
        let mut file = self.at(path, result)?;
        let member = self.zip.by_index(index).map_err(|error| damaged(&self.path, error))?;
        // What the headers announce is not believed.
        let copied = io::copy(&mut member.take(left + 1), &mut file);
        match copied {
            Ok(bytes) if bytes > left => Err(self.refused(format!(
                "it unpacks to more than {} MiB, which no honest archive of its size does",
                bound >> 20
            ))),
            Ok(bytes) => Ok(left - bytes),
            Err(source) if source.kind() == io::ErrorKind::StorageFull => {
                Err(ArchiveError::Io { path: path.to_owned(), source })
            }
            Err(error) => Err(ArchiveError::Damaged {
                path: self.path.clone(),
                reason: format!("its member `{}`: {error}", self.members[index].name),
            }),
        }
    }

    /// Names that cannot stand beside one another are the archive's fault.
    fn at<T>(&self, path: &Path, result: io::Result<T>) -> Result<T, ArchiveError> {
        result.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => self.refused(format!(
                "a member of it is both a file and a folder: `{}`",
                path.file_name().unwrap_or_default().to_string_lossy()
            )),
            _ => ArchiveError::Io { path: path.to_owned(), source },
        })
    }
}
