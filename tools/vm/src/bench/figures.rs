// SPDX-License-Identifier: GPL-2.0

//! Tables of numbers: a file of comma-separated values for each.

use std::path::Path;

use anyhow::{Context, Result, bail};
use fs_err as fs;
use indexmap::{IndexMap, IndexSet};

/// What a cell of a table says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Something measured.
    Number(f64),
    /// Something that does not end.
    Never,
}

/// What a file says where something does not end.
const NEVER: &str = "never";

impl Value {
    fn parse(text: &str) -> Result<Self> {
        if text == NEVER {
            return Ok(Self::Never);
        }
        let number = text
            .parse()
            .with_context(|| format!("{text} is no number"))?;
        Ok(Self::Number(number))
    }

    pub fn text(self) -> String {
        match self {
            Self::Never => NEVER.to_owned(),
            // What is left of a thousandth is noise.
            Self::Number(number) => ((number * 1000.0).round() / 1000.0 + 0.0).to_string(),
        }
    }

    pub fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Never => None,
        }
    }
}

/// A table, as it grew.
#[derive(Debug, Default, PartialEq)]
pub struct Table {
    pub name: String,
    pub columns: IndexSet<String>,
    /// The lines, with a cell for each column, or for the first ones.
    lines: IndexMap<String, Vec<Option<Value>>>,
}

impl Table {
    /// The names of the lines.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.keys().map(String::as_str)
    }

    /// What a cell says, if there is one.
    pub fn get(&self, line: &str, column: &str) -> Option<Value> {
        let column = self.columns.get_index_of(column)?;
        self.lines.get(line)?.get(column).copied().flatten()
    }

    /// The cells that say something, with their lines and columns.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &str, Value)> {
        self.lines.iter().flat_map(|(line, cells)| {
            let cells = self.columns.iter().zip(cells);
            cells.filter_map(|(column, cell)| Some((line.as_str(), column.as_str(), (*cell)?)))
        })
    }

    fn set(&mut self, line: &str, column: &str, value: Value) {
        let (column, _) = self.columns.insert_full(column.to_owned());
        let cells = self.lines.entry(line.to_owned()).or_default();
        cells.resize(cells.len().max(column + 1), None);
        cells[column] = Some(value);
    }

    /// The name of its file: what is in its name, without what files are not called.
    fn file(&self) -> String {
        let mut name = String::new();
        for word in self.name.split(|it: char| !it.is_ascii_alphanumeric()) {
            if !word.is_empty() {
                name.push_str(if name.is_empty() { "" } else { "-" });
                name.push_str(&word.to_ascii_lowercase());
            }
        }
        name + ".csv"
    }

    fn write(&self, dir: &Path) -> Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let head = [self.name.as_str()];
        writer.write_record(
            head.into_iter()
                .chain(self.columns.iter().map(String::as_str)),
        )?;
        for (line, cells) in &self.lines {
            let cells = (0..self.columns.len()).map(|index| cells.get(index));
            let cells = cells.map(|it| it.copied().flatten().map_or(String::new(), Value::text));
            writer.write_record([line.clone()].into_iter().chain(cells))?;
        }
        Ok(fs::write(dir.join(self.file()), writer.into_inner()?)?)
    }

    fn read(file: &Path) -> Result<Self> {
        let mut reader = csv::Reader::from_reader(fs::File::open(file)?);
        let head = reader.headers()?.clone();
        let mut names = head.iter().map(str::to_owned);
        let mut table = Self {
            name: names.next().context("it has no name")?,
            columns: names.collect(),
            lines: IndexMap::new(),
        };
        for record in reader.records() {
            let record = record?;
            let mut cells = record.iter();
            let name = cells.next().context("a line has no name")?.to_owned();
            let value = |cell: &str| match cell {
                "" => Ok(None),
                cell => Value::parse(cell).map(Some),
            };
            let cells = cells.map(value).collect::<Result<_>>()?;
            table.lines.insert(name, cells);
        }
        Ok(table)
    }
}

/// Some tables.
#[derive(Debug, Default)]
pub struct Figures(IndexMap<String, Table>);

