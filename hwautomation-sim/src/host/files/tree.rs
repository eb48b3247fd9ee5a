//! Files and folders with owner and mode.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::path::{ancestors, parent};
use super::{Failure, file_name};

/// How much all files of a boot may hold together: a BIOS file is a quarter of a mebibyte, a ROM image 32 MiB.
const BYTES_MAX: usize = 64 * 1024 * 1024;
/// How many files and folders a boot may have: hundreds are left by a careless tool, thousands by a broken one.
const ENTRIES_MAX: usize = 4096;
/// Linux's limits for one name and for a path.
const NAME_MAX: usize = 255;
const PATH_MAX: usize = 4095;

/// Is a user of the host by number; root is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User(pub(crate) u32);

impl User {
    pub(crate) const ROOT: Self = Self(0);
    /// The first ordinary user of an Ubuntu image.
    pub(crate) const LOGIN: Self = Self(1000);
}

/// Is what `stat` tells of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) folder: bool,
    pub(crate) mode: u32,
    pub(crate) owner: User,
    pub(crate) size: usize,
}

#[derive(Clone, Debug)]
struct Node {
    owner: User,
    mode: u32,
    content: Option<Vec<u8>>,
}

#[derive(Debug, Default)]
struct Tree {
    nodes: BTreeMap<String, Node>,
    used: usize,
}

/// Holds the files of one boot. All paths are absolute and clean.
#[derive(Debug)]
pub(crate) struct Files(Mutex<Tree>);

type Result<T> = std::result::Result<T, Failure>;

