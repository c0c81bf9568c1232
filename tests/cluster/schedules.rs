//! Schedules of deployed tasks.

use serde_json::json;
use support::{ControlPlane, Finished, Home};

use crate::setup::start;

const PROGRAM: &str = env!("CARGO_BIN_EXE_specs");

fn deploy(home: &Home, version: &str, program: &str, task: &str) -> Finished {
    let options = format!("deploy --image app:1 --program /app/tasks --version {version}");
    let deployed = home.sealkit(&options).arg(program).arg(task).run().unwrap();
    assert_eq!(deployed.code, Some(0), "{deployed}");
    deployed
}

fn run(home: &Home, plane: &ControlPlane, line: &str) -> String {
    home.sealkit(line).run().unwrap().to_string().replace(plane.endpoint(), "PLANE")
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn schedules_are_deployed_listed_paused_and_resumed() {
    let (plane, home) = start(&[]);
    insta::assert_snapshot!(run(&home, &plane, "get trigger"), @r#"
    exit code 0
    -- stderr
    No triggers found in project `flytesnacks`, domain `development` on PLANE
    hint: declare one: #[task(schedule = Cron("0 9 * * *"))], and deploy the task
    "#);
    insta::assert_snapshot!(deploy(&home, "v1", PROGRAM, "scheduled_in_every_way"), @"
    exit code 0
    -- stdout
    scheduled_in_every_way v1
    -- stderr
    Deployed task `scheduled_in_every_way` to project `flytesnacks`, domain `development`
    Task `scheduled_in_every_way` has 3 schedules
    note: schedule `daily` of task `scheduled_in_every_way` is paused: sealkit resume trigger scheduled_in_every_way daily
    ");
    deploy(&home, "v1", PROGRAM, "scheduled");
    insta::assert_snapshot!(run(&home, &plane, "get trigger"), @"
    exit code 0
    -- stdout
    TASK                    NAME       SCHEDULE                    STATE   LAST RUN
    scheduled               schedule   0 9 * * 1-5 (Europe/Paris)  active
    scheduled_in_every_way  daily      @daily (UTC)                paused
    scheduled_in_every_way  often      every 6 hours               active  2026-01-02T03:04:05Z
    scheduled_in_every_way  quarterly  every 15 minutes            active
    ");
    insta::assert_snapshot!(run(&home, &plane, "get trigger scheduled -o json"), @r#"
    exit code 0
    -- stdout
    [
      {
        "task": "scheduled",
        "name": "schedule",
        "schedule": "0 9 * * 1-5 (Europe/Paris)",
        "active": true,
        "last_run": null
      }
    ]
    "#);
    insta::assert_snapshot!(run(&home, &plane, "resume trigger scheduled_in_every_way daily"), @"
    exit code 0
    -- stderr
    Resumed trigger `daily` of task `scheduled_in_every_way`
    ");
    insta::assert_snapshot!(run(&home, &plane, "pause trigger scheduled"), @"
    exit code 0
    -- stderr
    Paused trigger `schedule` of task `scheduled`
    ");
    insta::assert_snapshot!(run(&home, &plane, "pause trigger scheduled nightly"), @"
    exit code 1
    -- stderr
    error: task `scheduled` has no trigger `nightly`
    hint: list them: sealkit get trigger
    ");
    insta::assert_snapshot!(run(&home, &plane, "pause trigger shceduled"), @"
    exit code 1
    -- stderr
    error: task `shceduled` has no triggers
    hint: did you mean `scheduled`?
    ");
    // A deployment keeps paused schedules paused, and resumed ones active.
    insta::assert_snapshot!(deploy(&home, "v2", PROGRAM, "scheduled"), @"
    exit code 0
    -- stdout
    scheduled v2
    -- stderr
    Deployed task `scheduled` to project `flytesnacks`, domain `development`
    Task `scheduled` has 1 schedule
    note: schedule `schedule` of task `scheduled` is paused: sealkit resume trigger scheduled schedule
    ");
    deploy(&home, "v2", PROGRAM, "scheduled_in_every_way");
    insta::assert_snapshot!(run(&home, &plane, "get trigger -o name"), @"
    exit code 0
    -- stdout
    scheduled schedule
    scheduled_in_every_way daily
    scheduled_in_every_way often
    scheduled_in_every_way quarterly
    ");
    let states = run(&home, &plane, "get trigger");
    assert_eq!((states.matches(" paused").count(), states.matches(" active").count()), (1, 3), "{states}");
}

/// The backend would keep them, and go on to start the old version.
#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn schedules_that_a_task_no_longer_has_are_deleted() {
    let (plane, home) = start(&[]);
    deploy(&home, "v1", PROGRAM, "scheduled");
    deploy(&home, "v1", PROGRAM, "scheduled_in_every_way");
    // Another program has a task of this name, without schedules.
    let other = deploy(&home, "v2", env!("CARGO_BIN_EXE_setting_tasks"), "scheduled");
    assert!(
        other.stderr.contains("Deleted the schedules that task `scheduled` no longer has: `schedule`"),
        "{other}"
    );
    let names = run(&home, &plane, "get trigger -o name");
    assert!(
        !names.contains("scheduled schedule") && names.contains("scheduled_in_every_way often"),
        "{names}"
    );
}

/// Only a deployment with schedules needs the service.
#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn a_cluster_without_triggers_can_be_deployed_to() {
    for (code, warning, error) in [
        ("unimplemented", "", "does not support `flyteidl2.trigger.TriggerService/ListTriggers`"),
        ("internal", "cannot see whether tasks had schedules", "no triggers here"),
    ] {
        let (plane, home) = start(&[]);
        plane.fail(&json!({"method": "ListTriggers", "code": code, "message": "no triggers here"})).unwrap();
        let plain = deploy(&home, "v1", PROGRAM, "nothing");
        assert!(
            plain.stderr.contains(warning) && plain.stderr.contains("warning") != warning.is_empty(),
            "{plain}"
        );
        let refused = home
            .sealkit("deploy --image app:1 --program /app/tasks")
            .arg(PROGRAM)
            .arg("scheduled")
            .run()
            .unwrap();
        assert!(refused.code == Some(1) && refused.stderr.contains(error), "{refused}");
        assert_eq!(plane.requests("DeployTask").unwrap().len(), 1);
    }
}
