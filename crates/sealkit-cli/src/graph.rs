//! A picture of a program: its tasks, what they call, and the secrets that each may read.

mod html;
mod mermaid;
mod svg;

use std::collections::BTreeMap;

use sealkit_program::{Task, TaskKind};

use crate::arguments::GraphFormat;

/// A task, and where each of its secrets comes from; `None` is a missing secret.
pub(crate) type TaskWithSources<'a> = (&'a Task, &'a [Option<String>]);

/// Boxes and the arrows between them.
struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

/// A box.
struct Node {
    kind: NodeKind,
    label: String,
    /// A second line.
    detail: String,
    /// How far it is to the right, from 0.
    column: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum NodeKind {
    Workflow,
    Task,
    /// The tasks that a workflow without declared calls may call.
    AnyTask,
    Secret,
    MissingSecret,
}

/// An arrow from one node to another, by their positions.
struct Edge {
    from: usize,
    to: usize,
    /// Whether a secret is read, and not a task called.
    is_read: bool,
}

/// Returns the picture of `tasks`.
pub(crate) fn draw(tasks: &[TaskWithSources<'_>], title: &str, format: GraphFormat) -> String {
    let graph = Graph::new(tasks);
    match format {
        GraphFormat::Mermaid => mermaid::draw(&graph),
        GraphFormat::Svg => svg::draw(&graph, title),
        GraphFormat::Html => html::draw(&graph, tasks, title),
    }
}

impl Graph {
    fn new(tasks: &[TaskWithSources<'_>]) -> Self {
        let mut graph = Self { nodes: Vec::new(), edges: Vec::new() };
        let position = |name: &str| tasks.iter().position(|(task, _)| task.name == name);
        for (task, _) in tasks {
            let (kind, detail) = match task.kind {
                TaskKind::Workflow => (NodeKind::Workflow, "workflow"),
                TaskKind::Task => (NodeKind::Task, "task"),
            };
            let schedules = task.schedules.iter().map(|schedule| {
                let note = if schedule.active { "" } else { " (inactive)" };
                format!("{}{note}", schedule.automation)
            });
            let schedules: Vec<String> = schedules.collect();
            let deployed = task.deployed.as_ref().map(|deployed| format!("deployed as {deployed}"));
            let detail = deployed.unwrap_or_else(|| detail.to_owned());
            let detail = [&[detail], &schedules[..]].concat().join(", ");
            graph.nodes.push(Node { kind, label: task.name.clone(), detail, column: 0 });
        }
        for (from, (task, _)) in tasks.iter().enumerate() {
            let callees = task.calls.iter().flatten().filter_map(|name| position(name));
            graph.edges.extend(callees.map(|to| Edge { from, to, is_read: false }));
        }
        graph.place_tasks();
        graph.add_any_task(tasks);
        graph.add_secrets(tasks);
        graph
    }

    /// Places each task to the right of the tasks that call it, except by a call that closes a cycle.
    fn place_tasks(&mut self) {
        let (mut seen, mut order) = (vec![false; self.nodes.len()], Vec::new());
        for task in 0..self.nodes.len() {
            self.visit(task, &mut seen, &mut order);
        }
        let rank = |of: usize| order.iter().position(|task| *task == of);
        for from in order.iter().rev() {
            let column = self.nodes[*from].column + 1;
            let forward = self.edges.iter().filter(|edge| edge.from == *from && rank(edge.to) < rank(*from));
            for Edge { to, .. } in forward {
                self.nodes[*to].column = self.nodes[*to].column.max(column);
            }
        }
    }

    /// Adds a task to `order` after all that it calls.
    fn visit(&self, task: usize, seen: &mut [bool], order: &mut Vec<usize>) {
        if !std::mem::replace(&mut seen[task], true) {
            for edge in self.edges.iter().filter(|edge| edge.from == task) {
                self.visit(edge.to, seen, order);
            }
            order.push(task);
        }
    }

    /// Adds what a workflow without declared calls may call.
    fn add_any_task(&mut self, tasks: &[TaskWithSources<'_>]) {
        let is_open =
            |(task, _): &TaskWithSources<'_>| task.kind == TaskKind::Workflow && task.calls.is_none();
        let open: Vec<usize> = (0..tasks.len()).filter(|index| is_open(&tasks[*index])).collect();
        if open.is_empty() {
            return;
        }
        let to = self.nodes.len();
        let column = 1 + open.iter().map(|index| self.nodes[*index].column).max().unwrap_or_default();
        let (label, detail) = ("any task".to_owned(), "calls are not declared".to_owned());
        self.nodes.push(Node { kind: NodeKind::AnyTask, label, detail, column });
        self.edges.extend(open.into_iter().map(|from| Edge { from, to, is_read: false }));
    }

    /// Adds each secret once, to the right of all tasks.
    fn add_secrets(&mut self, tasks: &[TaskWithSources<'_>]) {
        let column = 1 + self.nodes.iter().map(|node| node.column).max().unwrap_or_default();
        let mut positions: BTreeMap<String, usize> = BTreeMap::new();
        for (from, (task, sources)) in tasks.iter().enumerate() {
            for (request, source) in task.secret_requests.iter().zip(*sources) {
                let label = request.request().to_string();
                let to = *positions.entry(label.clone()).or_insert_with(|| {
                    let kind = if source.is_some() { NodeKind::Secret } else { NodeKind::MissingSecret };
                    let detail = source.clone().unwrap_or_else(|| "missing".to_owned());
                    self.nodes.push(Node { kind, label, detail, column });
                    self.nodes.len() - 1
                });
                self.edges.push(Edge { from, to, is_read: true });
            }
        }
    }
}

#[cfg(test)]
mod tests;