impl Files {
    /// Makes a file system with the folders that a Linux image has.
    pub(crate) fn new(login: &str) -> Self {
        let mut tree = Tree::default();
        tree.nodes.insert("/".to_owned(), folder(User::ROOT, 0o755));
        for path in ["/etc", "/home", "/opt", "/proc", "/sys", "/var", "/dev", "/usr"] {
            tree.nodes.insert(path.to_owned(), folder(User::ROOT, 0o755));
        }
        tree.nodes.insert("/root".to_owned(), folder(User::ROOT, 0o700));
        for path in ["/tmp", "/var/tmp"] {
            tree.nodes.insert(path.to_owned(), folder(User::ROOT, 0o1777));
        }
        if login != "root" {
            tree.nodes.insert(format!("/home/{login}"), folder(User::LOGIN, 0o750));
        }
        Self(Mutex::new(tree))
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a file of the image in its place, with the folders above it.
    pub(crate) fn install(&self, path: &str, content: &[u8], mode: u32) {
        let mut tree = self.tree();
        for above in ancestors(path) {
            tree.nodes.entry(above.to_owned()).or_insert_with(|| folder(User::ROOT, 0o755));
        }
        tree.used += content.len();
        let node = Node { owner: User::ROOT, mode, content: Some(content.to_vec()) };
        tree.nodes.insert(path.to_owned(), node);
    }

    pub(crate) fn stat(&self, path: &str, who: User) -> Result<Stat> {
        let tree = self.tree();
        tree.reach(path, who)?;
        let node = tree.nodes.get(path).ok_or(Failure::Missing)?;
        Ok(Stat {
            folder: node.content.is_none(),
            mode: node.mode,
            owner: node.owner,
            size: node.content.as_ref().map_or(4096, Vec::len),
        })
    }

    pub(crate) fn read(&self, path: &str, who: User) -> Result<Vec<u8>> {
        let tree = self.tree();
        tree.reach(path, who)?;
        let node = tree.nodes.get(path).ok_or(Failure::Missing)?;
        node.allows(who, 0o4)?;
        node.content.clone().ok_or(Failure::IsFolder)
    }

    /// Opens a file for writing as `open(2)` with `O_CREAT` does; `keep` leaves what is in it.
    pub(crate) fn create(&self, path: &str, who: User, mode: u32, keep: Keep) -> Result<()> {
        if path == "/dev/null" {
            return Ok(());
        }
        let mut tree = self.tree();
        tree.reach(path, who)?;
        if let Some(node) = tree.nodes.get_mut(path) {
            node.allows(who, 0o2)?;
            let content = node.content.as_mut().ok_or(Failure::IsFolder)?;
            let freed = match keep {
                Keep::Nothing => std::mem::take(content).len(),
                Keep::Content => 0,
            };
            tree.used -= freed;
            return Ok(());
        }
        tree.room_for(path, who)?;
        let node = Node { owner: who, mode, content: Some(Vec::new()) };
        tree.nodes.insert(path.to_owned(), node);
        Ok(())
    }

    /// Appends to a file that is open: whoever opened it was asked for permission then.
    pub(crate) fn append(&self, path: &str, bytes: &[u8]) -> Result<()> {
        if path == "/dev/null" {
            return Ok(());
        }
        let mut tree = self.tree();
        if tree.used + bytes.len() > BYTES_MAX {
            return Err(Failure::Full);
        }
        // A file that was removed while it was open still takes what is written; nobody will read it.
        let Some(content) = tree.nodes.get_mut(path).and_then(|node| node.content.as_mut()) else {
            return Ok(());
        };
        content.extend_from_slice(bytes);
        tree.used += bytes.len();
        Ok(())
    }

    /// Writes a whole file.
    pub(crate) fn write(&self, path: &str, who: User, mode: u32, bytes: &[u8]) -> Result<()> {
        self.create(path, who, mode, Keep::Nothing)?;
        self.append(path, bytes)
    }

    pub(crate) fn make_folder(&self, path: &str, who: User, mode: u32) -> Result<()> {
        let mut tree = self.tree();
        tree.reach(path, who)?;
        if tree.nodes.contains_key(path) {
            return Err(Failure::Exists);
        }
        tree.room_for(path, who)?;
        tree.nodes.insert(path.to_owned(), folder(who, mode));
        Ok(())
    }

    pub(crate) fn change_mode(&self, path: &str, who: User, mode: u32) -> Result<()> {
        let mut tree = self.tree();
        tree.reach(path, who)?;
        let node = tree.nodes.get_mut(path).ok_or(Failure::Missing)?;
        if who != User::ROOT && who != node.owner {
            return Err(Failure::Denied);
        }
        node.mode = mode;
        Ok(())
    }

    /// Removes a file, or an empty folder.
    pub(crate) fn remove(&self, path: &str, who: User) -> Result<()> {
        let mut tree = self.tree();
        tree.reach(path, who)?;
        if !tree.nodes.contains_key(path) {
            return Err(Failure::Missing);
        }
        if tree.has_children(path) {
            return Err(Failure::NotEmpty);
        }
        tree.may_unlink(path, who)?;
        tree.unlink(path);
        Ok(())
    }

    /// Lists the names in a folder.
    pub(crate) fn list(&self, path: &str, who: User) -> Result<Vec<String>> {
        let tree = self.tree();
        tree.reach(path, who)?;
        let node = tree.nodes.get(path).ok_or(Failure::Missing)?;
        if node.content.is_some() {
            return Err(Failure::NotFolder);
        }
        node.allows(who, 0o4)?;
        Ok(tree.children(path).map(|path| file_name(path).to_owned()).collect())
    }

    /// Gives a file or folder another name, over a file that has it already.
    pub(crate) fn rename(&self, from: &str, to: &str, who: User) -> Result<()> {
        let mut tree = self.tree();
        tree.reach(from, who)?;
        tree.reach(to, who)?;
        if !tree.nodes.contains_key(from) {
            return Err(Failure::Missing);
        }
        if to.starts_with(&format!("{from}/")) {
            return Err(Failure::Invalid);
        }
        tree.may_unlink(from, who)?;
        tree.make_way(from, to, who)?;
        tree.relocate(from, to);
        Ok(())
    }
}

/// Says what becomes of the content of a file that is opened for writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    Content,
    Nothing,
}

impl Tree {
    /// Checks that `who` may walk to a path.
    fn reach(&self, path: &str, who: User) -> Result<()> {
        if path.len() > PATH_MAX || file_name(path).len() > NAME_MAX {
            return Err(Failure::NameTooLong);
        }
        for above in ancestors(path) {
            let node = self.nodes.get(above).ok_or(Failure::Missing)?;
            if node.content.is_some() {
                return Err(Failure::NotFolder);
            }
            node.allows(who, 0o1)?;
        }
        Ok(())
    }

    fn room_for(&self, path: &str, who: User) -> Result<()> {
        if self.nodes.len() >= ENTRIES_MAX {
            return Err(Failure::Full);
        }
        self.nodes.get(parent(path)).ok_or(Failure::Missing)?.allows(who, 0o2)
    }

    /// Checks that a name may be taken out of its folder: in a sticky one only by the file's owner.
    fn may_unlink(&self, path: &str, who: User) -> Result<()> {
        let (Some(node), Some(above)) = (self.nodes.get(path), self.nodes.get(parent(path))) else {
            return Err(Failure::Missing);
        };
        above.allows(who, 0o2)?;
        let sticky = above.mode & 0o1000 != 0;
        match path == "/" || (sticky && who != User::ROOT && who != node.owner) {
            true => Err(Failure::Denied),
            false => Ok(()),
        }
    }

