//! The pictures of programs and the reports of runs, as a browser shows them.

use std::{fs, path::Path, process::Command};

use support::runs::{Runs, SECRET};

const PROGRAM: &str = env!("CARGO_BIN_EXE_setting_tasks");
const EXAMPLE: &str = env!("CARGO_BIN_EXE_example_using_secrets");

fn runs() -> Runs {
    Runs::new(env!("CARGO_BIN_EXE_command"), PROGRAM).unwrap()
}

/// Returns the document that a browser makes of a file.
fn dom(file: &Path) -> String {
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Command::new("chromium");
    browser.args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]);
    browser.arg(format!("--user-data-dir={}", profile.path().display()));
    let output = browser.arg(format!("file://{}", file.display())).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_program_is_drawn_as_a_flowchart() {
    let runs = runs();
    let drawn = runs.home.sealkit("describe --graph mermaid").arg(EXAMPLE).run().unwrap();
    let nodes: Vec<&str> = drawn.stdout.lines().filter(|line| !line.contains("classDef")).collect();
    insta::assert_snapshot!(nodes.join("\n"), @r#"
    flowchart LR
      n0[["main<br/><small>workflow</small>"]]:::workflow
      n1["t1<br/><small>task</small>"]:::task
      n2(["my_secret<br/><small>from the store, #96;my_secret#96; (version 1)</small>"]):::secret
      n0 --> n1
      n1 -.-> n2
    "#);
    let wrong = runs.home.sealkit("describe --graph png").arg(EXAMPLE).run().unwrap();
    assert!(wrong.code == Some(2) && wrong.stderr.contains("svg, mermaid, html"), "{wrong}");
}

#[test]
#[cfg_attr(not(has_chromium), ignore = "needs chromium")]
fn a_browser_shows_the_pictures_of_a_program() {
    let runs = runs();
    let directory = tempfile::tempdir().unwrap();
    let draw = |format: &str, program: &str| {
        let drawn = runs.home.sealkit(&format!("describe --graph {format}")).arg(program).run().unwrap();
        assert_eq!((drawn.code, &*drawn.stderr), (Some(0), ""), "{drawn}");
        let file = directory.path().join(format!("graph.{format}"));
        fs::write(&file, drawn.stdout).unwrap();
        dom(&file)
    };
    let svg = draw("svg", EXAMPLE);
    assert!(!svg.contains("parsererror"), "{svg}");
    assert_eq!((svg.matches("<rect ").count(), svg.matches("marker-end").count()), (3, 2), "{svg}");
    let html = draw("html", PROGRAM);
    for text in ["my_secret", "missing", "any task", "calls are not declared", "Repeats a text."] {
        assert!(html.contains(text), "{text}: {html}");
    }
    // Two secrets, the tasks, and the tasks that are not declared.
    let rows = html.matches("<tr>").count() - 1;
    assert_eq!(html.matches("<rect ").count(), rows + 3, "{html}");
    // It needs nothing from elsewhere.
    assert!(
        !html.contains("http://www.w3.org/1999") && !html.contains("src=") && !html.contains("href="),
        "{html}"
    );
}

#[test]
#[cfg_attr(not(has_chromium), ignore = "needs chromium")]
fn a_browser_shows_the_report_of_a_run() {
    let runs = runs();
    let directory = tempfile::tempdir().unwrap();
    let report = |name: &str, line: &str| {
        let file = directory.path().join(name);
        let finished = runs.run_with(&format!("--report {}", file.display()), line);
        (finished.code, dom(&file))
    };
    let (code, page) = report("facts.html", "facts_of_called_tasks");
    assert_eq!(code, Some(0));
    let bars =
        ["bar succeeded", "bar failed"].map(|class| page.matches(&format!("class=\"{class}\"")).count());
    assert_eq!(bars, [3, 2], "{page}");
    assert!(page.contains("<code>facts[2]</code>") && page.contains("error of attempt 1"), "{page}");

    let text = "--text=<b>&\"x\"</b>";
    let (_, page) = report("repeat.html", &format!("repeat {text}"));
    assert!(page.contains("text = \"&lt;b&gt;&amp;") && !page.contains("<b>"), "{page}");

    let (code, page) = report("leak.html", "leaks_in_a_tuple");
    assert_eq!(code, Some(1));
    assert!(page.contains("contains secret `my_secret`") && !page.contains(SECRET), "{page}");

    let nowhere = runs.run_with("--report /nonexistent/report.html", "divide --a 1 --b 1");
    assert_eq!((nowhere.code, &*nowhere.stdout), (Some(1), ""), "{nowhere}");
    assert_eq!(
        nowhere.stderr,
        "error: cannot write the report to `/nonexistent/report.html`: No such file or directory\n"
    );
}

#[test]
fn a_report_is_not_written_to_standard_output() {
    insta::assert_snapshot!(runs().run_with("--report -", "divide --a 7 --b 2"), @"
    exit code 2
    -- stderr
    error: cannot write the report to standard output: it has the output of the task
    hint: name a file: --report run.html
    ");
}

#[test]
fn a_report_that_is_not_whole_is_not_left() {
    let runs = runs();
    let directory = tempfile::tempdir().unwrap();
    let report = directory.path().join("report.html");
    let waits = Runs::new(env!("CARGO_BIN_EXE_command"), env!("CARGO_BIN_EXE_pods")).unwrap();
    let mut killed = waits.start_with(&format!("--report {}", report.display()), "waits_for_it").unwrap();
    support::runs::wait_for(&mut killed, "waits | waiting");
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(!report.exists());

    // A link to a file that does not exist stays one.
    let link = directory.path().join("latest.html");
    std::os::unix::fs::symlink(&report, &link).unwrap();
    runs.run_with(&format!("--report {}", link.display()), "divide --a 1 --b 1");
    assert!(link.is_symlink() && fs::read_to_string(&report).unwrap().contains("divide"));

    let full = runs.run_with("--report /dev/full", "divide --a 1 --b 1");
    let message = "error: cannot write the report to `/dev/full`: No space left on device\n";
    assert!(full.code == Some(1) && full.stderr.ends_with(message), "{full}");
    assert!(Path::new("/dev/full").exists());
}
