/** Packages that ship only ES modules, which Jest runs as CommonJS. */
const esModules = ['iso-3166', 'jose'];

/** The quick tier: the tests that need no stack, where starting one fails. See docs/how-to/write-a-test.md. */
const quick = {
  filter: '<rootDir>/infra/checks/quick-tests.cjs',
  setupFiles: ['<rootDir>/tests/support/no-stack.ts'],
};

module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, sourceMaps: 'inline' },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join('|')})/)`],
  globalSetup: '<rootDir>/tests/support/global-setup.ts',
  globalTeardown: '<rootDir>/tests/support/global-teardown.ts',
  testTimeout: 30_000,
  maxWorkers: 2,
  ...(process.env.TEST_TIER === 'quick' && quick),
};