    fn make_way(&mut self, from: &str, to: &str, who: User) -> Result<()> {
        let is_folder = |path: &str| self.nodes.get(path).map(|node| node.content.is_none());
        match (is_folder(from), is_folder(to)) {
            (_, None) => self.nodes.get(parent(to)).ok_or(Failure::Missing)?.allows(who, 0o2),
            (Some(true), Some(false)) => Err(Failure::NotFolder),
            (Some(false), Some(true)) => Err(Failure::IsFolder),
            _ if self.has_children(to) => Err(Failure::NotEmpty),
            _ => self.may_unlink(to, who),
        }
    }

    fn relocate(&mut self, from: &str, to: &str) {
        if from == to {
            return;
        }
        self.unlink(to);
        let inside = format!("{from}/");
        let moved: Vec<String> =
            self.nodes.keys().filter(|path| *path == from || path.starts_with(&inside)).cloned().collect();
        for path in moved {
            if let Some(node) = self.nodes.remove(&path) {
                let rest = path.strip_prefix(from).unwrap_or_default();
                self.nodes.insert(format!("{to}{rest}"), node);
            }
        }
    }

    fn unlink(&mut self, path: &str) {
        if let Some(node) = self.nodes.remove(path) {
            self.used -= node.content.map_or(0, |content| content.len());
        }
    }

    fn children<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a String> {
        self.nodes.keys().filter(move |child| *child != "/" && parent(child) == path)
    }

    fn has_children(&self, path: &str) -> bool {
        self.children(path).next().is_some()
    }
}

impl Node {
    fn allows(&self, who: User, wanted: u32) -> Result<()> {
        let shift = if who == self.owner { 6 } else { 0 };
        match who == User::ROOT || (self.mode >> shift) & wanted == wanted {
            true => Ok(()),
            false => Err(Failure::Denied),
        }
    }
}

fn folder(owner: User, mode: u32) -> Node {
    Node { owner, mode, content: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        Files::new("ubuntu")
    }

    #[test]
    fn a_file_is_written_read_moved_and_removed() {
        let files = files();
        files.write("/tmp/a", User::LOGIN, 0o600, b"one").unwrap();
        files.rename("/tmp/a", "/tmp/b", User::LOGIN).unwrap();
        assert_eq!(files.read("/tmp/b", User::LOGIN).unwrap(), b"one");
        assert_eq!(files.read("/tmp/a", User::LOGIN), Err(Failure::Missing));
        files.remove("/tmp/b", User::LOGIN).unwrap();
        assert_eq!(files.stat("/tmp/b", User::ROOT), Err(Failure::Missing));
    }

    #[test]
    fn the_files_of_root_are_closed_to_others() {
        let files = files();
        files.write("/tmp/secret", User::ROOT, 0o600, b"x").unwrap();
        assert_eq!(files.read("/tmp/secret", User::LOGIN), Err(Failure::Denied));
        assert_eq!(files.remove("/tmp/secret", User::LOGIN), Err(Failure::Denied));
        assert_eq!(files.write("/etc/passwd", User::LOGIN, 0o644, b"x"), Err(Failure::Denied));
        assert_eq!(files.list("/root", User::LOGIN), Err(Failure::Denied));
    }

    #[test]
    fn a_full_file_system_refuses_and_room_comes_back() {
        let files = files();
        let half = vec![0; BYTES_MAX / 2];
        files.write("/tmp/a", User::ROOT, 0o600, &half).unwrap();
        files.write("/tmp/b", User::ROOT, 0o600, &half).unwrap();
        assert_eq!(files.append("/tmp/b", b"x"), Err(Failure::Full));
        files.remove("/tmp/a", User::ROOT).unwrap();
        files.append("/tmp/b", b"x").unwrap();
    }

    #[test]
    fn a_folder_with_files_moves_with_them_and_not_into_itself() {
        let files = files();
        files.make_folder("/tmp/d", User::LOGIN, 0o755).unwrap();
        files.write("/tmp/d/f", User::LOGIN, 0o644, b"x").unwrap();
        assert_eq!(files.rename("/tmp/d", "/tmp/d/e", User::LOGIN), Err(Failure::Invalid));
        assert_eq!(files.remove("/tmp/d", User::LOGIN), Err(Failure::NotEmpty));
        files.rename("/tmp/d", "/tmp/e", User::LOGIN).unwrap();
        assert_eq!(files.list("/tmp/e", User::LOGIN).unwrap(), ["f"]);
    }

    #[test]
    fn a_file_is_no_folder() {
        let files = files();
        files.write("/tmp/f", User::LOGIN, 0o644, b"x").unwrap();
        assert_eq!(files.read("/tmp/f/x", User::LOGIN), Err(Failure::NotFolder));
        assert_eq!(files.read("/tmp", User::LOGIN), Err(Failure::IsFolder));
    }
}
