// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output.

//! The backing of a part of a file.

use kernel::prelude::*;

#[kunit_tests(devscope_mapping)]
mod tests {
    use crate::mapping::{Area, Mappable, Pages, Window};
    use kernel::{
        io::{io_project, Io},
        page::PAGE_SIZE,
        prelude::*, //
    };

    #[test]
    fn parts_of_a_file() {
        let area = Area::new(5, 3);
        assert_eq!(area.after(0), Some(area));
        assert_eq!(area.after(5), Some(Area::new(0, 3)));
        assert_eq!(area.after(6), None);
    }

    #[test]
    fn pages_that_there_are() -> Result {
        let pages = Pages::new(4)?;
        assert_eq!(pages.pages(), 4);
        for (first, count) in [(0, 1), (0, 4), (3, 1), (2, 2)] {
            let backing = Area::new(first, count).backed_by(&pages)?;
            assert_eq!(backing.frame(), pages.frame(first)?);
            assert_ne!(backing.frame(), 0);
            assert_eq!(
                backing.address(),
                pages.address().wrapping_add(first * PAGE_SIZE)
            );
        }
        Ok(())
    }

    #[test]
    fn pages_that_there_are_not() -> Result {
        let pages = Pages::new(4)?;
        let beyond = [
            (0, 5),
            (4, 1),
            (3, 2),
            (usize::MAX, 1),
            (1, usize::MAX),
            (usize::MAX, usize::MAX),
        ];
        for (first, count) in beyond {
            let backing = Area::new(first, count).backed_by(&pages);
            assert_eq!(backing.err(), Some(EINVAL));
        }
        assert_eq!(Pages::new(0).err(), Some(EINVAL));
        assert_eq!(Pages::new(usize::MAX).err(), Some(ENOMEM));
        Ok(())
    }

    #[test]
    fn memory_is_zero_and_holds() -> Result {
        let pages = Pages::new(2)?;
        let mut bytes = [1; 16];
        let it = &pages;
        io_project!(it, [panic: PAGE_SIZE - 8..PAGE_SIZE + 8]).copy_to_slice(&mut bytes);
        assert_eq!(bytes, [0; 16]);
        io_project!(it, [panic: PAGE_SIZE..PAGE_SIZE + 16]).copy_from_slice(&[7; 16]);
        io_project!(it, [panic: PAGE_SIZE - 8..PAGE_SIZE + 8]).copy_to_slice(&mut bytes);
        assert_eq!(bytes, [0, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7]);
        Ok(())
    }

    #[test]
    fn a_window_knows_its_place() -> Result {
        let pages = Pages::new(1)?;
        let frame = pages.frame(0)?;
        let window = Window::new(pages)?;
        assert_eq!(window.frame(0)?, frame);
        assert_eq!(Area::new(0, 1).backed_by(&window)?.frame(), frame);
        assert_eq!(Area::new(0, 2).backed_by(&window).err(), Some(EINVAL));
        Ok(())
    }

    #[test]
    fn kinds_differ() -> Result {
        let pages = Pages::new(1)?;
        let area = Area::new(0, 1);
        let kind = area.backed_by(&pages)?.kind();
        assert_ne!(area.backed_by(&pages)?.read_only().kind(), kind);
        Ok(())
    }
}
