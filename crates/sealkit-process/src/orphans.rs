//! Processes that pods started and left behind, even in process groups of their own.

use std::fs;

use rustix::{
    io::Errno,
    process::{
        Pid, Signal, WaitId, WaitIdOptions, WaitOptions, getpid, kill_process, set_child_subreaper, waitid,
        waitpid,
    },
};

/// Makes this process the parent of all orphaned descendants.
///
/// Use it only in a program that does nothing else than run tasks.
pub fn adopt_orphans() {
    // Where the kernel refuses, init adopts them as usual.
    let _ = set_child_subreaper(Some(getpid()));
}

/// Kills all child processes, including adopted ones.
pub fn kill_orphans() {
    kill_orphans_except(None);
}

/// Kills all child processes but one.
pub(crate) fn kill_orphans_except(kept: Option<Pid>) {
    // Killing a process may orphan its children.
    for _ in 0..100 {
        let mut children = children();
        children.retain(|child| Some(*child) != kept);
        if children.is_empty() {
            return;
        }
        for child in children {
            let _ = kill_process(child, Signal::KILL);
            let _ = waitpid(Some(child), WaitOptions::empty());
        }
        // One call, where a search reads a file for each thread.
        if !has_children() {
            return;
        }
    }
}

fn has_children() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::All, options), Err(Errno::CHILD))
}

fn children() -> Vec<Pid> {
    children_of_threads().unwrap_or_else(children_by_parent)
}

/// Reads the kernel's list of children of each thread; `None` where the kernel does not provide one.
fn children_of_threads() -> Option<Vec<Pid>> {
    let mut children = Vec::new();
    for thread in fs::read_dir("/proc/self/task").ok()?.flatten() {
        match fs::read_to_string(thread.path().join("children")) {
            Ok(list) => {
                children.extend(list.split_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)));
            }
            // The thread may have ended.
            Err(_) if !thread.path().exists() => {}
            Err(_) => return None,
        }
    }
    Some(children)
}

/// Searches all processes for those whose parent is this one.
fn children_by_parent() -> Vec<Pid> {
    let parent = getpid().as_raw_nonzero().get();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |id: &i32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // The fields after the name, which may contain anything, are the state and the parent.
        let after = stat.rsplit_once(')').map(|(_, after)| after).unwrap_or_default();
        after.split_whitespace().nth(1).and_then(|id| id.parse().ok()) == Some(parent)
    };
    ids.filter(is_child).filter_map(Pid::from_raw).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn both_searches_find_a_child() {
        let mut child = Command::new("sleep").arg("100").spawn().unwrap();
        let id = Pid::from_child(&child);
        assert!(children_of_threads().is_none_or(|children| children.contains(&id)));
        assert!(children_by_parent().contains(&id));
        assert!(has_children());
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
