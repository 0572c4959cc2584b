//! From values to places in a picture.

/// Maps values to one coordinate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    kind: Kind,
    /// The values at its ends.
    values: [f64; 2],
    /// Where its ends are.
    places: [f64; 2],
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Linear,
    /// Whole numbers, of which each has a tick.
    Places,
    Logarithmic,
}

impl Scale {
    /// From zero to `to`.
    pub(super) fn linear(to: f64, places: [f64; 2]) -> Self {
        let to = if to.is_finite() && to > 0.0 { to } else { 1.0 };
        Self { kind: Kind::Linear, values: [0.0, to], places }
    }

    /// Logarithmic; widened to at least a factor of two.
    pub(super) fn logarithmic(values: [f64; 2], places: [f64; 2]) -> Self {
        let [from, to] = values.map(|value| if value.is_finite() { value.max(1e-12) } else { 1.0 });
        let (from, to) = if to >= from { (from, to) } else { (to, from) };
        let values = if to < 2.0 * from { [from / 1.5, to * 1.5] } else { [from, to] };
        Self { kind: Kind::Logarithmic, values, places }
    }

    /// The numbers from 0 up to `count`, at equal distances.
    pub(super) fn numbered(count: usize, places: [f64; 2]) -> Self {
        let last = count.saturating_sub(1).max(1) as f64;
        Self { kind: Kind::Places, values: [0.0, last], places }
    }

    /// Where a value is; what lies beyond an end is at that end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let [from, to] = self.values;
        let share = match self.kind {
            Kind::Linear | Kind::Places => (value - from) / (to - from),
            Kind::Logarithmic => (value.max(1e-300) / from).ln() / (to / from).ln(),
        };
        let [start, end] = self.places;
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        start + share * (end - start)
    }

    /// Where the scale begins and ends.
    pub(super) const fn places(&self) -> [f64; 2] {
        self.places
    }

    /// Round values, in ascending order.
    pub(super) fn ticks(&self) -> Vec<f64> {
        match self.kind {
            Kind::Linear => linear_ticks(self.values[1]),
            Kind::Places => (0..=self.values[1] as u32).map(f64::from).collect(),
            Kind::Logarithmic => logarithmic_ticks(self.values),
        }
    }
}

/// Zero and three to six steps of 1, 2 or 5.
fn linear_ticks(to: f64) -> Vec<f64> {
    let magnitude = 10_f64.powf((to / 5.0).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * magnitude);
    let step = steps.into_iter().find(|step| to / step < 6.0).unwrap_or(to);
    (0..7)
        .map(|number| f64::from(number) * step)
        .take_while(|tick| *tick <= to * 1.000_001)
        .collect()
}

/// Powers of ten; with 2 and 5 between if they are few, every second or third if they are many.
fn logarithmic_ticks([from, to]: [f64; 2]) -> Vec<f64> {
    let [first, last] = [from.log10().floor() as i32, to.log10().ceil() as i32];
    let decades = (to / from).log10();
    let (factors, every): (&[f64], _) = match decades {
        few if few < 1.8 => (&[1.0, 2.0, 5.0], 1),
        some if some < 3.0 => (&[1.0, 3.0], 1),
        many => (&[1.0], ((many / 7.0).ceil() as usize).max(1)),
    };
    let powers = (first..=last).step_by(every);
    let ticks = powers.flat_map(|power| factors.iter().map(move |by| by * 10_f64.powi(power)));
    ticks.filter(|tick| *tick >= from * 0.999_999 && *tick <= to * 1.000_001).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_in_proportion() {
        let linear = Scale::linear(200.0, [10.0, 110.0]);
        assert_eq!(
            [0.0, 100.0, 200.0, 999.0, -1.0].map(|v| linear.at(v)),
            [10.0, 60.0, 110.0, 110.0, 10.0]
        );
        let log = Scale::logarithmic([1.0, 100.0], [100.0, 0.0]);
        assert_eq!([1.0, 10.0, 100.0].map(|v| log.at(v).round()), [100.0, 50.0, 0.0]);
        assert_eq!(log.at(0.0), 100.0);
    }

    #[test]
    fn ticks_are_round() {
        let linear = |to| Scale::linear(to, [0.0, 1.0]).ticks();
        assert_eq!(linear(184.0), [0.0, 50.0, 100.0, 150.0]);
        assert_eq!(linear(12.0), [0.0, 5.0, 10.0]);
        assert_eq!(linear(10.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        let log = |from, to| Scale::logarithmic([from, to], [0.0, 1.0]).ticks();
        assert_eq!(log(50.0, 600.0), [50.0, 100.0, 200.0, 500.0]);
        assert_eq!(log(2.0, 9000.0), [10.0, 100.0, 1000.0]);
    }

    #[test]
    fn odd_values_have_a_scale_too() {
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 1e-300] {
            for scale in [
                Scale::linear(value, [0.0, 9.0]),
                Scale::logarithmic([value, 1.0], [0.0, 9.0]),
                Scale::logarithmic([value, value], [0.0, 9.0]),
            ] {
                assert!(scale.ticks().len() <= 12, "{scale:?}");
                for at in [1.0, value] {
                    assert!((0.0..=9.0).contains(&scale.at(at)), "{scale:?}");
                }
            }
        }
    }
}
