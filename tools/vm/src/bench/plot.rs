// SPDX-License-Identifier: GPL-2.0

//! Pictures of some tables, to be seen on light and on dark ground.

use std::path::Path;

use anyhow::{Result, anyhow};
use fs_err as fs;
use plotters::coord::Shift;
use plotters::prelude::*;

use super::figures::{Figures, Table, Value};

const SIZE: (u32, u32) = (1000, 520);
/// Where what the colours mean begins, beside the picture.
const LEGEND: u32 = 765;
/// What a program that shows it makes dark or light, as it shows everything.
const INK: RGBColor = RGBColor(1, 1, 1);
const GRID: RGBColor = RGBColor(2, 2, 2);
/// Seen on white and on black: Okabe and Ito's colours, without yellow, and greys.
const COLOURS: [RGBColor; 10] = [
    RGBColor(128, 128, 128),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 158, 115),
    RGBColor(148, 103, 189),
    RGBColor(0, 114, 178),
    RGBColor(140, 86, 75),
    RGBColor(204, 121, 167),
    RGBColor(188, 189, 34),
    RGBColor(213, 94, 0),
];

/// The style that goes with [`INK`] and [`GRID`], on whatever ground there is.
const STYLE: &str = "<style>\
    [fill=\"#010101\"]{fill:#222}[stroke=\"#010101\"]{stroke:#222}[stroke=\"#020202\"]{stroke:#ddd}\
    @media(prefers-color-scheme:dark){[fill=\"#010101\"]{fill:#ddd}\
    [stroke=\"#010101\"]{stroke:#ddd}[stroke=\"#020202\"]{stroke:#444}}</style>";

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws what was measured of all that has a picture.
pub fn all(figures: &Figures, dir: &Path) -> Result<()> {
    if let Some(table) = figures.table("instructions more than without a fence") {
        save(dir, "instructions.svg", |area| instructions(area, table))?;
    }
    if let Some(table) = figures.table("unbind, ms") {
        save(dir, "unbind-files.svg", |area| unbind(area, table))?;
    }
    Ok(())
}

fn save(dir: &Path, name: &str, draw: impl FnOnce(&Area<'_>) -> Result<()>) -> Result<()> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        draw(&area)?;
        area.present().map_err(drawn)?;
    }
    // After the tag of the picture itself, which is the first.
    let head = text
        .find("<svg")
        .and_then(|at| Some(at + text[at..].find('>')? + 1));
    text.insert_str(head.ok_or_else(|| anyhow!("{name} is no picture"))?, STYLE);
    Ok(fs::write(dir.join(name), text)?)
}

/// The backend's errors are about it, and may not outlive it.
fn drawn(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("a picture cannot be drawn: {error}")
}

/// Bars: how many instructions more than without a fence each call takes.
fn instructions(area: &Area<'_>, table: &Table) -> Result<()> {
    let names: Vec<_> = table
        .lines()
        .filter(|line| !line.starts_with("no fence"))
        .collect();
    let more = |line: &str, column: &str| table.get(line, column).and_then(Value::number);
    let columns = &table.columns;
    let all = names
        .iter()
        .flat_map(|line| columns.iter().filter_map(|it| more(line, it)));
    let most = all.fold(1.0, f64::max) * 1.05;
    // A line of the table has a place for each column, and one between it and the next.
    let step = columns.len() as i32 + 1;
    let (area, beside) = area.split_horizontally(LEGEND);
    let mut chart = ChartBuilder::on(&area)
        .caption("Instructions a call, more than without a fence", font(20))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(225)
        .build_cartesian_2d(0.0..most, 0..step * names.len() as i32)
        .map_err(drawn)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .label_style(font(16))
        // The lines have their names instead.
        .y_label_formatter(&|_| String::new())
        .set_tick_mark_size(LabelAreaPosition::Left, 0)
        .draw()
        .map_err(drawn)?;
    let place = |line: usize, column: usize| (names.len() - line) as i32 * step - 1 - column as i32;
    for (index, column) in columns.iter().enumerate() {
        let colour = COLOURS[[5, 1, 3, 7][index % 4]];
        let bars = names.iter().enumerate().filter_map(|(line, name)| {
            let (value, at) = (more(name, column)?, place(line, index));
            Some(Rectangle::new(
                [(0.0, at), (value, at - 1)],
                colour.filled(),
            ))
        });
        chart.draw_series(bars).map_err(drawn)?;
        legend(&beside, index, column, colour)?;
    }
    let text = names.iter().enumerate().map(|(line, name)| {
        let at = (0.0, place(line, 0));
        EmptyElement::at(at) + Text::new((*name).to_owned(), (-220, 8), font(16))
    });
    chart.draw_series(text).map_err(drawn)?;
    Ok(())
}

