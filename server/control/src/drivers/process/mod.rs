//! Driver `process`: each instance is a program on this host, under a shim.
