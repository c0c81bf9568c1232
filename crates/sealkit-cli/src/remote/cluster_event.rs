//! Translates the events of pods, as Kubernetes and Flyte report them, for users.

/// Returns what an event means. `None` for an event that only repeats a phase of the run.
pub(super) fn translate(message: &str) -> Option<String> {
    const ROUTINE: [&str; 8] = [
        "task submitted to K8s",
        "ContainerCreating",
        "PodInitializing",
        "Successfully assigned ",
        "Successfully pulled image ",
        "already present on machine",
        "Created container",
        "Started container",
    ];
    let message = message.trim();
    if message.is_empty() || ROUTINE.iter().any(|text| message.contains(text)) {
        return None;
    }
    let has = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    let meaning =
        if has(&["ErrImagePull", "ImagePullBackOff", "Back-off pulling image", "Failed to pull image"]) {
            "the cluster cannot pull the image"
        } else if has(&["InvalidImageName"]) {
            "the name of the image is invalid"
        } else if has(&["Pulling image"]) {
            "the cluster pulls the image"
        } else if has(&["Unschedulable", "FailedScheduling", "nodes are available"]) {
            "no node of the cluster has room for the pod"
        } else if has(&["CreateContainerConfigError", "FailedMount"]) {
            "the pod cannot be configured"
        } else if has(&["CrashLoopBackOff", "Back-off restarting failed container"]) {
            "the program keeps ending and is started again"
        } else if has(&["OOMKilled"]) {
            "the program was killed: it needs more memory"
        } else {
            return Some(message.to_owned());
        };
    Some(details(message).map_or_else(|| meaning.to_owned(), |details| format!("{meaning}: {details}")))
}

/// Returns the part of an event that names the cause: `[REASON]: CONDITION|CAUSE`.
fn details(message: &str) -> Option<&str> {
    let cause = match message.rsplit_once('|') {
        Some((_, cause)) => cause,
        None => message
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]: "))
            .map_or(message, |(_, rest)| rest),
    };
    Some(cause.trim()).filter(|cause| !cause.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_repeat_a_phase_are_left_out() {
        for message in [
            "task submitted to K8s",
            "[ContainersNotReady|ContainerCreating]: containers with unready status: [a0]|",
            "Successfully assigned flyte/r1-a0-0 to node-1",
            " ",
        ] {
            assert_eq!(translate(message), None, "{message}");
        }
    }

    #[test]
    fn problems_are_explained() {
        for (message, expected) in [
            (
                "[ContainersNotReady|ImagePullBackOff]: containers with unready status: [a0]|Back-off pulling image \"x:1\"",
                "the cluster cannot pull the image: Back-off pulling image \"x:1\"",
            ),
            (
                "[Unschedulable]: 0/3 nodes are available: 3 Insufficient cpu.",
                "no node of the cluster has room for the pod: 0/3 nodes are available: 3 Insufficient cpu.",
            ),
            ("[ContainersNotReady|ErrImagePull]: x|", "the cluster cannot pull the image"),
            ("something new", "something new"),
        ] {
            assert_eq!(translate(message).as_deref(), Some(expected));
        }
    }
}
