//! Charts as data: pure functions from a series to ECharts options, the same bytes on server and browser.
//!
//! No function ever stands in an option (the page's policy forbids `eval`), and tooltips are drawn on the canvas, because
//! an HTML tooltip would carry its own styles.

use api::groups::{ActivityKind, ActivityView, SeriesView};
use api::texts::format::colon;
use api::texts::{Lang, causes};
use charming::component::{Axis, Grid, Legend};
use charming::datatype::{CompositeValue, DataPoint};
use charming::element::{
    AreaStyle, AxisLabel, AxisLine, AxisLineStyle, AxisPointer, AxisPointerLink, AxisPointerType, AxisType, ItemStyle,
    Label, LabelPosition, LineStyle, LineStyleType, MarkLine, MarkLineData, MarkLineVariant, SplitLine, Step, Symbol,
    TextStyle, Tooltip, Trigger,
};
use charming::series::{Line, Scatter};
use engine::memory::CycleRecord;
use engine::model::{Metric, Milli, Span};
use serde::Serialize;
use serde_json::{Value, json};

/// Colours of a chart: a canvas does not read style sheets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    accent: &'static str,
    quiet: &'static str,
    text: &'static str,
    grid: &'static str,
    band: &'static str,
    limits: &'static str,
    good: &'static str,
    warn: &'static str,
    second: &'static str,
    cpu: &'static str,
    memory: &'static str,
}

impl Palette {
    /// On light surfaces.
    pub const LIGHT: Self = Self {
        accent: "#0f766e",
        quiet: "#64748b",
        text: "#475569",
        grid: "#e2e8f0",
        band: "rgba(15,118,110,0.10)",
        limits: "rgba(100,116,139,0.07)",
        good: "#15803d",
        warn: "#b45309",
        second: "#6d28d9",
        cpu: "#1d4ed8",
        memory: "#be185d",
    };
    /// On dark surfaces.
    pub const DARK: Self = Self {
        accent: "#2dd4bf",
        quiet: "#94a3b8",
        text: "#a8b5c7",
        grid: "#263243",
        band: "rgba(45,212,191,0.10)",
        limits: "rgba(148,163,184,0.07)",
        good: "#4ade80",
        warn: "#fbbf24",
        second: "#c4b5fd",
        cpu: "#7cb5ff",
        memory: "#f9a8d4",
    };
}

/// When a cycle ended, product milliseconds.
fn ended_ms(series: &SeriesView, cycle: &CycleRecord) -> i64 {
    cycle
        .cycle
        .begins(Span(series.offset_ms))
        .0
        .saturating_add(engine::model::CYCLE_MS)
}

/// One value by time; a missing one is a gap (`-` is what ECharts calls it).
fn point(at_ms: i64, value: Option<f64>) -> DataPoint {
    let value = value.map_or_else(|| CompositeValue::from("-"), CompositeValue::from);
    DataPoint::Value(CompositeValue::Array(vec![CompositeValue::from(at_ms), value]))
}

/// A line's points: cycles that were not seen at all break the line too.
fn points(series: &SeriesView, value: impl Fn(&CycleRecord) -> Option<f64>) -> Vec<DataPoint> {
    let mut points = Vec::with_capacity(series.cycles.len());
    let apart = thin::stride(series.from_ms, series.to_ms).saturating_mul(2);
    let mut last = None;
    for cycle in &series.cycles {
        let at_ms = ended_ms(series, cycle);
        if last.is_some_and(|last: u64| cycle.cycle.0 >= last + apart) {
            points.push(point(at_ms - engine::model::CYCLE_MS, None));
        }
        points.push(point(at_ms, value(cycle)));
        last = Some(cycle.cycle.0);
    }
    points
}

/// Thousandths as the chart's number: one decimal. Only pixels come of it.
fn shown(milli: Milli) -> f64 {
    let tenths = u32::try_from(milli.saturating_add(50) / 100).unwrap_or(u32::MAX);
    f64::from(tenths) / 10.0
}

