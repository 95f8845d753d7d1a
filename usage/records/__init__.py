"""The usage records: read a window at a time, replaced whole or not at all, totalled, archived and checked."""
