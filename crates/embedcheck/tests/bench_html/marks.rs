//! What is drawn has the size of what was measured.

use embedcheck::bench::{BenchReport, BenchTarget, Producer, html};
use roxmltree::Node;

use crate::document::{elements, has_class, parse, text};
use crate::sample;

fn number(node: &Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{name}"))
}

fn producer(node: &Node<'_, '_>) -> Producer {
    node.attribute("data-producer").unwrap().parse().unwrap()
}

fn median(target: &BenchTarget, mark: &Node<'_, '_>) -> f64 {
    let figure = mark.attribute("data-figure").unwrap();
    target.measurement(producer(mark), figure).unwrap().estimate.median
}

/// How many of the figure's unit one of the axis is.
fn unit(title: &str) -> f64 {
    match title.split(' ').next().unwrap() {
        "ns" | "ms" | "bytes" => 1.0,
        "KiB" if title.contains("a thread") => 1024.0,
        "KiB" => 1.0,
        "MiB" => 1024.0,
        "µs" => 1e3,
        other => panic!("{other}"),
    }
}

/// Pixels for one of the figure's unit, by the axis and its labels.
fn pixels_by_axis(panel: Node<'_, '_>, start: f64) -> f64 {
    let title = elements(panel, "text").find(|node| has_class(node, "axis-title")).unwrap();
    let ticks = elements(panel, "text").filter(|node| has_class(node, "tick"));
    let last = ticks.last().unwrap();
    let label: f64 = text(last).replace(',', "").parse().unwrap();
    assert_eq!(label, number(&last, "data-tick"), "a tick has its value");
    (number(&last, "x") - start) / (label * unit(&text(title)))
}

fn section<'a>(page: &'a roxmltree::Document<'_>, target: &BenchTarget) -> Node<'a, 'a> {
    page.descendants().find(|node| node.attribute("data-target") == Some(&target.id)).unwrap()
}

