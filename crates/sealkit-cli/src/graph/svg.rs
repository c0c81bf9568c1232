//! A picture as SVG.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{Edge, Graph, Node, NodeKind};
use crate::page::escape;

const FONT: &str = "ui-sans-serif,system-ui,sans-serif";
/// The width of a letter of a label, on average.
const LETTER: usize = 8;
const HEIGHT: usize = 44;
const SPACE: usize = 16;
const GAP: usize = 72;
const MARGIN: usize = 16;
/// Half the height of the arrow of a call of the task itself.
const LOOP: usize = 10;

/// The height of the way of an arrow between the boxes of a column.
const LANE: usize = 16;

/// The place of a node, or of the way of an arrow through a column.
#[derive(Clone, Copy, Default)]
struct Place {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

impl Place {
    fn middle(self) -> usize {
        self.y + self.height / 2
    }
}

/// What is in a column.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Node(usize),
    /// The way of the arrows to this node, which is further to the right.
    Lane(usize),
}

/// The places of everything, and the size of the picture.
#[derive(Default)]
struct Layout {
    places: BTreeMap<(usize, Item), Place>,
    width: usize,
    height: usize,
}

/// Returns the picture.
pub(super) fn draw(graph: &Graph, title: &str) -> String {
    let layout = Layout::new(graph);
    let Layout { width, height, .. } = layout;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" font-family=\"{FONT}\">\n<title>{}</title>\n<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" \
         refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#64748b\"/></marker>\
         </defs>\n",
        escape(title)
    );
    for edge in &graph.edges {
        let dash = if edge.is_read { " stroke-dasharray=\"4 4\"" } else { "" };
        let _ = writeln!(
            text,
            "<path d=\"{}\" fill=\"none\" stroke=\"#64748b\"{dash} marker-end=\"url(#arrow)\"/>",
            layout.path(graph, edge)
        );
    }
    for (index, node) in graph.nodes.iter().enumerate() {
        text.push_str(&node_text(node, layout.node(graph, index)));
    }
    text.push_str("</svg>\n");
    text
}

impl Layout {
    /// Places the items of each column below each other, near to what they are connected with on the left.
    fn new(graph: &Graph) -> Self {
        let columns = 1 + graph.nodes.iter().map(|node| node.column).max().unwrap_or_default();
        let mut layout = Self::default();
        let mut x = MARGIN;
        for column in 0..columns {
            let mut items = items_of(graph, column);
            items.sort_by_key(|item| (layout.height_of_sources(graph, column, *item), *item));
            let widths = items.iter().filter_map(|item| match item {
                Item::Node(index) => Some(width_of(&graph.nodes[*index])),
                Item::Lane(_) => None,
            });
            let width = widths.max().unwrap_or_default();
            let mut y = MARGIN;
            for item in items {
                let height = if matches!(item, Item::Node(_)) { HEIGHT } else { LANE };
                layout.places.insert((column, item), Place { x, y, width, height });
                y += height + SPACE;
            }
            layout.height = layout.height.max(y - SPACE.min(y) + MARGIN);
            x += width + GAP;
        }
        layout.width = x - GAP + MARGIN;
        if graph.edges.iter().any(|edge| graph.nodes[edge.to].column <= graph.nodes[edge.from].column) {
            // A call of the last task of itself, and calls back below the nodes.
            layout.width += GAP / 2;
            layout.height += SPACE;
        }
        layout
    }

    /// Returns the mean height of what has arrows to an item.
    fn height_of_sources(&self, graph: &Graph, column: usize, item: Item) -> usize {
        let (Item::Node(to) | Item::Lane(to)) = item;
        let edges = graph.edges.iter().filter(|edge| edge.to == to);
        let before = edges.filter_map(|edge| {
            let from = &graph.nodes[edge.from];
            let source = if from.column + 1 == column { Item::Node(edge.from) } else { Item::Lane(to) };
            self.places.get(&(column.checked_sub(1)?, source)).map(|place| place.middle())
        });
        let (count, sum) = before.fold((0, 0), |(count, sum), middle| (count + 1, sum + middle));
        sum.checked_div(count).unwrap_or_default()
    }