fn line(name: &str, color: &str, kind: LineStyleType) -> Line {
    Line::new()
        .name(name)
        .show_symbol(false)
        .connect_nulls(false)
        .item_style(ItemStyle::new().color(color))
        .line_style(LineStyle::new().color(color).width(2).type_(kind))
}

/// In service, desired, what exists, and the limits as a faint band.
fn size_lines(series: &SeriesView, lang: Lang, colors: Palette) -> Vec<Line> {
    let texts = &lang.texts().groups;
    let in_service = line(texts.chart_actual, colors.accent, LineStyleType::Solid)
        .step(Step::End)
        .area_style(AreaStyle::new().color(colors.band))
        .data(points(series, |cycle| Some(f64::from(cycle.in_service))));
    let desired = line(texts.chart_desired, colors.second, LineStyleType::Solid)
        .step(Step::End)
        .data(points(series, |cycle| Some(f64::from(cycle.desired))));
    let exist = line(texts.chart_exist, colors.quiet, LineStyleType::Dotted)
        .step(Step::End)
        .data(points(series, |cycle| Some(f64::from(cycle.everything))))
        .mark_line(limits(series, lang, colors));
    // What comes later is drawn above: who serves hides what was wanted once they are the same.
    vec![exist, desired, in_service]
}

fn limits(series: &SeriesView, lang: Lang, colors: Palette) -> MarkLine {
    let texts = &lang.texts().groups;
    let at = |name: &str, count: u32| MarkLineVariant::Simple(MarkLineData::new().name(name).y_axis(i64::from(count)));
    MarkLine::new()
        .symbol(vec![Symbol::None, Symbol::None])
        .silent(true)
        .label(
            Label::new()
                .show(true)
                .formatter("{b} {c}")
                .position(LabelPosition::InsideStartBottom)
                .color(colors.text)
                .font_size(11),
        )
        .line_style(LineStyle::new().color(colors.grid).width(1).type_(LineStyleType::Solid))
        .data(vec![at(texts.chart_max, series.max), at(texts.chart_min, series.min)])
}

/// One event where it led to, named by its cause.
fn event(mark: &ActivityView, lang: Lang) -> DataPoint {
    let place = CompositeValue::Array(vec![
        CompositeValue::from(mark.started_ms),
        CompositeValue::from(i64::from(mark.size_after)),
    ]);
    DataPoint::from((place, event_name(mark, lang)))
}

/// What an event did and why.
pub fn event_name(mark: &ActivityView, lang: Lang) -> String {
    let (action, cause) = (causes::action(lang, mark), causes::cause(lang, &mark.cause));
    format!("{action}{}{cause}", colon(lang))
}

/// Scaling events: a triangle up or down (a diamond where only desired moved) at the size they led to, with the cause as
/// its name.
fn marks(series: &SeriesView, lang: Lang, colors: Palette, kind: ActivityKind) -> Scatter {
    let texts = &lang.texts().groups;
    let (name, color, symbol) = match kind {
        ActivityKind::Removal => (texts.chart_in, colors.warn, "path://M0 0h10l-5 9z"),
        ActivityKind::Resize => (texts.chart_resized, colors.second, "path://M5 0l5 5-5 5-5-5z"),
        _ => (texts.chart_out, colors.good, "path://M0 9h10l-5 -9z"),
    };
    let of_kind = series.marks.iter().filter(|mark| mark.kind == kind);
    let data = of_kind.map(|mark| event(mark, lang)).collect::<Vec<_>>();
    Scatter::new()
        .name(name)
        .symbol(Symbol::Custom(symbol.to_owned()))
        .symbol_size(9)
        .item_style(ItemStyle::new().color(color))
        .data(data)
}

