//! The messages about runs and actions are those of the official package.

use serde_json::{Value as Json, json};
use support::{Python, hex};

use sealkit_idl::{
    common::{
        ActionIdentifier, ActionPhase, Filter, ListRequest, ProjectIdentifier, RunIdentifier, Sort,
        SortDirection,
    },
    core::{ContainerContext, LogContext, PodLogContext, ProcessContext},
    prost::Message,
    prost_types::Timestamp,
    task::{
        GetTaskDetailsResponse, ListTasksRequest, ListTasksResponse, ListedTask, RunSpec, TaskDetails,
        TaskIdentifier, TaskSpec,
    },
    workflow::{
        Action, ActionAttempt, ActionDetails, ActionKind, ActionMetadata, ActionStatus, ClusterEvent,
        EnrichedAction, ErrorInfo, GetActionDetailsResponse, GetRunDetailsResponse, ListActionsRequest,
        ListActionsResponse, ListRunsRequest, ListRunsResponse, NamedActionMetadata, PhaseTransition, Run,
        RunDetails, RunScope, TaskAction, TaskActionMetadata, WatchActionsRequest, WatchActionsResponse,
    },
};

fn message(name: &str, message: &impl Message, fields: Json) -> (Json, Json) {
    (json!({"message": name, "bytes": hex(&message.encode_to_vec())}), fields)
}

fn time(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanos: 0 }
}

fn run_id() -> RunIdentifier {
    RunIdentifier {
        project: "p".to_owned(),
        domain: "d".to_owned(),
        name: "r".to_owned(),
        ..RunIdentifier::default()
    }
}

fn action() -> Action {
    let id = TaskIdentifier { name: "env.t1".to_owned(), ..TaskIdentifier::default() };
    let task = TaskActionMetadata { id: Some(id), short_name: "t1".to_owned() };
    Action {
        id: Some(ActionIdentifier { run: Some(run_id()), name: "x".to_owned() }),
        metadata: Some(ActionMetadata { parent: "a0".to_owned(), kind: Some(ActionKind::Task(task)) }),
        status: Some(ActionStatus {
            phase: ActionPhase::Running.into(),
            start_time: Some(time(1)),
            end_time: Some(time(2)),
            attempts: 3,
            duration_ms: Some(4),
        }),
    }
}

