//! From texts as typed to newtypes: the only place where a field's own rules are checked, the same in browser and server.