    fn node(&self, graph: &Graph, index: usize) -> Place {
        self.places.get(&(graph.nodes[index].column, Item::Node(index))).copied().unwrap_or_default()
    }

    /// Returns the path of an arrow: from the right side of a node, through the columns between, to the left side of another. That of a
    /// call that closes a cycle goes back below the nodes, or from the node to itself.
    fn path(&self, graph: &Graph, edge: &Edge) -> String {
        let (from, to) = (self.node(graph, edge.from), self.node(graph, edge.to));
        let (mut x, mut y) = (from.x + from.width, from.middle());
        let mut path = format!("M{x} {y}");
        if edge.from == edge.to {
            let (above, below, right) = (y - LOOP, y + LOOP, x + GAP / 2);
            return format!("M{x} {above}C{right} {above} {right} {below} {x} {below}");
        }
        if to.x <= x {
            let (end, low) = (to.x + to.width, self.height - MARGIN);
            let (out, back) = (x + GAP / 2, end + GAP / 3);
            return format!("M{x} {y}H{out}V{low}H{back}V{below}H{end}", below = to.middle() + LOOP);
        }
        let between = graph.nodes[edge.from].column + 1..graph.nodes[edge.to].column;
        let lanes = between.filter_map(|column| self.places.get(&(column, Item::Lane(edge.to))));
        for lane in lanes.chain([&to]) {
            let (middle, end) = (usize::midpoint(x, lane.x), lane.middle());
            let _ = write!(path, "C{middle} {y} {middle} {end} {} {end}", lane.x);
            (x, y) = (lane.x, end);
            if lane.x != to.x {
                x += lane.width;
                let _ = write!(path, "H{x}");
            }
        }
        path
    }
}

/// Returns the nodes of a column, and the ways of arrows to nodes that are further to the right.
fn items_of(graph: &Graph, column: usize) -> Vec<Item> {
    let nodes = (0..graph.nodes.len()).filter(|index| graph.nodes[*index].column == column).map(Item::Node);
    let passing = graph
        .edges
        .iter()
        .filter(|edge| graph.nodes[edge.from].column < column && column < graph.nodes[edge.to].column);
    let mut items: Vec<Item> = nodes.chain(passing.map(|edge| Item::Lane(edge.to))).collect();
    items.sort();
    items.dedup();
    items
}

fn width_of(node: &Node) -> usize {
    let letters = node.label.chars().count().max(node.detail.chars().count() * 3 / 4);
    (letters * LETTER + 32).max(112)
}

fn node_text(node: &Node, Place { x, y, width, .. }: Place) -> String {
    let (fill, stroke, radius) = match node.kind {
        NodeKind::Workflow => ("#e0e7ff", "#4338ca", 4),
        NodeKind::Task | NodeKind::AnyTask => ("#f1f5f9", "#475569", 4),
        NodeKind::Secret => ("#dcfce7", "#15803d", HEIGHT / 2),
        NodeKind::MissingSecret => ("#fee2e2", "#b91c1c", HEIGHT / 2),
    };
    let dash = if node.kind == NodeKind::AnyTask { " stroke-dasharray=\"4 4\"" } else { "" };
    let (center, label, detail) = (x + width / 2, escape(&node.label), escape(&node.detail));
    format!(
        "<g><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\" rx=\"{radius}\" fill=\"{fill}\" stroke=\"{stroke}\"{dash}/>\
         <text x=\"{center}\" y=\"{}\" text-anchor=\"middle\" font-size=\"14\" fill=\"#0f172a\">{label}</text>\
         <text x=\"{center}\" y=\"{}\" text-anchor=\"middle\" font-size=\"10\" fill=\"#475569\">{detail}</text></g>\n",
        y + 19,
        y + 34
    )
}
