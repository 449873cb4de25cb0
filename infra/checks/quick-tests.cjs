const { execFile } = require('node:child_process');
const { promisify } = require('node:util');

/** Who imports this module, over however many others, needs a stack. */
const STACK_TIER = 'tests/support/stack-tier.ts';

/**
 * Jest's filter of the quick tier: leaves out each test that needs a stack. Jest itself answers which those are, from
 * what they import.
 *
 * @param {string[]} testPaths
 * @returns {Promise<{ filtered: string[] }>}
 */
module.exports = async (testPaths) => {
  const args = ['node_modules/jest/bin/jest.js', '--listTests', '--json', '--findRelatedTests', STACK_TIER];
  const env = { ...process.env, TEST_TIER: '' };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  const needStack = new Set(JSON.parse(stdout));
  return { filtered: testPaths.filter((testPath) => !needStack.has(testPath)) };
};
