//! A real browser paints the plots.

use embedcheck::bench::{Producer, html};

use crate::browser::{self, Picture, Scheme};
use crate::document::{elements, has_class, parse};
use crate::sample;

/// The colour of a producer in the style sheet; the dark scheme comes second there.
fn colour(page: &str, producer: Producer, scheme: Scheme) -> [u8; 3] {
    let name = format!("--{producer}: #");
    let mut found = page.match_indices(&name).map(|(at, _)| &page[at + name.len()..][..6]);
    let digits = found.nth(usize::from(scheme == Scheme::Dark)).unwrap();
    [0, 2, 4].map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
}

/// The area of the bars of a producer, in pixels.
fn area(page: &str, producer: Producer) -> f64 {
    let document = parse(page);
    let class = format!("of-{producer}");
    let bars = elements(document.root(), "rect");
    let bars = bars.filter(|bar| has_class(bar, "bar") && has_class(bar, &class));
    let side = |bar: &roxmltree::Node<'_, '_>, name| -> f64 {
        bar.attribute(name).unwrap().parse().unwrap()
    };
    bars.map(|bar| side(&bar, "width") * side(&bar, "height")).sum()
}

/// Whether every producer's bars are in the picture. Whiskers lie over some of it.
fn painted(page: &str, picture: &Picture, scheme: Scheme) -> Result<(), String> {
    for producer in Producer::ALL {
        let (found, expected) =
            (picture.count(colour(page, producer, scheme)), area(page, producer));
        if (found as f64) < 0.7 * expected || expected < 100.0 {
            return Err(format!("{producer}: {found} pixels of {expected}"));
        }
    }
    Ok(())
}

/// What a reader would see if no plot were there.
fn without_pictures(page: &str) -> String {
    let mut parts = page.split("<svg");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text.push_str(part.split_once("</svg>").unwrap().1);
    }
    text
}

#[test]
fn plots_are_painted_in_light_and_dark_wide_and_narrow() {
    let Some(browser) = browser::find() else { return };
    let page = html(&sample::one());
    for (name, scheme, size) in [
        ("light", Scheme::Light, [1500, 7000]),
        ("dark", Scheme::Dark, [1500, 7000]),
        ("narrow", Scheme::Light, [500, 16_000]),
    ] {
        let picture = browser::show(&browser, &page, name, scheme, size);
        assert_eq!(picture.width, size[0]);
        painted(&page, &picture, scheme).unwrap_or_else(|missing| panic!("{name}: {missing}"));
    }
}

/// The test above can fail.
#[test]
fn a_page_without_plots_is_told_from_one_with_plots() {
    let Some(browser) = browser::find() else { return };
    let page = html(&sample::one());
    let picture =
        browser::show(&browser, &without_pictures(&page), "without", Scheme::Light, [1500, 7000]);
    let error = painted(&page, &picture, Scheme::Light).unwrap_err();
    assert!(error.starts_with("plain: "), "{error}");
}

#[test]
fn several_targets_are_painted() {
    let Some(browser) = browser::find() else { return };
    let mut report = sample::several();
    report.targets.truncate(2);
    let page = html(&report);
    let picture = browser::show(&browser, &page, "several", Scheme::Light, [1500, 14_000]);
    painted(&page, &picture, Scheme::Light).unwrap();
}