/// Where the metrics' axis ends, percent: a fifth above the thresholds, so that they are seen however quiet the group is;
/// without one, at the whole of an instance: an axis that has nothing to show finds no end of its own.
fn metric_top(series: &SeriesView) -> i64 {
    let highest = series.thresholds.iter().map(|(_, threshold)| *threshold).max();
    let least = highest.map_or(WHOLE, |highest| highest.saturating_add(highest / 5));
    let seen = series
        .cycles
        .iter()
        .flat_map(|cycle| cycle.means.iter())
        .filter_map(|mean| mean.ok())
        .max();
    let top = seen.unwrap_or(0).max(least);
    i64::try_from(top.div_ceil(TICK).saturating_mul(TICK) / 1_000).unwrap_or(i64::MAX)
}

/// The metrics' axis ends at a multiple of it: ten percent.
const TICK: Milli = 10_000;

/// All that an instance has.
const WHOLE: Milli = 100_000;

fn metric_axis(series: &SeriesView, colors: Palette) -> Axis {
    value_axis(1, colors).max(metric_top(series))
}

/// An event beside the point it led to: what grew above, what shrank below, and both before what only moved desired.
fn placed(kind: ActivityKind, mut events: Value) -> Value {
    let (up, layer) = match kind {
        ActivityKind::Removal => (8, 6),
        ActivityKind::Resize => (0, 5),
        _ => (-8, 6),
    };
    events["symbolOffset"] = json!([0, up]);
    events["z"] = json!(layer);
    events
}

/// One metric with its threshold, in the lower half.
fn metric_line(series: &SeriesView, lang: Lang, colors: Palette, metric: Metric) -> Line {
    let texts = &lang.texts().groups;
    let (name, color) = match metric {
        Metric::Cpu => (texts.cpu, colors.cpu),
        Metric::Memory => (texts.memory, colors.memory),
    };
    let threshold = series.thresholds.iter().find(|(of, _)| *of == metric);
    let of = |cycle: &CycleRecord| cycle.means.get(metric.index()).and_then(|mean| mean.ok()).map(shown);
    let drawn = line(&format!("{name} %"), color, LineStyleType::Solid)
        .x_axis_index(1)
        .y_axis_index(1)
        .data(points(series, of));
    match threshold {
        None => drawn,
        Some((_, threshold)) => drawn.mark_line(dashed(lang, colors, *threshold)),
    }
}

fn dashed(lang: Lang, colors: Palette, threshold: Milli) -> MarkLine {
    let data = MarkLineData::new()
        .name(lang.texts().groups.chart_threshold)
        .y_axis(shown(threshold));
    MarkLine::new()
        .symbol(vec![Symbol::None, Symbol::None])
        .silent(true)
        .label(
            Label::new()
                .show(true)
                .formatter(match lang {
                    Lang::En => "{b} {c} %",
                    Lang::Zh => "{b} {c}%",
                })
                .position(LabelPosition::InsideStartTop)
                .color(colors.text)
                .font_size(11),
        )
        .line_style(
            LineStyle::new()
                .color(colors.warn)
                .width(1)
                .type_(LineStyleType::Dashed),
        )
        .data(vec![MarkLineVariant::Simple(data)])
}

fn time_axis(series: &SeriesView, grid: i32, colors: Palette) -> Axis {
    Axis::new()
        .type_(AxisType::Time)
        .grid_index(grid)
        .min(series.from_ms)
        .max(series.to_ms)
        .axis_label(AxisLabel::new().show(grid == 1).color(colors.text).font_size(11))
        .axis_line(AxisLine::new().line_style(AxisLineStyle::new().color((1.0, colors.grid))))
        .split_line(SplitLine::new().show(false))
}

fn count_axis(series: &SeriesView, colors: Palette) -> Axis {
    value_axis(0, colors).max(i64::from(count_top(series)))
}

