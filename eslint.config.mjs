import tseslint from 'typescript-eslint';

const TESTS = ['tests/**'];
const PLAIN_JAVASCRIPT = ['**/*.{js,mjs,cjs}'];

const HANDLER = 'A handler of a workflow never waits: it only writes down.';
const CLOCK = 'Workflow code takes times from its input and waits with sleep(): see design section 4, rule 8.';
const ENVIRONMENT = 'Configuration is read once, by infra/config.ts, and handed in.';
const WEAK = 'On Node 20 such a signal may be collected before it fires: use firstOf() of infra/abort.ts.';
const CHANCE = 'Chance cannot be tested or replayed: hand the value in, or take ids from typeid-js or node:crypto.';
const INPUT_OUTPUT = 'Workflows and domain rules do no I/O: an activity does it.';

/** Rules that no folder is exempt from; the type checker sees to what else `eslint:recommended` would find. */
const everywhere = {
  eqeqeq: 'error',
  'no-async-promise-executor': 'error',
  'no-constant-binary-expression': 'error',
  'no-constant-condition': 'error',
  'no-control-regex': 'error',
  'no-empty': 'error',
  'no-irregular-whitespace': 'error',
  'no-misleading-character-class': 'error',
  'no-promise-executor-return': 'off',
  'no-self-compare': 'error',
  'no-unmodified-loop-condition': 'error',
  'no-unsafe-finally': 'error',
  'no-useless-assignment': 'error',
  'no-useless-catch': 'error',
  'no-useless-escape': 'error',
  'no-var': 'error',
  'preserve-caught-error': 'error',
  'prefer-const': 'error',
  'no-restricted-properties': [
    'error',
    { object: 'Math', property: 'random', message: CHANCE },
    { object: 'AbortSignal', property: 'any', message: WEAK },
  ],
};

const typed = {
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
  // Activities and adapters are literals whose methods are handed around; none of them uses `this`.
  '@typescript-eslint/unbound-method': 'off',
  // A step's effect may be nothing, and a stored result is read as what it was stored as.
  '@typescript-eslint/no-invalid-void-type': 'off',
  '@typescript-eslint/no-unnecessary-type-parameters': 'off',
  // A port's implementation is async by promise, whether or not it waits for anything.
  '@typescript-eslint/require-await': 'off',
};

const deterministic = {
  'no-restricted-globals': [
    'error',
    { name: 'process', message: ENVIRONMENT },
    { name: 'Buffer', message: INPUT_OUTPUT },
    { name: 'fetch', message: INPUT_OUTPUT },
    { name: 'crypto', message: CHANCE },
    { name: 'performance', message: CLOCK },
    ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'queueMicrotask'].map((name) => ({
      name,
      message: CLOCK,
    })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Math', property: 'random', message: CHANCE },
    { object: 'Date', property: 'now', message: CLOCK },
    { object: 'globalThis', property: 'process', message: ENVIRONMENT },
  ],
  'no-restricted-syntax': [
    'error',
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: CLOCK },
    { selector: "CallExpression[callee.name='Date']", message: CLOCK },
    { selector: "CallExpression[callee.name='setHandler'] > :function[async=true]", message: HANDLER },
  ],
  'no-restricted-imports': ['error', { patterns: [{ regex: '^node:', message: INPUT_OUTPUT }] }],
};

export default tseslint.config(
  { ignores: ['node_modules/', '.data/', 'dist/', 'coverage/', 'infra/database/generated/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' }, rules: everywhere },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: { ...typed, 'max-lines-per-function': ['error', { max: 70 }] },
  },
  { files: PLAIN_JAVASCRIPT, rules: { 'no-unused-vars': 'error', 'max-lines-per-function': ['error', { max: 70 }] } },
  {
    files: ['activities/**', 'adapters/**', 'api/**'],
    ignores: ['api/server.ts', 'api/access/*-command.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: CHANCE },
        { object: 'AbortSignal', property: 'any', message: WEAK },
        { object: 'process', property: 'env', message: ENVIRONMENT },
      ],
    },
  },
  { files: ['workflows/**', 'domain/**', 'contracts/**'], rules: deterministic },
  {
    files: TESTS,
    rules: {
      'max-lines-per-function': 'off',
      // A test says by its failure what a missing element or a wrong shape means.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
);
