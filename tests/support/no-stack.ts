import { ChildProcess } from 'node:child_process';

/** What the parts of a stack look like in a command line. */
const STACK = [
  /(^|[ /])(postgres|initdb|chromium)( |$)/,
  /temporal(-test-server)?(-[\d.]+)?( |$)/,
  /infra\/stack\/start\.mjs|api\/server\.ts|workers\/worker\.ts/,
];

const REFUSAL =
  'a test of the quick tier starts no stack: import tests/support/stack-tier.ts, which puts it into the stack tier';

interface Spawned {
  spawn(options: { file: string; args?: string[] }): unknown;
}

/** Set-up of the quick tier: a test that starts a part of a stack behind our back fails, and is told what to do. */
const prototype = ChildProcess.prototype as unknown as Spawned;
const spawn = prototype.spawn;
prototype.spawn = function (this: Spawned, options) {
  const command = [options.file, ...(options.args ?? []).slice(1)].join(' ');
  if (STACK.some((pattern) => pattern.test(command))) throw new Error(`${REFUSAL}; it wanted to run: ${command}`);
  return spawn.call(this, options);
};

jest.mock('@temporalio/testing', () => ({
  ...jest.requireActual<object>('@temporalio/testing'),
  get TestWorkflowEnvironment(): never {
    throw new Error(REFUSAL);
  },
}));