/// Counts reach up to max while that does not flatten what is there: up to three times it, and always up to a few.
fn count_top(series: &SeriesView) -> u32 {
    let seen = series
        .cycles
        .iter()
        .map(|cycle| cycle.everything.max(cycle.desired))
        .max()
        .unwrap_or(0)
        .max(1);
    if series.max <= seen.saturating_mul(3).max(FEW) {
        series.max.max(seen)
    } else {
        seen.saturating_mul(2)
    }
}

/// An axis this high flattens nothing, however little is in use. Lower, and a small max has no line to be seen.
const FEW: u32 = 8;

fn value_axis(grid: i32, colors: Palette) -> Axis {
    Axis::new()
        .type_(AxisType::Value)
        .grid_index(grid)
        .min(0)
        .min_interval(if grid == 0 { 1 } else { 10 })
        .split_number(if grid == 0 { 4 } else { 2 })
        .axis_label(AxisLabel::new().color(colors.text).font_size(11))
        .split_line(SplitLine::new().line_style(LineStyle::new().color(colors.grid)))
}

/// Size above, metrics below, one crosshair across both; scaling events as triangles.
///
/// The parts are put together here and not by the builder's `Chart`, which brings every kind of chart there is into the
/// browser.
fn size_chart(series: &SeriesView, lang: Lang, colors: Palette) -> Value {
    let linked = AxisPointer::new()
        .link(vec![AxisPointerLink::new().x_axis_index("all")])
        .line_style(LineStyle::new().color(colors.quiet));
    let legend = Legend::new()
        .top(0)
        .left(0)
        .item_width(16)
        .item_height(8)
        .text_style(TextStyle::new().color(colors.text).font_size(12));
    let tooltip = Tooltip::new()
        .trigger(Trigger::Axis)
        .axis_pointer(AxisPointer::new().type_(AxisPointerType::Line));
    let lines = size_lines(series, lang, colors).into_iter();
    let metrics = Metric::ALL.map(|metric| metric_line(series, lang, colors, metric));
    let kinds = [ActivityKind::Launch, ActivityKind::Removal, ActivityKind::Resize];
    let events = kinds.map(|kind| placed(kind, built(&marks(series, lang, colors, kind))));
    let lines = lines.chain(metrics).map(|line| built(&line));
    json!({
        "animation": false,
        "legend": built(&legend),
        "tooltip": built(&tooltip),
        "axisPointer": [built(&linked)],
        "grid": [
            built(&Grid::new().left(48).right(12).top(34).height("46%")),
            built(&Grid::new().left(48).right(12).bottom(26).height("26%")),
        ],
        "xAxis": [built(&time_axis(series, 0, colors)), built(&time_axis(series, 1, colors))],
        "yAxis": [built(&count_axis(series, colors)), built(&metric_axis(series, colors))],
        "series": lines.chain(events).collect::<Vec<_>>(),
    })
}

fn built(part: &impl Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

/// The same as ECharts takes it, with what the builder has no words for: UTC, a tooltip on the canvas, and a description
/// for screen readers.
pub fn size_option(series: &SeriesView, lang: Lang, colors: Palette) -> Value {
    let mut option = size_chart(series, lang, colors);
    option["useUTC"] = json!(true);
    option["aria"] = json!({ "enabled": true });
    option["tooltip"]["renderMode"] = json!("richText");
    option["tooltip"]["confine"] = json!(true);
    option["legend"]["itemGap"] = json!(8);
    option["xAxis"][1]["axisLabel"]["hideOverlap"] = json!(true);
    option["yAxis"][1]["axisLabel"]["formatter"] = json!(percent_form(lang));
    // The tooltip has a part for each axis, each headed by the time: once is enough.
    option["xAxis"][1]["axisPointer"] = json!({ "label": { "formatter": " " } });
    option["media"] = narrow();
    band(&mut option, series, colors);
    name_gaps(&mut option, series, lang, colors);
    name_events(&mut option, colors);
    option
}

/// A percentage in ECharts' own words, where a function must not stand.
const fn percent_form(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "{value} %",
        Lang::Zh => "{value}%",
    }
}