/// Lines: how long unbind takes with so many open files.
fn unbind(area: &Area<'_>, table: &Table) -> Result<()> {
    let files: Vec<_> = table
        .columns
        .iter()
        .filter_map(|it| {
            let count = it.strip_suffix(" files").or(it.strip_suffix(" file"))?;
            Some((count.replace(',', "").parse::<f64>().ok()?, it))
        })
        .collect();
    let points = |line: &str| -> Vec<_> {
        let point = |&(count, column): &(f64, &String)| {
            // There is no 0 on a logarithmic scale: it is where 0.1 would be.
            let ms = table.get(line, column)?.number()?;
            Some((f64::max(count, 0.1), ms.max(0.001)))
        };
        files.iter().filter_map(point).collect()
    };
    let all = table.lines().flat_map(points).map(|point| point.1);
    let (least, most) = all.fold((1.0, 1.0), |(low, high): (f64, f64), ms| {
        (low.min(ms), high.max(ms))
    });
    let (area, beside) = area.split_horizontally(LEGEND);
    let mut chart = ChartBuilder::on(&area)
        .caption("Unbind, in ms, by the number of open files", font(20))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(60)
        .build_cartesian_2d(
            (0.05..20_000.0).log_scale(),
            (least / 1.5..most * 1.5).log_scale(),
        )
        .map_err(drawn)?;
    chart
        .configure_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .label_style(font(16))
        .x_label_formatter(&|it| {
            if *it < 1.0 {
                "0".to_owned()
            } else {
                it.to_string()
            }
        })
        .draw()
        .map_err(drawn)?;
    for (index, line) in table.lines().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let series = LineSeries::new(points(line), colour.stroke_width(2));
        chart.draw_series(series).map_err(drawn)?;
        legend(&beside, index, line, colour)?;
    }
    Ok(())
}

fn font(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

/// Says what a colour means, in a line of its own.
fn legend(beside: &Area<'_>, index: usize, name: &str, colour: RGBColor) -> Result<()> {
    let y = 45 + 20 * index as i32;
    let mark = Rectangle::new([(5, y), (19, y + 10)], colour.filled());
    beside.draw(&mark).map_err(drawn)?;
    beside
        .draw(&Text::new(name.to_owned(), (26, y - 1), font(16)))
        .map_err(drawn)
}

#[cfg(test)]
mod tests {
    use super::all;
    use crate::bench::figures::Figures;

    #[test]
    fn pictures_have_what_was_measured() {
        let mut figures = Figures::default();
        for figure in [
            "instructions more than without a fence|a lock|read|40",
            "unbind, ms|a lock|0 files|0.5",
            "unbind, ms|a lock|1,000 files|3",
        ] {
            figures.add(figure).expect("a figure");
        }
        let dir = tempfile::tempdir().expect("a directory");
        all(&figures, dir.path()).expect("pictures");
        for name in ["instructions.svg", "unbind-files.svg"] {
            let text = fs_err::read_to_string(dir.path().join(name)).expect("a picture");
            assert!(text.contains("a lock") && text.contains("prefers-color-scheme:dark"));
            assert!(
                !text.contains("#FFFFFF") && !text.contains("#000000"),
                "{text}"
            );
        }
    }
}
