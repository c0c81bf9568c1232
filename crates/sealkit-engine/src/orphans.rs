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
