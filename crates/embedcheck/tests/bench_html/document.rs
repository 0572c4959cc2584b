//! The page as a document.

use embedcheck::bench::{BenchReport, html};
use roxmltree::{Document, Node, ParsingOptions};

use crate::sample;

/// The page, parsed. It is well-formed XML as well as HTML.
pub(crate) fn parse(page: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}"))
}

/// All elements of this name.
pub(crate) fn elements<'a, 'input: 'a>(
    node: Node<'a, 'input>,
    name: &'a str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.descendants().filter(move |node| node.has_tag_name(name))
}

/// Whether `class` has this word.
pub(crate) fn has_class(node: &Node<'_, '_>, class: &str) -> bool {
    node.attribute("class").is_some_and(|classes| classes.split(' ').any(|word| word == class))
}

/// All text in it.
pub(crate) fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

fn reports() -> [BenchReport; 4] {
    let mut empty = sample::one();
    empty.targets.clear();
    [sample::one(), sample::several(), sample::compared(), empty]
}

#[test]
fn pages_are_well_formed_and_refer_to_nothing_outside() {
    for report in reports() {
        let page = html(&report);
        let document = parse(&page);
        for node in document.descendants().filter(Node::is_element) {
            let name = node.tag_name().name();
            let loading =
                ["script", "link", "img", "image", "iframe", "object", "embed", "use", "base"];
            assert!(!loading.contains(&name), "<{name}>");
            for attribute in node.attributes() {
                let (name, value) = (attribute.name(), attribute.value());
                assert!(
                    !name.starts_with("on") && !["src", "srcset", "style"].contains(&name),
                    "{name}"
                );
                assert!(name != "href" || value.starts_with('#'), "{value}");
            }
        }
        let style = text(elements(document.root(), "style").next().unwrap());
        assert!(style.contains("--rust") && !style.contains("url(") && !style.contains("@import"));
        assert!(page.contains("default-src 'none'"));
    }
}

#[test]
fn links_lead_somewhere() {
    let page = html(&sample::several());
    let document = parse(&page);
    let ids: Vec<_> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    let links: Vec<_> =
        elements(document.root(), "a").filter_map(|node| node.attribute("href")).collect();
    assert_eq!(links.len(), 5);
    for link in links {
        assert_eq!(ids.iter().filter(|id| link == format!("#{id}")).count(), 1, "{link}");
    }
}

#[test]
fn every_plot_has_all_that_it_needs() {
    for report in reports() {
        let page = html(&report);
        let document = parse(&page);
        let plots: Vec<_> = elements(document.root(), "figure").collect();
        assert_eq!(plots.is_empty(), report.targets.is_empty());
        for plot in plots {
            let title = text(elements(plot, "figcaption").next().unwrap());
            assert!(!title.trim().is_empty());
            let legend = elements(plot, "ul").find(|list| has_class(list, "legend"));
            assert!(elements(legend.unwrap(), "li").count() > 0, "{title}: legend");
            let picture = elements(plot, "svg").find(|svg| svg.attribute("role") == Some("img"));
            let picture = picture.unwrap();
            assert!(picture.attribute("aria-label").unwrap().len() > 40, "{title}: alternative");
            let axes = elements(picture, "text").filter(|node| has_class(node, "axis-title"));
            let titles: Vec<_> = axes.map(text).collect();
            assert!(
                !titles.is_empty() && titles.iter().all(|text| !text.is_empty()),
                "{title}: axes"
            );
            assert!(elements(plot, "td").count() > 0, "{title}: table");
        }
        for svg in elements(document.root(), "svg") {
            assert!(
                svg.has_attribute("aria-label") || svg.attribute("aria-hidden") == Some("true")
            );
        }
    }
}

/// In a table, under its target, with the median and the mark of a wide interval.
#[test]
fn every_figure_is_there() {
    for mut report in reports() {
        // One that no section knows.
        if let Some(target) = report.targets.first_mut() {
            let mut strange = target.measurements[0].clone();
            strange.figure = "moon/phase".to_owned();
            target.measurements.push(strange);
            let mut figure = report.figures[0].clone();
            figure.id = "moon/phase".to_owned();
            report.figures.push(figure);
        }
        let page = html(&report);
        let document = parse(&page);
        for target in &report.targets {
            let section = document
                .descendants()
                .find(|node| node.attribute("data-target") == Some(&target.id))
                .unwrap();
            let rows: Vec<_> = elements(section, "tr").collect();
            for one in &target.measurements {
                let row = rows.iter().find(|row| {
                    row.attribute("data-figure") == Some(&one.figure)
                        && row.attribute("data-producer") == Some(one.producer.word())
                });
                let row = row.unwrap_or_else(|| panic!("{} of {}", one.figure, one.producer));
                let number = elements(*row, "td").map(text).next().unwrap().replace(',', "");
                let shown: f64 = number.parse().unwrap();
                let median = one.estimate.median;
                assert!((shown - median).abs() <= 0.006 * median.abs() + 0.001, "{shown} {median}");
                assert_eq!(text(*row).contains("too wide"), one.wide, "{}", one.figure);
            }
            for ratio in &target.ratios {
                let cell = elements(section, "span").find(|span| {
                    span.attribute("data-ratio") == Some(&ratio.figure)
                        && span.attribute("data-above") == Some(ratio.above.word())
                        && span.attribute("data-below") == Some(ratio.below.word())
                });
                let cell = cell.unwrap_or_else(|| panic!("ratio of {}", ratio.figure));
                assert_eq!(text(cell.parent().unwrap()).contains("too wide"), ratio.wide);
            }
        }
    }
}

#[test]
fn the_head_says_where_and_when_and_what_is_missing() {
    let mut report = sample::several();
    report.settings.optimised = false;
    report.machine.load_before = Some([3.5, 2.0, 1.0]);
    report.settings.environment.insert("PYTHONDEVMODE".to_owned(), "1".to_owned());
    let page = html(&report);
    let text = text(parse(&page).root_element());
    for part in [
        "embedcheck bench --html bench.html",
        "2026-11-20T13:37:00Z",
        "Intel(R) Xeon(R) Processor @ 2.60GHz",
        "Linux 6.1.0-32-amd64",
        "3.50, 2.00, 1.00 before",
        "PYTHONDEVMODE=1",
        "compiled without optimisation",
        "busy with something else",
        "PyO3 0.27 supports CPython 3.8 and newer, this is 2.7.18; what to do: measure another Python",
        "failed: calls of add1: add1(1000, 7000) returned 0",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn a_comparison_is_shown() {
    let page = html(&sample::compared());
    let document = parse(&page);
    let section = elements(document.root(), "section").find(|node| has_class(node, "comparison"));
    let text = text(section.unwrap());
    for part in
        ["old.json", "3 figures, of which 2 changed", "worse", "better", "the kernel is another"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}
