/**
 * Preloaded into the process that runs workflows (`node --require`). The SDK takes a stack trace of every promise that a
 * workflow makes, so that the query `__stack_trace` can say where it waits; the current details say that in plain
 * words, and it is the dearest part of a workflow. In threads without V8's promise hooks the SDK does without, by
 * itself. See docs/adr/0040-no-stack-trace-for-each-promise.md.
 */
const v8 = require('node:v8');
const { isMainThread } = require('node:worker_threads');

if (!isMainThread) {
  v8.promiseHooks.createHook = () => {
    throw new Error('promise hooks are off in this process');
  };
}
