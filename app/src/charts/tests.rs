use super::*;
use engine::model::{Cycle, Missing};

fn series() -> SeriesView {
    let cycle = |number: u64, cpu| CycleRecord {
        cycle: Cycle(number),
        desired: 3,
        in_service: 2,
        everything: 3,
        means: [cpu, Err(Missing::NotRead)],
        demands: [Err(Missing::NotRead); 2],
    };
    SeriesView {
        from_ms: 0,
        to_ms: 900_000,
        offset_ms: 2_000,
        cycles: vec![
            cycle(1, Ok(98_000)),
            cycle(2, Err(Missing::SourceSilent)),
            cycle(5, Ok(40_000)),
        ],
        marks: vec![],
        thresholds: vec![(Metric::Cpu, 70_000)],
        min: 1,
        max: 4,
    }
}

#[test]
fn a_missing_sample_and_an_unseen_cycle_are_gaps() {
    let option = size_option(&series(), Lang::En, Palette::LIGHT);
    let lines = option["series"].as_array().cloned().unwrap_or_default();
    let cpu = lines
        .iter()
        .find(|line| line["name"] == "CPU %")
        .cloned()
        .unwrap_or_default();
    assert_eq!(
        cpu["data"].to_string(),
        r#"[[32000,98.0],[47000,"-"],[77000,"-"],[92000,40.0]]"#
    );
}

#[test]
fn an_option_is_plain_data_in_utc_with_its_tooltip_on_the_canvas() {
    let option = size_option(&series(), Lang::Zh, Palette::DARK);
    assert_eq!(option["useUTC"], true);
    assert_eq!(option["tooltip"]["renderMode"], "richText");
    assert!(!option.to_string().contains("function"));
}

#[test]
fn a_threshold_is_seen_however_low_the_values_are() {
    let mut series = series();
    let top = |series: &SeriesView| size_option(series, Lang::En, Palette::LIGHT)["yAxis"][1]["max"].clone();
    assert_eq!(top(&series), json!(100), "98 % is above 70 % and a fifth");
    series.cycles.clear();
    assert_eq!(top(&series), json!(90), "84 % with nothing seen");
    series.thresholds.clear();
    assert_eq!(top(&series), json!(100), "no threshold and nothing seen");
}

#[test]
fn the_time_of_a_tooltip_is_said_once() {
    let option = size_option(&series(), Lang::En, Palette::LIGHT);
    assert_eq!(option["xAxis"][0]["axisPointer"], Value::Null);
    assert_eq!(option["xAxis"][1]["axisPointer"]["label"]["formatter"], " ");
}

#[test]
fn a_stretch_without_samples_is_named() {
    let mut series = series();
    series.cycles[2].cycle = Cycle(20);
    assert_eq!(gaps(&series), [(32_000, 317_000)]);
    let option = size_option(&series, Lang::En, Palette::LIGHT);
    assert_eq!(option["series"][SIZE_LINES]["name"], "CPU %");
    assert_eq!(
        option["series"][SIZE_LINES]["markArea"]["data"][0][0]["name"],
        "missing"
    );
}

#[test]
fn a_day_is_thinned_without_losing_its_peak() {
    let mut series = series();
    let one = series.cycles[2].clone();
    series.to_ms = 86_400_000;
    series.cycles = (0..5_760)
        .map(|number| CycleRecord {
            cycle: Cycle(number),
            means: [Ok(if number == 1_001 { 99_000 } else { 40_000 }), Err(Missing::NotRead)],
            ..one.clone()
        })
        .collect();
    let thinned = thin::thin(series);
    assert_eq!(thinned.cycles.len(), 480);
    assert!(thinned.cycles.iter().any(|cycle| cycle.means[0] == Ok(99_000)));
    let option = size_option(&thinned, Lang::En, Palette::LIGHT);
    assert!(
        !option["series"][SIZE_LINES]["data"].to_string().contains('-'),
        "thinning makes no gaps"
    );
}

#[test]
fn the_limits_are_a_band_that_ends_where_the_axis_does() {
    let mut series = series();
    let band =
        |series: &SeriesView| size_option(series, Lang::En, Palette::LIGHT)["series"][0]["markArea"]["data"][0].clone();
    assert_eq!(band(&series), json!([{ "yAxis": 1 }, { "yAxis": 4 }]));
    series.max = 1_000;
    assert_eq!(band(&series), json!([{ "yAxis": 1 }, { "yAxis": 6 }]));
    (series.min, series.max) = (3, 3);
    assert_eq!(band(&series), Value::Null, "a fixed size has no band");
}

#[test]
fn a_max_that_is_not_far_away_is_seen_however_little_is_in_use() {
    let mut series = series();
    for cycle in &mut series.cycles {
        (cycle.desired, cycle.in_service, cycle.everything) = (1, 1, 1);
    }
    let top = |series: &SeriesView| size_option(series, Lang::En, Palette::LIGHT)["yAxis"][0]["max"].clone();
    assert_eq!(top(&series), json!(4), "the line of max is at the top");
    series.max = FEW;
    assert_eq!(top(&series), json!(8), "the most that one instance is seen under");
    series.max = FEW + 1;
    assert_eq!(top(&series), json!(2), "too far: it would flatten what is there");
}

#[test]
fn a_chosen_event_stands_out_and_the_others_do_not() {
    let mark = |number: u64, started_ms| ActivityView {
        id: engine::model::ActivityId(number),
        kind: ActivityKind::Launch,
        status: api::groups::ActivityStatus::Succeeded,
        cause: api::groups::Cause::Engine { reasons: vec![] },
        failure: None,
        instance: None,
        instance_name: Some("shop-1".into()),
        size_before: 1,
        size_after: 2,
        started_ms,
        ended_ms: None,
    };
    let mut series = series();
    series.marks = vec![mark(1, 40_000), mark(2, 60_000)];
    let mut option = size_option(&series, Lang::En, Palette::LIGHT);
    choose(&mut option, &series.marks[1], Lang::En, Palette::LIGHT);
    let scatter = option["series"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|each| each["type"] == "scatter");
    let sizes: Vec<_> = scatter
        .and_then(|each| each["data"].as_array())
        .into_iter()
        .flatten()
        .map(|point| point["symbolSize"].clone())
        .collect();
    assert_eq!(sizes, [Value::Null, json!(15)]);
}
