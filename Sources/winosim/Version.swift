/// The program's version: the one place that states it.
let winosimVersion = "0.1.0"
