//! A picture as a page, with a table of the tasks below it. The page needs no other file.

use std::fmt::Write as _;

use super::{Graph, TaskWithSources, svg};
use crate::page::{escape, page};

const STYLE: &str = "figure{margin:0;overflow-x:auto}.missing{color:#b91c1c}";

/// Returns the page.
pub(super) fn draw(graph: &Graph, tasks: &[TaskWithSources<'_>], title: &str) -> String {
    let picture = svg::draw(graph, title);
    let mut rows = String::new();
    for (task, sources) in tasks {
        let secrets = task.secret_requests.iter().zip(*sources).map(|(request, source)| {
            let request = request.request();
            let (class, source) = match source {
                Some(source) => ("", escape(source)),
                None => (" class=\"missing\"", "missing".to_owned()),
            };
            format!(
                "<code>{}</code> as {}: <span{class}>{source}</span>",
                escape(&request.to_string()),
                request.mount
            )
        });
        let secrets: Vec<String> = secrets.collect();
        let calls = task.calls.as_ref().map_or_else(String::new, |calls| escape(&calls.join(", ")));
        let _ = writeln!(
            rows,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td><td>{calls}</td></tr>",
            escape(&task.name),
            task.kind.as_str(),
            escape(&sealkit_names::first_paragraph(&task.docs)),
            secrets.join("<br>"),
        );
    }
    let body = format!(
        "<p>Solid arrows are calls, dashed arrows are secrets that a task may read.</p>\n<figure>\n{picture}</figure>\n<table>\n\
         <thead><tr><th>Name</th><th>Kind</th><th>Description</th><th>Secrets</th><th>Calls</th></tr></thead>\n<tbody>\n{rows}\
         </tbody>\n</table>\n"
    );
    page(title, STYLE, &body)
}