fn details() -> ActionDetails {
    let process = ProcessContext { container_start_time: Some(time(5)), container_end_time: Some(time(6)) };
    let container = ContainerContext { container_name: "c".to_owned(), process: Some(process) };
    let pod = PodLogContext {
        pod_name: "n".to_owned(),
        containers: vec![container],
        primary_container_name: "c".to_owned(),
    };
    let attempt = ActionAttempt {
        phase: ActionPhase::Queued.into(),
        start_time: Some(time(7)),
        end_time: Some(time(8)),
        error_info: Some(ErrorInfo { message: "m".to_owned(), ..ErrorInfo::default() }),
        attempt: 1,
        cluster_events: vec![ClusterEvent { message: "e".to_owned() }],
        phase_transitions: vec![PhaseTransition { phase: ActionPhase::Running.into() }],
        log_context: Some(LogContext { pods: vec![pod], primary_pod_name: "n".to_owned() }),
    };
    ActionDetails { attempts: vec![attempt], ..ActionDetails::default() }
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn messages_about_runs_are_those_of_the_official_package() {
    let request = ListRequest {
        limit: 7,
        token: "14".to_owned(),
        sort_by_fields: vec![Sort {
            key: "created_at".to_owned(),
            direction: SortDirection::Ascending.into(),
        }],
        ..ListRequest::default()
    };
    let list = json!({"limit": 7, "token": "14", "sort_by_fields": [{"key": "created_at", "direction": "ASCENDING"}]});
    let run = json!({"project": "p", "domain": "d", "name": "r"});
    let shown = json!({
        "id": {"run": run, "name": "x"},
        "metadata": {"parent": "a0", "task": {"id": {"name": "env.t1"}, "short_name": "t1"}},
        "status": {
            "phase": "ACTION_PHASE_RUNNING", "start_time": "1970-01-01T00:00:01Z",
            "end_time": "1970-01-01T00:00:02Z", "attempts": 3, "duration_ms": "4",
        },
    });
    let shown_details = json!({"attempts": [{
        "phase": "ACTION_PHASE_QUEUED", "start_time": "1970-01-01T00:00:07Z", "end_time": "1970-01-01T00:00:08Z",
        "error_info": {"message": "m"}, "attempt": 1,
        "cluster_events": [{"message": "e"}],
        "phase_transitions": [{"phase": "ACTION_PHASE_RUNNING"}],
        "log_context": {"primary_pod_name": "n", "pods": [{
            "pod_name": "n", "primary_container_name": "c", "containers": [{
                "container_name": "c", "process": {
                    "container_start_time": "1970-01-01T00:00:05Z", "container_end_time": "1970-01-01T00:00:06Z",
                },
            }],
        }]},
    }]});
    let project = ProjectIdentifier { name: "p".to_owned(), ..ProjectIdentifier::default() };
    let enriched = EnrichedAction { action: Some(action()) };
    let trace = ActionKind::Trace(NamedActionMetadata { name: "f".to_owned() });
    let condition = ActionKind::Condition(NamedActionMetadata { name: "q".to_owned() });
    let kind = |kind| ActionMetadata { parent: String::new(), kind: Some(kind) };
    let run_details = RunDetails { run_spec: Some(RunSpec::default()), action: Some(details()) };
    let service = |name: &str| format!("workflow.run_service.{name}");
    let cases = [
        message(
            &service("ListRunsRequest"),
            &ListRunsRequest { request: Some(request.clone()), scope_by: Some(RunScope::ProjectId(project)) },
            json!({"request": list, "project_id": {"name": "p"}}),
        ),
        message(
            &service("ListRunsResponse"),
            &ListRunsResponse { runs: vec![Run { action: Some(action()) }], token: "t".to_owned() },
            json!({"runs": [{"action": shown}], "token": "t"}),
        ),
        message(
            &service("ListActionsRequest"),
            &ListActionsRequest { request: Some(request), run_id: Some(run_id()) },
            json!({"request": list, "run_id": run}),
        ),
        message(
            &service("ListActionsResponse"),
            &ListActionsResponse { actions: vec![action()], token: "t".to_owned() },
            json!({"actions": [shown], "token": "t"}),
        ),
        message(
            &service("WatchActionsRequest"),
            &WatchActionsRequest { run_id: Some(run_id()) },
            json!({"run_id": run}),
        ),
        message(
            &service("WatchActionsResponse"),
            &WatchActionsResponse { enriched_actions: vec![enriched] },
            json!({"enriched_actions": [{"action": shown}]}),
        ),
        message(
            &service("GetRunDetailsResponse"),
            &GetRunDetailsResponse { details: Some(run_details) },
            json!({"details": {"run_spec": {}, "action": shown_details}}),
        ),
        message(
            &service("GetActionDetailsResponse"),
            &GetActionDetailsResponse { details: Some(details()) },
            json!({"details": shown_details}),
        ),
        message("workflow.run_definition.ActionMetadata", &kind(trace), json!({"trace": {"name": "f"}})),
        message(
            "workflow.run_definition.ActionMetadata",
            &kind(condition),
            json!({"condition": {"name": "q"}}),
        ),
    ];
    assert_official(&cases);
}

#[test]
#[cfg_attr(not(has_python), ignore = "needs TEST_PYTHON")]
fn messages_about_deployed_tasks_are_those_of_the_official_package() {
    let name = Filter { function: 0, field: "name".to_owned(), values: vec!["env.t1".to_owned()] };
    let newest = Sort { key: "created_at".to_owned(), direction: SortDirection::Ascending.into() };
    let request =
        ListRequest { limit: 1, sort_by: Some(newest), filters: vec![name], ..ListRequest::default() };
    let list = json!({
        "limit": 1, "sort_by": {"key": "created_at", "direction": "ASCENDING"}, "filters": [{"field": "name", "values": ["env.t1"]}],
    });
    let project = ProjectIdentifier { name: "p".to_owned(), ..ProjectIdentifier::default() };
    let id = || Some(TaskIdentifier { name: "env.t1".to_owned(), ..TaskIdentifier::default() });
    let spec = TaskSpec { short_name: "t1".to_owned(), ..TaskSpec::default() }.encode_to_vec();
    let details = TaskDetails { task_id: id(), spec: spec.clone() };
    let action = TaskAction { id: id(), spec, cache_key: None };
    let shown = json!({"name": "env.t1"});
    assert_official(&[
        message(
            "task.task_service.ListTasksRequest",
            &ListTasksRequest { request: Some(request), project_id: Some(project) },
            json!({"request": list, "project_id": {"name": "p"}}),
        ),
        message(
            "task.task_service.ListTasksResponse",
            &ListTasksResponse { tasks: vec![ListedTask { task_id: id() }] },
            json!({"tasks": [{"task_id": shown}]}),
        ),
        message(
            "task.task_service.GetTaskDetailsResponse",
            &GetTaskDetailsResponse { details: Some(details) },
            json!({"details": {"task_id": shown, "spec": {"short_name": "t1"}}}),
        ),
        message(
            "workflow.run_definition.TaskAction",
            &action,
            json!({"id": shown, "spec": {"short_name": "t1"}}),
        ),
    ]);
}

/// Compares messages with those of the official package.
fn assert_official(cases: &[(Json, Json)]) {
    let questions: Vec<&Json> = cases.iter().map(|(question, _)| question).collect();
    let answers: Vec<Json> = Python::from_environment().ask("flyte_messages.py", &questions).unwrap();
    for ((question, fields), answer) in cases.iter().zip(answers) {
        assert_eq!(answer["fields"], *fields, "{question}");
        assert_eq!(answer["bytes"], question["bytes"], "{question}");
    }
}
