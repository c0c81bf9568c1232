//! A picture as a Mermaid flowchart, which forges and documentation tools show.

use std::fmt::Write as _;

use super::{Graph, NodeKind};

/// Returns the flowchart.
pub(super) fn draw(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (index, node) in graph.nodes.iter().enumerate() {
        let (open, close, class) = match node.kind {
            NodeKind::Workflow => ("[[", "]]", "workflow"),
            NodeKind::Task => ("[", "]", "task"),
            NodeKind::AnyTask => ("[/", "/]", "task"),
            NodeKind::Secret => ("([", "])", "secret"),
            NodeKind::MissingSecret => ("([", "])", "missing"),
        };
        let (label, detail) = (escape(&node.label), escape(&node.detail));
        let _ = writeln!(text, "  n{index}{open}\"{label}<br/><small>{detail}</small>\"{close}:::{class}");
    }
    for edge in &graph.edges {
        let arrow = if edge.is_read { "-.->" } else { "-->" };
        let _ = writeln!(text, "  n{} {arrow} n{}", edge.from, edge.to);
    }
    text.push_str(
        "  classDef workflow fill:#e0e7ff,stroke:#4338ca,color:#1e1b4b\n  \
         classDef task fill:#f1f5f9,stroke:#475569,color:#0f172a\n  \
         classDef secret fill:#dcfce7,stroke:#15803d,color:#052e16\n  \
         classDef missing fill:#fee2e2,stroke:#b91c1c,color:#450a0a\n",
    );
    text
}

/// Escapes a label: Mermaid writes characters by their numbers.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || " -_./:@+*(),".contains(c) {
            escaped.push(c);
        } else {
            let _ = write!(escaped, "#{};", u32::from(c));
        }
    }
    escaped
}
