/**
 * Puts whoever imports it, over however many modules, into the stack tier: `npm test -- --quick` leaves those tests out.
 * A module of `tests/support` that boots or reaches PostgreSQL, Temporal, a process of ours or a browser imports this one.
 */
if (process.env['TEST_TIER'] === 'quick') {
  throw new Error('a test of the quick tier has no stack: import tests/support/stack-tier.ts from the top of its file');
}

/** What all tests of a run share. */
export type SharedPart = 'postgres' | 'temporal' | 'temporalCli' | 'temporalTestServer' | 'workflowBundle';

/**
 * Returns where a shared part is: its URL, address or path. The first call of a run boots it. Throws if that failed, or
 * outside of Jest.
 */
export async function sharedPart(part: SharedPart): Promise<string> {
  const url = process.env['TEST_PARTS_URL'];
  if (url === undefined) throw new Error(`${part} is not there: run the tests with npm test`);
  const response = await fetch(`${url}/${part}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`${part} could not be booted: ${text}`);
  return text;
}
