//! The live view: the pages of the reports, served to a browser on this machine.