#[test]
fn bars_are_as_long_as_their_values() {
    let report: BenchReport = sample::one();
    let target = &report.targets[0];
    let page = html(&report);
    let document = parse(&page);
    let (mut compared, mut broken) = (0, Vec::new());
    for panel in elements(section(&document, target), "g") {
        let bars: Vec<_> =
            elements(panel, "rect").filter(|rect| rect.has_attribute("data-figure")).collect();
        let Some(first) = bars.first() else { continue };
        let pixels = pixels_by_axis(panel, number(first, "x"));
        let longest = bars.iter().map(|bar| number(bar, "width")).fold(0.0, f64::max);
        for bar in &bars {
            let (median, width) = (median(target, bar), number(bar, "width"));
            let what = format!("{:?} of {}", bar.attribute("data-figure"), producer(bar));
            assert!(has_class(bar, &format!("of-{}", producer(bar))), "{what}: colour");
            if bar.has_attribute("data-broken") {
                assert_eq!(width, longest, "{what}");
                assert!(median * pixels > width, "{what}: broken without need");
                broken.push(what);
            } else {
                assert!(
                    (width - median.max(0.0) * pixels).abs() < 0.1,
                    "{what}: {width}, {median}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 180, "{compared}");
    assert!(broken.iter().any(|what| what.contains("call/add1/other") && what.contains("naive")));
}

#[test]
fn stacks_are_as_long_as_their_parts() {
    let report = sample::one();
    let target = &report.targets[0];
    let page = html(&report);
    let document = parse(&page);
    let parts: Vec<_> = elements(section(&document, target), "rect")
        .filter(|rect| rect.attribute("data-figure").is_some_and(|id| id.starts_with("start/")))
        .collect();
    assert_eq!(parts.len(), 5 * 5 + 1, "five parts of each, and plain as a whole");
    let svg = parts[0].ancestors().find(|node| node.has_tag_name("svg")).unwrap();
    let start = number(&parts[0], "x");
    let pixels = pixels_by_axis(svg, start);
    let mut ends = std::collections::BTreeMap::new();
    for part in parts {
        let end = ends.entry(producer(&part)).or_insert(start);
        assert!((number(&part, "x") - *end).abs() < 0.02, "parts follow each other");
        let width = number(&part, "width");
        assert!((width - median(target, &part).max(0.0) * pixels).abs() < 0.1, "{part:?}");
        *end += width;
    }
}

/// The path's points, in pixels.
fn points(path: &Node<'_, '_>) -> Vec<[f64; 2]> {
    let d = path.attribute("d").unwrap().replace('M', "");
    let pair = |text: &str| {
        let (x, y) = text.split_once(' ').unwrap();
        [x.parse().unwrap(), y.parse().unwrap()]
    };
    d.split('L').map(pair).collect()
}

/// Reads a logarithmic axis: from pixels to values.
fn logarithmic(svg: Node<'_, '_>, coordinate: &str) -> impl Fn(f64) -> f64 {
    let anchor = if coordinate == "x" { "middle" } else { "end" };
    // Labels of the upright axis are a little below their lines.
    let shift = if coordinate == "x" { 0.0 } else { 4.0 };
    let ticks: Vec<_> = elements(svg, "text")
        .filter(|node| has_class(node, "tick") && node.attribute("text-anchor") == Some(anchor))
        .map(|node| (number(&node, coordinate) - shift, number(&node, "data-tick").ln()))
        .collect();
    let ((from, low), (to, high)) = (ticks[0], ticks[ticks.len() - 1]);
    move |place| (low + (place - from) / (to - from) * (high - low)).exp()
}

#[test]
fn lines_of_the_throughput_go_through_the_values() {
    let report = sample::one();
    let target = &report.targets[0];
    let page = html(&report);
    let document = parse(&page);
    let lines: Vec<_> = elements(section(&document, target), "path")
        .filter(|path| path.attribute("data-figure") == Some("threads/1/total"))
        .collect();
    assert_eq!(lines.len(), 5);
    for line in lines {
        let svg = line.ancestors().find(|node| node.has_tag_name("svg")).unwrap();
        let value = logarithmic(svg, "y");
        for (place, threads) in points(&line).into_iter().zip([1, 2, 4, 8]) {
            let figure = format!("threads/{threads}/total");
            let one = target.measurement(producer(&line), &figure).unwrap();
            let expected = 1e3 / one.estimate.median;
            let drawn = value(place[1]);
            assert!((drawn / expected - 1.0).abs() < 0.01, "{figure}: {drawn}, {expected}");
        }
    }
}

#[test]
fn curves_of_distributions_go_through_the_classes() {
    let report = sample::one();
    let target = &report.targets[0];
    let page = html(&report);
    let document = parse(&page);
    let mut compared = 0;
    for line in elements(section(&document, target), "path") {
        let Some(figure) = line.attribute("data-figure") else { continue };
        let one = target.measurement(producer(&line), figure).unwrap();
        let Some(bins) = &one.distribution else { continue };
        let svg = line.ancestors().find(|node| node.has_tag_name("svg")).unwrap();
        let titles = elements(svg, "text").filter(|node| has_class(node, "axis-title"));
        let across = titles.map(text).last().unwrap();
        let value = logarithmic(svg, "x");
        let points = points(&line);
        assert_eq!(points.len(), bins.len() + 1, "{figure}");
        for (point, bin) in points[1..].iter().zip(bins) {
            let drawn = value(point[0]) * unit(&across);
            assert!((drawn / bin.upper - 1.0).abs() < 0.01, "{figure}: {drawn}, {}", bin.upper);
        }
        let rising = points.windows(2).all(|two| two[1][1] <= two[0][1]);
        let falling = points.windows(2).all(|two| two[1][1] >= two[0][1]);
        assert!(if figure.starts_with("call") { rising } else { falling }, "{figure}");
        compared += 1;
    }
    assert_eq!(compared, 4 * 5 + 2 * 2 + 4 * 5, "places, places where the GIL is held, threads");
}

#[test]
fn a_producer_has_the_same_colour_everywhere() {
    let page = html(&sample::several());
    let document = parse(&page);
    for mark in document.descendants().filter(|node| node.has_attribute("data-producer")) {
        let classes = mark.attribute("class").unwrap_or_default();
        if let Some(colour) = classes.split(' ').find_map(|class| class.strip_prefix("of-")) {
            assert_eq!(colour, producer(&mark).word());
        }
    }
}
