# SPDX-License-Identifier: GPL-2.0
#
# Settings of Sphinx, which `make htmldocs` runs.

project = "Devscope"
copyright = "its authors, GPL-2.0"

# A literal block is what a terminal shows, unless it says which language it is in.
highlight_language = "none"
# Each reference has to have a target.
nitpicky = True

# No date and no page's source: the same text makes the same files.
html_copy_source = False
html_theme = "alabaster"
html_theme_options = {"page_width": "64em", "body_max_width": "none"}
