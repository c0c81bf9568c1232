use serde_json::json;

use super::*;

/// Returns workflows with these names and calls.
fn workflows(calls: &[(&str, &[&str])]) -> Vec<Task> {
    let task = |(name, calls): &(&str, &[&str])| {
        let interface = json!({"inputs": [], "outputs": []});
        let task = json!({"name": name, "kind": "workflow", "secret_requests": [], "interface": interface, "calls": calls});
        serde_json::from_value(task).unwrap()
    };
    calls.iter().map(task).collect()
}

fn with_sources(tasks: &[Task]) -> Vec<TaskWithSources<'_>> {
    tasks.iter().map(|task| (task, &[][..])).collect()
}

fn columns(calls: &[(&str, &[&str])]) -> Vec<usize> {
    let tasks = workflows(calls);
    let graph = Graph::new(&with_sources(&tasks));
    graph.nodes.iter().map(|node| node.column).collect()
}

#[test]
fn a_task_is_to_the_right_of_all_that_call_it() {
    assert_eq!(columns(&[("d", &[]), ("c", &["d"]), ("a", &["b", "d"]), ("b", &["c"])]), [3, 2, 0, 1]);
}

#[test]
fn a_cycle_is_placed_from_where_it_is_entered() {
    assert_eq!(columns(&[("a", &["a"]), ("b", &[])]), [0, 0]);
    assert_eq!(columns(&[("a", &["b"]), ("b", &["c"]), ("c", &["a", "d"]), ("d", &[])]), [0, 1, 2, 3]);
}

#[test]
fn each_call_of_a_cycle_is_a_visible_arrow() {
    let tasks = workflows(&[("a", &["a", "b"]), ("b", &["a"])]);
    let svg = svg::draw(&Graph::new(&with_sources(&tasks)), "title");
    let arrows = svg.lines().filter_map(|line| line.strip_prefix("<path d=\"")?.split_once('"'));
    let arrows: Vec<&str> = arrows.map(|(arrow, _)| arrow).collect();
    assert_eq!(
        arrows,
        ["M128 28C164 28 164 48 128 48", "M128 38C164 38 164 38 200 38", "M312 38H348V76H152V48H128",]
    );
}

#[test]
fn a_page_shows_the_first_paragraph_of_the_documentation() {
    let mut tasks = workflows(&[("a", &[])]);
    tasks[0].docs = "Counts the rows\nof a table.\n\nIn full.".to_owned();
    let tasks = with_sources(&tasks);
    let page = html::draw(&Graph::new(&tasks), &tasks, "title");
    assert!(page.contains("<td>Counts the rows of a table.</td>"), "{page}");
}

#[test]
fn a_task_shows_its_schedules() {
    let mut tasks = workflows(&[("a", &[])]);
    let rate =
        |name: &str, active: bool| json!({"name": name, "active": active, "fixed_rate": {"minutes": 15}});
    tasks[0].schedules = serde_json::from_value(json!([rate("often", true), rate("later", false)])).unwrap();
    let graph = Graph::new(&with_sources(&tasks));
    assert_eq!(graph.nodes[0].detail, "workflow, every 15 minutes, every 15 minutes (inactive)");
}
