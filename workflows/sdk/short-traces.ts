/**
 * The SDK takes a stack trace of each promise of a workflow, for the `Call Stack` tab of the Temporal UI; at V8's ten
 * frames, that is a third of what a workflow costs its worker. Three frames still say where an error was thrown. Preloaded,
 * because globals are frozen afterwards; `npm run replay` takes the whole traces.
 */
Error.stackTraceLimit = 3;