/// What is different in a narrow figure: the legend has two lines, then three, and the sizes begin below it.
fn narrow() -> Value {
    let sizes = |top: u32, height: &str| json!({ "grid": [{ "top": top, "height": height }, {}] });
    json!([
        { "option": sizes(34, "46%") },
        { "query": { "maxWidth": 760 }, "option": sizes(56, "40%") },
        { "query": { "maxWidth": 400 }, "option": sizes(78, "32%") },
    ])
}

/// The limits as a faint band behind the sizes, as far as the axis reaches.
fn band(option: &mut Value, series: &SeriesView, colors: Palette) {
    let top = series.max.min(count_top(series));
    if top <= series.min {
        return;
    }
    option["series"][0]["markArea"] = json!({
        "silent": true, "itemStyle": { "color": colors.limits },
        "data": [[{ "yAxis": series.min }, { "yAxis": top }]],
    });
}

/// Marks one event among the others: the one that the strip under the chart tells of.
pub fn choose(option: &mut Value, mark: &ActivityView, lang: Lang, colors: Palette) {
    let name = event_name(mark, lang);
    let Some(all) = option["series"].as_array_mut() else {
        return;
    };
    let points = all.iter_mut().filter(|series| series["type"] == "scatter");
    let points = points.filter_map(|series| series["data"].as_array_mut()).flatten();
    for point in points.filter(|point| point["name"] == name.as_str() && point["value"][0] == mark.started_ms) {
        point["symbolSize"] = json!(15);
        point["itemStyle"] = json!({ "borderColor": colors.text, "borderWidth": 1.5 });
    }
}

/// Where nothing was measured for three cycles or more, the gap says so.
fn name_gaps(option: &mut Value, series: &SeriesView, lang: Lang, colors: Palette) {
    let word = lang.texts().groups.chart_missing;
    let areas: Vec<Value> = gaps(series)
        .into_iter()
        .map(|(from, to)| json!([{ "xAxis": from, "name": word }, { "xAxis": to }]))
        .collect();
    let label = json!({ "show": true, "color": colors.text, "fontSize": 11, "position": "inside" });
    if let Some(line) = option["series"].as_array_mut().and_then(|all| all.get_mut(SIZE_LINES)) {
        line["markArea"] =
            json!({ "silent": true, "itemStyle": { "color": colors.band }, "label": label, "data": areas });
    }
}

/// Lines before the metrics' own, so the place of the first metric among the series.
const SIZE_LINES: usize = 3;

/// Stretches of at least three cycles without a CPU mean, between two that have one.
fn gaps(series: &SeriesView) -> Vec<(i64, i64)> {
    let stride = i64::try_from(thin::stride(series.from_ms, series.to_ms)).unwrap_or(1);
    let least_ms = stride.saturating_mul(engine::model::CYCLE_MS).saturating_mul(4);
    let seen = series
        .cycles
        .iter()
        .filter(|cycle| cycle.means[Metric::Cpu.index()].is_ok());
    let instants: Vec<i64> = seen.map(|cycle| ended_ms(series, cycle)).collect();
    let pairs = instants.windows(2).map(|pair| (pair[0], pair[1]));
    pairs.filter(|(from, to)| to - from >= least_ms).collect()
}

/// An event under the pointer says its cause; a tooltip of the axis only says numbers.
fn name_events(option: &mut Value, colors: Palette) {
    let Some(all) = option["series"].as_array_mut() else {
        return;
    };
    for events in all.iter_mut().filter(|series| series["type"] == "scatter") {
        events["emphasis"] = json!({
            "label": { "show": true, "formatter": "{b}", "position": "left", "color": colors.text, "fontSize": 12,
                "width": 320, "overflow": "break" }
        });
    }
}

pub mod thin;

#[cfg(test)]
mod tests;