impl Figures {
    /// Takes a figure of the guest's: see `Message::Figure`.
    pub fn add(&mut self, figure: &str) -> Result<()> {
        let words: Vec<_> = figure.split('|').collect();
        let [table, line, column, value] = words[..] else {
            bail!("no figure: {figure}");
        };
        let entry = self.0.entry(table.to_owned());
        let table = entry.or_insert_with_key(|name| Table {
            name: name.clone(),
            ..Table::default()
        });
        table.set(line, column, Value::parse(value)?);
        Ok(())
    }

    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.0.values()
    }

    pub fn table(&self, name: &str) -> Option<&Table> {
        self.0.get(name)
    }

    /// Takes the tables of others.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Keeps the lesser one of each number that both have.
    pub fn least(&mut self, others: &Self) {
        for table in self.0.values_mut() {
            let Some(other) = others.table(&table.name) else {
                continue;
            };
            for (line, cells) in &mut table.lines {
                for (cell, column) in cells.iter_mut().zip(&table.columns) {
                    if let Some(Value::Number(number)) = cell
                        && let Some(Value::Number(found)) = other.get(line, column)
                    {
                        *number = number.min(found);
                    }
                }
            }
        }
    }

    /// Takes a table out.
    pub fn take(&mut self, name: &str) -> Option<Table> {
        self.0.shift_remove(name)
    }

    /// Writes a file for each table.
    pub fn write(&self, dir: &Path) -> Result<()> {
        self.tables().try_for_each(|table| table.write(dir))
    }

    /// Reads the files of a directory, if there is one.
    pub fn read(dir: &Path) -> Result<Self> {
        let mut tables = IndexMap::new();
        if dir.exists() {
            for entry in fs::read_dir(dir)? {
                let file = entry?.path();
                let table = Table::read(&file);
                let table = table.with_context(|| format!("{} cannot be read", file.display()))?;
                tables.insert(table.name.clone(), table);
            }
        }
        Ok(Self(tables))
    }
}

#[cfg(test)]
mod tests {
    use super::{Figures, Table, Value};

    fn some() -> Figures {
        let mut figures = Figures::default();
        for figure in [
            "unbind, ms|a, b|1 file|0.1256",
            "unbind, ms|c|10 files|never",
            "unbind, ms|a, b|10 files|7",
        ] {
            figures.add(figure).expect("a figure");
        }
        figures
    }

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().expect("a directory");
        some().write(dir.path()).expect("written");
        let text = fs_err::read_to_string(dir.path().join("unbind-ms.csv")).expect("a file");
        assert_eq!(
            text,
            "\"unbind, ms\",1 file,10 files\n\"a, b\",0.126,7\nc,,never\n"
        );
        let read = Figures::read(dir.path()).expect("read");
        let table = read.table("unbind, ms").expect("a table");
        assert_eq!(table.get("c", "10 files"), Some(Value::Never));
        assert_eq!(table.get("c", "1 file"), None);
        assert_eq!(table.get("a, b", "1 file"), Some(Value::Number(0.126)));
        assert_eq!(table.lines().collect::<Vec<_>>(), ["a, b", "c"]);
    }

    #[test]
    fn the_lesser_numbers() {
        let mut figures = some();
        let mut others = Figures::default();
        for figure in ["unbind, ms|a, b|1 file|0.2", "unbind, ms|a, b|10 files|6"] {
            others.add(figure).expect("a figure");
        }
        figures.least(&others);
        let table = figures.table("unbind, ms").expect("a table");
        assert_eq!(table.get("a, b", "1 file"), Some(Value::Number(0.1256)));
        assert_eq!(table.get("a, b", "10 files"), Some(Value::Number(6.0)));
        assert_eq!(table.get("c", "10 files"), Some(Value::Never));
    }

    #[test]
    fn what_is_no_figure() {
        let mut figures = Figures::default();
        for odd in ["a|b|c", "a|b|c|d", "a|b|c|1|2"] {
            assert!(figures.add(odd).is_err(), "{odd}");
        }
        assert!(Figures::read(std::path::Path::new("/nowhere")).is_ok());
        assert_eq!(Table::default().file(), ".csv");
    }
}
