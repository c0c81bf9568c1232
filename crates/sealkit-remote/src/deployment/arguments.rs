//! The arguments of a container. The backend replaces the templates in them.
//!
//! They are those of the official SDK (`flyte._task`), without the ones that only Python needs.

use super::PodProgram;

/// The class of the resolver in a code bundle.
const RESOLVER: &str = "sealkit_resolver.Resolver";

/// Returns the arguments of the container that runs `task` of `program`. `version` is the version of the task.
pub(super) fn of(program: &PodProgram, task: &str, version: &str) -> Vec<String> {
    let task = ["execute", "--task", task];
    let action = [
        "--inputs",
        "{{.input}}",
        "--outputs-path",
        "{{.outputPrefix}}",
        "--raw-data-path",
        "{{.rawOutputDataPrefix}}",
        "--run-name",
        "{{.runName}}",
        "--name",
        "{{.actionName}}",
        "--run-start-time",
        "{{.runStartTime}}",
    ];
    let arguments = match program {
        PodProgram::Image { path } => [&[path.as_str()], &task[..], &action[..]].concat(),
        PodProgram::Bundle { uri, name } => {
            // `a0` requires a version, and does not use it.
            let bundle = ["--version", version, "--tgz", uri, "--dest", ".", "--resolver", RESOLVER];
            // `a0` interprets options after the resolver, too, but none after `--`.
            [&["a0"], &action[..], &bundle, &["--", name], &task].concat()
        }
    };
    arguments.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_of_a_bundle_is_started_by_the_official_entry_point() {
        let bundle = PodProgram::Bundle { uri: "s3://b/x.tar.gz".to_owned(), name: "app".to_owned() };
        let action = "--inputs {{.input}} --outputs-path {{.outputPrefix}} --raw-data-path {{.rawOutputDataPrefix}} \
                      --run-name {{.runName}} --name {{.actionName}} --run-start-time {{.runStartTime}}";
        assert_eq!(
            of(&bundle, "t1", "v1").join(" "),
            format!(
                "a0 {action} --version v1 --tgz s3://b/x.tar.gz --dest . --resolver sealkit_resolver.Resolver \
                 -- app execute --task t1"
            )
        );
        let image = PodProgram::Image { path: "/app".to_owned() };
        assert_eq!(of(&image, "t1", "v1").join(" "), format!("/app execute --task t1 {action}"));
    }
}
