//! What the processes of pods have started and left behind, even in groups of their own.

use std::fs;

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid};

/// From now on, who loses its parent among the processes that this one has started becomes its child.
///
/// For a program that does nothing else than run tasks.
pub fn adopt_orphans() {
    // Where the system cannot do that, they are somebody else's.
    let _ = set_child_subreaper(Some(getpid()));
}

/// Ends all processes that this one has started or adopted.
pub fn end_orphans() {
    // Each end may orphan more.
    for _ in 0..100 {
        let children = children();
        if children.is_empty() {
            return;
        }
        for child in children {
            let _ = kill_process(child, Signal::KILL);
            let _ = waitpid(Some(child), WaitOptions::empty());
        }
    }
}

fn children() -> Vec<Pid> {
    listed().unwrap_or_else(searched)
}

/// As the system lists them, by the thread that has started them; not every system does.
fn listed() -> Option<Vec<Pid>> {
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

/// Among all processes that there are.
fn searched() -> Vec<Pid> {
    let parent = getpid().as_raw_nonzero().get();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |id: &i32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // After the name, which may hold anything: the state, and the parent.
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
    fn a_child_is_found_in_both_ways() {
        let mut child = Command::new("sleep").arg("100").spawn().unwrap();
        let id = Pid::from_child(&child);
        assert!(listed().is_none_or(|children| children.contains(&id)));
        assert!(searched().contains(&id));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
